package agent

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/carto-run/carto/test/harness"
)

// writesTo counts what the agent has written since a moment: objects of a kind, as the
// owner's account, and statuses of workloads.
func (n *tenant) writesTo(resource string, since harness.Mark) int {
	n.t.Helper()
	count, err := n.cp.CountRequests(n.t.Context(), harness.Filter{UserAgent: "carto-agent", Namespace: n.ns, Resource: resource, Verbs: harness.Writes, Since: since})
	if err != nil {
		n.t.Fatal(err)
	}
	return count
}

// rival force-applies a field of the stamped ConfigMap each time that it changes, as a
// second GitOps controller does, until its end is asked for.
func (n *tenant) rival(value string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	client := n.client.Resource(configMaps).Namespace(n.ns)
	body := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cart"},"data":{"x":%q}}`, value)
	force := true
	watcher, err := client.Watch(ctx, v1.ListOptions{})
	if err != nil {
		n.t.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for event := range watcher.ResultChan() {
			if event.Type == watch.Added || event.Type == watch.Modified {
				_, _ = client.Patch(ctx, "cart", types.ApplyPatchType, []byte(body), v1.PatchOptions{FieldManager: "rival", Force: &force}) // fails at its end
			}
		}
	})
	stop = sync.OnceFunc(func() { cancel(); watcher.Stop(); group.Wait() })
	n.t.Cleanup(stop)
	return stop
}

