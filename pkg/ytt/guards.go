package ytt

import (
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// One step of the interpreter can allocate a gigabyte, or compare structures that refer
// to the same parts again and again for hours. The rewriter puts a guard before each
// such operation: it weighs the operands, counts what the result takes, and only then
// lets go.starlark.net do it (spec: ytt §15.3).

// guards of operators, literals and methods. The rewriter writes the calls.
var guards = map[string]builtinFunc{
	"keep": ofOne((*machine).keep),
	"held": ofOne(func(m *machine, v starlark.Value) (starlark.Value, error) { return v, m.spend(held(v)) }),
	"item": ofOne(func(m *machine, v starlark.Value) (starlark.Value, error) { return v, m.spend(listEntry + held(v)) }),
	"pairs": ofOne(func(m *machine, v starlark.Value) (starlark.Value, error) {
		d := new(starlark.Dict)
		return d, m.update(d, "dict", starlark.Tuple{v}, nil)
	}),
	"key":    ofOne((*machine).key),
	"slot":   ofOne(func(m *machine, v starlark.Value) (starlark.Value, error) { return v, m.spend(dictEntry + held(v)) }),
	"frame":  ofOne((*machine).frame),
	"spread": ofOne((*machine).spread),
	"named":  ofOne((*machine).spreadNamed),
	"add":    ofTwo((*machine).add),
	"iadd":   ofTwo((*machine).addTo),
	"sub":    ofTwo((*machine).subtract),
	"mul":    ofTwo((*machine).multiply),
	"mod":    ofTwo((*machine).modulo),
	"shl":    ofTwo((*machine).shift),
	"and":    ofTwo((*machine).intersect),
	"or":     ofTwo((*machine).union),
	"ior":    ofTwo((*machine).uniteWith),
	"xor":    ofTwo((*machine).difference),
	"in":     ofTwo((*machine).contains),
	"eq":     compare(syntax.EQL), "ne": compare(syntax.NEQ),
	"lt": compare(syntax.LT), "le": compare(syntax.LE), "gt": compare(syntax.GT), "ge": compare(syntax.GE),
	"put": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, m.assign(args[0], args[1], args[2])
	},
	"attr": func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return m.attr(args[0], string(args[1].(starlark.String)))
	},
	"call": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		return m.callMethod(args[0], string(args[1].(starlark.String)), args[2:], kwargs)
	},
}

func ofOne(f func(*machine, starlark.Value) (starlark.Value, error)) builtinFunc {
	return func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return f(m, args[0])
	}
}

func ofTwo(f func(*machine, starlark.Value, starlark.Value) (starlark.Value, error)) builtinFunc {
	return func(m *machine, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		return f(m, args[0], args[1])
	}
}

func init() { declare(guards) }

// invoke calls a function of the template from Go. Such calls take no steps of the
// interpreter, whose hook looks at the depth otherwise.
func (m *machine) invoke(f starlark.Value, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := m.checkDepth(); err != nil {
		return nil, m.noted(err)
	}
	return starlark.Call(m.thread, f, args, kwargs)
}

// held is what a value takes that no guard counted when it was made. It is counted where
// the value is stored: one that is not is garbage soon.
func held(v starlark.Value) int {
	switch v := v.(type) {
	case starlark.NoneType, starlark.Bool, *starlark.List, *starlark.Dict, *starlark.Set, *structValue, *mapFragment, *listFragment, *starlark.Function:
		return 0
	case starlark.String, starlark.Float:
		return 16
	case starlark.Int:
		if b := bits(v); b > 32 {
			return 64 + b/8
		}
		return 0
	case starlark.Tuple:
		return 24
	case *starlark.Builtin:
		return 160
	}
	return 64
}

// keep counts what a value takes that has just been made.
func (m *machine) keep(v starlark.Value) (starlark.Value, error) {
	switch v := v.(type) {
	case starlark.String:
		return v, m.text(len(v))
	case starlark.Bytes:
		return v, m.text(len(v))
	case *starlark.List:
		if err := m.entries(v.Len(), listEntry); err != nil {
			return nil, err
		}
		parts := 0
		for i := range v.Len() {
			parts += held(v.Index(i))
		}
		return v, m.spend(parts)
	case starlark.Tuple:
		if err := m.entries(len(v), listEntry); err != nil {
			return nil, err
		}
		parts := 0
		for _, item := range v {
			parts += held(item)
		}
		if err := m.spend(parts); err != nil {
			return nil, err
		}
		return v, m.weighTuple(v)
	case *starlark.Dict:
		parts := 0
		for key, value := range v.Entries() {
			parts += held(key) + held(value)
		}
		if err := m.spend(parts); err != nil {
			return nil, err
		}
		return v, m.entries(v.Len()+5, dictEntry) // an empty one has room for eight
	case *starlark.Set:
		return v, m.entries(v.Len()+5, dictEntry)
	case *starlark.Function:
		return v, m.spend(nodeCost + 32*(v.NumParams()+v.NumFreeVars()))
	}
	return v, nil
}

// frame counts the variables of a function that has many: each call in progress has
// them.
func (m *machine) frame(slots starlark.Value) (starlark.Value, error) {
	n, _ := slots.(starlark.Int).Int64()
	if err := m.checkDepth(); err != nil {
		return nil, err
	}
	return starlark.None, m.spend(32 * int(n))
}
