package impact

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

func TestDiffering(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, before, after string
		want                  []string
	}{
		{"nothing", "{spec: {a: 1}}", "{spec: {a: 1}}", nil},
		{"a value, and what is added and removed", "{spec: {a: 1, b: 2}}", "{spec: {a: 3, c: {d: 4}}}", []string{"spec.a", "spec.b", "spec.c"}},
		{"an item", "{spec: {list: [{a: 1}, {a: 2}]}}", "{spec: {list: [{a: 1}, {a: 3}]}}", []string{"spec.list[1].a"}},
		{"another length", "{spec: {list: [1]}}", "{spec: {list: [1, 2]}}", []string{"spec.list[1]"}},
		{"names that would read as paths", `{data: {a.b: "1"}, metadata: {labels: {x/y: "1"}}}`, `{data: {a.b: "2"}, metadata: {labels: {x/y: "2"}}}`, []string{`data['a.b']`, `metadata.labels.x/y`}},
		{
			"what the API server and Carto keep is no difference",
			"{metadata: {resourceVersion: 1, generation: 1, uid: a, managedFields: [], ownerReferences: [], annotations: {carto.run/rendered-digest: a}}, status: {a: 1}}",
			"{metadata: {resourceVersion: 2, generation: 2, uid: b}, status: {a: 2}}", nil,
		},
	} {
		var before, after map[string]any
		if err := yaml.Unmarshal([]byte(tc.before), &before); err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal([]byte(tc.after), &after); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, differing(before, after)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
		}
	}
}

// TestMask: values of Secrets are told to nobody, but that they change is.
func TestMask(t *testing.T) {
	t.Parallel()
	before := map[string]any{"kind": "Secret", "data": map[string]any{"gone": "a", "same": "b", "other": "c"}}
	after := map[string]any{"kind": "Secret", "data": map[string]any{"same": "b", "other": "d", "new": "e"}}
	mask(schema.GroupVersionKind{Version: "v1", Kind: "Secret"}, before, after)
	want := []map[string]any{{"gone": "***", "same": "***", "other": "*** (before)"}, {"same": "***", "other": "*** (after)", "new": "***"}}
	if diff := cmp.Diff(want, []map[string]any{before["data"].(map[string]any), after["data"].(map[string]any)}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	made := map[string]any{"stringData": map[string]any{"a": "b"}}
	mask(schema.GroupVersionKind{Version: "v1", Kind: "Secret"}, nil, made)
	other := map[string]any{"data": map[string]any{"a": "b"}}
	mask(schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, nil, other)
	if diff := cmp.Diff([]any{map[string]any{"a": "***"}, map[string]any{"a": "b"}}, []any{made["stringData"], other["data"]}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
