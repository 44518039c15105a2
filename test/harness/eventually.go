package harness

import (
	"testing"
	"time"
)

// Eventually calls check until it returns nil, and fails the test with its last error when the time is over. The test's log
// then tells what was still missing, not only that time ran out.
func Eventually(t testing.TB, timeout time.Duration, check func() error) {
	t.Helper()
	deadline := time.Now().Add(timeout)
	pause := 10 * time.Millisecond
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().Add(pause).After(deadline) {
			t.Fatalf("not within %s: %v", timeout, err)
		}
		time.Sleep(pause)
		pause = min(pause*3/2, 200*time.Millisecond)
	}
}

// Never calls check until the time is over, and fails the test as soon as it returns an error: for what must stay as it is.
func Never(t testing.TB, duration time.Duration, check func() error) {
	t.Helper()
	for deadline := time.Now().Add(duration); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err := check(); err != nil {
			t.Fatalf("changed within %s: %v", duration, err)
		}
	}
}
