package graph

import "github.com/carto-run/carto/pkg/table"

// placedLabel is a label and its first cell.
type placedLabel struct {
	cell
	text string
	// on is the wire on whose line the label stands; -1 where it stands beside it.
	on int
}

// narrowLabel is a label that has no room beside the end of its edge.
type narrowLabel struct {
	text string
	wire int
	// beside is what of it has room there; its text may be empty.
	beside placedLabel
}

// putLabels adds the labels of a part, whose wires begin at the first of the drawing: above
// the end of an edge that leads across, beside the end of one that leads down.
func (p *part) putLabels(d *drawing, f frame, first int) {
	s := d.shape
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
			l := placedLabel{f.at(s, spot{begin - 2, to.at + l.toPin + to.space}), text, -1}
			if room >= width {
				d.labels = append(d.labels, l)
				continue
			}
			if l.text = ""; room >= 3 {
				l.text = table.Cut(text, room, s.unicode)
			}
			d.narrow = append(d.narrow, narrowLabel{text, first + i, l})
			continue
		}
		text = table.Cut(text, zone-1, s.unicode)
		d.labels = append(d.labels, placedLabel{f.at(s, spot{begin - 1 - table.Width(text), to.at + l.toPin - 1}), text, -1})
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
