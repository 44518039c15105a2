package tree

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestDecodeOwner_part: an owner that does not fit its type is shown all the same.
func TestDecodeOwner_part(t *testing.T) {
	type m = map[string]any
	told := m{"observedGeneration": int64(3), "conditions": []any{m{"type": "Ready", "status": "False", "reason": "SpecUnreadable"}}}
	for name, c := range map[string]struct {
		kind         string
		spec, status any
		image        string
		generation   int64
	}{
		"fits":                   {"Workload", m{"image": "i"}, told, "i", 3},
		"a quantity":             {"Workload", m{"image": "i", "resources": m{"limits": m{"cpu": "1e1.5"}}}, told, "", 3},
		"gigabytes to read":      {"Workload", m{"resources": m{"limits": m{"cpu": "1e-999999999"}}}, told, "", 3},
		"a time":                 {"Workload", m{"image": "i"}, m{"conditions": []any{m{"lastTransitionTime": "2026-11-22t10:00:00z"}}}, "i", 0},
		"neither":                {"Workload", m{"image": int64(7)}, m{"observedGeneration": "x"}, "", 0},
		"a spec of another kind": {"Deliverable", m{"source": "x"}, told, "", 3},
	} {
		t.Run(name, func(t *testing.T) {
			object := m{"apiVersion": "carto.run/v1alpha1", "kind": c.kind, "metadata": m{"name": "cart", "namespace": "shop"}, "spec": c.spec, "status": c.status}
			owner, err := DecodeOwner(&unstructured.Unstructured{Object: object})
			if err != nil {
				t.Fatal(err)
			}
			if owner.Object.Name != "cart" || owner.Image != c.image || owner.Status.ObservedGeneration != c.generation {
				t.Errorf("name %q, image %q, generation %d", owner.Object.Name, owner.Image, owner.Status.ObservedGeneration)
			}
			if object["spec"] == nil || object["status"] == nil {
				t.Error("the object was changed")
			}
		})
	}
}
