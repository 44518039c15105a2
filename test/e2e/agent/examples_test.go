package agent

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/test/actors"
	"github.com/carto-run/carto/test/harness"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// example is a tenant with the files of a folder of docs/examples, whose repository is a real one and whose third parties are
// played by actors.
type example struct {
	*tenant
	name    string
	repo    *harness.Repo
	commits []string
	// manifests are what was applied.
	manifests []string
}

func newExample(t *testing.T, name string, files map[string]string) *example {
	t.Helper()
	e := &example{tenant: sharedWorld(t).tenant(t), name: name}
	// An example brings its own rights, web under the same name.
	e.delete(gvr{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"}, "stamper")
	var err error
	if e.repo, err = harness.NewRepo(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	e.commit(files)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := actors.Run(ctx, e.cp.Config, e.ns, log.New(io.Discard, "", 0)); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); group.Wait() })

	folder := filepath.Join("..", "..", "..", "docs", "examples")
	paths, err := filepath.Glob(filepath.Join(folder, name, "*.yaml")) // in the order of kubectl apply -f FOLDER
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s: %v", name, err)
	}
	namespace := regexp.MustCompile(`(namespace: |Namespace\nmetadata: {name: )shop\b`)
	// The type of web is the one that workload create takes by default, for other tests too.
	kind := regexp.MustCompile(`apps\.tanzu\.vmware\.com/workload-type: web\b`)
	url := regexp.MustCompile(`file:///tmp/carto/[a-z-]+|https://git\.example/shop/cart\.git`)
	for _, path := range append([]string{filepath.Join(folder, "stand-ins.yaml")}, paths...) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		e.manifests = append(e.manifests, kind.ReplaceAllString(url.ReplaceAllString(namespace.ReplaceAllString(string(text), "${1}"+e.ns), e.repo.URL()), "apps.tanzu.vmware.com/workload-type: "+e.ns))
		e.apply(e.manifests[len(e.manifests)-1])
	}
	return e
}

func (e *example) commit(files map[string]string) {
	e.t.Helper()
	commit, err := e.repo.Commit(e.t.Context(), "a change", files)
	if err != nil {
		e.t.Fatal(err)
	}
	e.commits = append(e.commits, commit)
}

// expectStatus waits until the whole status of an owner is as in a golden file, but for times, digests, and what is different
// each time.
func (e *example) expectStatus(kind gvr, owner, stage string) {
	e.t.Helper()
	path := filepath.Join("testdata", e.name+"-"+owner+"-"+stage+".yaml")
	want, err := os.ReadFile(path)
	if err != nil && !*update {
		e.t.Fatal(err)
	}
	if *update {
		time.Sleep(3 * time.Second) // nothing says when the status is at rest
	}
	e.eventually(func() error {
		got := e.status(kind, owner)
		if *update {
			return os.WriteFile(path, []byte(got), 0o600)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			return fmt.Errorf("the status of %s is not as in %s (-want +got):\n%s", owner, path, diff)
		}
		return nil
	})
}

// suffix is what makes the name of a run its own.
var suffix = regexp.MustCompile(`-[0-9a-f]{8}\b`)

func (e *example) status(kind gvr, owner string) string {
	e.t.Helper()
	text, err := yaml.Marshal(e.lasting(field(e.mustGet(kind, owner), "status")))
	if err != nil {
		e.t.Fatal(err)
	}
	return string(text)
}

// lasting is what of a value is the same each time.
func (e *example) lasting(value any) any {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "lastTransitionTime")
		delete(v, "digest")
		for key, item := range v {
			v[key] = e.lasting(item)
		}
	case []any:
		for i, item := range v {
			v[i] = e.lasting(item)
		}
	case string:
		v = strings.ReplaceAll(strings.ReplaceAll(v, e.repo.URL(), "REPOSITORY"), e.ns, "shop")
		for i, commit := range e.commits {
			v = strings.ReplaceAll(v, commit, fmt.Sprintf("COMMIT-%d", i+1))
		}
		return suffix.ReplaceAllString(v, "-RUN")
	}
	return value
}

// expectRevision waits until a ConfigMap has a revision.
func (e *example) expectRevision(name, commit string) {
	e.t.Helper()
	e.eventually(func() error {
		if got := fmt.Sprint(field(e.mustGet(configMaps, name), "data", "revision")); !strings.Contains(got, commit) {
			return fmt.Errorf("%s has %s, not %s", name, got, commit)
		}
		return nil
	})
}

const (
	passes = "echo fine\n"
	fails  = "echo 'expected 4, got 5'; exit 1\n"
)

