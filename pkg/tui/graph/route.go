package graph

import "slices"

// channel is the room between a layer and the next. Every net that does not go straight
// has a track of its own in it, and what leads to a box ends in a zone where nothing else
// runs: labels stand there.
type channel struct {
	begin, size int
	// stub is before the tracks, zone behind them, the arrows' cells included.
	stub, step, tracks, zone int
	runs                     map[int]run
}

// run is how a net passes a channel: straight, on a track, or on two with a row between
// them, where two nets want to change places.
type run struct {
	straight      bool
	track, second int
	// row between the tracks.
	doubled bool
	row     int
}

// stretch of a net in a channel, or a half of it, that takes a track.
type stretch struct {
	net         int
	left, right []int
	low, high   int
	// half is 1 or 2 for those of a net with two tracks.
	half  int
	track int
}

func newStretch(net, half int, left, right []int) *stretch {
	all := append(slices.Clone(left), right...)
	return &stretch{net: net, half: half, left: left, right: right, low: slices.Min(all), high: slices.Max(all)}
}

// crossed counts the rows that would cross s if other were right of it.
func (s *stretch) crossed(other *stretch) int {
	n := 0
	for _, row := range other.left {
		if s.low <= row && row <= s.high {
			n++
		}
	}
	for _, row := range s.right {
		if other.low <= row && row <= other.high {
			n++
		}
	}
	return n
}

// before is true where s must be left of other, or they would run on the same cells.
func (s *stretch) before(other *stretch) bool {
	if s.net == other.net {
		return s.half < other.half
	}
	return slices.ContainsFunc(s.left, func(row int) bool { return slices.Contains(other.right, row) })
}

// route finds the ways of all nets, and what the part covers across the flow.
func (p *part) route(s shape) {
	p.ways, p.low, p.high = make([]channel, len(p.layers)), p.nodes[0].at, p.nodes[0].at
	for _, n := range p.nodes {
		p.low, p.high = min(p.low, n.at), max(p.high, n.at+n.size)
	}
	for l := range p.layers {
		p.ways[l] = p.tracks(s, l)
		for _, r := range p.ways[l].runs {
			if r.doubled {
				p.low, p.high = min(p.low, r.row), max(p.high, r.row+1)
			}
		}
	}
}

// tracks finds the tracks of a channel.
func (p *part) tracks(s shape, l int) channel {
	c := channel{stub: 1, step: 2, zone: 1, runs: map[int]run{}}
	if s.down {
		c.stub, c.step = 0, 1
	}
	if s.tight {
		c.step = 1
	}
	// comes is true where a value comes back to the boxes before the channel.
	comes := false
	var nets []*stretch
	of := map[int]*stretch{}
	get := func(net int) *stretch {
		if of[net] == nil {
			of[net] = &stretch{net: net}
			nets = append(nets, of[net])
		}
		return of[net]
	}
	for _, i := range p.channels[l] {
		k := p.links[i]
		n := get(k.net)
		n.left = append(n.left, p.nodes[k.from].at+k.fromPin)
		n.right = append(n.right, p.nodes[k.to].at+k.toPin)
		if k.returns {
			c.stub, comes = 1, true
		}
		if _, width := p.label(i); width > 0 {
			c.zone = max(c.zone, 1+min(width, longestLabel))
		}
	}
	for _, id := range p.layers[l] {
		if n := p.nodes[id]; n.selfPin >= 0 {
			c.stub, comes = 1, true
			get(n.box).left = append(get(n.box).left, n.at+n.out, n.at+n.selfPin)
		}
	}
	if len(nets) == 0 {
		return channel{}
	}
	if s.down {
		c.zone = min(c.zone, 2)
	} else {
		c.zone = max(c.zone, 3)
	}
	taken := map[int]bool{}
	var stretches []*stretch
	for _, n := range nets {
		slices.Sort(n.left)
		slices.Sort(n.right)
		n.left, n.right = slices.Compact(n.left), slices.Compact(n.right)
		for _, row := range append(slices.Clone(n.left), n.right...) {
			taken[row] = true
		}
		whole := newStretch(n.net, 0, n.left, n.right)
		if whole.low == whole.high {
			c.runs[n.net] = run{straight: true}
			continue
		}
		stretches = append(stretches, whole)
	}
	for _, t := range assign(stretches, taken) {
		r := c.runs[t.net]
		switch t.half {
		case 0, 1:
			r.track = t.track
		case 2:
			r.second, r.doubled, r.row = t.track, true, t.left[0]
		}
		c.runs[t.net] = r
		c.tracks = max(c.tracks, t.track+1)
	}
	switch {
	case s.tight:
		c.zone = 1
		if c.tracks > 0 && !comes {
			c.stub = 0
		}
	case s.down && c.tracks == 0:
		c.zone = 2
	}
	c.size = c.stub + c.step*c.tracks + c.zone
	return c
}

