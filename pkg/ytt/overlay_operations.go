package ytt

import (
	"errors"
	"fmt"
	"slices"

	"go.starlark.net/starlark"
)

// edit is a right item, and the left items of a collection that it is about.
type edit struct {
	parent, right *node
	args          keywordValues
	matched       []int
	// below are the counts for the children of the right item.
	below counts
	depth int
}

// operate does what a right item says with its matches (spec: ytt §12.5). Append needs
// none: it never gets here.
func (o overlay) operate(op string, e edit) error {
	switch op {
	case opRemove:
		return o.removeItems(e)
	case opReplace:
		return o.replaceItems(e)
	case opInsert:
		return o.insertItems(e)
	case opAssert:
		return o.assertItems(e)
	}
	return o.mergeItems(e)
}

func (o overlay) mergeItems(e edit) error {
	if len(e.matched) == 0 {
		return o.add(e.parent, e.right, e.right.value, e.depth)
	}
	return o.each(e, func(left *node) (*node, error) {
		value, err := o.merge(left.value, e.right.value, e.below, e.depth+1)
		return left.with(value), err
	})
}

func (o overlay) removeItems(e edit) error {
	return o.rewrite(e, func(*node) ([]*node, error) { return nil, nil })
}

func (o overlay) replaceItems(e edit) error {
	via, err := e.args.function("via")
	if err != nil {
		return err
	}
	orAdd, _, err := e.args.flag("or_add")
	if err != nil {
		return err
	}
	if len(e.matched) == 0 {
		if !orAdd {
			return nil
		}
		value, err := o.computed(via, nil, e.right.value)
		if err != nil {
			return err
		}
		return o.add(e.parent, e.right, value, e.depth)
	}
	return o.each(e, func(left *node) (*node, error) {
		value, err := o.computed(via, left.value, e.right.value)
		if err != nil {
			return nil, err
		}
		return o.fresh(e.right, value, e.depth)
	})
}

func (o overlay) insertItems(e edit) error {
	via, err := e.args.function("via")
	if err != nil {
		return err
	}
	before, givenBefore, err := e.args.flag("before")
	if err != nil {
		return err
	}
	after, givenAfter, err := e.args.flag("after")
	if err != nil {
		return err
	}
	if !givenBefore && !givenAfter {
		return errors.New("overlay/insert does not say where (hint: before=True, after=True, or both)")
	}
	return o.rewrite(e, func(left *node) ([]*node, error) {
		value, err := o.computed(via, left.value, e.right.value)
		if err != nil {
			return nil, err
		}
		item, err := o.fresh(e.right, value, e.depth)
		if err != nil {
			return nil, err
		}
		items := []*node{left}
		if before {
			items = append([]*node{item}, items...)
		}
		if after {
			items = append(items, item)
		}
		return items, nil
	})
}

func (o overlay) assertItems(e edit) error {
	via, err := e.args.function("via")
	if err != nil {
		return err
	}
	return o.each(e, func(left *node) (*node, error) {
		check := o.assertContains
		if via != nil {
			check = func(left, right any) error { return o.assertVia(via, left, right) }
		}
		if err := check(left.value, e.right.value); err != nil {
			return nil, err
		}
		if _, isCollection := e.right.value.(*node); !isCollection {
			return left, nil
		}
		value, err := o.merge(left.value, e.right.value, e.below, e.depth+1)
		return left.with(value), err
	})
}

// assertContains is the assertion that the left value has all of the right one.
func (o overlay) assertContains(left, right any) error {
	ok, err := o.contains(left, right, 0)
	if ok || err != nil {
		return err
	}
	return errors.New("assertion failed: " + o.difference(left, right))
}

