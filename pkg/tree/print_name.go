package tree

import (
	"io"
	"strings"

	"github.com/carto-run/carto/pkg/table"
)

// WriteNames writes the objects of a snapshot one a line, as kubectl takes them:
// resource.group/name. Steps are no objects.
func WriteNames(w io.Writer, s Snapshot) error {
	out := &strings.Builder{}
	var walk func(n *node)
	walk = func(n *node) {
		if n.ref != nil {
			out.WriteString(table.Printable(n.ref.Typed()) + "/" + table.Printable(n.ref.Name) + "\n")
		}
		for i := range n.children {
			walk(&n.children[i])
		}
	}
	nodes := s.nodes()
	for i := range nodes {
		walk(&nodes[i])
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// Typed is the type of the object as kubectl takes it: kind.group in lower case.
func (r *Ref) Typed() string {
	typed := strings.ToLower(r.Kind)
	if group, _, ok := strings.Cut(r.APIVersion, "/"); ok {
		typed += "." + group
	}
	return typed
}
