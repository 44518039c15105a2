package source

import (
	"strings"
	"testing"
)

// FuzzPlace: what is taken for a place is one, with a tag, and is read the same again.
func FuzzPlace(f *testing.F) {
	for _, seed := range []string{"registry.example/shop/cart:v1", "localhost:5000/a@sha256:0", "a/b", "[::1]:5000/x", "r.example/a:b@c", "//", "é.example/x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		place, err := ParsePlace(text)
		if err != nil {
			return
		}
		again, err := ParsePlace(place.ref.String())
		if err != nil || again != place || !strings.Contains(place.ref.String(), ":") {
			t.Errorf("%q is %q, and back again %q, %v", text, place.ref, again.ref, err)
		}
		_ = place.loopback() // it ends
	})
}
