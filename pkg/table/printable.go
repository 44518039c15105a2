package table

import (
	"strings"
	"unicode"
)

// Printable replaces control characters: messages of others end up on terminals.
func Printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c != '\n' && c != '\t' && (unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c)) {
			return unicode.ReplacementChar
		}
		return c
	}, s)
}

// OneLine is a text of others as it may stand in a sentence.
func OneLine(s string) string { return strings.Join(strings.Fields(Printable(s)), " ") }
