package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/tree"
)

// watcher sees, by watches of its own, what the subject makes of the owners.
type watcher struct {
	factory dynamicinformer.DynamicSharedInformerFactory
	owners  *owners

	mu      sync.Mutex
	ready   map[string]bool    // owners with Ready=True
	arrived map[string]arrival // what the last step's object has, by owner
	target  string             // the value that is on its way
	there   int                // how many owners are ready with it
	changed chan struct{}      // closed at the next change
}

type arrival struct {
	value    string
	sequence int64 // of the run that has it; 0 for objects that are no runs
	at       time.Time
}

func newWatcher(config *rest.Config, o *owners) (*watcher, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for the watches: %w", err)
	}
	w := &watcher{
		factory: dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, o.namespace, nil),
		owners:  o, ready: map[string]bool{}, arrived: map[string]arrival{}, changed: make(chan struct{}),
	}
	err = errors.Join(w.handle(o.resource, w.seeOwner), w.handle(resourceOf(o.kinds[len(o.kinds)-1]), w.seeLast))
	return w, err
}

func (w *watcher) handle(resource schema.GroupVersionResource, observe func(any)) error {
	if _, err := w.factory.ForResource(resource).Informer().AddEventHandler(onChange(observe)); err != nil {
		return fmt.Errorf("watch %s: %w", resource.Resource, err)
	}
	return nil
}

func (w *watcher) start(ctx context.Context) {
	w.factory.Start(ctx.Done())
	w.factory.WaitForCacheSync(ctx.Done())
}

func (w *watcher) seeOwner(object any) {
	u, ok := object.(*unstructured.Unstructured)
	if !ok {
		return
	}
	ready := false
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == "Ready" {
			ready = c["status"] == "True"
		}
	}
	w.note(u.GetName(), func() { w.ready[u.GetName()] = ready })
}

func (w *watcher) seeLast(object any) {
	u, ok := object.(*unstructured.Unstructured)
	if !ok {
		return
	}
	value, _, _ := unstructured.NestedString(u.Object, "spec", "input")
	name, now := w.owners.ownerOf(u), time.Now()
	sequence := tree.Sequence(u) // news of an earlier run is no news
	w.note(name, func() {
		if last := w.arrived[name]; last.value != value && last.sequence <= sequence {
			w.arrived[name] = arrival{value, sequence, now}
		}
	})
}

func (w *watcher) note(name string, change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.there -= w.isThere(name)
	change()
	w.there += w.isThere(name)
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *watcher) isThere(name string) int {
	if w.ready[name] && w.arrived[name].value == w.target {
		return 1
	}
	return 0
}

// expect names the value that is on its way to all owners from now on.
func (w *watcher) expect(value string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.target, w.there = value, 0
	for name := range w.arrived {
		w.there += w.isThere(name)
	}
}

// await returns when done, which is called with the lock held, says so.
func (w *watcher) await(ctx context.Context, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	for {
		w.mu.Lock()
		ok, changed := done(), w.changed
		w.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// awaitAll returns when n owners are ready with the expected value in their last object.
func (w *watcher) awaitAll(ctx context.Context, n int) error {
	return w.await(ctx, func() bool { return w.there == n })
}

// awaitArrival returns when the last object of one owner has a value, with the time of it.
func (w *watcher) awaitArrival(ctx context.Context, name, value string) (time.Time, error) {
	var at time.Time
	err := w.await(ctx, func() bool {
		at = w.arrived[name].at
		return w.arrived[name].value == value
	})
	return at, err
}

// lastArrival is when the last owner's last object got its value.
func (w *watcher) lastArrival() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	var last time.Time
	for _, a := range w.arrived {
		if a.at.After(last) {
			last = a.at
		}
	}
	return last
}
