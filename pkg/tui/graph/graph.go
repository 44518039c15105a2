// Package graph draws steps as boxes and their named inputs as edges, left to right where
// the width allows and top to bottom where it does not.
//
// The layout is that of layered drawings: each box stands behind all that it reads; within
// a layer boxes are ordered so that few edges cross; an edge that passes a layer gets a
// lane of its own.
package graph

import "github.com/carto-run/carto/pkg/tui/theme"

// Box is a step.
type Box struct {
	ID string
	// Title is drawn as it is, Lines below it; both are cut to MaxWidth of Options.
	Title string
	Lines []Line
	// Look decides border and colour.
	Look Look
}

// Line of a box, with its own look.
type Line struct {
	Text string
	Look Look
}

// Look is how something is drawn. What a colour says, a glyph or the border says as well.
type Look int

// Looks.
const (
	Plain Look = iota
	Good
	Bad
	Busy
	// Faint is for what is not stamped yet; its border is dashed.
	Faint
	// Passing is for a step that passes its input through; its border is rounded.
	Passing
)

// Edge is a named input.
type Edge struct {
	From, To string
	// Label is the name of the input; it is drawn where there is room.
	Label string
	// Available is false while there is no value; such an edge is dashed.
	Available bool
	// Travel is where a new value is on its way: 0 at the start, 1 at the end; negative
	// when none travels.
	Travel float64
}

// Direction of the drawing.
type Direction int

// Directions.
const (
	// Auto is Across where that fits into the width, else Down.
	Auto Direction = iota
	Across
	Down
)

// Options of a drawing.
type Options struct {
	// Width that there is, in cells.
	Width int
	// MaxBox is how wide a box may be, borders included; 0 means 28. Boxes become narrower
	// where the drawing does not fit otherwise; only one of very many inputs is wider.
	MaxBox int
	// MinBox is how narrow they become then at most; 0 means 16.
	MinBox    int
	Direction Direction
	// Tight leaves out the names of inputs, and all space that is not needed: several inputs
	// from one step become one edge.
	Tight bool
	// Bare boxes have sides, but neither top nor bottom.
	Bare  bool
	Theme *theme.Theme
	// Selected is the ID of the box that is selected.
	Selected string
}

// Rect is where a box stands in the picture, in cells from its left top.
type Rect struct{ X, Y, Width, Height int }

// Picture is a drawing. It may be larger than the room for it: who shows it scrolls.
type Picture struct {
	// Lines of the drawing with colours; all are Width cells wide.
	Lines         []string
	Width, Height int
	Direction     Direction
	Boxes         map[string]Rect
}

// Draw lays out and draws. Cycles and edges to unknown boxes are drawn as well as can be;
// they come from blueprints that are not valid.
func Draw(boxes []Box, edges []Edge, o Options) *Picture {
	if o.Theme == nil {
		o.Theme = theme.New(theme.None, true)
	}
	d := lay(boxes, edges, o).fill()
	p := d.picture()
	p.Lines = d.paint(o.Theme, o.Selected)
	return p
}

// Measure is a drawing without its lines: how large it is, and where its boxes stand.
func Measure(boxes []Box, edges []Edge, o Options) *Picture {
	if o.Theme == nil {
		o.Theme = theme.New(theme.None, true)
	}
	return lay(boxes, edges, o).stand().picture()
}

func (d *drawing) picture() *Picture {
	p := &Picture{Width: d.width, Height: d.height, Direction: Across, Boxes: make(map[string]Rect, len(d.boxes))}
	if d.shape.down {
		p.Direction = Down
	}
	for _, b := range d.boxes {
		if b.known {
			p.Boxes[b.ID] = b.Rect
		}
	}
	return p
}
