package ytt

import (
	"errors"
	"fmt"
	"strings"

	"go.starlark.net/starlark"
)

// guardedMethods may take much time or memory in one call.
var guardedMethods = map[string]bool{
	// strings
	"join": true, "replace": true, "format": true, "split": true, "rsplit": true, "splitlines": true,
	"upper": true, "lower": true, "title": true, "capitalize": true,
	// lists
	"append": true, "extend": true, "insert": true, "index": true, "remove": true,
	// dicts and sets
	"update": true, "setdefault": true, "items": true, "keys": true, "values": true, "popitem": true, "add": true,
	"union": true, "intersection": true, "difference": true, "symmetric_difference": true,
	"issubset": true, "issuperset": true,
}

// isGuarded says that the methods of a value have guards.
func isGuarded(x starlark.Value) bool {
	switch x.(type) {
	case starlark.String, *starlark.List, *starlark.Dict, *starlark.Set:
		return true
	}
	return false
}

// callMethod is x.name(...), of a name that is that of a guarded method.
func (m *machine) callMethod(x starlark.Value, name string, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	method, err := attribute(x, name)
	if err != nil {
		return nil, err
	}
	if !isGuarded(x) {
		return starlark.Call(m.thread, method, args, kwargs)
	}
	return m.callGuarded(x, method.(*starlark.Builtin), args, kwargs)
}

func (m *machine) callGuarded(x starlark.Value, method *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if x, ok := x.(*starlark.Dict); ok && method.Name() == "update" {
		return starlark.None, m.update(x, "update", args, kwargs)
	}
	args, err := m.beforeMethod(x, method.Name(), args, kwargs)
	if err != nil {
		return nil, err
	}
	result, err := method.CallInternal(m.thread, args, kwargs)
	if err != nil {
		return nil, err
	}
	if _, err := m.keep(result); err != nil {
		return nil, err
	}
	return result, m.weighElements(result)
}

// attr is x.name, of a name that is that of a guarded method.
func (m *machine) attr(x starlark.Value, name string) (starlark.Value, error) {
	method, err := attribute(x, name)
	if err != nil || !guardedMethods[name] || !isGuarded(x) {
		return method, err
	}
	builtin := method.(*starlark.Builtin)
	guarded := func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		v, err := m.callGuarded(x, builtin, args, kwargs)
		return v, m.noted(err)
	}
	return starlark.NewBuiltin(name, guarded).BindReceiver(x), m.spend(nodeCost)
}

// attribute is x.name as the interpreter finds it.
func attribute(x starlark.Value, name string) (starlark.Value, error) {
	if of, ok := x.(starlark.HasAttrs); ok {
		if value, err := of.Attr(name); value != nil || err != nil {
			return value, err
		}
	}
	return nil, fmt.Errorf("%s has no .%s field or method", x.Type(), name)
}

// beforeMethod counts what a method is about to make, and gives the arguments for it.
func (m *machine) beforeMethod(x starlark.Value, name string, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Tuple, error) {
	switch x := x.(type) {
	case starlark.String:
		return m.beforeText(string(x), name, args, kwargs)
	case *starlark.List:
		switch name {
		case "append", "insert":
			if x.Len() >= m.limits.Entries {
				return nil, m.entries(x.Len()+1, listEntry)
			}
			more := listEntry
			if len(args) > 0 {
				more += held(args[len(args)-1])
			}
			return args, m.spend(more)
		case "extend":
			if len(args) == 1 {
				return args, m.extended(x, args[0])
			}
		case "index", "remove":
			return args, m.weigh(append(starlark.Tuple{x}, args...)...)
		}
	case *starlark.Dict:
		switch name {
		case "items":
			return args, m.entries(x.Len(), 2*dictEntry)
		case "keys", "values":
			return args, m.entries(x.Len(), listEntry)
		case "setdefault":
			more := dictEntry
			for _, arg := range args {
				more += held(arg)
			}
			return args, errors.Join(m.spend(more), m.beforeInsert(x, x.Len()))
		}
		return args, nil
	case *starlark.Set:
		switch name {
		case "add":
			return args, errors.Join(m.spend(dictEntry), m.beforeInsert(x, x.Len()))
		case "remove":
			return args, nil
		}
		all := append(starlark.Tuple{x}, args...)
		return args, errors.Join(m.countIterables(all, dictEntry), m.weigh(all...), m.hashable(args))
	}
	return args, m.countIterables(args, listEntry)
}

func (m *machine) beforeText(s, name string, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Tuple, error) {
	argument := func(i int) string {
		if i < len(args) {
			text, _ := starlark.AsString(args[i])
			return text
		}
		return ""
	}
	switch name {
	case "join":
		return args, m.beforeJoin(s, args)
	case "replace":
		if growth := len(argument(1)) - len(argument(0)); growth > 0 {
			return args, m.fits(len(s) + strings.Count(s, argument(0))*growth)
		}
	case "split", "rsplit":
		return args, m.entries(parts(s, argument(0)), 2*listEntry)
	case "splitlines":
		return args, m.entries(strings.Count(s, "\n")+strings.Count(s, "\r")+1, 2*listEntry)
	case "format":
		return m.beforeFormat(s, args, kwargs)
	case "upper", "lower", "title", "capitalize":
		return args, m.fits(len(s))
	}
	return args, nil
}

// parts is how many parts a text has between separators; white space if there is none.
func parts(s, sep string) int {
	if sep != "" {
		return strings.Count(s, sep) + 1
	}
	words, isBlank := 0, true
	for i := range len(s) {
		wasBlank := isBlank
		if isBlank = s[i] == ' ' || s[i] >= '\t' && s[i] <= '\r' || s[i] >= 0x80; wasBlank || s[i] >= 0x80 {
			words++
		}
	}
	return min(words, len(s)/2+1)
}

func (m *machine) beforeJoin(sep string, args starlark.Tuple) error {
	if len(args) != 1 {
		return nil // the method complains
	}
	total := 0
	list, ok := args[0].(starlark.Iterable)
	if !ok {
		return nil
	}
	if err := m.countIterables(args, 0); err != nil {
		return err
	}
	items := list.Iterate()
	defer items.Done()
	for item := starlark.Value(nil); items.Next(&item); {
		if s, ok := item.(starlark.String); ok {
			total += len(s)
		}
		if total += len(sep); total > m.limits.String+len(sep) {
			return m.text(total)
		}
	}
	return nil // the result is counted when it is there
}
