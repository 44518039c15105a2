package tree

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestVisit(t *testing.T) {
	t.Parallel()
	found := func(name string, children ...*Found) *Found {
		obj := &unstructured.Unstructured{}
		obj.SetName(name)
		return &Found{Object: obj, Children: children}
	}
	delivery := found("deliverable")
	delivery.Owner = &Input{
		Blueprint: &Blueprint{Steps: []BlueprintStep{{Name: "app"}}},
		Objects:   map[string]*Found{"app": found("deployment", found("pod"))},
	}
	in := Input{
		Blueprint: &Blueprint{Steps: []BlueprintStep{
			{Name: "deliver", Inputs: []Edge{{From: "build"}}}, {Name: "build"}, {Name: "waits"}, {Name: "unread"},
		}},
		Objects: map[string]*Found{"build": found("job", found("builder")), "deliver": delivery, "unread": {Missing: true}},
		Root:    &Found{Children: []*Found{found("run")}},
	}
	var got []string
	in.Visit(func(step string, f *Found) { got = append(got, step+":"+f.Object.GetName()) })
	want := []string{":run", "build:job", "build:builder", "deliver:deliverable", "deliver/app:deployment", "deliver/app:pod"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
