package terminal

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

var special = map[string]string{
	"enter": "\r", "esc": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "space": " ", "backspace": "\x7f", "delete": "\x1b[3~",
	"up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D",
	"home": "\x1b[H", "end": "\x1b[F", "pgup": "\x1b[5~", "pgdown": "\x1b[6~",
}

// sequence is what a terminal sends for a key.
func sequence(name string) (string, error) {
	if s, known := special[name]; known {
		return s, nil
	}
	if letter, ok := strings.CutPrefix(name, "ctrl+"); ok && len(letter) == 1 && letter[0] >= 'a' && letter[0] <= 'z' {
		return string(rune(letter[0] - 'a' + 1)), nil
	}
	if utf8.RuneCountInString(name) == 1 {
		return name, nil
	}
	return "", fmt.Errorf("no key is called %q", name)
}
