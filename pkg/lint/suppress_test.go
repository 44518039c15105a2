package lint

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/carto-run/carto/pkg/manifest"
)

// about is the record of the rule about suppressions, and hunter a rule that finds every field
// that is called bad.
var (
	about   = &Rule{ID: SuppressionRule, Slug: "idle-suppression", Level: Warning, Needs: NeedsFiles}
	hunter  = &Rule{ID: "TST001", Slug: "bad-field", Level: Error, Needs: NeedsFiles, Check: hunt}
	distant = &Rule{ID: "TST002", Slug: "far-away", Level: Error, Needs: NeedsCluster, Check: func(*Pass) {}}
)

func hunt(p *Pass) {
	for _, o := range p.Objects {
		for _, key := range o.Doc.Keys("spec") {
			if strings.HasPrefix(key, "bad") {
				at := o.Value("spec." + key)
				p.Report(at, "%s is bad", key).FixBy(at.Range, "good")
			}
		}
	}
}

func TestSuppress(t *testing.T) {
	t.Parallel()
	const head, tail = "apiVersion: v1\nkind: A\nmetadata: {name: a}\nspec:\n", "---\napiVersion: v1\nkind: B\nspec: {bad: 1}\n"
	for _, tc := range []struct {
		reason, file string
		// want are the lines of findings of hunter that count, and what is said of comments.
		want string
	}{
		{"nothing is suppressed", head + "  bad: 1\n" + tail, "5 9"},
		{"the line", head + "  bad: 1 # carto-lint: ignore TST001 because it is old\n  bad2: 1\n", "6"},
		{"the line below a comment that stands alone", head + "  # carto-lint: ignore TST001 because it is old\n  bad: 1\n  bad2: 1\n", "7"},
		{"by the name of the rule, in any case of the ID", head + "  bad: 1 # carto-lint: ignore bad-field because x\n  bad2: 1 # carto-lint: ignore tst001 because x\n", ""},
		{"other comments may stand between", head + "  # carto-lint: ignore TST001 because x\n  # more about it\n  bad: 1\n", ""},
		{"but no blank line", head + "  # carto-lint: ignore TST001 because x\n\n  bad: 1\n", "7; 5: the suppression of TST001 suppresses nothing"},
		{"the object", "# carto-lint: ignore TST001 because it is old\n" + head + "  bad: 1\n  bad2: 1\n" + tail, "11"},
		{"the object behind a separator", head + "  bad: 1\n---\n# carto-lint: ignore TST001 because it is old\n" + strings.TrimPrefix(tail, "---\n"), "5"},
		{"an item of a list", "apiVersion: v1\nkind: List\nitems:\n# carto-lint: ignore TST001 because x\n- apiVersion: v1\n  kind: A\n  spec:\n    bad: 1\n- apiVersion: v1\n  kind: B\n  spec: {bad: 1}\n", "11"},
		{"several rules", head + "  bad: 1 # carto-lint: ignore TST001, TST002 because x\n", ""},
		{"no reason", head + "  bad: 1 # carto-lint: ignore TST001\n", "5; 5: the suppression of TST001 gives no reason, so it does not count"},
		{"no reason behind the word", head + "  bad: 1 # carto-lint: ignore TST001 because \n", "5; 5: the suppression of TST001 gives no reason, so it does not count"},
		{"no rule", head + "  bad: 1 # carto-lint: ignore because x\n", "5; 5: a suppression names no rule"},
		{"a reason without because", head + "  bad: 1 # carto-lint: ignore TST001 it is old\n", "5; 5: the suppression of TST001 gives no reason, so it does not count"},
		{"another word", head + "  bad: 1 # carto-lint: disable TST001 because x\n", `5; 5: lint does not understand "disable"`},
		{"an unknown rule", head + "  bad: 1 # carto-lint: ignore TST001,TST009 because x\n", `; 5: there is no rule "TST009" to suppress`},
		{"one of two is idle", head + "  bad: 1 # carto-lint: ignore TST001,STY003 because x\n", "; 5: the suppression of STY003 suppresses nothing"},
		{"what a rule without its roles does not find may be there", head + "  good: 1 # carto-lint: ignore TST002 because x\n", ""},
		{"no comment: not behind a blank", head + "  bad: a#carto-lint:ignore\n", "5"},
		{"in the text of a template", head + "  bad: |\n    #! carto-lint: ignore TST001 because x\n    #@ if True:\n", "5; 6: the suppression of TST001 suppresses nothing"},
		{"JSON has none", `{"apiVersion":"v1","kind":"A","spec":{"bad":"carto-lint: ignore TST001 because x"}}`, "1"},
		{"carriage returns", strings.ReplaceAll(head+"  # carto-lint: ignore TST001 because x\n  bad: 1\n", "\n", "\r\n"), ""},
	} {
		set := ReadFiles([]File{{Name: "a.yaml", Data: []byte(tc.file)}})
		report := Run(set, []*Rule{hunter, distant, about}, Options{Catalogue: []*Rule{hunter, distant, about}})
		var lines, said []string
		for _, f := range report.Findings {
			switch {
			case f.Suppressed != "":
			case f.Rule == hunter:
				lines = append(lines, fmt.Sprint(f.At.Start.Line))
			default:
				said = append(said, fmt.Sprintf("; %d: %s", f.At.Start.Line, f.Message))
			}
		}
		if got := strings.Join(lines, " ") + strings.Join(said, ""); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
		}
	}
}

