package ytt

import (
	"errors"
	"fmt"
	"slices"

	"go.starlark.net/starlark"
)

// overlay applies right trees to left ones (spec: ytt §12).
//
// No tree is edited: what changes is made anew from the root down to the change, and the
// rest is shared. So the left side stays as it was, and what a matcher has seen of it
// stays true however the matcher keeps it.
type overlay struct{ *machine }

// apply overlays a whole tree; a nil left tree is a value that is missing.
func (o overlay) apply(left, right *node) (*node, error) {
	right, err := o.rebuild(right, 0, knownAnnotations)
	if err != nil {
		return nil, err
	}
	if left == nil {
		return o.rebuild(right, 0, withoutOverlay)
	}
	if left.kind != right.kind {
		return nil, fmt.Errorf("expected %s, was %s%s", right.kind, left.kind, documentsHint(left, right))
	}
	return o.collection(left, right, nil, 0)
}

func documentsHint(left, right *node) string {
	switch {
	case right.kind == documentSet:
		return " (hint: the overlay begins with ---, so it wants documents on the left; write it without ---)"
	case left.kind == documentSet:
		return " (hint: the left value holds documents; begin the overlay with --- and #@overlay/match by=...)"
	}
	return ""
}

// merge gives the value of a left item that is merged with a right one.
func (o overlay) merge(left, right any, defaults counts, depth int) (any, error) {
	over, isCollection := right.(*node)
	if !isCollection {
		return right, nil
	}
	if left == nil {
		return o.rebuild(over, depth, withoutOverlay)
	}
	under, ok := left.(*node)
	if !ok || under.kind != over.kind {
		return nil, fmt.Errorf("expected %s, was %s (hint: #@overlay/replace takes the right value whatever the left one is)", typeName(right), typeName(left))
	}
	return o.collection(under, over, defaults, depth)
}

// collection applies the right items in order, each to what those before it have made.
func (o overlay) collection(left, right *node, defaults counts, depth int) (*node, error) {
	if err := errors.Join(o.node(depth), o.spend(pointerCost*len(left.children))); err != nil {
		return nil, err
	}
	// The index of keys is made at the end: until then items come and go.
	result := &node{kind: left.kind, line: left.line, children: slices.Clone(left.children)}
	for _, item := range right.children {
		if err := o.item(result, item, defaults, depth+1); err != nil {
			return nil, within(item, err)
		}
	}
	result.reindex()
	return result, nil
}

// pointerCost is the memory of an entry in a list of children.
const pointerCost = 8

// item applies one right item to the items of a collection.
func (o overlay) item(parent, right *node, defaults counts, depth int) error {
	if err := o.look(1, depth); err != nil {
		return err
	}
	op, args, err := operationOf(right)
	if err != nil {
		return err
	}
	if op == opAppend {
		return o.add(parent, right, right.value, depth)
	}
	matched, skip, err := o.match(parent, right, defaults)
	if err != nil || skip {
		return err
	}
	below, err := defaults.below(right)
	if err != nil {
		return err
	}
	return o.operate(op, edit{parent: parent, right: right, args: args, matched: matched, below: below, depth: depth})
}

// look counts looking at parts of a tree, which takes time as steps of the program do,
// but no memory.
func (o overlay) look(parts, depth int) error {
	if depth > 2*o.limits.Depth {
		return exceeds("depth of nested values", o.limits.Depth, "")
	}
	before := o.thread.Steps
	o.thread.Steps += uint64(parts)
	if o.thread.Steps >= o.limits.Steps {
		return exceeds("steps of the program", o.limits.Steps, "")
	}
	if before/1024 != o.thread.Steps/1024 && o.ctx.Err() != nil {
		return o.outOfTime()
	}
	return nil
}

// call calls a function of the template with values of trees. They are shown as
// fragments, which takes no copy.
func (o overlay) call(f starlark.Callable, args ...any) (starlark.Value, error) {
	shown := make(starlark.Tuple, len(args))
	for i, arg := range args {
		if n, ok := arg.(*node); ok {
			shown[i] = o.newFragment(n)
		} else {
			shown[i] = fromScalar(arg)
		}
	}
	return o.invoke(f, shown, nil)
}

// within says which item an error is about. What code of the template says, and limits,
// stay as they are.
func within(n *node, err error) error {
	var inner *starlark.EvalError
	var limit *LimitError
	if errors.As(err, &inner) || errors.As(err, &limit) {
		return err
	}
	return fmt.Errorf("%s: %w", describe(n), err)
}

// describe names an item as users of ytt know it; what came from an expression has no
// line.
func describe(n *node) string {
	name := map[kind]string{document: "Document", mapItem: "Map item (key " + quotedKey(n.key) + ")", sequenceItem: "Array item"}[n.kind]
	if n.line == 0 {
		return name
	}
	return fmt.Sprintf("%s on line %d", name, n.line)
}

// typeName is what a value is to someone who writes YAML.
func typeName(v any) string {
	switch v := v.(type) {
	case *node:
		return v.kind.String()
	case string:
		return "string"
	case bool:
		return "boolean"
	case int64, uint64:
		return "integer"
	case float64:
		return "float"
	}
	return "null"
}
