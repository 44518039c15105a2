package graph

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/carto-run/carto/pkg/table"
)

// model is what is drawn, by index: boxes that are there once, and edges between them.
type model struct {
	boxes []Box
	// known is how many of the boxes were given. Behind them are those that only edges
	// name: a reference into nothing is worth seeing.
	known int
	// texts are the widest texts of the boxes, in cells.
	texts []int
	edges []edge
}

type edge struct {
	Edge
	from, to int
	// width of the label.
	width int
}

// newModel drops what is there twice. Of two equal edges the value that is there counts, and
// the one that travels.
func newModel(boxes []Box, edges []Edge, o Options) *model {
	m := &model{}
	index := make(map[string]int, len(boxes))
	for _, b := range boxes {
		if _, twice := index[b.ID]; !twice {
			index[b.ID] = len(m.boxes)
			m.add(b)
		}
	}
	m.known = len(m.boxes)
	find := func(id string) int {
		i, known := index[id]
		if !known {
			i = len(m.boxes)
			index[id] = i
			m.add(Box{ID: id, Title: id, Look: Faint, Lines: []Line{{Text: "no such step", Look: Bad}}})
		}
		return i
	}
	type key struct{ from, to, label string }
	seen := make(map[key]int, len(edges))
	for _, e := range edges {
		if o.Tight {
			e.Label = ""
		}
		k := key{e.From, e.To, e.Label}
		if at, twice := seen[k]; twice {
			m.edges[at].Available = m.edges[at].Available || e.Available
			m.edges[at].Travel = max(m.edges[at].Travel, e.Travel)
			continue
		}
		seen[k] = len(m.edges)
		e.Label = clean(e.Label)
		m.edges = append(m.edges, edge{Edge: e, from: find(e.From), to: find(e.To), width: table.Width(e.Label)})
	}
	return m
}

func (m *model) add(b Box) {
	b.Title, b.Lines = clean(b.Title), slices.Clone(b.Lines)
	widest := table.Width(b.Title)
	for i := range b.Lines {
		b.Lines[i].Text = clean(b.Lines[i].Text)
		widest = max(widest, table.Width(b.Lines[i].Text))
	}
	m.boxes, m.texts = append(m.boxes, b), append(m.texts, widest)
}

// clean makes a text of others fit for a cell. A mark at its begin or end that would join
// with what is drawn beside it, and bend a border, is replaced.
func clean(s string) string {
	s = table.Cell(table.Brief(s))
	if first, size := utf8.DecodeRuneInString(s); first > unicode.MaxASCII && table.Width(" "+s) != table.Width(s)+1 {
		s = string(unicode.ReplacementChar) + s[size:]
	}
	if last, size := utf8.DecodeLastRuneInString(s); last > unicode.MaxASCII && table.Width(s+" ") != table.Width(s)+1 {
		s = s[:len(s)-size] + string(unicode.ReplacementChar)
	}
	return s
}

// parts are the boxes and edges that hang together, in the order of their first boxes. Each
// part is laid out alone, so that unrelated chains are not woven into each other.
func (m *model) parts() []*part {
	root := make([]int, len(m.boxes))
	for i := range root {
		root[i] = i
	}
	var top func(i int) int
	top = func(i int) int {
		if root[i] != i {
			root[i] = top(root[i])
		}
		return root[i]
	}
	for _, e := range m.edges {
		a, b := top(e.from), top(e.to)
		root[max(a, b)] = min(a, b)
	}
	var parts []*part
	of := make([]*part, len(m.boxes))
	for i := range m.boxes {
		if top(i) == i {
			of[i] = &part{model: m}
			parts = append(parts, of[i])
		}
		p := of[top(i)]
		p.boxes = append(p.boxes, i)
	}
	for i, e := range m.edges {
		p := of[top(e.from)]
		p.edges = append(p.edges, i)
	}
	return parts
}
