// Package wallclock has a clock that can be set forward and back while time goes on, as people and time servers do with that of a
// machine.
package wallclock

import (
	"sync/atomic"
	"time"
	"unsafe"

	"k8s.io/utils/clock"
)

// Clock is the system's, with the wall part of its times set by what Jump said. The monotonic part goes on, as the kernel does it.
type Clock struct {
	clock.RealClock
	by atomic.Int64 // a time.Duration
}

// Jump sets the clock forward, or back, from where it is. Only whole seconds count.
func (c *Clock) Jump(by time.Duration) { c.by.Add(int64(by)) }

// Now is the time by this clock.
func (c *Clock) Now() time.Time {
	now := time.Now()
	// No function of the library moves one part without the other. The first word of a time that has both counts seconds of the
	// wall clock above bit 30; the test of this package notices when that changes.
	word := (*uint64)(unsafe.Pointer(&now))
	*word += uint64(c.by.Load()/int64(time.Second)) << 30
	return now
}
