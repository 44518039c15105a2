package blueprint

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carto-run/carto/pkg/stamp"
)

// TestSettable: what an owner may set is what is not locked somewhere on the way.
func TestSettable(t *testing.T) {
	t.Parallel()
	b := &Blueprint{
		Params: []Param{{Name: "registry", Value: "r", Locked: true}, {Name: "replicas", Value: int64(2)}},
		Resources: []*Resource{
			{Name: "build", TemplateName: "image"},
			{Name: "run", Options: []Option{{Name: "plain"}, {Name: "autoscaled"}, {PassThrough: "x"}}, Params: []Param{{Name: "port", Value: int64(80), Locked: true}, {Name: "registry", Value: "own"}}},
		},
	}
	declared := map[string][]stamp.Param{
		"image": {{Name: "builder", Default: "b"}, {Name: "port", Default: int64(1)}},
		"plain": {{Name: "memory", Default: "1Gi"}}, "autoscaled": {{Name: "memory", Default: "2Gi"}},
	}
	got := b.Settable(func(use TemplateUse) []stamp.Param { return declared[use.Name] })
	want := []Settable{
		{"builder", "b", FromTemplate, []string{"build"}},
		{"memory", "1Gi", FromTemplate, []string{"run"}},                // of the first option
		{"port", int64(1), FromTemplate, []string{"build"}},             // locked in the other step
		{"registry", "own", FromResource, []string{"run"}},              // the step takes the lock off
		{"replicas", int64(2), FromBlueprint, []string{"build", "run"}}, // seen by all
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
