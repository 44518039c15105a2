package diff

import (
	"fmt"

	"github.com/carto-run/carto/pkg/cli/streams"
)

// progress is one line on a terminal that is wiped away in the end.
type progress struct {
	streams *streams.Streams
	shown   int // percent; -1 before the first time
}

func newProgress(s *streams.Streams) *progress { return &progress{streams: s, shown: -1} }

const wipe = "\r\x1b[K"

// show draws the line anew for each percent.
func (p *progress) show(done, all int) {
	percent := 0
	if all > 0 {
		percent = done * 100 / all
	}
	if percent == p.shown || !p.streams.ErrIsTerminal() {
		return
	}
	p.shown = percent
	_, _ = fmt.Fprintf(p.streams.ErrOut, "%sLooked at %d of %d owners", wipe, done, all) // talk: the work goes on without
}

// end leaves the terminal as it was.
func (p *progress) end() {
	if p.shown >= 0 {
		_, _ = fmt.Fprint(p.streams.ErrOut, wipe)
	}
}
