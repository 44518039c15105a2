package collect

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/tree"
)

// settle is how long events are gathered before everything is read again: one change of
// a step makes several events within milliseconds.
const settle = 80 * time.Millisecond

// Follow calls show with a new tree of an owner whenever something that the tree draws may
// have changed, first with the present one, until show returns an error or ctx is done. It
// holds one watch for everything that was read; watches come and go with what is stamped.
// A watch that ends is resumed with growing delays, and everything is read again then, so
// that nothing is missed.
//
// A deleted owner is the error of the read: not found.
func Follow(ctx context.Context, client dynamic.Interface, ref OwnerRef, show func(*tree.Tree) error) error {
	return FollowInput(ctx, client, ref, func(in tree.Input) error { return show(tree.Build(in)) })
}

// FollowInput is Follow for those who need more of the objects than a tree shows.
func FollowInput(ctx context.Context, client dynamic.Interface, ref OwnerRef, show func(tree.Input) error) error {
	root := Root{Resource: ref.Resource(), Namespace: ref.Namespace, Name: ref.Name}
	read := func(ctx context.Context) (tree.Input, map[target]bool, error) {
		return readInput(ctx, Source{Client: client}, root)
	}
	pause := func(tree.Input) time.Duration { return settle }
	return follow(ctx, client, firstTargets([]Root{root}), read, pause, show)
}

// FollowTrees is Follow for the trees of a query.
func FollowTrees(ctx context.Context, source Source, query Query, show func(*tree.Forest) error) error {
	read := func(ctx context.Context) (*tree.Forest, map[target]bool, error) { return readTrees(ctx, source, query) }
	pause := func(f *tree.Forest) time.Duration {
		// A list of thousands of owners is not read again for each change.
		return settle + time.Duration(f.Owners())*time.Millisecond
	}
	return follow(ctx, source.Client, firstTargets(query.Roots), read, pause, show)
}

// FollowUp is Follow for the way up from an object.
func FollowUp(ctx context.Context, source Source, root Root, show func(*tree.Path) error) error {
	read := func(ctx context.Context) (*tree.Path, map[target]bool, error) { return readUp(ctx, source, root) }
	pause := func(*tree.Path) time.Duration { return settle }
	return follow(ctx, source.Client, firstTargets([]Root{root}), read, pause, show)
}

func firstTargets(roots []Root) map[target]bool {
	all := map[target]bool{}
	for _, root := range roots {
		t := target{resource: root.Resource, namespace: root.Namespace, name: root.Name}
		if root.Name == "" {
			t.selector = root.Selector
		}
		all[t] = true
	}
	return all
}

func follow[T any](ctx context.Context, client dynamic.Interface, first map[target]bool, read func(context.Context) (T, map[target]bool, error), pause func(T) time.Duration, show func(T) error) error {
	ctx, cancel := context.WithCancel(ctx)
	w := &watches{client: client, dirty: make(chan struct{}, 1), running: map[target]context.CancelFunc{}}
	defer w.group.Wait()
	defer cancel()

	// The watches of the roots are there before the read, or a change between would be
	// missed.
	w.ensure(ctx, first, false)
	again := wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 6, Cap: 5 * time.Second}
	once, retry := false, again
	for {
		snapshot, targets, err := read(ctx)
		if once && unreachable(err) && ctx.Err() == nil {
			// It was there a moment ago: an API server that restarts ends no watch.
			select {
			case <-ctx.Done():
			case <-time.After(retry.Step()):
			}
			continue
		}
		if err != nil {
			return err
		}
		once, retry = true, again
		if w.ensure(ctx, targets, true) {
			// New watches began after the read; their first events trigger another one.
			w.poke()
		}
		if err := show(snapshot); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.dirty:
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause(snapshot)):
		}
		select {
		case <-w.dirty:
		default:
		}
	}
}

// unreachable tells a fault on the way to the API server, of its overload or of its store
// from its answer. A connection that is lost while the answer is read is no url.Error.
func unreachable(err error) bool {
	var way *url.Error
	return errors.As(err, &way) || utilnet.IsProbableEOF(err) || utilnet.IsConnectionReset(err) || utilnet.IsHTTP2ConnectionLost(err) ||
		apierrors.IsInternalError(err) || apierrors.IsServiceUnavailable(err) || apierrors.IsTooManyRequests(err) || apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err)
}

type watches struct {
	client  dynamic.Interface
	dirty   chan struct{}
	running map[target]context.CancelFunc
	group   sync.WaitGroup
}

func (w *watches) poke() {
	select {
	case w.dirty <- struct{}{}:
	default:
	}
}

// ensure starts what is missing and, with prune, stops what is not wanted any more. It
// tells whether anything was started.
func (w *watches) ensure(ctx context.Context, wanted map[target]bool, prune bool) bool {
	started := false
	for t := range wanted {
		if w.running[t] != nil {
			continue
		}
		wctx, stop := context.WithCancel(ctx)
		w.running[t] = stop
		started = true
		w.group.Go(func() { w.run(wctx, t) })
	}
	if prune {
		for t, stop := range w.running {
			if !wanted[t] {
				stop()
				delete(w.running, t)
			}
		}
	}
	return started
}

// run keeps one watch open. Without a resource version it begins with the present state
// as events, so each new beginning is a re-list as well.
func (w *watches) run(ctx context.Context, t target) {
	backoff := wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 9, Cap: 30 * time.Second}
	for delay := backoff; ctx.Err() == nil; {
		watcher, err := w.client.Resource(t.resource).Namespace(t.namespace).Watch(ctx, t.listOptions())
		if err == nil {
			opened := time.Now()
			w.poke() // what was deleted between the last read and now makes no event
			// Not every client's watch ends with its context.
			stop := context.AfterFunc(ctx, watcher.Stop)
			for range watcher.ResultChan() {
				w.poke()
			}
			stop()
			watcher.Stop()
			w.poke() // what happened until the next one opens would be missed
			if time.Since(opened) > 10*time.Second {
				delay = backoff
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(delay.Step()):
		}
	}
}
