package graph

import "github.com/carto-run/carto/pkg/table"

// drawing is where everything is, in cells of the picture; it is laid out and not painted.
type drawing struct {
	down          bool
	width, height int
	boxes         []placedBox
	wires         []placedWire
	labels        []placedLabel
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
	least := min(most, legibleBox)
	if o.Direction != Down {
		s := newShape(m, false, most, o.Theme.Unicode)
		for _, p := range parts {
			p.place(s)
			p.route(s)
		}
		// Across, the width of boxes does not change how they stand: only the columns move.
		for {
			d := compose(m, parts, s, o)
			if d.fits(o) {
				return d
			}
			if s.width == least {
				if o.Direction == Across {
					return d
				}
				break
			}
			s.width = max(least, s.width-2)
		}
	}
	for width := most; ; width = max(least, width-4) {
		s := newShape(m, true, width, o.Theme.Unicode)
		for _, p := range parts {
			p.place(s)
			p.route(s)
		}
		if d := compose(m, parts, s, o); d.fits(o) || width == least {
			return d
		}
	}
}

func (d *drawing) fits(o Options) bool { return o.Width <= 0 || d.width <= o.Width }

// compose puts the parts on one picture, like words on lines: beside each other where that
// reads well, else below.
func compose(m *model, parts []*part, s shape, o Options) *drawing {
	d := &drawing{down: s.down}
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
		if x > 0 && (!beside || o.Width > 0 && x+w > o.Width) {
			x, y, height = 0, y+height+down, 0
		}
		p.put(d, f, s, x, y)
		d.width, height = max(d.width, x+w), max(height, h)
		d.height = max(d.height, y+height)
		x += w + across
	}
	return d
}

// frame is where the layers and channels of a part begin, and what it covers.
type frame struct {
	begins, sizes    []int
	channels         []channel
	along, low, high int
}

func (p *part) frame(s shape) frame {
	f := frame{channels: p.ways, low: p.low, high: p.high}
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
	for i, l := range p.links {
		text := p.label(i)
		if text == "" {
			continue
		}
		to := p.nodes[l.to]
		begin := f.begins[to.layer]
		if s.down {
			if room := p.labelRoom(l, i); room >= min(3, table.Width(text)) && f.channels[to.layer-1].zone > 1 {
				d.labels = append(d.labels, placedLabel{at(spot{begin - 2, to.at + l.toPin + 2}), table.Cut(text, room, s.unicode)})
			}
			continue
		}
		text = table.Cut(text, f.channels[to.layer-1].zone-1, s.unicode)
		d.labels = append(d.labels, placedLabel{at(spot{begin - 1 - table.Width(text), to.at + l.toPin - 1}), text})
	}
}

// labelRoom is how much of a label fits beside an edge that leads down, before the next
// edge and the end of the box.
func (p *part) labelRoom(l link, id int) int {
	to := p.nodes[l.to]
	end := to.size
	for _, other := range to.in {
		if pin := p.links[other].toPin; other != id && pin > l.toPin {
			end = min(end, pin-1)
		}
	}
	return end - l.toPin - 2
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
