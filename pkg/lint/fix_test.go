package lint

import (
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/manifest"
)

func TestFix(t *testing.T) {
	t.Parallel()
	at := func(line, from, to int) manifest.Range {
		return manifest.Range{File: "a.yaml", Start: manifest.Position{Line: line, Column: from}, End: manifest.Position{Line: line, Column: to}}
	}
	elsewhere := func(r manifest.Range) manifest.Range { r.File = "b.yaml"; return r }
	fix := func(edits ...Edit) *Finding { return &Finding{Rule: hunter, Fix: edits} }
	const text = "a: one\nb: \"日本\"\nc: three\n"
	for _, tc := range []struct {
		reason, before string
		findings       []*Finding
		want, fault    string
	}{
		{"one place", text, []*Finding{fix(Edit{at(1, 4, 7), "1"})}, "a: 1\nb: \"日本\"\nc: three\n", ""},
		{"columns count characters", text, []*Finding{fix(Edit{at(2, 6, 7), "x"})}, "a: one\nb: \"日x\"\nc: three\n", ""},
		{"several places of several findings, in any order", text, []*Finding{fix(Edit{at(3, 4, 9), "3"}), fix(Edit{at(1, 4, 7), "1"})}, "a: 1\nb: \"日本\"\nc: 3\n", ""},
		{"what overlaps waits for another round", text, []*Finding{fix(Edit{at(1, 4, 7), "1"}), fix(Edit{at(1, 5, 6), "x"})}, "a: 1\nb: \"日本\"\nc: three\n", ""},
		{"a finding is healed as a whole or not", text, []*Finding{fix(Edit{at(1, 4, 7), "1"}), fix(Edit{at(3, 4, 9), "3"}, Edit{at(1, 5, 6), "x"})}, "a: 1\nb: \"日本\"\nc: three\n", ""},
		{"equal changes of two findings are one", text, []*Finding{fix(Edit{at(1, 4, 7), "1"}), fix(Edit{at(1, 4, 7), "1"})}, "a: 1\nb: \"日本\"\nc: three\n", ""},
		{"a whole line", text, []*Finding{fix(Edit{manifest.Range{File: "a.yaml", Start: manifest.Position{Line: 1, Column: 1}, End: manifest.Position{Line: 2, Column: 1}}, ""})}, "b: \"日本\"\nc: three\n", ""},
		{"suppressed ones stay", text, []*Finding{{Rule: hunter, Suppressed: "x", Fix: []Edit{{at(1, 4, 7), "1"}}}}, text, ""},
		{"no place, no change", text, []*Finding{fix(Edit{manifest.Range{File: "a.yaml"}, "1"})}, text, ""},
		{"no half of a file: it could not be read afterwards", text, []*Finding{fix(Edit{at(1, 4, 7), "["}), fix(Edit{at(3, 4, 9), "3"})}, text, "a.yaml: left as it is: its fixes would spoil it: a.yaml:"},
		{"a key that would be there twice", text, []*Finding{fix(Edit{at(1, 1, 2), "c"})}, text, "occurs twice"},
		{"a finding that would spoil another file changes neither", text, []*Finding{fix(Edit{at(1, 4, 7), "1"}, Edit{elsewhere(at(1, 4, 7)), "["})}, text, "b.yaml: left as it is"},
		{"nothing is left of the object", "a: 1\n", []*Finding{fix(Edit{at(1, 1, 5), "# gone"})}, "a: 1\n", "no object is left"},
		{"lines that end as in Windows, and a mark of the byte order", "\ufeffa: one\r\nb: 2\r\n", []*Finding{fix(Edit{at(1, 1, 2), "x: y\nz"})}, "\ufeffx: y\r\nz: one\r\nb: 2\r\n", ""},
		{"lines that end as long ago", "a: one\rb: 2\r", []*Finding{fix(Edit{at(2, 4, 5), "3"})}, "a: one\rb: 3\r", ""},
	} {
		files := []File{{Name: "a.yaml", Data: []byte(tc.before)}, {Name: "b.yaml", Data: []byte(text)}}
		fixed, err := Fix(files, tc.findings)
		got := tc.before
		for _, f := range fixed {
			if f.Name == "a.yaml" {
				got = string(f.New)
			} else {
				t.Errorf("%s: changes %s", tc.reason, f.Name)
			}
		}
		if got != tc.want {
			t.Errorf("%s: got\n%s", tc.reason, got)
		}
		if (err == nil) != (tc.fault == "") || err != nil && !strings.Contains(err.Error(), tc.fault) {
			t.Errorf("%s: %v", tc.reason, err)
		}
	}
}

// TestFixNotRemote: what was read from a cluster is no file, whatever it is called.
func TestFixNotRemote(t *testing.T) {
	t.Parallel()
	edit := Edit{manifest.Range{File: "a", Start: manifest.Position{Line: 1, Column: 1}, End: manifest.Position{Line: 1, Column: 2}}, "x"}
	fixed, err := Fix([]File{{Name: "a", Data: []byte("a: 1"), Remote: true}}, []*Finding{{Rule: hunter, Fix: []Edit{edit}}})
	if len(fixed) > 0 || err != nil {
		t.Errorf("%v, %v", fixed, err)
	}
}
