package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/table"
)

var needs = map[lint.Needs]string{
	lint.NeedsFiles:   "the files alone",
	lint.NeedsSchema:  "the schemas of what templates stamp: built-in kinds, CRDs among the files, `--crds`, or `--from-cluster`",
	lint.NeedsOwner:   "owners (Workload, Deliverable, Runnable) among the files, or by `--workload`",
	lint.NeedsCluster: "roles and service accounts, among the files or by `--from-cluster`",
}

// Page is the page about a rule, as Markdown.
func Page(rule *lint.Rule) []byte {
	w := &bytes.Buffer{}
	fmt.Fprintf(w, "# %s: %s\n\n%s.\n\n", rule.ID, rule.Slug, capital(rule.Title))
	fmt.Fprintf(w, "| level | looks at | refused by the API server |\n|---|---|---|\n| %s | %s | %s |\n\n", rule.Level, needs[rule.Needs], refused(rule))
	fmt.Fprintf(w, "%s\n\n## At fault\n\n", strings.TrimSpace(rule.Text))
	examples(w, rule.Bad)
	w.WriteString("## Healed\n\n")
	examples(w, rule.Good)
	return append(bytes.TrimRight(w.Bytes(), "\n"), '\n')
}

func refused(rule *lint.Rule) string {
	if rule.Admission {
		return "yes"
	}
	return "no"
}

func examples(w *bytes.Buffer, example string) {
	files := lint.Files(example)
	for _, f := range files {
		if len(files) > 1 {
			fmt.Fprintf(w, "`%s`:\n\n", f.Name)
		}
		fmt.Fprintf(w, "```yaml\n%s\n```\n\n", bytes.TrimRight(f.Data, "\n"))
	}
}

// Index is the page that lists all rules, and those that were thought of and are not made,
// with the reasons.
func Index(rules []*lint.Rule, notMade map[string]string) []byte {
	w := &bytes.Buffer{}
	fmt.Fprintf(w, "# Rules of lint\n\n[How to use lint](../lint.md) explains levels, suppression and configuration.\n\n")
	w.WriteString("| rule | | level | says |\n|---|---|---|---|\n")
	for _, rule := range rules {
		fmt.Fprintf(w, "| [%s](%s.md) | %s | %s | %s |\n", rule.ID, rule.ID, rule.Slug, rule.Level, cell(rule.Title))
	}
	if len(notMade) > 0 {
		w.WriteString("\n## Not made\n\n| rule | why |\n|---|---|\n")
		for _, id := range slices.Sorted(maps.Keys(notMade)) {
			fmt.Fprintf(w, "| %s | %s |\n", id, cell(notMade[id]))
		}
	}
	return w.Bytes()
}

func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(s)
}

// Explain writes what a rule says to people, for a terminal or none.
func Explain(w io.Writer, rule *lint.Rule, o Options) error {
	t := &text{Options: o}
	title := func(s string) { t.out.WriteString("\n" + t.paint(bold, s) + "\n") }
	t.wrapped(t.paint(bold, rule.String())+" ("+t.paint(levelColours[rule.Level], rule.Level.String())+"): ", "  ", rule.Title, nil)
	for _, paragraph := range strings.Split(strings.TrimSpace(rule.Text), "\n\n") {
		t.out.WriteString("\n")
		if strings.HasPrefix(paragraph, "    ") || strings.HasPrefix(paragraph, "- ") {
			t.out.WriteString(paragraph + "\n") // code, or a list
			continue
		}
		t.wrapped("", "", paragraph, nil)
	}
	for _, part := range []struct{ title, example string }{{"At fault:", rule.Bad}, {"Healed:", rule.Good}} {
		title(part.title)
		files := lint.Files(part.example)
		for _, f := range files {
			if len(files) > 1 {
				t.out.WriteString("  " + t.paint(faint, "# "+f.Name) + "\n")
			}
			for _, line := range strings.Split(strings.TrimRight(string(f.Data), "\n"), "\n") {
				t.out.WriteString("  " + t.marked(line) + "\n")
			}
		}
	}
	t.out.WriteString("\n")
	t.wrapped("Needs ", "  ", strings.ReplaceAll(needs[rule.Needs], "`", "")+".", nil)
	if rule.Admission {
		t.wrapped("", "  ", "The API server refuses the same.", nil)
	}
	t.out.WriteString(t.paint(faint, rule.URL()) + "\n")
	_, err := io.WriteString(w, t.out.String())
	return err
}

// marked colours the lines that an arrow points at.
func (t *text) marked(line string) string {
	line = table.Printable(line)
	if i := strings.Index(line, "<-"); i > 0 && strings.Contains(line[:i], "#") {
		return t.paint(levelColours[lint.Error], line)
	}
	return line
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
