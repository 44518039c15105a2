package ytt

import (
	"fmt"
	"slices"
	"strings"
)

// prefix of the names of the machine in a program. Templates can not use it.
const prefix = "__ytt_"

// codeLine is a line of the program, before its blocks are translated: generated text,
// what the template's author wrote, generated text.
type codeLine struct {
	before, code, after string
	// line of the template; 0 takes that of the line before.
	line int
	// source shows the code where the line of the template does not: text templates.
	source string
}

// emitter flattens the tree into calls of the machine, in document order, with the
// author's code between them (spec: ytt §7.1). Nesting of YAML becomes no nesting of
// code, so blocks may open and close anywhere.
type emitter struct {
	text    *text
	options Options

	lines    []codeLine
	nodes    []*node  // by number; nodes[0] is nil
	parents  []int    // by number
	texts    []string // literal pieces of text templates
	names    []string // of annotations
	problems []Problem
	cause    error
	computed map[*node]bool // what isComputed found out
}

func newEmitter(t *text, o Options) *emitter {
	return &emitter{text: t, options: o, computed: map[*node]bool{}, nodes: []*node{nil}, parents: []int{0}}
}

func (e *emitter) failf(line int, format string, args ...any) {
	if len(e.problems) >= maxProblems {
		return
	}
	e.problems = append(e.problems, e.text.fail(line, format, args...).Problems...)
}

// exceeds notes a limit that the template goes beyond.
func (e *emitter) exceeds(line int, what string, limit int) {
	err := e.text.exceeds(line, what, limit)
	e.problems, e.cause = append(e.problems, err.Problems...), err.cause
}

func (e *emitter) call(line int, name string, args ...int) {
	var b strings.Builder
	b.WriteString(prefix)
	b.WriteString(name)
	b.WriteByte('(')
	for i, arg := range args {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, arg)
	}
	b.WriteByte(')')
	e.lines = append(e.lines, codeLine{before: b.String(), line: line})
}

// around emits code of the author inside generated text.
func (e *emitter) around(line int, before, code, after string) {
	e.lines = append(e.lines, codeLine{before: before, code: code, after: after, line: line})
}

// node emits a node and all below it. texts says that strings are text templates here.
func (e *emitter) node(n *node, parent int, texts bool) {
	if len(e.lines) > maxProgram {
		return // translate says so
	}
	id := len(e.nodes)
	n.id = id
	e.nodes = append(e.nodes, n)
	e.parents = append(e.parents, parent)

	d := e.directives(n)
	for _, c := range d.code {
		e.around(c.line, "", c.data, "")
	}
	for _, a := range d.annotations {
		name, args := a.split()
		if name == textTemplated {
			texts = true
			continue
		}
		e.names = append(e.names, name)
		e.around(a.line, fmt.Sprintf("%sann(%d,%d,%sargs(", prefix, id, len(e.names)-1, prefix), args, "))")
	}
	if key, ok := n.key.(string); ok && texts && isTextTemplate(key) {
		e.textTemplate(key, n.line, fmt.Sprintf("%stkey(%d,", prefix, id))
	}
	e.call(n.line, "start", id)
	e.value(n, d.values, texts)
	for _, line := range d.ends {
		e.lines = append(e.lines, codeLine{before: "end", line: line})
	}
}

func (e *emitter) value(n *node, computed []comment, texts bool) {
	switch {
	case len(computed) > 0:
		for _, c := range computed {
			e.around(c.line, fmt.Sprintf("%sset(%d,(", prefix, n.id), strings.TrimSpace(c.data), "))")
		}
		return
	case n.source.aliasOf != nil && e.isComputed(n.source.aliasOf):
		e.call(n.line, "alias", n.id, n.source.aliasOf.id)
		return
	}
	switch v := n.value.(type) {
	case *node:
		e.node(v, n.id, texts)
	case string:
		if texts && isTextTemplate(v) {
			e.textTemplate(v, n.source.textLine, fmt.Sprintf("%sset(%d,", prefix, n.id))
			return
		}
		e.call(n.line, "lit", n.id)
	default:
		if n.kind == document || n.kind == mapItem || n.kind == sequenceItem {
			e.call(n.line, "lit", n.id)
		}
	}
	for _, child := range n.children {
		e.node(child, n.id, texts)
	}
}

