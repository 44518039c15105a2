package viewer

import (
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/line"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// gutter at the left, for the bar of what changed and the mark of the match.
const gutter = 1

// fresh is how long a line that changed is marked.
const fresh = 3 * time.Second

// View draws exactly as many lines as there is room for, joined by newlines.
func (v *Viewer) View(t *theme.Theme, now time.Time) string {
	lines := make([]string, 0, v.height)
	at, room := v.top, v.room()
	for len(lines) < v.page() && at.line < len(v.rows) {
		r := &v.rows[at.line]
		if v.wrap {
			from, to := r.part(at.row, room)
			lines = append(lines, v.mark(t, at, from, to, now)+v.draw(t, at.line, from, to, 0))
			if at.row++; at.row >= r.rows(room) {
				at = place{line: at.line + 1}
			}
			continue
		}
		lines = append(lines, v.cut(t, at, now))
		at.line++
	}
	for len(lines) < v.page() {
		lines = append(lines, "")
	}
	if v.search.typing && v.height > 1 {
		lines = append(lines, v.prompt(t))
	} else if v.search.typing {
		lines[0] = v.prompt(t)
	}
	return strings.Join(lines, "\n")
}

// cut is what is seen of a line that is not wrapped, with a mark where it goes on.
func (v *Viewer) cut(t *theme.Theme, at place, now time.Time) string {
	r, room, more := &v.rows[at.line], v.room(), ""
	from, to, pad := r.window(v.left, room)
	if to < len(r.Text) && room > 1 {
		from, to, pad = r.window(v.left, room-1)
		used := to - from
		if !r.ascii {
			used = pad + table.Width(r.Text[from:to])
		}
		more = strings.Repeat(" ", max(0, room-1-used)) + t.Faint.Render(map[bool]string{true: "›", false: ">"}[t.Unicode])
	}
	return v.mark(t, at, from, to, now) + v.draw(t, at.line, from, to, pad) + more
}

// mark is the gutter of a row.
func (v *Viewer) mark(t *theme.Theme, at place, from, to int, now time.Time) string {
	if v.width <= gutter {
		return ""
	}
	bar, arrow := "|", ">"
	if t.Unicode {
		bar, arrow = "▎", "▸"
	}
	if m := v.search.at(); m != nil && m.line == at.line+v.dropped && m.from < max(to, from+1) && m.to > from {
		return t.Key.Render(arrow)
	}
	if changed := v.rows[at.line].changed; !changed.IsZero() && now.Sub(changed) < fresh {
		return t.Flow.Render(bar)
	}
	return " "
}

// draw styles a part of a line.
func (v *Viewer) draw(t *theme.Theme, line, from, to, pad int) string {
	r := &v.rows[line]
	if from >= to {
		return ""
	}
	text := r.Text[from:to]
	if !r.ascii && pad+table.Width(text) > v.room() {
		text = ansi.Truncate(text, max(0, v.room()-pad), "")
		to = from + len(text)
	}
	edges := []int{from, to}
	var spans []Span
	for _, s := range r.Spans {
		if s.From < to && from < s.To {
			spans, edges = append(spans, s), append(edges, s.From, s.To)
		}
	}
	var found []match
	for _, m := range v.search.in(line + v.dropped) {
		if m.from < to && from < m.to {
			found, edges = append(found, m), append(edges, m.from, m.to)
		}
	}
	if !r.ascii {
		snap(edges, r.Text, from, to)
	}
	slices.Sort(edges)
	var out strings.Builder
	out.WriteString(strings.Repeat(" ", pad))
	begin := from
	for _, end := range edges {
		if end <= begin || end > to {
			continue
		}
		if style := v.styleAt(t, spans, found, begin, end); style != nil {
			out.WriteString(style.Render(r.Text[begin:end]))
		} else {
			out.WriteString(r.Text[begin:end])
		}
		begin = end
	}
	return out.String()
}

// styleAt is how what stands between two edges looks.
func (v *Viewer) styleAt(t *theme.Theme, spans []Span, found []match, begin, end int) *lipgloss.Style {
	current := v.search.at()
	for i := range found {
		if found[i].from < end && begin < found[i].to {
			if current != nil && *current == found[i] {
				// No underline: lipgloss draws those character by character, and tears apart
				// what is drawn as one.
				style := t.Match.Bold(true).Reverse(true)
				return &style
			}
			return &t.Match
		}
	}
	for _, s := range spans {
		if s.From < end && begin < s.To {
			return s.Look.style(t)
		}
	}
	return nil
}

// snap moves edges that are within what is drawn as one character to its beginning: a
// colour in its midst would tear it apart, and make it wider.
func snap(edges []int, text string, from, to int) {
	var begins []int
	for at := from; at < to; {
		begins = append(begins, at)
		n, _ := table.Character(text[at:])
		at += n
	}
	for i, e := range edges {
		if e <= from || e >= to {
			continue
		}
		if n, exact := slices.BinarySearch(begins, e); !exact && n > 0 {
			edges[i] = begins[n-1]
		}
	}
}

func (v *Viewer) prompt(t *theme.Theme) string {
	line.Look(&v.input, t)
	v.input.SetWidth(max(1, v.width-len(v.input.Prompt)-1))
	return ansi.Truncate(v.input.View(), v.width, "")
}

// Draw is one line without a viewer, cut to a width: for what stands above a text.
func Draw(t *theme.Theme, l Line, width int) string {
	r := keep(l)
	var out strings.Builder
	begin := 0
	for _, s := range r.Spans {
		if s.From < begin || s.To > len(r.Text) {
			continue
		}
		out.WriteString(r.Text[begin:s.From])
		if style := s.Look.style(t); style != nil {
			out.WriteString(style.Render(r.Text[s.From:s.To]))
		} else {
			out.WriteString(r.Text[s.From:s.To])
		}
		begin = s.To
	}
	out.WriteString(r.Text[begin:])
	return table.Cut(out.String(), width, t.Unicode)
}