// TestSuppressedLevels: what is off is not looked for, so a suppression of it is not idle.
func TestSuppressedLevels(t *testing.T) {
	t.Parallel()
	set := ReadFiles([]File{{Name: "a.yaml", Data: []byte("apiVersion: v1\nkind: A\nspec:\n  bad: 1 # carto-lint: ignore TST001 because x\n")}})
	off := func(rule *Rule, _ string) (Level, bool) { return Off, rule == hunter }
	if found := Run(set, []*Rule{hunter, about}, Options{Level: off}).Findings; len(found) > 0 {
		t.Errorf("got %q", found[0].Message)
	}
	if found := Run(set, []*Rule{about}, Options{Catalogue: []*Rule{hunter, about}}).Findings; len(found) > 0 {
		t.Errorf("a rule that did not run: got %q", found[0].Message)
	}
	idle := ReadFiles([]File{{Name: "a.yaml", Data: []byte("a: 1 # carto-lint: ignore TST001 because x\n")}})
	if found := Run(idle, []*Rule{hunter, about}, Options{Partial: true}).Findings; len(found) > 0 {
		t.Errorf("other files may make it useful: got %q", found[0].Message)
	}
	report := Run(set, []*Rule{hunter}, Options{})
	if report.Worst() != Off || len(report.Findings) != 1 || report.Findings[0].Suppressed != "x" {
		t.Errorf("a suppressed finding is kept, and does not count: %+v", report.Findings)
	}
}

// FuzzSuppression: no comment breaks the reader, and what it takes for one is in the line.
func FuzzSuppression(f *testing.F) {
	for _, s := range []string{
		"# carto-lint: ignore A because b", "a: b #! carto-lint: ignore A,B because", "#carto-lint:", "日本 # carto-lint: ignore because",
		"! carto-lint: ignore", "\xff# carto-lint: ignore A because \xfe", "a # carto-lint: ignore A because b # carto-lint: ignore B",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if s, column := parseSuppression(line); s != nil {
			if column < 1 || column > utf8.RuneCountInString(line) || len(s.Names) != len(s.used) || slices.Contains(s.Names, "") {
				t.Errorf("%q: %+v at %d", line, s, column)
			}
		}
		file := File{Name: "a.yaml", Data: []byte("apiVersion: v1\nkind: A\n" + line + "\nspec: {bad: 1}\n")}
		report := Run(ReadFiles([]File{file}), []*Rule{hunter, about}, Options{Catalogue: []*Rule{hunter, about}})
		fixed, err := Fix([]File{file}, report.Findings)
		if err != nil {
			return
		}
		_, before := manifest.ParseAll(file.Name, file.Data)
		for _, one := range fixed {
			if _, after := manifest.ParseAll(file.Name, one.New); len(after) > len(before) {
				t.Errorf("%q: a fix spoils the file:\n%s\n%v", line, one.New, after)
			}
		}
	})
}

// TestManySuppressions: neither rows of comments nor thousands of them take minutes.
func TestManySuppressions(t *testing.T) {
	t.Parallel()
	const many = 100_000
	rule := &Rule{ID: "TST001", Slug: "test", Level: Error, Check: func(p *Pass) {
		for i := range many {
			p.Report(Place{Range: manifest.Range{File: "f.yaml", Start: manifest.Position{Line: i + 1, Column: 1}}}, "found")
		}
	}}
	const comment = "# carto-lint: ignore TST001 because it is a test\n"
	for name, text := range map[string]string{
		"one for each line": "a:\n" + strings.Repeat("- b "+comment, many),
		"rows":              strings.Repeat(comment, many),
		"documents":         strings.Repeat("---\n"+comment+"kind: A\n", many/3),
	} {
		set := ReadFiles([]File{{Name: "f.yaml", Data: []byte(text)}})
		suppressed := 0
		for _, f := range Run(set, []*Rule{rule, about}, Options{}).Findings {
			if f.Suppressed != "" {
				suppressed++
			}
		}
		if want := map[string]int{"one for each line": many - 1, "rows": 0, "documents": many / 3}[name]; suppressed != want {
			t.Errorf("%s: %d are suppressed, want %d", name, suppressed, want)
		}
	}
}
