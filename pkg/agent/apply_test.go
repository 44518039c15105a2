package agent

import (
	"testing"
	"time"
)

// TestReverts: drift is put back at once for the first few times, then ever less often,
// and after a quiet time at once again.
func TestReverts(t *testing.T) {
	now := time.Unix(0, 0)
	var r reverts
	var delays []time.Duration
	for range 6 {
		wait := r.delay(now)
		delays = append(delays, wait)
		now = now.Add(wait)
		r = r.next(now)
	}
	want := []time.Duration{0, 0, 0, time.Second, 2 * time.Second, 4 * time.Second}
	for i := range want {
		if delays[i] != want[i] {
			t.Fatalf("delays %v, want %v", delays, want)
		}
	}
	for range 20 {
		r = r.next(now)
	}
	if wait := r.delay(now); wait != maxInterval {
		t.Errorf("after many reverts the wait is %v, want %v", wait, maxInterval)
	}
	if wait := r.delay(now.Add(revertsForget + time.Second)); wait != 0 {
		t.Errorf("after a quiet time the wait is %v, want none", wait)
	}
}
