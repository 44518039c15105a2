package ytt

import (
	"fmt"
	"slices"
	"strings"
)

// Values are data values in the order in which they were written: a values file (spec:
// ytt §1.1).
type Values struct {
	names  []string
	values map[string]any // nested maps are *Values
}

// ReadValues reads a values file: one YAML map, plain, with the types of YAML 1.1. name is
// that of the file, for errors.
func ReadValues(name string, src []byte) (values *Values, err error) {
	t := newText(name, strings.TrimPrefix(string(src), "\ufeff"))
	defer t.recovered("reading values", &err)
	set, _, err := read(t)
	if err != nil {
		return nil, err
	}
	var found []*node
	for _, d := range set.children {
		if d.value != nil {
			found = append(found, d)
		}
	}
	if len(found) == 0 {
		return &Values{}, nil
	}
	if len(found) > 1 {
		return nil, t.fail(found[1].line, "a second document begins here; a values file has one")
	}
	m, ok := found[0].value.(*node)
	if !ok || m.kind != mapping {
		return nil, t.fail(max(found[0].line, 1), "a values file is a map")
	}
	return valuesOf(t, m)
}

func valuesOf(t *text, m *node) (*Values, error) {
	v := &Values{values: make(map[string]any, len(m.children))}
	for _, item := range m.children {
		key, ok := item.key.(string)
		if !ok {
			return nil, t.fail(item.line, "the key %v is no string, as YAML 1.1 reads it; put it in quotes", item.key)
		}
		if _, again := v.values[key]; again {
			return nil, t.fail(item.line, "duplicate key %s", quotedKey(key))
		}
		value, err := dataOf(t, item.value)
		if err != nil {
			return nil, err
		}
		v.set(key, value)
	}
	return v, nil
}

// dataOf converts a tree to what fromGo takes.
func dataOf(t *text, value any) (any, error) {
	n, ok := value.(*node)
	switch {
	case !ok:
		return value, nil
	case n.kind == mapping:
		return valuesOf(t, n)
	}
	list := make([]any, len(n.children))
	for i, item := range n.children {
		var err error
		if list[i], err = dataOf(t, item.value); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (v *Values) set(name string, value any) {
	if v.values == nil {
		v.values = map[string]any{}
	}
	if _, known := v.values[name]; !known {
		v.names = append(v.names, name)
	}
	v.values[name] = value
}

// Merge adds values: maps are merged all the way down, other values replace what is there.
func (v *Values) Merge(other *Values) {
	for _, name := range other.names {
		value := other.values[name]
		below, isMap := v.values[name].(*Values)
		if more, ok := value.(*Values); ok && isMap {
			below.Merge(more)
			continue
		}
		v.set(name, value)
	}
}

// Set gives the field at a path of names with dots between them a value in YAML. It
// replaces what is there. A dot after a backslash belongs to the name.
func (v *Values) Set(path, yaml string) (err error) {
	t := newText("value", yaml)
	defer t.recovered("reading a value", &err)
	set, _, err := read(t)
	if err != nil {
		return err
	}
	if len(set.children) != 1 {
		return t.fail(1, "a value is one document")
	}
	value, err := dataOf(t, set.children[0].value)
	if err != nil {
		return err
	}
	names := strings.Split(strings.ReplaceAll(path, `\.`, "\x00"), ".")
	for i := range names {
		names[i] = strings.ReplaceAll(names[i], "\x00", ".")
	}
	if slices.Contains(names, "") {
		return fmt.Errorf("%q is no path: names with dots between them", path)
	}
	for _, name := range names[:len(names)-1] {
		below, ok := v.values[name].(*Values)
		if !ok {
			below = &Values{}
			v.set(name, below)
		}
		v = below
	}
	v.set(names[len(names)-1], value)
	return nil
}

// Object gives the values as maps without an order.
func (v *Values) Object() map[string]any {
	m := make(map[string]any, len(v.names))
	for name, value := range v.values {
		m[name] = withoutOrder(value)
	}
	return m
}

func withoutOrder(value any) any {
	switch v := value.(type) {
	case *Values:
		return v.Object()
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = withoutOrder(item)
		}
		return list
	}
	return value
}
