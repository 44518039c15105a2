package ytt

import (
	"fmt"
	"maps"
	"slices"

	"go.starlark.net/starlark"
)

// object is a value of the library that has fields and methods: an address, a rule of
// assert. It can not be changed, and is equal to itself only.
type object struct {
	kind    string // its type, @ytt:MODULE.NAME
	members starlark.StringDict
}

var _ starlark.HasAttrs = (*object)(nil)

// objectCost is what an object takes in memory, roughly: its methods are made with it.
const objectCost = 1 << 10

func (o *object) String() string                           { return "<" + o.kind + ">" }
func (o *object) Type() string                             { return o.kind }
func (o *object) Freeze()                                  {} // it can not be changed
func (o *object) Truth() starlark.Bool                     { return true }
func (o *object) Hash() (uint32, error)                    { return 0, fmt.Errorf("unhashable type: %s", o.kind) }
func (o *object) Attr(name string) (starlark.Value, error) { return o.members[name], nil }
func (o *object) AttrNames() []string                      { return slices.Sorted(maps.Keys(o.members)) }

// method makes a method that takes no arguments.
func method(name string, f func(m *machine) (starlark.Value, error)) *starlark.Builtin {
	return newBuiltin(name, func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if err := starlark.UnpackPositionalArgs(name, args, kwargs, 0); err != nil {
			return nil, err
		}
		return f(m)
	})
}

// textMethod makes a method that gives a text.
func textMethod(name, text string) *starlark.Builtin {
	return method(name, func(*machine) (starlark.Value, error) { return starlark.String(text), nil })
}

// boolMethod makes a method that gives a truth value.
func boolMethod(name string, truth bool) *starlark.Builtin {
	return method(name, func(*machine) (starlark.Value, error) { return starlark.Bool(truth), nil })
}

// parseable refuses a text that is too long to be parsed.
func (m *meter) parseable(s string) error {
	if len(s) > m.limits.Input {
		return exceeds("size of a text that is parsed", fmt.Sprintf("%d bytes", m.limits.Input), "")
	}
	return nil
}
