package overview

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/filter"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// flash is for how long a row that changed stands out.
const flash = 2 * time.Second

// ink is a style as what is written before and after a text: rendering each cell by itself
// would take most of the time of a picture.
type ink struct{ on, off string }

func inkOf(s lipgloss.Style) ink {
	on, off, _ := strings.Cut(s.Render("x"), "x")
	return ink{on, off}
}

func (i ink) write(b *strings.Builder, s string) {
	if s != "" {
		b.WriteString(i.on)
		b.WriteString(s)
		b.WriteString(i.off)
	}
}

// View draws the table.
func (o *overview) View(env *screen.Env) string {
	f := o.frame(env)
	lines := make([]string, 0, env.Height)
	slots := o.layout(env)
	if f.head {
		lines = append(lines, o.head(env, slots))
	}
	if len(o.rows.shown) == 0 {
		lines = append(lines, o.empty(env, f.rows)...)
	} else {
		p := o.painter(env, slots)
		top := o.firstLine(env)
		for at := top; at < min(top+f.rows, len(o.rows.shown)); at++ {
			lines = append(lines, p.row(o.rows.shown[at], at == o.at))
		}
	}
	for len(lines) < env.Height {
		lines = append(lines, "")
	}
	if below := env.Height - 1; f.cause {
		if f.foot {
			below--
		}
		lines[below] = o.cause(env)
	}
	if f.foot && env.Height > 0 {
		lines[env.Height-1] = o.foot(env)
	}
	return strings.Join(lines[:max(0, env.Height)], "\n")
}

// cause is that of the selected row, where its column cuts it.
func (o *overview) cause(env *screen.Env) string {
	e := o.current()
	if e == nil || !o.cut(env, e.widths[colCause]) {
		return ""
	}
	name, text := e.cells[colName]+": ", e.cells[colCause]
	if width(name)+width(text) > env.Width {
		name = "" // the row has it
	}
	return env.Theme.Faint.Render(table.Cut(name+text, env.Width, env.Theme.Unicode))
}

// head is the line of titles, with an arrow at the one that sorts.
func (o *overview) head(env *screen.Env, slots []slot) string {
	var b strings.Builder
	sorted := o.sorted(env)
	at := 0
	for _, s := range slots {
		title := titles[s.column]
		if s.column == sorted && !o.rows.rule.filter.Ranks() {
			title = ansi.Truncate(title, s.width-2, "") + " " + arrow(env, o.rows.rule.reverse)
		}
		title = ansi.Truncate(title, s.width, "")
		b.WriteString(strings.Repeat(" ", s.x-at) + title)
		at = s.x + table.Width(title)
	}
	return env.Theme.Head.Render(table.Cut(b.String(), env.Width, env.Theme.Unicode))
}

func arrow(env *screen.Env, down bool) string {
	switch {
	case env.Theme.Unicode && down:
		return "↓"
	case env.Theme.Unicode:
		return "↑"
	case down:
		return "v"
	}
	return "^"
}

// painter draws rows of one picture.
type painter struct {
	*overview
	env                                 *screen.Env
	slots                               []slot
	plain, selected, marked, flow, find ink
	findSelected                        ink
	states                              map[feed.State]ink
	cursor, mark                        string
}

func (o *overview) painter(env *screen.Env, slots []slot) *painter {
	t := env.Theme
	p := &painter{
		overview: o, env: env, slots: slots,
		plain: inkOf(t.Text), selected: inkOf(t.Selected), marked: inkOf(t.Marked), flow: inkOf(t.Flow), find: inkOf(t.Match),
		// Where both are drawn in reverse, a match would not be seen in the selected row.
		findSelected: inkOf(t.Selected.Bold(true).Underline(true)),
		states:       map[feed.State]ink{},
		cursor:       ">", mark: "*",
	}
	for _, s := range []feed.State{feed.Ready, feed.Waiting, feed.Failed, feed.Deleting} {
		p.states[s] = inkOf(t.State(s))
	}
	if t.Unicode {
		p.cursor, p.mark = "›", "•"
	}
	return p
}

