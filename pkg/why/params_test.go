package why

import (
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/tree"
)

// TestUndeclared tells a misspelled param of an owner from one that only other steps use.
func TestUndeclared(t *testing.T) {
	t.Parallel()
	f := fixture{Params: []v1alpha1.OwnerParam{{Name: "ops", Value: apiextensionsv1.JSON{Raw: []byte(`"git.example/ops"`)}}}}
	chain := blueprint.CompileSupplyChain(f.web())
	for _, c := range []struct {
		reason string
		deploy v1alpha1.TemplateSpec
		want   bool
	}{
		{"a param that no step knows is likely misspelled", body(`{"data": {"ops": "$(params.opps)$ $(workload.spec.ops)$"}}`), true},
		{"one that the template of another step reads is not", body(`{"data": {"ops": "in $(params.ops)$"}}`), false},
		{"nor one of which another step declares a default", v1alpha1.TemplateSpec{Params: []v1alpha1.TemplateParam{{Name: "ops", Default: apiextensionsv1.JSON{Raw: []byte(`""`)}}}}, false},
		{"all params at once may be it", body(`{"data": {"all": "$(params)$"}}`), false},
		{"and of ytt it is not known", v1alpha1.TemplateSpec{Ytt: "kind: ConfigMap\n"}, false},
	} {
		facts := Facts{Owner: f.workload(), Blueprints: []*blueprint.Blueprint{chain}, Templates: map[blueprint.TemplateUse]*stamp.Template{}}
		for _, use := range chain.Templates() {
			of := &v1alpha1.ClusterTemplate{}
			if use.Resource == "run" {
				of.Spec = c.deploy
			}
			facts.Templates[use] = stamp.Compile(of)
		}
		w := Build(tree.Build(f.input(false)), facts)
		seen := 0
		for _, step := range w.Params {
			for _, p := range step.Params {
				if p.Name != "ops" {
					continue
				}
				if seen++; p.Undeclared != c.want {
					t.Errorf("%s: in step %s it is %t", c.reason, step.Step, p.Undeclared)
				}
			}
		}
		if seen != len(chain.Order) {
			t.Errorf("%s: the param is there for %d of %d steps", c.reason, seen, len(chain.Order))
		}
	}
}

func body(text string) v1alpha1.TemplateSpec {
	return v1alpha1.TemplateSpec{Template: &v1alpha1.FreeForm{Raw: []byte(text)}}
}
