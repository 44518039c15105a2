package ytt

import (
	"slices"

	"go.starlark.net/syntax"
)

// guards of augmented assignments.
var augmented = map[syntax.Token]string{
	syntax.PLUS_EQ: "iadd", syntax.MINUS_EQ: "sub", syntax.STAR_EQ: "mul", syntax.PERCENT_EQ: "mod",
	syntax.PIPE_EQ: "ior", syntax.AMP_EQ: "and", syntax.CIRCUMFLEX_EQ: "xor", syntax.LTLT_EQ: "shl",
}

// assign rewrites x OP= y into a guarded x = OP(x, y), and x[i] = y into a guarded call.
func (r *rewriter) assign(s *syntax.AssignStmt) []syntax.Stmt {
	s.RHS = r.expr(s.RHS)
	for {
		inner, ok := s.LHS.(*syntax.ParenExpr)
		if !ok {
			break
		}
		s.LHS = inner.X
	}
	set := func(name string, value syntax.Expr) syntax.Stmt {
		return &syntax.AssignStmt{OpPos: s.OpPos, Op: syntax.EQ, LHS: ident(s.OpPos, name), RHS: value}
	}
	const of, at, value = prefix + "of", prefix + "at", prefix + "value"
	guard, isGuarded := augmented[s.Op]
	switch x := s.LHS.(type) {
	case *syntax.Ident:
		if isGuarded && (s.Op != syntax.PLUS_EQ && s.Op != syntax.MINUS_EQ || !isNumber(s.RHS)) {
			return []syntax.Stmt{set(x.Name, invoke(s.OpPos, guard, ident(x.NamePos, x.Name), s.RHS))}
		}
	case *syntax.IndexExpr:
		if s.Op == syntax.EQ { // the value is evaluated first
			return []syntax.Stmt{set(value, s.RHS), run(x.Lbrack, "put", r.expr(x.X), r.expr(x.Y), ident(s.OpPos, value))}
		}
		// The collection and the index are evaluated once.
		element := &syntax.IndexExpr{X: ident(s.OpPos, of), Lbrack: x.Lbrack, Y: ident(s.OpPos, at), Rbrack: x.Rbrack}
		changed := syntax.Expr(&syntax.BinaryExpr{X: element, OpPos: s.OpPos, Op: s.Op - syntax.PLUS_EQ + syntax.PLUS, Y: s.RHS})
		if isGuarded {
			changed = invoke(s.OpPos, guard, element, s.RHS)
		}
		return []syntax.Stmt{set(of, r.expr(x.X)), set(at, r.key(x.Y)), run(s.OpPos, "put", ident(s.OpPos, of), ident(s.OpPos, at), changed)}
	case *syntax.DotExpr:
		if isGuarded { // no value takes it, but lists would have grown before
			field := func() *syntax.DotExpr {
				return &syntax.DotExpr{X: ident(s.OpPos, of), Dot: x.Dot, NamePos: x.NamePos, Name: x.Name}
			}
			return []syntax.Stmt{
				set(of, r.expr(x.X)),
				&syntax.AssignStmt{OpPos: s.OpPos, Op: syntax.EQ, LHS: field(), RHS: invoke(s.OpPos, guard, field(), s.RHS)},
			}
		}
	}
	r.target(s.LHS)
	return []syntax.Stmt{s}
}

// target rewrites what is read in the target of an assignment or loop.
func (r *rewriter) target(x syntax.Expr) {
	switch x := x.(type) {
	case *syntax.IndexExpr:
		x.X, x.Y = r.expr(x.X), invoke(x.Lbrack, "slot", r.expr(x.Y))
	case *syntax.DotExpr:
		x.X = r.expr(x.X)
	case *syntax.ParenExpr:
		r.target(x.X)
	case *syntax.TupleExpr:
		for _, item := range x.List {
			r.target(item)
		}
	case *syntax.ListExpr:
		for _, item := range x.List {
			r.target(item)
		}
	}
}

func (r *rewriter) exprs(list []syntax.Expr) {
	for i := range list {
		list[i] = r.expr(list[i])
	}
}

