package graph

import (
	"maps"
	"slices"
)

// Neighbour is the box that a person means who goes from one into a direction: the nearest
// in that direction, by its middle; the same box when there is none.
func (p *Picture) Neighbour(id string, dx, dy int) string {
	from, known := p.Boxes[id]
	if !known || dx == 0 && dy == 0 {
		return id
	}
	best, least := id, 0
	// In order of names, so that of two equally near ones it is always the same.
	for _, other := range slices.Sorted(maps.Keys(p.Boxes)) {
		if d, ahead := from.distance(p.Boxes[other], dx, dy); ahead && (best == id || d < least) {
			best, least = other, d
		}
	}
	return best
}

// distance to a box that lies wholly ahead. What is beside the direction counts double: the
// box straight ahead is meant. A row is as far as two columns.
func (r Rect) distance(to Rect, dx, dy int) (d int, ahead bool) {
	right, down := max(to.X-r.X-r.Width, 0), 2*max(to.Y-r.Y-r.Height, 0)
	left, up := max(r.X-to.X-to.Width, 0), 2*max(r.Y-to.Y-to.Height, 0)
	beside := abs(2*to.X + to.Width - 2*r.X - r.Width)
	beyond := 2 * abs(2*to.Y+to.Height-2*r.Y-r.Height)
	switch {
	case dx > 0 && to.X >= r.X+r.Width:
		return right + beyond, true
	case dx < 0 && to.X+to.Width <= r.X:
		return left + beyond, true
	case dx == 0 && dy > 0 && to.Y >= r.Y+r.Height:
		return down + beside, true
	case dx == 0 && dy < 0 && to.Y+to.Height <= r.Y:
		return up + beside, true
	}
	return 0, false
}

func abs(n int) int { return max(n, -n) }

// At is the box at a cell; empty when there is none.
func (p *Picture) At(x, y int) string {
	for id, r := range p.Boxes {
		if x >= r.X && x < r.X+r.Width && y >= r.Y && y < r.Y+r.Height {
			return id
		}
	}
	return ""
}
