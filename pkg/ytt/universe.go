package ytt

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// builtinFunc is a function of the language that is written in Go.
type builtinFunc func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error)

// newBuiltin makes a function whose errors name it.
func newBuiltin(name string, f builtinFunc) *starlark.Builtin {
	return starlark.NewBuiltin(name, func(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		m := machineOf(thread)
		v, err := f(m, args, kwargs)
		return v, m.noted(named(name, err))
	})
}

// named puts the name of a function before an error, unless the error comes from code of
// the template that the function called, is a limit, or names it already.
func named(name string, err error) error {
	if err == nil {
		return nil
	}
	var inner *starlark.EvalError
	var limit *LimitError
	var failed failure
	if errors.As(err, &inner) || errors.As(err, &limit) || errors.As(err, &failed) || strings.HasPrefix(err.Error(), name+":") {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// failure is what fail and assert.fail say.
type failure struct{ message string }

func (f failure) Error() string { return "fail: " + f.message }

func init() {
	for name, f := range map[string]builtinFunc{
		"str": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var x starlark.Value
			if err := starlark.UnpackPositionalArgs("str", args, kwargs, 1, &x); err != nil {
				return nil, err
			}
			s, err := m.str(x)
			return starlark.String(s), err
		},
		"repr": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var x starlark.Value
			if err := starlark.UnpackPositionalArgs("repr", args, kwargs, 1, &x); err != nil {
				return nil, err
			}
			s, err := m.repr(x)
			return starlark.String(s), err
		},
		"print":   printText,
		"fail":    fail,
		"getattr": getattr,
		"hasattr": hasattr,
		"int":     short("int"),
		"float":   short("float"),
		"any":     copying("any", 0),
		"all":     copying("all", 0),
		"bytes":   copying("bytes", 1),
		"list":    copying("list", listEntry),
		"tuple":   copying("tuple", listEntry),
		"set":     makeSet,
		"dict":    makeDict,
		"dir":     names,

		"reversed":  copying("reversed", listEntry),
		"enumerate": copying("enumerate", dictEntry),
		"zip":       copying("zip", dictEntry),
		"sorted":    sorted,
		"min":       extreme("min", syntax.LT),
		"max":       extreme("max", syntax.GT),
	} {
		predeclared[name] = newBuiltin(name, f)
	}
}

// original calls the function of go.starlark.net.
func (m *machine) original(name string, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	return starlark.Universe[name].(*starlark.Builtin).CallInternal(m.thread, args, kwargs)
}

// copying guards a function that goes through all elements of its arguments.
func copying(name string, each int) builtinFunc {
	return func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if err := m.countIterables(args, each); err != nil {
			return nil, err
		}
		v, err := m.original(name, args, kwargs)
		if err != nil {
			return nil, err
		}
		if t, ok := v.(starlark.Tuple); ok {
			return v, m.weighTuple(t)
		}
		return v, m.weighElements(v)
	}
}

func makeSet(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var from starlark.Iterable
	if err := starlark.UnpackPositionalArgs("set", args, kwargs, 0, &from); err != nil {
		return nil, err
	}
	return m.makeSet(from)
}

func makeDict(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	d := new(starlark.Dict)
	if _, err := m.keep(d); err != nil {
		return nil, err
	}
	return d, m.update(d, "dict", args, kwargs)
}

// names is dir().
func names(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	v, err := m.original("dir", args, kwargs)
	if err != nil {
		return nil, err
	}
	return m.keep(v)
}

// sorted can be interrupted, which that of go.starlark.net can not.
func sorted(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var from starlark.Iterable
	var key starlark.Callable
	var reverse bool
	if err := starlark.UnpackArgs("sorted", args, kwargs, "iterable", &from, "key?", &key, "reverse?", &reverse); err != nil {
		return nil, err
	}
	items, err := m.keyed(from, key)
	if err != nil {
		return nil, err
	}
	op := syntax.LT
	if reverse {
		op = syntax.GT
	}
	compared := 0
	slices.SortStableFunc(items, func(a, b keyedValue) int {
		if compared++; compared%1024 == 0 && err == nil && m.ctx.Err() != nil {
			err = m.outOfTime()
		}
		for i, pair := range [...][2]starlark.Value{{a.key, b.key}, {b.key, a.key}} {
			if err != nil {
				break
			}
			var isLess bool
			if isLess, err = starlark.Compare(op, pair[0], pair[1]); isLess {
				return 2*i - 1
			}
		}
		return 0
	})
	if err != nil {
		return nil, err
	}
	values := make([]starlark.Value, len(items))
	for i, item := range items {
		values[i] = item.value
	}
	return starlark.NewList(values), nil
}

