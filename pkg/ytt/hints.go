package ytt

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// hints for messages that users of ytt often meet (spec: ytt §14.3).
var hints = []struct {
	message *regexp.Regexp
	hint    string
}{
	{regexp.MustCompile(`^undefined: true\b`), "write True"},
	{regexp.MustCompile(`^undefined: false\b`), "write False"},
	{regexp.MustCompile(`^undefined: (null|nil|none)\b`), "write None"},
	{regexp.MustCompile(`got newline, want ':'`), "a colon is missing after if, for, while or def"},
	{regexp.MustCompile(`unknown binary op: .* \| `), "write or"},
	{regexp.MustCompile(`unknown binary op: .* & `), "write and"},
	{regexp.MustCompile(`got '&', want primary expression`), "write and"},
	{regexp.MustCompile(`got '\|', want primary expression`), "write or"},
	{regexp.MustCompile(`the index of a struct is a string`), "use a string, or getattr"},
}

var undefined = regexp.MustCompile(`^undefined: (\w+)`)

// withHint adds what the author can do about a message, in round brackets.
func withHint(message string) string {
	for _, h := range hints {
		if h.message.MatchString(message) {
			return addHint(message, h.hint)
		}
	}
	if match := undefined.FindStringSubmatch(message); match != nil {
		if _, known := modules[match[1]]; known || match[1] == "data" {
			return addHint(message, fmt.Sprintf("add #@ load(%q, %q)", modulePrefix+match[1], match[1]))
		}
	}
	return message
}

func addHint(message, hint string) string { return message + " (hint: " + hint + ")" }

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
