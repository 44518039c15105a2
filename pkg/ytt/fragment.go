package ytt

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// fragment is YAML that a function built (spec: ytt §9.3). It may be shared; whoever
// edits works on a copy.
type fragment struct {
	m *meter
	n *node
}

// mapFragment is a map, or nothing at all when n is nil.
type mapFragment struct{ fragment }

// listFragment is an array or a document set.
type listFragment struct{ fragment }

var (
	_ starlark.IterableMapping = (*mapFragment)(nil)
	_ starlark.Sequence        = (*mapFragment)(nil)
	_ starlark.Mapping         = (*listFragment)(nil)
	_ starlark.Sequence        = (*listFragment)(nil)
	_ starlark.Comparable      = (*listFragment)(nil)
)

// newFragment shows a map, array or document set; nothing for nil.
func (m *meter) newFragment(n *node) starlark.Value {
	if n == nil || n.kind == mapping {
		return &mapFragment{fragment{m, n}}
	}
	return &listFragment{fragment{m, n}}
}

func (f fragment) children() []*node {
	if f.n == nil {
		return nil
	}
	return f.n.children
}

func (f fragment) String() string {
	if f.n == nil {
		return "yamlfragment()"
	}
	return fmt.Sprintf("yamlfragment(%s of %d)", f.n.kind, len(f.n.children))
}
func (f fragment) Type() string          { return "yamlfragment" }
func (f fragment) Freeze()               {} // it can not be changed
func (f fragment) Truth() starlark.Bool  { return len(f.children()) > 0 }
func (f fragment) Hash() (uint32, error) { return 0, errors.New("unhashable type: yamlfragment") }
func (f fragment) Len() int              { return len(f.children()) }

func (f fragment) CompareSameType(op syntax.Token, _ starlark.Value, _ int) (bool, error) {
	return false, fmt.Errorf("yamlfragment %s yamlfragment not implemented (hint: compare their parts, or yaml.encode of both)", op)
}

// show is fromTree where the interpreter takes no error: the program is stopped.
func (f fragment) show(v any) starlark.Value {
	value, err := f.m.fromTree(v)
	if err != nil {
		f.m.stop(err)
		return starlark.None
	}
	return value
}

func (f *mapFragment) Get(key starlark.Value) (starlark.Value, bool, error) {
	if f.n == nil {
		return nil, false, nil
	}
	scalar, err := keyOf(key)
	if err != nil {
		return nil, false, err
	}
	i := f.n.find(scalar)
	if i < 0 {
		return nil, false, nil
	}
	value, err := f.m.fromTree(f.n.children[i].value)
	return value, err == nil, err
}

// keyOf is the key of a map item that code names.
func keyOf(key starlark.Value) (any, error) {
	switch key := key.(type) {
	case starlark.String, starlark.Int, starlark.Bool, starlark.Float, starlark.NoneType:
		return scalarOf(key)
	}
	return nil, fmt.Errorf("the key of a yamlfragment is a scalar, not %s", key.Type())
}

func (f *mapFragment) Items() []starlark.Tuple {
	items := make([]starlark.Tuple, len(f.children()))
	for i, item := range f.children() {
		items[i] = starlark.Tuple{fromScalar(item.key), f.show(item.value)}
	}
	return items
}

func (f *mapFragment) Iterate() starlark.Iterator {
	keys := make([]starlark.Value, len(f.children()))
	for i, item := range f.children() {
		keys[i] = fromScalar(item.key)
	}
	return starlark.NewList(keys).Iterate()
}

func (f *listFragment) Get(key starlark.Value) (starlark.Value, bool, error) {
	i, err := starlark.AsInt32(key)
	if err != nil {
		return nil, false, fmt.Errorf("the index of a yamlfragment (%s) is an int, not %s", f.n.kind, key.Type())
	}
	if i < 0 || i >= len(f.n.children) {
		return nil, false, nil
	}
	value, err := f.m.fromTree(f.n.children[i].value)
	return value, err == nil, err
}

func (f *listFragment) Iterate() starlark.Iterator {
	values := make([]starlark.Value, len(f.n.children))
	for i, item := range f.n.children {
		values[i] = f.show(item.value)
	}
	return starlark.NewList(values).Iterate()
}