// extreme is min or max.
func extreme(name string, op syntax.Token) builtinFunc {
	return func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var key starlark.Callable
		if err := starlark.UnpackArgs(name, nil, kwargs, "key?", &key); err != nil {
			return nil, err
		}
		var from starlark.Iterable = args
		if len(args) == 1 {
			one, ok := args[0].(starlark.Iterable)
			if !ok {
				return nil, fmt.Errorf("%s value is not iterable", args[0].Type())
			}
			from = one
		}
		items, err := m.keyed(from, key)
		if err != nil {
			return nil, err
		}
		if len(items) == 0 {
			return nil, errors.New("argument is an empty sequence")
		}
		best := items[0]
		for _, item := range items[1:] {
			isBetter, err := starlark.Compare(op, item.key, best.key)
			if err != nil {
				return nil, err
			}
			if isBetter {
				best = item
			}
		}
		return best.value, nil
	}
}

// keyedValue is a value with what it is compared by.
type keyedValue struct{ value, key starlark.Value }

// keyed gives the elements with their keys, which are fit to be compared.
func (m *machine) keyed(from starlark.Iterable, key starlark.Callable) ([]keyedValue, error) {
	if err := m.countIterables(starlark.Tuple{from}, 2*listEntry); err != nil {
		return nil, err
	}
	keyed := make([]keyedValue, 0, max(starlark.Len(from), 0))
	items := from.Iterate()
	defer items.Done()
	left := maxParts
	for item := starlark.Value(nil); items.Next(&item); {
		by := item
		if key != nil {
			var err error
			if by, err = m.invoke(key, starlark.Tuple{item}, nil); err != nil {
				return nil, err
			}
		}
		if err := m.weighAt(by, 0, &left); err != nil {
			return nil, err
		}
		keyed = append(keyed, keyedValue{item, by})
	}
	return keyed, nil
}

// maxDigits of a number that is read from a string: the time for it grows with their
// square.
const maxDigits = 10_000

// short guards a function that reads numbers.
func short(name string) builtinFunc {
	return func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if len(args) > 0 {
			if s, ok := starlark.AsString(args[0]); ok && len(s) > maxDigits {
				return nil, exceeds("digits of a number", maxDigits, "")
			}
		}
		return m.original(name, args, kwargs)
	}
}

func getattr(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var x, fallback starlark.Value
	var name string
	if err := starlark.UnpackPositionalArgs("getattr", args, kwargs, 2, &x, &name, &fallback); err != nil {
		return nil, err
	}
	v, err := m.attr(x, name)
	var limit *LimitError
	if err != nil && fallback != nil && !errors.As(err, &limit) {
		return fallback, nil
	}
	return v, err
}

// hasattr looks at structs itself: an error with a path is made for nothing otherwise.
func hasattr(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) == 2 {
		s, isStruct := args[0].(*structValue)
		name, isText := starlark.AsString(args[1])
		if isStruct && isText {
			return starlark.Bool(s.find(name) >= 0), nil
		}
	}
	return m.original("hasattr", args, kwargs)
}

func fail(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	text, err := m.joined("fail", args, kwargs)
	if err != nil {
		return nil, err
	}
	return nil, failure{shorten(text)}
}

func printText(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	text, err := m.joined("print", args, kwargs)
	if err != nil {
		return nil, err
	}
	if m.printed += len(text) + 1; m.printed > m.limits.Printed {
		return nil, exceeds("text of print()", fmt.Sprintf("%d bytes", m.limits.Printed), "")
	}
	if m.print != nil {
		m.print(text)
	}
	return starlark.None, nil
}

// joined is the text of several values, with blanks or sep between them.
func (m *machine) joined(name string, args starlark.Tuple, kwargs []starlark.Tuple) (string, error) {
	sep := " "
	if err := starlark.UnpackArgs(name, nil, kwargs, "sep?", &sep); err != nil {
		return "", err
	}
	var b strings.Builder
	for i, arg := range args {
		if i > 0 {
			b.WriteString(sep)
		}
		s, err := m.str(arg)
		if err != nil {
			return "", err
		}
		if err := m.text(b.Len() + len(s)); err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// checkFinite refuses what JSON and objects can not hold.
func checkFinite(f float64) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("the number %v has no JSON form", f)
	}
	return nil
}
