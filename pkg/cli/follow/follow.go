// Package follow shows an owner while it changes, and ends when it is as wanted, or never
// will be: the part that tree --watch, create --wait, wait and tail share.
package follow

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
)

// FailGrace is how long a failure must hold before a wait ends. Ready is False for moments
// that pass: an application that starts is not available yet.
const FailGrace = 5 * time.Second

// Options say what to follow, how to show it and when to end.
type Options struct {
	Client dynamic.Interface
	Ref    collect.OwnerRef
	// Inputs are what is followed; nil for those of Client and Ref.
	Inputs collect.Inputs
	// View shows each snapshot; nil shows nothing.
	View View
	// Read, when set, gets what each snapshot was made of, before it is shown.
	Read func(tree.Input) error

	// UntilReady ends the watch as a success when the owner is ready.
	UntilReady bool
	// UntilStep is a step; when that is ready, the watch ends as a success.
	UntilStep string
	// UntilDeleted ends the watch as a success when the owner is gone.
	UntilDeleted bool
	// Hold is how long that must hold; 0 means that the first sight is enough.
	Hold time.Duration

	// FailGrace ends it as a finding when a failure has held that long; 0 means never.
	// Failures pass: a Deployment that starts is not available, a write that conflicts
	// is repeated.
	FailGrace time.Duration
	// StalledAfter ends it as a finding when nothing has changed for that long, and no
	// pod is at work; 0 means never.
	StalledAfter time.Duration
	// Timeout ends it as a finding; 0 means never.
	Timeout time.Duration
}

var errReached = errors.New("reached")

// Run follows the owner. With nothing to reach it ends only by ctx.
func Run(ctx context.Context, o Options) error {
	running, end := context.WithCancelCause(ctx)
	defer end(nil)
	w := &watchdog{o: o, end: end}
	defer w.stop()
	w.arm(&w.timeout, o.Timeout, func(t *tree.Tree) error { return o.timedOut(t) })
	inputs := o.Inputs
	if inputs == nil {
		inputs = collect.InputsOf(o.Client, o.Ref)
	}
	err := inputs(running, func(in tree.Input) error {
		if o.Read != nil {
			if err := o.Read(in); err != nil {
				return err
			}
		}
		t := tree.Build(in)
		w.see(t)
		if o.View != nil {
			if err := o.View.Show(t); err != nil {
				return err
			}
		}
		if w.held(o.reached(t)) {
			return errReached
		}
		return UnknownStep(t, o.UntilStep)
	})
	switch {
	case errors.Is(err, errReached), errors.Is(context.Cause(running), errReached):
		return nil
	case o.UntilDeleted && apierrors.IsNotFound(err) && !collect.MissingKind(err):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case running.Err() != nil:
		return context.Cause(running)
	}
	return err
}

// watchdog ends a watch that will not, or not soon, reach what it is for. Its timers fire
// on goroutines of their own.
type watchdog struct {
	o   Options
	end context.CancelCauseFunc

	mu     sync.Mutex
	last   *tree.Tree
	failed string

	timeout, failing, stalling, holding *time.Timer
}

// see takes the next snapshot into account.
func (w *watchdog) see(t *tree.Tree) {
	w.mu.Lock()
	failed := w.o.failure(t)
	failedAnew := failed != w.failed
	moved := w.last == nil || !reflect.DeepEqual(t, w.last)
	w.last, w.failed = t, failed
	w.mu.Unlock()

	if failedAnew || failed == "" {
		w.disarm(&w.failing)
	}
	if failed != "" && w.failing == nil {
		w.arm(&w.failing, w.o.FailGrace, func(t *tree.Tree) error { return cmdutil.Findingf("failed: %s", why(t)) })
	}
	if moved || atWork(t) {
		w.disarm(&w.stalling)
	}
	if w.stalling == nil && !atWork(t) {
		w.arm(&w.stalling, w.o.StalledAfter, func(t *tree.Tree) error {
			return cmdutil.Findingf("stalled: nothing changed for %s: %s", w.o.StalledAfter, why(t))
		})
	}
}

// held tells whether what the watch is for has been reached for long enough; a timer ends
// the watch if nothing is seen until then.
func (w *watchdog) held(reached bool) bool {
	switch {
	case !reached:
		w.disarm(&w.holding)
	case w.o.Hold == 0:
		return true
	case w.holding == nil:
		w.arm(&w.holding, w.o.Hold, func(*tree.Tree) error { return errReached })
	}
	return false
}

// arm ends the watch after a time with what end makes of the last snapshot, nil when there
// is none yet.
func (w *watchdog) arm(timer **time.Timer, after time.Duration, end func(*tree.Tree) error) {
	if after <= 0 {
		return
	}
	*timer = time.AfterFunc(after, func() {
		w.mu.Lock()
		last := w.last
		w.mu.Unlock()
		w.end(end(last))
	})
}

func (w *watchdog) disarm(timer **time.Timer) {
	if *timer != nil {
		(*timer).Stop()
		*timer = nil
	}
}

func (w *watchdog) stop() {
	w.disarm(&w.timeout)
	w.disarm(&w.failing)
	w.disarm(&w.stalling)
	w.disarm(&w.holding)
}
