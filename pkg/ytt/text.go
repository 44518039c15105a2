package ytt

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// text is a source text with its lines.
type text struct {
	name    string
	content string
	starts  []int // where each line begins
}

func newText(name, content string) *text {
	content = strings.TrimPrefix(content, "\ufeff")
	t := &text{name: name, content: content, starts: []int{0}}
	for i := 0; i < len(content); i++ {
		switch content[i] {
		case '\n':
			t.starts = append(t.starts, i+1)
		case '\r': // alone it is a line break of YAML, too
			if i+1 == len(content) || content[i+1] != '\n' {
				t.starts = append(t.starts, i+1)
			}
		case 0xC2: // NEL
			if strings.HasPrefix(content[i:], "\u0085") {
				t.starts = append(t.starts, i+2)
			}
		case 0xE2: // LS and PS
			if strings.HasPrefix(content[i:], "\u2028") || strings.HasPrefix(content[i:], "\u2029") {
				t.starts = append(t.starts, i+3)
			}
		}
	}
	return t
}

// lineAt is the number of the line that holds the byte at the offset.
func (t *text) lineAt(offset int) int {
	return sort.Search(len(t.starts), func(i int) bool { return t.starts[i] > offset })
}

// bounds of a line: from its beginning to the beginning of the next.
func (t *text) bounds(line int) (start, end int) {
	start, end = t.starts[line-1], len(t.content)
	if line < len(t.starts) {
		end = t.starts[line]
	}
	return start, end
}

// line without its line break; empty for a line that does not exist.
func (t *text) line(number int) string {
	if number < 1 || number > len(t.starts) {
		return ""
	}
	start, end := t.bounds(number)
	return strings.TrimRight(t.content[start:end], "\r\n\u0085\u2028\u2029")
}

// fail makes a static error that points at a line.
func (t *text) fail(line int, format string, args ...any) *Error {
	return staticError(t, line, fmt.Sprintf(format, args...))
}

// checkCharacters finds what yaml.v3 refuses without a line.
func checkCharacters(t *text) error {
	for i := 0; i < len(t.content); {
		c, size := utf8.DecodeRuneInString(t.content[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			return t.fail(t.lineAt(i), "reading YAML: byte 0x%02X is no valid UTF-8", t.content[i])
		case c < ' ' && c != '\t' && c != '\n' && c != '\r', c == 0x7F, c >= 0x80 && c < 0xA0 && c != 0x85, c == 0xFEFF, c == 0xFFFE, c == 0xFFFF:
			return t.fail(t.lineAt(i), "reading YAML: control character %U is not allowed", c)
		}
		i += size
	}
	return nil
}

func isBlankOrBreak(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
