package agent

import (
	"context"
	"fmt"
	"testing"

	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/test/harness"
)

// fairChain has two steps, each a ConfigMap.
const fairChain = `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: { name: fair-first-NS }
spec:
  configPath: .data.line
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: $(workload.metadata.name)$-first }
    data: { line: "$(workload.spec.image)$" }
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: fair-last-NS }
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: $(workload.metadata.name)$-last }
    data: { line: "$(config)$" }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: fair-NS }
spec:
  selector: { fair: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - name: first
      templateRef: { kind: ClusterConfigTemplate, name: fair-first-NS }
    - name: last
      configs: [{ name: text, resource: first }]
      templateRef: { kind: ClusterTemplate, name: fair-last-NS }
`

func (n *tenant) fairWorkload(name string) {
	n.t.Helper()
	w := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "carto.run/v1alpha1", "kind": "Workload",
		"metadata": map[string]any{"name": name, "labels": map[string]any{"fair": n.ns}},
		"spec":     map[string]any{"image": "registry.example/" + name},
	}}
	if _, err := n.client.Resource(workloads).Namespace(n.ns).Create(context.Background(), w, v1.CreateOptions{}); err != nil {
		n.t.Fatal(err)
	}
}

// TestSlowTenantHoldsUpNobody: a webhook does not answer for what is written into the namespace of
// one tenant, who has more workloads than the agent has workers; the workload of another becomes
// ready, and goes on to follow its template, all the same. The webhook stands in turn before the objects that are stamped, before
// statuses, and before events.
func TestSlowTenantHoldsUpNobody(t *testing.T) {
	t.Parallel()
	const owners = 40
	for name, tc := range map[string]struct {
		group, resource string
		asked           int // by how many requests of the agent at once, at least
	}{
		"stamped objects": {"", "configmaps", 4},
		"statuses":        {"carto.run", "workloads/status", 2},
		"events":          {"", "events", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := sharedWorld(t)
			slow, quiet := w.tenant(t), w.tenant(t)
			hook, err := harness.StartWebhook(t.Context(), w.cp.Config, slow.ns, tc.group, tc.resource, func(ctx context.Context) { <-ctx.Done() })
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := hook.Stop(); err != nil {
					t.Error(err)
				}
			})
			slow.apply(fairChain)
			quiet.apply(fairChain)
			for i := range owners {
				slow.fairWorkload(fmt.Sprintf("slow-%02d", i))
			}
			slow.eventually(func() error {
				if hook.Asked() < tc.asked {
					return fmt.Errorf("%d requests wait for the webhook", hook.Asked())
				}
				return nil
			})

			quiet.fairWorkload("cart")
			quiet.expect("cart", allReady)
			quiet.apply(replace(fairChain, `"$(config)$"`, `"again: $(config)$"`))
			quiet.eventually(func() error {
				last, err := quiet.get(configMaps, "cart-last")
				if err != nil {
					return err
				}
				if got := field(last, "data", "line"); got != "again: registry.example/cart" {
					return fmt.Errorf("the last object has %q", got)
				}
				return nil
			})
			if name == "events" {
				quiet.eventually(func() error {
					list, err := quiet.client.Resource(events).Namespace(quiet.ns).List(t.Context(), v1.ListOptions{})
					if err == nil && len(list.Items) == 0 {
						err = fmt.Errorf("nothing is told of the other tenant")
					}
					return err
				})
			}
			if n := hook.Answered(); n > 0 {
				t.Fatalf("the webhook has answered %d requests: this run proves nothing", n)
			}
		})
	}
}
