package ytt

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/syntax"
)

const (
	// maxAnalysis bounds the expressions that are looked at: functions are looked at once
	// for each way in which they are called. What comes after it reads anything.
	maxAnalysis = 100_000
	// maxInlined is how deep calls are followed.
	maxInlined = 16
	// maxPaths is how many paths one name may stand for.
	maxPaths = 16
	// maxTexts is how many constants one name may stand for.
	maxTexts = 100
)

// analyzer follows the values of data.values through names, functions and conditions. It
// does not run the code: a name that is given several values stands for all of them.
type analyzer struct {
	places *places
	found  Analysis
	env    *scopeOfNames
	// facts are the paths that are known to be there at this point.
	facts [][]string
	// branches is how many blocks around may be skipped or repeated: an assignment there
	// adds a value.
	branches int
	// depth of calls, and those that were looked at.
	depth  int
	seen   map[string]bool
	defs   []*definition
	called map[*syntax.DefStmt]bool
	// result of the function that is looked at; nil outside of all. returned says that it
	// has a value.
	result   *value
	returned bool
	steps    int
	// assigned counts the assignments of each name, and late the functions around that may
	// be called later than here, when names stand for something else.
	assigned map[string]int
	late     int
	// node whose value is being made; 0 for none.
	node    int
	started int
	pathTo  func(node int) string
}

// scopeOfNames holds what names stand for.
type scopeOfNames struct {
	names  map[string]value
	parent *scopeOfNames
}

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

func analyze(file *syntax.File, places *places, e *emitter) *Analysis {
	a := &analyzer{places: places, pathTo: e.pathTo, seen: map[string]bool{}, called: map[*syntax.DefStmt]bool{}}
	a.env = &scopeOfNames{names: map[string]value{}}
	a.countAssignments(file)
	a.block(file.Stmts)
	for i := 0; i < len(a.defs); i++ { // what is never called here may be called by what can not be followed
		if f := a.defs[i]; !a.called[f.def] {
			a.inline(f, nil, nil, true)
		}
	}
	return a.done()
}

func (a *analyzer) countAssignments(file *syntax.File) {
	a.assigned = map[string]int{}
	var count func(x syntax.Expr)
	count = func(x syntax.Expr) {
		switch x := x.(type) {
		case *syntax.Ident:
			a.assigned[x.Name]++
		case *syntax.ParenExpr:
			count(x.X)
		case *syntax.TupleExpr:
			for _, item := range x.List {
				count(item)
			}
		case *syntax.ListExpr:
			for _, item := range x.List {
				count(item)
			}
		}
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.AssignStmt:
			count(n.LHS)
		case *syntax.ForStmt:
			count(n.Vars)
			count(n.Vars) // once for each item
		case *syntax.DefStmt:
			count(n.Name)
		}
		return true
	})
}

// all notes that anything at or below the names may be read.
func (a *analyzer) all(names []string) {
	if !slices.ContainsFunc(a.found.whole, func(w []string) bool { return hasPrefix(names, w) }) {
		a.found.whole = append(a.found.whole, names)
	}
}

func (a *analyzer) spent() bool {
	if a.steps++; a.steps == maxAnalysis {
		a.all(nil)
	}
	return a.steps >= maxAnalysis
}

func (a *analyzer) block(statements []syntax.Stmt) {
	known := len(a.facts)
	for _, s := range statements {
		if a.spent() {
			break
		}
		a.statement(s)
	}
	a.facts = a.facts[:known]
}

// maybe looks at a block that may be skipped or repeated.
func (a *analyzer) maybe(statements []syntax.Stmt, facts [][]string) {
	known := len(a.facts)
	a.facts = append(a.facts, facts...)
	a.branches++
	a.block(statements)
	a.branches--
	a.facts = a.facts[:known]
}