// TestExampleTesting: what passed the tests goes on, by a step of lifecycle tekton and by a Runnable.
func TestExampleTesting(t *testing.T) {
	t.Parallel()
	e := newExample(t, "testing", map[string]string{"test.sh": passes})
	both := func(check func(owner string)) {
		check("by-step")
		check("by-runnable")
	}
	both(func(owner string) {
		e.expect(owner, allReady)
		e.expectStatus(workloads, owner, "passed")
		e.expectRevision(owner+"-release", e.commits[0])
	})
	e.commit(map[string]string{"test.sh": fails})
	both(func(owner string) {
		e.expect(owner, unhealthy)
		e.expectStatus(workloads, owner, "failed")
		e.expectRevision(owner+"-release", e.commits[0])
	})
	e.expectStatus(runnables, "by-runnable-test", "failed")

	t.Log("again, in vain: the test is really wrong")
	e.plugin(0, "workload.carto.run/by-step retried", "workload", "retry", "by-step")
	e.plugin(0, "runnable.carto.run/by-runnable-test retried", "workload", "retry", "by-runnable", "--step", "test")
	e.expectFailedRuns("carto.run/workload-name=by-step", 2)
	e.expectFailedRuns("carto.run/runnable-name=by-runnable-test", 2)
	both(func(owner string) { e.plugin(0, "TaskRun/", "tree", "workload/"+owner) })

	e.commit(map[string]string{"test.sh": passes})
	both(func(owner string) {
		e.expect(owner, allReady)
		e.expectStatus(workloads, owner, "recovered")
		e.expectRevision(owner+"-release", e.commits[2])
	})
	e.expectStatus(runnables, "by-runnable-test", "recovered")
}

// expectFailedRuns waits until so many runs have failed.
func (n *tenant) expectFailedRuns(selector string, want int) {
	n.t.Helper()
	n.eventually(func() error {
		failed := 0
		for _, run := range n.list(taskRuns, selector) {
			if strings.Contains(conditionsOf(&run), "Succeeded=False") {
				failed++
			}
		}
		if failed != want {
			return fmt.Errorf("%d runs have failed, not %d", failed, want)
		}
		return nil
	})
}

const (
	goodManifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: cart }\nspec:\n  selector: { matchLabels: { app: cart } }\n" +
		"  template:\n    metadata: { labels: { app: cart } }\n    spec: { containers: [{ name: cart, image: registry.example/cart:v1 }] }\n"
	badManifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: Not_A_Name }\n"
)

// TestExampleDelivery: what is deployed and proven is promoted.
func TestExampleDelivery(t *testing.T) {
	t.Parallel()
	e := newExample(t, "delivery", map[string]string{"manifests/cart.yaml": goodManifest, "probe.sh": passes})
	e.expectOf(deliverables, "cart", delivered)
	e.expectStatus(deliverables, "cart", "promoted")
	e.expectRevision("cart-promoted", e.commits[0])
	e.mustGet(deployments, "cart")

	e.commit(map[string]string{"manifests/cart.yaml": badManifest})
	e.expectStatus(deliverables, "cart", "not-deployed")
	e.commit(map[string]string{"manifests/cart.yaml": strings.Replace(goodManifest, ":v1", ":v2", 1), "probe.sh": fails})
	e.expectStatus(deliverables, "cart", "not-proven")
	e.expectRevision("cart-promoted", e.commits[0])

	e.commit(map[string]string{"probe.sh": passes})
	e.expectOf(deliverables, "cart", delivered)
	e.expectStatus(deliverables, "cart", "recovered")
	e.expectRevision("cart-promoted", e.commits[3])
}

// TestExampleOptions: each Workload goes its own way through one chain.
func TestExampleOptions(t *testing.T) {
	t.Parallel()
	e := newExample(t, "options", map[string]string{"test.sh": passes})
	all := func(stage string, owners ...string) {
		t.Helper()
		for _, owner := range owners {
			e.expectStatus(workloads, owner, stage)
		}
	}
	for _, owner := range []string{"tested", "untested", "image"} {
		e.expect(owner, allReady)
	}
	all("released", "tested", "untested", "image")
	e.expectRevision("image-release", "registry.example/shop/cart@sha256:4f53")

	e.commit(map[string]string{"test.sh": fails})
	e.expect("tested", unhealthy)
	all("failed", "tested", "untested")
	e.expectRevision("tested-release", e.commits[0])
	e.expectRevision("untested-release", e.commits[1])

	t.Log("it stops testing: the run goes, and what was fetched is released")
	e.patch(workloads, "tested", `{"metadata":{"labels":{"shop.example/test":null}}}`)
	e.expect("tested", allReady)
	all("skipped", "tested")
	e.expectFailedRuns("carto.run/workload-name=tested", 0)
	e.expectRevision("tested-release", e.commits[1])

	t.Log("it tests again, and is repaired")
	e.patch(workloads, "tested", `{"metadata":{"labels":{"shop.example/test":"yes"}}}`)
	e.expect("tested", unhealthyWithoutOutput)
	e.commit(map[string]string{"test.sh": passes})
	e.expect("tested", allReady)
	all("recovered", "tested")
}

// unhealthyWithoutOutput is an owner whose only run has failed.
const unhealthyWithoutOutput = "SupplyChainReady=True/Ready ResourcesSubmitted=Unknown/MissingValueAtPath ResourcesHealthy=False/HealthyConditionRule Ready=False/HealthyConditionRule"
