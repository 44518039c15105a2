package diff

import (
	"fmt"

	"github.com/carto-run/carto/pkg/cli/streams"
)

// progress is one line on a terminal that is wiped away in the end.
type progress struct {
	streams *streams.Streams
	percent int // shown last; -1 before the first time
}

// newProgress begins: lists of thousands of owners take their time.
func newProgress(s *streams.Streams) *progress {
	p := &progress{streams: s, percent: -1}
	p.line("Reading the cluster")
	return p
}

// show draws the line anew for each percent.
func (p *progress) show(done, all int) {
	percent := 0
	if all > 0 {
		percent = done * 100 / all
	}
	if percent != p.percent {
		p.percent = percent
		p.line(fmt.Sprintf("Looked at %d of %d owners", done, all))
	}
}

// end leaves the terminal as it was.
func (p *progress) end() { p.line("") }

func (p *progress) line(text string) {
	if p.streams.ErrIsTerminal() {
		_, _ = fmt.Fprint(p.streams.ErrOut, "\r\x1b[K"+text) // talk: the work goes on without
	}
}
