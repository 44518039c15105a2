package agent

import (
	"fmt"
	"strings"
	"testing"

	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/test/harness"
)

// TestBlueprintFindings: what lint finds stands in the message of the blueprint's Ready, and in one warning event; it changes no
// status, and an agent that starts anew repeats nothing.
func TestBlueprintFindings(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{AuditLog: true})
	w := newWorld(t, cp)
	w.agent = startAgent(t, cp.Kubeconfig)
	t.Cleanup(func() { w.agent.Kill() })
	n := w.tenant(t)
	expectMessage := func(parts ...string) {
		t.Helper()
		n.eventually(func() error {
			chain, err := n.client.Resource(supplyChains).Get(t.Context(), "one-"+n.ns, v1.GetOptions{})
			if err != nil {
				return err
			}
			conditions, _, _ := unstructured.NestedSlice(chain.Object, "status", "conditions")
			for _, c := range conditions {
				c := c.(map[string]any)
				if c["type"] != "Ready" {
					continue
				}
				message, _ := c["message"].(string)
				if c["status"] != "True" {
					return fmt.Errorf("findings make the blueprint Ready=%v", c["status"])
				}
				if len(parts) == 0 && message != "" {
					return fmt.Errorf("healed, and still: %s", message)
				}
				for _, part := range parts {
					if !strings.Contains(message, part) {
						return fmt.Errorf("%q lacks %q", message, part)
					}
				}
				return nil
			}
			return fmt.Errorf("there is no condition Ready yet")
		})
	}
	warnings := func() (int64, error) {
		list, err := n.client.Resource(events).Namespace("default").List(t.Context(), v1.ListOptions{FieldSelector: "reason=BlueprintFindings,involvedObject.name=one-" + n.ns + ",type=Warning"})
		if err != nil {
			return 0, err
		}
		var count int64
		for _, event := range list.Items {
			c, _, _ := unstructured.NestedInt64(event.Object, "count")
			count += c
		}
		return count, nil
	}

	broken := withBody(strings.Replace(configMapBody, "$(params.big)$", "$(wrkload.metadata.name)$", 1))
	n.apply(broken)
	expectMessage("lint finds errors", "ClusterTemplate one-"+n.ns, "spec.template.data.x", "wrkload", "TPL005")
	n.plugin(0, "TPL005", "why", "supplychain/one-"+n.ns)
	n.plugin(0, "TPL005", "supplychain", "get", "one-"+n.ns)
	n.expect("cart", stampFailure) // for the owner nothing is other than without
	n.eventually(func() error {
		if got, err := warnings(); err != nil || got != 1 {
			return fmt.Errorf("%d warnings, %w", got, err)
		}
		return nil
	})

	t.Log("a restart knows what was told")
	awaitRest(t, cp)
	w.agent.Kill()
	w.agent = startAgent(t, cp.Kubeconfig)
	if err := w.agent.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitRest(t, cp)
	expectMessage("TPL005")
	if got, err := warnings(); err != nil || got != 1 {
		t.Errorf("after a restart there are %d warnings, %v", got, err)
	}

	t.Log("what is healed is told no longer")
	n.apply(withBody(strings.Replace(configMapBody, "$(params.big)$", "$(workload.metadata.name)$", 1)))
	expectMessage()
	n.expect("cart", allReady)
}
