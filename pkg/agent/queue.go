package agent

import (
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
)

// Limits of the back-off after retriable errors. The upper end is far below the
// original's 1000 s: a control plane that was away for minutes should not cost tenants
// a quarter of an hour more.
const (
	firstBackoff = 50 * time.Millisecond
	maxBackoff   = time.Minute
)

// newOwnerQueue is a queue of owners, with so many slots. What fails waits up to longest.
func newOwnerQueue(name string, s slots, longest time.Duration, progress func(ownerKey) int, c clock.WithTickerAndDelayedExecution) (*fairQueue[ownerKey], workqueue.TypedRateLimitingInterface[ownerKey]) {
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[ownerKey](firstBackoff, longest)
	fair := newFairQueue(s, func(key ownerKey) string { return key.Namespace }, progress, c)
	return fair, workqueue.NewTypedRateLimitingQueueWithConfig(limiter, workqueue.TypedRateLimitingQueueConfig[ownerKey]{
		Name:          name,
		DelayingQueue: workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[ownerKey]{Name: name, Clock: c, Queue: fair}),
	})
}

// noProgress is for queues in which everything is equally far along.
func noProgress[K comparable](K) int { return 0 }

// fairQueue is a work queue that hands out what is to be done by turns. It is one of its own, and
// not an order given to the one of client-go, because who is next depends on what is under
// way, and that changes without anything being added.
//
// As there: what is added while it waits is there once, and what is added while it is under
// way is handed out again only after that.
type fairQueue[K comparable] struct {
	clock clock.WithDelayedExecution

	mu       sync.Mutex
	changed  *sync.Cond // something may be handed out, or the queue ends
	turns    *turns[K]
	dirty    map[K]struct{} // waits, or is to be done again
	underWay map[K]*errand
	ended    bool
	drained  bool // when it ends, what waits is handed out all the same
}

// errand is something under way.
type errand struct {
	timer    clock.Timer
	lingered bool
}

var _ workqueue.TypedInterface[ownerKey] = (*fairQueue[ownerKey])(nil)

func newFairQueue[K comparable](s slots, namespace func(K) string, progress func(K) int, c clock.WithDelayedExecution) *fairQueue[K] {
	q := &fairQueue[K]{clock: c, turns: newTurns(s, namespace, progress), dirty: map[K]struct{}{}, underWay: map[K]*errand{}}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// Add says that something is to be done.
func (q *fairQueue[K]) Add(key K) {
	now := q.clock.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, there := q.dirty[key]; there || q.ended {
		return
	}
	q.dirty[key] = struct{}{}
	if q.underWay[key] == nil {
		q.turns.push(key, now)
		q.changed.Signal()
	}
}

// Get waits until something is to be done and may be: Done must be called after it.
// Shutdown means that nothing more comes. It is for one caller at a time, which starts what
// it gets and asks again.
func (q *fairQueue[K]) Get() (key K, shutdown bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if q.ended && (!q.drained || q.turns.length == 0) {
			return key, true
		}
		if key, ok := q.turns.next(q.clock.Now()); ok {
			delete(q.dirty, key)
			e := &errand{}
			e.timer = q.clock.AfterFunc(q.turns.slots.slowAfter, func() { q.linger(key, e) })
			q.underWay[key] = e
			return key, false
		}
		q.changed.Wait()
	}
}

// linger frees the slot of what is slow.
func (q *fairQueue[K]) linger(key K, e *errand) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.underWay[key] == e {
		e.lingered = q.turns.linger(key)
		q.changed.Signal()
	}
}

// Done says that what Get has handed out is done.
func (q *fairQueue[K]) Done(key K) {
	now := q.clock.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	e := q.underWay[key]
	e.timer.Stop()
	delete(q.underWay, key)
	q.turns.done(key, e.lingered)
	if _, again := q.dirty[key]; again {
		q.turns.push(key, now)
	}
	q.changed.Signal()
}

// Len is how much waits.
func (q *fairQueue[K]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.turns.length
}

// waitingOf is how much of a namespace waits.
func (q *fairQueue[K]) waitingOf(namespace string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.turns.waitingOf(namespace)
}

// slow is how much is under way for longer than it should be.
func (q *fairQueue[K]) slow() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.turns.slow
}

// ShutDown ends the queue; what waits is dropped.
func (q *fairQueue[K]) ShutDown() { q.end(false) }

// ShutDownWithDrain ends the queue once nothing waits any more. It returns at once: whoever
// calls Get knows when that is.
func (q *fairQueue[K]) ShutDownWithDrain() { q.end(true) }

func (q *fairQueue[K]) end(drained bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended, q.drained = true, drained
	q.changed.Signal()
}

// ShuttingDown says whether the queue has ended.
func (q *fairQueue[K]) ShuttingDown() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ended
}

// progressBook remembers how far along each owner is, for the queue. One that has had a pass,
// whatever came of it, is further along than one that has had none: else the first steps of all
// owners would be stamped before the second one of any.
type progressBook struct {
	mu     sync.Mutex
	passed map[ownerKey]int // 1, and one more for each step that is done
}

func newProgressBook() *progressBook { return &progressBook{passed: map[ownerKey]int{}} }

func (b *progressBook) get(key ownerKey) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.passed[key]
}

// set notes how many steps are done after a pass.
func (b *progressBook) set(key ownerKey, done int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.passed[key] = 1 + done
}

func (b *progressBook) forget(key ownerKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.passed, key)
}