// expr rewrites an expression that is read.
func (r *rewriter) expr(x syntax.Expr) syntax.Expr {
	switch x := x.(type) {
	case nil:
		return nil
	case *syntax.ParenExpr:
		x.X = r.expr(x.X)
	case *syntax.UnaryExpr:
		x.X = r.expr(x.X)
	case *syntax.BinaryExpr:
		return r.binary(x)
	case *syntax.CondExpr:
		x.Cond, x.True, x.False = r.expr(x.Cond), r.expr(x.True), r.expr(x.False)
	case *syntax.Ident:
		if r.functions > 1 {
			r.capture(x)
		}
	case *syntax.IndexExpr:
		x.X, x.Y = r.expr(x.X), r.key(x.Y)
	case *syntax.SliceExpr:
		x.X, x.Lo, x.Hi, x.Step = r.expr(x.X), r.expr(x.Lo), r.expr(x.Hi), r.expr(x.Step)
		return invoke(x.Lbrack, "keep", x)
	case *syntax.DotExpr:
		x.X = r.expr(x.X)
		if guardedMethods[x.Name.Name] {
			return invoke(x.NamePos, "attr", x.X, literal(x.NamePos, x.Name.Name))
		}
	case *syntax.CallExpr:
		return r.call(x)
	case *syntax.ListExpr:
		r.exprs(x.List)
		return invoke(x.Lbrack, "keep", x)
	case *syntax.TupleExpr:
		r.exprs(x.List)
		return invoke(syntax.Start(x), "keep", x)
	case *syntax.DictExpr:
		for _, item := range x.List {
			if entry, ok := item.(*syntax.DictEntry); ok {
				entry.Key, entry.Value = r.key(entry.Key), r.expr(entry.Value)
			}
		}
		return invoke(x.Lbrace, "keep", x)
	case *syntax.Comprehension:
		return r.comprehension(x)
	case *syntax.LambdaExpr:
		r.lambda(x)
		return invoke(x.Lambda, "keep", x)
	}
	return x
}

// lambda has no statements before its body: what they would do is done by the parts of a
// tuple whose last one is the result.
func (r *rewriter) lambda(x *syntax.LambdaExpr) {
	slots := frameOf(x, x.Params)
	r.params(x.Lambda, x.Params)
	r.functions++
	body := r.expr(x.Body)
	r.functions--
	var parts []syntax.Expr
	if slots > largeFrame {
		parts = append(parts, invoke(x.Lambda, "frame", number(x.Lambda, int64(slots))))
	}
	for _, rest := range rests(x.Params) {
		parts = append(parts, invoke(x.Lambda, "keep", rest))
	}
	x.Body = body
	if len(parts) > 0 {
		all := &syntax.TupleExpr{Lparen: x.Lambda, List: append(parts, body), Rparen: x.Lambda}
		x.Body = &syntax.IndexExpr{X: all, Lbrack: x.Lambda, Y: number(x.Lambda, int64(len(parts))), Rbrack: x.Lambda}
	}
}

// capture counts a name that stands in an inner function.
func (r *rewriter) capture(x *syntax.Ident) {
	before := r.captures
	if r.captures += r.functions - 1; before <= maxCaptures && r.captures > maxCaptures {
		r.fail(x.NamePos, "functions are nested too deep for all the names in them")
	}
}

// key rewrites an expression whose value is used as a key or an index.
func (r *rewriter) key(x syntax.Expr) syntax.Expr {
	x = r.expr(x)
	switch inner := x.(type) {
	case *syntax.Literal:
		return x
	case *syntax.UnaryExpr:
		if isNumber(inner.X) {
			return x
		}
	case *syntax.BinaryExpr:
		if isNumber(inner.X) || isNumber(inner.Y) {
			return x
		}
	}
	return invoke(syntax.Start(x), "key", x)
}

// comprehension counts each element as it is added.
func (r *rewriter) comprehension(x *syntax.Comprehension) syntax.Expr {
	for _, clause := range x.Clauses {
		switch c := clause.(type) {
		case *syntax.ForClause:
			c.X = r.expr(c.X)
			r.target(c.Vars)
		case *syntax.IfClause:
			c.Cond = r.expr(c.Cond)
		}
	}
	if entry, ok := x.Body.(*syntax.DictEntry); ok {
		// A dict is made of a list of pairs: guards can look at it while it grows.
		pair := &syntax.TupleExpr{Lparen: x.Lbrack, List: []syntax.Expr{r.expr(entry.Key), r.expr(entry.Value)}, Rparen: x.Rbrack}
		x.Curly, x.Body = false, invoke(x.Lbrack, "item", invoke(x.Lbrack, "keep", pair))
		return invoke(x.Lbrack, "pairs", x)
	}
	x.Body = invoke(x.Lbrack, "item", r.expr(x.Body))
	return x
}

