package yamldiff

import (
	"strings"
	"testing"
)

func object(name string, lines ...any) map[string]any {
	return map[string]any{"metadata": map[string]any{"name": name}, "spec": lines}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	many := make([]any, 20)
	changed := make([]any, 20)
	for i := range many {
		many[i], changed[i] = int64(i), int64(i)
	}
	changed[2], changed[18] = "a", "b"
	for _, tc := range []struct {
		reason        string
		before, after map[string]any
		want          string
	}{
		{"no difference is empty", object("a"), object("a"), ""},
		{"what is new counts from one", nil, object("a"), `
        1 + metadata:
        2 +   name: a
        3 + spec: null
`},
		{"what is gone too", object("a"), nil, `
   1      - metadata:
   2      -   name: a
   3      - spec: null
`},
		{"four lines around a change, and a mark between two of them", object("a", many...), object("a", changed...), `
   2    2     name: a
   3    3   spec:
   4    4   - 0
   5    5   - 1
   6      - - 2
        6 + - a
   7    7   - 3
   8    8   - 4
   9    9   - 5
  10   10   - 6
...
  18   18   - 14
  19   19   - 15
  20   20   - 16
  21   21   - 17
  22      - - 18
       22 + - b
  23   23   - 19
`},
		{"control characters stay out of the terminal", object("a"), object("a\x1b[2J"), `
   1    1   metadata:
   2      -   name: a
        2 +   name: "a\e[2J"
   3    3   spec: null
`},
	} {
		d, err := Of(tc.before, tc.after)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.String(); got != strings.TrimPrefix(tc.want, "\n") {
			t.Errorf("%s: got\n%s\nwant\n%s", tc.reason, got, tc.want)
		}
		if d.Empty() != (tc.want == "") {
			t.Errorf("%s: empty is %v", tc.reason, d.Empty())
		}
	}
}

func TestColor(t *testing.T) {
	t.Parallel()
	d, err := Of(object("a"), object("b"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := d.Write(&b, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\x1b[31m   2      -   name: a\x1b[0m", "\x1b[32m        2 +   name: b\x1b[0m"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q lacks %q", b.String(), want)
		}
	}
}
