package table

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, text string
		width        int
		unicode      bool
		want         string
	}{
		{"what fits stays", "cart", 4, true, "cart"},
		{"the marker takes a column", "carts", 4, true, "car…"},
		{"a terminal without UTF-8", "carts", 4, false, "car~"},
		{"wide characters take two columns", "購物車", 6, true, "購物車"},
		{"half of one is not drawn", "購物車", 4, true, "購…"},
		{"a combining mark takes none", "cafe\u0301", 4, true, "cafe\u0301"},
		{"colours take none", "\x1b[31mcart\x1b[0m", 4, true, "\x1b[31mcart\x1b[0m"},
		{"no room at all", "cart", 0, true, ""},
		{"nonsense", "cart", -1, true, ""},
	} {
		if got := Cut(tc.text, tc.width, tc.unicode); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add("cart", 3)
	f.Add("購物車", 3)
	f.Add("\x1b[31mcart", 2)
	f.Fuzz(func(t *testing.T, text string, width int) {
		got := Cut(text, width, true)
		if utf8.ValidString(text) && Width(text) > width && Width(got) > max(0, width) {
			t.Errorf("%q cut to %d takes %d columns: %q", text, width, Width(got), got)
		}
	})
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, begin, indent, text string
		width                       int
		want                        string
	}{
		{"between words", "", "", "one two three", 7, "one two|three"},
		{"never", "", "", "one two  three", 0, "one two three"},
		{"what stands before lines counts", "- ", "  ", "one two three", 9, "- one two|  three"},
		{"a long word stays whole", "", "", "a registry.example/cart b", 6, "a|registry.example/cart|b"},
		{"wide characters take two columns", "", "", "購物 車", 6, "購物|車"},
		{"colours take none", "", "", "\x1b[31mone two\x1b[0m", 7, "\x1b[31mone two\x1b[0m"},
		{"nothing", "> ", "", "", 5, "> "},
	} {
		if got := strings.Join(Wrap(tc.begin, tc.indent, tc.text, tc.width), "|"); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
		}
	}
}