// call puts keywords before *args and **kwargs, where go.starlark.net wants them.
func (r *rewriter) call(x *syntax.CallExpr) syntax.Expr {
	if method, ok := x.Fn.(*syntax.DotExpr); ok && guardedMethods[method.Name.Name] {
		x.Args = append([]syntax.Expr{method.X, literal(method.NamePos, method.Name.Name)}, x.Args...)
		x.Fn = ident(method.NamePos, prefix+"call")
	}
	x.Fn = r.expr(x.Fn)
	for i, arg := range x.Args {
		switch a := arg.(type) {
		case *syntax.BinaryExpr:
			if a.Op == syntax.EQ {
				a.Y = r.expr(a.Y)
				continue
			}
		case *syntax.UnaryExpr:
			switch a.Op {
			case syntax.STAR:
				a.X = invoke(a.OpPos, "spread", r.expr(a.X))
				continue
			case syntax.STARSTAR:
				a.X = invoke(a.OpPos, "named", r.expr(a.X))
				continue
			}
		}
		x.Args[i] = r.expr(arg)
	}
	if star := slices.IndexFunc(x.Args, func(arg syntax.Expr) bool { return rank(arg) == 1 }); star >= 0 {
		slices.SortStableFunc(x.Args[star:], func(a, b syntax.Expr) int { return rank(a) - rank(b) })
	}
	return x
}

// rank of an argument in the order in which they have to stand after *args, which is 1.
// A positional argument stays behind, where it is an error.
func rank(arg syntax.Expr) int {
	switch a := arg.(type) {
	case *syntax.UnaryExpr:
		switch a.Op {
		case syntax.STAR:
			return 1
		case syntax.STARSTAR:
			return 2
		}
	case *syntax.BinaryExpr:
		if a.Op == syntax.EQ {
			return 0
		}
	}
	return 3
}

var binaryGuards = map[syntax.Token]string{
	syntax.PLUS: "add", syntax.MINUS: "sub", syntax.STAR: "mul", syntax.PERCENT: "mod",
	syntax.PIPE: "or", syntax.AMP: "and", syntax.CIRCUMFLEX: "xor", syntax.LTLT: "shl",
	syntax.EQL: "eq", syntax.NEQ: "ne", syntax.LT: "lt", syntax.LE: "le", syntax.GT: "gt", syntax.GE: "ge",
	syntax.IN: "in", syntax.NOT_IN: "in",
}

func (r *rewriter) binary(x *syntax.BinaryExpr) syntax.Expr {
	x.X, x.Y = r.expr(x.X), r.expr(x.Y)
	guard, ok := binaryGuards[x.Op]
	if !ok || isCheap(x) {
		return x
	}
	call := invoke(x.OpPos, guard, x.X, x.Y)
	if x.Op == syntax.NOT_IN {
		return &syntax.UnaryExpr{OpPos: x.OpPos, Op: syntax.NOT, X: call}
	}
	return call
}

// isCheap says that an operand shows that the operation is: a comparison with a literal,
// a sum with a number.
func isCheap(x *syntax.BinaryExpr) bool {
	switch x.Op {
	case syntax.PLUS, syntax.MINUS, syntax.AMP, syntax.PIPE, syntax.CIRCUMFLEX:
		return isNumber(x.X) || isNumber(x.Y)
	case syntax.EQL, syntax.NEQ, syntax.LT, syntax.LE, syntax.GT, syntax.GE:
		return isLiteral(x.X) || isLiteral(x.Y)
	case syntax.IN, syntax.NOT_IN:
		return isLiteral(x.X)
	}
	return false
}

func isLiteral(x syntax.Expr) bool {
	_, ok := x.(*syntax.Literal)
	return ok
}

func isNumber(x syntax.Expr) bool {
	l, ok := x.(*syntax.Literal)
	return ok && (l.Token == syntax.INT || l.Token == syntax.FLOAT)
}

func ident(pos syntax.Position, name string) *syntax.Ident {
	return &syntax.Ident{NamePos: pos, Name: name}
}

func literal(pos syntax.Position, s string) *syntax.Literal {
	return &syntax.Literal{Token: syntax.STRING, TokenPos: pos, Raw: syntax.Quote(s, false), Value: s}
}

func number(pos syntax.Position, i int64) *syntax.Literal {
	return &syntax.Literal{Token: syntax.INT, TokenPos: pos, Raw: "0", Value: i}
}

// invoke calls a function of the machine.
func invoke(pos syntax.Position, name string, args ...syntax.Expr) *syntax.CallExpr {
	return &syntax.CallExpr{Fn: ident(pos, prefix+name), Lparen: pos, Args: args, Rparen: pos}
}

func run(pos syntax.Position, name string, args ...syntax.Expr) syntax.Stmt {
	return &syntax.ExprStmt{X: invoke(pos, name, args...)}
}
