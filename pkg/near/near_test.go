package near

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	t.Parallel()
	commands := []string{"workload", "delivery", "tree", "get", "list", ""}
	for _, tc := range []struct {
		reason, typed string
		names         []string
		want          string
	}{
		{"a letter is missing", "worload", commands, "workload"},
		{"two letters are swapped", "crat", []string{"cart", "shop", "checkout"}, "cart"},
		{"in a short word too", "gte", commands, "get"},
		{"a part of the name", "check", []string{"cart", "checkout"}, "checkout"},
		{"the beginning of one", "del", commands, "delivery"},
		{"nothing is near", "zzzz", []string{"cart", "checkout"}, ""},
		{"one letter is near to nothing", "x", commands, ""},
		{"what is known is not offered", "workload", commands, ""},
		{"the nearest first, and not all of them", "cart", []string{"carts", "car", "part", "cert", "dart"}, "car carts cert"},
		{"case does not count", "Cart", []string{"cart"}, "cart"},
		{"one wide letter off", "訂価", []string{"訂單"}, "訂單"},
		{"each once", "crat", []string{"cart", "cart"}, "cart"},
	} {
		if got := strings.Join(Names(tc.typed, tc.names), " "); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
		}
	}
	if got, want := DidYouMean("crat", []string{"cart", "crab"}), `; did you mean "cart" or "crab"?`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
