package ytt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Options of a template. The zero value is what Cartographer's templates are rendered
// with.
type Options struct {
	// Name of the template in errors; stdin.yml by default.
	Name string
	// IgnoreUnknownComments drops comments that are neither #@ nor #!, instead of
	// refusing them: for manifests that were written without ytt in mind.
	IgnoreUnknownComments bool
	// ImplicitMapKeyOverrides lets a later item of a map replace an earlier one.
	ImplicitMapKeyOverrides bool
	Limits                  Limits
	// Print takes what print() says; it is dropped by default. All goroutines that render
	// the template call it.
	Print func(string)
}

// Template is a compiled template. It is immutable: many goroutines may render it at
// once.
type Template struct {
	text    *text
	options Options
	// program is nil for plain YAML, which is in tree.
	program *starlark.Program
	tree    *node
	// lines of the program, for errors.
	lines []codeLine
	// By number: nodes, their parents, and the last node below each.
	nodes      []*node
	parents    []int
	lastBelow  []int
	texts      []string
	names      []string
	hasAliases bool
}

// isAncestor says that node id stands below node a.
func (t *Template) isAncestor(a, id int) bool { return a < id && id <= t.lastBelow[a] }

var fileOptions = &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}

// Compile compiles a template. The error is an *Error with all faults that show without
// running it.
func Compile(src []byte, o Options) (t *Template, err error) {
	if o.Name == "" {
		o.Name = "stdin.yml"
	}
	o.Limits = o.Limits.withDefaults()
	content := newText(o.Name, strings.TrimPrefix(string(src), "\ufeff"))
	defer content.recovered("compiling", &err)
	if len(src) > o.Limits.Input {
		return nil, content.exceeds(0, "size of a template", fmt.Sprintf("%d bytes", o.Limits.Input))
	}
	set, comments, err := read(content)
	if err != nil {
		return nil, err
	}
	attach(set, comments)
	if !isTemplated(set) {
		lastKeyWins(set)
		return &Template{text: content, options: o, tree: set}, nil
	}
	e := newEmitter(content, o)
	e.node(set, 0, false)
	source := translate(e)
	if len(e.problems) > 0 {
		return nil, &Error{Problems: e.problems, cause: e.cause}
	}
	t = &Template{text: content, options: o, lines: e.lines, nodes: e.nodes, parents: e.parents, texts: e.texts, names: e.names}
	t.number()
	if t.program, err = t.parse(source); err != nil {
		return nil, err
	}
	return t, nil
}

// number notes what the machine needs to know about each node.
func (t *Template) number() {
	t.lastBelow = make([]int, len(t.nodes))
	for id := len(t.nodes) - 1; id > 0; id-- {
		t.lastBelow[id] = max(t.lastBelow[id], id)
		parent := t.parents[id]
		t.lastBelow[parent] = max(t.lastBelow[parent], t.lastBelow[id])
		t.hasAliases = t.hasAliases || t.nodes[id].source.aliasOf != nil
	}
}

func (t *Template) parse(source string) (*starlark.Program, error) {
	file, err := fileOptions.Parse(t.text.name, source, 0)
	var syntaxError syntax.Error
	if errors.As(err, &syntaxError) {
		return nil, &Error{Problems: []Problem{t.static(syntaxError.Pos, syntaxError.Msg)}}
	} else if err != nil {
		return nil, err
	}
	var problems []Problem
	r := rewriter{fail: func(pos syntax.Position, format string, args ...any) *Problem {
		if len(problems) == maxProblems {
			return &Problem{}
		}
		problems = append(problems, t.static(pos, fmt.Sprintf(format, args...)))
		return &problems[len(problems)-1]
	}}
	r.file(file)
	if len(problems) > 0 {
		return nil, &Error{Problems: problems}
	}
	missing := 0
	program, err := starlark.FileProgram(file, func(name string) bool {
		if predeclared.Has(name) || starlark.Universe.Has(name) {
			return predeclared.Has(name)
		}
		// A name that is not defined is compared with all others, for a hint. When there
		// are many, those that come last are taken for defined: the first ones are told.
		missing++
		return missing > maxProblems
	})
	var unresolved resolve.ErrorList
	if errors.As(err, &unresolved) {
		for _, u := range unresolved {
			problems = append(problems, t.static(u.Pos, u.Msg))
		}
		// Names in functions are resolved last.
		slices.SortStableFunc(problems, func(a, b Problem) int { return a.Frames[0].Line - b.Frames[0].Line })
		return nil, &Error{Problems: problems}
	}
	return program, err
}

