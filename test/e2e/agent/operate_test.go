package agent

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/test/faultproxy"
	"github.com/carto-run/carto/test/harness"
)

// TestStandbyTakesOver: of two replicas one works, and the other goes on when it ends.
func TestStandbyTakesOver(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{AuditLog: true})
	w := newWorld(t, cp)
	n := w.tenant(t)
	n.apply("apiVersion: v1\nkind: Namespace\nmetadata: { name: carto-system }\n")
	first := startAgent(t, cp.Kubeconfig, "--leader-elect")
	t.Cleanup(first.Kill)
	first.says(t, "msg=working")
	second := startAgent(t, cp.Kubeconfig, "--leader-elect")
	t.Cleanup(second.Kill)
	second.says(t, "waiting for the lease")
	w.agent = second

	n.apply(withBody(replace(configMapBody, "name: cart", "name: $(workload.metadata.name)$")))
	n.expect("cart", allReady)
	if strings.Contains(second.Log(), "msg=working") {
		t.Error("both replicas work")
	}
	if err := first.Stop(); err != nil {
		t.Errorf("%v\n%s", err, first.Log())
	}
	second.says(t, "msg=working")
	n.apply("apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: { name: later, labels: { shape: NS } }\nspec: {}\n")
	n.expect("later", allReady)
}

// TestOwnStatusIsNoNews: an owner that the agent's own status write would wake would have two passes for each change.
func TestOwnStatusIsNoNews(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.New(t, harness.Options{})) // others' owners would have passes, too
	w.agent = startAgent(t, w.cp.Kubeconfig)
	t.Cleanup(w.agent.Kill)
	n := w.tenant(t)
	n.apply(withBody(configMapBody))
	n.expect("cart", allReady)

	const changes = 10
	before := w.agent.passes(t)
	for i := range changes {
		n.patch(workloads, "cart", fmt.Sprintf(`{"spec":{"image":"registry.example/cart:%d"}}`, i))
		n.expect("cart", allReady) // of this generation
	}
	// The watch is often faster than the answer to a write, which must make no difference.
	if got := w.agent.passes(t) - before; got != changes {
		t.Errorf("%d changes took %d passes", changes, got)
	}
}

var passCount = regexp.MustCompile(`(?m)^carto_pass_duration_seconds_count\{kind="Workload"\} (\d+)$`)

// passes is how many the agent has had over workloads.
func (p *process) passes(t *testing.T) int {
	t.Helper()
	body, err := p.metrics()
	if err != nil {
		t.Fatal(err)
	}
	match := passCount.FindStringSubmatch(body)
	if match == nil {
		t.Fatal("the agent does not count its passes")
	}
	count, err := strconv.Atoi(match[1])
	if err != nil {
		t.Fatal(err)
	}
	return count
}

// says waits until the agent's log has a text.
func (p *process) says(t *testing.T, text string) {
	t.Helper()
	harness.Eventually(t, patience, func() error {
		if log := p.Log(); !strings.Contains(log, text) {
			return fmt.Errorf("the agent's log does not say %q:\n%s", text, log)
		}
		return nil
	})
}

// TestProbesAndMetrics: what an operator's tools ask the agent.
func TestProbesAndMetrics(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	// A replica that stands by for ever: its probes answer, and it does no work here.
	p := startAgent(t, w.cp.Kubeconfig, "--leader-elect", "--namespace", "nowhere")
	t.Cleanup(p.Kill)
	if err := p.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	get := func(what, path string) string {
		t.Helper()
		response, err := http.Get(p.URL(what) + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v", path, response.Status, err)
		}
		return string(body)
	}
	get("health", "/healthz")
	get("health", "/readyz")
	body := get("metrics", "/metrics")
	for _, name := range []string{"carto_queue_depth", "carto_statuses_waiting", "carto_propagation_seconds_bucket", "carto_watched_kinds", "carto_events_dropped_total", "carto_leader 0", "process_resident_memory_bytes"} {
		if !strings.Contains(body, name) {
			t.Errorf("no metric %s", name)
		}
	}
}

// TestReadyNamesWhatItWaitsFor: a start whose lists do not come says which, those of stamped objects too.
func TestReadyNamesWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	n := w.tenant(t)
	n.apply(withBody(configMapBody))
	n.expect("cart", allReady)
	for resource, named := range map[string]string{"workloads": "[Workload]", "configmaps": "configmaps"} { // an owner's, and one that it stamped
		proxy, err := faultproxy.Start(w.cp.Config)
		if err != nil {
			t.Fatal(err)
		}
		defer proxy.Close()
		proxy.Set(faultproxy.Rule{Name: "lists", Verbs: []string{"list", "watch"}, Resources: []string{resource}, Fault: faultproxy.Slow(time.Hour)})
		through := filepath.Join(t.TempDir(), "kubeconfig")
		if err := proxy.WriteKubeconfig(through); err != nil {
			t.Fatal(err)
		}
		p := startAgent(t, through, "--leader-elect", "--namespace", "nowhere")
		t.Cleanup(p.Kill)
		n.eventually(func() error {
			response, err := http.Get(p.URL("health") + "/readyz")
			if err != nil {
				return err
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			_, outstanding, _ := strings.Cut(string(body), "outstanding: ")
			if err != nil || response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(outstanding, named) {
				return fmt.Errorf("it does not say that it waits for %s: %s %s (%v)", resource, response.Status, body, err)
			}
			return nil
		})
	}
}