func (p *painter) row(e *entry, selected bool) string {
	var b strings.Builder
	base, find := p.plain, p.find
	fresh := !e.changed.IsZero() && p.env.Now.Sub(e.changed) < flash
	if fresh {
		base = p.flow
	}
	if selected {
		base, find = p.selected, p.findSelected
	}
	cursor, mark := " ", " "
	if selected {
		cursor = p.cursor
	}
	if p.marks[e.key] {
		mark = p.mark
	}
	base.write(&b, ansi.Truncate(cursor+mark, p.env.Width, ""))
	at := min(gutter, p.env.Width)
	var ranked []filter.Span
	f := &p.rows.rule.filter
	if f.Ranks() {
		ranked = f.Spans(e.name())
	}
	for _, s := range p.slots {
		i := base
		text := e.cells[s.column]
		spans := ranked
		switch s.column {
		case colState:
			state := stateOf(&e.row)
			text = p.env.Theme.Glyph(state) + " " + text
			if !selected {
				i = p.states[state]
			}
		case colName:
			if p.marks[e.key] && !selected {
				i = p.marked
			}
			spans = shift(ranked, len(e.name())-len(text))
		case colAge:
			text = age(e.row.Created, p.env.Now)
		}
		switch {
		case !f.Ranks():
			spans = f.Spans(text)
		case s.column != colName && s.column != colNamespace:
			spans = nil
		}
		base.write(&b, strings.Repeat(" ", s.x-at))
		at = s.x + p.cell(&b, text, s.width, spans, i, find)
	}
	if selected {
		base.write(&b, strings.Repeat(" ", max(0, p.env.Width-at)))
	}
	return b.String()
}

// shift is the part of spans behind a place, as seen from there.
func shift(spans []filter.Span, by int) []filter.Span {
	var shifted []filter.Span
	for _, s := range spans {
		if s.To > by {
			shifted = append(shifted, filter.Span{From: max(0, s.From-by), To: s.To - by})
		}
	}
	return shifted
}

// cell draws a text of at most a width, and returns how wide it became.
func (p *painter) cell(b *strings.Builder, text string, most int, spans []filter.Span, i, find ink) int {
	wide := width(text)
	kept, end := text, len(text)
	if wide > most {
		kept = table.Cut(text, most, p.env.Theme.Unicode)
		wide = table.Width(kept)
		end = 0
		for end < len(kept) && end < len(text) && kept[end] == text[end] {
			end++
		}
	}
	at := 0
	for _, s := range spans {
		from, to := max(at, min(s.From, end)), min(s.To, end)
		if from >= to {
			continue
		}
		from, to = whole(kept, from, to)
		i.write(b, kept[at:from])
		find.write(b, kept[from:to])
		at = to
	}
	i.write(b, kept[at:])
	return wide
}

// whole widens a part of a text to whole characters as they are drawn: a colour that begins within
// one would make two of it, which may take more room.
func whole(text string, from, to int) (int, int) {
	for at := 0; at < to; {
		n, _ := table.Character(text[at:])
		next := at + n
		if at < from && from < next {
			from = at
		}
		to, at = max(to, next), next
	}
	return from, to
}

// foot is the filter that is typed, or why the rows may be old.
func (o *overview) foot(env *screen.Env) string {
	unicode := env.Theme.Unicode
	if !o.prompt.open {
		return env.Theme.Bad.Render(table.Cut(env.Theme.Glyph(feed.Failed)+" "+o.stale(), env.Width, unicode))
	}
	in := o.prompt.input
	// The field is as wide as the text, so that what is said about it stands beside it.
	in.SetWidth(max(1, min(table.Width(in.Value())+1, env.Width-2)))
	line := in.View()
	says := fmt.Sprintf("%d of %d", len(o.rows.shown), len(o.rows.all))
	style := env.Theme.Faint
	switch {
	case o.prompt.err != nil:
		says, style = env.Theme.Glyph(feed.Failed)+" "+oneLine(o.prompt.err.Error()), env.Theme.Bad
	case in.Value() == "":
		says = "text   !not this text   -l label=value   -f fuzzy   /expression/"
	}
	if room := env.Width - ansi.StringWidth(line) - 2; room > 0 {
		line += "  " + style.Render(table.Cut(says, room, unicode))
	}
	return ansi.Truncate(line, env.Width, "")
}
