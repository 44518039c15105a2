package tree

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/table"
)

// graph is a snapshot as nodes and edges, for the printers that draw.
type graph struct {
	vertices []vertex
	edges    []edge
}

type vertex struct {
	id    string
	lines []string
	step  bool
	// status is True, False, Unknown or empty.
	status string
}

type edge struct {
	from, to string
	label    string
	// flow is true for a value that goes from step to step; false for what an object has
	// below it.
	flow bool
}

// newGraph numbers the nodes in the order of the table.
func newGraph(s Snapshot) *graph {
	g := &graph{}
	var add func(n *node, steps map[string]string)
	add = func(n *node, steps map[string]string) {
		id := g.next()
		v := vertex{id: id, lines: []string{table.OneLine(n.title)}, status: n.ready.Status, step: n.step != nil}
		if state := table.OneLine(n.ready.Status + " " + n.reason); state != "" {
			v.lines = append(v.lines, state)
		}
		g.vertices = append(g.vertices, v)
		if n.step != nil {
			steps[n.step.Name] = id
		}
		// The steps of one owner are a graph of their own.
		below := map[string]string{}
		for i := range n.children {
			c := &n.children[i]
			if to := g.next(); c.step == nil || len(c.step.Inputs) == 0 {
				g.edges = append(g.edges, edge{from: id, to: to, label: string(c.foundBy)})
			}
			add(c, below)
		}
		for i := range n.children {
			if c := &n.children[i]; c.step != nil {
				g.flows(c.step, below)
			}
		}
	}
	nodes := s.nodes()
	for i := range nodes {
		add(&nodes[i], map[string]string{})
	}
	return g
}

// next is the identity of the node that is added next.
func (g *graph) next() string { return fmt.Sprintf("n%d", len(g.vertices)) }

// flows are the edges of the inputs of a step, with the values that are there.
func (g *graph) flows(s *Step, ids map[string]string) {
	for _, in := range s.Inputs {
		from, known := ids[in.From]
		if !known { // filtered out, or a fault of the blueprint
			continue
		}
		name := in.Name
		if name == "" {
			name = in.Type
		}
		label := in.Type + " " + name
		if name == in.Type {
			label = name
		}
		if value, _ := outputCells(in.Values); value != "" {
			label += ": " + cutMiddle(table.OneLine(value), maxFlow)
		}
		g.edges = append(g.edges, edge{from: from, to: ids[s.Name], label: label, flow: true})
	}
}

// maxFlow is how many characters of a value stand at an edge.
const maxFlow = 48

// cutMiddle keeps both ends: of an image, the name and the end of the digest.
func cutMiddle(s string, width int) string {
	runes := []rune(s)
	if len(runes) <= width {
		return s
	}
	half := (width - 1) / 2
	return strings.TrimSpace(string(runes[:half])) + "…" + strings.TrimSpace(string(runes[len(runes)-half:]))
}
