package install

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

func TestMatchDefinition(t *testing.T) {
	t.Parallel()
	all, err := Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		reason          string
		change          func(spec map[string]any, version map[string]any)
		matches, serves bool
	}{
		{"as installed", func(_, _ map[string]any) {}, true, true},
		{"what an API server fills in", func(spec, _ map[string]any) { spec["conversion"] = map[string]any{"strategy": "None"} }, true, true},
		{"another schema", func(_, v map[string]any) { v["schema"] = map[string]any{} }, false, true},
		{"not served", func(_, v map[string]any) { v["served"] = false }, false, false},
		{"another conversion", func(spec, _ map[string]any) { spec["conversion"] = map[string]any{"strategy": "Webhook"} }, false, true},
	} {
		object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(all[0])
		if err != nil {
			t.Fatal(err)
		}
		spec := object["spec"].(map[string]any)
		tc.change(spec, spec["versions"].([]any)[0].(map[string]any))
		matches, serves, err := MatchDefinition(all[0], &unstructured.Unstructured{Object: object})
		if err != nil || matches != tc.matches || serves != tc.serves {
			t.Errorf("%s: matches %v, serves %v, %v", tc.reason, matches, serves, err)
		}
	}
}
