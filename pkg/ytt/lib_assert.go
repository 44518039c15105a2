package ytt

import (
	"errors"
	"fmt"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

func init() {
	modules["assert"] = newModule("assert", map[string]builtinFunc{
		"fail": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var message starlark.Value
			if err := starlark.UnpackPositionalArgs("assert.fail", args, kwargs, 1, &message); err != nil {
				return nil, err
			}
			return fail(m, args, nil)
		},
		"equals":       assertEquals,
		"try_to":       tryTo,
		"min":          bound("min", syntax.GE, "less than"),
		"max":          bound("max", syntax.LE, "more than"),
		"min_len":      lengthBound("min_len", func(have, limit int) bool { return have >= limit }, "at least"),
		"max_len":      lengthBound("max_len", func(have, limit int) bool { return have <= limit }, "at most"),
		"not_null":     notNull,
		"one_not_null": oneNotNull,
		"one_of":       oneOf,
	})
}

// assertEquals compares what is printed of two values.
func assertEquals(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var expected, actual starlark.Value
	if err := starlark.UnpackPositionalArgs("assert.equals", args, kwargs, 2, &expected, &actual); err != nil {
		return nil, err
	}
	want, err := m.yamlOf(expected)
	if err != nil {
		return nil, err
	}
	have, err := m.yamlOf(actual)
	if err != nil {
		return nil, err
	}
	if want == have {
		return starlark.None, nil
	}
	if err := m.text(len(want) + len(have)); err != nil {
		return nil, err
	}
	if !strings.Contains(strings.TrimSuffix(want, "\n"), "\n") && !strings.Contains(strings.TrimSuffix(have, "\n"), "\n") {
		return nil, fmt.Errorf("%q is not equal to %q", strings.TrimSuffix(want, "\n"), strings.TrimSuffix(have, "\n"))
	}
	return nil, fmt.Errorf("the values are not equal\nthe first:\n%s\nthe second:\n%s", want, have)
}

// tryTo calls a function, and gives its result or why it failed. Limits are not caught:
// a template could go on beyond them.
func tryTo(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var f starlark.Callable
	if err := starlark.UnpackPositionalArgs("assert.try_to", args, kwargs, 1, &f); err != nil {
		return nil, err
	}
	height := m.height()
	result, err := starlark.Call(m.thread, f, nil, nil)
	if err == nil {
		return m.keep(starlark.Tuple{result, starlark.None})
	}
	var limit *LimitError
	if errors.As(err, &limit) || m.stopped != nil || m.ctx.Err() != nil {
		return nil, err
	}
	m.cutTo(height)
	message := err.Error()
	return starlark.Tuple{starlark.None, starlark.String(message)}, m.text(len(message))
}

// newRule makes a rule: an object whose check fails when a value breaks it.
func (m *machine) newRule(name string, check func(m *machine, v starlark.Value) error) (starlark.Value, error) {
	function := "assert." + name + ".check"
	return &object{kind: "@ytt:assert.rule", members: starlark.StringDict{
		"check": newBuiltin(function, func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var v starlark.Value
			if err := starlark.UnpackPositionalArgs(function, args, kwargs, 1, &v); err != nil {
				return nil, err
			}
			return starlark.True, check(m, v)
		}),
	}}, m.spend(objectCost)
}

// normal is a value as it is after it was printed and read: what rules compare, so that
// a fragment can be equal to a dict, and 1.0 to 1.
func (m *machine) normal(v starlark.Value) (starlark.Value, error) {
	text, err := m.yamlOf(v)
	if err != nil {
		return nil, err
	}
	return m.decodeYAML(text)
}

// compareNormal compares a normal value with a value that is made so.
func (m *machine) compareNormal(op syntax.Token, v, limit starlark.Value) (bool, error) {
	have, err := m.normal(v)
	if err != nil {
		return false, err
	}
	if err := m.weigh(have, limit); err != nil {
		return false, err
	}
	return starlark.Compare(op, have, limit)
}

func bound(name string, op syntax.Token, broken string) builtinFunc {
	return func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var limit starlark.Value
		if err := starlark.UnpackPositionalArgs("assert."+name, args, kwargs, 1, &limit); err != nil {
			return nil, err
		}
		limit, err := m.normal(limit)
		if err != nil {
			return nil, err
		}
		return m.newRule(name, func(m *machine, v starlark.Value) error {
			ok, err := m.compareNormal(op, v, limit)
			if err != nil || ok {
				return err
			}
			return m.broken(v, broken, limit)
		})
	}
}