var listedMetric = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (?:gauge|counter|histogram) \\|")

// TestMetricsServed: an agent that has met everything serves every metric that
// docs/operations.md lists; those with labels only once they have counted something.
func TestMetricsServed(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := listedMetric.FindAllStringSubmatch(string(page), -1)
	if len(listed) == 0 {
		t.Fatal("docs/operations.md lists no metrics: the test would check nothing")
	}
	w := sharedWorld(t)
	n := w.tenant(t)
	group := n.ns + ".example"
	n.apply(stubCRD("gadgets", group, "Gadget", "v1"))

	// A change by hand is put back.
	n.apply(withBody(configMapBody))
	n.expect("cart", allReady)
	n.patch(configMaps, "cart", `{"data":{"x":"changed"}}`)
	n.eventually(func() error {
		cm, err := n.get(configMaps, "cart")
		if err == nil && fmt.Sprint(field(cm, "data")) != "map[x:x]" {
			err = fmt.Errorf("data is %v", field(cm, "data"))
		}
		return err
	})
	// Somebody else who does not give in.
	contested := w.tenant(t)
	contested.apply(withBody(configMapBody))
	contested.expect("cart", allReady)
	contested.rival("theirs")
	contested.expectMessage("cart", "ResourcesSubmitted", "is set by rival too")
	altered := w.tenant(t)
	altered.rewritingWebhook()
	altered.apply(withBody(configMapBody))
	altered.expectMessage("cart", "ResourcesSubmitted", "has other values than were rendered")
	// A kind that goes away can not be watched any more.
	n.apply(withBody("apiVersion: " + group + "/v1\nkind: Gadget\nmetadata: { name: cart }"))
	n.mustGet(gvr{Group: group, Version: "v1", Resource: "gadgets"}, "cart")
	if err := n.client.Resource(definitions).Delete(t.Context(), "gadgets."+group, v1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	// Nobody can watch what can only be created.
	n.apply(replace(onceBody("apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: a- }\nspec: {}"),
		"inputs: {", "selector: { resource: { apiVersion: authentication.k8s.io/v1, kind: TokenReview }, matchingLabels: { a: b } }, inputs: {"))
	// What the API server refuses is tried again.
	n.apply(withBody("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: Not_A_Name }"))

	n.eventually(func() error {
		body, err := w.agent.metrics()
		if err != nil {
			return err
		}
		for _, m := range listed {
			if !strings.Contains(body, "\n# TYPE "+m[1]+" ") {
				return fmt.Errorf("the agent serves no %s", m[1])
			}
		}
		for _, series := range []string{
			`carto_pass_retries_total{kind="Workload"}`,
			`carto_drift_reverts_total{resource="configmaps"}`,
			`carto_contested_objects{resource="configmaps"}`,
			`carto_altered_objects{resource="configmaps"}`,
			`carto_book_entries{book="owners"}`,
			`carto_watch_failures_total{resource="gadgets.` + group + `"}`,
			`carto_selection_failures_total{resource="tokenreviews.authentication.k8s.io"}`,
			`carto_writes_total{resource="configmaps",result="Invalid",verb="apply"}`,
			`carto_writes_total{resource="workloads",result="ok",verb="status"}`,
		} {
			if !strings.Contains(body, "\n"+series+" ") {
				return fmt.Errorf("the agent serves no %s", series)
			}
		}
		return nil
	})
}

// metrics is what the agent serves to Prometheus.
func (p *process) metrics() (string, error) {
	response, err := http.Get(p.URL("metrics") + "/metrics")
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// TestFlags: what can not be run is said at once, with exit code 2.
func TestFlags(t *testing.T) {
	t.Parallel()
	binary := filepath.Join("..", "..", "..", "bin", "agent")
	for name, tc := range map[string]struct {
		flags []string
		code  int
		says  string
	}{
		"no cluster":     {nil, 2, "say where it is with --kubeconfig"},
		"no such file":   {[]string{"--kubeconfig", "/no/such/file"}, 2, "read --kubeconfig"},
		"unknown flag":   {[]string{"--what"}, 2, "flag provided but not defined"},
		"argument":       {[]string{"run"}, 2, `unexpected argument "run"`},
		"negative":       {[]string{"--workers", "-1"}, 2, "--workers is -1"},
		"unknown format": {[]string{"--log-format", "xml"}, 2, "must be text or json"},
		"version":        {[]string{"--version"}, 0, ""},
		"help":           {[]string{"--help"}, 0, "kubeconfig"},
	} {
		t.Run(name, func(t *testing.T) {
			command := exec.Command(binary, tc.flags...)
			output, _ := command.CombinedOutput() // the exit code says how it ended
			if code := command.ProcessState.ExitCode(); code != tc.code || !strings.Contains(string(output), tc.says) {
				t.Errorf("exit code %d, want %d; output %q, want %q in it", code, tc.code, output, tc.says)
			}
		})
	}
}
