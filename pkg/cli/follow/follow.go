// Package follow shows an owner while it changes, and ends when it is ready or has
// failed: the part that tree --watch and create --wait share.
package follow

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
)

// Options say what to follow, how to show it and when to end.
type Options struct {
	Client dynamic.Interface
	Ref    collect.OwnerRef
	// View shows each snapshot.
	View View
	// UntilReady ends the watch as a success when the owner is ready.
	UntilReady bool
	// FailGrace ends it as a finding when a failure has held that long; 0 means never.
	// Failures pass: a Deployment that starts is not available, a write that conflicts
	// is repeated.
	FailGrace time.Duration
	// Timeout ends it as a finding; 0 means never.
	Timeout time.Duration
}

var errReady = errors.New("ready")

// Run follows the owner. Without UntilReady it ends only by ctx.
func Run(ctx context.Context, o Options) error {
	running, end := context.WithCancelCause(ctx)
	defer end(nil)
	last := &latest{}
	if o.Timeout > 0 {
		timer := time.AfterFunc(o.Timeout, func() { end(cmdutil.Findingf("not ready after %s: %s", o.Timeout, last.why())) })
		defer timer.Stop()
	}
	var failing *time.Timer
	var cause string
	err := collect.Follow(running, o.Client, o.Ref, func(t *tree.Tree) error {
		last.set(t)
		if err := o.View.Show(t); err != nil {
			return err
		}
		if o.UntilReady && t.Owner.Ready.Status == "True" && t.Owner.Current {
			return errReady
		}
		failed := ""
		// A failure of an older generation says nothing about this one.
		if c := t.RootCause; c != nil && c.Failed && t.Owner.Current && t.Owner.Ready.Status == "False" {
			failed = c.Step + c.Reason
		}
		if failing != nil && failed != cause {
			failing.Stop()
			failing = nil
		}
		if cause = failed; failed != "" && failing == nil && o.FailGrace > 0 {
			failing = time.AfterFunc(o.FailGrace, func() { end(cmdutil.Findingf("failed: %s", last.why())) })
		}
		return nil
	})
	if failing != nil {
		failing.Stop()
	}
	switch {
	case errors.Is(err, errReady):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case context.Cause(running) != nil && running.Err() != nil:
		return context.Cause(running)
	}
	return err
}

// latest is the last snapshot, which timers read from their own goroutine.
type latest struct {
	mu sync.Mutex
	t  *tree.Tree
}

func (l *latest) set(t *tree.Tree) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.t = t
}

func (l *latest) why() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.t == nil || l.t.RootCause == nil {
		return "nothing was read"
	}
	c := l.t.RootCause
	text := c.Reason
	if c.Message != "" {
		text += ": " + c.Message
	}
	if c.Step != "" {
		text = fmt.Sprintf("step %s: %s", c.Step, text)
	}
	return text
}
