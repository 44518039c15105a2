package ytt

import (
	"sort"
	"strings"
)

// comment of the text: what follows the #.
type comment struct {
	line int
	data string
}

// name and content of an @ comment: "@ns/name args" gives "ns/name" and "args", "@ code"
// gives "" and "code".
func (c comment) split() (name, content string) {
	name, content, _ = strings.Cut(c.data[1:], " ")
	return name, content
}

// isDirective says that the comment is meant for the engine.
func (c comment) isDirective() bool {
	if !strings.HasPrefix(c.data, "@") {
		return false
	}
	name, _ := c.split()
	return name != "comment"
}

// attach gives each comment to a node, by lines alone: to the innermost node on its
// line, else to the outermost on the next line that has one, else to the next document
// (spec: ytt §4.2).
func attach(set *node, comments []comment) {
	var left []comment
	for i, d := range set.children {
		own := comments
		if i+1 < len(set.children) {
			next := set.children[i+1].line
			own = comments[:sort.Search(len(comments), func(k int) bool { return comments[k].line >= next })]
		}
		comments = comments[len(own):]
		d.source.comments = append(left, d.source.comments...)
		left = nil
		table := carriers(nil, d)
		for _, c := range own {
			if n := carrier(table, c.line); n != nil {
				n.source.comments = append(n.source.comments, c)
			} else {
				left = append(left, c)
			}
		}
	}
	if len(left) > 0 {
		set.children = append(set.children, &node{kind: document, injected: true, source: &source{comments: left}})
	}
	if first := set.children[0]; first.line == 0 && !first.injected {
		first.line = 1
	}
}

// carriers lists the nodes below n that have a line, in document order, which is the
// order of their lines.
func carriers(list []*node, n *node) []*node {
	if n.source.copied {
		return list
	}
	if n.line > 0 && (n.kind == document || n.kind == mapItem || n.kind == sequenceItem) {
		list = append(list, n)
	}
	if below, ok := n.value.(*node); ok {
		list = carriers(list, below)
	}
	for _, child := range n.children {
		list = carriers(list, child)
	}
	return list
}

func carrier(table []*node, line int) *node {
	first := sort.Search(len(table), func(i int) bool { return table[i].line >= line })
	if first == len(table) {
		return nil
	}
	if table[first].line > line {
		return table[first]
	}
	after := sort.Search(len(table), func(i int) bool { return table[i].line > line })
	return table[after-1]
}

// isTemplated says that a comment of the tree is a directive. Other files are plain YAML.
func isTemplated(n *node) bool {
	for _, c := range n.source.comments {
		if c.isDirective() {
			return true
		}
	}
	if below, ok := n.value.(*node); ok && isTemplated(below) {
		return true
	}
	for _, child := range n.children {
		if isTemplated(child) {
			return true
		}
	}
	return false
}

// lastKeyWins settles the duplicate keys of plain YAML: the last value, at the place of
// the first.
func lastKeyWins(n *node) {
	if below, ok := n.value.(*node); ok {
		lastKeyWins(below)
	}
	if n.kind == mapping {
		at := make(map[any]int, len(n.children))
		kept := n.children[:0]
		for _, item := range n.children {
			if i, ok := at[item.key]; ok {
				kept[i] = item
				continue
			}
			at[item.key] = len(kept)
			kept = append(kept, item)
		}
		n.children = kept
	}
	for _, child := range n.children {
		lastKeyWins(child)
	}
}
