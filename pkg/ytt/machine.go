package ytt

import (
	"errors"
	"fmt"
	"strings"

	"go.starlark.net/starlark"
)

// machine rebuilds a tree while a program runs (spec: ytt §8). It serves one render.
type machine struct {
	meter
	template *Template
	contexts []*building
	texts    []*strings.Builder
	built    int // nodes
	// made are the latest nodes by number; nil for a template without aliases.
	made []*node
	data starlark.Value
	// print is the sink of print().
	print func(string)
}

// building is the tree that a function, or the file, builds.
type building struct {
	root *node
	// open nodes, the innermost last: parents of what comes next.
	open []*node
	// annotations and keys of nodes that start next.
	annotations []pendingAnnotation
	keys        []pendingKey
	// texts is how many texts were open at the beginning: a return may leave others open.
	texts int
}

type pendingAnnotation struct {
	id int
	annotation
}

type pendingKey struct {
	id   int
	text string
}

func (m *machine) top() *building { return m.contexts[len(m.contexts)-1] }

// height of what is being built. A function that fails leaves it higher.
type height struct{ contexts, texts, annotations, keys int }

func (m *machine) height() height {
	b := m.top()
	return height{len(m.contexts), len(m.texts), len(b.annotations), len(b.keys)}
}

// cutTo drops what was begun above a height and never finished.
func (m *machine) cutTo(h height) {
	m.contexts, m.texts = m.contexts[:h.contexts], m.texts[:h.texts]
	b := m.top()
	b.annotations, b.keys = b.annotations[:h.annotations], b.keys[:h.keys]
}

// node in building: the one that is open, innermost.
func (b *building) current() *node {
	if len(b.open) == 0 {
		return nil
	}
	return b.open[len(b.open)-1]
}

func (m *machine) begin() { m.contexts = append(m.contexts, &building{texts: len(m.texts)}) }

// done ends a context: its tree is the result, unless a value is returned.
func (m *machine) done() *node {
	b := m.top()
	m.contexts = m.contexts[:len(m.contexts)-1]
	m.texts = m.texts[:b.texts]
	return b.root
}

// start begins the node with the number.
func (m *machine) start(id int) error {
	of, b := m.template.nodes[id], m.top()
	n := &node{kind: of.kind, line: of.line, id: id, key: of.key, injected: of.injected}
	if m.built++; m.built > m.limits.Nodes {
		return exceeds("nodes of the output", m.limits.Nodes, "")
	}
	if err := m.spend(nodeCost); err != nil {
		return err
	}
	b.take(n)
	if m.made != nil {
		m.made[id] = n
	}
	if b.root == nil {
		switch n.kind {
		case document, mapItem, sequenceItem: // so that the root is a collection
			if err := m.start(m.template.parents[id]); err != nil {
				return err
			}
		default:
			b.root = n
			b.open = append(b.open, n)
			return nil
		}
	}
	for len(b.open) > 0 && !m.template.isAncestor(b.current().id, id) {
		b.open = b.open[:len(b.open)-1]
	}
	if err := m.put(b.current(), n); err != nil {
		return err
	}
	b.open = append(b.open, n)
	return nil
}

// take gives a node its pending annotations and key.
func (b *building) take(n *node) {
	for _, a := range b.annotations {
		if a.id == n.id {
			n.annotations = append(n.annotations, a.annotation)
		}
	}
	for _, k := range b.keys {
		if k.id == n.id {
			n.key = k.text
		}
	}
	if n.annotations != nil {
		b.annotations = b.annotations[:0]
	}
	if len(b.keys) > 0 {
		b.keys = b.keys[:0]
	}
}

// put adds a node to its parent.
func (m *machine) put(parent, n *node) error {
	switch {
	case parent == nil:
	case parent.kind == documentSet && n.kind == document, parent.kind == sequence && n.kind == sequenceItem:
		parent.add(n)
		return nil
	case parent.kind == mapping && n.kind == mapItem:
		return m.putItem(parent, n)
	case n.kind == mapping || n.kind == sequence:
		if parent.kind == document || parent.kind == mapItem || parent.kind == sequenceItem {
			parent.value = n
			return nil
		}
	}
	return fmt.Errorf("this %s has no place here: what holds it in the template begins inside of a function, or in a block that did not run (hint: put --- before it)", n.kind)
}

const keyOverride = "yaml/map-key-override"

