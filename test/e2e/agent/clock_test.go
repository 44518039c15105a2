package agent

import (
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"k8s.io/utils/clock"
)

// jumpingClock is a clock of which the wall part was set, as the kernel does it: the monotonic part goes on. No function of the
// library makes such a time.
type jumpingClock struct {
	clock.RealClock
	by atomic.Int64 // a time.Duration
}

// Now is the time by this clock.
func (c *jumpingClock) Now() time.Time { return setWall(time.Now(), time.Duration(c.by.Load())) }

// setWall moves the seconds in the first word of a time with both parts, which are counted above bit 30.
func setWall(t time.Time, by time.Duration) time.Time {
	word := (*uint64)(unsafe.Pointer(&t))
	*word += uint64(int64(by/time.Second)) << 30
	return t
}

// TestJumpingClock: it does what the rows about clocks rely on.
func TestJumpingClock(t *testing.T) {
	now := time.Now()
	for _, by := range []time.Duration{5 * time.Hour, -5 * time.Hour} {
		jumped := setWall(now, by)
		if jumped.Sub(now) != 0 {
			t.Errorf("%s: the monotonic part moved by %s", by, jumped.Sub(now))
		}
		if moved := jumped.Round(0).Sub(now.Round(0)); moved != by {
			t.Errorf("%s: the wall clock moved by %s", by, moved)
		}
	}
}
