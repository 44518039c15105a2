package graph

import (
	"math"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// tailLength is how many cells behind a value still show that it passed.
const tailLength = 3

// dot is a cell of the canvas. It is small: large pictures have many.
type dot struct {
	// text is drawn here; covered cells are drawn by a wider text left of them.
	text    string
	covered bool
	pen     *pen
	// arms of lines, and which of them carry a value that is there.
	arms, solid uint8
	// level and upright are the nets of the lines, from 1; different ones cross here.
	level, upright int32
}

func (d *dot) crossing() bool {
	return d.arms == upright|level && d.level != d.upright
}

// pen is a style as what stands before and after a text. To render a style for each cell
// would take most of the time of a frame.
type pen struct{ before, after string }

func penOf(s lipgloss.Style) *pen {
	before, after, _ := strings.Cut(s.Render("x"), "x")
	return &pen{before, after}
}

type pens struct {
	text, faint, strong, border, focus, selected, good, bad, busy, flow *pen
}

func pensOf(t *theme.Theme) pens {
	return pens{
		text: penOf(t.Text), faint: penOf(t.Faint), strong: penOf(t.Strong), border: penOf(t.Border), focus: penOf(t.BorderFocus),
		selected: penOf(t.Selected), good: penOf(t.Good), bad: penOf(t.Bad), busy: penOf(t.Busy), flow: penOf(t.Flow),
	}
}

func (p pens) look(l Look) *pen {
	switch l {
	case Good:
		return p.good
	case Bad:
		return p.bad
	case Busy:
		return p.busy
	case Faint, Passing:
		return p.faint
	}
	return p.text
}

type canvas struct {
	rows    [][]dot
	glyphs  *glyphs
	pens    pens
	unicode bool
}

// paint draws what is laid out.
func (d *drawing) paint(t *theme.Theme, selected string) []string {
	c := &canvas{rows: make([][]dot, d.height), glyphs: glyphsOf(t.Unicode), pens: pensOf(t), unicode: t.Unicode}
	cells := make([]dot, d.width*d.height)
	for y := range c.rows {
		c.rows[y], cells = cells[:d.width], cells[d.width:]
	}
	boxes := make(map[string]*placedBox, len(d.boxes))
	for i := range d.boxes {
		boxes[d.boxes[i].ID] = &d.boxes[i]
	}
	for _, w := range d.wires {
		c.trace(w, boxes)
	}
	for y := range c.rows {
		for x := range c.rows[y] {
			if p := &c.rows[y][x]; p.arms != 0 {
				p.text, p.pen = c.glyphs.line(p.arms, p.solid, p.crossing()), c.pens.text
				if p.solid == 0 {
					p.pen = c.pens.faint
				}
			}
		}
	}
	for _, b := range d.boxes {
		c.box(b, b.known && b.ID == selected)
	}
	for _, w := range d.wires {
		c.ends(w, boxes, selected)
	}
	for _, l := range d.labels {
		if l.on >= 0 && d.wires[l.on].Travel >= 0 {
			continue // rather see what travels on the line
		}
		c.write(l.x, l.y, l.text, table.Width(l.text), c.pens.faint)
	}
	// A value that travels is above all lines, whatever was drawn later.
	for _, w := range d.wires {
		c.travel(w)
	}
	lines := make([]string, d.height)
	for y := range c.rows {
		lines[y] = c.line(y)
	}
	return lines
}

// trace adds the arms of a wire.
func (c *canvas) trace(w placedWire, boxes map[string]*placedBox) {
	for i, at := range w.cells {
		var arms uint8
		if i == 0 {
			arms = opposite(boxes[w.From].side(at))
		} else {
			arms = arm(at, w.cells[i-1])
		}
		if i+1 < len(w.cells) {
			arms |= arm(at, w.cells[i+1])
		}
		d := &c.rows[at.y][at.x]
		d.arms |= arms
		if w.Available {
			d.solid |= arms
		}
		if arms&level != 0 {
			d.level = int32(w.net + 1)
		}
		if arms&upright != 0 {
			d.upright = int32(w.net + 1)
		}
	}
}

// ends draws where a wire leaves a box, and its head.
func (c *canvas) ends(w placedWire, boxes map[string]*placedBox, selected string) {
	first, last := w.cells[0], w.cells[len(w.cells)-1]
	from := boxes[w.From]
	side := from.side(first)
	step := steps[opposite(side)]
	if !from.bare || side&level != 0 {
		at := &c.rows[first.y+step.y][first.x+step.x]
		at.text = c.border(*from, from.known && from.ID == selected).out[side]
	}
	head := &c.rows[last.y][last.x]
	head.text = c.glyphs.heads[opposite(boxes[w.To].side(last))]
}

// travel draws a value on its way.
func (c *canvas) travel(w placedWire) {
	if !(w.Travel >= 0) { // not a number neither
		return
	}
	at := int(math.Round(min(1, w.Travel) * float64(len(w.cells)-1)))
	for i := max(0, at-tailLength); i < at; i++ {
		d := &c.rows[w.cells[i].y][w.cells[i].x]
		d.text, d.pen = c.glyphs.tail(d.arms, d.crossing()), c.pens.flow
	}
	d := &c.rows[w.cells[at].y][w.cells[at].x]
	d.text, d.pen = c.glyphs.dot, c.pens.flow
}

// side is the arm of a box on which a cell beside it is.
func (r Rect) side(c cell) uint8 {
	switch {
	case c.x < r.X:
		return west
	case c.x >= r.X+r.Width:
		return east
	case c.y < r.Y:
		return north
	}
	return south
}

var steps = map[uint8]cell{north: {0, -1}, east: {1, 0}, south: {0, 1}, west: {-1, 0}}

func opposite(arm uint8) uint8 {
	if arm <= east {
		return arm << 2
	}
	return arm >> 2
}

// arm of a cell that leads to its neighbour.
func arm(from, to cell) uint8 {
	switch {
	case to.y < from.y:
		return north
	case to.x > from.x:
		return east
	case to.y > from.y:
		return south
	}
	return west
}

func (c *canvas) border(b placedBox, selected bool) border {
	switch {
	case selected:
		return c.glyphs.selected
	case b.Look == Bad:
		return c.glyphs.bad
	case b.Look == Faint:
		return c.glyphs.faint
	case b.Look == Passing:
		return c.glyphs.passing
	}
	return c.glyphs.plain
}

func (c *canvas) box(b placedBox, selected bool) {
	edge, pen := c.border(b, selected), c.pens.look(b.Look)
	title := c.pens.strong
	switch {
	case selected:
		pen, title = c.pens.focus, c.pens.selected
	case b.Look == Plain:
		pen = c.pens.border
	case b.Look == Faint:
		title = c.pens.faint
	}
	right, bottom, inner := b.X+b.Width-1, b.Y+b.Height-1, b.Width-2
	if b.bare {
		c.bare(b, edge, pen, title)
		return
	}
	for i, y := range []int{b.Y, bottom} {
		for x := b.X + 1; x < right; x++ {
			c.set(x, y, edge.level, pen)
		}
		c.set(b.X, y, edge.corners[2*i], pen)
		c.set(right, y, edge.corners[2*i+1], pen)
	}
	for row := range b.Height - 2 {
		y := b.Y + 1 + row
		c.set(b.X, y, edge.upright, pen)
		c.set(right, y, edge.upright, pen)
		switch {
		case row == 0:
			c.write(b.X+1, y, c.fit(b.Title, inner), inner, title)
		case row <= len(b.Lines):
			c.write(b.X+1, y, c.fit(b.Lines[row-1].Text, inner), inner, c.pens.look(b.Lines[row-1].Look))
		}
	}
}

// bare draws a box without top and bottom.
func (c *canvas) bare(b placedBox, edge border, pen, title *pen) {
	if b.Look != Plain && title == c.pens.strong {
		title = pen // the state is a part of it
	}
	for row := range b.Height {
		y, text, style := b.Y+row, "", title
		switch {
		case row == 0:
			text = b.Title
		case row <= len(b.Lines):
			text, style = b.Lines[row-1].Text, c.pens.look(b.Lines[row-1].Look)
		}
		text = table.Cut(text, b.Width-2, c.unicode)
		c.set(b.X, y, edge.upright, pen)
		c.write(b.X+1, y, text+strings.Repeat(" ", max(0, b.Width-2-table.Width(text))), b.Width-2, style)
		c.set(b.X+b.Width-1, y, edge.upright, pen)
	}
}

func (c *canvas) set(x, y int, text string, pen *pen) {
	d := &c.rows[y][x]
	d.text, d.pen = text, pen
}

// write puts a text of a known width.
func (c *canvas) write(x, y int, text string, width int, pen *pen) {
	c.set(x, y, text, pen)
	for i := 1; i < width; i++ {
		c.rows[y][x+i].covered = true
	}
}

// fit makes a text exactly as wide as a box inside, with a space on both sides.
func (c *canvas) fit(s string, width int) string {
	s = table.Cut(s, width-2, c.unicode)
	return " " + s + strings.Repeat(" ", max(0, width-1-table.Width(s)))
}

// line joins the cells of a row; neighbours of one pen share its sequences.
func (c *canvas) line(y int) string {
	var out strings.Builder
	var open *pen
	change := func(next *pen) {
		if open != next {
			if open != nil {
				out.WriteString(open.after)
			}
			if next != nil {
				out.WriteString(next.before)
			}
			open = next
		}
	}
	for _, d := range c.rows[y] {
		switch {
		case d.covered:
		case d.text == "":
			change(nil)
			out.WriteByte(' ')
		default:
			change(d.pen)
			out.WriteString(d.text)
		}
	}
	change(nil)
	return out.String()
}
