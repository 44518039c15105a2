//go:build unix

package streams

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lookAfter is how often a wait for the reader looks whether it should end.
const lookAfter = 100 * time.Millisecond

// readerLeft waits until nobody reads a pipe any more, and tells so; or until done.
func readerLeft(out *os.File, done <-chan struct{}) bool {
	if info, err := out.Stat(); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return false
	}
	// No events: a pipe without reader is an error, and errors are always told.
	fds := []unix.PollFd{{Fd: int32(out.Fd())}}
	for {
		select {
		case <-done:
			return false
		default:
		}
		n, err := unix.Poll(fds, int(lookAfter.Milliseconds()))
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return false
		case n > 0:
			return fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
		}
	}
}
