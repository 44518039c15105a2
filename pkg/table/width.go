package table

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Width is how many columns of a terminal a text takes: wide characters take two,
// combining marks and colour sequences none.
func Width(s string) int { return ansi.StringWidth(s) }

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

// Pad fills a text up with spaces.
func Pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-Width(s)))
}
