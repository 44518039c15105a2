package stamp

import (
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// FuzzBody: whatever body a template has, and whatever values, there is an object or a fault that says where; and the values
// stay as they are.
func FuzzBody(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"$(params.a)$","b":"x$(params.b[0])$"}}`, `{"a":null,"b":[1,"x"]}`},
		{`{"apiVersion":"$(params.a.b)$","kind":"$(params['c'])$","spec":"$(params)$","list":[["$(params..b)$"]]}`, `{"a":{"b":"v1"},"c":"Job"}`},
		{`{"apiVersion":"v1","kind":"Pod","metadata":{"labels":"$(params.a)$","namespace":"$(params.b)$","annotations":[]}}`, `{"a":[],"b":"other"}`},
		{`[]`, `{}`}, {`{"a":"$(`, `{}`}, {`{"kind":{"$(a)$":"$()$"}}`, `{}`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, body, text []byte) {
		var params map[string]any
		if utiljson.Unmarshal(text, &params) != nil {
			return
		}
		before := runtime.DeepCopyJSON(params)
		template := Compile(&v1alpha1.ClusterTemplate{Spec: v1alpha1.TemplateSpec{Template: &v1alpha1.FreeForm{Raw: body}}})
		object, err := template.Render(t.Context(), &Context{Params: params})
		var fault *RenderError
		switch {
		case err != nil && !errors.As(err, &fault):
			t.Fatalf("%s: %T is no fault of rendering: %v", body, err, err)
		case err != nil:
			return
		}
		identity := Identity{OwnerKind: v1alpha1.KindWorkload, OwnerName: "cart", OwnerNamespace: "shop", OwnerUID: "u"}
		if Own(object, identity, Labels(identity)) == nil {
			metadata := object["metadata"].(map[string]any)
			refs := metadata["ownerReferences"].([]any)
			if metadata["namespace"] != "shop" || len(refs) != 1 || refs[0].(map[string]any)["uid"] != "u" {
				t.Errorf("%s with %s is not the owner's: %v", body, text, metadata)
			}
			_, _ = CheckName(object), Digest(object) // they end
		}
		same(t, before, params)
	})
}

// FuzzObject: whatever an object in the cluster looks like, its health and outputs are read, or there is a fault.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		`{"metadata":{"generation":1},"status":{"observedGeneration":1,"conditions":[{"type":"Ready","status":"True"}],"a":{"b":"c"}}}`,
		`{"status":{"conditions":{"type":"Ready"}}}`, `{"status":{"conditions":[1,null,{"type":1,"status":[]}]}}`, `{"status":"x"}`, `{"spec":[[]]}`, `{}`,
	} {
		f.Add([]byte(seed), ".status.a.b")
	}
	f.Fuzz(func(t *testing.T, text []byte, path string) {
		var object map[string]any
		if utiljson.Unmarshal(text, &object) != nil {
			return
		}
		before := runtime.DeepCopyJSON(object)
		field := []v1alpha1.HealthMatchFieldRequirement{{FieldRequirement: v1alpha1.FieldRequirement{Key: path, Operator: v1alpha1.FieldSelectorOpIn, Values: []string{"c"}}, MessagePath: path}}
		rules := []*v1alpha1.HealthRule{nil, {SingleConditionType: "Ready"}, {MultiMatch: &v1alpha1.MultiMatchHealthRule{
			Healthy:   v1alpha1.HealthMatchRule{MatchFields: field, MatchConditions: []v1alpha1.ConditionRequirement{{Type: "Ready", Status: "True"}}},
			Unhealthy: v1alpha1.HealthMatchRule{MatchFields: field},
		}}}
		for _, rule := range rules {
			template := Compile(&v1alpha1.ClusterSourceTemplate{Spec: v1alpha1.SourceTemplateSpec{TemplateSpec: v1alpha1.TemplateSpec{HealthRule: rule}, URLPath: path, RevisionPath: path}})
			for _, health := range []Health{template.Health(object, true), template.RunHealth(object)} {
				if health.Status != "True" && health.Status != "False" && health.Status != "Unknown" {
					t.Errorf("%s by %q has the health %q", text, path, health.Status)
				}
			}
			outputs, err := template.Outputs(object)
			if err != nil {
				continue
			}
			for _, output := range outputs {
				if _, preview, err := DigestAndPreview(output.Value); err != nil || len(preview) > maxPreview {
					t.Errorf("%s by %q: preview of %d bytes, %v", text, path, len(preview), err)
				}
			}
		}
		_, _, _ = Mirror(object, "Ready")
		same(t, before, object)
	})
}

// FuzzEncodeYAML: texts that are passed by the encoder are what it would have made of them.
func FuzzEncodeYAML(f *testing.F) {
	for _, text := range plainTexts {
		f.Add(text)
	}
	f.Fuzz(sameYAML)
}

func same(t *testing.T, before, after map[string]any) {
	t.Helper()
	if Digest(before) != Digest(after) {
		t.Errorf("it was changed: %v became %v", before, after)
	}
}
