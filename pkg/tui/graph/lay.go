package graph

import "slices"

// lay lays a graph out; its boxes and wires are not filled in yet.
func lay(boxes []Box, edges []Edge, o Options) *drawing {
	m := newModel(boxes, edges, o)
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
	least := o.MinBox
	if least <= 0 {
		least = legibleBox
	}
	least = min(most, max(leastBox, least))
	if o.Direction != Down {
		if d := across(m, parts, most, least, o); d != nil {
			return d
		}
	}
	for width := most; ; width = max(least, width-4) {
		s := newShape(m, true, width, o)
		if width > least && o.Width > 0 && slices.ContainsFunc(parts, func(p *part) bool { return p.atLeast(s) > o.Width }) {
			continue
		}
		place(parts, s)
		if d := pack(parts, s, o.Width); d.fits(o) || width == least {
			return d
		}
	}
}

// across lays out left to right; nil where that is not asked for and does not fit.
func across(m *model, parts []*part, most, least int, o Options) *drawing {
	s := newShape(m, false, least, o)
	if o.Direction == Auto && o.Width > 0 && slices.ContainsFunc(parts, func(p *part) bool { return p.atLeast(s) > o.Width }) {
		return nil
	}
	place(parts, s)
	// The width of boxes does not change how they stand: only the columns move.
	for s.width = most; ; s.width = max(least, s.width-2) {
		switch d := pack(parts, s, o.Width); {
		case d.fits(o) || s.width <= least && o.Direction == Across:
			return d
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
