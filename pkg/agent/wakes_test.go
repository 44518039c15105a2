package agent

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/utils/clock"
)

// TestWakes: the owners of something that changes all the time are woken at once, then a few times
// a second, and once more after its last change.
func TestWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		counts := map[string]int{}
		w := newWakes(clock.RealClock{}, func(namespace string) {
			mu.Lock()
			defer mu.Unlock()
			counts[namespace]++
		})
		woken := func(namespace string) int {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return counts[namespace]
		}
		w.changed("once")
		w.changed("often")
		if woken("once") != 1 || woken("often") != 1 {
			t.Fatalf("the first changes do not wake at once: %v", counts)
		}
		for range 1000 { // in a second
			time.Sleep(time.Millisecond)
			w.changed("often")
		}
		before := woken("often")
		time.Sleep(time.Minute)
		if woken("once") != 1 || before > 12 || woken("often") > before+1 {
			t.Errorf("%v, and %d in the second of changes", counts, before)
		}
		if len(w.resting) > 0 {
			t.Errorf("%v are remembered at rest", w.resting)
		}
	})
}