// assertVia asks a function, which returns None, a bool, or a bool and a message.
func (o overlay) assertVia(via starlark.Callable, left, right any) error {
	v, err := o.call(via, left, right)
	if err != nil {
		return err
	}
	message := starlark.Value(starlark.None)
	if pair, ok := v.(starlark.Tuple); ok && len(pair) == 2 {
		v, message = pair[0], pair[1]
	}
	text, isText := starlark.AsString(message)
	switch passed := v.(type) {
	case starlark.NoneType:
		if message == starlark.None {
			return nil
		}
	case starlark.Bool:
		switch {
		case !isText && message != starlark.None:
		case bool(passed):
			return nil
		case isText:
			return errors.New("assertion failed: " + text)
		default:
			return fmt.Errorf("assertion failed: %s returned False", via.Name())
		}
	}
	return fmt.Errorf("the function %s of via= returned neither None nor True or False, nor one of these with a message", via.Name())
}

// computed is the value that via makes of both; the right value without via.
func (o overlay) computed(via starlark.Callable, left, right any) (any, error) {
	if via == nil {
		return right, nil
	}
	v, err := o.call(via, left, right)
	if err != nil {
		return nil, err
	}
	value, err := o.toTree(v)
	if err != nil {
		return nil, fmt.Errorf("what %s of via= returned: %w", via.Name(), err)
	}
	return value, nil
}

// each puts one item in the place of each match.
func (o overlay) each(e edit, change func(*node) (*node, error)) error {
	for _, i := range e.matched {
		left := e.parent.children[i]
		item, err := change(left)
		if err != nil {
			return againstLeft(left, err)
		}
		if item.kind == mapItem && item.key != left.key {
			if err := o.checkUnique(e.parent, item.key, i); err != nil {
				return err
			}
		}
		e.parent.children[i] = item
	}
	return nil
}

// rewrite puts any number of items in the place of each match.
func (o overlay) rewrite(e edit, change func(*node) ([]*node, error)) error {
	if len(e.matched) == 0 {
		return nil
	}
	before := e.parent.children
	if err := errors.Join(o.spend(2*pointerCost*(len(before)+2*len(e.matched))), o.look(len(before), e.depth)); err != nil {
		return err
	}
	after := make([]*node, 0, len(before)+2*len(e.matched))
	rest := 0
	for _, i := range e.matched {
		items, err := change(before[i])
		if err != nil {
			return againstLeft(before[i], err)
		}
		after = append(append(after, before[rest:i]...), items...)
		rest = i + 1
	}
	e.parent.children = append(after, before[rest:]...)
	return nil
}

// add puts a new item at the end.
func (o overlay) add(parent, right *node, value any, depth int) error {
	item, err := o.fresh(right, value, depth)
	if err != nil {
		return err
	}
	if item.kind == mapItem {
		if err := o.checkUnique(parent, item.key, -1); err != nil {
			return err
		}
	}
	parent.children = append(parent.children, item)
	return o.spend(2 * pointerCost)
}

// checkUnique refuses a key that another item has: matchers may choose items by anything.
func (o overlay) checkUnique(parent *node, key any, except int) error {
	if err := o.look(len(parent.children), 0); err != nil {
		return err
	}
	i := slices.IndexFunc(parent.children, func(item *node) bool { return item.key == key })
	if i < 0 || i == except {
		return nil
	}
	return fmt.Errorf("the left map would have the key %s twice (hint: it has that key already, or several items matched; let by= choose the item to replace)", quotedKey(key))
}

// fresh makes an item of the result from a right item: without meaning for overlays.
func (o overlay) fresh(right *node, value any, depth int) (*node, error) {
	if n, ok := value.(*node); ok {
		rebuilt, err := o.rebuild(n, depth+1, withoutOverlay)
		if err != nil {
			return nil, err
		}
		value = rebuilt
	}
	annotations, err := withoutOverlay(right)
	if err != nil {
		return nil, err
	}
	return &node{kind: right.kind, line: right.line, key: right.key, value: value, annotations: annotations}, o.node(depth)
}

// with is the item with another value.
func (n *node) with(value any) *node {
	return &node{kind: n.kind, line: n.line, key: n.key, value: value, annotations: n.annotations}
}
