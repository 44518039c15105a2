package ytt

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.starlark.net/starlark"
)

const (
	overlayPrefix   = "overlay/"
	overlayMatch    = "overlay/match"
	overlayDefaults = "overlay/match-child-defaults"
	opMerge         = "overlay/merge"
	opRemove        = "overlay/remove"
	opReplace       = "overlay/replace"
	opInsert        = "overlay/insert"
	opAppend        = "overlay/append"
	opAssert        = "overlay/assert"
)

// overlayOperations are those of which a right item has at most one.
var overlayOperations = []string{opMerge, opRemove, opReplace, opInsert, opAppend, opAssert}

// countKeywords say how many left items may match; a node takes one of them.
var countKeywords = []string{"expects", "missing_ok", "when"}

// overlayKeywords are the annotations of overlays, and the keywords they take.
var overlayKeywords = map[string][]string{
	overlayMatch:    append([]string{"by"}, countKeywords...),
	overlayDefaults: countKeywords,
	opMerge:         nil,
	opRemove:        nil,
	opReplace:       {"via", "or_add"},
	opInsert:        {"before", "after", "via"},
	opAppend:        nil,
	opAssert:        {"via"},
}

// keywordValues are the arguments of an annotation.
type keywordValues map[string]starlark.Value

// keywordsOf checks the arguments of an annotation of the node; nil when it has none.
func keywordsOf(n *node, name string) (keywordValues, error) {
	a := n.annotated(name)
	if a == nil {
		return nil, nil
	}
	if len(a.args) > 0 {
		return nil, fmt.Errorf("%s takes no arguments without a name (hint: it takes %s)", name, keywordList(name))
	}
	values := make(keywordValues, len(a.kwargs))
	for _, pair := range a.kwargs {
		keyword := string(pair[0].(starlark.String))
		if !slices.Contains(overlayKeywords[name], keyword) {
			return nil, fmt.Errorf("%s has no keyword %s= (hint: it takes %s)", name, keyword, keywordList(name))
		}
		if _, again := values[keyword]; again {
			return nil, fmt.Errorf("%s has the keyword %s= twice", name, keyword)
		}
		values[keyword] = pair[1]
	}
	return values, nil
}

func keywordList(name string) string {
	if len(overlayKeywords[name]) == 0 {
		return "none"
	}
	return strings.Join(overlayKeywords[name], "=, ") + "="
}

// flag is a keyword that is True or False.
func (k keywordValues) flag(name string) (value, given bool, err error) {
	v, given := k[name]
	if !given {
		return false, false, nil
	}
	b, ok := v.(starlark.Bool)
	if !ok {
		return false, true, fmt.Errorf("%s= is True or False, not a %s", name, v.Type())
	}
	return bool(b), true, nil
}

// function is a keyword that is a function; nil when it is not given.
func (k keywordValues) function(name string) (starlark.Callable, error) {
	v, given := k[name]
	if !given {
		return nil, nil
	}
	f, ok := v.(starlark.Callable)
	if !ok {
		return nil, fmt.Errorf("%s= is a function, not a %s", name, v.Type())
	}
	return f, nil
}

// operationOf is what a right item does, and with which arguments.
func operationOf(right *node) (op string, args keywordValues, err error) {
	op = opMerge
	given := false
	for _, a := range right.annotations {
		if !slices.Contains(overlayOperations, a.name) {
			continue
		}
		if given {
			return "", nil, fmt.Errorf("two operations, %s and %s: an item takes one", op, a.name)
		}
		op, given = a.name, true
	}
	if right.kind == mapItem && (op == opInsert || op == opAppend) {
		return "", nil, fmt.Errorf("%s is for array items and documents (hint: a map item that the left map may lack takes #@overlay/match missing_ok=True)", op)
	}
	args, err = keywordsOf(right, op)
	return op, args, err
}

// rebuild gives a tree in which nodes have the annotations that kept leaves them, and
// collections are YAML, even those that came from expressions: code sees all parts of an
// overlay alike. What stays the same is shared.
func (o overlay) rebuild(n *node, depth int, kept func(*node) ([]annotation, error)) (*node, error) {
	if err := o.look(1, depth); err != nil {
		return nil, err
	}
	annotations, err := kept(n)
	if err != nil {
		return nil, err
	}
	value, children := n.value, n.children
	same := !n.computed && len(annotations) == len(n.annotations)
	if below, ok := value.(*node); ok {
		rebuilt, err := o.rebuild(below, depth+1, kept)
		if err != nil {
			return nil, err
		}
		value, same = rebuilt, same && rebuilt == below
	}
	sameChildren := true
	for i, child := range n.children {
		rebuilt, err := o.rebuild(child, depth+1, kept)
		if err != nil {
			return nil, within(child, err)
		}
		if rebuilt == child {
			continue
		}
		if sameChildren {
			if err := o.spend(pointerCost * len(children)); err != nil {
				return nil, err
			}
			children, sameChildren = slices.Clone(children), false
		}
		children[i] = rebuilt
	}
	if same && sameChildren {
		return n, nil
	}
	// The keys stand where they stood, so their index can be shared.
	return &node{kind: n.kind, line: n.line, key: n.key, value: value, children: children, keys: n.keys, annotations: annotations}, o.node(depth)
}

// knownAnnotations checks the annotations of a right tree, also where nothing on the left
// will meet them: a misspelt one would be an overlay that does something else.
func knownAnnotations(n *node) ([]annotation, error) {
	for i, a := range n.annotations {
		if !strings.HasPrefix(a.name, overlayPrefix) {
			continue
		}
		if _, known := overlayKeywords[a.name]; !known {
			return nil, fmt.Errorf("unknown annotation %s (hint: there are %s)", a.name, strings.Join(slices.Sorted(maps.Keys(overlayKeywords)), ", "))
		}
		if slices.ContainsFunc(n.annotations[:i], func(b annotation) bool { return b.name == a.name }) {
			return nil, fmt.Errorf("the annotation %s comes twice: write its keywords in one", a.name)
		}
	}
	return n.annotations, nil
}

// withoutOverlay takes the meaning for overlays off what becomes part of the result.
func withoutOverlay(n *node) ([]annotation, error) {
	isOverlay := func(a annotation) bool { return strings.HasPrefix(a.name, overlayPrefix) }
	if !slices.ContainsFunc(n.annotations, isOverlay) {
		return n.annotations, nil
	}
	return slices.DeleteFunc(slices.Clone(n.annotations), isOverlay), nil
}
