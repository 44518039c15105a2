package get

import (
	"fmt"
	"io"
	"strings"

	"github.com/carto-run/carto/pkg/table"
)

// section is one part of what get shows.
type section struct {
	// key names it in --show.
	key, title string
	// optional sections are left out when they are empty.
	optional bool
	// titles of the columns; nil where rows explain themselves.
	titles []string
	rows   [][]string
	// lines below the rows.
	lines []string
	// nothing is what an empty section says; "none" when it is empty too.
	nothing string
}

func (s *section) empty() bool { return len(s.rows) == 0 && len(s.lines) == 0 }

// printSections writes sections with an empty line between; the rows of each are aligned
// with each other only.
func (o *Options) printSections(w io.Writer, sections []section) error {
	out := &strings.Builder{}
	for i, s := range sections {
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(table.OneLine(s.title) + "\n")
		switch {
		case s.empty() && s.nothing != "":
			out.WriteString("  " + s.nothing + "\n")
		case s.empty():
			out.WriteString("  none\n")
		}
		if err := o.table(&s).Write(out, s.rows); err != nil {
			return err
		}
		for _, line := range s.lines {
			_, _ = fmt.Fprintln(out, "  "+table.Printable(line)) // a builder takes everything
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// table prints the rows of a section. Its last column is cut first; what is left of it, and
// of others, is enough to recognise a thing by.
func (o *Options) table(s *section) *table.Printer {
	options := table.Options{Indent: "  ", NoHeaders: s.titles == nil || len(s.rows) == 0, Unicode: o.Streams.Unicode()}
	if o.Output.Format() != "wide" && s.titles != nil {
		options.Width = o.Streams.Width()
	}
	if o.Streams.UseColor() {
		options.Paint = table.PaintStatus
	}
	count := len(s.titles)
	for _, row := range s.rows {
		count = max(count, len(row))
	}
	columns := make([]table.Column, count)
	for i := range s.titles {
		columns[i].Title = s.titles[i]
	}
	for i := range columns {
		columns[i].Min = map[string]int{"NAME": 12, "STATUS": 8, "STEP": 12, "RESOURCE": 10, "TEMPLATE": 10, "WHEN": 8, "VALUE": 8, "REASON": 8}[columns[i].Title]
	}
	return table.New(columns, options)
}
