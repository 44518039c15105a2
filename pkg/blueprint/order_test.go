package blueprint

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// chain builds a supply chain from "name" or "name<input,input" steps; inputs are
// sources.
func chain(steps ...string) *v1alpha1.ClusterSupplyChain {
	c := &v1alpha1.ClusterSupplyChain{ObjectMeta: metav1.ObjectMeta{Name: "chain"}}
	c.Spec.Selector = map[string]string{"type": "web"}
	for _, s := range steps {
		name, inputs, _ := strings.Cut(s, "<")
		r := v1alpha1.SupplyChainResource{Name: name}
		r.TemplateRef.Kind, r.TemplateRef.Name = v1alpha1.KindClusterSourceTemplate, name
		for _, in := range strings.FieldsFunc(inputs, func(c rune) bool { return c == ',' }) {
			r.Sources = append(r.Sources, v1alpha1.ResourceReference{Name: in, Resource: in})
		}
		c.Spec.Resources = append(c.Spec.Resources, r)
	}
	return c
}

func names(resources []*Resource) []string {
	var all []string
	for _, r := range resources {
		all = append(all, r.Name)
	}
	return all
}

func TestOrder(t *testing.T) {
	tests := map[string]struct {
		reason string
		steps  []string
		want   []string
		errors []string
	}{
		"author's order": {
			reason: "an order that works already is kept, even where another would work too",
			steps:  []string{"a", "c", "b<a"},
			want:   []string{"a", "c", "b"},
		},
		"forward reference": {
			reason: "a step that is listed before what it reads from is moved behind it, and nothing else is (A1, Q4)",
			steps:  []string{"deploy<build", "fetch", "build<fetch", "note"},
			want:   []string{"fetch", "build", "deploy", "note"},
		},
		"diamond": {
			reason: "branches keep the author's order between them",
			steps:  []string{"a", "right<a", "left<a", "join<left,right"},
			want:   []string{"a", "right", "left", "join"},
		},
		"self": {
			reason: "a step that reads from itself can never be stamped",
			steps:  []string{"a<a", "b"},
			want:   []string{"b", "a"},
			errors: []string{"spec.resources[0]: resources read from each other in a cycle, so none of them can ever be stamped: a <- a; remove one of these inputs"},
		},
		"cycle with a tail": {
			reason: "the loop is named, not the steps that merely wait for it",
			steps:  []string{"tail<b", "a<c", "b<a", "c<b", "free"},
			want:   []string{"free", "tail", "a", "b", "c"},
			errors: []string{"spec.resources[1]: resources read from each other in a cycle, so none of them can ever be stamped: a <- c <- b <- a; remove one of these inputs"},
		},
		"several cycles": {
			reason: "every fault is told at once, and a step that waits for a cycle is in none",
			steps:  []string{"a<b", "b<a", "c<a,c", "d<c"},
			want:   []string{"a", "b", "c", "d"},
			errors: []string{
				"spec.resources[0]: resources read from each other in a cycle, so none of them can ever be stamped: a <- b <- a; remove one of these inputs",
				"spec.resources[2]: resources read from each other in a cycle, so none of them can ever be stamped: c <- c; remove one of these inputs",
			},
		},
		"unknown input": {
			reason: "an input that does not exist does not hold its reader back (A11)",
			steps:  []string{"a<ghost"},
			want:   []string{"a"},
		},
		"duplicate names": {
			reason: "statuses and inputs go by name",
			steps:  []string{"a", "a"},
			want:   []string{"a", "a"},
			errors: []string{`spec.resources[1].name: "a" is already the name of spec.resources[0]; names of resources must be unique`},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			b := CompileSupplyChain(chain(tc.steps...))
			if diff := cmp.Diff(tc.want, names(b.Order)); diff != "" {
				t.Errorf("%s: order (-want +got):\n%s", tc.reason, diff)
			}
			var errors []string
			for _, d := range b.Errors() {
				errors = append(errors, d.String())
			}
			if diff := cmp.Diff(tc.errors, errors); diff != "" {
				t.Errorf("%s: errors (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestDiagnosticsAllAtOnce(t *testing.T) {
	c := chain("fetch", "build<fetch,ghost")
	c.Spec.Selector = nil
	c.Spec.Params = []v1alpha1.BlueprintParam{{Name: "empty"}}
	c.Spec.Resources[1].Images = []v1alpha1.ResourceReference{{Name: "app", Resource: "fetch"}}
	c.Spec.Resources[1].TemplateRef.Name = ""
	c.Spec.Resources[1].TemplateRef.Options = []v1alpha1.TemplateOption{
		{Name: "x", Selector: v1alpha1.Selector{MatchFields: []v1alpha1.FieldRequirement{{Key: "spec.env[", Operator: v1alpha1.FieldSelectorOpExists}}}},
		{PassThrough: "nothing"},
	}
	var fields []string
	for _, d := range CompileSupplyChain(c).Diagnostics {
		fields = append(fields, string(d.Severity)+" "+d.Field)
	}
	want := []string{
		"error spec.resources[1].templateRef.options[0].selector.matchFields[0]",
		"warning spec.selector",
		"warning spec.params[0]",
		"warning spec.resources[1].templateRef.options[1].selector",
		"warning spec.resources[1].templateRef.options[1].passThrough",
		"warning spec.resources[1].sources[1].resource", // ghost does not exist
		"warning spec.resources[1].images[0].resource",  // fetch has no image
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("every fault is found in one go, errors first (-want +got):\n%s", diff)
	}
}
