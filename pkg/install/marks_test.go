package install

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestNewer(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, a, b string
		want         bool
	}{
		{"a release after another", "v0.5.0", "v0.4.9", true},
		{"the same", "v0.5.0", "v0.5.0", false},
		{"before", "v0.4.0", "v0.5.0", false},
		{"a release after its candidate", "v0.5.0", "v0.5.0-rc.1", true},
		{"a later commit", "v0.5.1-0.20261122000000-bbbbbbbbbbbb", "v0.5.1-0.20261121000000-aaaaaaaaaaaa", true},
		{"a build that knows no version is not newer", Unversioned, "v0.0.0-20261121141841-200263b2937e", false},
		{"and nothing is newer than it", "v1.0.0", Unversioned, false},
		{"no version", "latest", "v0.1.0", false},
		{"nothing", "v1.0.0", "", false},
	} {
		if got := Newer(tc.a, tc.b); got != tc.want {
			t.Errorf("%s: Newer(%s, %s) is %v", tc.reason, tc.a, tc.b, got)
		}
	}
}

func TestMarked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason  string
		labels  map[string]string
		manager string
		want    bool
	}{
		{"the label", map[string]string{LabelInstalledIn: "carto-system"}, "kubectl", true},
		{"installed before there was a label", nil, FieldManager, true},
		{"part of carto says anybody", map[string]string{"app.kubernetes.io/part-of": "carto"}, "kubectl", false},
		{"nothing", nil, "kubectl", false},
	} {
		obj := &unstructured.Unstructured{Object: map[string]any{}}
		obj.SetLabels(tc.labels)
		obj.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: tc.manager, Operation: metav1.ManagedFieldsOperationApply}})
		if got := Marked(obj); got != tc.want {
			t.Errorf("%s: %v", tc.reason, got)
		}
	}
}

func TestImageVersion(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]string{
		"ghcr.io/a/agent:v1": "v1", "registry:5000/agent": "", "registry:5000/agent:v1@sha256:feed": "v1", "agent": "", "": "",
	} {
		if got := ImageVersion(image); got != want {
			t.Errorf("%s: %q, want %q", image, got, want)
		}
	}
}
