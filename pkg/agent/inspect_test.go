package agent

import (
	"slices"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
)

const inspected = `
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - {name: image, templateRef: {kind: ClusterImageTemplate, name: kaniko}, sources: [{name: source, resource: nowhere}]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: plain}
spec:
  selector: {type: plain}
  resources:
  - {name: image, templateRef: {kind: ClusterImageTemplate, name: kaniko}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kaniko}
spec:
  imagePath: .status.image
  template:
    apiVersion: example.com/v1
    kind: Image
    metadata: {name: $(workload.metadata.name)$}
`

// TestFindings: each blueprint hears of its own errors and those of its templates.
func TestFindings(t *testing.T) {
	t.Parallel()
	look := func(files string) map[blueprintKey]string {
		return findings([]lint.File{{Name: "f", Data: []byte(files)}})
	}
	web, plain := blueprintKey{"ClusterSupplyChain", "web"}, blueprintKey{"ClusterSupplyChain", "plain"}
	for _, tc := range []struct{ why, files, web, plain string }{
		{"an error of a blueprint is told of that one", inspected, `"nowhere"`, ""},
	} {
		found := look(tc.files)
		for key, want := range map[blueprintKey]string{web: tc.web, plain: tc.plain} {
			if got := found[key]; !strings.Contains(got, want) || want == "" && got != "" {
				t.Errorf("%s: %v hears %q, want %q", tc.why, key, got, want)
			}
		}
	}
}

// TestInspectionTellsNews: only blueprints whose findings have changed are looked at again.
func TestInspectionTellsNews(t *testing.T) {
	t.Parallel()
	files := inspected
	i := newInspector(func() []lint.File { return []lint.File{{Name: "f", Data: []byte(files)}} }, nil)
	web := []blueprintKey{{"ClusterSupplyChain", "web"}}
	for _, tc := range []struct {
		why, files string
		want       []blueprintKey
	}{
		{"at first every finding is news", inspected, web},
		{"what was found before is none", inspected, nil},
		{"neither is what is mended elsewhere", strings.ReplaceAll(inspected, "plain", "simple"), nil},
		{"what is mended is", strings.ReplaceAll(inspected, "nowhere", "image"), web},
	} {
		files = tc.files
		if got := i.inspect(); !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.why, got, tc.want)
		}
	}
}
