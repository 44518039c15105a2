package agent

import (
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
)

// Limits of the back-off after retriable errors. The upper end is far below the
// original's 1000 s: a control plane that was away for minutes should not cost tenants
// a quarter of an hour more.
const (
	firstBackoff = 50 * time.Millisecond
	maxBackoff   = time.Minute
)

func newOwnerQueue(progress func(ownerKey) int) workqueue.TypedRateLimitingInterface[ownerKey] {
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[ownerKey](firstBackoff, maxBackoff)
	inner := workqueue.NewTypedWithConfig(workqueue.TypedQueueConfig[ownerKey]{Name: "owners", Queue: newFairQueue(progress)})
	return workqueue.NewTypedRateLimitingQueueWithConfig(limiter, workqueue.TypedRateLimitingQueueConfig[ownerKey]{
		Name:          "owners",
		DelayingQueue: workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[ownerKey]{Name: "owners", Queue: inner}),
	})
}

// oldestEvery is how often, within a namespace, the owner that has waited longest is
// served instead of the one that is furthest along, so that none waits for ever.
const oldestEvery = 4

// fairQueue orders owners for the work queue. Namespaces take turns, so that a tenant
// with ten thousand owners does not keep one with three waiting. Within a namespace the
// owner that is furthest along comes first: in a burst, first-in-first-out would make
// all of them finish at the end, and with more status writes on the way.
//
// The work queue calls it under its own lock.
type fairQueue struct {
	progress   func(ownerKey) int
	namespaces map[string]*namespaceQueue
	turns      []string // namespaces with waiting owners, the next one first
	length     int
	sequence   uint64
}

type namespaceQueue struct {
	// byProgress holds first-in-first-out lists; progress is a small number of steps.
	byProgress map[int][]waitingOwner
	served     int
}

type waitingOwner struct {
	key      ownerKey
	sequence uint64
}

var _ workqueue.Queue[ownerKey] = (*fairQueue)(nil)

func newFairQueue(progress func(ownerKey) int) *fairQueue {
	return &fairQueue{progress: progress, namespaces: map[string]*namespaceQueue{}}
}

// Touch does nothing: an owner keeps the place it has.
func (q *fairQueue) Touch(ownerKey) {}

// Len is the number of waiting owners.
func (q *fairQueue) Len() int { return q.length }

// Push adds an owner.
func (q *fairQueue) Push(key ownerKey) {
	n := q.namespaces[key.Namespace]
	if n == nil {
		n = &namespaceQueue{byProgress: map[int][]waitingOwner{}}
		q.namespaces[key.Namespace] = n
		q.turns = append(q.turns, key.Namespace)
	}
	q.sequence++
	q.length++
	p := q.progress(key)
	n.byProgress[p] = append(n.byProgress[p], waitingOwner{key, q.sequence})
}

// Pop removes the next owner; the work queue never calls it when Len is 0.
func (q *fairQueue) Pop() ownerKey {
	name := q.turns[0]
	n := q.namespaces[name]
	key := n.pop()
	q.length--
	q.turns = q.turns[1:]
	if len(n.byProgress) == 0 {
		delete(q.namespaces, name)
	} else {
		q.turns = append(q.turns, name)
	}
	return key
}

func (n *namespaceQueue) pop() ownerKey {
	n.served++
	oldest := n.served%oldestEvery == 0
	chosen, first := 0, true
	for p, waiting := range n.byProgress {
		if first || (oldest && waiting[0].sequence < n.byProgress[chosen][0].sequence) || (!oldest && p > chosen) {
			chosen, first = p, false
		}
	}
	waiting := n.byProgress[chosen]
	if len(waiting) == 1 {
		delete(n.byProgress, chosen)
	} else {
		n.byProgress[chosen] = waiting[1:]
	}
	return waiting[0].key
}

// progressBook remembers how many steps each owner has behind it, for the queue.
type progressBook struct {
	mu   sync.Mutex
	done map[ownerKey]int
}

func newProgressBook() *progressBook { return &progressBook{done: map[ownerKey]int{}} }

func (b *progressBook) get(key ownerKey) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.done[key]
}

func (b *progressBook) set(key ownerKey, done int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done[key] = done
}

func (b *progressBook) forget(key ownerKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.done, key)
}
