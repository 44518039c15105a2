package ytt

import (
	"context"
	"errors"
	"fmt"

	"go.starlark.net/starlark"
)

const (
	// maxProblems are told of a template at once.
	maxProblems = 50
	// maxProgram is how many lines the program of a template may have, and maxTokens how
	// many words and signs: what the parser and compiler make of them takes a hundred
	// times the memory of the text.
	maxProgram = 100_000
	maxTokens  = 200_000
	// maxSigns is how many lines and signs of YAML a text may have.
	maxSigns = 150_000
	// maxName is the length of a name in code: a missing one is compared with all others
	// for a hint, which takes the square of its length.
	maxName = 250
)

// checkSize refuses a text that may have more nodes than can be read, before yaml.v3
// makes them all: each needs a sign or a line of its own.
func checkSize(t *text) error {
	signs := 0
	for i := range len(t.content) {
		switch t.content[i] {
		case '\n', ',', '[', '{', ':', '-', '?':
			signs++
		}
		if signs > maxSigns {
			return t.exceeds(t.lineAt(i), "lines, dashes, colons and commas of a text", maxSigns)
		}
	}
	return nil
}

// Limits bound what a template may cost, because neither its author nor its values are
// trusted. Zero fields have the defaults.
type Limits struct {
	// Input is the size of a template in bytes: 1 MiB.
	Input int
	// Steps of the interpreter in one render: 10 000 000.
	Steps uint64
	// CallDepth of functions: 500.
	CallDepth int
	// Memory is what one render may allocate for strings, lists, maps and nodes, in
	// bytes, counted up whether or not it is still in use: 32 MiB.
	Memory int
	// Nodes of the output, or of a value that is converted: 200 000.
	Nodes int
	// Output is the size of printed YAML or JSON in bytes: 4 MiB.
	Output int
	// String is the size of one string in bytes: 8 MiB.
	String int
	// Entries of one list, dict, set or tuple: 1 000 000.
	Entries int
	// Depth of nested values: 200.
	Depth int
	// Printed is what print() may say in bytes: 64 KiB.
	Printed int
	// Pattern is the size of a regular expression in bytes: 10 KiB.
	Pattern int
}

// DefaultLimits are the limits of a template that sets none.
func DefaultLimits() Limits { return Limits{}.withDefaults() }

func (l Limits) withDefaults() Limits {
	set := func(field *int, value int) {
		if *field <= 0 {
			*field = value
		}
	}
	set(&l.Input, 1<<20)
	if l.Steps == 0 {
		l.Steps = 10_000_000
	}
	set(&l.CallDepth, 500)
	set(&l.Memory, 32<<20)
	set(&l.Nodes, 200_000)
	set(&l.Output, 4<<20)
	set(&l.String, 8<<20)
	set(&l.Entries, 1_000_000)
	set(&l.Depth, 200)
	set(&l.Printed, 64<<10)
	set(&l.Pattern, 10<<10)
	return l
}

// LimitError says that a template went beyond a limit, or that its time ran out. It can
// not be caught by assert.try_to.
type LimitError struct {
	// What was limited: steps, call depth, memory, time, …
	What string
	// Limit in force; empty for time.
	Limit string
	// Remedy is what the author can do, if there is something.
	Remedy string
	cause  error
}

func (e *LimitError) Error() string {
	message := "limit exceeded: " + e.What
	if e.Limit != "" {
		message += " (" + e.Limit + ")"
	}
	if e.Remedy != "" {
		message += "; " + e.Remedy
	}
	return message
}

func (e *LimitError) Unwrap() error { return e.cause }

func exceeds(what string, limit any, remedy string) *LimitError {
	return &LimitError{What: what, Limit: fmt.Sprint(limit), Remedy: remedy}
}

// meter counts what one render costs.
type meter struct {
	limits Limits
	ctx    context.Context
	thread *starlark.Thread
	// spent memory in bytes, printed bytes.
	spent, printed int
	// nodes of the conversion that is going on, and bytes of the texts in it.
	nodes, size int
	// stopped is why the program is being stopped. The interpreter itself knows only a
	// text.
	stopped error
}

