package table

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Width is how many columns of a terminal a text takes: wide characters take two,
// combining marks and colour sequences none.
func Width(s string) int { return ansi.StringWidth(s) }

// Character is how many bytes and cells the first of a text takes of what is drawn as one
// character, and can have several runes. The text must not be empty, and have no colours.
func Character(text string) (bytes, cells int) {
	if c := text[0]; c < 0x80 && (len(text) == 1 || text[1] < 0x80) {
		return 1, 1
	}
	cluster, width := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
	return max(1, len(cluster)), width
}

// Cut shortens a text that is wider than width from its end, with a marker. It keeps
// colour sequences and never splits what is drawn as one character.
func Cut(s string, width int, unicode bool) string {
	if Width(s) <= width {
		return s
	}
	marker := "…"
	if !unicode {
		marker = "~"
	}
	return ansi.Truncate(s, max(0, width), marker)
}

// Wrap breaks a text between words into lines that are no wider than width, where that can
// be: a longer word stays whole, so that it can be copied. begin stands before the first
// line, indent before the others; 0 never breaks.
func Wrap(begin, indent, text string, width int) []string {
	var lines []string
	line, used := begin, Width(begin)
	empty := true
	for _, word := range strings.Fields(text) {
		n := Width(word)
		if !empty && width > 0 && used+1+n > width {
			lines = append(lines, line)
			line, used, empty = indent, Width(indent), true
		}
		if !empty {
			line, used = line+" ", used+1
		}
		line, used, empty = line+word, used+n, false
	}
	return append(lines, line)
}
