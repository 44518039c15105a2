package tree

import (
	"fmt"
	"io"
	"strings"
)

// WriteMermaid writes a snapshot as a Mermaid flowchart, which code hosts draw inside
// Markdown.
func WriteMermaid(w io.Writer, s Snapshot) error {
	out := &strings.Builder{}
	out.WriteString("flowchart LR\n")
	g := newGraph(s)
	states := map[string][]string{}
	for _, v := range g.vertices {
		shape := []string{"(", ")"}
		if v.step {
			shape = []string{"[", "]"}
		}
		lines := make([]string, len(v.lines))
		for i, l := range v.lines {
			lines[i] = mermaidEscape(l)
		}
		_, _ = fmt.Fprintf(out, "  %s%s\"%s\"%s\n", v.id, shape[0], strings.Join(lines, "<br/>"), shape[1])
		states[v.status] = append(states[v.status], v.id)
	}
	for _, e := range g.edges {
		arrow := "-->"
		if !e.flow {
			arrow = "-.->"
		}
		if e.label != "" {
			arrow += `|"` + mermaidEscape(e.label) + `"|`
		}
		_, _ = fmt.Fprintf(out, "  %s %s %s\n", e.from, arrow, e.to)
	}
	for _, class := range []struct{ status, name, color string }{
		{"True", "ready", "#2da44e"}, {"False", "failed", "#cf222e"}, {"Unknown", "waiting", "#bf8700"},
	} {
		if ids := states[class.status]; len(ids) > 0 {
			_, _ = fmt.Fprintf(out, "  classDef %s stroke:%s,stroke-width:2px\n  class %s %s\n", class.name, class.color, strings.Join(ids, ","), class.name)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// mermaidEscape replaces what ends a text there, by the entities that Mermaid knows.
func mermaidEscape(s string) string {
	return strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "&", "#amp;").Replace(s)
}
