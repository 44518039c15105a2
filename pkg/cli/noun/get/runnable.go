package get

import (
	"maps"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
)

func (o *Options) runnableSections(v *view) []section {
	r := v.item.Runnable
	rows := [][]string{{"run template:", r.Spec.RunTemplateRef.Name}}
	if selector := r.Spec.Selector; selector != nil {
		kind := schema.FromAPIVersionAndKind(selector.Resource.APIVersion, selector.Resource.Kind)
		rows = append(rows, []string{"selects:", kind.GroupKind().String() + " with labels " + labels.Set(selector.MatchingLabels).String()})
	}
	newest := noun.Condition(r.Status.Conditions, v1alpha1.ConditionStampedObject)
	return []section{
		o.overview(v, append(rows, []string{"newest run succeeded:", string(newest.Status)})...),
		{key: "inputs", title: "Inputs", rows: values(r.Spec.Inputs)},
		{key: "outputs", title: "Outputs", rows: values(r.Status.Outputs)},
		o.runs(v), messages(v.tree), o.pods(v),
	}
}

func (o *Options) runs(v *view) section {
	s := section{key: "runs", title: "Runs"}
	for i := range v.tree.Runs {
		run := &v.tree.Runs[i]
		s.titles = []string{"NAME", "READY", "REASON", "AGE"}
		s.rows = append(s.rows, []string{run.Kind + "/" + run.Name, cmdutil.Dash(run.Ready.Status), cmdutil.Dash(run.Ready.Reason), o.since(run.Created)})
	}
	return s
}

// maxValue is how much of a value is shown, in runes.
const maxValue = 100

func values(all map[string]apiextensionsv1.JSON) [][]string {
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text := []rune(string(all[name].Raw))
		if len(text) > maxValue {
			text = append(text[:maxValue], []rune("...")...)
		}
		rows = append(rows, []string{name + ":", string(text)})
	}
	return rows
}
