package ytt

import (
	"go.starlark.net/syntax"
)

// rewriter changes the syntax tree before it is resolved (spec: ytt §7.4): functions
// that build YAML get a context of their own, loads may stand in blocks, and whatever
// could take much time or memory in one step of the interpreter is guarded.
type rewriter struct {
	fail func(pos syntax.Position, format string, args ...any) *Problem
	// functions around the code that is being rewritten, and how many variables inner
	// functions may take from outer ones, at most.
	functions, captures int
}

const (
	// maxCaptures bounds the variables that functions take from those around them: an
	// inner one hands on what the innermost needs.
	maxCaptures = 100_000
	// maxParams of a function: named arguments are looked up one after the other.
	maxParams = 500
	// largeFrame is the number of variables from which the calls of a function are
	// counted.
	largeFrame = 64
)

func (r *rewriter) file(f *syntax.File) { f.Stmts = r.block(f.Stmts, nil) }

// function that statements belong to.
type function struct {
	// builds is what the function makes: YAML or text. It is empty for other functions.
	builds string
}

// block rewrites statements; in is nil at the top level.
func (r *rewriter) block(statements []syntax.Stmt, in *function) []syntax.Stmt {
	out := make([]syntax.Stmt, 0, len(statements))
	for _, s := range statements {
		out = r.statement(out, s, in)
	}
	return out
}

func (r *rewriter) statement(out []syntax.Stmt, s syntax.Stmt, in *function) []syntax.Stmt {
	switch s := s.(type) {
	case *syntax.LoadStmt:
		return append(out, r.load(s, in)...)
	case *syntax.DefStmt:
		r.def(s)
		return append(out, s, run(s.Def, "keep", ident(s.Def, s.Name.Name)))
	case *syntax.ReturnStmt:
		s.Result = r.expr(s.Result)
		if in != nil && in.builds != "" {
			s.Result = r.done(s.Return, in, s.Result)
		}
	case *syntax.IfStmt:
		s.Cond = r.expr(s.Cond)
		s.True, s.False = r.block(s.True, in), r.block(s.False, in)
	case *syntax.ForStmt:
		s.X = r.expr(s.X)
		r.target(s.Vars)
		s.Body = r.block(s.Body, in)
	case *syntax.WhileStmt:
		s.Cond = r.expr(s.Cond)
		s.Body = r.block(s.Body, in)
	case *syntax.ExprStmt:
		s.X = r.expr(s.X)
	case *syntax.AssignStmt:
		return append(out, r.assign(s)...)
	}
	return append(out, s)
}

// load becomes an assignment, which may stand in a block.
func (r *rewriter) load(s *syntax.LoadStmt, in *function) []syntax.Stmt {
	if in != nil {
		r.fail(s.Load, "load can not stand in a function: put it at the top of the template")
		return nil
	}
	var out []syntax.Stmt
	for i, from := range s.From {
		if err := checkLoad(s.ModuleName(), from.Name); err != nil {
			r.fail(s.Load, "%v", err).OfLoad = true
			continue
		}
		out = append(out, &syntax.AssignStmt{OpPos: s.Load, Op: syntax.EQ, LHS: s.To[i], RHS: invoke(s.Load, "load", literal(s.Load, from.Name))})
	}
	return out
}

// def gives a function that builds YAML or text its context. The whole body is looked
// at first, so that a return before the first node is right as well.
func (r *rewriter) def(s *syntax.DefStmt) {
	f := &function{builds: builds(s.Body)}
	slots := frameOf(s, s.Params)
	r.params(s.Def, s.Params)
	r.functions++
	body := r.block(s.Body, f)
	r.functions--
	var begin []syntax.Stmt
	if slots > largeFrame {
		begin = append(begin, run(s.Def, "frame", number(s.Def, int64(slots))))
	}
	for _, rest := range rests(s.Params) {
		begin = append(begin, run(s.Def, "keep", rest))
	}
	if f.builds != "" {
		begin = append(begin, run(s.Def, f.builds+"begin"))
		body = append(body, &syntax.ReturnStmt{Return: s.Def, Result: r.done(s.Def, f, nil)})
	}
	s.Body = append(begin, body...)
}

func (r *rewriter) done(pos syntax.Position, f *function, result syntax.Expr) syntax.Expr {
	if result == nil {
		return invoke(pos, f.builds+"done")
	}
	return invoke(pos, f.builds+"done", result)
}

const (
	buildsYAML = "y"
	buildsText = "t"
)

// builds says what the calls of the machine in a body build, those in functions inside
// of it left aside.
func builds(body []syntax.Stmt) string {
	what := ""
	for _, s := range body {
		if what == buildsYAML {
			break
		}
		found := ""
		switch s := s.(type) {
		case *syntax.ExprStmt:
			found = buildsBy(s.X)
		case *syntax.IfStmt:
			found = max(builds(s.True), builds(s.False))
		case *syntax.ForStmt:
			found = builds(s.Body)
		case *syntax.WhileStmt:
			found = builds(s.Body)
		}
		what = max(what, found)
	}
	return what
}

func buildsBy(x syntax.Expr) string {
	call, ok := x.(*syntax.CallExpr)
	if !ok {
		return ""
	}
	name, ok := call.Fn.(*syntax.Ident)
	if !ok {
		return ""
	}
	switch name.Name {
	case prefix + "start", prefix + "lit":
		return buildsYAML
	case prefix + "tout", prefix + "tlit":
		return buildsText
	}
	return ""
}

// rests are the names of the parameters *args and **kwargs, which are made by the call.
func rests(params []syntax.Expr) []syntax.Expr {
	var names []syntax.Expr
	for _, p := range params {
		if star, ok := p.(*syntax.UnaryExpr); ok && star.X != nil {
			if name, ok := star.X.(*syntax.Ident); ok {
				names = append(names, ident(name.NamePos, name.Name))
			}
		}
	}
	return names
}

// frameOf estimates how many values a call of a function needs room for: variables, and
// the parts of its longest call or literal.
func frameOf(f syntax.Node, params []syntax.Expr) int {
	names, widest := map[string]bool{}, len(params)
	var bind func(x syntax.Expr)
	bind = func(x syntax.Expr) {
		switch x := x.(type) {
		case *syntax.Ident:
			names[x.Name] = true
		case *syntax.ParenExpr:
			bind(x.X)
		case *syntax.TupleExpr:
			for _, item := range x.List {
				bind(item)
			}
			widest = max(widest, len(x.List))
		case *syntax.ListExpr:
			for _, item := range x.List {
				bind(item)
			}
			widest = max(widest, len(x.List))
		}
	}
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DefStmt:
			if n != f {
				names[n.Name.Name] = true
				return false
			}
		case *syntax.LambdaExpr:
			return n == f
		case *syntax.AssignStmt:
			bind(n.LHS)
		case *syntax.ForStmt:
			bind(n.Vars)
		case *syntax.ForClause:
			bind(n.Vars)
		case *syntax.CallExpr:
			widest = max(widest, 2*len(n.Args))
		case *syntax.ListExpr:
			widest = max(widest, len(n.List))
		case *syntax.TupleExpr:
			widest = max(widest, len(n.List))
		}
		return true
	})
	return len(params) + len(names) + widest
}

// params rewrites the defaults.
func (r *rewriter) params(pos syntax.Position, params []syntax.Expr) {
	if len(params) > maxParams {
		r.fail(pos, "a function has more than %d parameters", maxParams)
	}
	for _, p := range params {
		if p, ok := p.(*syntax.BinaryExpr); ok {
			p.Y = invoke(pos, "held", r.expr(p.Y))
		}
	}
}