// assign gives tracks, from left to right, so that no two stretches share cells and few
// cross.
func assign(rest []*stretch, taken map[int]bool) []*stretch {
	var placed []*stretch
	for len(rest) > 0 {
		best, least := -1, 0
		for i, s := range rest {
			if slices.ContainsFunc(rest, func(o *stretch) bool { return o.before(s) }) {
				continue
			}
			cost := 0
			for _, o := range rest {
				if o != s {
					cost += s.crossed(o) - o.crossed(s)
				}
			}
			if best < 0 || cost < least {
				best, least = i, cost
			}
		}
		if best < 0 {
			rest = append(rest[1:], split(rest[0], taken)...)
			continue
		}
		s := rest[best]
		rest = slices.Delete(rest, best, best+1)
		for _, o := range placed {
			if o.low <= s.high && s.low <= o.high || o.before(s) {
				s.track = max(s.track, o.track+1)
			}
		}
		placed = append(placed, s)
	}
	return placed
}

// split makes two stretches of one, that meet in a row that nobody else needs. The first
// has no end on the right that others wait for, the second no begin on the left: neither
// is part of a circle of nets that must be before each other.
func split(s *stretch, taken map[int]bool) []*stretch {
	row := s.right[0]
	for distance := 1; taken[row]; distance++ {
		row = s.right[0] - distance
		if taken[row] {
			row = s.right[0] + distance
		}
	}
	taken[row] = true
	return []*stretch{newStretch(s.net, 1, s.left, []int{row}), newStretch(s.net, 2, []int{row}, s.right)}
}

// spot is a cell along the flow and across it.
type spot struct{ along, across int }

// corners are where the way of a wire turns, in the order of the layers.
func (p *part) corners(w wire, f frame) []spot {
	var way []spot
	for _, i := range w.links {
		l := p.links[i]
		layer := p.nodes[l.from].layer
		c := f.channels[layer]
		from, to := p.nodes[l.from].at+l.fromPin, p.nodes[l.to].at+l.toPin
		way = append(way, spot{c.begin, from})
		if r := c.runs[l.net]; !r.straight {
			way = append(way, spot{c.column(r.track), from})
			if r.doubled {
				way = append(way, spot{c.column(r.track), r.row}, spot{c.column(r.second), r.row}, spot{c.column(r.second), to})
			} else {
				way = append(way, spot{c.column(r.track), to})
			}
		}
		way = append(way, spot{c.begin + c.size - 1, to})
		if p.nodes[l.to].box < 0 {
			way = append(way, spot{f.begins[layer+1] + f.sizes[layer+1] - 1, to})
		}
	}
	if len(w.links) == 0 { // a box that reads itself
		n := p.nodes[p.nodeOf(p.model.edges[w.edge].from)]
		c := f.channels[n.layer]
		track := c.column(c.runs[n.box].track)
		way = append(way, spot{c.begin, n.at + n.out}, spot{track, n.at + n.out}, spot{track, n.at + n.selfPin}, spot{c.begin, n.at + n.selfPin})
	}
	return way
}

func (c channel) column(track int) int { return c.begin + c.stub + c.step*track }

func (p *part) nodeOf(box int) int {
	return slices.IndexFunc(p.nodes, func(n node) bool { return n.box == box })
}
