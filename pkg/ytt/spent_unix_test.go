//go:build unix

package ytt

import (
	"syscall"
	"time"
)

// spent is the processor time of the process so far. Bounds of tests are on that: on a machine
// with much else to do the clock says nothing.
func spent() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // the call has no way to fail with these arguments
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
