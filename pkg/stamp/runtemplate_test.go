package stamp

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

func runTemplate(tag string, outputs map[string]string) *Template {
	body, err := json.Marshal(map[string]any{"apiVersion": "x/v1", "kind": "Run", "spec": map[string]any{"v": tag}})
	if err != nil {
		panic(err) // strings always encode
	}
	return Compile(&v1alpha1.ClusterRunTemplate{
		ObjectMeta: metav1.ObjectMeta{Name: "scan"},
		Spec:       v1alpha1.RunTemplateSpec{Template: v1alpha1.FreeForm{Raw: body}, Outputs: outputs},
	})
}

// TestRunTemplateTags: what a ClusterRunTemplate sees, and what it does not (reconcile §6.7).
func TestRunTemplateTags(t *testing.T) {
	view, err := View(&v1alpha1.Runnable{
		ObjectMeta: metav1.ObjectMeta{Name: "cart", Labels: map[string]string{"team": "a"}},
		Spec:       v1alpha1.RunnableSpec{Inputs: map[string]apiextensionsv1.JSON{"deep": {Raw: []byte(`{"list":[{"n":7}]}`)}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	selected := map[string]any{"metadata": map[string]any{"name": "grype"}}
	for name, tc := range map[string]struct {
		why, tag string
		selected map[string]any
		want     any
		fails    string
	}{
		"name":        {"a field of the Runnable", "$(runnable.metadata.name)$", nil, "cart", ""},
		"labels":      {"a map keeps its type", "$(runnable.metadata.labels)$", nil, map[string]any{"team": "a"}, ""},
		"nested":      {"tags lead into inputs (Q8)", "$(runnable.spec.inputs.deep.list[0].n)$", nil, int64(7), ""},
		"selected":    {"the object that was selected", "task $(selected.metadata.name)$", selected, "task grype", ""},
		"no selector": {"without a selector there is nothing to descend into", "$(selected.metadata.name)$", nil, nil, "at spec.v"},
		"no input":    {"the location and the tag are named", "$(runnable.spec.inputs.other)$", nil, nil, "tag $(runnable.spec.inputs.other)$"},
		"workload":    {"a Runnable is no workload; the known roots are listed", "$(workload.metadata.name)$", nil, nil, "runnable, selected"},
	} {
		t.Run(name, func(t *testing.T) {
			object, err := runTemplate(tc.tag, nil).RenderRun(context.Background(), &RunContext{Runnable: view, Selected: tc.selected})
			if tc.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tc.fails) {
					t.Errorf("%s: got %v, %v, want an error with %q", tc.why, object, err, tc.fails)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", tc.why, err)
			}
			if diff := cmp.Diff(tc.want, object["spec"].(map[string]any)["v"]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

// TestRunTemplateOutputs: all paths count, in the order of their names, and a null is no output.
func TestRunTemplateOutputs(t *testing.T) {
	run := map[string]any{"status": map[string]any{"b": []any{"x"}, "a": int64(1), "none": nil}}
	template := runTemplate("x", map[string]string{"second": ".status.b", "first": ".status.a", "none": ".status.none"})
	outputs, err := template.Outputs(run)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Output{{"first", int64(1)}, {"second", []any{"x"}}}, outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	if _, err := runTemplate("x", map[string]string{"gone": ".status.gone", "first": ".status.a"}).Outputs(run); err == nil || !strings.Contains(err.Error(), ".status.gone") {
		t.Errorf("a path that leads nowhere is an error that names it: %v", err)
	}
	if problems := runTemplate("x", map[string]string{"bad": ".status["}).Problems(); len(problems) != 1 || problems[0].Field != "spec.outputs.bad" {
		t.Errorf("a path that is none is a problem of the template: %v", problems)
	}
}
