package ytt

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"

	"go.starlark.net/starlark"
)

// structValue is a map as templates see it: data.values, and what struct.make makes
// (spec: ytt §9.2). Values are converted when they are read first, because contexts are
// large and templates read little of them.
type structValue struct {
	names  []string
	values []starlark.Value // nil until it is read
	raw    []any
	index  map[string]int // of a struct with many fields

	// tellsPath says that the struct belongs to data.values: a field that is not there is
	// reported with its path, which leads through the parents.
	tellsPath bool
	parent    *structValue
	name      string
	// exact says that numbers are those of a values file, which went through no JSON.
	exact bool
}

var (
	_ starlark.IterableMapping = (*structValue)(nil)
	_ starlark.HasAttrs        = (*structValue)(nil)
	_ starlark.Sequence        = (*structValue)(nil)
)

// structOf makes a struct of decoded JSON. Fields are in the order of their names.
func structOf(m map[string]any) *structValue {
	s := &structValue{names: slices.Sorted(maps.Keys(m)), values: make([]starlark.Value, len(m)), raw: make([]any, len(m))}
	for i, name := range s.names {
		s.raw[i] = m[name]
	}
	s.buildIndex()
	return s
}

// structOfValues makes a struct of a values file, in its order.
func structOfValues(v *Values) *structValue {
	if v == nil {
		v = &Values{}
	}
	s := &structValue{names: slices.Clone(v.names), values: make([]starlark.Value, len(v.names)), raw: make([]any, len(v.names)), exact: true}
	for i, name := range s.names {
		s.raw[i] = v.values[name]
	}
	s.buildIndex()
	return s
}

// newStruct makes a struct with the given fields.
func newStruct(names []string, values []starlark.Value) *structValue {
	s := &structValue{names: names, values: values}
	s.buildIndex()
	return s
}

func (s *structValue) buildIndex() {
	if len(s.names) <= manyKeys {
		return
	}
	s.index = make(map[string]int, len(s.names))
	for i, name := range s.names {
		s.index[name] = i
	}
}

func (s *structValue) find(name string) int {
	if s.index == nil {
		return slices.Index(s.names, name)
	}
	if i, ok := s.index[name]; ok {
		return i
	}
	return -1
}

func (s *structValue) at(i int) starlark.Value {
	if s.values[i] == nil {
		if s.exact {
			s.values[i] = fromValues(s.raw[i])
		} else {
			s.values[i] = fromGo(s.raw[i])
		}
		if child, ok := s.values[i].(*structValue); ok {
			child.parent, child.name, child.tellsPath = s, s.names[i], s.tellsPath
		}
	}
	return s.values[i]
}

// missing is the error of a field of data.values that is not there.
func (s *structValue) missing(name string, index bool) error {
	path := name
	for of := s; of.parent != nil; of = of.parent {
		path = of.name + "." + path
	}
	return &MissingError{Path: path, field: name, index: index, names: s.names}
}

func (s *structValue) String() string        { return "struct(" + strings.Join(s.names, ", ") + ")" }
func (s *structValue) Type() string          { return "struct" }
func (s *structValue) Freeze()               {} // it can not be changed
func (s *structValue) Truth() starlark.Bool  { return len(s.names) > 0 }
func (s *structValue) Hash() (uint32, error) { return 0, errors.New("unhashable type: struct") }
func (s *structValue) Len() int              { return len(s.names) }

func (s *structValue) Attr(name string) (starlark.Value, error) {
	if i := s.find(name); i >= 0 {
		return s.at(i), nil
	}
	if !s.tellsPath {
		return nil, nil
	}
	return nil, s.missing(name, false)
}

func (s *structValue) AttrNames() []string { return slices.Clone(s.names) }

func (s *structValue) Get(key starlark.Value) (starlark.Value, bool, error) {
	name, ok := starlark.AsString(key)
	if !ok {
		return nil, false, fmt.Errorf("the index of a struct is a string, not %s", key.Type())
	}
	if i := s.find(name); i >= 0 {
		return s.at(i), true, nil
	}
	if !s.tellsPath {
		return nil, false, nil
	}
	return nil, false, s.missing(name, true)
}

