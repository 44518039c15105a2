package graph

import (
	"cmp"
	"math"
	"slices"
)

const (
	usualBox = 28
	// legibleBox is how narrow a box becomes before the drawing turns downwards.
	legibleBox = 16
	// leastBox has room for one character.
	leastBox = 5
	// longestLabel of an edge that leads across; more of it makes the drawing too wide.
	longestLabel = 12
)

// shape is what all parts of a drawing have in common.
type shape struct {
	down, unicode, tight, bare bool
	// width of boxes at most.
	width int
	// rows of text that every box has at least.
	rows int
	// pin is where an edge ends at a box, in cells from its begin across the flow. It is the
	// same for all boxes: chains are straight, and boxes stand in line.
	pin int
	// gap is between boxes, and between boxes and lanes.
	gap int
	// cells that each text of a box needs, by box.
	texts []int
}

func newShape(m *model, down bool, width int, o Options) shape {
	s := shape{down: down, unicode: o.Theme.Unicode, tight: o.Tight, bare: o.Bare, width: max(leastBox, width), rows: 1, gap: 1, texts: m.texts}
	for _, b := range m.boxes {
		if len(b.Lines) > 0 {
			s.rows = 2
		}
	}
	s.pin = s.rows
	if s.bare {
		s.pin--
	}
	if down {
		s.gap = 3
		// Boxes that stand above each other are as wide as each other.
		widest := 0
		for _, width := range m.texts {
			widest = max(widest, width)
		}
		s.texts = slices.Repeat([]int{widest}, len(m.texts))
		s.pin = min(4, (s.boxWidth(widest)-1)/2)
	}
	return s
}

func (s shape) boxWidth(text int) int {
	around := 4
	if s.bare {
		around = 2
	}
	return max(leastBox, min(text+around, s.width))
}

func (s shape) boxHeight(b Box) int {
	rows := max(s.rows, 1+len(b.Lines))
	if s.bare {
		return rows
	}
	return rows + 2
}

// last is how much of a box is needed from its last pin on: that cell, and the border.
func (s shape) last() int {
	if s.bare && !s.down {
		return 1
	}
	return 2
}

// place gives every node its size, its pins and its place across the flow.
func (p *part) place(s shape) {
	for i := range p.nodes {
		p.pins(s, &p.nodes[i])
	}
	for _, layer := range p.layers {
		at := 0
		for _, n := range layer {
			p.nodes[n].at = at
			at += p.nodes[n].size + s.gap
		}
	}
	best, least := p.places(), p.bends()
	keep := func() {
		if cost := p.bends(); cost < least {
			best, least = p.places(), cost
		}
	}
	for range sweeps {
		before := p.places()
		for l := 1; l < len(p.layers); l++ {
			p.settle(s, l, true)
		}
		keep()
		for l := len(p.layers) - 2; l >= 0; l-- {
			p.settle(s, l, false)
		}
		keep()
		if slices.Equal(before, p.places()) {
			break
		}
	}
	for i, at := range best {
		p.nodes[i].at = at
	}
}

func (p *part) places() []int {
	places := make([]int, len(p.nodes))
	for i, n := range p.nodes {
		places[i] = n.at
	}
	return places
}

// pins sets where links end at a node. Inputs end in the order in which they come, so that
// they do not cross before the box.
func (p *part) pins(s shape, n *node) {
	n.out, n.selfPin, n.size = 0, -1, 1
	if n.box < 0 {
		return
	}
	slices.SortStableFunc(n.in, func(a, b int) int {
		return p.nodes[p.links[a].from].order - p.nodes[p.links[b].from].order
	})
	n.out = s.pin
	steps := slices.Repeat([]int{2}, len(n.in))
	n.size = s.boxHeight(p.model.boxes[n.box])
	if s.down {
		steps = p.columns(s, n)
	}
	at := s.pin
	for i, l := range n.in {
		p.links[l].toPin = at
		at += steps[i]
		n.size = max(n.size, p.links[l].toPin+s.last())
	}
	n.size = max(n.size, p.backPins(s, n)+s.last())
}

// columns sets the width of a box below its edges, and returns the distances of its pins:
// labels stand beside the edges and want room, with spaces, or else without, or else what
// there is.
func (p *part) columns(s shape, n *node) (steps []int) {
	n.size = s.boxWidth(s.texts[n.box])
	for n.space = 2; n.space > 0; n.space-- {
		at, need := s.pin, 0
		steps = nil
		for _, l := range n.in {
			_, width := p.label(l)
			steps = append(steps, max(3, width+2*n.space))
			need = at + max(2, width+n.space)
			at += steps[len(steps)-1]
		}
		if need <= s.width || len(steps) < 2 {
			n.size = max(n.size, min(need, s.width))
			return steps
		}
	}
	n.space, n.size = 1, s.width
	return slices.Repeat([]int{max(2, (s.width-s.pin-1)/len(n.in))}, len(n.in))
}

