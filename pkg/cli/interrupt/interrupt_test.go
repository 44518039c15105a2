package interrupt

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// TestContext sends signals to this very process, one case after the other.
func TestContext(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process can not be sent signals")
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		reason string
		signal syscall.Signal
	}{
		{"ctrl-c", syscall.SIGINT},
		{"an end from outside", syscall.SIGTERM},
		{"the terminal is closed", syscall.SIGHUP},
	} {
		if signal.Ignored(tc.signal) {
			t.Logf("%s: not tried, because this process ignores it, as under nohup", tc.reason)
			continue
		}
		ctx, stop := Context()
		if err := self.Signal(tc.signal); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
			t.Errorf("%s: it goes on", tc.reason)
		}
		stop()
	}
}

// TestHold: ctrl-c is the editor's, and the end from outside is still ours.
func TestHold(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process can not be sent signals")
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := Context()
	defer stop()
	release := Hold()
	if err := self.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
		t.Error("ctrl-c in the editor ended the program")
	case <-time.After(100 * time.Millisecond):
	}
	release()
	if err := self.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Error("it goes on")
	}
}
