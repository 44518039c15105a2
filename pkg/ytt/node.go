package ytt

import (
	"slices"

	"go.starlark.net/starlark"
)

// kind of a node.
type kind uint8

const (
	documentSet kind = iota
	document
	mapping
	mapItem
	sequence
	sequenceItem
)

func (k kind) String() string {
	return [...]string{"document set", "document", "map", "map item", "array", "array item"}[k]
}

// node is a node of a YAML tree: of the template as it was read, and of the result.
//
// Document sets, maps and arrays have children; documents, map items and array items
// have a value. A value is nil, a bool, string, int64, uint64 or float64, or a *node
// that is a map or an array. A uint64 is always above the range of int64, so equal
// numbers are equal values.
type node struct {
	kind kind
	// line in the source, from 1; 0 for none.
	line int
	// id numbers the nodes of a template from 1 in document order; 0 for a node that
	// came from an expression.
	id int
	// key of a map item: a scalar.
	key      any
	value    any
	children []*node
	// annotations of a node of the result.
	annotations []annotation
	// computed says that a map or array came from an expression: it is shown to code as
	// a dict or list, and printed even when it is empty.
	computed bool
	// injected is a document that only carries the comments at the end of the text.
	injected bool
	// keys finds the children of a map that has many.
	keys map[any]int

	// source is what only a node of a template has.
	source *source
}

// source is what the reader knows about a node of a template.
type source struct {
	comments []comment
	// textLine is where the text of a scalar begins; for a block scalar, the line
	// after its header.
	textLine int
	// copied nodes belong to an alias; comments are never theirs.
	copied bool
	// aliasOf is the node whose value an alias repeats.
	aliasOf *node
}

// annotation is an @name with its evaluated arguments.
type annotation struct {
	name   string
	args   starlark.Tuple
	kwargs []starlark.Tuple
}

// manyKeys is the number of items from which a map keeps an index.
const manyKeys = 12

// find gives the position of the item with the key; -1 when there is none.
func (n *node) find(key any) int {
	if n.keys != nil {
		if i, ok := n.keys[key]; ok {
			return i
		}
		return -1
	}
	for i, item := range n.children {
		if item.key == key {
			return i
		}
	}
	return -1
}

// add appends a child.
func (n *node) add(child *node) {
	n.children = append(n.children, child)
	if n.kind != mapping {
		return
	}
	switch {
	case n.keys != nil:
		n.keys[child.key] = len(n.children) - 1
	case len(n.children) == manyKeys:
		n.reindex()
	}
}

// remove takes a child out.
func (n *node) remove(i int) {
	if i == len(n.children)-1 { // which is the rule
		delete(n.keys, n.children[i].key)
		n.children = n.children[:i:i]
		return
	}
	n.children = slices.Concat(n.children[:i], n.children[i+1:])
	n.reindex()
}

func (n *node) reindex() {
	n.keys = nil
	if n.kind != mapping || len(n.children) < manyKeys {
		return
	}
	n.keys = make(map[any]int, 2*len(n.children))
	for i, item := range n.children {
		n.keys[item.key] = i
	}
}

// annotated gives the annotation with the name; nil when there is none.
func (n *node) annotated(name string) *annotation {
	for i := range n.annotations {
		if n.annotations[i].name == name {
			return &n.annotations[i]
		}
	}
	return nil
}

// isEmpty says that a document holds nothing that is printed (spec: ytt §13.1).
func (n *node) isEmpty() bool {
	if n.injected || n.value == nil {
		return true
	}
	collection, ok := n.value.(*node)
	return ok && !collection.computed && len(collection.children) == 0
}

// copyTree copies a tree, so that the copy can be edited; m counts the nodes.
func (m *meter) copyTree(n *node) (*node, error) {
	return m.copyAt(n, 0)
}

func (m *meter) copyAt(n *node, depth int) (*node, error) {
	if err := m.node(depth); err != nil {
		return nil, err
	}
	c := &node{kind: n.kind, line: n.line, id: n.id, key: n.key, value: n.value, annotations: n.annotations, computed: n.computed, injected: n.injected}
	if below, ok := n.value.(*node); ok {
		copied, err := m.copyAt(below, depth+1)
		if err != nil {
			return nil, err
		}
		c.value = copied
	}
	if n.children != nil {
		c.children = make([]*node, len(n.children))
		for i, child := range n.children {
			copied, err := m.copyAt(child, depth+1)
			if err != nil {
				return nil, err
			}
			c.children[i] = copied
		}
		c.reindex()
	}
	return c, nil
}
