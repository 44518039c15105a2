package graph

import (
	"slices"

	"github.com/carto-run/carto/pkg/table"
)

// drawing is where everything is, in cells of the picture; it is laid out and not painted.
type drawing struct {
	down          bool
	shape         shape
	frames        []frame
	width, height int
	boxes         []placedBox
	wires         []placedWire
	labels        []placedLabel
	// narrow are labels that are cut where they should stand.
	narrow []narrowLabel
}

type placedBox struct {
	Box
	Rect
	// known is false for a box that only edges name.
	known bool
}

// placedWire is the way of an edge, from the cell after its source to the one before its
// target.
type placedWire struct {
	Edge
	net   int
	cells []cell
}

type cell struct{ x, y int }

type placedLabel struct {
	cell
	text string
	// on is the wire on whose line the label stands; -1 where it stands beside it.
	on int
}

type narrowLabel struct {
	text string
	wire int
	// beside is what would stand beside the end; its text may be empty.
	beside placedLabel
}

// lay lays a graph out.
func lay(boxes []Box, edges []Edge, o Options) *drawing {
	m := newModel(boxes, edges)
	parts := m.parts()
	for _, p := range parts {
		p.layer()
		p.order()
	}
	most := o.MaxBox
	if most <= 0 {
		most = usualBox
	}
	most = max(leastBox, most)
	least := min(most, legibleBox)
	if o.Direction != Down {
		if d := across(m, parts, most, least, o); d != nil {
			return d
		}
	}
	for width := most; ; width = max(least, width-4) {
		s := newShape(m, true, width, o.Theme.Unicode)
		if width > least && o.Width > 0 && slices.ContainsFunc(parts, func(p *part) bool { return p.atLeast(s) > o.Width }) {
			continue
		}
		place(parts, s)
		if d := pack(parts, s, o.Width); d.fits(o) || width == least {
			return d.fill()
		}
	}
}

// across lays out left to right; nil where that is not asked for and does not fit.
func across(m *model, parts []*part, most, least int, o Options) *drawing {
	s := newShape(m, false, least, o.Theme.Unicode)
	if o.Direction == Auto && o.Width > 0 && slices.ContainsFunc(parts, func(p *part) bool { return p.atLeast(s) > o.Width }) {
		return nil
	}
	place(parts, s)
	// The width of boxes does not change how they stand: only the columns move.
	for s.width = most; ; s.width = max(least, s.width-2) {
		switch d := pack(parts, s, o.Width); {
		case d.fits(o) || s.width <= least && o.Direction == Across:
			return d.fill()
		case s.width <= least:
			return nil
		}
	}
}

func place(parts []*part, s shape) {
	for _, p := range parts {
		p.place(s)
		p.route(s)
	}
}

// atLeast is a width below which a part can never be drawn.
func (p *part) atLeast(s shape) int {
	sum, widest := 0, 0
	for _, layer := range p.layers {
		row, column := -s.gap, 0
		for _, n := range layer {
			if b := p.nodes[n].box; b >= 0 {
				row += s.boxWidth(s.texts[b]) + s.gap
				column = max(column, s.boxWidth(s.texts[b]))
			}
		}
		widest = max(widest, row)
		sum += column
	}
	if s.down {
		return widest
	}
	return sum
}

func (d *drawing) fits(o Options) bool { return o.Width <= 0 || d.width <= o.Width }

// pack puts the parts on one picture, like words on lines: beside each other where that
// reads well, else below.
func pack(parts []*part, s shape, width int) *drawing {
	d := &drawing{down: s.down, shape: s}
	across, down := 2, 1
	if s.down {
		across = 4
	}
	x, y, height := 0, 0, 0
	for i, p := range parts {
		f := p.frame(s)
		w, h := f.along, f.high-f.low
		if s.down {
			w, h = h, w
		}
		// A box beside a chain that leads across would look like a part of it.
		beside := s.down || i > 0 && len(p.boxes) == 1 && len(parts[i-1].boxes) == 1
		if x > 0 && (!beside || width > 0 && x+w > width) {
			x, y, height = 0, y+height+down, 0
		}
		f.x, f.y = x, y
		d.frames = append(d.frames, f)
		d.width, height = max(d.width, x+w), max(height, h)
		d.height = max(d.height, y+height)
		x += w + across
	}
	return d
}

// fill adds what is in the frames.
func (d *drawing) fill() *drawing {
	for _, f := range d.frames {
		f.part.put(d, f, d.shape, f.x, f.y)
	}
	d.labelLines()
	return d
}

// frame is where the layers and channels of a part begin, what it covers, and where it
// stands on the picture.
type frame struct {
	part             *part
	x, y             int
	begins, sizes    []int
	channels         []channel
	along, low, high int
}