func (m *machine) putItem(parent, n *node) error {
	if i := parent.find(n.key); i >= 0 {
		if err := m.checkDuplicate(parent.children[i], n); err != nil {
			return err
		}
		parent.remove(i)
	}
	parent.add(n)
	return nil
}

// checkDuplicate says whether an item may replace an earlier one of the same key.
func (m *machine) checkDuplicate(earlier, n *node) error {
	if n.annotated(keyOverride) != nil || m.template.options.ImplicitMapKeyOverrides {
		return nil
	}
	return fmt.Errorf("duplicate key: the map item %s on line %d comes again on line %d (hint: #@%s above the later one replaces the earlier)", quotedKey(n.key), earlier.line, n.line, keyOverride)
}

func quotedKey(key any) string { return fmt.Sprintf("'%v'", key) }

// set gives the open node a computed value.
func (m *machine) set(v starlark.Value) error {
	if v == replaced {
		return nil
	}
	value, err := m.toTree(v)
	if err != nil {
		return err
	}
	m.top().current().value = value
	return nil
}

// alias repeats the value that an anchored node has got.
func (m *machine) alias(from int) error {
	n := m.made[from]
	if n == nil {
		return errors.New("the alias repeats a value that was not rendered: its anchor stands in a block or function that did not run")
	}
	value := n.value
	if below, ok := value.(*node); ok {
		m.convert()
		copied, err := m.copyTree(below)
		if err != nil {
			return err
		}
		value = copied
	}
	m.top().current().value = value
	return nil
}

// replacedType is what template.replace returns: the node is gone.
type replacedType struct{ starlark.NoneType }

var replaced = replacedType{}

// replace puts the items of v in the place of the open node (spec: ytt §8.5).
func (m *machine) replace(v starlark.Value) error {
	b := m.top()
	n := b.current()
	if n == nil || len(b.open) < 2 {
		return errors.New("template.replace is the value of a document, map item or array item")
	}
	parent := b.open[len(b.open)-2]
	at := len(parent.children) - 1
	if at < 0 || parent.children[at] != n {
		return errors.New("template.replace: the node was replaced already")
	}
	items, err := m.replacements(n, v)
	if err != nil {
		return err
	}
	if m.built += len(items); m.built > m.limits.Nodes {
		return exceeds("nodes of the output", m.limits.Nodes, "")
	}
	if err := m.spend(dictEntry * len(items)); err != nil {
		return err
	}
	parent.remove(at)
	if n.kind != mapItem {
		parent.children = append(parent.children, items...)
		return nil
	}
	return m.putItems(parent, items)
}

// putItems adds the items of a map to another, whose index is rebuilt once: there may be
// many. Those of a dict, which have no line, replace items with equal keys.
func (m *machine) putItems(parent *node, items []*node) error {
	gone := map[int]bool{}
	for _, item := range items {
		i := parent.find(item.key)
		if i < 0 {
			continue
		}
		if item.line > 0 {
			if err := m.checkDuplicate(parent.children[i], item); err != nil {
				return err
			}
		}
		gone[i] = true
	}
	kept := make([]*node, 0, len(parent.children)+len(items))
	for i, child := range parent.children {
		if !gone[i] {
			kept = append(kept, child)
		}
	}
	parent.children = append(kept, items...)
	parent.reindex()
	return nil
}

// replacements of a node: items of the same kind.
func (m *machine) replacements(n *node, v starlark.Value) ([]*node, error) {
	if f, ok := v.(*listFragment); ok && f.n.kind == documentSet && n.kind == document {
		return f.n.children, nil
	}
	value, err := m.toTree(v)
	if err != nil {
		return nil, err
	}
	from, ok := value.(*node)
	switch {
	case value == nil && v.Type() == "yamlfragment":
		return nil, nil
	case ok && n.kind == mapItem && from.kind == mapping, ok && n.kind == sequenceItem && from.kind == sequence:
		return from.children, nil
	case ok && n.kind == document && from.kind == sequence && from.computed:
		docs := make([]*node, len(from.children))
		for i, item := range from.children {
			docs[i] = &node{kind: document, value: item.value}
		}
		return docs, nil
	}
	wants := map[kind]string{mapItem: "a dict, struct or map", sequenceItem: "a list or array", document: "a list or document set"}[n.kind]
	return nil, fmt.Errorf("a %s is replaced by %s, not by a %s", n.kind, wants, v.Type())
}
