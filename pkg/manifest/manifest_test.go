package manifest

import (
	"testing"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// TestWrongTypes: the line of the field, and no words of Go.
func TestWrongTypes(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: a}\nspec:\n"
	for text, want := range map[string]string{
		head + "  image: 5\n":                       "f.yaml:5: spec.image: type number where it must be string",
		head + "  source:\n    git: [a]\n":          "f.yaml:6: spec.source.git: type array where it must be object",
		head + "  env:\n  - name: A\n  - 7\n":       "f.yaml:5: spec.env: type number where it must be object",
		"# first\n---\nmetadata:\n  labels: {a: 1}": "f.yaml:4: metadata.labels: type number where it must be string",
	} {
		docs, err := Parse("f.yaml", []byte(text))
		if err != nil || len(docs) != 1 {
			t.Fatalf("%q: %v", text, err)
		}
		if err = docs[0].Into(&v1alpha1.Workload{}); err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}
