package collect

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/tree"
)

// settle is how long events are gathered before everything is read again: one change of
// a step makes several events within milliseconds.
const settle = 80 * time.Millisecond

// Follow calls show with a new tree whenever something that the tree draws may have
// changed, first with the present one, until show returns an error or ctx is done. It
// holds one watch for the owner, one for each stamped object and one for each kind of
// children; watches come and go with what is stamped. A watch that ends is resumed with
// growing delays, and everything is read again then, so that nothing is missed.
//
// A deleted owner is the error of the read: not found.
func Follow(ctx context.Context, client dynamic.Interface, ref OwnerRef, show func(*tree.Tree) error) error {
	ctx, cancel := context.WithCancel(ctx)
	w := &watches{client: client, dirty: make(chan struct{}, 1), running: map[target]context.CancelFunc{}}
	defer w.group.Wait()
	defer cancel()

	owner := target{ref.Resource(), ref.Namespace, ref.Name}
	for {
		// The watches are there before the read, or a change between would be missed.
		w.ensure(ctx, map[target]bool{owner: true}, false)
		in, lists, err := collect(ctx, client, ref)
		if err != nil {
			return err
		}
		if w.ensure(ctx, targets(owner, in, lists), true) {
			// New watches began after the read; their first events trigger another one.
			w.poke()
		}
		if err := show(tree.Build(in)); err != nil {
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
		case <-time.After(settle):
		}
		select {
		case <-w.dirty:
		default:
		}
	}
}

// target is one watch: an object by name, or a kind in a namespace.
type target struct {
	resource        schema.GroupVersionResource
	namespace, name string
}

func targets(owner target, in tree.Input, lists []listKey) map[target]bool {
	all := map[target]bool{owner: true}
	for _, list := range lists {
		all[target{list.child.resource, list.namespace, ""}] = true
	}
	for i := range in.Owner.Status.Resources {
		r := &in.Owner.Status.Resources[i]
		if r.StampedRef == nil {
			continue
		}
		if resource, err := Resource(r.StampedRef); err == nil {
			all[target{resource, r.StampedRef.Namespace, r.StampedRef.Name}] = true
		}
	}
	return all
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
	options := metav1.ListOptions{}
	if t.name != "" {
		options.FieldSelector = fields.OneTermEqualSelector("metadata.name", t.name).String()
	}
	for delay := backoff; ctx.Err() == nil; {
		watcher, err := w.client.Resource(t.resource).Namespace(t.namespace).Watch(ctx, options)
		if err == nil {
			opened := time.Now()
			for range watcher.ResultChan() {
				w.poke()
			}
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
