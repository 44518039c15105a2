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

// Paint draws the text. A line that wraps, or more lines than the screen has, could not
// be drawn over, so both are cut.
func (p *Painter) Paint(text string) error {
	width, height := p.Size()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if height > 1 && len(lines) > height-1 {
		lines = append(lines[:height-2], "...")
	}
	out := &strings.Builder{}
	if p.lines > 0 {
		_, _ = fmt.Fprintf(out, "\x1b[%dA", p.lines)
	}
	out.WriteString("\r\x1b[J")
	for _, l := range lines {
		out.WriteString(ansi.Truncate(l, width, "") + "\n")
	}
	p.lines = len(lines)
	_, err := io.WriteString(p.W, out.String())
	return err
}
