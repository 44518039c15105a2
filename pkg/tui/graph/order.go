package graph

import (
	"cmp"
	"slices"
)

// sweeps is how often the order of the layers is improved in both directions; more of them
// hardly ever find less crossings.
const sweeps = 6

// order sorts each layer so that few links cross: every node goes to the middle of those
// that it is linked with. Among equals the order of the author stays.
func (p *part) order() {
	best, fewest := p.snapshot(), p.crossings()
	for i := 0; i < sweeps && fewest > 0; i++ {
		for l := 1; l < len(p.layers); l++ {
			p.sortLayer(l, true)
		}
		if n := p.crossings(); n < fewest {
			best, fewest = p.snapshot(), n
		}
		for l := len(p.layers) - 2; l >= 0; l-- {
			p.sortLayer(l, false)
		}
		if n := p.crossings(); n < fewest {
			best, fewest = p.snapshot(), n
		}
	}
	for l, layer := range best {
		p.arrange(l, layer)
	}
}

func (p *part) snapshot() [][]int {
	layers := make([][]int, len(p.layers))
	for i, l := range p.layers {
		layers[i] = slices.Clone(l)
	}
	return layers
}

func (p *part) arrange(l int, layer []int) {
	p.layers[l] = layer
	for i, n := range layer {
		p.nodes[n].order = i
	}
}

func (p *part) sortLayer(l int, forward bool) {
	layer := slices.Clone(p.layers[l])
	middle := make(map[int]float64, len(layer))
	for _, n := range layer {
		links, sum := p.nodes[n].links, 0
		if forward {
			links = p.nodes[n].in
		}
		for _, i := range links {
			other := p.links[i].to
			if forward {
				other = p.links[i].from
			}
			sum += p.nodes[other].order
		}
		middle[n] = float64(p.nodes[n].order)
		if len(links) > 0 {
			middle[n] = float64(sum) / float64(len(links))
		}
	}
	slices.SortStableFunc(layer, func(a, b int) int { return cmp.Compare(middle[a], middle[b]) })
	p.arrange(l, layer)
}

// crossings counts pairs of links that cross.
func (p *part) crossings() int {
	total := 0
	for l, links := range p.channels {
		if len(links) < 2 {
			continue
		}
		sorted := slices.Clone(links)
		slices.SortFunc(sorted, func(a, b int) int {
			x, y := p.links[a], p.links[b]
			return cmp.Or(p.nodes[x.from].order-p.nodes[y.from].order, p.nodes[x.to].order-p.nodes[y.to].order)
		})
		// A Fenwick tree counts what came before and ends behind.
		tree := make([]int, len(p.layers[l+1])+1)
		for seen, i := range sorted {
			end := p.nodes[p.links[i].to].order + 1
			notBehind := 0
			for at := end; at > 0; at -= at & -at {
				notBehind += tree[at]
			}
			total += seen - notBehind
			for at := end; at < len(tree); at += at & -at {
				tree[at]++
			}
		}
	}
	return total
}
