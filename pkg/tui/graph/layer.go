package graph

import "slices"

// part is a connected part of a graph on its way to a drawing. Its coordinates are along the
// flow and across it; only what is painted knows rows and columns.
type part struct {
	*model
	boxes, edges []int

	// nodes by layer, in their order across.
	layers [][]int
	nodes  []node
	links  []link
	// channels are the links between a layer and the next, by layer.
	channels [][]int
	wires    []wire

	// ways are the channels with their tracks, low and high what is covered across the flow.
	ways      []channel
	low, high int
}

// node is what stands in a layer: a box, or the lane of edges that pass the layer.
type node struct {
	// box is -1 for a lane.
	box, layer int
	// order is the place among the nodes of the layer.
	order int
	// at is the first cell across the flow, size how many there are, out the offset of the
	// cell where values leave.
	at, size, out int
	// in are the links that end here, links those that begin here.
	links, in []int
	// selfPin is where a value comes back that the box itself reads; -1 if none does.
	selfPin int
	// space is between an edge that leads down and its label, with the cell of the edge.
	space int
}

// link joins nodes of neighbouring layers. All links of a net may share cells: they carry
// the same value.
type link struct {
	net, from, to int
	// fromPin and toPin are offsets in the nodes.
	fromPin, toPin int
	// label is the edge whose label stands at the end; -1 for none.
	label int
	// returns is true where a value flows against the layers.
	returns bool
}

// wire is an edge with the links that it runs along, in the order of the layers.
type wire struct {
	edge, net int
	links     []int
	// returns is true for an edge that closes a circle: its links lead from its target to
	// its source.
	returns bool
}

// layer places each box behind all that it reads.
func (p *part) layer() {
	returns := p.circles()
	next, before := map[int][]int{}, map[int][]int{}
	for _, i := range p.edges {
		from, to := p.model.edges[i].from, p.model.edges[i].to
		switch {
		case from == to:
		case returns[i]:
			next[to], before[from] = append(next[to], from), append(before[from], to)
		default:
			next[from], before[to] = append(next[from], to), append(before[to], from)
		}
	}
	depth := make(map[int]int, len(p.boxes))
	waits := make(map[int]int, len(p.boxes))
	var sorted []int
	for _, b := range p.boxes {
		if waits[b] = len(before[b]); waits[b] == 0 {
			sorted = append(sorted, b)
		}
	}
	for i := 0; i < len(sorted); i++ {
		b := sorted[i]
		for _, n := range next[b] {
			depth[n] = max(depth[n], depth[b]+1)
			if waits[n]--; waits[n] == 0 {
				sorted = append(sorted, n)
			}
		}
	}
	// A box with more readers than inputs stands next to its readers: fewer edges are long.
	for _, b := range slices.Backward(sorted) {
		if len(next[b]) > len(before[b]) {
			nearest := depth[next[b][0]]
			for _, n := range next[b] {
				nearest = min(nearest, depth[n])
			}
			depth[b] = nearest - 1
		}
	}
	p.build(depth, returns)
}

// circles finds edges without which there are no circles.
func (p *part) circles() map[int]bool {
	out := map[int][]int{}
	fed := map[int]bool{}
	for _, i := range p.edges {
		e := p.model.edges[i]
		out[e.from] = append(out[e.from], i)
		fed[e.to] = true
	}
	const (
		open = iota + 1
		done
	)
	state := map[int]int{}
	returns := map[int]bool{}
	var visit func(b int)
	visit = func(b int) {
		state[b] = open
		for _, i := range out[b] {
			to := p.model.edges[i].to
			switch {
			case to == b:
			case state[to] == open:
				returns[i] = true
			case state[to] == 0:
				visit(to)
			}
		}
		state[b] = done
	}
	// From the roots first, so that the edge that closes a circle is the one that leads back.
	for _, roots := range []bool{true, false} {
		for _, b := range p.boxes {
			if state[b] == 0 && fed[b] != roots {
				visit(b)
			}
		}
	}
	return returns
}

// build makes nodes and links: one lane a layer for all edges of a box that pass it.
func (p *part) build(depth map[int]int, returns map[int]bool) {
	deepest := 0
	for _, d := range depth {
		deepest = max(deepest, d)
	}
	p.layers, p.channels = make([][]int, deepest+1), make([][]int, deepest+1)
	at := make(map[int]int, len(p.boxes))
	for _, b := range p.boxes {
		at[b] = p.node(b, depth[b])
	}
	// lanes by net: from the node in a layer to the link into the next lane.
	lanes := map[[2]int]int{}
	for _, i := range p.edges {
		e := p.model.edges[i]
		w := wire{edge: i, net: e.from}
		first, last := at[e.from], at[e.to]
		if returns[i] {
			// Its value is another one than that of the box where it is drawn to begin.
			first, last = last, first
			w.returns, w.net = true, len(p.model.boxes)+i
		}
		if first != last {
			here := first
			for p.nodes[here].layer+1 < p.nodes[last].layer {
				key := [2]int{w.net, p.nodes[here].layer + 1}
				l, there := lanes[key]
				if !there {
					lane := p.node(-1, p.nodes[here].layer+1)
					l = p.link(link{net: w.net, from: here, to: lane, label: -1, returns: w.returns})
					lanes[key] = l
				}
				w.links = append(w.links, l)
				here = p.links[l].to
			}
			w.links = append(w.links, p.link(link{net: w.net, from: here, to: last, label: i, returns: w.returns}))
		}
		p.wires = append(p.wires, w)
	}
}

func (p *part) node(box, layer int) int {
	id := len(p.nodes)
	p.nodes = append(p.nodes, node{box: box, layer: layer, order: len(p.layers[layer]), selfPin: -1})
	p.layers[layer] = append(p.layers[layer], id)
	return id
}

func (p *part) link(l link) int {
	id := len(p.links)
	p.links = append(p.links, l)
	p.nodes[l.from].links = append(p.nodes[l.from].links, id)
	p.nodes[l.to].in = append(p.nodes[l.to].in, id)
	layer := p.nodes[l.from].layer
	p.channels[layer] = append(p.channels[layer], id)
	return id
}