// isComputed says that a node, or one below it, gets its value from code, also through an
// alias: then another alias of it repeats what came out, not what the text says.
func (e *emitter) isComputed(n *node) bool {
	if known, ok := e.computed[n]; ok {
		return known
	}
	is := n.source.aliasOf != nil && e.isComputed(n.source.aliasOf)
	for _, c := range n.source.comments {
		is = is || c.isDirective()
	}
	if below, ok := n.value.(*node); ok && !is {
		is = e.isComputed(below)
	}
	for _, child := range n.children {
		is = is || e.isComputed(child)
	}
	e.computed[n] = is
	return is
}

// directives of a node, sorted: code without the forms X/end, computed values without
// their @, annotations, and the lines of the blocks that end after the node.
type directives struct {
	code, values, annotations []comment
	ends                      []int
}

var (
	nodeBlocks = []string{"if/end", "elif/end", "else/end", "for/end", "def/end"}
	keywords   = []string{"if", "for", "def", "end", "else", "elif", "load", "while", "return"}
)

const textTemplated = "yaml/text-templated-strings"

// directives sorts the comments of a node, and checks them (spec: ytt §5).
func (e *emitter) directives(n *node) directives {
	var d directives
	for _, c := range n.source.comments {
		if strings.HasPrefix(c.data, "!") {
			continue
		}
		if !strings.HasPrefix(c.data, "@") {
			if !e.options.IgnoreUnknownComments {
				e.failf(c.line, "unknown comment: %q\nA template takes #! for comments and #@ for code; write #! here.", "#"+c.data)
			}
			continue
		}
		name, content := c.split()
		switch {
		case name == "comment":
		case name == "template/value", name == "" && c.line == n.line && !n.injected:
			if n.value != nil {
				e.failf(c.line, "%s has both a computed and a YAML value: remove one of them", n.kind)
				continue
			}
			d.values = append(d.values, comment{c.line, content})
		case name == "template/code", name == "":
			if len(d.ends) > 0 {
				e.failf(c.line, "code after an */end: a YAML node is expected there, which the block covers")
			}
			d.code = append(d.code, e.nodeBlock(comment{c.line, content}, &d.ends))
		case n.kind == document && (name == "data/values" || name == "data/values-schema"):
			e.failf(c.line, "@%s is not supported: only a template is expected here; values come from outside", name)
		default:
			if word, ok := keyword(name); ok {
				e.failf(c.line, "unknown annotation @%s (hint: put a space after #@ to write code: #@ %s)", word, word)
				continue
			}
			d.annotations = append(d.annotations, c)
		}
	}
	return d
}

// keyword is the word of code that the name of an annotation begins with, because a blank
// is missing.
func keyword(name string) (word string, ok bool) {
	if word = name; strings.ContainsAny(name, ":(") {
		word = name[:strings.IndexAny(name, ":(")]
	}
	return word, slices.Contains(keywords, word) || slices.Contains(nodeBlocks, word)
}

// nodeBlock takes the /end off a block that covers exactly one node.
func (e *emitter) nodeBlock(c comment, ends *[]int) comment {
	code := strings.TrimLeft(c.data, " \t")
	for _, block := range nodeBlocks {
		if rest, ok := strings.CutPrefix(code, block); ok && (rest == "" || !isWordByte(rest[0])) {
			*ends = append(*ends, c.line)
			c.data = strings.TrimSuffix(block, "/end") + rest
			break
		}
	}
	return c
}
