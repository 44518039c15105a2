package agent

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/test/wallclock"
)

// TestClockJumps: whatever is measured in the process is measured by the monotonic clock. A clock that is set forward or back by
// hours neither makes anything wait that long, nor has it happen at once.
func TestClockJumps(t *testing.T) {
	for name, by := range map[string]time.Duration{"forward": 5 * time.Hour, "back": -5 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			c := &wallclock.Clock{}
			contested := reverts{count: freeReverts + 3, last: c.Now()}
			g := newGuard(nil, c)
			g.remember([32]byte{}, verdict{code: http.StatusOK})
			book := newStatusBook(nil, c, func(ownerKey) (realize.OwnerStatus, uint64, bool) { return realize.OwnerStatus{}, 1, true }, noBacklog, nil)
			defer book.queue.ShutDown()
			owner := ownerKey{Kind: v1alpha1.KindWorkload, Name: "cart"}
			book.put(owner, "u", realize.OwnerStatus{})
			events := newRecorder(nil, c, slog.Default(), newMetrics())
			defer events.rests.ShutDown()
			events.record(ownerReference(owner, "u"), "Told", "", "once")
			for _, e := range events.known {
				e.queued = false // as if it were written
			}

			c.Jump(by)
			if wait := contested.delay(c.Now()); wait <= 0 || wait > 8*time.Second {
				t.Errorf("a contested field is put back after %s, not within 8 s", wait)
			}
			if next := contested.next(c.Now()); next.count != freeReverts+4 {
				t.Errorf("%d reverts are counted: the fight was forgotten", next.count)
			}
			if _, known := g.remembered([32]byte{}); !known {
				t.Error("a verdict was forgotten at once")
			}
			if wait := book.due(book.entries[owner]).Sub(c.Now()); wait > statusQuiet {
				t.Errorf("a status is written after %s", wait)
			}
			events.forgetOld()
			if len(events.known) != 1 {
				t.Error("an event was forgotten: its repetition would be another one")
			}
		})
	}
}