// quantum is the number of steps between two looks at the clock and the stack.
const quantum = 1000

// watch makes the thread stop at the limits. Every loop and every call of the
// interpreter passes through its step counter, so one hook serves steps, depth and time.
func (m *meter) watch() {
	next := func() { m.thread.SetMaxExecutionSteps(min(m.thread.ExecutionSteps()+quantum, m.limits.Steps)) }
	m.thread.OnMaxSteps = func(thread *starlark.Thread) {
		switch {
		case thread.ExecutionSteps() >= m.limits.Steps:
			m.stop(exceeds("steps of the program", m.limits.Steps, ""))
		case m.checkDepth() != nil:
			m.stop(m.checkDepth())
		case m.ctx.Err() != nil:
			m.stop(m.outOfTime())
		default:
			next()
		}
	}
	next()
}

// checkDepth of the calls in progress.
func (m *meter) checkDepth() error {
	if m.thread.CallStackDepth() <= m.limits.CallDepth {
		return nil
	}
	return exceeds("depth of calls", m.limits.CallDepth, "")
}

// stop makes the program end at its next step.
func (m *meter) stop(err error) {
	if m.stopped == nil {
		m.stopped = err
	}
	m.thread.Cancel(m.stopped.Error())
}

// noted stops the program when an error is that of a limit. Functions of go.starlark.net
// that call back, and code of the template that catches errors, may lose it on its way.
func (m *meter) noted(err error) error {
	if err == nil {
		return nil
	}
	var limit *LimitError
	if errors.As(err, &limit) {
		m.stop(limit)
	}
	return err
}

func (m *meter) outOfTime() error {
	err := context.Cause(m.ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return &LimitError{What: "time", cause: err}
	}
	return &LimitError{What: "the render was cancelled", cause: err}
}

// spend counts memory before it is allocated.
func (m *meter) spend(bytes int) error {
	if bytes > m.limits.Memory-m.spent {
		m.spent = m.limits.Memory
		return exceeds("memory that the program allocates", fmt.Sprintf("%d bytes", m.limits.Memory), "collect parts in a list and join them instead of adding to a long string or list in a loop")
	}
	m.spent += bytes
	return nil
}

// text counts a string of the given size.
func (m *meter) text(bytes int) error {
	if bytes > m.limits.String {
		return exceeds("size of a string", fmt.Sprintf("%d bytes", m.limits.String), "")
	}
	return m.spend(bytes)
}

// fits says that a string of the given size may be made. It is counted when it is there.
func (m *meter) fits(bytes int) error {
	if bytes > m.limits.String || bytes > m.limits.Memory-m.spent {
		return m.text(bytes)
	}
	return nil
}

// What entries cost in memory, roughly.
const (
	listEntry = 24
	dictEntry = 96
	nodeCost  = 160
)

// entries counts a list or dict of the given size.
func (m *meter) entries(count, each int) error {
	if count > m.limits.Entries {
		return exceeds("entries of a list or dict", m.limits.Entries, "")
	}
	return m.spend(64 + count*each)
}

// convert begins a conversion of a value, which may be a tree that refers to the same
// parts many times: nodes counts its size.
func (m *meter) convert() { m.nodes, m.size = 0, 0 }

// leaf counts a value that is no collection; those count themselves.
func (m *meter) leaf(v any, depth int) error {
	if _, ok := v.(*node); ok {
		return nil
	}
	return m.node(depth)
}

// node counts a node of a conversion at the given depth.
func (m *meter) node(depth int) error {
	if depth > 2*m.limits.Depth {
		return exceeds("depth of nested values", m.limits.Depth, "does a list or dict contain itself?")
	}
	if m.nodes++; m.nodes > m.limits.Nodes {
		return exceeds("nodes of a value", m.limits.Nodes, "")
	}
	if m.nodes%1024 == 0 && m.ctx.Err() != nil {
		return m.outOfTime()
	}
	return m.spend(nodeCost)
}
