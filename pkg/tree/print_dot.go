package tree

import (
	"fmt"
	"io"
	"strings"
)

// WriteDOT writes a snapshot as a graph for Graphviz. What flows from step to step is
// drawn through, what is below an object dashed.
func WriteDOT(w io.Writer, s Snapshot) error {
	out := &strings.Builder{}
	out.WriteString("digraph carto {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n")
	g := newGraph(s)
	for _, v := range g.vertices {
		attributes := "label=" + dotQuote(strings.Join(v.lines, "\n"))
		if v.step {
			attributes += ", style=\"rounded,bold\""
		}
		if c := map[string]string{"True": "darkgreen", "False": "red3", "Unknown": "orange3"}[v.status]; c != "" {
			attributes += ", color=" + c
		}
		_, _ = fmt.Fprintf(out, "  %s [%s];\n", v.id, attributes)
	}
	for _, e := range g.edges {
		var attributes []string
		if e.label != "" {
			attributes = append(attributes, "label="+dotQuote(e.label))
		}
		if !e.flow {
			attributes = append(attributes, "style=dashed")
		}
		_, _ = fmt.Fprintf(out, "  %s -> %s [%s];\n", e.from, e.to, strings.Join(attributes, ", "))
	}
	out.WriteString("}\n")
	_, err := io.WriteString(w, out.String())
	return err
}

func dotQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
