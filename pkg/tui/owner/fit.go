package owner

import (
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/graph"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// boxWidths are tried one after the other, until the steps fit side by side.
var boxWidths = []int{30, 24, 19}

// fit is what the choice of a layout depends on. Selection and travel do not change it, so
// that boxes stay where they are.
type fit struct {
	snapshot      *feed.Snapshot
	width, height int
	direction     graph.Direction
	theme         *theme.Theme
}

// fit chooses the widest boxes with which the steps stand side by side. Where they do not,
// it draws them in the direction of which more is seen at once: a chain of five steps on 80
// columns and 9 lines would be one box from top to bottom, and is three from left to right.
func (m *model) fit(boxes []graph.Box, all []graph.Edge, o graph.Options, height int) (*graph.Picture, graph.Options) {
	auto := o.Direction == graph.Auto
	if auto {
		o.Direction = graph.Across
	}
	var across *graph.Picture
	for _, width := range boxWidths {
		o.MaxBox = width
		across = m.draw(boxes, all, o)
		if o.Direction == graph.Down || across.Width <= o.Width {
			return across, o
		}
	}
	if !auto {
		o.MaxBox = boxWidths[0]
		return m.draw(boxes, all, o), o
	}
	down := o
	down.Direction, down.MaxBox = graph.Down, boxWidths[0]
	if picture := m.draw(boxes, all, down); seenOf(picture, o.Width, height) >= seenOf(across, o.Width, height) {
		return picture, down
	}
	return across, o
}

// seenOf is the part of a picture for which there is room.
func seenOf(p *graph.Picture, width, height int) float64 {
	return float64(min(p.Width, width)*min(p.Height, height)) / float64(max(1, p.Width*p.Height))
}

// beside tells whether the detail stands beside the graph, or below: there when the steps
// then stand side by side on the whole width, which they would not on the rest.
func (m *model) beside(env *screen.Env, rest int) bool {
	if env.Width < besides || m.snapshot == nil {
		return false
	}
	d := &m.drawing
	if of := (fit{snapshot: m.snapshot, theme: env.Theme}); of != d.acrossOf {
		a := &artist{theme: env.Theme, now: env.Now, tree: m.snapshot.Tree}
		o := graph.Options{Width: env.Width, Direction: graph.Across, MaxBox: boxWidths[len(boxWidths)-1], Theme: env.Theme}
		p := m.draw(a.boxes(m.cells), edges(m.cells, m.progress), o)
		d.across, d.acrossOf = area{width: p.Width, height: p.Height}, of
	}
	narrow := env.Width - detailWidth(env.Width) - 1
	return d.across.width <= narrow || d.across.width > env.Width || d.across.height > rest/2 || m.direction == graph.Down
}
