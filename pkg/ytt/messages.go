package ytt

import (
	"fmt"
	"strings"
	"unicode"
)

const (
	// maxMessage is how long a message may be, and maxSource a line that is shown with it:
	// both end up in a status.
	maxMessage = 4 << 10
	maxSource  = 400
	// maxFrames of a stack are shown at each end.
	maxFrames = 10
)

// shorten bounds a message.
func shorten(s string) string { return cut(s, maxMessage) }

func cut(s string, length int) string {
	if len(s) > length {
		s = strings.ToValidUTF8(s[:length], "") + " …"
	}
	return printable(s)
}

// printable shows control characters as escapes: templates and their values are not
// trusted, and messages end up on terminals.
func printable(s string) string {
	isPlain := func(c rune) bool {
		return c == '\n' || c == '\t' || !unicode.IsControl(c) && !unicode.Is(unicode.Bidi_Control, c)
	}
	if strings.IndexFunc(s, func(c rune) bool { return !isPlain(c) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		if isPlain(c) {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, "\\u%04x", c)
		}
	}
	return b.String()
}

// fewFrames leaves out the middle of a deep stack.
func (p *Problem) fewFrames() {
	if p.Omitted = len(p.Frames) - 2*maxFrames; p.Omitted <= 0 {
		p.Omitted = 0
		return
	}
	p.Frames = append(p.Frames[:maxFrames:maxFrames], p.Frames[len(p.Frames)-maxFrames:]...)
}
