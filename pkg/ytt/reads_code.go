package ytt

import (
	"slices"

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
