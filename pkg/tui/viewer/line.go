package viewer

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/carto-run/carto/pkg/table"
)

// Line is one line of text, and how its parts look. What would steer a terminal is replaced
// when the viewer takes the line, so Text may be anybody's; a newline in it becomes a space.
type Line struct {
	Text string
	// Spans are parts of Text in their order; they do not overlap, and what none of them
	// holds is Plain.
	Spans []Span
}

// Span is a part of a line, in bytes: from From, up to but without To.
type Span struct {
	From, To int
	Look     Look
}

// Say is the line with one more piece at its end.
func (l Line) Say(look Look, text string) Line {
	if look != Plain && text != "" {
		l.Spans = append(l.Spans[:len(l.Spans):len(l.Spans)], Span{len(l.Text), len(l.Text) + len(text), look})
	}
	l.Text += text
	return l
}

// Say begins a line.
func Say(look Look, text string) Line { return Line{}.Say(look, text) }

// Lines cuts a text into lines that look alike. The newline at its end begins none.
func Lines(look Look, text string) []Line {
	if text == "" {
		return nil
	}
	var all []Line
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		all = append(all, Say(look, line))
	}
	return all
}

// row is a line as it is kept.
type row struct {
	Line
	// ascii lines have as many cells as bytes, which makes cutting them cheap.
	ascii bool
	// changed is when the text last came to differ from what stood here before.
	changed time.Time
	// breaks of a line that is not ascii, for the width at which it was last drawn.
	breaks *breaks
}

// tab is how wide a tab is drawn. Columns of tabs matter in logs of tables only, and those
// begin elsewhere than at the left.
const tab = "    "

// keep makes a line fit to be drawn.
func keep(l Line) row {
	plain, ascii := true, true
	for i := 0; i < len(l.Text); i++ {
		switch c := l.Text[i]; {
		case c < ' ' || c == 0x7f:
			plain = false
		case c >= 0x80:
			ascii = false
		}
	}
	if plain && (ascii || table.Printable(l.Text) == l.Text) {
		return row{Line: l, ascii: ascii}
	}
	l = cleaned(l)
	return row{Line: l, ascii: !strings.ContainsFunc(l.Text, func(c rune) bool { return c >= utf8.RuneSelf })}
}

// cleaned replaces what is not printable, and moves the spans along.
func cleaned(l Line) Line {
	var out strings.Builder
	edges := make([]int, len(l.Text)+1) // where each byte of the old text begins in the new one
	for i, c := range l.Text {
		edges[i] = out.Len()
		switch c {
		case '\t':
			out.WriteString(tab)
		case '\n':
			out.WriteByte(' ')
		default:
			out.WriteString(table.Printable(string(c)))
		}
	}
	edges[len(l.Text)] = out.Len()
	for i, last := 1, 0; i < len(edges)-1; i++ { // bytes within a character
		if edges[i] == 0 {
			edges[i] = last
		}
		last = edges[i]
	}
	spans := make([]Span, 0, len(l.Spans))
	for _, s := range l.Spans {
		spans = append(spans, Span{edges[min(max(s.From, 0), len(l.Text))], edges[min(max(s.To, 0), len(l.Text))], s.Look})
	}
	return Line{out.String(), spans}
}

// breaks are where the screen rows of a line begin.
type breaks struct {
	width        int
	bytes, cells []int
}

// cut remembers the breaks of a line that is not ascii.
func (r *row) cut(width int) *breaks {
	if r.breaks != nil && r.breaks.width == width {
		return r.breaks
	}
	b := &breaks{width: width, bytes: []int{0}, cells: []int{0}}
	used, cells := 0, 0
	for at := 0; at < len(r.Text); {
		n, w := table.Character(r.Text[at:])
		if used+w > width && used > 0 {
			b.bytes, b.cells, used = append(b.bytes, at), append(b.cells, cells), 0
		}
		at, used, cells = at+n, used+w, cells+w
	}
	r.breaks = b
	return b
}

// rows is how many screen rows the line takes when it is wrapped.
func (r *row) rows(width int) int {
	if r.ascii {
		return max(1, (len(r.Text)+width-1)/width)
	}
	return len(r.cut(width).bytes)
}

// part is where the nth screen row of the wrapped line begins and ends.
func (r *row) part(n, width int) (from, to int) {
	if r.ascii {
		return min(n*width, len(r.Text)), min((n+1)*width, len(r.Text))
	}
	b := r.cut(width)
	if n >= len(b.bytes) {
		return len(r.Text), len(r.Text)
	}
	if n+1 < len(b.bytes) {
		return b.bytes[n], b.bytes[n+1]
	}
	return b.bytes[n], len(r.Text)
}

// window is what is seen of a line that is not wrapped, from a cell on. A wide character of
// which only the right half would be seen leaves room in pad.
func (r *row) window(cell, width int) (from, to, pad int) {
	if r.ascii {
		return min(cell, len(r.Text)), min(cell+width, len(r.Text)), 0
	}
	at, cells := 0, 0
	if cell > width {
		b := r.cut(width)
		for i := len(b.cells) - 1; i >= 0; i-- {
			if b.cells[i] <= cell {
				at, cells = b.bytes[i], b.cells[i]
				break
			}
		}
	}
	for at < len(r.Text) && cells < cell {
		n, w := table.Character(r.Text[at:])
		at, cells = at+n, cells+w
	}
	from, pad = at, min(max(0, cells-cell), width)
	for used := pad; at < len(r.Text); {
		n, w := table.Character(r.Text[at:])
		if used+w > width {
			break
		}
		at, used = at+n, used+w
	}
	return from, at, pad
}

// cell is the column of a byte.
func (r *row) cell(at int) int {
	if r.ascii {
		return at
	}
	return table.Width(r.Text[:at])
}
