package doctor

import (
	"fmt"
	"io"
	"strings"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/table"
)

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
	rows := make([][]string, len(r.Checks))
	for i, c := range r.Checks {
		rows[i] = []string{c.Check, string(c.Status), table.OneLine(c.Found), cmdutil.Dash(table.OneLine(strings.Join(c.Remedies, "; ")))}
	}
	return table.New([]table.Column{{Title: "CHECK"}, {Title: "RESULT"}, {Title: "FOUND"}, {Title: "REMEDY"}}, table.Options{Gap: 2}).Write(w, rows)
}

var colours = map[Status]string{OK: "32", Unknown: "36", Warning: "33", Failure: "31"}

// writeTable is for a person at a terminal: what was found is broken at its width, with
// the remedies below.
func writeTable(w io.Writer, r *Report, width int, colour bool) error {
	name := len("CHECK")
	for _, c := range r.Checks {
		name = max(name, table.Width(c.Check))
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
		lines := table.Wrap("", "", table.OneLine(c.Found), room)
		for _, remedy := range c.Remedies {
			lines = append(lines, "-> "+table.OneLine(remedy)) // whole, so that it can be copied
		}
		_, _ = fmt.Fprintf(out, "%-*s  %s  %s\n", name, c.Check, shown, strings.Join(lines, "\n"+strings.Repeat(" ", indent)))
	}
	_, err := io.WriteString(w, out.String())
	return err
}
