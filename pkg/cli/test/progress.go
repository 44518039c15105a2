package test

import (
	"fmt"
	"sync/atomic"
	"time"
)

// progress tells a person who has waited for a while how far the tests are.
type progress struct {
	finished, all atomic.Int64
	stop, stopped chan struct{}
}

// quiet is how long nothing is said.
const quiet = 500 * time.Millisecond

func (o *Options) progress() *progress {
	p := &progress{stop: make(chan struct{}), stopped: make(chan struct{})}
	if !o.Streams.ErrIsTerminal() {
		close(p.stopped)
		return p
	}
	go func() {
		defer close(p.stopped)
		ticker := time.NewTicker(quiet)
		defer ticker.Stop()
		for said := false; ; said = true {
			select {
			case <-ticker.C:
				_, _ = fmt.Fprintf(o.Streams.ErrOut, "\r\x1b[K%d of %d tests are done ...", p.finished.Load(), p.all.Load())
			case <-p.stop:
				if said {
					_, _ = fmt.Fprint(o.Streams.ErrOut, "\r\x1b[K")
				}
				return
			}
		}
	}()
	return p
}

func (p *progress) done(done, of int) {
	p.finished.Store(int64(done))
	p.all.Store(int64(of))
}

// end takes the line away.
func (p *progress) end() {
	close(p.stop)
	<-p.stopped
}
