package ytt

import (
	"go.starlark.net/syntax"
)

func isNone(x syntax.Expr) bool {
	ident, ok := x.(*syntax.Ident)
	return ok && ident.Name == "None"
}

// tests notes that code looks whether a value has a field.
func (a *analyzer) tests(x syntax.Expr, of, key value) {
	field := a.keyed(x, of, key, true)
	for i := range field.paths {
		field.paths[i].tested = len(field.paths[i].names)
	}
	a.note(field, false)
}

// implied are the paths that are there when a condition holds, or does not.
func (a *analyzer) implied(x syntax.Expr, holds bool) [][]string {
	if a.spent() {
		return nil
	}
	switch x := x.(type) {
	case *syntax.ParenExpr:
		return a.implied(x.X, holds)
	case *syntax.UnaryExpr:
		if x.Op == syntax.NOT {
			return a.implied(x.X, !holds)
		}
	case *syntax.BinaryExpr:
		switch x.Op {
		case syntax.AND, syntax.OR:
			if holds == (x.Op == syntax.AND) {
				return append(a.implied(x.X, holds), a.implied(x.Y, holds)...)
			}
		case syntax.IN, syntax.NOT_IN:
			if holds == (x.Op == syntax.IN) {
				return a.named(x, x.Y, x.X)
			}
		case syntax.EQL, syntax.NEQ, syntax.GT, syntax.LT, syntax.GE, syntax.LE:
			if isNone(x.X) || isNone(x.Y) {
				if holds == (x.Op == syntax.EQL) {
					return nil
				}
			}
			return append(a.pathsOf(x.X), a.pathsOf(x.Y)...)
		}
	case *syntax.CallExpr:
		if holds && len(x.Args) >= 2 && (a.isBuiltin(x.Fn, "hasattr") || a.isBuiltin(x.Fn, "getattr")) {
			return a.named(x, x.Args[0], x.Args[1])
		}
		if name, ok := x.Fn.(*syntax.Ident); ok {
			if f := a.name(name).functions; len(f) == 1 {
				return a.tested(f[0], x.Args)
			}
		}
		if holds && len(x.Args) == 1 {
			return a.pathsOf(x.Args[0])
		}
	case *syntax.Ident:
		if holds {
			return append(a.pathsOf(x), a.name(x).implies...)
		}
	default:
		if holds {
			return a.pathsOf(x)
		}
	}
	return nil
}

// tested are the paths that a function looks for. It is taken for an answer about all of
// them, whatever it answers: more would need to run it, and less would say that a body does
// not look where it does.
func (a *analyzer) tested(f *definition, args []syntax.Expr) [][]string {
	if a.depth >= maxInlined || a.spent() {
		return nil
	}
	values := make([]value, len(args))
	for i, arg := range args {
		values[i] = a.quietly(arg)
	}
	outer := a.env
	defer func() { a.env = outer; a.depth-- }()
	a.env = &scopeOfNames{names: map[string]value{}, parent: f.env}
	a.depth++
	for i, p := range f.def.Params {
		if i < len(values) && !isRest(p) {
			a.param(p, values[i])
		} else {
			a.param(p, value{})
		}
	}
	var facts [][]string
	for _, s := range f.def.Body {
		syntax.Walk(s, func(n syntax.Node) bool {
			x, ok := n.(syntax.Expr)
			if !ok {
				return !a.spent()
			}
			switch x := x.(type) {
			case *syntax.BinaryExpr:
				if x.Op == syntax.IN || x.Op == syntax.NOT_IN {
					facts = append(facts, a.named(x, x.Y, x.X)...)
				}
			case *syntax.CallExpr:
				if len(x.Args) >= 2 && (a.isBuiltin(x.Fn, "hasattr") || a.isBuiltin(x.Fn, "getattr")) {
					facts = append(facts, a.named(x, x.Args[0], x.Args[1])...)
				}
			}
			return !a.spent()
		})
	}
	return facts
}

// pathsOf tells what an expression stands for, without noting anything.
func (a *analyzer) pathsOf(x syntax.Expr) [][]string { return namesOf(a.quietly(x)) }

func (a *analyzer) named(x, of, key syntax.Expr) [][]string {
	texts := a.quietly(key)
	if len(texts.texts) != 1 {
		return nil
	}
	return namesOf(a.attribute(x, a.quietly(of), texts.texts[0].text))
}

// quietly evaluates names, fields and constants, which notes nothing.
func (a *analyzer) quietly(x syntax.Expr) value {
	switch x := x.(type) {
	case *syntax.Ident, *syntax.Literal:
		return a.eval(x)
	case *syntax.ParenExpr:
		return a.quietly(x.X)
	case *syntax.DotExpr:
		return a.attribute(x, a.quietly(x.X), x.Name.Name)
	case *syntax.IndexExpr:
		if key := a.quietly(x.Y); len(key.texts) == 1 {
			return a.attribute(x, a.quietly(x.X), key.texts[0].text)
		}
	case *syntax.CallExpr:
		if len(x.Args) >= 2 && a.isBuiltin(x.Fn, "getattr") {
			if key := a.quietly(x.Args[1]); len(key.texts) == 1 {
				return a.attribute(x, a.quietly(x.Args[0]), key.texts[0].text)
			}
		}
	}
	return value{}
}

func (a *analyzer) useTested(list []syntax.Expr) {
	before := len(a.found.Reads)
	a.arguments(list)
	for i := range a.found.Reads[before:] {
		r := &a.found.Reads[before+i]
		r.Tested = len(r.Names)
	}
}
