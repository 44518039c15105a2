package owner

import (
	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/graph"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// move takes the keys that only change what is seen or selected.
func (m *model) move(env *screen.Env, action keys.Action, name string) bool {
	half := max(1, m.drawing.seen.height/2)
	if m.focus == inDetail {
		half = max(1, m.detail.height/2)
	}
	switch action {
	case keys.Next, keys.Previous:
		m.turn()
		m.arrange(env, len(m.head(env)))
		m.detail.first()
	case keys.Full:
		m.alone = !m.alone
		m.drawing.reveal = true
	case keys.Left:
		m.towards(-1, 0)
	case keys.Right:
		m.towards(1, 0)
	case keys.Down, keys.Up:
		by := 1
		if action == keys.Up {
			by = -1
		}
		switch {
		case m.focus == inDetail:
			m.detail.move(by)
		case name == "up" || name == "down":
			m.towards(0, by)
		default:
			m.pick(m.place() + by)
		}
	case keys.Top, keys.Bottom:
		if m.focus == inDetail {
			m.detail.edge(action == keys.Bottom)
		} else if action == keys.Top {
			m.pick(-1)
		} else {
			m.pick(len(m.cells) - 1)
		}
	case keys.HalfDown:
		m.scroll(half)
	case keys.HalfUp:
		m.scroll(-half)
	case keys.PageDown:
		m.scroll(2 * half)
	case keys.PageUp:
		m.scroll(-2 * half)
	default:
		return false
	}
	return true
}

// turn gives the focus to the other pane.
func (m *model) turn() {
	if m.focus == inDetail {
		m.focus, m.drawing.reveal = inGraph, true
		return
	}
	m.focus = inDetail
}

// flip goes on to the next direction: as it fits, left to right, top to bottom.
func (m *model) flip() tea.Cmd {
	m.drawing.reveal = true
	switch m.direction {
	case graph.Auto:
		m.direction = graph.Across
		return say("drawn from left to right")
	case graph.Across:
		m.direction = graph.Down
		return say("drawn from top to bottom")
	}
	m.direction = graph.Auto
	return say("drawn as it fits best")
}

// place of the selected cell among all; -1 for the owner itself.
func (m *model) place() int {
	for i := range m.cells {
		if m.cells[i].id == m.selected {
			return i
		}
	}
	return -1
}

// pick selects a cell by its place; the owner itself comes before the first.
func (m *model) pick(place int) {
	m.moved = true
	if place = min(place, len(m.cells)-1); place < 0 {
		m.choose("")
		return
	}
	m.choose(m.cells[place].id)
}

// towards selects the nearest box in a direction. Above all is the owner itself, and on the
// left of the detail the graph.
func (m *model) towards(dx, dy int) {
	if m.focus == inDetail {
		if dx < 0 {
			m.turn()
		}
		return
	}
	if m.selected == "" {
		if dy > 0 || dx > 0 {
			m.pick(0)
		}
		return
	}
	if m.drawing.picture == nil {
		return
	}
	m.moved = true
	to := m.drawing.picture.Neighbour(m.selected, dx, dy)
	if to == m.selected && dy < 0 {
		to = ""
	}
	m.choose(to)
}

// unready selects the next step that is not ready, from the last on to the first.
func (m *model) unready(by int) tea.Cmd {
	n := len(m.cells)
	at := m.place()
	if at < 0 && by < 0 {
		at = n
	}
	for i := 1; i <= n; i++ {
		next := ((at+by*i)%n + n) % n
		if m.cellState(&m.cells[next]) != feed.Ready {
			m.pick(next)
			return nil
		}
	}
	if m.snapshot.Tree.Owner.Kind == "" {
		return say("the steps of a blueprint have no state; its owners have")
	}
	return say("no step to go to: all are ready")
}

// cellState is the state of what a box stands for; a step of a blueprint has none, and
// nothing is wrong with it.
func (m *model) cellState(c *cell) feed.State {
	switch {
	case c.run != nil:
		return stateOf(c.run.Ready)
	case c.below != nil:
		return treeState(c.below)
	case c.step != nil:
		return stepState(m.snapshot.Tree, c.step)
	}
	return feed.Ready
}

func (m *model) scroll(by int) {
	switch {
	case m.focus == inDetail:
		m.detail.scroll(by)
	case m.drawing.picture != nil:
		m.drawing.scroll(0, by)
	}
}
