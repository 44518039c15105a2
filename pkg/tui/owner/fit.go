package owner

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/tui/graph"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// fit is what the choice of a picture depends on. Texts, selection and travel do not change
// it, so that boxes stay where they are.
type fit struct {
	steps         string
	width, height int
	direction     graph.Direction
	unicode       bool
	alone         bool
}

// choice is how the graph is drawn, and where the detail stands.
type choice struct {
	form   form
	beside bool
	// width of the graph, where the detail stands beside it, without an empty column.
	width int
}

// signature names all that the choice depends on in a snapshot.
func signature(all []cell) string {
	var out strings.Builder
	for i := range all {
		fmt.Fprintf(&out, "%q %q %d\n", all[i].id, all[i].title(), all[i].rows())
	}
	for _, e := range edges(all, still) {
		fmt.Fprintf(&out, "%q %q %q\n", e.From, e.To, e.Label)
	}
	return out.String()
}

// still is the progress of values where none travels.
func still(string) float64 { return -1 }

// readyHead is how many lines of it are taken by what is said of a ready owner, mostly.
const readyHead = 2

// steadyHead is the height of the head as far as it decides how the graph is drawn. What is
// said of a ready owner has an age, and wraps sooner or later.
func steadyHead(env *screen.Env, head int) int {
	if env.Height < 20 {
		return head
	}
	return max(head, readyHead)
}

// fitting is how to draw so that most is said of each step, of the forms in which all steps are
// seen at once. Where there is none, it is the one in which most are, and people scroll.
func (m *model) fitting(env *screen.Env, rest int) choice {
	now := fit{m.steps, env.Width, rest, m.direction, env.Theme.Unicode, m.alone}
	if now == m.drawing.fitted {
		return m.drawing.choice
	}
	all := edges(m.cells, still)
	best, most := choice{}, -1
	for _, f := range forms {
		if m.direction != graph.Auto && f.direction != m.direction {
			continue
		}
		boxes := f.typical(m.cells)
		for _, beside := range []bool{true, false} {
			room, ok := m.room(env, rest, f, beside)
			if !ok {
				continue
			}
			p := graph.Measure(boxes, all, f.options(room.width, env))
			seen := seenOf(p, room)
			if seen <= most {
				continue
			}
			best, most = choice{form: f, beside: beside, width: room.width}, seen
			if env.Width < besides && beside {
				best.width = min(room.width, max(p.Width, leastGraph))
			}
			if most > len(m.cells) {
				m.drawing.fitted, m.drawing.choice = now, best
				return best
			}
		}
	}
	m.drawing.fitted, m.drawing.choice = now, best
	return best
}

// seenOf counts the boxes that are seen without scrolling, and the picture as one more when all
// of it is.
func seenOf(p *graph.Picture, room area) int {
	seen := 0
	for _, b := range p.Boxes {
		if b.X+b.Width <= room.width && b.Y+b.Height <= room.height {
			seen++
		}
	}
	if p.Width <= room.width && p.Height <= room.height {
		seen++
	}
	return seen
}

// room that the graph has with the detail beside it or below; false where that is not
// possible.
func (m *model) room(env *screen.Env, rest int, f form, beside bool) (area, bool) {
	narrow := env.Width < besides
	switch {
	case m.alone || rest < leastBoth && narrow:
		return area{width: env.Width, height: rest - 1}, !beside
	case !beside:
		return area{width: env.Width, height: graphHeight(rest) - 1}, true
	case narrow && (f.rows != oneRow || f.direction == graph.Across || len(m.cells) == 0):
		return area{}, false // the detail needs the width
	}
	// A column between the panes is the border, and the one before it is empty.
	width := env.Width - detailWidth(env.Width) - 2
	return area{width: width, height: rest - 1}, width > 0
}

// leastGraph is how wide the graph is beside a detail that needs all width there is.
const leastGraph = 28

// options to draw in a form.
func (f form) options(width int, env *screen.Env) graph.Options {
	return graph.Options{Width: width, MaxBox: f.width, MinBox: f.width, Direction: f.direction, Theme: env.Theme, Tight: f.tight, Bare: f.bare}
}
