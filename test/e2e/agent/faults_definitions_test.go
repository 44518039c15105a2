package agent

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
	"github.com/carto-run/carto/test/harness"
)

// TestOwnCRDsDeleted: somebody deletes the CRDs of carto.run, all of them or those of the
// templates only. What Kubernetes deletes with them is gone; the agent itself deletes
// nothing, says what is missing, and goes on when all is back.
func TestOwnCRDsDeleted(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{AuditLog: true})
	w := newWorld(t, cp)
	w.agent = startAgent(t, cp.Kubeconfig)
	t.Cleanup(func() { w.agent.Kill() })
	n := w.tenant(t)
	n.apply(withBody(configMapBody))
	n.expect("cart", allReady)
	mark, err := cp.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	remove := func(kinds ...string) {
		t.Helper()
		names := make([]string, len(kinds))
		for i, plural := range kinds {
			names[i] = plural + ".carto.run"
		}
		if err := w.removeDefinitions(names...); err != nil {
			t.Fatal(err)
		}
	}
	restore := func() {
		manifests, err := crds.Raw()
		if err != nil {
			t.Fatal(err)
		}
		for _, manifest := range manifests {
			harness.ApplyYAML(t, cp.Config, "", string(manifest))
		}
	}
	says := func(text string) {
		t.Helper()
		harness.Eventually(t, patience, func() error {
			if !strings.Contains(w.agent.Log(), text) {
				return fmt.Errorf("the log does not say %q", text)
			}
			return nil
		})
	}

	// Templates and blueprints first: their owners and what was stamped stay.
	kept := n.mustGet(configMaps, "cart").GetUID()
	remove("clustertemplates", "clustersupplychains")
	says(`msg="a CRD of carto.run is gone; what it defined is not worked on until it is back" crd=clustertemplates.carto.run`)
	n.expect("cart", "SupplyChainReady=False/SupplyChainNotFound Ready=False/SupplyChainNotFound")
	restore()
	says(`msg="a CRD of carto.run is back" crd=clustertemplates.carto.run`)
	withoutOwner, _, _ := strings.Cut(withBody(configMapBody), "---\napiVersion: carto.run/v1alpha1\nkind: Workload\n")
	n.apply(withoutOwner)
	harness.Eventually(t, time.Minute, func() error { return n.allDone(1) })
	if got := n.mustGet(configMaps, "cart").GetUID(); got != kept {
		t.Error("the stamped object was made anew")
	}

	// Then all: owners are gone, and Kubernetes deletes what they owned, sooner or later.
	var all []string
	for _, kind := range v1alpha1.Kinds {
		all = append(all, kind.Plural)
	}
	remove(all...)
	restore()
	n.apply(withBody(configMapBody))
	// The old object is in the way until the garbage collector has got to know the kinds again.
	harness.Eventually(t, 3*time.Minute, func() error { return n.allDone(1) })
	if n.mustGet(configMaps, "cart").GetUID() == kept {
		t.Error("what the old owner had was taken over")
	}

	if deleted, err := cp.Requests(t.Context(), harness.Filter{UserAgent: "carto-agent", Verbs: []string{"delete", "deletecollection"}, Since: mark}); err != nil || len(deleted) > 0 {
		t.Errorf("the agent deleted %v (%v)", deleted, err)
	}
	if starts := strings.Count(w.agent.Log(), "msg=starting"); starts != 1 {
		t.Errorf("the agent was started %d times", starts)
	}
	awaitRest(t, cp)
}
