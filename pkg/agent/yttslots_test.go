package agent

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/utils/clock"
)

// TestYttSlots: a tenant whose templates compute for seconds does not keep the others waiting.
func TestYttSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newYttSlots(2, clock.RealClock{})
		running := map[string]int{}
		releases := make(chan func(), 100)
		ask := func(ctx context.Context, namespace string, n int) {
			for range n {
				go func() {
					release, err := s.Acquire(inNamespace(ctx, namespace))
					if err != nil {
						return
					}
					s.mu.Lock()
					running[namespace]++
					s.mu.Unlock()
					releases <- release
				}()
			}
			synctest.Wait()
		}
		expect := func(reason, namespace string, want int) {
			t.Helper()
			s.mu.Lock()
			defer s.mu.Unlock()
			if running[namespace] != want {
				t.Errorf("%s: %d of %s run, want %d", reason, running[namespace], namespace, want)
			}
		}
		waiting, giveUp := context.WithCancel(t.Context())
		ask(waiting, "slow", 10)
		expect("one namespace has a processor for each render", "slow", 2)
		ask(t.Context(), "quiet", 1)
		expect("another one need not wait for them", "quiet", 1)
		time.Sleep(slowYttAfter + time.Millisecond)
		synctest.Wait()
		if s.turns.slow != 3 {
			t.Errorf("%d are slow, want all 3", s.turns.slow)
		}
		for _, third := range []string{"third", "fourth", "fifth"} {
			ask(t.Context(), third, 1)
			expect("the slots are free again", third, 1)
		}
		expect("it has what it had", "slow", 2)
		giveUp()
		synctest.Wait()
		for len(releases) > 0 {
			(<-releases)()
		}
		synctest.Wait()
		if s.turns.length+s.turns.quick+s.turns.slow != 0 || len(s.turns.namespaces) != 0 {
			t.Errorf("something is left when all is done: %+v", s.turns)
		}
	})
}
