package stamp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/carto-run/carto/pkg/ytt"
)

// DefaultYttTime is how long a ytt body may run (spec: reconcile §6.5).
const DefaultYttTime = 4 * time.Second

// yttPrefix stands before what the engine says, as users know it.
const yttPrefix = "unable to apply ytt template: "

// yttBody is a compiled spec.ytt (spec: reconcile §6.5).
type yttBody struct {
	template *ytt.Template
	time     time.Duration
	slots    Slots
	// late counts the renders in a row that ran out of time. Each halves the time of the
	// next: a template that never ends must not hold up those of others again and again.
	late *atomic.Int32
}

// Slots bound how many ytt bodies run at once.
type Slots interface {
	// Acquire waits for a slot, until the context ends, and returns the function that gives
	// it back.
	Acquire(ctx context.Context) (release func(), err error)
}

// SlotsFor are so many slots, for whoever comes first.
func SlotsFor(n int) Slots { return counted{semaphore.NewWeighted(int64(n))} }

type counted struct{ slots *semaphore.Weighted }

func (c counted) Acquire(ctx context.Context) (func(), error) {
	if err := c.slots.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() { c.slots.Release(1) }, nil
}

// maxHalvings of the time of a template that runs out of it: 4 s become 62 ms, which is
// many times what an honest one takes.
const maxHalvings = 6

func (yttBody) tags() []Tag { return nil }

func (t *Template) compileYtt(text string, o Options) program {
	template, err := ytt.Compile([]byte(text), ytt.Options{Limits: o.Ytt})
	if err == nil {
		return yttBody{template, cmp.Or(o.YttTime, DefaultYttTime), o.YttSlots, new(atomic.Int32)}
	}
	var failed *ytt.Error
	if !errors.As(err, &failed) {
		t.problem("YTT001", "spec.ytt", err.Error())
	} else {
		for _, p := range failed.Problems {
			line := 0
			if len(p.Frames) > 0 {
				line = p.Frames[0].Line
			}
			rule := "YTT001"
			if p.OfLoad {
				rule = "YTT005"
			}
			t.problems = append(t.problems, Problem{Rule: rule, Field: "spec.ytt", Line: line, Message: p.Message})
		}
	}
	return broken{fmt.Errorf("%s%w", yttPrefix, err)}
}

func (b yttBody) render(ctx context.Context, c *scope) (any, *RenderError) {
	if b.slots != nil {
		release, err := b.slots.Acquire(ctx)
		if err != nil {
			return nil, &RenderError{Err: fmt.Errorf("%sit waited for others: %w", yttPrefix, err)}
		}
		defer release()
	}
	ctx, cancel := context.WithTimeout(ctx, b.time>>min(b.late.Load(), maxHalvings))
	defer cancel()
	var sawDeployment bool
	result, err := b.template.Render(ctx, c.yttValues(&sawDeployment))
	if errors.Is(err, context.DeadlineExceeded) {
		b.late.Add(1)
	} else {
		b.late.Store(0)
	}
	if err != nil {
		return nil, c.yttFailure(err, sawDeployment)
	}
	objects, err := result.Objects()
	switch {
	case err != nil:
		return nil, &RenderError{Err: fmt.Errorf("%sthe result can not become an object: %w", yttPrefix, err)}
	case len(objects) == 0:
		return nil, &RenderError{Err: errors.New(yttPrefix + "the result is empty; a template makes one object")}
	case len(objects) > 1:
		return nil, &RenderError{Err: fmt.Errorf("%sthe result has %d documents; a template makes one object: put the others into templates of their own", yttPrefix, len(objects))}
	}
	return c.export(objects[0], dropNulls)
}

// yttFailure says for which input the template waits, if that is why it failed: it needs
// a value that is not there, or it looked into the deployment, which is None until it is.
func (c *scope) yttFailure(err error, sawDeployment bool) *RenderError {
	failure := &RenderError{Err: fmt.Errorf("%s%w", yttPrefix, err)}
	var missing *ytt.MissingError
	if errors.As(err, &missing) {
		failure.WaitsFor = c.missing[missing.Path]
		return failure
	}
	var failed *ytt.Error
	if errors.As(err, &failed) && sawDeployment && strings.Contains(failed.Problems[0].Message, "NoneType") {
		failure.WaitsFor = c.missing["deployment"]
	}
	return failure
}

// yttValues are the data values of a ytt body: the context as JSON, each part made when
// the template reads it first. sawDeployment is set when that is the deployment.
func (c *scope) yttValues(sawDeployment *bool) map[string]any {
	values := make(map[string]any, len(c.roots))
	for name, root := range c.roots {
		values[name] = func() any {
			*sawDeployment = *sawDeployment || name == "deployment"
			return asJSON(root)
		}
	}
	return values
}

// asJSON leaves the unset fields of a view out, as they are in JSON.
func asJSON(value any) any {
	switch v := value.(type) {
	case lazy:
		return func() any { return asJSON(v.get()) }
	case map[string]any:
		if v == nil {
			return nil
		}
		m := make(map[string]any, len(v))
		for key, item := range v {
			if _, isUnset := item.(unset); !isUnset {
				m[key] = asJSON(item)
			}
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = asJSON(item)
		}
		return list
	}
	return value
}
