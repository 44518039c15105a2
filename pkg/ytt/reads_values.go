package ytt

import (
	"slices"

	"go.starlark.net/syntax"
)

// value is what an expression can stand for; the zero value is anything that did not come
// from data.values.
type value struct {
	paths []path
	// texts it can be, and those that are the items of a list.
	texts, items []constantText
	functions    []*definition
	// implies are the paths that are there when the value is true.
	implies [][]string
	// data is the module of that name.
	data bool
}

// path below data.values.
type path struct {
	names []string
	// closed: an index or a computed name came after the names.
	closed bool
	tested int
	// from and to in the program, of an expression that is not noted as a read yet.
	from, to syntax.Position
	fresh    bool
}

type constantText struct {
	text     string
	from, to syntax.Position
}

// definition is a def with what it can see.
type definition struct {
	def      *syntax.DefStmt
	env      *scopeOfNames
	defaults map[string]value
}

func (a *analyzer) assign(s *syntax.AssignStmt) {
	if s.Op != syntax.EQ {
		a.use(a.eval(s.LHS))
		a.use(a.eval(s.RHS))
		return // numbers, texts and lists grow; paths do not
	}
	left, isTuple := s.LHS.(*syntax.TupleExpr)
	right, both := s.RHS.(*syntax.TupleExpr)
	if isTuple && both && len(left.List) == len(right.List) {
		values := make([]value, len(right.List))
		for i, x := range right.List {
			values[i] = a.noted(x)
		}
		for i, x := range left.List {
			a.bind(x, values[i])
		}
		return
	}
	v := a.noted(s.RHS)
	v.implies = a.implied(s.RHS, true)
	a.bind(s.LHS, v)
}

// bind gives the target of an assignment its value.
func (a *analyzer) bind(target syntax.Expr, v value) {
	switch x := target.(type) {
	case *syntax.Ident:
		a.set(x.Name, v)
	case *syntax.ParenExpr:
		a.bind(x.X, v)
	case *syntax.TupleExpr:
		a.use(v)
		for _, item := range x.List {
			a.bind(item, value{})
		}
	case *syntax.ListExpr:
		a.use(v)
		for _, item := range x.List {
			a.bind(item, value{})
		}
	default:
		a.use(v)
		a.use(a.eval(x))
	}
}

func (a *analyzer) set(name string, v value) {
	v.items = nil // lists can be added to
	if before, ok := a.env.names[name]; ok && a.branches > 0 {
		v = join(before, v)
	}
	if len(v.paths) > maxPaths {
		a.use(v)
		v = value{}
	}
	a.env.names[name] = v
}

// join is a value that is one or the other.
func join(x, y value) value {
	x.data = x.data || y.data
	x.paths = slices.Clip(x.paths)
	for _, p := range y.paths {
		if !slices.ContainsFunc(x.paths, func(q path) bool { return p.closed == q.closed && slices.Equal(p.names, q.names) }) {
			x.paths = append(x.paths, p)
		}
	}
	x.texts = joinTexts(x.texts, y.texts)
	x.items = joinTexts(x.items, y.items)
	if len(x.implies) < maxPaths {
		x.implies = append(slices.Clip(x.implies), y.implies...)
	}
	x.functions = slices.Clip(x.functions)
	for _, f := range y.functions {
		if !slices.Contains(x.functions, f) {
			x.functions = append(x.functions, f)
		}
	}
	return x
}

// joinTexts are the texts that one of two values can be; none when one of them can be
// something else, or there are many.
func joinTexts(list, more []constantText) []constantText {
	if len(list) == 0 || len(more) == 0 {
		return nil
	}
	list = slices.Clip(list)
	for _, t := range more {
		if !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	if len(list) > maxTexts {
		return nil
	}
	return list
}

func namesOf(v value) [][]string {
	if len(v.paths) != 1 || v.paths[0].closed || len(v.paths[0].names) == 0 {
		return nil // one of several: it is not known which
	}
	return [][]string{v.paths[0].names}
}
