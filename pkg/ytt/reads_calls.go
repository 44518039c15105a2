package ytt

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

func (a *analyzer) call(x *syntax.CallExpr) value {
	switch {
	case len(x.Args) == 2 && a.isBuiltin(x.Fn, "hasattr"):
		of, key := a.noted(x.Args[0]), a.noted(x.Args[1])
		a.tests(x, of, key)
		return value{}
	case (len(x.Args) == 2 || len(x.Args) == 3) && a.isBuiltin(x.Fn, "getattr"):
		return a.getattr(x)
	}
	if method, ok := x.Fn.(*syntax.DotExpr); ok {
		of := a.eval(method.X)
		if method.Name.Name == "try_to" && len(of.paths) == 0 { // what is missing is caught
			a.useTested(x.Args)
			return value{}
		}
		a.use(of)
		a.arguments(x.Args)
		return value{}
	}
	f := a.eval(x.Fn)
	a.note(f, true)
	if len(f.functions) == 0 || len(f.paths) > 0 {
		a.arguments(x.Args)
		return value{}
	}
	var args []value
	named := map[string]value{}
	rest := false
	for _, arg := range x.Args {
		switch arg := arg.(type) {
		case *syntax.BinaryExpr:
			if name, ok := arg.X.(*syntax.Ident); ok && arg.Op == syntax.EQ {
				named[name.Name] = a.noted(arg.Y)
				continue
			}
		case *syntax.UnaryExpr:
			if arg.Op == syntax.STAR || arg.Op == syntax.STARSTAR {
				a.use(a.eval(arg.X))
				rest = true
				continue
			}
		}
		args = append(args, a.noted(arg))
	}
	v := a.inline(f.functions[0], args, named, rest)
	for _, f := range f.functions[1:] {
		v = join(v, a.inline(f, args, named, rest))
	}
	return v
}

func (a *analyzer) arguments(list []syntax.Expr) {
	for _, arg := range list {
		if named, ok := arg.(*syntax.BinaryExpr); ok && named.Op == syntax.EQ {
			arg = named.Y
		}
		a.use(a.eval(arg))
	}
}

func (a *analyzer) getattr(x *syntax.CallExpr) value {
	of, key := a.eval(x.Args[0]), a.noted(x.Args[1])
	if len(x.Args) == 3 {
		a.note(of, false) // it has to be there
	}
	v := value{}
	if len(of.paths) > 0 || of.data {
		v = a.keyed(x, of, key, isConstant(x.Args[1]))
	}
	if len(x.Args) == 3 {
		for i := range v.paths {
			if !v.paths[i].closed {
				v.paths[i].tested = len(v.paths[i].names)
			}
		}
		otherwise := a.noted(x.Args[2])
		v.paths = append(v.paths, otherwise.paths...)
	}
	return v
}

// inline looks at the body of a function with what it is called with; open says that some
// of its params are not known.
func (a *analyzer) inline(f *definition, args []value, named map[string]value, open bool) value {
	a.called[f.def] = true
	key := a.keyOf(f, args, named)
	if a.seen[key] || a.spent() || a.depth >= maxInlined {
		a.escape(args, named)
		return value{}
	}
	a.seen[key] = true
	outer, branches, result, returned, facts := a.env, a.branches, a.result, a.returned, a.facts
	if open {
		a.facts = nil // it may be called elsewhere
		a.late++
		defer func() { a.late-- }()
	}
	a.env = &scopeOfNames{names: map[string]value{}, parent: f.env}
	a.branches, a.result, a.returned = 0, &value{}, false
	a.depth++
	for i, p := range f.def.Params {
		switch {
		case isRest(p):
			a.param(p, value{})
			if i < len(args) {
				a.escape(args[i:], nil)
				args = args[:i]
			}
		case i < len(args):
			a.param(p, args[i])
		default:
			name := paramName(p)
			v, given := named[name]
			if !given && !open {
				v = f.defaults[name]
			}
			a.param(p, v)
		}
	}
	if len(args) > len(f.def.Params) {
		a.escape(args[len(f.def.Params):], nil)
	}
	for name, v := range named {
		if !slices.ContainsFunc(f.def.Params, func(p syntax.Expr) bool { return !isRest(p) && paramName(p) == name }) {
			a.escapeOne(v)
		}
	}
	a.block(f.def.Body)
	a.depth--
	v := *a.result
	a.env, a.branches, a.result, a.returned, a.facts = outer, branches, result, returned, facts
	delete(a.seen, key)
	return v
}

func (a *analyzer) escape(args []value, named map[string]value) {
	for _, v := range args {
		a.escapeOne(v)
	}
	for _, v := range named {
		a.escapeOne(v)
	}
}

// escapeOne uses a value; functions in it were looked at where they were defined, or will
// be.
func (a *analyzer) escapeOne(v value) {
	v.functions = nil
	a.use(v)
}

func (a *analyzer) keyOf(f *definition, args []value, named map[string]value) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d", f.def.Def.Line)
	write := func(v value) {
		for _, p := range v.paths {
			fmt.Fprintf(&b, " %q %v", p.names, p.closed)
		}
		for _, t := range v.texts {
			fmt.Fprintf(&b, " '%s'", t.text)
		}
		b.WriteByte(';')
	}
	for _, v := range args {
		write(v)
	}
	for _, p := range f.def.Params {
		write(named[paramName(p)])
	}
	return b.String()
}

func (a *analyzer) param(p syntax.Expr, v value) {
	if name := paramName(p); name != "" {
		v.items = nil
		a.env.names[name] = v
	}
}

func paramName(p syntax.Expr) string {
	switch p := p.(type) {
	case *syntax.Ident:
		return p.Name
	case *syntax.BinaryExpr:
		return paramName(p.X)
	case *syntax.UnaryExpr:
		if p.X != nil {
			return paramName(p.X)
		}
	}
	return ""
}

func isRest(p syntax.Expr) bool { _, ok := p.(*syntax.UnaryExpr); return ok }
