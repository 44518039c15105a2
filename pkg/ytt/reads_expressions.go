package ytt

import (
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

// noted evaluates an expression, and notes what it reads.
func (a *analyzer) noted(x syntax.Expr) value {
	v := a.eval(x)
	a.note(v, false)
	v.paths = slices.Clone(v.paths)
	for i := range v.paths {
		v.paths[i].fresh = false
	}
	return v
}

// note adds the reads of a value.
func (a *analyzer) note(v value, whole bool) {
	for _, p := range v.paths {
		if !p.fresh || len(p.names) == 0 {
			continue
		}
		at := a.places.of(p.from, p.to)
		r := Read{Into: a.pathTo(a.node), Place: at, Names: p.names, Whole: whole && !p.closed, Tested: p.tested, Expression: a.places.expression(at)}
		for _, fact := range a.facts {
			if hasPrefix(p.names, fact) {
				r.Tested = max(r.Tested, len(fact))
			} else if hasPrefix(fact, p.names) {
				r.Tested = len(p.names)
			}
		}
		if r.Expression == "" {
			r.Expression = "data.values." + strings.Join(p.names, ".")
		}
		a.found.Reads = append(a.found.Reads, r)
	}
}

// use notes a value of which anything may be read.
func (a *analyzer) use(v value) {
	a.note(v, true)
	for _, p := range v.paths {
		a.all(p.names)
	}
	if v.data {
		a.all(nil)
	}
	for _, f := range v.functions {
		a.inline(f, nil, nil, true)
	}
}

func (a *analyzer) useAll(list []syntax.Expr) {
	for _, x := range list {
		a.use(a.eval(x))
	}
}

// eval tells what an expression stands for. The caller notes or uses it.
func (a *analyzer) eval(x syntax.Expr) value {
	if x == nil || a.spent() {
		return value{}
	}
	switch x := x.(type) {
	case *syntax.Ident:
		return a.name(x)
	case *syntax.Literal:
		if s, ok := x.Value.(string); ok && x.Token == syntax.STRING {
			from, to := x.Span()
			return value{texts: []constantText{{s, from, to}}}
		}
	case *syntax.ParenExpr:
		return a.eval(x.X)
	case *syntax.DotExpr:
		return a.attribute(x, a.eval(x.X), x.Name.Name)
	case *syntax.IndexExpr:
		return a.index(x)
	case *syntax.SliceExpr:
		a.useAll([]syntax.Expr{x.X, x.Lo, x.Hi, x.Step})
	case *syntax.CallExpr:
		return a.call(x)
	case *syntax.CondExpr:
		a.noted(x.Cond)
		yes := a.under(a.implied(x.Cond, true), func() value { return a.noted(x.True) })
		no := a.under(a.implied(x.Cond, false), func() value { return a.noted(x.False) })
		return join(yes, no)
	case *syntax.UnaryExpr:
		if x.Op == syntax.NOT {
			a.noted(x.X)
		} else if x.X != nil {
			a.use(a.eval(x.X))
		}
	case *syntax.BinaryExpr:
		return a.binary(x)
	case *syntax.ListExpr:
		return a.list(x.List)
	case *syntax.TupleExpr:
		return a.list(x.List)
	case *syntax.DictExpr:
		for _, item := range x.List {
			if entry, ok := item.(*syntax.DictEntry); ok {
				a.useAll([]syntax.Expr{entry.Key, entry.Value})
			}
		}
	case *syntax.Comprehension:
		a.comprehension(x)
	case *syntax.LambdaExpr:
		a.inside(func() {
			a.late++
			defer func() { a.late-- }()
			for _, p := range x.Params {
				if p, ok := p.(*syntax.BinaryExpr); ok {
					a.use(a.eval(p.Y))
				}
				a.param(p, value{})
			}
			a.use(a.eval(x.Body))
		})
	}
	return value{}
}

// inside looks at code with names of its own.
func (a *analyzer) inside(do func()) {
	outer := a.env
	a.env = &scopeOfNames{names: map[string]value{}, parent: outer}
	do()
	a.env = outer
}

func (a *analyzer) under(facts [][]string, do func() value) value {
	known := len(a.facts)
	a.facts = append(a.facts, facts...)
	v := do()
	a.facts = a.facts[:known]
	return v
}

func (a *analyzer) name(x *syntax.Ident) value {
	for env := a.env; env != nil; env = env.parent {
		if v, ok := env.names[x.Name]; ok {
			if a.late > 0 && a.assigned[x.Name] > 1 {
				a.all(nil)
			}
			v.paths = slices.Clone(v.paths)
			for i := range v.paths {
				v.paths[i].from, v.paths[i].to = x.Span()
			}
			return v
		}
	}
	return value{}
}

func (a *analyzer) isBuiltin(x syntax.Expr, name string) bool {
	ident, ok := x.(*syntax.Ident)
	if !ok || ident.Name != name {
		return false
	}
	for env := a.env; env != nil; env = env.parent {
		if _, ok := env.names[name]; ok {
			return false
		}
	}
	return true
}

// attribute is the field of a value.
func (a *analyzer) attribute(x syntax.Expr, of value, name string) value {
	from, to := spanOf(x)
	var v value
	if of.data && name == "values" {
		v.paths = append(v.paths, path{from: from, to: to, fresh: true})
	}
	for _, p := range of.paths {
		if !p.closed {
			p.names = append(slices.Clip(p.names), name)
		}
		p.from, p.to, p.fresh = from, to, true
		v.paths = append(v.paths, p)
	}
	return v
}

// spanOf is where an expression begins and ends; the library leaves a bracket out.
func spanOf(x syntax.Expr) (from, to syntax.Position) {
	from, to = x.Span()
	if _, ok := x.(*syntax.IndexExpr); ok {
		to.Col++
	}
	return from, to
}

func (a *analyzer) index(x *syntax.IndexExpr) value {
	of, key := a.eval(x.X), a.noted(x.Y)
	if len(of.paths) == 0 && !of.data {
		a.use(of)
		a.use(key)
		return value{}
	}
	if literal, ok := x.Y.(*syntax.Literal); ok && literal.Token == syntax.INT {
		return a.closed(x, of)
	}
	return a.keyed(x, of, key, isConstant(x.Y))
}

func isConstant(x syntax.Expr) bool { _, ok := x.(*syntax.Literal); return ok }

// closed is a value of which an item is taken.
func (a *analyzer) closed(x syntax.Expr, of value) value {
	from, to := spanOf(x)
	for i := range of.paths {
		of.paths[i].closed, of.paths[i].fresh = true, true
		of.paths[i].from, of.paths[i].to = from, to
	}
	return value{paths: of.paths}
}

// keyed is the field of a value whose name is the value of another expression.
func (a *analyzer) keyed(x syntax.Expr, of, key value, here bool) value {
	if len(key.texts) == 0 {
		v := a.closed(x, of)
		for _, p := range v.paths {
			a.all(p.names)
		}
		if of.data {
			a.all(nil)
		}
		return v
	}
	var v value
	for _, text := range key.texts {
		field := a.attribute(x, of, text.text)
		if !here { // the name stands elsewhere, which is what the author knows it by
			for i := range field.paths {
				field.paths[i].from, field.paths[i].to = text.from, text.to
			}
		}
		v = join(v, field)
	}
	return v
}

func (a *analyzer) list(list []syntax.Expr) value {
	var v value
	known := true
	for _, x := range list {
		item := a.eval(x)
		a.use(item)
		known = known && isConstant(x) && len(item.texts) > 0
		v.items = append(v.items, item.texts...)
	}
	if !known || len(v.items) > maxTexts {
		v.items = nil
	}
	return v
}

func (a *analyzer) comprehension(x *syntax.Comprehension) {
	a.inside(func() {
		known := len(a.facts)
		for _, clause := range x.Clauses {
			switch c := clause.(type) {
			case *syntax.ForClause:
				items := a.eval(c.X)
				a.use(items)
				a.bind(c.Vars, value{texts: items.items})
			case *syntax.IfClause:
				a.noted(c.Cond)
				a.facts = append(a.facts, a.implied(c.Cond, true)...)
			}
		}
		if entry, ok := x.Body.(*syntax.DictEntry); ok {
			a.useAll([]syntax.Expr{entry.Key, entry.Value})
		} else {
			a.use(a.eval(x.Body))
		}
		a.facts = a.facts[:known]
	})
}

func (a *analyzer) binary(x *syntax.BinaryExpr) value {
	switch x.Op {
	case syntax.AND, syntax.OR:
		left := a.noted(x.X)
		right := a.under(a.implied(x.X, x.Op == syntax.AND), func() value { return a.noted(x.Y) })
		return join(left, right)
	case syntax.IN, syntax.NOT_IN:
		key, of := a.noted(x.X), a.noted(x.Y)
		a.tests(x, of, key)
	case syntax.EQL, syntax.NEQ:
		if isNone(x.X) || isNone(x.Y) {
			a.noted(x.X)
			a.noted(x.Y)
			return value{}
		}
		a.useAll([]syntax.Expr{x.X, x.Y})
	default:
		a.useAll([]syntax.Expr{x.X, x.Y})
	}
	return value{}
}
