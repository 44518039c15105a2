package ytt

import (
	"fmt"
	"regexp"
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
