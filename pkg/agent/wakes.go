package agent

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// wakeInterval is how often, at most, all owners that depend on one thing are woken. A
// tenant may have thousands of them, and change a template, a role or an account of theirs
// hundreds of times a second: the handlers of these are everybody's.
const wakeInterval = 100 * time.Millisecond

// wakes calls the owners of things that change, the first time at once.
type wakes struct {
	clock clock.WithDelayedExecution
	// of lists the owners that depend on a thing, and wake wakes one.
	of   func(thing any) []ownerKey
	wake func(ownerKey)

	mu sync.Mutex
	// resting are the things whose owners were woken just now; true for those that have
	// changed again since.
	resting map[any]bool
}

func newWakes(c clock.WithDelayedExecution, of func(any) []ownerKey, wake func(ownerKey)) *wakes {
	return &wakes{clock: c, of: of, wake: wake, resting: map[any]bool{}}
}

// changed wakes all owners that depend on a thing, now or a moment later.
func (w *wakes) changed(thing any) {
	w.mu.Lock()
	_, resting := w.resting[thing]
	w.resting[thing] = resting // changed again, or just woken
	w.mu.Unlock()
	if resting {
		return
	}
	for _, owner := range w.of(thing) {
		w.wake(owner)
	}
	w.clock.AfterFunc(wakeInterval, func() { w.rested(thing) })
}

func (w *wakes) rested(thing any) {
	w.mu.Lock()
	again := w.resting[thing]
	delete(w.resting, thing)
	w.mu.Unlock()
	if again {
		w.changed(thing)
	}
}
