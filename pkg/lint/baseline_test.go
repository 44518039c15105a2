package lint

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestBaseline(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec:\n"
	const before = head + "  bad: 1\n  bad2: 2\n"
	check := func(text string) (*Report, []File) {
		files := []File{{Name: "x/a.yaml", Data: []byte(text)}}
		return Run(ReadFiles(files), []*Rule{hunter}, Options{}), files
	}
	name := func(file string) string { return strings.TrimPrefix(file, "x/") }
	first, _ := check(before)
	encoded, err := json.Marshal(NewBaseline(first.Findings, name))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(encoded), "x/") {
		t.Errorf("files are seen from the folder of the baseline: %s", encoded)
	}
	for _, tc := range []struct {
		reason, file string
		rules        []*Rule
		counts       []string
		stale        int
	}{
		{"the same", before, []*Rule{hunter}, nil, 0},
		{"lines have moved", "# one\n# two\n\n" + before, []*Rule{hunter}, nil, 0},
		{"a new one counts", before + "  bad3: 3\n", []*Rule{hunter}, []string{"bad3 is bad"}, 0},
		{"a healed one is stale", head + "  bad: 1\n", []*Rule{hunter}, nil, 1},
		{"not when its rule does not run", head + "  bad: 1\n", []*Rule{about}, nil, 0},
		{"another object is another finding", strings.Replace(before, "name: a", "name: b", 1), []*Rule{hunter}, []string{"bad is bad", "bad2 is bad"}, 2},
	} {
		b, err := ReadBaseline("base.json", encoded)
		if err != nil {
			t.Fatal(err)
		}
		report, files := check(tc.file)
		stale := b.Apply(report, files, tc.rules, name)
		var counts []string
		for _, f := range report.Findings {
			if f.Suppressed == "" {
				counts = append(counts, f.Message)
			} else if !f.Known {
				t.Errorf("%s: %s is not known to be of the baseline", tc.reason, f.Message)
			}
		}
		if !slices.Equal(counts, tc.counts) || len(stale) != tc.stale {
			t.Errorf("%s: got %q, %d stale", tc.reason, counts, len(stale))
		}
	}
	for _, bad := range []string{"", "[]", "{}", `{"apiVersion":"carto.run/lint-baseline/v2"}`} {
		if _, err := ReadBaseline("base.json", []byte(bad)); err == nil || !strings.HasPrefix(err.Error(), "base.json: ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestFingerprints: equal findings of one object are told apart by their order, and messages
// that name lines do not move with them.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	f := func(message string) *Finding { return &Finding{Rule: hunter, Object: "A/a", Message: message} }
	prints := Fingerprints([]*Finding{f("set on line 5"), f("set on line 9"), f("other")}, nil)
	moved := Fingerprints([]*Finding{f("set on line 50"), f("set on line 90"), f("other")}, nil)
	if !slices.Equal(prints, moved) || prints[0] == prints[1] || prints[1] == prints[2] {
		t.Errorf("%v, %v", prints, moved)
	}
}
