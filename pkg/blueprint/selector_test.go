package blueprint

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamp"
)

func subjectOf(t *testing.T, w *v1alpha1.Workload) Subject {
	t.Helper()
	view, err := stamp.View(w)
	if err != nil {
		t.Fatal(err)
	}
	return Subject{Labels: w.Labels, View: view}
}

func selecting(name string, s v1alpha1.LegacySelector) *Blueprint {
	return CompileSupplyChain(&v1alpha1.ClusterSupplyChain{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.SupplyChainSpec{LegacySelector: s},
	})
}

func TestSelect(t *testing.T) {
	url := "https://git.example/cart.git"
	owner := &v1alpha1.Workload{ObjectMeta: metav1.ObjectMeta{Name: "cart", Labels: map[string]string{"type": "web", "tier": "gold"}}}
	owner.Spec.Source = &v1alpha1.Source{Git: &v1alpha1.GitSource{URL: &url}}

	web := v1alpha1.LegacySelector{Selector: map[string]string{"type": "web"}}
	gold := v1alpha1.LegacySelector{
		Selector:                 map[string]string{"type": "web"},
		SelectorMatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: metav1.LabelSelectorOpIn, Values: []string{"gold"}}},
	}
	field := func(key string, operator v1alpha1.FieldSelectorOperator, values ...string) v1alpha1.LegacySelector {
		return v1alpha1.LegacySelector{SelectorMatchFields: []v1alpha1.FieldRequirement{{Key: key, Operator: operator, Values: values}}}
	}
	tests := map[string]struct {
		reason     string
		blueprints []*Blueprint
		want       []string
		broken     int
	}{
		"none":     {"a selector that asks for another label does not match", []*Blueprint{selecting("job", v1alpha1.LegacySelector{Selector: map[string]string{"type": "job"}})}, nil, 0},
		"one":      {"the only match is selected", []*Blueprint{selecting("web", web)}, []string{"web"}, 0},
		"specific": {"more requirements win, wherever they stand", []*Blueprint{selecting("web", web), selecting("gold", gold), selecting("other", web)}, []string{"gold"}, 0},
		"tie":      {"equal scores are a tie", []*Blueprint{selecting("a", web), selecting("b", web)}, []string{"a", "b"}, 0},
		"empty":    {"an empty selector never matches (A11)", []*Blueprint{selecting("empty", v1alpha1.LegacySelector{})}, nil, 0},
		"field":    {"a field can be the only requirement", []*Blueprint{selecting("git", field("spec.source.git.url", v1alpha1.FieldSelectorOpExists))}, []string{"git"}, 0},
		"prefixed": {"keys may begin with the owner's name, or with a dot", []*Blueprint{
			selecting("a", field("workload.spec.source.git", v1alpha1.FieldSelectorOpExists)),
			selecting("b", field(".spec.source.git", v1alpha1.FieldSelectorOpExists)),
		}, []string{"a", "b"}, 0},
		"null is not missing": {"NotIn matches an unset field, but not a missing path (Q2)", []*Blueprint{
			selecting("null", field("spec.image", v1alpha1.FieldSelectorOpNotIn, "x")),
			selecting("missing", field("metadata.labels.nope", v1alpha1.FieldSelectorOpNotIn, "x")),
		}, []string{"null"}, 0},
		"broken": {"a selector that fails on this owner is taken as not matching, and said so (Q3)", []*Blueprint{
			selecting("broken", field("spec.env[3].name", v1alpha1.FieldSelectorOpExists)), selecting("web", web),
		}, []string{"web"}, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			selected, broken := Select(tc.blueprints, subjectOf(t, owner))
			var got []string
			for _, b := range selected {
				got = append(got, b.Name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if len(broken) != tc.broken {
				t.Errorf("%s: broken selectors: %v", tc.reason, broken)
			}
		})
	}
}

func TestUnmetNamesTheFirstRequirement(t *testing.T) {
	owner := &v1alpha1.Workload{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"type": "web"}}}
	b := selecting("x", v1alpha1.LegacySelector{
		Selector:            map[string]string{"type": "web"},
		SelectorMatchFields: []v1alpha1.FieldRequirement{{Key: "spec.source.git", Operator: v1alpha1.FieldSelectorOpExists}},
	})
	if got, want := b.Selector.Unmet(subjectOf(t, owner)), "field spec.source.git Exists"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSelectorString: what a person reads in lists and errors.
func TestSelectorString(t *testing.T) {
	all := selecting("x", v1alpha1.LegacySelector{
		Selector:                 map[string]string{"type": "web"},
		SelectorMatchExpressions: []metav1.LabelSelectorRequirement{{Key: "tier", Operator: metav1.LabelSelectorOpIn, Values: []string{"gold", "silver"}}},
		SelectorMatchFields:      []v1alpha1.FieldRequirement{{Key: "spec.image", Operator: v1alpha1.FieldSelectorOpExists}},
	})
	for _, tc := range []struct {
		why, want string
		of        *Blueprint
	}{
		{"labels, expressions and fields, in this order", "tier in (gold,silver),type=web,spec.image Exists", all},
		{"an empty one says that it selects nothing", "nothing: the selector is empty", selecting("x", v1alpha1.LegacySelector{})},
	} {
		if got := tc.of.Selector.String(); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.why, got, tc.want)
		}
	}
}
