package ytt

import (
	"errors"
	"fmt"

	"go.starlark.net/starlark"
)

func init() {
	modules["struct"] = newModule("struct", map[string]builtinFunc{
		"encode": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var v starlark.Value
			if err := starlark.UnpackPositionalArgs("struct.encode", args, kwargs, 1, &v); err != nil {
				return nil, err
			}
			m.convert()
			return m.toStructs(v, 0)
		},
		"decode": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var v starlark.Value
			if err := starlark.UnpackPositionalArgs("struct.decode", args, kwargs, 1, &v); err != nil {
				return nil, err
			}
			tree, err := m.toTree(v)
			if err != nil {
				return nil, err
			}
			m.convert()
			return m.plain(tree, 0)
		},
		"make": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			if len(args) > 0 {
				return nil, errors.New("got positional arguments, want keywords: struct.make(name=value)")
			}
			return m.makeStruct(kwargs, nil)
		},
		"bind": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			if len(args) == 0 || len(kwargs) > 0 {
				return nil, errors.New("want a function and the values of its first arguments")
			}
			f, ok := args[0].(starlark.Callable)
			if !ok {
				return nil, fmt.Errorf("got %s, want a function", args[0].Type())
			}
			return m.bind(f, args[1:])
		},
		"make_and_bind": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			if len(args) != 1 {
				return nil, errors.New("want one object, and keywords: struct.make_and_bind(obj, name=function)")
			}
			return m.makeStruct(kwargs, args)
		},
	})
}

// makeStruct makes a struct of keywords; functions are bound to obj, if there is one.
func (m *machine) makeStruct(kwargs []starlark.Tuple, obj starlark.Tuple) (starlark.Value, error) {
	if err := m.entries(len(kwargs), dictEntry); err != nil {
		return nil, err
	}
	names, values := make([]string, len(kwargs)), make([]starlark.Value, len(kwargs))
	for i, pair := range kwargs {
		names[i], values[i] = string(pair[0].(starlark.String)), pair[1]
		if f, ok := pair[1].(starlark.Callable); ok && len(obj) > 0 {
			var err error
			if values[i], err = m.bind(f, obj); err != nil {
				return nil, err
			}
		}
	}
	return newStruct(names, values), nil
}

// bind makes a function with its first arguments given.
func (m *machine) bind(f starlark.Callable, first starlark.Tuple) (starlark.Value, error) {
	if err := m.entries(len(first), listEntry); err != nil {
		return nil, err
	}
	return starlark.NewBuiltin(f.Name(), func(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		// A function bound again and again calls itself in Go, without a step of the
		// interpreter that would notice the depth.
		if thread.CallStackDepth() > m.limits.CallDepth {
			return nil, exceeds("depth of calls", m.limits.CallDepth, "")
		}
		if err := m.entries(len(first)+len(args), listEntry); err != nil {
			return nil, err
		}
		return machineOf(thread).invoke(f, append(append(starlark.Tuple{}, first...), args...), kwargs)
	}), nil
}

// toStructs converts dicts to structs, all the way down.
func (m *machine) toStructs(v starlark.Value, depth int) (starlark.Value, error) {
	if err := m.node(depth); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case *starlark.List, starlark.Tuple, *listFragment:
		items := v.(starlark.Iterable).Iterate()
		defer items.Done()
		var list []starlark.Value
		for item := starlark.Value(nil); items.Next(&item); {
			converted, err := m.toStructs(item, depth+2)
			if err != nil {
				return nil, err
			}
			list = append(list, converted)
		}
		return starlark.NewList(list), nil
	case *starlark.Dict, *mapFragment, *structValue:
		if f, ok := v.(*mapFragment); ok && f.n == nil {
			return starlark.None, nil
		}
		var names []string
		var values []starlark.Value
		for _, pair := range v.(starlark.IterableMapping).Items() {
			name, ok := starlark.AsString(pair[0])
			if !ok {
				return nil, fmt.Errorf("a key is a %s, and the fields of a struct have names (hint: write str(...))", pair[0].Type())
			}
			converted, err := m.toStructs(pair[1], depth+2)
			if err != nil {
				return nil, err
			}
			names, values = append(names, name), append(values, converted)
		}
		return newStruct(names, values), nil
	}
	return v, nil
}
