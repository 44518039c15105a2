package get

import (
	"maps"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/noun"
)

// runnable shows a Runnable. Its runs are below it in the tree.
func (s *sections) runnable(r *v1alpha1.Runnable) {
	run := noun.Condition(r.Status.Conditions, v1alpha1.ConditionStampedObject)
	rows := [][]string{{"run template:", r.Spec.RunTemplateRef.Name}}
	if selector := r.Spec.Selector; selector != nil {
		kind := schema.FromAPIVersionAndKind(selector.Resource.APIVersion, selector.Resource.Kind)
		rows = append(rows, []string{"selects:", kind.GroupKind().String() + " with labels " + labels.Set(selector.MatchingLabels).String()})
	}
	s.overview(append(rows, []string{"newest run succeeded:", string(run.Status)})...)
	s.section("Inputs", values(r.Spec.Inputs)...)
	s.section("Outputs", values(r.Status.Outputs)...)
	s.messages(v1alpha1.ConditionReady, v1alpha1.ConditionStampedObject)
}

// maxValue is how much of a value is shown, in runes.
const maxValue = 100

func values(all map[string]apiextensionsv1.JSON) [][]string {
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text := []rune(string(all[name].Raw))
		if len(text) > maxValue {
			text = append(text[:maxValue], '…')
		}
		rows = append(rows, []string{name + ":", string(text)})
	}
	return rows
}
