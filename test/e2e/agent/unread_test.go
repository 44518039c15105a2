package agent

import (
	"context"
	"fmt"
	"strings"
	"testing"

	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/test/harness"
)

// tryUnread has a tenant make owners that the API server admits and that do not fit their type, and looks at what becomes of those of
// another. The CRDs are as loose as Cartographer's, which many clusters had, and in which such owners can have stayed.
func tryUnread(_ *fortress, t *testing.T) {
	w := newWorld(t, harness.New(t, harness.Options{}))
	w.loosen(t)
	w.agent = startAgent(t, w.cp.Kubeconfig)
	t.Cleanup(func() { w.agent.Kill() })
	n, other := w.tenant(t), w.tenant(t)
	n.apply(immutableMap)
	n.expect("cart", allReady)

	t.Log("a quantity that no library reads, and one that would take gigabytes")
	n.patch(workloads, "cart", `{"spec":{"resources":{"limits":{"cpu":"1e1.5"}}}}`)
	n.expectUnread("cart", "/spec/resources/limits/cpu", "1e1.5")
	n.patch(workloads, "cart", `{"spec":{"resources":{"limits":{"cpu":"1e-999999999"}}}}`)
	n.expectUnread("cart", "/spec/resources/limits/cpu", "1e-999999999")

	t.Log("others are heard of; a status with a time that is spelled in another way is written anew")
	other.apply(immutableMap)
	other.expect("cart", allReady)
	odd := condition("Ready", "True", "")
	odd["lastTransitionTime"] = "2026-11-22t10:00:00z"
	other.report(workloads, "cart", map[string]any{"conditions": []any{odd}})
	other.expect("cart", allReady)

	t.Log("also by an agent that starts with them")
	w.agent.Kill()
	other.report(workloads, "cart", map[string]any{"conditions": []any{odd}})
	w.agent = startAgent(t, w.cp.Kubeconfig)
	other.expect("cart", allReady)
	other.patch(workloads, "cart", `{"spec":{"params":[{"name":"image","value":"i2"}]}}`)
	other.eventually(func() error {
		if got := field(other.mustGet(configMaps, "cart-goes-on"), "data", "image"); got != "i2" {
			return fmt.Errorf("the change of another tenant is at %v", got)
		}
		return nil
	})

	t.Log("what was stamped stays, and goes on when the field is corrected")
	if refs := n.expectUnread("cart", "1e-999999999"); refs != 2 {
		t.Errorf("the status names %d objects, not 2", refs)
	}
	if said := n.output("workload", "list"); !strings.Contains(said, "SpecUnreadable") {
		t.Errorf("the list says\n%s", said)
	}
	n.patch(workloads, "cart", `{"spec":{"resources":{"limits":{"cpu":"2"}}}}`)
	n.expect("cart", allReady)
}

// expectUnread waits until a workload says that its spec can not be read, and returns how many objects its status names.
func (n *tenant) expectUnread(name string, says ...string) (refs int) {
	n.t.Helper()
	w := n.expectOf(workloads, name, "ResourcesSubmitted=False/SpecUnreadable Ready=False/SpecUnreadable")
	n.expectMessage(name, "ResourcesSubmitted", says...)
	for _, resource := range w.Status.Resources {
		if resource.StampedRef != nil {
			refs++
		}
	}
	return refs
}

// loosen takes the patterns of quantities from the CRD of Workloads.
func (w *world) loosen(t *testing.T) {
	t.Helper()
	const schema = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/resources/properties/limits/additionalProperties/"
	patch := fmt.Sprintf(`[{"op":"remove","path":"%[1]spattern"},{"op":"remove","path":"%[1]smaxLength"}]`, schema)
	if _, err := w.client.Resource(definitions).Patch(context.Background(), "workloads.carto.run", types.JSONPatchType, []byte(patch), v1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, patience, func() error { // until all of the API server has heard of it
		_, err := harness.Apply(context.Background(), w.cp.Config, "default", "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: { name: loose }\nspec: { resources: { limits: { cpu: 1e1.5 } } }\n")
		return err
	})
}
