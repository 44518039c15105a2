package graph

import (
	"cmp"
	"slices"
)

// drawing is where everything is, in cells of the picture; it is laid out and not painted.
type drawing struct {
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
	bare  bool
}

// placedWire is the way of an edge, from the cell after its source to the one before its
// target.
type placedWire struct {
	Edge
	net   int
	cells []cell
}

// cell of the picture.
type cell struct{ x, y int }

// pack puts the parts on one picture, like words on lines: beside each other where that
// reads well, else below.
func pack(parts []*part, s shape, width int) *drawing {
	d := &drawing{shape: s}
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

// stand adds the boxes in the frames.
func (d *drawing) stand() *drawing {
	for _, f := range d.frames {
		f.part.stand(d, f)
	}
	return d
}

// fill adds all that is in the frames.
func (d *drawing) fill() *drawing {
	for _, f := range d.frames {
		first := len(d.wires)
		f.part.stand(d, f)
		f.part.put(d, f)
		f.part.putLabels(d, f, first)
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

// at is the cell of the picture for one of a part.
func (f frame) at(s shape, c spot) cell {
	if s.down {
		return cell{f.x + c.across - f.low, f.y + c.along}
	}
	return cell{f.x + c.along, f.y + c.across - f.low}
}

// stand adds the boxes of a part to a drawing.
func (p *part) stand(d *drawing, f frame) {
	for _, n := range p.nodes {
		if n.box < 0 {
			continue
		}
		begin := f.at(d.shape, spot{f.begins[n.layer], n.at})
		r := Rect{X: begin.x, Y: begin.y, Width: f.sizes[n.layer], Height: n.size}
		if d.shape.down {
			r.Width, r.Height = n.size, f.sizes[n.layer]
		}
		d.boxes = append(d.boxes, placedBox{Box: p.model.boxes[n.box], Rect: r, known: n.box < p.model.known, bare: d.shape.bare})
	}
}

// put adds the wires of a part to a drawing.
func (p *part) put(d *drawing, f frame) {
	for _, w := range p.wires {
		var way []cell
		for _, c := range p.corners(w, f) {
			way = walk(way, f.at(d.shape, c))
		}
		if w.returns {
			slices.Reverse(way)
		}
		d.wires = append(d.wires, placedWire{Edge: p.model.edges[w.edge].Edge, net: w.net, cells: way})
	}
}

// walk goes on to a cell in a straight line.
func walk(way []cell, to cell) []cell {
	if len(way) == 0 {
		return append(way, to)
	}
	for at := way[len(way)-1]; at != to; way = append(way, at) {
		at.x += cmp.Compare(to.x, at.x)
		at.y += cmp.Compare(to.y, at.y)
	}
	return way
}
