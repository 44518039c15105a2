// Package world is the cluster as the full-screen view sees it: it follows what screens ask
// for, and does what they say. Screens know it as screen.World.
//
// A subscription is one goroutine, which blocks while the program is busy drawing: a
// cluster in which much changes makes no queue grow, it makes what is delivered newer.
package world

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// Options of a World.
type Options struct {
	// Program is how the person calls us: "kubectl carto".
	Program string
	// Clock is the present.
	Clock func() time.Time
	// Connect goes to the cluster of a context of the kubeconfig; empty for the one that the
	// flags and the kubeconfig say. It sends nothing.
	Connect func(context string) (*Cluster, error)
	// Contexts are the names of those in the kubeconfig.
	Contexts func() ([]string, error)
}

// World implements screen.World.
type World struct {
	o     Options
	ctx   context.Context
	stop  context.CancelFunc
	group sync.WaitGroup
	send  func(tea.Msg)

	mu            sync.Mutex
	closed        bool
	cluster       *Cluster
	monitor       *monitor
	subscriptions map[feed.ID]*subscription
}

var _ screen.World = (*World)(nil)

// New makes a world of the cluster in use. It sends nothing yet.
func New(o Options) (*World, error) {
	c, err := o.Connect("")
	if err != nil {
		return nil, err
	}
	c.held = newHeld()
	w := &World{o: o, cluster: c, subscriptions: map[feed.ID]*subscription{}, send: func(tea.Msg) {}}
	w.ctx, w.stop = context.WithCancel(context.Background())
	return w, nil
}

// Bind says where messages go, before the first subscription, and begins to look after the
// connection. It is Program.Send, which blocks while the program works, and does nothing
// once it has ended.
func (w *World) Bind(send func(tea.Msg)) {
	w.send = send
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watchConnection()
}

// End ends everything without waiting for it, while the program still runs: an editor holds
// it otherwise.
func (w *World) End() { w.stop() }

// Close ends everything, and waits for it. The program must have ended.
func (w *World) Close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.stop()
	w.group.Wait()
}

// Follow begins a subscription at once: a command might run after the one that stops it.
func (w *World) Follow(id feed.ID, topic feed.Topic) tea.Cmd {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	if old := w.subscriptions[id]; old != nil {
		old.end()
	}
	ctx, cancel := context.WithCancel(w.ctx)
	s := &subscription{world: w, cluster: w.cluster, id: id, topic: topic, end: cancel, again: make(chan struct{}, 1)}
	w.subscriptions[id] = s
	spawn(&w.group, func() error { return s.run(ctx) }, func(err error) {
		if err != nil && ctx.Err() == nil {
			w.send(feed.Delivery{ID: id, Payload: faultOf(err)})
		}
	})
	return nil
}

// Stop ends a subscription. It does not wait: it may be sending to the program that stops it.
func (w *World) Stop(id feed.ID) tea.Cmd {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.subscriptions[id]; s != nil {
		s.end()
		delete(w.subscriptions, id)
	}
	return nil
}

// follow delivers a topic until ctx is done, or there is nothing more to deliver. An error
// becomes a Fault, see subscription. The topic's own goroutines end before it returns.
func (w *World) follow(ctx context.Context, c *Cluster, topic feed.Topic, emit func(payload any)) error {
	switch t := topic.(type) {
	case feed.Owners:
		return w.owners(ctx, c, t, emit)
	case feed.Owner:
		return w.owner(ctx, c, t, emit)
	case feed.Object:
		return w.object(ctx, c, t, emit)
	case feed.Explained:
		return w.explained(ctx, c, t, emit)
	case feed.Namespaces:
		return w.namespaces(ctx, c, emit)
	case feed.Contexts:
		return w.contexts(c, emit)
	case feed.Events:
		return w.events(ctx, c, t, emit)
	case feed.Logs:
		return w.logs(ctx, c, t, emit)
	case feed.Runs:
		return w.runs(ctx, c, t, emit)
	case feed.Versions:
		return w.versions(ctx, c, t, emit)
	case feed.Blueprints:
		return w.blueprints(ctx, c, emit)
	}
	return &Ended{Err: fmt.Errorf("nothing is known of the topic %T", topic)}
}

// Do makes a command of an action.
func (w *World) Do(action feed.Action) tea.Cmd {
	switch a := action.(type) {
	case feed.Use:
		return w.do(a, func(ctx context.Context, _ *Cluster) (string, error) { return w.use(ctx, a) })
	case feed.Refresh:
		return w.do(a, func(context.Context, *Cluster) (string, error) { return w.refresh(), nil })
	case feed.Retry:
		return w.do(a, func(ctx context.Context, c *Cluster) (string, error) { return w.retry(ctx, c, a) })
	case feed.Delete:
		return w.do(a, func(ctx context.Context, c *Cluster) (string, error) { return w.delete(ctx, c, a) })
	case feed.Create:
		return w.do(a, func(ctx context.Context, c *Cluster) (string, error) { return w.create(ctx, c, a) })
	case feed.Edit:
		return w.edit(a) // gives the terminal away
	}
	return screen.Send(feed.Done{Action: action, Err: fmt.Errorf("nothing is known of the action %T", action)})
}

// do makes a command of work on the cluster in use.
func (w *World) do(action feed.Action, work func(context.Context, *Cluster) (string, error)) tea.Cmd {
	return func() tea.Msg {
		w.mu.Lock()
		c, closed := w.cluster, w.closed
		if !closed {
			w.group.Add(1)
		}
		w.mu.Unlock()
		if closed {
			return nil
		}
		defer w.group.Done()
		text := ""
		err := guarded(func() (err error) {
			text, err = work(w.ctx, c)
			return err
		})
		return feed.Done{Action: action, Text: text, Err: err}
	}
}

// Ended is the error of a topic that is not tried again.
type Ended struct { //nolint:errname // it says how a topic came to its end, which need be no fault
	Err error
	// Gone is true when the object was there and was deleted.
	Gone bool
}

func (e *Ended) Error() string { return e.Err.Error() }
func (e *Ended) Unwrap() error { return e.Err }

// faultOf decides whether an error is final. What a person may put right while the program is
// open (a kind that is not installed, an API server that is away) is not.
func faultOf(err error) feed.Fault {
	f := feed.Fault{Err: err}
	var ended *Ended
	var finding *cmdutil.FindingError
	switch {
	case errors.As(err, &ended):
		f.Err, f.Final, f.Gone = ended.Err, true, ended.Gone
	case collect.MissingKind(err):
	case errors.As(err, &finding), apierrors.IsForbidden(err), apierrors.IsNotFound(err):
		f.Final = true
	}
	return f
}
