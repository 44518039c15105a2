package owner

import (
	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/screen"
)

// wheelLines is how far one notch of the wheel scrolls.
const wheelLines = 3

// click selects a box, a row, or the owner by its root cause.
func (m *model) click(env *screen.Env, at tea.Mouse) {
	if m.snapshot == nil || at.Button != tea.MouseLeft {
		return
	}
	l := m.arrange(env, len(m.head(env)))
	switch {
	case at.Y < l.head:
		m.focus = inGraph
		m.pick(-1)
	case l.graph.has(at.X, at.Y):
		m.focus = inGraph
		d := &m.drawing
		if id := d.picture.At(at.X-l.graph.x+d.x, at.Y-l.graph.y-1+d.y); at.Y > l.graph.y && id != "" {
			m.moved = true
			m.choose(id)
		}
	case l.detail.has(at.X, at.Y):
		m.focus = inDetail
		if at.Y > l.detail.y {
			m.detail.choose(m.detail.top + at.Y - l.detail.y - 1)
		}
	}
}

// wheel scrolls the pane below the pointer; with shift, sideways.
func (m *model) wheel(env *screen.Env, at tea.Mouse) {
	if m.snapshot == nil {
		return
	}
	dx, dy := 0, 0
	switch at.Button {
	case tea.MouseWheelUp:
		dy = -wheelLines
	case tea.MouseWheelDown:
		dy = wheelLines
	case tea.MouseWheelLeft:
		dx = -wheelLines
	case tea.MouseWheelRight:
		dx = wheelLines
	default:
		return
	}
	if at.Mod.Contains(tea.ModShift) {
		dx, dy = dx+dy, 0
	}
	switch l := m.arrange(env, len(m.head(env))); {
	case l.graph.has(at.X, at.Y):
		m.drawing.scroll(dx, dy)
	case l.detail.has(at.X, at.Y):
		m.detail.scroll(dy)
	}
}
