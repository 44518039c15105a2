package agent

import (
	"context"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/carto-run/carto/pkg/stamp"
)

const (
	// slowYttAfter is how long a ytt template may take before others no longer wait for it.
	// Most take less than a millisecond.
	slowYttAfter = 100 * time.Millisecond
	// minSlowYtt is how many of these run beside the others, at least; more than that on more
	// processors, as many as there are. Each may take as much memory as templates may.
	minSlowYtt = 4
)

// yttSlots are the slots in which the ytt templates of all tenants run. As many run at once
// as there are processors: more would not be faster, and each takes memory. One more is for
// a namespace other than the one that has taken all of these.
type yttSlots struct {
	clock clock.WithDelayedExecution

	mu    sync.Mutex
	turns *turns[*yttTurn]
}

// yttTurn is one render.
type yttTurn struct {
	namespace string
	granted   chan struct{}
	abandoned bool // nobody waits for it any more
	timer     clock.Timer
	lingered  bool
}

var _ stamp.Slots = (*yttSlots)(nil)

func newYttSlots(processors int, c clock.WithDelayedExecution) *yttSlots {
	s := slots{
		total: processors + 1, alone: processors, shared: max(1, processors/2), behind: 1,
		slow: max(minSlowYtt, processors), slowAfter: slowYttAfter, slowPart: 1,
	}
	return &yttSlots{clock: c, turns: newTurns(s, func(t *yttTurn) string { return t.namespace }, noProgress)}
}

type namespaceKey struct{}

// inNamespace says for which namespace a pass is; templates know nothing of tenants.
func inNamespace(ctx context.Context, namespace string) context.Context {
	return context.WithValue(ctx, namespaceKey{}, namespace)
}

// Acquire implements stamp.Slots.
func (s *yttSlots) Acquire(ctx context.Context) (release func(), err error) {
	t := &yttTurn{granted: make(chan struct{})}
	t.namespace, _ = ctx.Value(namespaceKey{}).(string)
	now := s.clock.Now()
	s.mu.Lock()
	s.turns.push(t, now)
	s.grant()
	s.mu.Unlock()
	select {
	case <-t.granted:
		return func() { s.release(t) }, nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	t.abandoned = true
	given := t.timer != nil // just now
	s.mu.Unlock()
	if given {
		s.release(t)
	}
	return nil, ctx.Err()
}

// grant gives slots to those whose turn it is; the lock is held.
func (s *yttSlots) grant() {
	for {
		t, ok := s.turns.next(s.clock.Now())
		if !ok {
			return
		}
		if t.abandoned {
			s.turns.done(t, false)
			continue
		}
		t.timer = s.clock.AfterFunc(s.turns.slots.slowAfter, func() { s.linger(t) })
		close(t.granted)
	}
}

func (s *yttSlots) linger(t *yttTurn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !t.abandoned {
		t.lingered = s.turns.linger(t)
		s.grant()
	}
}

func (s *yttSlots) release(t *yttTurn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.abandoned = true // a timer that has fired just now comes too late
	t.timer.Stop()
	s.turns.done(t, t.lingered)
	s.grant()
}
