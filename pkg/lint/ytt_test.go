package lint

import (
	"strings"
	"testing"
)

const yttTemplate = `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: a}
spec:
  ytt: |
    #@ load("@ytt:data", "data")
    #@ p = data.values.params
    kind: A
    name: #@ "ü" + data.values.workload.metadata.name
    port: #@ p.port
    git: #@ getattr(data.values.workload.spec, "source", None)
`

// TestYttReads: reads of a ytt body have their places in the file.
func TestYttReads(t *testing.T) {
	t.Parallel()
	template := ReadFiles([]File{{Name: "f.yaml", Data: []byte(yttTemplate)}}).Templates[0]
	lines := strings.Split(yttTemplate, "\n")
	want := []struct {
		path, text string
		guarded    bool
	}{
		{"params", "data.values.params", false},
		{"workload.metadata.name", "data.values.workload.metadata.name", false},
		{"params.port", "p.port", false},
		{"workload.spec.source", `getattr(data.values.workload.spec, "source", None)`, true},
		{"workload.spec", "data.values.workload.spec", false},
	}
	if len(template.Reads) != len(want) {
		t.Fatalf("%d reads: %+v", len(template.Reads), template.Reads)
	}
	for i, r := range template.Reads {
		at := r.Place.Range
		line := []rune(lines[at.Start.Line-1])
		if got := string(line[at.Start.Column-1 : at.End.Column-1]); r.Path() != want[i].path || got != want[i].text || r.Guarded != want[i].guarded {
			t.Errorf("%d: %s at %s, which is %q, guarded: %v; want %+v", i, r.Path(), at, got, r.Guarded, want[i])
		}
	}
	for names, want := range map[string]bool{"params": false, "params.port": true, "params.host": false, "workload": false, "workload.spec.source.git": true} {
		if got := template.ReadsAll(strings.Split(names, ".")...); got != want {
			t.Errorf("reads all of %s: %v", names, got)
		}
	}
}
