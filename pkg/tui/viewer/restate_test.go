package viewer

import (
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/tui/screen/screentest"
)

// TestRestate: the same lines, said with a time, stay where they are.
func TestRestate(t *testing.T) {
	t.Parallel()
	timed := func(lines []Line) []Line {
		var all []Line
		for _, l := range lines {
			all = append(all, Say(Faint, "12:00 ").Say(Plain, l.Text))
		}
		return all
	}
	v := New(Options{Grows: true})
	v.SetSize(20, 5)
	v.Append(numbered(1, 30)...)
	if v.Restate(v.Top(), timed(numbered(1, 30))); !strings.HasSuffix(shown(t, v), "12:00 line 30") || !v.Following() {
		t.Errorf("the end is left:\n%s", shown(t, v))
	}
	v.Search("line 1")
	press(v, "n", "n")
	before := v.Status()
	if v.Restate(v.Top(), numbered(1, 30)); v.Status() != before {
		t.Errorf("got %q; before it was %q", v.Status(), before)
	}
	press(v, "g")
	v.Restate(3, timed(numbered(1, 30)))
	if got := strings.TrimSpace(strings.Split(shown(t, v), "\n")[0]); got != "12:00 line 4" {
		t.Errorf("begins with %q", got)
	}
	v.Restate(0, nil)
	if v.View(plain, screentest.Now); v.Len() != 0 {
		t.Error("lines are left")
	}
}
