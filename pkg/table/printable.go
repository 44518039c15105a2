package table

import (
	"fmt"
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
func OneLine(s string) string { return strings.Join(strings.Fields(Brief(Printable(s))), " ") }

// maxLine is how long a line of others may be, in bytes.
const maxLine = 2000

// Brief cuts a line that is longer than anybody reads, and says so. Objects of a megabyte
// fit into etcd, messages of that size too.
func Brief(s string) string {
	if len(s) <= maxLine {
		return s
	}
	kept := strings.ToValidUTF8(s[:maxLine], "")
	return fmt.Sprintf("%s... [%d bytes cut; -o json has all]", kept, len(s)-len(kept))
}