// backPins are those for values that come back, below that of the output; the last is
// returned.
func (p *part) backPins(s shape, n *node) int {
	step, at := 2, s.pin
	if s.down {
		step = 3
	}
	for _, w := range p.wires {
		if e := p.model.edges[w.edge]; e.from == n.box && e.to == n.box {
			n.selfPin = s.pin + step
			at = n.selfPin
		}
	}
	var back []int
	for _, l := range n.links {
		p.links[l].fromPin = s.pin
		if p.links[l].returns {
			back = append(back, l)
		}
	}
	slices.SortStableFunc(back, func(a, b int) int {
		return cmp.Or(p.nodes[p.links[a].to].order-p.nodes[p.links[b].to].order, p.links[a].net-p.links[b].net)
	})
	for _, l := range back {
		at += step
		p.links[l].fromPin = at
	}
	return at
}

// label of the end of a link, and how wide it is.
func (p *part) label(l int) (text string, width int) {
	if p.links[l].label < 0 {
		return "", 0
	}
	e := p.model.edges[p.links[l].label]
	return e.Label, e.width
}

// weight is how much a link should be straight: lanes most, as they are long, then chains.
func (p *part) weight(l link) int {
	from, to := p.nodes[l.from], p.nodes[l.to]
	switch {
	case from.box < 0 && to.box < 0:
		return 8
	case len(from.links) == 1 && len(to.in) == 1:
		return 4
	}
	return 2
}

// bends is what a placement costs.
func (p *part) bends() int {
	cost := 0
	for _, l := range p.links {
		jog := p.nodes[l.from].at + l.fromPin - p.nodes[l.to].at - l.toPin
		if jog != 0 {
			cost += p.weight(l) * (max(jog, -jog) + 4)
		}
	}
	return cost
}

type wish struct{ at, weight int }

// settle moves the nodes of a layer to where their links are straight, without changing
// their order: where nodes would overlap they become a block, and the block stands where
// most of them want to be.
func (p *part) settle(s shape, l int, forward bool) {
	type block struct {
		at     int
		count  int
		wishes []wish
	}
	var blocks []block
	offset := 0
	offsets := make([]int, len(p.layers[l]))
	for i, id := range p.layers[l] {
		w := p.wish(id, forward)
		w.at -= offset
		offsets[i] = offset
		offset += p.nodes[id].size + s.gap
		b := block{at: w.at, count: 1, wishes: []wish{w}}
		for len(blocks) > 0 && blocks[len(blocks)-1].at > b.at {
			last := blocks[len(blocks)-1]
			blocks = blocks[:len(blocks)-1]
			b.wishes = append(last.wishes, b.wishes...)
			b.count += last.count
			slices.SortFunc(b.wishes, func(x, y wish) int { return x.at - y.at })
			b.at = median(b.wishes, true)
		}
		blocks = append(blocks, b)
	}
	i := 0
	for _, b := range blocks {
		for range b.count {
			p.nodes[p.layers[l][i]].at = b.at + offsets[i]
			i++
		}
	}
}

// wish is where a node should stand so that most of its links are straight.
func (p *part) wish(id int, forward bool) wish {
	n := p.nodes[id]
	var wishes []wish
	total := 0
	links := n.links
	if forward {
		links = n.in
	}
	for _, i := range links {
		l := p.links[i]
		at := p.nodes[l.to].at + l.toPin - l.fromPin
		if forward {
			at = p.nodes[l.from].at + l.fromPin - l.toPin
		}
		wishes = append(wishes, wish{at, p.weight(l)})
		total += p.weight(l)
	}
	if len(wishes) == 0 {
		return wish{n.at, 1}
	}
	slices.SortFunc(wishes, func(x, y wish) int { return x.at - y.at })
	return wish{median(wishes, false), total}
}

// median of sorted wishes; of two middles the lower or the upper.
func median(wishes []wish, upper bool) int {
	total, sum := 0, 0
	for _, w := range wishes {
		total += w.weight
	}
	for _, w := range wishes {
		sum += w.weight
		if 2*sum > total || !upper && 2*sum == total {
			return w.at
		}
	}
	return math.MaxInt32
}
