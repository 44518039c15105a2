package agent

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/test/harness"
)

// How much a tenant forges, and by how much that may let the agent's heap grow: what is held of large objects, twice over
// for what the collector has not taken yet, and stubs.
const (
	forgedObjects = 500
	forgedBytes   = 100 << 10
	forgedGrowth  = 28 << 20
)

// tryForgedObjects has a tenant make 50 MiB of objects with Carto's labels, in each way in which they can claim an owner. The agent is one of
// its own: others use memory, too.
func tryForgedObjects(_ *fortress, t *testing.T) {
	w := newWorld(t, harness.New(t, harness.Options{}))
	w.agent = startAgent(t, w.cp.Kubeconfig)
	t.Cleanup(func() { w.agent.Kill() })
	n := w.tenant(t)
	n.apply(immutableMap)
	n.expect("cart", allReady)
	owner := n.mustGet(workloads, "cart")
	before := w.agent.heap(t)

	client := kubernetes.NewForConfigOrDie(w.cp.Config).CoreV1().ConfigMaps(n.ns)
	text := strings.Repeat("x", forgedBytes)
	yes := true
	claims := []*v1.OwnerReference{
		nil,
		{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "x", UID: "11111111-1111-1111-1111-111111111111", Controller: &yes},
		{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Workload", Name: "cart", UID: "11111111-1111-1111-1111-111111111111", Controller: &yes},
		{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Workload", Name: "cart", UID: owner.GetUID(), Controller: &yes},
	}
	var group errgroup.Group
	group.SetLimit(8)
	for i := range forgedObjects {
		group.Go(func() error {
			object := &corev1.ConfigMap{Data: map[string]string{"text": text}, ObjectMeta: v1.ObjectMeta{
				Name: fmt.Sprintf("forged-%d", i), Finalizers: []string{"tenant.example/stay"}, // or the garbage collector would have most of them
				// Each is of the kind and looks as the runs of the first step do, but for what belongs to an older template.
				Labels: map[string]string{v1alpha1.LabelResourceName: "run", v1alpha1.LabelTemplateLifecycle: "mutable"},
			}}
			if i%8 == 7 { // of those with the right claim every second passes for a run, of which a pass looks at all
				object.Labels[v1alpha1.LabelTemplateLifecycle] = "immutable"
			}
			if claim := claims[i%len(claims)]; claim != nil {
				object.OwnerReferences = []v1.OwnerReference{*claim}
			}
			_, err := client.Create(t.Context(), object, v1.CreateOptions{})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}

	t.Log("an object that a pass needs is worked with all the same: one of the forged ones is what the next step stamps")
	n.apply(strings.Replace(strings.SplitAfterN(immutableMap, "---", 3)[1], "name: cart-goes-on", "name: forged-499", 1) + "\n")
	n.eventually(func() error {
		if got := field(n.mustGet(configMaps, "forged-499"), "data", "image"); got != "i1" {
			return fmt.Errorf("forged-499 has the image %v", got)
		}
		return nil
	})
	n.expect("cart", allReady)

	seen := int64(0)
	harness.Eventually(t, patience, func() error {
		seen = w.agent.heap(t) - before
		if seen > forgedGrowth {
			return fmt.Errorf("%d MiB of forged objects let the heap grow by %d MiB", forgedObjects*forgedBytes>>20, seen>>20)
		}
		// What passes is garbage that has to be collected: another event is enough for it.
		n.patch(configMaps, "forged-0", fmt.Sprintf(`{"data":{"n":"%d"}}`, touches.Add(1)))
		return nil
	})
	t.Logf("%d MiB of forged objects let the heap grow from %d by %d MiB", forgedObjects*forgedBytes>>20, before>>20, seen>>20)
}

// tryForgedRefs writes into a status, while no agent runs, kinds that none may list, and starts one.
func tryForgedRefs(_ *fortress, t *testing.T) {
	w := newWorld(t, harness.New(t, harness.Options{}))
	w.agent = startAgent(t, w.cp.Kubeconfig)
	n := w.tenant(t)
	n.apply(immutableMap)
	n.expect("cart", allReady)
	w.agent.Kill()
	status := field(n.mustGet(workloads, "cart"), "status").(map[string]any)
	genuine := status["resources"].([]any)
	for _, kind := range []string{"v1 Binding", "authorization.k8s.io/v1 LocalSubjectAccessReview"} { // which can only be created
		version, kind, _ := strings.Cut(kind, " ")
		status["resources"] = append(status["resources"].([]any), map[string]any{
			"name": strings.ToLower(kind), "conditions": []any{}, "templateRef": map[string]any{"apiVersion": "carto.run/v1alpha1", "kind": "ClusterTemplate", "name": "on-" + n.ns},
			"stampedRef": map[string]any{"apiVersion": version, "kind": kind, "namespace": n.ns, "name": "none", "resource": strings.ToLower(kind) + "s"},
		})
	}
	n.report(workloads, "cart", status)
	w.agent = startAgent(t, w.cp.Kubeconfig)
	t.Cleanup(func() { w.agent.Kill() })
	n.eventually(func() error {
		if left := field(n.mustGet(workloads, "cart"), "status", "resources").([]any); len(left) != len(genuine) {
			return fmt.Errorf("there are %d resources, not %d", len(left), len(genuine))
		}
		return nil
	})
	n.expect("cart", allReady)
	if body, err := w.agent.metrics(); err != nil || strings.Contains(body, `carto_watch_failures_total{resource="bindings"}`) {
		t.Errorf("what can not be listed counts as if a template stamped it (%v)", err)
	}
	if said := w.agent.Log(); strings.Contains(said, "are not listed yet") || !strings.Contains(said, "resource=bindings") {
		t.Errorf("the start waited for what can not be listed, or did not try:\n%s", said)
	}
}

var touches atomic.Int32

var heapInUse = regexp.MustCompile(`(?m)^go_memstats_heap_inuse_bytes (\S+)$`)

// heap is what the agent's heap takes.
func (p *process) heap(t *testing.T) int64 {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL("metrics")+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := strconv.ParseFloat(string(heapInUse.FindSubmatch(text)[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return int64(bytes)
}
