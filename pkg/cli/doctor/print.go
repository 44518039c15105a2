package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/table"
)

func writeJSON(w io.Writer, r *Report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func writeYAML(w io.Writer, r *Report) error {
	data, err := yaml.Marshal(r)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// writeLines is for what reads lines: one for each check.
func writeLines(w io.Writer, r *Report) error {
	for _, c := range r.Checks {
		line := fmt.Sprintf("%s: %s: %s", c.Status, c.Check, table.OneLine(c.Found))
		if len(c.Remedies) > 0 {
			line += " (remedy: " + table.OneLine(strings.Join(c.Remedies, "; ")) + ")"
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// writeWide is a table whose lines are never broken.
func writeWide(w io.Writer, r *Report) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(out, "CHECK\tRESULT\tFOUND\tREMEDY")
	for _, c := range r.Checks {
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", c.Check, c.Status, table.OneLine(c.Found), cmdutil.Dash(table.OneLine(strings.Join(c.Remedies, "; "))))
	}
	return out.Flush()
}

var colours = map[Status]string{OK: "32", Unknown: "36", Warning: "33", Failure: "31"}

// writeTable is for a person at a terminal: what was found is broken at its width, with
// the remedies below.
func writeTable(w io.Writer, r *Report, width int, colour bool) error {
	name := len("CHECK")
	for _, c := range r.Checks {
		name = max(name, utf8.RuneCountInString(c.Check))
	}
	const status = 7
	indent := name + 2 + status + 2
	room := max(width-indent, 20) // a narrow terminal wraps by itself
	out := &strings.Builder{}
	_, _ = fmt.Fprintf(out, "%-*s  %-*s  FOUND\n", name, "CHECK", status, "RESULT")
	for _, c := range r.Checks {
		shown := fmt.Sprintf("%-*s", status, c.Status)
		if colour {
			shown = "\x1b[" + colours[c.Status] + "m" + shown + "\x1b[0m"
		}
		lines := wrap(table.OneLine(c.Found), room)
		for _, remedy := range c.Remedies {
			lines = append(lines, "-> "+table.OneLine(remedy)) // whole, so that it can be copied
		}
		_, _ = fmt.Fprintf(out, "%-*s  %s  %s\n", name, c.Check, shown, strings.Join(lines, "\n"+strings.Repeat(" ", indent)))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// wrap breaks a text between words; a word that is too long stays whole, so that it can be
// copied.
func wrap(text string, width int) []string {
	var lines []string
	line, length := "", 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		if length > 0 && length+1+n > width {
			lines = append(lines, line)
			line, length = "", 0
		}
		if length > 0 {
			line, length = line+" ", length+1
		}
		line, length = line+word, length+n
	}
	return append(lines, line)
}
