package lint

import "testing"

func TestStamps(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ reason, body, want string }{
		{"plain", "  template: {apiVersion: apps/v1, kind: Deployment}", "apps/v1, Kind=Deployment"},
		{"a tag", "  template: {apiVersion: apps/v1, kind: $(params.kind)$}", ""},
		{"no kind", "  template: {apiVersion: apps/v1}", ""},
		{"no version that can be", "  template: {apiVersion: a/b/c, kind: D}", ""},
		{"no body", "  lifecycle: mutable", ""},
		{"ytt", "  ytt: |\n    #@ load(\"@ytt:data\", \"data\")\n    ---\n    apiVersion: v1\n    kind: ConfigMap #! as ever\n    metadata: {name: #@ data.values.params.n\n    }", "/v1, Kind=ConfigMap"},
		{"ytt within a condition", "  ytt: |\n    #@ if True:\n    apiVersion: v1\n    kind: ConfigMap\n    #@ end", "/v1, Kind=ConfigMap"},
		{"ytt after a function", "  ytt: |\n    #@ def f():\n    a: 1\n    #@ end\n    ---\n    apiVersion: v1\n    kind: ConfigMap", "/v1, Kind=ConfigMap"},
		{"ytt in a function", "  ytt: |\n    #@ def f():\n    apiVersion: v1\n    kind: ConfigMap\n    #@ end\n    --- #@ f()", ""},
		{"ytt by code", "  ytt: |\n    apiVersion: v1\n    kind: #@ data.values.kind", ""},
		{"ytt by code in text", "  ytt: |\n    apiVersion: v1\n    #@yaml/text-templated-strings\n    kind: a(@= x @)", ""},
		{"ytt in two branches", "  ytt: |\n    #@ if a:\n    apiVersion: v1\n    kind: ConfigMap\n    #@ else:\n    apiVersion: v1\n    kind: Secret\n    #@ end", ""},
		{"ytt with overlays", "  ytt: |\n    #@ load(\"@ytt:overlay\", \"overlay\")\n    apiVersion: v1\n    kind: ConfigMap", ""},
	} {
		set := ReadFiles([]File{{Name: "a.yaml", Data: []byte("apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n" + tc.body)}})
		if len(set.Templates) != 1 {
			t.Fatalf("%s: %v", tc.reason, set.Faults)
		}
		got := ""
		if kind, known := set.Templates[0].Stamps(); known {
			got = kind.String()
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
		}
	}
}

func TestStampsPlaces(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n"
	for body, want := range map[string]string{
		"  template:\n    apiVersion: v1\n    kind: ConfigMap":       "a.yaml:7:11",
		"  ytt: |\n    ---\n    apiVersion: v1\n    kind: ConfigMap": "a.yaml:8:5",
	} {
		set := ReadFiles([]File{{Name: "a.yaml", Data: []byte(head + body)}})
		if got := set.Templates[0].StampsKind().Range.String(); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}
