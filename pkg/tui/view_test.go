package tui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// TestLay: a box over wide characters cuts them in two, which must not move what is behind.
func TestLay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ reason, below, want string }{
		{"narrow characters", "abcdefgh", "ab[]efgh"},
		{"the box ends within a wide character", "abc界fgh", "ab[] fgh"},
		{"the box begins within one", "a界efgh", "a []fgh"},
		{"a line that ends below the box", "abc", "ab[]"},
		{"a line that ends before it", "a", "a []"},
	} {
		got := lay([]string{tc.below}, []string{"[]"}, 2, 0)[0]
		if strings.TrimRight(got, " ") != tc.want {
			t.Errorf("%s: %q, want %q", tc.reason, got, tc.want)
		}
	}
}

// TestFit: no line gets through that is wider, whatever its characters make together.
func TestFit(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"abcdef", "abc界界", "ab3\ufe0f\u200d~", "abc\x1b[1m3\x1b[m\ufe0f\u200ddef", "\U0001F3F3\ufe0f\u200d\U0001F308\U0001F469\u200d\U0001F469"} {
		for width := range 7 {
			if got := fit(line, width, 1)[0]; ansi.StringWidth(got) > width {
				t.Errorf("%q in %d cells: %q", line, width, got)
			}
		}
	}
}
