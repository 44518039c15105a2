package table

import (
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	columns := []Column{{Title: "NAME", Min: 6}, {Title: "READY"}, {Title: "REASON", Min: 5}}
	rows := [][]string{{"cart", "True", "Ready"}, {"購物車-服務", "False", "TemplateRejected\nByServer\x1b[2J"}}
	for _, tc := range []struct {
		reason  string
		options Options
		want    []string
	}{
		{"a pipe gets everything, on one line a row", Options{}, []string{
			"NAME          READY   REASON",
			"cart          True    Ready",
			"購物車-服務   False   TemplateRejected ByServer\uFFFD[2J",
		}},
		{"the last column that may be cut gives first", Options{Width: 34, Unicode: true}, []string{
			"NAME          READY   REASON",
			"cart          True    Ready",
			"購物車-服務   False   TemplateRej…",
		}},
		{"then the space and the column before", Options{Width: 18, Unicode: false}, []string{
			"NAME   READY REAS~",
			"cart   True  Ready",
			"購物~  False Temp~",
		}},
		{"what still does not fit is cut from the end", Options{Width: 12, Unicode: true}, []string{
			"NAME   READ…",
			"cart   True…",
			"購物…  Fals…",
		}},
		{"no titles, indented", Options{NoHeaders: true, Indent: "  "}, []string{
			"  cart          True    Ready",
			"  購物車-服務   False   TemplateRejected ByServer\uFFFD[2J",
		}},
	} {
		var out strings.Builder
		if err := New(columns, tc.options).Write(&out, rows); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(out.String(), "\n"); got != strings.Join(tc.want, "\n") {
			t.Errorf("%s: got\n%s", tc.reason, got)
		}
	}
}

// TestPortions: rows of a watch keep the columns that the first ones made.
func TestPortions(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := New([]Column{{Title: "NAME"}, {Title: "READY"}}, Options{})
	for _, name := range []string{"a-long-name", "b", "an-even-longer-name", "c"} {
		if err := p.Write(&out, [][]string{{name, "True"}}); err != nil {
			t.Fatal(err)
		}
	}
	want := `NAME          READY
a-long-name   True
b             True
an-even-longer-name   True
c                     True
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

// TestSpare: columns that say less than a name are left out before names are cut to nothing.
func TestSpare(t *testing.T) {
	t.Parallel()
	columns := []Column{{Title: "NAME", Min: 12}, {Title: "READY"}, {Title: "HEALTHY", Spare: true}, {Title: "REASON", Min: 5}, {Title: "AGE", Spare: true}}
	rows := [][]string{{"deployment/cart", "True", "Unknown", "MinimumReplicas", "5s"}}
	for _, tc := range []struct {
		reason string
		width  int
		want   []string
	}{
		{"room for all", 60, []string{"NAME             READY  HEALTHY  REASON           AGE", "deployment/cart  True   Unknown  MinimumReplicas  5s"}},
		{"what may be cut is cut first", 42, []string{"NAME            READY  HEALTHY  REAS…  AGE", "deployment/ca…  True   Unknown  Mini…  5s"}},
		{"the last first", 38, []string{"NAME             READY  HEALTHY  REAS…", "deployment/cart  True   Unknown  Mini…"}},
		{"then the others", 30, []string{"NAME             READY  REASON", "deployment/cart  True   Minim…"}},
	} {
		var out strings.Builder
		if err := New(columns, Options{Width: tc.width, Unicode: true, Gap: 2}).Write(&out, rows); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(out.String(), "\n"); got != strings.Join(tc.want, "\n") {
			t.Errorf("%s: got\n%s", tc.reason, got)
		}
	}
}
