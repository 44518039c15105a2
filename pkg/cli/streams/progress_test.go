package streams

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestProgressInALog: where nobody watches, each change is a line, once.
func TestProgressInALog(t *testing.T) {
	t.Parallel()
	s, _, out, errOut := Test()
	p := s.StartProgress()
	for _, text := range []string{"0 of 2", "0 of 2", "1 of 2"} {
		p.Say(text)
	}
	p.Stop()
	if errOut.String() != "0 of 2\n1 of 2\n" || out.Len() > 0 {
		t.Errorf("it says %q, and on standard output %q", errOut, out)
	}
}

// locked is a buffer that one goroutine writes and another reads.
type locked struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// TestProgressOnATerminal: one line, no wider than the screen, that goes away.
func TestProgressOnATerminal(t *testing.T) {
	t.Parallel()
	s, _, out, _ := Test()
	s.SetTTY(12, 24)
	screen := &locked{}
	s.ErrOut = screen
	p := s.StartProgress()
	p.Say("waiting for the agent")
	for end := time.Now().Add(10 * time.Second); screen.String() == "" && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	p.Stop()
	got := screen.String()
	if !strings.Contains(got, " waiting …") || strings.Contains(got, "waiting for") || strings.Contains(got, "\n") {
		t.Errorf("it draws %q", got)
	}
	if !strings.HasSuffix(got, "\r\x1b[K") || out.Len() > 0 {
		t.Errorf("it leaves %q", got)
	}
}
