package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
)

func size(width, height int) string { return fmt.Sprintf("%dx%d", width, height) }

// header says where we are, in which cluster and how fresh it is.
func (m *Model) header() []string {
	t, more := m.env.Theme, m.more()
	var place []string
	if m.width >= 60 {
		place = append(place, t.Title.Render("Carto"))
	}
	if c := m.env.Connection; c.Context != "" {
		place = append(place, t.Strong.Render(table.OneLine(c.Context)))
	} else if c.Server != "" {
		place = append(place, t.Strong.Render(table.OneLine(c.Server)))
	}
	place = append(place, table.OneLine(inNamespace(m.env.Namespace)))
	mode := t.Faint.Render("read-only")
	if m.env.Write {
		mode = t.Busy.Render("write")
	}
	// Whether keys change the cluster is always seen; names give way.
	live := m.liveness()
	room := m.width - ansi.StringWidth(live) - ansi.StringWidth(mode) - 2*len("  ")
	left := ansi.Truncate(strings.Join(place, "  "), max(0, room), more) + "  " + mode
	left += m.digits(m.width - ansi.StringWidth(left) - ansi.StringWidth(live) - len("  "))
	lines := []string{sides(left, live, m.width, more), m.way()}
	if m.headerHeight() > 2 {
		lines = append(lines, t.Border.Render(strings.Repeat(m.glyph("─", "-"), m.width)))
	}
	return lines
}

// digits are the namespaces that a key goes to, as many as there is room for. They are of use
// once there are two, all being one, where the screen on top takes those keys.
func (m *Model) digits(room int) string {
	l := m.top()
	if n := len(m.env.Recent); n == 0 || n == 1 && m.env.Namespace != "" || l == nil || !offers(l.screen, keys.Number) || m.help != nil {
		return ""
	}
	t, text := m.env.Theme, ""
	names := append(slices.Clone(m.env.Recent), "")
	for i, name := range names {
		digit, shown, style := fmt.Sprint((i+1)%len(names)), table.OneLine(name), t.Faint
		if name == "" {
			shown = allNamespaces
		}
		if name == m.env.Namespace {
			style = t.Strong
		}
		part := "  " + t.Key.Render(digit) + " " + style.Render(shown)
		if room -= ansi.StringWidth(part); room < 0 {
			break
		}
		text += part
	}
	return text
}

// way is the titles of the screens, with the status of the one on top at the right.
func (m *Model) way() string {
	t, more := m.env.Theme, m.more()
	if len(m.stack) == 0 {
		return ""
	}
	var titles []string
	for _, l := range m.stack {
		titles = append(titles, table.OneLine(l.screen.Title()))
	}
	status := ""
	if l := m.top(); l.begun && m.help == nil {
		status = strings.ReplaceAll(l.screen.Status(&m.env), "\n", " ")
	}
	if m.help != nil {
		titles = append(titles, "keys")
	}
	last := len(titles) - 1
	before := ""
	for _, title := range titles[:last] {
		before += title + m.glyph(" › ", " > ")
	}
	// The title of what is seen is kept. The table from which all ways begin gives way to the
	// status, the rest of the way does not: it has names that are nowhere else.
	here := ansi.Truncate(titles[last], m.width, more)
	if last > 0 && ansi.StringWidth(before+here)+2+ansi.StringWidth(status) > m.width {
		before = more + strings.TrimPrefix(before, titles[0])
	}
	room := m.width - ansi.StringWidth(here)
	if over := ansi.StringWidth(before) - max(0, room); over > 0 {
		if room > ansi.StringWidth(more) {
			before = ansi.TruncateLeft(before, over+ansi.StringWidth(more), more)
		} else {
			before = ""
		}
	}
	room -= ansi.StringWidth(before) + 2
	status = ansi.Truncate(status, max(0, room), more)
	return sides(t.Faint.Render(before)+t.Strong.Render(here), status, m.width, more)
}

// liveness is how the API server answers, and since when.
func (m *Model) liveness() string {
	t, c := m.env.Theme, m.env.Connection
	switch c.State {
	case feed.Live:
		return t.Good.Render(m.glyph("●", "*") + " live")
	case feed.Lost:
		silent := c.Answered
		if silent.IsZero() {
			silent = c.Since
		}
		return t.Bad.Render(m.glyph("✗", "x") + " no answer for " + age(m.env.Now, silent))
	}
	return t.Busy.Render(m.glyph("○", "o") + " connecting " + age(m.env.Now, c.Since))
}

func age(now, then time.Time) string {
	if then.IsZero() {
		return "0s"
	}
	return screen.Age(now, then)
}

// glyph picks what the terminal can show.
func (m *Model) glyph(unicode, ascii string) string {
	if m.env.Theme.Unicode {
		return unicode
	}
	return ascii
}

// more marks what was cut.
func (m *Model) more() string { return m.glyph("…", "~") }