func (a *analyzer) statement(s syntax.Stmt) {
	switch s := s.(type) {
	case *syntax.LoadStmt:
		a.found.Loads = append(a.found.Loads, Load{a.places.of(s.Module.Span()), s.ModuleName()})
		for i, from := range s.From {
			a.set(s.To[i].Name, value{data: s.ModuleName() == modulePrefix+"data" && from.Name == "data"})
		}
	case *syntax.DefStmt:
		f := &definition{def: s, env: a.env, defaults: map[string]value{}}
		for _, p := range s.Params {
			if p, ok := p.(*syntax.BinaryExpr); ok {
				if name, ok := p.X.(*syntax.Ident); ok {
					f.defaults[name.Name] = a.noted(p.Y)
				}
			}
		}
		a.defs = append(a.defs, f)
		a.set(s.Name.Name, value{functions: []*definition{f}})
	case *syntax.ReturnStmt:
		if s.Result == nil {
			return
		}
		v := a.noted(s.Result)
		switch {
		case a.result == nil:
			a.use(v)
		case a.returned:
			*a.result = join(*a.result, v)
		default:
			*a.result, a.returned = v, true
		}
	case *syntax.IfStmt:
		a.noted(s.Cond)
		yes, no := a.implied(s.Cond, true), a.implied(s.Cond, false)
		a.maybe(s.True, yes)
		a.maybe(s.False, no)
		if ends(s.True) {
			a.facts = append(a.facts, no...)
		}
		if ends(s.False) {
			a.facts = append(a.facts, yes...)
		}
	case *syntax.ForStmt:
		items := a.eval(s.X)
		a.use(items)
		for range 2 { // the second time with what the first assigned
			a.bind(s.Vars, value{texts: items.items})
			a.maybe(s.Body, nil)
		}
	case *syntax.WhileStmt:
		for range 2 {
			a.noted(s.Cond)
			a.maybe(s.Body, a.implied(s.Cond, true))
		}
	case *syntax.ExprStmt:
		outer := a.node
		a.enter(s.X)
		a.use(a.eval(s.X))
		a.node = outer
	case *syntax.AssignStmt:
		a.assign(s)
	}
}

// enter notes for which node a call of the machine makes a value. In functions that is no
// place of the result.
func (a *analyzer) enter(x syntax.Expr) {
	call, ok := x.(*syntax.CallExpr)
	if !ok || a.depth > 0 {
		return
	}
	name, ok := call.Fn.(*syntax.Ident)
	if !ok {
		return
	}
	switch name.Name {
	case prefix + "start":
		if literal, ok := call.Args[0].(*syntax.Literal); ok {
			id, _ := literal.Value.(int64)
			a.started = int(id)
		}
	case prefix + "set", prefix + "tout":
		a.node = a.started
	}
}

// ends says that nothing after a block runs when the block does.
func ends(block []syntax.Stmt) bool {
	if len(block) == 0 {
		return false
	}
	switch s := block[len(block)-1].(type) {
	case *syntax.ReturnStmt, *syntax.BranchStmt:
		return true
	case *syntax.IfStmt:
		return ends(s.True) && ends(s.False)
	case *syntax.ExprStmt:
		call, ok := s.X.(*syntax.CallExpr)
		if !ok {
			return false
		}
		switch f := call.Fn.(type) {
		case *syntax.Ident:
			return f.Name == "fail"
		case *syntax.DotExpr:
			return f.Name.Name == "fail"
		}
	}
	return false
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

func namesOf(v value) [][]string {
	if len(v.paths) != 1 || v.paths[0].closed || len(v.paths[0].names) == 0 {
		return nil // one of several: it is not known which
	}
	return [][]string{v.paths[0].names}
}

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

func (a *analyzer) useTested(list []syntax.Expr) {
	before := len(a.found.Reads)
	a.arguments(list)
	for i := range a.found.Reads[before:] {
		r := &a.found.Reads[before+i]
		r.Tested = len(r.Names)
	}
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
