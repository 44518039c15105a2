package wallclock

import (
	"testing"
	"time"
)

func TestJump(t *testing.T) {
	c := &Clock{}
	for _, by := range []time.Duration{5 * time.Hour, -10 * time.Hour, 5 * time.Hour} {
		before := c.Now()
		c.Jump(by)
		after := c.Now()
		if passed := after.Sub(before); passed < 0 || passed > time.Minute {
			t.Errorf("%s: the monotonic part moved by %s", by, passed)
		}
		if moved := after.Round(0).Sub(before.Round(0)) - by; moved < 0 || moved > time.Minute {
			t.Errorf("%s: the wall clock moved by %s more", by, moved)
		}
	}
}
