package ytt

import (
	"strconv"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// modulo is the remainder, and the formatting of strings.
func (m *machine) modulo(x, y starlark.Value) (starlark.Value, error) {
	format, ok := x.(starlark.String)
	if !ok {
		return starlark.Binary(syntax.PERCENT, x, y)
	}
	if mapping, ok := y.(starlark.IterableMapping); ok && strings.Contains(string(format), "%(") {
		return m.moduloNames(format, mapping)
	}
	args, isTuple := y.(starlark.Tuple)
	if !isTuple {
		args = starlark.Tuple{y}
	}
	shown, length, i := make(starlark.Tuple, len(args)), len(format), 0
	copy(shown, args)
	for verb := range verbs(string(format)) {
		if i == len(args) {
			break
		}
		var n int
		var err error
		if shown[i], n, err = m.presented(args[i], verb.conversion == 's', verb.conversion == 'r'); err != nil {
			return nil, err
		}
		length += n
		i++
	}
	return m.formatted(length, func() (starlark.Value, error) { return starlark.Binary(syntax.PERCENT, format, shown) })
}

// moduloNames is a format with names, %(name)s, of a mapping.
func (m *machine) moduloNames(format starlark.String, from starlark.IterableMapping) (starlark.Value, error) {
	shown, length := new(starlark.Dict), len(format)
	for verb := range verbs(string(format)) {
		value, found, err := from.Get(starlark.String(verb.name))
		if err != nil {
			return nil, err
		}
		if !found {
			continue // the operation complains
		}
		value, n, err := m.presented(value, verb.conversion == 's', verb.conversion == 'r')
		if err != nil {
			return nil, err
		}
		if err := m.spend(dictEntry); err != nil {
			return nil, err
		}
		if err := shown.SetKey(starlark.String(verb.name), value); err != nil {
			return nil, err
		}
		length += n
	}
	return m.formatted(length, func() (starlark.Value, error) { return starlark.Binary(syntax.PERCENT, format, shown) })
}

// verb is a conversion of a format: %s, %(name)d.
type verb struct {
	name       string
	conversion byte
}

func verbs(format string) func(yield func(verb) bool) {
	return func(yield func(verb) bool) {
		for {
			_, rest, found := strings.Cut(format, "%")
			if !found || rest == "" {
				return
			}
			var v verb
			if rest[0] == '(' {
				v.name, rest, found = strings.Cut(rest[1:], ")")
				if !found || rest == "" {
					return
				}
			}
			v.conversion, format = rest[0], rest[1:]
			if v.conversion != '%' && !yield(v) {
				return
			}
		}
	}
}

// presented is a value as a format takes it, and how long its text is at most. Whatever
// a conversion would show as code shows itself as repr does.
func (m *machine) presented(v starlark.Value, asText, asCode bool) (starlark.Value, int, error) {
	if s, ok := v.(starlark.String); ok && asText {
		return v, len(s), nil
	}
	if asText || asCode {
		p, err := m.presentable(v)
		if err != nil {
			return nil, 0, err
		}
		switch p := p.(type) {
		case shownValue:
			return p, len(p.text), nil
		case starlark.Int:
			return p, bits(p), nil
		case starlark.String:
			return p, 4*len(p) + 2, nil
		}
		return p, 8, nil
	}
	if i, ok := v.(starlark.Int); ok {
		return v, bits(i), nil
	}
	return v, 400, nil // a float with all its digits
}

// formatted counts the text that an operation makes, which is no longer than length.
func (m *machine) formatted(length int, operation func() (starlark.Value, error)) (starlark.Value, error) {
	if length > m.limits.String {
		return nil, m.text(length)
	}
	result, err := operation()
	if err != nil {
		return nil, err
	}
	return m.keep(result)
}

// maxLookups of the fields of a format among its named arguments.
const maxLookups = 10_000_000

// beforeFormat makes the arguments of format show themselves as str does.
func (m *machine) beforeFormat(format string, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Tuple, error) {
	if n := strings.Count(format, "{") * len(kwargs); n > maxLookups {
		return nil, exceeds("fields of a format times its named arguments", maxLookups, "")
	}
	shown := make(starlark.Tuple, len(args))
	lengths, named := make([]int, len(args)), make(map[string]int, len(kwargs))
	var err error
	for i, arg := range args {
		if shown[i], lengths[i], err = m.presented(arg, true, false); err != nil {
			return nil, err
		}
	}
	for i, pair := range kwargs {
		value, n, err := m.presented(pair[1], true, false)
		if err != nil {
			return nil, err
		}
		kwargs[i] = starlark.Tuple{pair[0], value}
		named[string(pair[0].(starlark.String))] = n
	}
	length, auto := len(format), 0
	for rest, found := format, true; found && length <= m.limits.String; {
		var field string
		if _, rest, found = strings.Cut(rest, "{"); !found {
			break
		}
		if strings.HasPrefix(rest, "{") {
			rest = rest[1:]
			continue
		}
		field, rest, found = strings.Cut(rest, "}")
		name, conversion, _ := strings.Cut(field, "!")
		n := named[name]
		if name == "" && auto < len(args) {
			n = lengths[auto]
			auto++
		} else if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(args) {
			n = lengths[i]
		}
		if conversion != "" {
			n = 4*n + 2
		}
		length += n
	}
	return shown, m.fits(length)
}
