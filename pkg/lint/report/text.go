package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/table"
)

// longest is how much of a line of a file is shown where no terminal says it: a file may be
// one line of JSON.
const longest = 200

// Colours of terminals.
const (
	bold  = "1"
	faint = "2"
	blue  = "34"
	green = "32"
)

var levelColours = map[lint.Level]string{lint.Error: "1;31", lint.Warning: "1;33", lint.Info: "1;36"}

// writeText writes for people: what is wrong, the line with the place underlined, what proves
// it, and what to do.
func writeText(w io.Writer, r Run, o Options) error {
	t := &text{Options: o, sources: r.sources()}
	for _, f := range r.Findings {
		if f.Suppressed != "" || f.Level < o.From {
			continue
		}
		if t.out.Len() > 0 {
			t.out.WriteString("\n")
		}
		t.finding(f)
	}
	_, err := io.WriteString(w, t.out.String())
	return err
}

type text struct {
	Options
	sources sources
	out     strings.Builder
	gutter  int // columns for line numbers
}

func (t *text) paint(code, s string) string {
	if !t.Color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t *text) finding(f *lint.Finding) {
	t.gutter = digits(f.At)
	for _, e := range f.Evidence {
		t.gutter = max(t.gutter, digits(e.At))
	}
	head := t.paint(bold, table.OneLine(f.At.String())+":") + " " + t.paint(levelColours[f.Level], f.Level.String()+":")
	rule := "[" + f.Rule.String() + "]"
	t.wrapped(head+" ", "  ", sentence(f)+" "+rule, func(line string) string { return strings.Replace(line, rule, t.paint(faint, rule), 1) })
	t.excerpt(f.At, levelColours[f.Level], "^")
	for _, e := range f.Evidence {
		t.wrapped("  "+table.OneLine(e.At.String())+": ", "    ", table.OneLine(e.Message), nil)
		t.excerpt(e.At, blue, "-")
	}
	if f.Remedy != "" {
		first, yaml, _ := strings.Cut(f.Remedy, "\n")
		t.wrapped("  "+t.paint(green, "remedy:")+" ", "    ", table.OneLine(first), nil)
		for line := range strings.Lines(yaml) { // to be copied as it is
			t.out.WriteString("    " + table.Printable(strings.TrimRight(line, "\n")) + "\n")
		}
	}
	if len(f.Fix) > 0 {
		t.wrapped("  "+t.paint(green, "fix:")+" ", "    ", "--fix makes this change", nil)
	}
}

func (t *text) wrapped(begin, indent, s string, paint func(string) string) {
	for _, line := range table.Wrap(begin, indent, s, t.Width) {
		if paint != nil {
			line = paint(line)
		}
		t.out.WriteString(line + "\n")
	}
}

// excerpt shows the first line of a place with the place underlined.
func (t *text) excerpt(at manifest.Range, colour, mark string) {
	room := longest
	if t.Width > 0 {
		room = t.Width - t.gutter - len("  | ")
	}
	room = max(room, 20)
	// The rest of the line is not looked at: thousands of findings may be on one long line.
	part, from, ok := t.sources[at.File].Around(at.Start, 4*room)
	if !ok {
		return
	}
	chars := []rune(strings.ReplaceAll(table.Printable(part), "\t", " "))
	from = min(from, len(chars))
	to := len(chars)
	if at.End.Line == at.Start.Line {
		to = min(max(from+at.End.Column-at.Start.Column, from), len(chars))
	}
	chars, from, to = window(chars, from, to, room)
	source := string(chars)
	before, marked := table.Width(string(chars[:from])), max(1, table.Width(string(chars[from:to])))
	number := fmt.Sprintf("%*d", t.gutter, at.Start.Line)
	t.out.WriteString(" " + t.paint(blue, number+" |") + " " + strings.TrimRight(source, " ") + "\n")
	t.out.WriteString(" " + t.paint(blue, strings.Repeat(" ", t.gutter)+" |") + " " + strings.Repeat(" ", before) + t.paint(colour, strings.Repeat(mark, marked)) + "\n")
}

// window keeps as much of a line as there is room for, with the place in it.
func window(chars []rune, from, to, room int) (part []rune, start, end int) {
	if table.Width(string(chars)) <= room {
		return chars, from, to
	}
	const dots = "..."
	begin := 0
	if table.Width(string(chars[:to])) > room-len(dots) {
		begin = max(0, from-room/3)
	}
	part = chars[begin:]
	from, to = from-begin, to-begin
	if begin > 0 {
		part = append([]rune(dots), part...)
		from, to = from+len(dots), to+len(dots)
	}
	if table.Width(string(part)) > room {
		kept := 0
		for used := 0; kept < len(part); kept++ {
			if used += table.Width(string(part[kept])); used > room-len(dots) {
				break
			}
		}
		part = append(part[:kept:kept], []rune(dots)...)
	}
	return part, min(from, len(part)), min(to, len(part))
}

func digits(at manifest.Range) int { return len(strconv.Itoa(at.Start.Line)) }
