package viewer

import (
	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/keys"
)

// step of the wheel in rows, and of scrolling to the side in cells.
const (
	wheelRows = 3
	sideCells = 8
)

// room for text, right of the gutter.
func (v *Viewer) room() int { return max(1, v.width-gutter) }

// page is how many rows of text are seen.
func (v *Viewer) page() int {
	if v.search.typing {
		return max(1, v.height-1)
	}
	return v.height
}

func (v *Viewer) move(action keys.Action) bool {
	switch action {
	case keys.Down:
		v.scroll(1)
	case keys.Up:
		v.scroll(-1)
	case keys.HalfDown:
		v.scroll(max(1, v.page()/2))
	case keys.HalfUp:
		v.scroll(-max(1, v.page()/2))
	case keys.PageDown:
		v.scroll(v.page())
	case keys.PageUp:
		v.scroll(-v.page())
	case keys.Top:
		v.follow, v.top, v.left = false, place{}, 0
	case keys.Bottom:
		v.top, v.follow = v.last(), v.options.Grows
	case keys.Left:
		v.side(-sideCells)
	case keys.Right:
		v.side(sideCells)
	default:
		return false
	}
	return true
}

func (v *Viewer) wheel(button tea.MouseButton) bool {
	switch button {
	case tea.MouseWheelUp:
		v.scroll(-wheelRows)
	case tea.MouseWheelDown:
		v.scroll(wheelRows)
	case tea.MouseWheelLeft:
		v.side(-sideCells)
	case tea.MouseWheelRight:
		v.side(sideCells)
	default:
		return false
	}
	return true
}

// scroll moves by screen rows. Going up leaves the end; coming back to it by scrolling does
// not follow again, for a person may only look.
func (v *Viewer) scroll(by int) {
	if by < 0 {
		v.follow = false
	}
	v.top = v.walk(v.top, by)
	v.settle()
}

// side scrolls to the side. Wrapped lines have no side.
func (v *Viewer) side(by int) {
	if v.wrap {
		return
	}
	if by > 0 && !v.beyond(v.left+v.room()) {
		return
	}
	v.left = max(0, v.left+by)
}

// beyond tells that a line in sight goes on at a cell.
func (v *Viewer) beyond(cell int) bool {
	for i := v.top.line; i < min(len(v.rows), v.top.line+v.page()); i++ {
		r := &v.rows[i]
		if from, _, _ := r.window(cell, 1); from < len(r.Text) {
			return true
		}
	}
	return false
}

// count of the screen rows of a line.
func (v *Viewer) count(line int) int {
	if !v.wrap {
		return 1
	}
	return v.rows[line].rows(v.room())
}

// walk goes from a place by screen rows, and stops at either end.
func (v *Viewer) walk(p place, by int) place {
	if len(v.rows) == 0 {
		return place{}
	}
	p.line = min(max(p.line, 0), len(v.rows)-1)
	p.row += by
	for p.row < 0 {
		if p.line == 0 {
			return place{}
		}
		p.line--
		p.row += v.count(p.line)
	}
	for n := v.count(p.line); p.row >= n; n = v.count(p.line) {
		if p.line == len(v.rows)-1 {
			return place{p.line, n - 1}
		}
		p.row -= n
		p.line++
	}
	return p
}

// last is the place from which the end is seen at the bottom.
func (v *Viewer) last() place {
	if len(v.rows) == 0 {
		return place{}
	}
	end := len(v.rows) - 1
	return v.walk(place{end, v.count(end) - 1}, 1-v.page())
}

// settle brings what is seen back to where there is text.
func (v *Viewer) settle() {
	if v.height == 0 {
		return
	}
	v.top = v.walk(v.top, 0)
	if end := v.last(); v.follow || end.before(v.top) {
		v.top = end
	}
}
