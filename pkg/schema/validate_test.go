package schema

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/manifest"
)

// TestValidate: every fault of an object, with its path, and none that the API server would not
// find.
func TestValidate(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ reason, kind, text, want string }{
		{"all is well", v1alpha1.KindWorkload, `{apiVersion: carto.run/v1alpha1, kind: Workload, metadata: {name: a, labels: {a: b}}, spec: {params: [{name: a, value: {b: [1]}}], env: [{name: A, value: b}], resources: {limits: {cpu: 1, memory: 1Gi}}}}`, ""},
		{"unknown fields at any depth, with what was meant", v1alpha1.KindWorkload, `{metadata: {name: a, label: {}}, spec: {sorce: {}, source: {git: {uri: x, url: u}}}}`, `metadata.label: has no field label (labels)
spec.sorce: has no field sorce (source)
spec.source.git.uri: has no field uri (url)`},
		{"wrong types hide what is in them", v1alpha1.KindWorkload, `{metadata: {name: a}, spec: {params: {a: 1}, image: 5, source: [1]}}`, `spec.image: is a number, but has to be a text
spec.params: is an object, but has to be a list
spec.source: is a list, but has to be an object`},
		{"required fields", v1alpha1.KindClusterImageTemplate, `{metadata: {name: a}, spec: {params: [{name: x}]}}`, `spec.params[0]: lacks the field default
spec: lacks the field imagePath`},
		{"enums and limits", v1alpha1.KindClusterSupplyChain, `{metadata: {name: a}, spec: {resources: [{name: "", templateRef: {kind: ClusterImagTemplate, name: b}}]}}`, `spec.resources[0].name: has 0 characters, but needs at least 1
spec.resources[0].name: is "", which does not have the form ^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$
spec.resources[0].templateRef.kind: is ClusterImagTemplate, but has to be one of ClusterSourceTemplate, ClusterImageTemplate, ClusterConfigTemplate, ClusterTemplate (ClusterImageTemplate)`},
		{"numbers", v1alpha1.KindClusterTemplate, `{metadata: {name: a}, spec: {lifecycle: immutable, retentionPolicy: {maxFailedRuns: 0, maxSuccessfulRuns: 1.5}}}`, `spec.retentionPolicy.maxFailedRuns: is 0, but has to be at least 1
spec.retentionPolicy.maxSuccessfulRuns: is a number, but has to be a whole number`},
		{"a body may hold anything", v1alpha1.KindClusterTemplate, `{metadata: {name: a}, spec: {template: {kind: X, metadata: {any: 1}, spec: {deep: [{}]}}}}`, ""},
		{"nulls are dropped", v1alpha1.KindWorkload, `{metadata: {name: a}, spec: {params: null, source: {git: null}}}`, ""},
	} {
		var value map[string]any
		docs, err := manifest.Parse("f.yaml", []byte(tc.text))
		if err != nil {
			t.Fatal(err)
		}
		value = docs[0].Object
		var got []string
		for _, f := range Validate(value, BuiltIn().Kind(v1alpha1.GroupVersion.WithKind(tc.kind)).Schema, nil) {
			line := f.Path + ": " + f.Message
			if len(f.Meant) > 0 {
				line += " (" + strings.Join(f.Meant, " ") + ")"
			}
			got = append(got, line)
		}
		if got := strings.Join(got, "\n"); got != tc.want {
			t.Errorf("%s:\n%s\nwant:\n%s", tc.reason, got, tc.want)
		}
	}
}

// TestValidateUncertain: of values that are not there yet, only what is known counts.
func TestValidateUncertain(t *testing.T) {
	t.Parallel()
	s := &Schema{Type: Object, Properties: map[string]*Schema{
		"number": {Type: Integer}, "list": {Type: Array, Items: &Schema{Type: String}}, "word": {Type: String, Enum: []any{"a", "b"}},
	}}
	var value any
	if err := yaml.Unmarshal([]byte(`{number: TAG, list: [TAG, "x TAG", {}], word: x TAG}`), &value); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range Validate(value, s, func(value any) Certainty {
		text, _ := value.(string)
		switch {
		case text == "TAG":
			return Uncertain
		case strings.Contains(text, "TAG"):
			return OfThisType
		}
		return Certain
	}) {
		got = append(got, fmt.Sprintf("%s: %s", f.Path, f.Message))
	}
	if want := "list[2]: is an object, but has to be a text"; strings.Join(got, "\n") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
