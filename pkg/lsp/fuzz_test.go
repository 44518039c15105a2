package lsp

import (
	"strings"
	"testing"
)

// FuzzPlaces: places go to the editor and back, whatever the file holds and whatever the editor asks.
func FuzzPlaces(f *testing.F) {
	f.Add("a: 1\nb: é😀x\n", 1, 5, "file:///a/b%20c.yaml")
	f.Add(strings.Repeat("😀", 300), 0, 299, "untitled:1")
	f.Add("\xff\r\n\x00", -1, 1<<30, "file://%zz")
	f.Fuzz(func(t *testing.T, text string, line, character int, uri string) {
		l := linesOf(text)
		place := l.place(position{Line: line, Character: character})
		if again := l.place(l.position(place)); again != place && !place.IsZero() {
			t.Errorf("%q: %d:%d is %v, and back again %v", text, line, character, place, again)
		}
		if path, ok := fileOf(uri); ok && strings.HasPrefix(path, "/") {
			if again, ok := fileOf(uriOf(path)); !ok || again != path {
				t.Errorf("%q is %q, and back again %q", uri, path, again)
			}
		}
	})
}
