package streams

import (
	"fmt"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// Progress tells on standard error what is waited for: on a terminal in one live line that
// goes away at the end, elsewhere in a line for each change, for logs of pipelines.
type Progress struct {
	s    *Streams
	live bool

	mu   sync.Mutex
	text string
	turn int

	stop, stopped chan struct{}
}

// spinTime is how long a frame of the spinner stands.
const spinTime = 120 * time.Millisecond

// StartProgress begins to tell. Callers call Stop before anything else is written.
func (s *Streams) StartProgress() *Progress {
	p := &Progress{s: s, live: s.ErrIsTerminal(), stop: make(chan struct{}), stopped: make(chan struct{})}
	if !p.live {
		close(p.stopped)
		return p
	}
	go func() {
		defer close(p.stopped)
		ticker := time.NewTicker(spinTime)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				p.paint()
			case <-p.stop:
				_, _ = fmt.Fprint(s.ErrOut, "\r\x1b[K")
				return
			}
		}
	}()
	return p
}

// Say sets what is waited for; one line, printable.
func (p *Progress) Say(text string) {
	p.mu.Lock()
	changed := p.text != text
	p.text = text
	p.mu.Unlock()
	if changed && !p.live {
		_, _ = fmt.Fprintln(p.s.ErrOut, text)
	}
}

func (p *Progress) paint() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.text == "" {
		return
	}
	frames, cut := []rune(`|/-\`), "~"
	if p.s.Unicode() {
		frames, cut = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"), "…"
	}
	p.turn = (p.turn + 1) % len(frames)
	width, _ := p.s.size()
	if width <= 0 {
		width = 80
	}
	_, _ = fmt.Fprintf(p.s.ErrOut, "\r\x1b[K%s", ansi.Truncate(string(frames[p.turn])+" "+p.text, width-1, cut))
}

// Stop takes the line away. It may be called once only.
func (p *Progress) Stop() {
	close(p.stop)
	<-p.stopped
}
