package ytt

import (
	"errors"
	"strings"

	"go.starlark.net/starlark"
)

// machineKey finds the machine of a thread.
const machineKey = "ytt"

func machineOf(thread *starlark.Thread) *machine { return thread.Local(machineKey).(*machine) }

// predeclared are the names of a program: the calls that the compiler writes, the guards
// of operators, and functions of the universe that differ from those of go.starlark.net.
// They are the same for all programs; the machine comes with the thread.
var predeclared = starlark.StringDict{}

// machineCalls are the calls that the emitter and the rewriter write.
var machineCalls = map[string]builtinFunc{
	"start": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, m.start(index(args))
	},
	"lit": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		m.top().current().value = m.template.nodes[index(args)].value
		return starlark.None, nil
	},
	"set": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, m.set(args[1])
	},
	"alias": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, m.alias(index(args[1:]))
	},
	"args": func(_ *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		return arguments{args: args, kwargs: kwargs}, nil
	},
	"ann": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		a := args[2].(arguments)
		b := m.top()
		b.annotations = append(b.annotations, pendingAnnotation{index(args), annotation{m.template.names[index(args[1:])], a.args, a.kwargs}})
		return starlark.None, nil
	},
	"tkey": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		b := m.top()
		b.keys = append(b.keys, pendingKey{index(args), string(args[1].(starlark.String))})
		return starlark.None, nil
	},
	"ybegin": func(m *machine, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		m.begin()
		return starlark.None, nil
	},
	"ydone": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		root := m.done()
		if len(args) == 1 {
			return args[0], nil
		}
		return m.newFragment(root), nil
	},
	"tbegin": func(m *machine, _ starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		m.texts = append(m.texts, &strings.Builder{})
		return starlark.None, nil
	},
	"tlit": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, m.write(m.template.texts[index(args)])
	},
	"tout": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		s, ok := starlark.AsString(args[0])
		if !ok {
			return nil, errors.New("text template: a string is expected here, not " + args[0].Type() + " (hint: write str(...))")
		}
		return starlark.None, m.write(s)
	},
	"tdone": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		s := m.texts[len(m.texts)-1].String()
		m.texts = m.texts[:len(m.texts)-1]
		if len(args) == 1 {
			return args[0], nil
		}
		return starlark.String(s), nil
	},
	"load": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		name := string(args[0].(starlark.String))
		if name == "data" {
			return m.data, nil
		}
		return modules[name], nil
	},
}

func init() { declare(machineCalls) }

// declare makes calls known to programs, under names that templates can not use.
func declare(calls map[string]builtinFunc) {
	for name, call := range calls {
		predeclared[prefix+name] = starlark.NewBuiltin(prefix+name, func(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			m := machineOf(thread)
			v, err := call(m, args, kwargs)
			return v, m.noted(err)
		})
	}
}

// index is the first argument of a call that the compiler wrote: a small number.
func index(args starlark.Tuple) int {
	i, _ := args[0].(starlark.Int).Int64()
	return int(i)
}

// write adds to the text that is being built.
func (m *machine) write(s string) error {
	b := m.texts[len(m.texts)-1]
	if err := m.text(len(s)); err != nil {
		return err
	}
	if b.Len()+len(s) > m.limits.String {
		return m.text(b.Len() + len(s))
	}
	b.WriteString(s)
	return nil
}

// arguments of an annotation.
type arguments struct {
	starlark.NoneType
	args   starlark.Tuple
	kwargs []starlark.Tuple
}