func (s *structValue) Items() []starlark.Tuple {
	items := make([]starlark.Tuple, len(s.names))
	for i, name := range s.names {
		items[i] = starlark.Tuple{starlark.String(name), s.at(i)}
	}
	return items
}

func (s *structValue) Iterate() starlark.Iterator {
	keys := make([]starlark.Value, len(s.names))
	for i, name := range s.names {
		keys[i] = starlark.String(name)
	}
	return starlark.NewList(keys).Iterate()
}

// fromGo converts decoded JSON: maps to structs, numbers as they arrive when the JSON is
// read by YAML 1.1 (spec: ytt §1.1). A func() any is called for its value.
func fromGo(v any) starlark.Value {
	switch v := v.(type) {
	case nil:
		return starlark.None
	case bool:
		return starlark.Bool(v)
	case string:
		return starlark.String(v)
	case float64:
		return jsonNumber(v)
	case int64:
		if v > 1<<53 || v < -(1<<53) {
			return jsonNumber(float64(v)) // numbers pass through float64
		}
		return starlark.MakeInt64(v)
	case int:
		return fromGo(int64(v))
	case uint64:
		return jsonNumber(float64(v))
	case map[string]any:
		return structOf(v)
	case []any:
		items := make([]starlark.Value, len(v))
		for i, item := range v {
			items[i] = fromGo(item)
		}
		return starlark.NewList(items)
	case func() any:
		return fromGo(v())
	}
	return unknownValue{v}
}

// fromValues converts a part of a values file, whose types are settled.
func fromValues(v any) starlark.Value {
	switch v := v.(type) {
	case *Values:
		return structOfValues(v)
	case []any:
		items := make([]starlark.Value, len(v))
		for i, item := range v {
			items[i] = fromValues(item)
		}
		return starlark.NewList(items)
	}
	return fromScalar(v)
}

func jsonNumber(f float64) starlark.Value {
	if f != math.Trunc(f) || math.Abs(f) >= 1e21 {
		return starlark.Float(f)
	}
	i, _ := big.NewFloat(f).Int(nil)
	if i.IsInt64() || i.IsUint64() {
		return starlark.MakeBigInt(i)
	}
	return starlark.Float(f)
}

// unknownValue is a value of the caller that is no decoded JSON: it fails when a
// template uses it.
type unknownValue struct{ of any }

func (u unknownValue) String() string       { return fmt.Sprintf("<%T>", u.of) }
func (u unknownValue) Type() string         { return fmt.Sprintf("%T", u.of) }
func (u unknownValue) Freeze()              {}
func (u unknownValue) Truth() starlark.Bool { return true }
func (u unknownValue) Hash() (uint32, error) {
	return 0, fmt.Errorf("unhashable type: %s", u.Type())
}

// fromScalar converts a scalar of a tree.
func fromScalar(v any) starlark.Value {
	switch v := v.(type) {
	case int64:
		return starlark.MakeInt64(v)
	case uint64:
		return starlark.MakeUint64(v)
	case float64:
		return starlark.Float(v)
	case string:
		return starlark.String(v)
	case bool:
		return starlark.Bool(v)
	}
	return starlark.None
}

// fromTree converts a value of a tree: collections that YAML made are shown as
// fragments, those that came from an expression as dicts and lists.
func (m *meter) fromTree(v any) (starlark.Value, error) {
	n, ok := v.(*node)
	switch {
	case !ok:
		return fromScalar(v), nil
	case !n.computed:
		return m.newFragment(n), nil
	}
	m.convert()
	return m.plain(n, 0)
}

