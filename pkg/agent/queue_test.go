package agent

import (
	"sync"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

func newTestQueue(total int) (*fairQueue[ownerKey], *clocktesting.FakeClock) {
	clock := clocktesting.NewFakeClock(noon)
	return newFairQueue(slotsOf(total), func(key ownerKey) string { return key.Namespace }, noProgress, clock), clock
}

// TestQueueCoalesces: what is added again while it waits, or while it is under way, comes once more
// at most, and never twice at a time.
func TestQueueCoalesces(t *testing.T) {
	q, _ := newTestQueue(16)
	key := ownerKey{Namespace: "a", Name: "cart"}
	for range 3 {
		q.Add(key)
	}
	if q.Len() != 1 {
		t.Fatalf("%d wait, want 1", q.Len())
	}
	got, _ := q.Get()
	for range 3 {
		q.Add(got)
	}
	if q.Len() != 0 {
		t.Error("what is under way is handed out a second time")
	}
	q.Done(got)
	if q.Len() != 1 {
		t.Error("what was added while it was under way is lost")
	}
	got, _ = q.Get()
	q.Done(got)
	if q.Len() != 0 || len(q.dirty) != 0 || len(q.underWay) != 0 {
		t.Errorf("something is left: %d waiting, %v, %v", q.Len(), q.dirty, q.underWay)
	}
}

// TestQueueFinishesWhatIsBegun: among owners that are all new, those that have had a pass come back before the others get their
// first one, so that few are under way at a time.
func TestQueueFinishesWhatIsBegun(t *testing.T) {
	progress := newProgressBook()
	q := newFairQueue(slotsOf(16), func(key ownerKey) string { return key.Namespace }, progress.get, clocktesting.NewFakeClock(noon))
	first, second, third := ownerKey{Name: "first"}, ownerKey{Name: "second"}, ownerKey{Name: "third"}
	for _, key := range []ownerKey{first, second, third} {
		q.Add(key)
	}
	pass := func(want ownerKey, done int) {
		t.Helper()
		got, _ := q.Get()
		if got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		progress.set(got, done)
		q.Done(got)
	}
	pass(first, 0) // its first object is stamped, and has no output yet
	pass(second, 0)
	q.Add(first) // now it has
	pass(first, 1)
	q.Add(second)
	q.Add(first)
	pass(first, 2)
	pass(second, 1)
	pass(third, 0)
}

// TestQueueSlowOnes: what takes longer than a second makes room for others, up to a bound.
func TestQueueSlowOnes(t *testing.T) {
	q, clock := newTestQueue(1)
	q.turns.slots.slow = 32
	begin := func(namespace string) ownerKey {
		t.Helper()
		q.Add(ownerKey{Namespace: namespace})
		got, _ := q.Get()
		if got.Namespace != namespace {
			t.Fatalf("got %s, want that of namespace %s", got, namespace)
		}
		return got
	}
	first := begin("a")
	q.Add(ownerKey{Namespace: "b"})
	if _, ok := q.turns.next(clock.Now()); ok {
		t.Fatal("there is one slot, and it is taken")
	}
	clock.Step(time.Second)
	if q.slow() != 1 {
		t.Fatalf("%d are slow after a second, want 1", q.slow())
	}
	second, _ := q.Get()
	q.Done(first)
	q.Done(second)
	if q.slow() != 0 || q.turns.quick != 0 {
		t.Errorf("%d are slow and %d quick when all is done", q.slow(), q.turns.quick)
	}
	clock.Step(time.Minute) // the timers have been stopped
	if q.slow() != 0 || q.turns.quick != 0 {
		t.Errorf("%d are slow and %d quick a minute later", q.slow(), q.turns.quick)
	}
}

// TestWorkOffEnds: it returns when the queue has ended and what was begun is done; what still
// waits is dropped, or done first, as was asked for.
func TestWorkOffEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		end  func(*fairQueue[ownerKey])
		done int
	}{
		"shut down": {(*fairQueue[ownerKey]).ShutDown, 1},
		"drained":   {(*fairQueue[ownerKey]).ShutDownWithDrain, 3},
	} {
		t.Run(name, func(t *testing.T) {
			q, _ := newTestQueue(1)
			for _, key := range owners("a", 3) {
				q.Add(key)
			}
			var mu sync.Mutex
			done := 0
			begun, release := make(chan struct{}, 3), make(chan struct{})
			var worker sync.WaitGroup
			worker.Go(func() {
				workOff(q, func(ownerKey) {
					begun <- struct{}{}
					<-release
					mu.Lock()
					defer mu.Unlock()
					done++
				})
			})
			<-begun
			tc.end(q)
			q.Add(ownerKey{Namespace: "a", Name: "too late"})
			close(release)
			worker.Wait()
			if done != tc.done {
				t.Errorf("%d were done, want %d", done, tc.done)
			}
		})
	}
}