func (t *Template) static(pos syntax.Position, message string) Problem {
	return Problem{Message: withHint(shorten(message)), Frames: []Frame{t.frame("", pos)}}
}

// frame shows a position of the program in the template.
func (t *Template) frame(function string, pos syntax.Position) Frame {
	i := min(max(int(pos.Line), 1), len(t.lines)) - 1
	f := t.text.frame(function, t.lines[i].line)
	if t.lines[i].source != "" {
		f.Source = t.lines[i].source
	}
	return f
}

// Result is the outcome of a render. It is immutable.
type Result struct {
	text      *text
	documents []*node
	limits    Limits
}

// meter for a conversion of the result.
func (r *Result) meter() *meter { return &meter{limits: r.limits, ctx: context.Background()} }

// Render runs the template with values: *Values, or a map[string]any of decoded JSON, in
// which a func() any is called when a template first reads it. The error is an *Error; it
// wraps a *LimitError when a limit stopped the template, which is also what happens when
// ctx ends.
func (t *Template) Render(ctx context.Context, values any) (result *Result, err error) {
	defer t.text.recovered("rendering", &err)
	if t.program == nil {
		return &Result{text: t.text, documents: t.tree.children, limits: t.options.Limits}, nil
	}
	m := &machine{meter: meter{limits: t.options.Limits, ctx: ctx}, template: t, print: t.options.Print}
	var root *structValue
	switch v := values.(type) {
	case nil:
		root = structOf(nil)
	case map[string]any:
		root = structOf(v)
	case *Values:
		root = structOfValues(v)
	default:
		return nil, t.text.fail(0, "data values are a map, not %T", values)
	}
	root.tellsPath = true
	m.data = dataModule(root)
	m.thread = &starlark.Thread{Name: t.text.name}
	m.thread.SetLocal(machineKey, m)
	if t.hasAliases {
		m.made = make([]*node, len(t.nodes))
	}
	m.watch()
	if ctx.Err() != nil {
		m.stop(m.outOfTime())
	}
	defer context.AfterFunc(ctx, func() { m.thread.Cancel("time") })()
	m.begin()
	if _, err := t.program.Init(m.thread, predeclared); err != nil {
		return nil, t.runtimeError(m, err)
	}
	documents, err := applyOverlayDocuments(m, m.done().children)
	if err != nil {
		return nil, err
	}
	return &Result{text: t.text, documents: documents, limits: t.options.Limits}, nil
}

// runtimeError shows the stack of calls in lines of the template.
func (t *Template) runtimeError(m *machine, err error) error {
	var eval *starlark.EvalError
	if !errors.As(err, &eval) {
		return t.text.fail(0, "%v", err)
	}
	e := &Error{cause: eval.Unwrap()}
	message := eval.Msg
	var limit *LimitError
	if errors.As(err, &limit) {
		e.cause = limit
	} else if m.stopped != nil || m.ctx.Err() != nil {
		if m.stopped == nil {
			m.stopped = m.outOfTime()
		}
		e.cause, message = m.stopped, m.stopped.Error()
	}
	p := Problem{Message: withHint(shorten(message))}
	for i := len(eval.CallStack) - 1; i >= 0; i-- {
		if at := eval.CallStack[i]; at.Pos.Filename() == t.text.name {
			p.Frames = append(p.Frames, t.frame(at.Name, at.Pos))
		}
	}
	p.fewFrames()
	e.Problems = []Problem{p}
	return e
}

// Documents gives the documents that are printed as JSON values of Kubernetes: integers
// are int64.
func (r *Result) Documents() (values []any, err error) {
	defer r.text.recovered("converting the result", &err)
	m := r.meter()
	m.convert()
	for _, d := range r.documents {
		if d.isEmpty() {
			continue
		}
		value, err := m.object(d.value, 0)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", len(values)+1, err)
		}
		values = append(values, value)
	}
	return values, nil
}

// Lines are those of the template on which the documents that are printed begin; 0 for one
// that code made.
func (r *Result) Lines() []int {
	var lines []int
	for _, d := range r.documents {
		if !d.isEmpty() {
			lines = append(lines, d.line)
		}
	}
	return lines
}

// Objects gives the documents as objects: each must be a map.
func (r *Result) Objects() ([]map[string]any, error) {
	values, err := r.Documents()
	if err != nil {
		return nil, err
	}
	objects := make([]map[string]any, len(values))
	for i, value := range values {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("document %d is no map", i+1)
		}
		objects[i] = object
	}
	return objects, nil
}

// YAML prints the documents, byte for byte as ytt does.
func (r *Result) YAML() (printed []byte, err error) {
	defer r.text.recovered("printing the result", &err)
	return r.meter().printDocuments(r.documents)
}
