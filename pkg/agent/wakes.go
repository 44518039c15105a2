package agent

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// wakeInterval is how often, at most, all owners that depend on one thing are woken, and those
// looked for whom a role or binding concerns. A tenant may have thousands of them, and change a
// template, a role or an account of theirs hundreds of times a second: the handlers of these are
// everybody's.
const wakeInterval = 100 * time.Millisecond

// wakes calls a function for things that change, the first time at once.
type wakes[K comparable] struct {
	clock clock.WithDelayedExecution
	call  func(thing K)

	mu sync.Mutex
	// resting are the things that it was called for just now; true for those that have
	// changed again since.
	resting map[K]bool
}

func newWakes[K comparable](c clock.WithDelayedExecution, call func(K)) *wakes[K] {
	return &wakes[K]{clock: c, call: call, resting: map[K]bool{}}
}

// changed calls for a thing, now or a moment later.
func (w *wakes[K]) changed(thing K) {
	w.mu.Lock()
	_, resting := w.resting[thing]
	w.resting[thing] = resting // changed again, or just called for
	w.mu.Unlock()
	if resting {
		return
	}
	w.call(thing)
	w.clock.AfterFunc(wakeInterval, func() { w.rested(thing) })
}

func (w *wakes[K]) rested(thing K) {
	w.mu.Lock()
	again := w.resting[thing]
	delete(w.resting, thing)
	w.mu.Unlock()
	if again {
		w.changed(thing)
	}
}