func (p *part) frame(s shape) frame {
	f := frame{part: p, channels: slices.Clone(p.ways), low: p.low, high: p.high}
	f.begins, f.sizes = make([]int, len(p.layers)), make([]int, len(p.layers))
	for l, layer := range p.layers {
		for _, n := range layer {
			switch b := p.nodes[n].box; {
			case b < 0:
			case s.down:
				f.sizes[l] = max(f.sizes[l], s.boxHeight(p.model.boxes[b]))
			default:
				f.sizes[l] = max(f.sizes[l], s.boxWidth(s.texts[b]))
			}
		}
		f.begins[l] = f.along
		f.channels[l].begin = f.along + f.sizes[l]
		f.along = f.channels[l].begin + f.channels[l].size
	}
	return f
}

// put adds a part to a drawing.
func (p *part) put(d *drawing, f frame, s shape, x, y int) {
	at := func(c spot) cell {
		if s.down {
			return cell{x + c.across - f.low, y + c.along}
		}
		return cell{x + c.along, y + c.across - f.low}
	}
	for _, n := range p.nodes {
		if n.box < 0 {
			continue
		}
		begin := at(spot{f.begins[n.layer], n.at})
		r := Rect{X: begin.x, Y: begin.y, Width: f.sizes[n.layer], Height: n.size}
		if s.down {
			r.Width, r.Height = n.size, f.sizes[n.layer]
		}
		d.boxes = append(d.boxes, placedBox{Box: p.model.boxes[n.box], Rect: r, known: n.box < p.model.known})
	}
	for _, w := range p.wires {
		var way []cell
		for _, c := range p.corners(w, f) {
			way = walk(way, at(c))
		}
		if w.returns {
			for i, j := 0, len(way)-1; i < j; i, j = i+1, j-1 {
				way[i], way[j] = way[j], way[i]
			}
		}
		d.wires = append(d.wires, placedWire{Edge: p.model.edges[w.edge].Edge, net: w.net, cells: way})
	}
	for i, w := range p.wires {
		if len(w.links) == 0 {
			continue
		}
		end := w.links[len(w.links)-1]
		text, width := p.label(end)
		if width == 0 {
			continue
		}
		l := p.links[end]
		to := p.nodes[l.to]
		begin, zone := f.begins[to.layer], f.channels[to.layer-1].zone
		if s.down {
			room := p.labelRoom(l, end)
			l := placedLabel{at(spot{begin - 2, to.at + l.toPin + to.space}), text, -1}
			if room >= width {
				d.labels = append(d.labels, l)
				continue
			}
			if l.text = ""; room >= 3 {
				l.text = table.Cut(text, room, s.unicode)
			}
			d.narrow = append(d.narrow, narrowLabel{text, len(d.wires) - len(p.wires) + i, l})
			continue
		}
		text = table.Cut(text, zone-1, s.unicode)
		d.labels = append(d.labels, placedLabel{at(spot{begin - 1 - table.Width(text), to.at + l.toPin - 1}), text, -1})
	}
}

// labelLines puts labels that are cut otherwise on the lines of their edges, where these are
// long enough and no other edge shares them.
func (d *drawing) labelLines() {
	if len(d.narrow) == 0 {
		return
	}
	used := make([]int32, d.width*d.height)
	for _, w := range d.wires {
		for _, c := range w.cells {
			used[c.y*d.width+c.x]++
		}
	}
	for _, n := range d.narrow {
		cells, text := d.wires[n.wire].cells, " "+n.text+" "
		width := table.Width(text)
		begin, length := cell{}, 0
		for i := 0; i < len(cells); {
			j, first := i, cells[i]
			for ; j < len(cells) && cells[j].y == first.y && used[cells[j].y*d.width+cells[j].x] == 1; j++ {
				first.x = min(first.x, cells[j].x)
			}
			if j-i >= width+4 { // its corners are seen; the last one is near the target
				begin, length = first, j-i
			}
			i = max(j, i+1)
		}
		if length > 0 {
			begin.x += (length - width) / 2
			d.labels = append(d.labels, placedLabel{begin, text, n.wire})
		} else if n.beside.text != "" {
			d.labels = append(d.labels, n.beside)
		}
	}
}

// labelRoom is how much of a label fits beside an edge that leads down, before the next
// edge and the end of the box.
func (p *part) labelRoom(l link, id int) int {
	to := p.nodes[l.to]
	end := to.size
	for _, other := range to.in {
		if pin := p.links[other].toPin; other != id && pin > l.toPin {
			end = min(end, pin-to.space+1)
		}
	}
	return end - l.toPin - to.space
}

// walk goes on to a cell in a straight line.
func walk(way []cell, to cell) []cell {
	if len(way) == 0 {
		return append(way, to)
	}
	for at := way[len(way)-1]; at != to; way = append(way, at) {
		at.x += sign(to.x - at.x)
		at.y += sign(to.y - at.y)
	}
	return way
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
