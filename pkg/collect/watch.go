package collect

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
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

// Inputs hands out what was read of an owner, the present state first and each new one as it
// comes, until show returns an error, ctx is done, or the owner is gone, which is its error.
type Inputs func(ctx context.Context, show func(tree.Input) error) error

// InputsOf are those of FollowInput. Who follows an owner for several purposes has inputs of
// its own, that are read once for all.
func InputsOf(client dynamic.Interface, ref OwnerRef) Inputs {
	return func(ctx context.Context, show func(tree.Input) error) error {
		return FollowInput(ctx, client, ref, show)
	}
}

// FollowInput is Follow for those who need more of the objects than a tree shows.
func FollowInput(ctx context.Context, client dynamic.Interface, ref OwnerRef, show func(tree.Input) error) error {
	root := Root{Resource: ref.Resource(), Namespace: ref.Namespace, Name: ref.Name}
	return FollowRoot(ctx, Source{Client: client}, Query{Roots: []Root{root}}, show)
}

// FollowRoot is FollowInput for the one root of a query, which may be a blueprint with its
// owners.
func FollowRoot(ctx context.Context, source Source, query Query, show func(tree.Input) error) error {
	read := func(ctx context.Context, r *reader) (tree.Input, error) { return r.readInput(ctx, query.Roots[0]) }
	// A list of thousands of owners is not read again for each change.
	pause := func(in tree.Input) time.Duration { return settle + time.Duration(len(in.Owners))*time.Millisecond }
	return follow(ctx, source, query, read, pause, show)
}

// FollowTrees is Follow for the trees of a query.
func FollowTrees(ctx context.Context, source Source, query Query, show func(*tree.Forest) error) error {
	read := func(ctx context.Context, r *reader) (*tree.Forest, error) { return r.readTrees(ctx) }
	pause := func(f *tree.Forest) time.Duration {
		// A list of thousands of owners is not read again for each change.
		return settle + time.Duration(f.Owners())*time.Millisecond
	}
	return follow(ctx, source, query, read, pause, show)
}

// FollowUp is Follow for the way up from an object.
func FollowUp(ctx context.Context, source Source, root Root, show func(*tree.Path) error) error {
	read := func(ctx context.Context, r *reader) (*tree.Path, error) { return r.readUp(ctx, root) }
	pause := func(*tree.Path) time.Duration { return settle }
	return follow(ctx, source, Query{Roots: []Root{root}, Shallow: true}, read, pause, show)
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

func follow[T any](ctx context.Context, source Source, query Query, read func(context.Context, *reader) (T, error), pause func(T) time.Duration, show func(T) error) error {
	ctx, cancel := context.WithCancel(ctx)
	w := &watches{client: source.Client, dirty: make(chan struct{}, 1), running: map[target]context.CancelFunc{}, refused: map[target]error{}}
	defer w.group.Wait()
	defer cancel()

	// The watches of the roots are there before the read, or a change between would be
	// missed.
	w.ensure(ctx, firstTargets(query.Roots), false)
	again := wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 6, Cap: 5 * time.Second}
	once, retry := false, again
	for {
		r := newReader(source, query)
		r.unwatched = w.unwatched()
		snapshot, err := read(ctx, r)
		if once && Passing(err) && ctx.Err() == nil {
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
		if w.ensure(ctx, r.targets, true) {
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
		case <-w.poll():
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

type watches struct {
	client  dynamic.Interface
	dirty   chan struct{}
	running map[target]context.CancelFunc
	group   sync.WaitGroup

	mu sync.Mutex
	// refused are the answers for what may not, or can not, be watched.
	refused map[target]error
}

// pollEvery is how often everything is read again while something can not be watched.
const pollEvery = 5 * time.Second

// askAgain is how long a refused watch rests: permissions change seldom.
const askAgain = 30 * time.Second

// poll ends after a while when something is not watched, else never.
func (w *watches) poll() <-chan time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.refused) == 0 {
		return nil
	}
	return time.After(pollEvery)
}

// unwatched names what is refused, each kind and namespace once.
func (w *watches) unwatched() []tree.Unread {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []tree.Unread
	for t, err := range w.refused {
		u := newUnread("watch", t.resource.GroupResource().String(), t.namespace, "", err)
		u.Message += fmt.Sprintf("; it is read every %s instead", pollEvery)
		if !slices.Contains(all, u) {
			all = append(all, u)
		}
	}
	return all
}

// settled notes how the API server answered a watch, nil for one that it opened, and has
// everything read again when that is new. The watch of a target that is not wanted any
// more notes nothing.
func (w *watches) settled(ctx context.Context, t target, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.refused[t]
	switch {
	case ctx.Err() != nil:
		return
	case err == nil:
		delete(w.refused, t)
	default:
		w.refused[t] = err
	}
	if (before == nil) != (err == nil) {
		w.poke()
	}
}

// refusal tells an answer that holds until somebody changes permissions, or the API.
func refusal(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsMethodNotSupported(err)
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
		w.group.Go(func() {
			defer utilruntime.HandleCrash() // a full-screen program gives the terminal back there
			w.run(wctx, t)
		})
	}
	if prune {
		for t, stop := range w.running {
			if !wanted[t] {
				w.mu.Lock() // its watch must not note a refusal after this
				stop()
				delete(w.refused, t)
				w.mu.Unlock()
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
		if refusal(err) {
			w.settled(ctx, t, err)
			select {
			case <-ctx.Done():
			case <-time.After(askAgain):
			}
			continue
		}
		if err == nil {
			opened := time.Now()
			w.settled(ctx, t, nil)
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