// broken tells two values and their relation.
func (m *machine) broken(v starlark.Value, relation string, limit starlark.Value) error {
	have, err := m.repr(v)
	if err != nil {
		return err
	}
	want, err := m.repr(limit)
	if err != nil {
		return err
	}
	return fmt.Errorf("%s is %s %s", have, relation, want)
}

func lengthBound(name string, holds func(have, limit int) bool, relation string) builtinFunc {
	return func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var limit int
		if err := starlark.UnpackPositionalArgs("assert."+name, args, kwargs, 1, &limit); err != nil {
			return nil, err
		}
		return m.newRule(name, func(_ *machine, v starlark.Value) error {
			have := starlark.Len(v)
			if have < 0 {
				return fmt.Errorf("a %s has no length", v.Type())
			}
			if !holds(have, limit) {
				return fmt.Errorf("the length is %d, and must be %s %d", have, relation, limit)
			}
			return nil
		})
	}
}

// isNull says that a value is printed as null.
func isNull(v starlark.Value) bool {
	f, ok := v.(*mapFragment)
	return v == starlark.None || ok && f.n == nil
}

func notNull(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var now starlark.Value
	if err := starlark.UnpackPositionalArgs("assert.not_null", args, kwargs, 0, &now); err != nil {
		return nil, err
	}
	check := func(_ *machine, v starlark.Value) error {
		if isNull(v) {
			return errors.New("the value is null")
		}
		return nil
	}
	if now != nil {
		return starlark.True, check(m, now)
	}
	return m.newRule("not_null", check)
}

func oneNotNull(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var names starlark.Sequence
	if err := starlark.UnpackPositionalArgs("assert.one_not_null", args, kwargs, 0, &names); err != nil {
		return nil, err
	}
	wanted, err := m.strings(names)
	if err != nil {
		return nil, err
	}
	return m.newRule("one_not_null", func(m *machine, v starlark.Value) error {
		of, ok := v.(starlark.IterableMapping)
		if !ok {
			return fmt.Errorf("got %s, want a dict, struct or map", v.Type())
		}
		if err := m.countIterables(starlark.Tuple{v}, dictEntry); err != nil {
			return err
		}
		var given []string
		for _, item := range of.Items() {
			name, _ := starlark.AsString(item[0])
			if !isNull(item[1]) && (names == nil || wanted[name]) {
				given = append(given, name)
			}
		}
		switch len(given) {
		case 0:
			return errors.New("all are null, and one must not be")
		case 1:
			return nil
		}
		return fmt.Errorf("%d are not null, and only one may be: %s", len(given), shorten(strings.Join(given, ", ")))
	})
}

// strings are the elements of a list of strings; none for nil.
func (m *machine) strings(list starlark.Sequence) (map[string]bool, error) {
	if list == nil {
		return nil, nil
	}
	if err := m.entries(list.Len(), dictEntry); err != nil {
		return nil, err
	}
	set := make(map[string]bool, list.Len())
	items := list.Iterate()
	defer items.Done()
	for item := starlark.Value(nil); items.Next(&item); {
		s, ok := starlark.AsString(item)
		if !ok {
			return nil, fmt.Errorf("got a list that has a %s, want strings", item.Type())
		}
		set[s] = true
	}
	return set, nil
}

func oneOf(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(kwargs) > 0 || len(args) == 0 {
		return nil, errors.New("want the values that are allowed, or a list of them")
	}
	allowed := args
	if list, ok := args[0].(starlark.Sequence); ok && len(args) == 1 {
		if err := m.entries(list.Len(), listEntry); err != nil {
			return nil, err
		}
		allowed = nil
		items := list.Iterate()
		defer items.Done()
		for item := starlark.Value(nil); items.Next(&item); {
			allowed = append(allowed, item)
		}
	}
	normal := make(starlark.Tuple, len(allowed))
	for i, v := range allowed {
		var err error
		if normal[i], err = m.normal(v); err != nil {
			return nil, err
		}
	}
	return m.newRule("one_of", func(m *machine, v starlark.Value) error {
		have, err := m.normal(v)
		if err != nil {
			return err
		}
		if err := m.weigh(have, normal); err != nil {
			return err
		}
		for _, other := range normal {
			same, err := starlark.Equal(have, other)
			if err != nil || same {
				return err
			}
		}
		return m.broken(v, "not one of", normal)
	})
}
