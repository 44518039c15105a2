package ytt

import (
	"fmt"
	"strings"
)

// contains says that left has all that want has: the entries of maps, the items of
// arrays from the first on, and the same leaves.
func (o overlay) contains(left, want any, depth int) (bool, error) {
	w, isCollection := want.(*node)
	if !isCollection {
		return o.equal(left, want)
	}
	if err := o.look(1, depth); err != nil {
		return false, err
	}
	l, ok := left.(*node)
	if !ok || l.kind != w.kind || len(w.children) > len(l.children) {
		return false, nil
	}
	for i, item := range w.children {
		at := i
		if w.kind == mapping {
			if at = l.find(item.key); at < 0 {
				return false, nil
			}
		}
		if ok, err := o.contains(l.children[at].value, item.value, depth+2); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// equal compares leaves; a collection equals nothing.
func (o overlay) equal(left, right any) (bool, error) {
	text, _ := right.(string)
	if err := o.look(1+len(text)/64, 0); err != nil {
		return false, err
	}
	if _, isCollection := left.(*node); isCollection {
		return false, nil
	}
	return left == right, nil
}

// difference tells the first thing that want has and left has not.
func (o overlay) difference(left, want any) string {
	var path strings.Builder
	for {
		l, _ := left.(*node)
		w, _ := want.(*node)
		if l == nil || w == nil || l.kind != w.kind {
			return located(&path) + fmt.Sprintf("the left value is %s, the right one %s", leafText(left), leafText(want))
		}
		child := -1
		for i, item := range w.children {
			at := i
			if w.kind == mapping {
				at = l.find(item.key)
			}
			if at < 0 || at >= len(l.children) {
				return "the left " + l.kind.String() + " lacks " + step(&path, w, i)
			}
			if ok, err := o.contains(l.children[at].value, item.value, 0); !ok || err != nil {
				child, left, want = i, l.children[at].value, item.value
				break
			}
		}
		if child < 0 {
			return "the values differ"
		}
		step(&path, w, child)
	}
}

func located(path *strings.Builder) string {
	if path.Len() == 0 {
		return ""
	}
	return "at " + path.String() + " "
}

// step adds the way to a child to a path.
func step(path *strings.Builder, n *node, child int) string {
	if n.kind == mapping {
		fmt.Fprintf(path, ".%v", n.children[child].key)
	} else {
		fmt.Fprintf(path, "[%d]", child)
	}
	return path.String()
}

// leafText shows a leaf in an error.
func leafText(v any) string {
	switch v := v.(type) {
	case *node:
		return "a " + v.kind.String()
	case string:
		if len(v) > 100 {
			return "a longer string"
		}
		return fmt.Sprintf("%q", v)
	case nil:
		return "null"
	}
	return fmt.Sprint(v)
}
