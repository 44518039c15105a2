package agent

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"testing"
	"time"

	testclock "k8s.io/utils/clock/testing"
)

// TestGuardRemembers: a scraper costs the API server two requests a minute, a refusal is soon asked about again, and whoever
// sends tokens without end fills no memory.
func TestGuardRemembers(t *testing.T) {
	clock := testclock.NewFakePassiveClock(time.Now())
	g := newGuard(nil, clock)
	key := func(n int) [sha256.Size]byte { return sha256.Sum256(fmt.Appendf(nil, "token %d", n)) }
	g.remember(key(1), verdict{code: http.StatusOK})
	g.remember(key(2), verdict{code: http.StatusForbidden})
	expect := func(after time.Duration, trusted, refused bool) {
		t.Helper()
		_, first := g.remembered(key(1))
		_, second := g.remembered(key(2))
		if first != trusted || second != refused {
			t.Errorf("after %v the trusted is remembered: %v, the refused: %v", after, first, second)
		}
	}
	expect(0, true, true)
	clock.SetTime(clock.Now().Add(refusedFor))
	expect(refusedFor, true, false)
	clock.SetTime(clock.Now().Add(trustedFor))
	expect(trustedFor, false, false)
	for n := range 3 * maxVerdicts {
		g.remember(key(n), verdict{code: http.StatusUnauthorized})
	}
	if len(g.known) > maxVerdicts {
		t.Errorf("%d verdicts are remembered", len(g.known))
	}
}
