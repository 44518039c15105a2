package noun

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestDecode: an owner whose spec does not fit its type keeps no list from being shown.
func TestDecode(t *testing.T) {
	type m = map[string]any
	told := m{"observedGeneration": int64(3), "conditions": []any{m{"type": "Ready", "status": "False", "reason": "SpecUnreadable"}}}
	for name, c := range map[string]struct {
		noun         *Noun
		spec, status any
		account      string
		reason       string // of Ready; empty: it is an error
	}{
		"fits":                   {Workload, m{"serviceAccountName": "a"}, told, "a", "SpecUnreadable"},
		"a quantity":             {Workload, m{"serviceAccountName": "a", "resources": m{"limits": m{"cpu": "1e1.5"}}}, told, "", "SpecUnreadable"},
		"gigabytes to read":      {Workload, m{"resources": m{"limits": m{"cpu": "1e-999999999"}}}, told, "", "SpecUnreadable"},
		"a spec of another kind": {Deliverable, m{"source": "x"}, told, "", "SpecUnreadable"},
		"a time, until it is mended by the agent": {Workload, m{}, m{"conditions": []any{m{"lastTransitionTime": "2026-11-22t10:00:00z"}}}, "", ""},
		"a blueprint, of which nothing is left":   {SupplyChain, m{"resources": "no"}, told, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			object := m{"apiVersion": "carto.run/v1alpha1", "kind": c.noun.Kind, "metadata": m{"name": "cart", "namespace": "shop"}, "spec": c.spec, "status": c.status}
			item, err := c.noun.Decode(&unstructured.Unstructured{Object: object})
			if object["spec"] == nil {
				t.Error("the object was changed")
			}
			if c.reason == "" {
				if err == nil || !strings.Contains(err.Error(), "is not as carto.run/v1alpha1 says") {
					t.Errorf("it is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if item.Name != "cart" || item.Ready().Reason != c.reason || item.Workload != nil && item.Workload.Spec.ServiceAccountName != c.account {
				t.Errorf("it is %+v", item)
			}
		})
	}
}
