package terminal

import (
	"strings"
	"testing"
)

func TestSequences(t *testing.T) {
	for _, tc := range []struct{ reason, in, want string }{
		{"text begins at the left top", "ab", "ab\n\n"},
		{"a long line wraps at the edge", "abcdefghijkl", "abcdefghij\nkl\n"},
		{"a wide character takes two cells", "a世b\x1b[1;4HX", "a世X\n\n"},
		{"a combining mark takes none", "e\u0301x", "e\u0301x\n\n"},
		{"the cursor goes where it is sent, counted from 1", "\x1b[2;3Hx", "\n  x\n"},
		{"a column and a row alone", "\x1b[4G\x1b[3dx", "\n\n   x"},
		{"to the end of the line is cleared", "abcdef\x1b[1;3H\x1b[K", "ab\n\n"},
		{"so many cells are cleared, and the cursor stays", "abcdef\x1b[1;2H\x1b[3Xz", "az  ef\n\n"},
		{"a character is repeated", "a-\x1b[3bz", "a----z\n\n"},
		{"the screen scrolls at its end", "1\r\n2\r\n3\r\n4", "2\n3\n4"},
		{"a line is deleted and one inserted", "1\r\n2\r\n3\x1b[1;1H\x1b[M\x1b[2;1H\x1b[Lx", "2\nx\n3"},
		{"only the region scrolls", "1\r\n2\r\n3\x1b[2;3r\x1b[S\x1b[r", "1\n3\n"},
		{"colours take no room", "\x1b[1;38;5;81mab\x1b[0mc", "abc\n\n"},
		{"the alternate screen is another one, which ends", "main\x1b[?1049hother\x1b[?1049l", "main\n\n"},
		{"a character in the last column does not wrap by itself", "abcdefghij\rX", "Xbcdefghij\n\n"},
	} {
		s := newScreen(10, 3)
		s.write([]byte(tc.in))
		if got := s.text(); got != tc.want {
			t.Errorf("%s: %q shows\n%s\nwant\n%s", tc.reason, tc.in, frame(got), frame(tc.want))
		}
	}
}

// TestSmallerThanTheProgramKnows: what a program wrote before it heard of a smaller size.
func TestSmallerThanTheProgramKnows(t *testing.T) {
	s := newScreen(10, 8)
	s.write([]byte("\x1b[8;9H\x1b7"))
	s.resize(10, 3)
	s.write([]byte("\x1b[2;8r\x1b[3;1H\x1b[M\x1b[L\x1b[S\x1b8x"))
	if got := s.text(); strings.Count(got, "\n") != 2 {
		t.Errorf("shows\n%s", frame(got))
	}
}

func TestQuestionsAreAnswered(t *testing.T) {
	s := newScreen(10, 3)
	var said string
	s.answer = func(text string) { said += text }
	s.write([]byte("ab\x1b[6n\x1b]11;?\x07"))
	if want := "\x1b[1;3R\x1b]11;rgb:0000/0000/0000\x1b\\"; said != want {
		t.Errorf("the terminal answers %q, want %q", said, want)
	}
}

func TestUpdatesAreKnownAndCounted(t *testing.T) {
	s := newScreen(10, 3)
	var said string
	s.answer = func(text string) { said += text }
	s.write([]byte("\x1b[?2026$p\x1b[?2027$p\x1b[?2026hab\x1b[?2026l\x1b[?2026l\x1b[?2026hc"))
	if want := "\x1b[?2026;2$y"; said != want {
		t.Errorf("the terminal answers %q, want %q", said, want)
	}
	if s.updates != 1 {
		t.Errorf("%d updates are counted, want 1: the second has not come to its end", s.updates)
	}
}

func TestWhatIsLeftOnIsNamed(t *testing.T) {
	s := newScreen(10, 3)
	s.write([]byte("\x1b[?1049h\x1b[?25l\x1b[?1002h\x1b[5y"))
	left := strings.Join(s.leftOn(), ", ")
	for _, want := range []string{"the alternate screen", "the hidden cursor", "the mouse", "an unknown sequence (CSI y)"} {
		if !strings.Contains(left, want) {
			t.Errorf("left on is %q; %q is missing", left, want)
		}
	}
}
