package agent

import (
	"testing"
	"time"
)

// TestRemarksAreFew: what the status says of a contest changes only when the object is put
// back, and not any more once that is rare. So a fight of a day leads to a dozen statuses.
func TestRemarksAreFew(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	r := reverts{count: 1, last: now, rivals: "configmaps cart is set by rival too: data.x"}
	remarks, written := map[string]bool{}, 0
	for end := now.Add(24 * time.Hour); now.Before(end); now = now.Add(100 * time.Millisecond) {
		if r.delay(now) > 0 {
			continue // somebody changes it all the time
		}
		r = r.next(now)
		written++
		if r.count >= freeReverts {
			remarks[r.remark()] = true
		}
	}
	if want := 24 * 12; written < want || written > want+20 {
		t.Errorf("it was put back %d times in a day, want about %d", written, want)
	}
	if len(remarks) > 12 {
		t.Errorf("%d remarks: %v", len(remarks), remarks)
	}
	for _, want := range []string{
		"configmaps cart is set by rival too: data.x; put back 3 times, next at 12:00:01 UTC",
		"configmaps cart is set by rival too: data.x; put back 12 times and more, from now on every 5m0s at most",
	} {
		if !remarks[want] {
			t.Errorf("there is no remark %q in %v", want, remarks)
		}
	}
	if r.contested(now.Add(revertsForget)) {
		t.Error("it is never forgotten")
	}
	if (reverts{count: freeReverts, last: now}).contested(now) {
		t.Error("three changes in a row are taken for a contest")
	}
}
