package owner

import "github.com/carto-run/carto/pkg/tui/screen"

// Widths and heights from which both panes are shown.
const (
	// besides is the width from which the detail stands beside the graph, not below it.
	besides = 110
	// leastBoth is the height of both panes, one above the other.
	leastBoth = 14
)

// area of a pane on the screen; the line of its title is its first.
type area struct{ x, y, width, height int }

func (a area) has(x, y int) bool {
	return x >= a.x && x < a.x+a.width && y >= a.y && y < a.y+a.height
}

// room is how much content there is room for, below the title.
func (a area) room() int { return max(0, a.height-1) }

// layout is where everything stands. A pane that is not shown has no height.
type layout struct {
	// head is how many lines the root cause takes.
	head          int
	graph, detail area
}

// lay the panes out below the root cause.
func (m *model) lay(env *screen.Env, head int, c choice) layout {
	head = min(head, env.Height)
	l := layout{head: head}
	rest := env.Height - head
	whole := area{0, head, env.Width, rest}
	switch {
	case rest < 2 || m.snapshot == nil:
	case m.alone && m.focus == inDetail:
		l.detail = whole
	case m.alone:
		l.graph = whole
	case c.beside:
		l.graph = area{0, head, c.width + 1, rest}
		l.detail = area{c.width + 2, head, env.Width - c.width - 2, rest}
	case rest < leastBoth && m.focus == inDetail:
		l.detail = whole
	case rest < leastBoth:
		l.graph = whole
	default:
		height := graphHeight(rest)
		l.graph = area{0, head, env.Width, height}
		l.detail = area{0, head + height, env.Width, rest - height}
	}
	return l
}

// shrink gives what the graph does not need to the detail below it.
func (l *layout) shrink(height int) {
	if l.detail.y <= l.graph.y || height >= l.graph.height || height < 2 {
		return
	}
	spare := l.graph.height - height
	l.graph.height -= spare
	l.detail.y -= spare
	l.detail.height += spare
}

// graphHeight is the height of the graph above the detail, at most.
func graphHeight(rest int) int { return rest * 11 / 20 }

// detailWidth is the width of the detail beside the graph.
func detailWidth(all int) int { return min(max(46, all*2/5), 100) }