// TestFightIsReported: of an object that another manager takes back each time, the status of
// the owner says which field, who, how often and when next; and neither the object nor the
// status is written much.
func TestFightIsReported(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(withBody(configMapBody))
	n.expect("cart", allReady)
	mark, err := n.cp.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	stop := n.rival("theirs")

	n.expectMessage("cart", "ResourcesSubmitted", "configmaps cart is set by rival too: data.x; put back 3 times, next at ")
	n.expectMessage("cart", "ResourcesSubmitted", "put back 5 times, next at ")
	n.expect("cart", allReady) // it is no reason to fail: the other's value may be as good
	if got := field(n.mustGet(configMaps, "cart"), "data", "x"); got != "theirs" {
		t.Errorf("in between the value is %v, want theirs", got)
	}
	const remark = "cart is set by rival too: data.x; put back"
	n.plugin(0, "Note: step only: configmaps "+remark, "why", "workload/cart")
	n.plugin(0, "Note: step only: configmaps "+remark, "tree", "workload/cart")
	if served := n.served("carto_contested_objects"); !strings.Contains(served, `resource="configmaps"`) {
		t.Errorf("the metric of contests says %q", served)
	}
	n.expectMessage("cart", "ResourcesSubmitted", "put back 6 times, next at ")
	// Three at once, then after 1, 2, 4 s and so on; the status follows the object.
	most := 4 + int(time.Since(began)/time.Second)
	for _, resource := range []string{"configmaps", "workloads/status"} {
		if writes := n.writesTo(resource, mark); writes < 3 || writes > min(most, 10) {
			t.Errorf("%d writes of %s in %v", writes, resource, time.Since(began))
		}
	}

	stop()
	n.eventually(func() error {
		if got := field(n.mustGet(configMaps, "cart"), "data", "x"); got == "theirs" {
			return fmt.Errorf("the value is still %v although nobody defends it", got)
		}
		return nil
	})
	// Peace has to last for some minutes before the remark goes; until then it does not flap.
	if mark, err = n.cp.Mark(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.patch(workloads, "cart", `{"metadata":{"annotations":{"look":"again"}}}`)
	time.Sleep(2 * time.Second) // in which a status would be written
	// The last put back can be seen before the API server has answered it, and its status comes after it.
	for _, resource := range []string{"configmaps", "workloads/status"} {
		if writes := n.writesTo(resource, mark); writes > 1 {
			t.Errorf("%d writes of %s after the fight has ended", writes, resource)
		}
	}
}

// served is what the agent serves of a metric.
func (n *tenant) served(metric string) string {
	n.t.Helper()
	response, err := http.Get(n.agent.URL("metrics") + "/metrics") //nolint:noctx // on loopback
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	text, err := io.ReadAll(response.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, metric+"{") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// TestWebhookFight: a mutating webhook rewrites a field at each write. One write of each
// rendering is made, the status says which field is not as it was rendered, and then there
// is silence, also after a restart of the agent.
func TestWebhookFight(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{AuditLog: true})
	w := newWorld(t, cp)
	w.agent = startAgent(t, cp.Kubeconfig)
	t.Cleanup(func() { w.agent.Kill() })
	n := w.tenant(t)
	calls := n.rewritingWebhook()
	n.apply(withBody(configMapBody))
	n.expect("cart", allReady)
	const remark = "configmaps cart has other values than were rendered, changed on their way by an admission webhook or by the API server: data.x"
	n.expectMessage("cart", "ResourcesSubmitted", remark)
	if got := field(n.mustGet(configMaps, "cart"), "data", "x"); got != "rewritten" {
		t.Fatalf("the webhook made %v of it", got)
	}
	n.plugin(0, "Note: step only: "+remark, "why", "workload/cart")
	n.plugin(0, "Note: step only: "+remark, "tree", "workload/cart")
	if served := n.served("carto_altered_objects"); !strings.Contains(served, `{resource="configmaps"} 1`) {
		t.Errorf("carto_altered_objects is %q, want 1 of configmaps", served)
	}
	awaitRest(t, cp)
	mark, err := cp.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := calls()

	for range 5 { // others' writes make the webhook rewrite the field too, and wake the owner
		n.patch(configMaps, "cart", fmt.Sprintf(`{"metadata":{"annotations":{"at":%q}}}`, time.Now()))
	}
	n.patch(workloads, "cart", `{"metadata":{"annotations":{"look":"again"}}}`)
	w.agent.Kill()
	w.agent = startAgent(t, cp.Kubeconfig)
	if err := w.agent.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitRest(t, cp)
	if writes := n.writesTo("configmaps", mark); writes > 0 {
		t.Errorf("the agent wrote the object %d times more", writes)
	}
	if writes := n.writesTo("workloads/status", mark); writes > 0 {
		t.Errorf("the agent wrote the status %d times more", writes)
	}
	// More are the API server's own: it tries a patch again, webhooks and all, that met another write.
	if made := calls() - before; made < 5 {
		t.Errorf("the webhook was called %d times, want 5 and more", made)
	}
	n.expectMessage("cart", "ResourcesSubmitted", remark)
}

// rewritingWebhook serves, and registers, a webhook that sets data.x of each ConfigMap of
// the namespace, and says how often it did.
func (n *tenant) rewritingWebhook() (calls func() int) {
	var mu sync.Mutex
	count := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		var review struct {
			Request struct {
				UID    string
				Object struct{ Metadata struct{ Name string } }
			}
		}
		if err := json.NewDecoder(request.Body).Decode(&review); err != nil {
			http.Error(response, err.Error(), http.StatusBadRequest)
			return
		}
		answer := map[string]any{"uid": review.Request.UID, "allowed": true}
		if review.Request.Object.Metadata.Name == "cart" {
			mu.Lock()
			count++
			mu.Unlock()
			answer["patchType"] = "JSONPatch"
			answer["patch"] = []byte(`[{"op":"add","path":"/data/x","value":"rewritten"}]`)
		}
		_ = json.NewEncoder(response).Encode(map[string]any{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}) // the API server says when it gets none
	}))
	n.t.Cleanup(server.Close)
	authority, err := json.Marshal(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	if err != nil {
		n.t.Fatal(err)
	}
	harness.ApplyYAML(n.t, n.cp.Config, "", fmt.Sprintf(`
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: rewriting }
webhooks:
  - name: rewriting.carto.test
    clientConfig: { url: %q, caBundle: %s }
    rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps] }]
    namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: %s } }
    reinvocationPolicy: Never
    sideEffects: None
    admissionReviewVersions: [v1]
`, server.URL, authority, n.ns))
	// It takes the API server a moment to know of it.
	n.eventually(func() error {
		created, err := n.client.Resource(configMaps).Namespace(n.ns).Patch(context.Background(), "cart", types.ApplyPatchType,
			[]byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cart"},"data":{"y":"z"}}`), v1.PatchOptions{FieldManager: "probe"})
		if err == nil && field(created, "data", "x") != "rewritten" {
			err = fmt.Errorf("the webhook is not called yet")
		}
		return err
	})
	n.delete(configMaps, "cart")
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		return count
	}
}
