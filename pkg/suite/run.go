package suite

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/carto-run/carto/pkg/stamp"
)

// Options of a run.
type Options struct {
	// Run picks tests by their names; nil picks all.
	Run *regexp.Regexp
	// Parallel is how many tests run at once; at least 1.
	Parallel int
	// Update asks for edits that make failing tests pass.
	Update bool
	// Now is the present.
	Now func() time.Time
	// Done is told how many tests are done, of how many; nil tells nobody. It is called by
	// one goroutine at a time.
	Done func(done, of int)
}

// run is the state of a run.
type run struct {
	files   Files
	options Options
	compile stamp.Options

	mu    sync.Mutex
	edits map[string]*Edit
	// kept are files that are right for some tests.
	kept map[string][]string
	// clashes are files that two tests want to be different.
	clashes map[string]bool
}

// Run runs tests and reports in their order. When one of those that Options.Run picks is
// focused, only focused ones run. The error is that of the context.
func (f Files) Run(ctx context.Context, tests []*Test, o Options) (*Report, error) {
	begun := o.Now()
	o.Parallel = max(o.Parallel, 1)
	r := &run{
		files: f, options: o, edits: map[string]*Edit{}, kept: map[string][]string{}, clashes: map[string]bool{},
		compile: stamp.Options{YttSlots: stamp.SlotsFor(o.Parallel)},
	}
	var picked []*Test
	report := &Report{APIVersion: APIVersion, Kind: "Report", Tests: []Result{}}
	for _, t := range tests {
		if o.Run == nil || o.Run.MatchString(t.Name) {
			picked = append(picked, t)
			report.Focused = report.Focused || t.Focused()
		}
	}
	report.Tests = make([]Result, len(picked))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(o.Parallel)
	done := 0
	for i, t := range picked {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			report.Tests[i] = r.one(ctx, t, report.Focused && !t.Focused())
			if o.Done != nil {
				r.mu.Lock()
				defer r.mu.Unlock()
				done++
				o.Done(done, len(picked))
			}
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	r.finishEdits(report)
	report.count(o.Now().Sub(begun).Seconds())
	return report, nil
}

func (r *run) one(ctx context.Context, t *Test, skip bool) Result {
	s := &t.settings
	result := Result{Test: t.Name, Kind: KindTemplate, Name: s.name, Description: s.description, Status: Passed, Focused: s.focus}
	if s.steps != "" {
		result.Kind = KindChain
	}
	if skip {
		result.Status = Skipped
		return result
	}
	begun := r.options.Now()
	var err error
	switch {
	case len(s.faults) > 0:
		err = broken(errors.Join(s.faults...))
	case s.steps != "":
		err = r.runChain(ctx, t, &result)
	default:
		err = r.runTemplate(ctx, t, &result)
	}
	var unfit brokenError
	switch {
	case errors.As(err, &unfit):
		result.Status = Broken
		result.Failures = append(result.Failures, Failure{Message: err.Error()})
	case err != nil:
		result.Failures = append(result.Failures, Failure{Message: err.Error()})
		fallthrough
	default:
		if len(result.Failures) > 0 {
			result.Status = Failed
		}
	}
	result.Seconds = r.options.Now().Sub(begun).Seconds()
	return result
}

// edit keeps how a file should be, for a test that would pass then.
func (r *run) edit(path string, content []byte, result *Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := r.edits[path]
	if known == nil {
		known = &Edit{Path: path, Content: content}
		r.edits[path] = known
	}
	known.Tests = append(known.Tests, result.Test)
	if !bytes.Equal(known.Content, content) {
		r.clashes[path] = true
	}
	result.Status = Updated
}

// keep notes that a file is right for a test as it is.
func (r *run) keep(path string, result *Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept[path] = append(r.kept[path], result.Test)
}

// finishEdits drops files that tests do not agree on: those fail as before.
func (r *run) finishEdits(report *Report) {
	for path, edit := range r.edits {
		slices.Sort(edit.Tests)
		if !r.clashes[path] && len(r.kept[path]) == 0 {
			report.Edits = append(report.Edits, *edit)
			continue
		}
		report.fail(edit, r.files.show(path)+": tests that share this file expect different objects; give each its own")
	}
	slices.SortFunc(report.Edits, func(a, b Edit) int { return strings.Compare(a.Path, b.Path) })
}