// plain converts a tree to dicts and lists all the way down.
func (m *meter) plain(v any, depth int) (starlark.Value, error) {
	n, ok := v.(*node)
	if !ok {
		return fromScalar(v), nil
	}
	if err := m.node(depth); err != nil {
		return nil, err
	}
	if n.kind != mapping {
		list := make([]starlark.Value, len(n.children))
		for i, item := range n.children {
			if err := m.leaf(item.value, depth); err != nil {
				return nil, err
			}
			value, err := m.plain(item.value, depth+2)
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return starlark.NewList(list), nil
	}
	dict := starlark.NewDict(len(n.children))
	for _, item := range n.children {
		if err := m.leaf(item.value, depth); err != nil {
			return nil, err
		}
		value, err := m.plain(item.value, depth+2)
		if err != nil {
			return nil, err
		}
		if err := dict.SetKey(fromScalar(item.key), value); err != nil {
			return nil, err
		}
	}
	return dict, nil
}

// toTree converts a value of the program (spec: ytt §9.1).
func (m *meter) toTree(v starlark.Value) (any, error) {
	m.convert()
	return m.toTreeAt(v, 0)
}

func (m *meter) toTreeAt(v starlark.Value, depth int) (any, error) {
	switch v := v.(type) {
	case starlark.NoneType, starlark.Bool, starlark.String, starlark.Float, starlark.Int:
		return scalarOf(v)
	case *mapFragment:
		if v.n == nil {
			return nil, nil
		}
		return v.n, nil
	case *listFragment:
		if v.n.kind == documentSet {
			return nil, errors.New("a document set is no value (hint: yaml.encode makes a string of it, template.replace puts its documents here)")
		}
		return v.n, nil
	case *starlark.Dict, *structValue:
		return m.treeOfMap(v.(starlark.IterableMapping), depth)
	case *starlark.List, starlark.Tuple, *starlark.Set:
		return m.treeOfList(v.(starlark.Iterable), depth)
	}
	switch t := v.Type(); {
	case t == "range":
		return m.treeOfList(v.(starlark.Iterable), depth)
	case hasText(v):
		return nil, fmt.Errorf("a value of type %s is no YAML value (hint: call its .string())", t)
	default:
		return nil, fmt.Errorf("a value of type %s is no YAML value", t)
	}
}

// hasText says that a value of the library tells its text.
func hasText(v starlark.Value) bool {
	o, ok := v.(*object)
	return ok && o.members["string"] != nil
}

// scalarOf converts a scalar, for a tree.
func scalarOf(v starlark.Value) (any, error) {
	switch v := v.(type) {
	case starlark.Bool:
		return bool(v), nil
	case starlark.String:
		return string(v), nil
	case starlark.Float:
		return float64(v), nil
	case starlark.Int:
		if i, ok := v.Int64(); ok {
			return i, nil
		}
		if u, ok := v.Uint64(); ok {
			return u, nil
		}
		return nil, errors.New("integer out of range: YAML takes 64 bits")
	}
	return nil, nil
}

func (m *meter) treeOfMap(v starlark.IterableMapping, depth int) (*node, error) {
	if err := m.node(depth); err != nil {
		return nil, err
	}
	n := &node{kind: mapping, computed: true}
	items := v.Items()
	n.children = make([]*node, 0, len(items))
	for _, pair := range items {
		key, err := m.toTreeAt(pair[0], depth+1)
		if err != nil {
			return nil, err
		}
		if _, ok := key.(*node); ok {
			return nil, fmt.Errorf("a map key must be a scalar, not a %s", pair[0].Type())
		}
		value, err := m.toTreeAt(pair[1], depth+2)
		if err != nil {
			return nil, err
		}
		if err := m.node(depth); err != nil {
			return nil, err
		}
		n.add(&node{kind: mapItem, key: key, value: value})
	}
	return n, nil
}

func (m *meter) treeOfList(v starlark.Iterable, depth int) (*node, error) {
	if err := m.node(depth); err != nil {
		return nil, err
	}
	n := &node{kind: sequence, computed: true}
	items := v.Iterate()
	defer items.Done()
	for item := starlark.Value(nil); items.Next(&item); {
		value, err := m.toTreeAt(item, depth+2)
		if err != nil {
			return nil, err
		}
		if err := m.node(depth); err != nil {
			return nil, err
		}
		n.add(&node{kind: sequenceItem, value: value})
	}
	return n, nil
}
