package streams

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Painter draws a text over the one that it drew before. It uses no alternate screen, so
// the last picture stays when the program ends, however it ends.
type Painter struct {
	W io.Writer
	// Size of the terminal; it is asked before each picture.
	Size  func() (width, height int)
	lines int
}

// NewPainter paints on a writer that is the terminal of these streams.
func (s *Streams) NewPainter(w io.Writer) *Painter {
	return &Painter{W: w, Size: func() (int, int) {
		width, height := s.size()
		if width <= 0 {
			width = 80
		}
		return width, height
	}}
}

// Paint draws the text. A line that is wider than the screen takes several, as it would
// if the terminal wrapped it; what does not fit in height is left out from the middle: the
// end says why.
func (p *Painter) Paint(text string) error {
	width, height := p.Size()
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		lines = append(lines, strings.Split(ansi.Hardwrap(line, width, true), "\n")...)
	}
	if most := height - 1; height > 1 && len(lines) > most {
		head := most / 2
		tail := lines[len(lines)-max(0, most-head-1):]
		lines = append(append(lines[:head:head], "..."), tail...)
	}
	out := &strings.Builder{}
	if p.lines > 0 {
		_, _ = fmt.Fprintf(out, "\x1b[%dA", p.lines)
	}
	out.WriteString("\r\x1b[J")
	for _, l := range lines {
		out.WriteString(l)
		if strings.Contains(l, "\x1b") {
			out.WriteString("\x1b[0m") // what ends a colour may be left out
		}
		out.WriteString("\n")
	}
	p.lines = len(lines)
	_, err := io.WriteString(p.W, out.String())
	return err
}
