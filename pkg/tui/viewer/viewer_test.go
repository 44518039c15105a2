package viewer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
)

var plain = theme.New(theme.None, true)

// press gives keys to a viewer.
func press(v *Viewer, names ...string) {
	for _, name := range names {
		v.Update(screentest.Key(name))
	}
}

func typeText(v *Viewer, text string) {
	for _, r := range text {
		v.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// shown is the picture without colour.
func shown(t *testing.T, v *Viewer) string {
	t.Helper()
	lines := strings.Split(v.View(plain, screentest.Now), "\n")
	if len(lines) != v.height {
		t.Errorf("drew %d lines; there is room for %d", len(lines), v.height)
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w > v.width {
			t.Errorf("line %d is %d cells wide; there are %d: %q", i+1, w, v.width, line)
		}
		lines[i] = strings.TrimRight(ansi.Strip(line), " ")
	}
	return strings.Join(lines, "\n")
}

// numbered are lines "line 1" and so on.
func numbered(from, to int) []Line {
	var all []Line
	for i := from; i <= to; i++ {
		all = append(all, Say(Plain, fmt.Sprintf("line %d", i)))
	}
	return all
}

func holding(width, height int, lines []Line) *Viewer {
	v := New(Options{})
	v.SetSize(width, height)
	v.Set(screentest.Now.Add(-time.Minute), lines)
	return v
}

func TestMoving(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		keys   []string
		top    int
	}{
		{"begins at the top", nil, 1},
		{"a line", []string{"j", "j", "k"}, 2},
		{"half a page", []string{"ctrl+d"}, 6},
		{"a page, and half of one back", []string{"pgdown", "ctrl+u"}, 6},
		{"the end shows a full page", []string{"G"}, 91},
		{"below the end is nothing", []string{"G", "pgdown", "j"}, 91},
		{"above the top too", []string{"k", "pgup"}, 1},
		{"home", []string{"G", "g"}, 1},
	} {
		v := holding(20, 10, numbered(1, 100))
		press(v, tc.keys...)
		if got := strings.TrimSpace(strings.Split(shown(t, v), "\n")[0]); got != fmt.Sprintf("line %d", tc.top) {
			t.Errorf("%s: %v shows %q first", tc.reason, tc.keys, got)
		}
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, line, query string
		want                []string
	}{
		{"small letters find all", "Error: no ERROR, error", "error", []string{"Error", "ERROR", "error"}},
		{"a capital is exact", "Error: no ERROR, error", "Error", []string{"Error"}},
		{"nothing is found", "abc", "d", nil},
		{"an empty query finds nothing", "abc", "", nil},
		{"matches do not overlap", "aaaa", "aa", []string{"aa", "aa"}},
		{"characters that fold to another length", "İstanbul and ǅ", "ǆ", []string{"ǅ"}},
		{"Greek", "ΑΛΦΑ άλφα", "αλφα", []string{"ΑΛΦΑ"}},
		{"wide characters", "購物車 購物", "購物", []string{"購物", "購物"}},
		{"a query is no pattern", "a.c abc", "a.c", []string{"a.c"}},
		{"longer than the line", "ab", "abc", nil},
		{"the end of the line", "xab", "ab", []string{"ab"}},
	} {
		var got []string
		for _, m := range matches(tc.line, tc.query) {
			got = append(got, tc.line[m[0]:m[1]])
		}
		if fmt.Sprint(got) != fmt.Sprint(tc.want) {
			t.Errorf("%s: %q in %q: got %q, want %q", tc.reason, tc.query, tc.line, got, tc.want)
		}
	}
}

func TestSearching(t *testing.T) {
	t.Parallel()
	lines := numbered(1, 100)
	lines[41].Text += " needle"
	lines[79].Text += " Needle, needle"
	for _, tc := range []struct {
		reason string
		play   func(v *Viewer)
		status string
		sight  string
	}{
		{"it is found while it is typed", func(v *Viewer) { press(v, "/"); typeText(v, "need") }, `match 1/3 of "need", line 39 of 100`, "line 42 needle"},
		{"n goes on", func(v *Viewer) { press(v, "/"); typeText(v, "needle"); press(v, "enter", "n", "n") }, `match 3/3 of "needle", line 77 of 100`, "line 80"},
		{"and from the last to the first", func(v *Viewer) { press(v, "/"); typeText(v, "needle"); press(v, "enter", "n", "n", "n") }, `match 1/3 of "needle", line 39 of 100`, "line 42"},
		{"N goes back, over the top", func(v *Viewer) { press(v, "/"); typeText(v, "needle"); press(v, "enter", "N") }, `match 3/3 of "needle", line 77 of 100`, "line 80"},
		{"smart case", func(v *Viewer) { press(v, "/"); typeText(v, "Needle"); press(v, "enter") }, `match 1/1 of "Needle", line 77 of 100`, "line 80"},
		{"no match says so and does not move", func(v *Viewer) { press(v, "/"); typeText(v, "nothing"); press(v, "enter", "n") }, `no match for "nothing", line 1 of 100`, "line 1"},
		{"esc gives it up, and goes back", func(v *Viewer) { press(v, "/"); typeText(v, "needle"); press(v, "esc") }, `line 1 of 100`, "line 1"},
		{"esc returns to the search before", func(v *Viewer) {
			press(v, "/")
			typeText(v, "needle")
			press(v, "enter", "/")
			typeText(v, "line")
			press(v, "esc")
		}, `match 0/3 of "needle", line 39 of 100`, "line 42"},
		{"backspace looks again from where it began", func(v *Viewer) {
			press(v, "/")
			typeText(v, "Ne")
			press(v, "backspace", "backspace")
			typeText(v, "ne")
		}, `match 1/103 of "ne", line 1 of 100`, "line 1"},
		{"back ends it", func(v *Viewer) {
			press(v, "/")
			typeText(v, "needle")
			press(v, "enter")
			if !v.Back() || v.Back() {
				v.Clear()
			}
		}, `line 39 of 100`, "line 42"},
		{"a paste is typed", func(v *Viewer) { press(v, "/"); v.Update(tea.PasteMsg{Content: "needle"}) }, `match 1/3 of "needle", line 39 of 100`, "line 42"},
		{"keys are text while it is typed", func(v *Viewer) { press(v, "/"); typeText(v, "Gq?") }, `no match for "Gq?", line 1 of 100`, "line 1"},
	} {
		v := holding(30, 10, lines)
		tc.play(v)
		if got := v.Status(); got != tc.status {
			t.Errorf("%s: status %q, want %q", tc.reason, got, tc.status)
		}
		if got := shown(t, v); !strings.Contains(got, tc.sight) {
			t.Errorf("%s: %q is not in sight:\n%s", tc.reason, tc.sight, got)
		}
	}
}

// TestFarMatch: a match in a long line is scrolled into sight, to the side or wrapped.
func TestFarMatch(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("x", 60_000) + "needle" + strings.Repeat("y", 5000), strings.Repeat("車", 20_000) + "needle" + strings.Repeat("物", 2000)} {
		for _, wrap := range []bool{false, true} {
			v := holding(40, 6, []Line{Say(Plain, "first"), Say(Plain, text), Say(Plain, "last")})
			if wrap {
				press(v, "w")
			}
			v.Search("needle")
			if got := shown(t, v); !strings.Contains(strings.ReplaceAll(got, "\n ", ""), "needle") && !strings.Contains(got, "needle") {
				t.Errorf("wrapped %v: the match is not in sight:\n%s", wrap, got)
			}
		}
	}
}

func TestHighlight(t *testing.T) {
	t.Parallel()
	v := holding(40, 3, []Line{Say(Key, "key").Say(Plain, ": ").Say(String, "a value"), Say(Plain, "e\u0301e\u0301")})
	v.Search("y: a")
	dark := v.View(theme.New(theme.Dark, true), screentest.Now)
	match := theme.New(theme.Dark, true).Match.Bold(true).Reverse(true)
	if want := match.Render("y") + match.Render(": ") + match.Render("a"); !strings.Contains(dark, want) {
		t.Errorf("%q lacks %q", dark, want)
	}
	if none := v.View(plain, screentest.Now); !strings.Contains(none, "\x1b[1;7m") {
		t.Errorf("without colours a match is reversed: %q", none)
	}
	v.Search("\u0301")
	if got := shown(t, v); !strings.Contains(got, "e\u0301e\u0301") {
		t.Errorf("a match within a character tears it apart:\n%s", got)
	}
}

func TestKeepsPlace(t *testing.T) {
	t.Parallel()
	long := numbered(1, 100)
	for _, tc := range []struct {
		reason string
		after  []Line
		first  string
	}{
		{"the same text", long, "line 51"},
		{"lines above are new", append(numbered(900, 909), long...), "line 51"},
		{"lines above are gone", long[20:], "line 51"},
		{"lines below are gone", long[:70], "line 51"},
		{"the line itself is another", append(append(append([]Line{}, long[:50]...), Say(Plain, "changed")), long[51:]...), "changed"},
		{"shorter than where it was", numbered(1, 5), "line 1"},
		{"nothing is left", nil, ""},
	} {
		v := holding(30, 10, long)
		for range 50 {
			press(v, "j")
		}
		v.Set(screentest.Now, tc.after)
		if got := strings.TrimLeft(strings.Split(shown(t, v), "\n")[0], " ▎"); got != tc.first {
			t.Errorf("%s: %q is first, want %q", tc.reason, got, tc.first)
		}
	}
}

// TestKeepsMatch: the match that is looked at stays it when lines come above.
func TestKeepsMatch(t *testing.T) {
	t.Parallel()
	v := holding(30, 10, numbered(1, 100))
	v.Search("line 7")
	press(v, "n", "n")
	before := v.search.at()
	v.Set(screentest.Now, append(numbered(900, 904), numbered(1, 100)...))
	if got := v.search.at(); got == nil || got.line != before.line+5 {
		t.Errorf("the match was %+v and is %+v", before, got)
	}
}

func TestMarksChanges(t *testing.T) {
	t.Parallel()
	marked := func(v *Viewer, after time.Duration) string {
		var all []string
		for line := range strings.SplitSeq(ansi.Strip(v.View(plain, screentest.Now.Add(after))), "\n") {
			if rest, ok := strings.CutPrefix(line, "▎"); ok {
				all = append(all, rest)
			}
		}
		return strings.Join(all, "|")
	}
	text := func(lines ...string) []Line { return Lines(Plain, strings.Join(lines, "\n")) }
	for _, tc := range []struct {
		reason        string
		before, after []Line
		want          string
	}{
		{"nothing new", text("a", "b"), text("a", "b"), ""},
		{"a line changed", text("a", "b", "c"), text("a", "B", "c"), "B"},
		{"a line came", text("a", "c"), text("a", "b", "c"), "b"},
		{"a line went", text("a", "b", "c"), text("a", "c"), ""},
		{"lines that only moved", text("a", "b", "c"), text("c", "a", "b"), ""},
		{"one more of the same", text("a", "b", "c"), text("x", "b", "b", "y"), "x|b|y"},
	} {
		v := holding(20, 10, tc.before)
		v.Set(screentest.Now, tc.after)
		if got := marked(v, 0); got != tc.want {
			t.Errorf("%s: marked are %q, want %q", tc.reason, got, tc.want)
		}
		v.Set(time.Time{}, tc.after)
		if got := marked(v, 2*time.Second); got != tc.want {
			t.Errorf("%s: after a redraw marked are %q, want %q", tc.reason, got, tc.want)
		}
		if got := marked(v, 3*time.Second); got != "" {
			t.Errorf("%s: after three seconds %q is still marked", tc.reason, got)
		}
	}
}

func TestGrows(t *testing.T) {
	t.Parallel()
	v := New(Options{Grows: true, Max: 100})
	v.SetSize(30, 5)
	v.Append(numbered(1, 50)...)
	expect := func(reason, first, status string) {
		t.Helper()
		if got := strings.TrimSpace(strings.Split(shown(t, v), "\n")[0]); got != first {
			t.Errorf("%s: %q is first, want %q", reason, got, first)
		}
		if got := v.Status(); got != status {
			t.Errorf("%s: status %q, want %q", reason, got, status)
		}
	}
	expect("the end is followed", "line 46", "line 46 of 50, following")
	press(v, "k")
	v.Append(numbered(51, 60)...)
	expect("going up stops that", "line 45", "line 45 of 60, not following")
	v.Append(numbered(61, 130)...)
	expect("what is too much goes, the same lines stay in sight", "line 45", "line 45 of 130, the first 30 dropped, not following")
	v.Search("line 45")
	v.Append(numbered(131, 150)...)
	if got := v.search.at(); got == nil || got.line != 44 {
		// Line 45 is gone; the match with it.
		if got != nil && got.line < v.dropped {
			t.Errorf("the match is in a line that is gone: %+v", got)
		}
	}
	expect("the first line in sight is dropped", "line 51", "no match for \"line 45\", line 51 of 150, the first 50 dropped, not following")
	press(v, "G")
	v.Append(numbered(151, 400)...)
	v.Back()
	expect("the end follows again, after more than there is room for", "line 396", "line 396 of 400, the first 300 dropped, following")
	v.Update(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	expect("the wheel goes up", "line 393", "line 393 of 400, the first 300 dropped, not following")
	if v.Len() != 100 {
		t.Errorf("%d lines are kept", v.Len())
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	v := holding(10, 3, Lines(Plain, "a\n\tb\n"))
	if got := v.Text(); got != "a\n    b\n" {
		t.Errorf("text %q", got)
	}
	v.SetSource("a\n\tb\n")
	if got := v.Text(); got != "a\n\tb\n" {
		t.Errorf("source %q", got)
	}
	if cmd, taken := v.Update(screentest.Key("c")); cmd == nil || !taken {
		t.Error("c copies nothing")
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	v := holding(11, 6, []Line{Say(Plain, "0123456789abcdefghijXYZ"), Say(Plain, ""), Say(Plain, "購物車購物車"), Say(Plain, "end")})
	press(v, "w")
	want := " 0123456789\n abcdefghij\n XYZ\n\n 購物車購物\n 車"
	if got := shown(t, v); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	press(v, "G")
	if got := shown(t, v); !strings.HasSuffix(got, " end") || !strings.HasPrefix(got, " abcdefghij") {
		t.Errorf("the end of a wrapped text:\n%s", got)
	}
	press(v, "w", "right")
	if got := shown(t, v); !strings.HasPrefix(got, " 89abcdefg›\n\n 購物車\n") && !strings.HasPrefix(got, " 89abcdefg›\n\n 物車\n") {
		t.Errorf("scrolled to the side:\n%s", got)
	}
	press(v, "left")
	if got := shown(t, v); !strings.HasPrefix(got, " 012345678›\n\n 購物車購 ›\n end") {
		t.Errorf("lines that go on:\n%s", got)
	}
}

// FuzzDraw: whatever the text, every picture has its size, and all of a line is seen when
// it is scrolled through.
func FuzzDraw(f *testing.F) {
	f.Add("key: value\n\ttab \x1b[31m red", "value", 20, 5, true)
	f.Add("購物車\u0301\u200d👩‍👩‍👧 e\u0301", "\u0301", 3, 2, false)
	f.Add("\xff\xfe\u202e", "\xff", 1, 1, true)
	f.Fuzz(func(t *testing.T, text, query string, width, height int, wrap bool) {
		if len(text) > 5000 {
			return
		}
		width, height = 1+abs(width)%200, 1+abs(height)%60
		v := holding(width, height, Lines(Key, text))
		v.Search(query)
		if wrap {
			press(v, "w")
		}
		shown(t, v)
		press(v, "right", "n", "G", "/")
		shown(t, v)
		press(v, "esc", "g")
		v.SetSize(width/2, height)
		shown(t, v)
		if !wrap || v.width < 4 {
			return
		}
		// Rows of a wrapped text, put together again, are the text.
		var all strings.Builder
		for i := range v.rows {
			for n := range v.rows[i].rows(v.room()) {
				from, to := v.rows[i].part(n, v.room())
				all.WriteString(ansi.Strip(v.draw(plain, i, from, to, 0)))
			}
			all.WriteByte('\n')
		}
		if all.String() != v.Text() {
			t.Errorf("drew %q of %q", all.String(), v.Text())
		}
	})
}

func abs(n int) int { return max(n, -(n + 1)) }

func megabyte() []Line {
	var all []Line
	for i := range 25_000 {
		all = append(all, Say(Key, "someKey").Say(Plain, ": ").Say(String, fmt.Sprintf("a value that is number %d", i)))
	}
	return append(all, Say(Plain, strings.Repeat("long line ", 6500)), Say(Plain, strings.Repeat("長い", 11_000)))
}

func BenchmarkSetMegabyte(b *testing.B) {
	lines := megabyte()
	v := holding(120, 50, lines)
	for b.Loop() {
		v.Set(screentest.Now, lines)
	}
}

func BenchmarkViewMegabyte(b *testing.B) {
	for _, wrap := range []bool{false, true} {
		b.Run(fmt.Sprintf("wrap=%v", wrap), func(b *testing.B) {
			v := holding(120, 50, megabyte())
			v.Search("value")
			v.wrap = wrap
			press(v, "G")
			for b.Loop() {
				press(v, "k")
				v.View(plain, screentest.Now)
			}
		})
	}
}

func BenchmarkSearchMegabyte(b *testing.B) {
	v := holding(120, 50, megabyte())
	for b.Loop() {
		v.Search("number 17")
	}
}

func BenchmarkAppend(b *testing.B) {
	v := New(Options{Grows: true})
	v.SetSize(120, 50)
	v.Search("value")
	lines := megabyte()[:100]
	for b.Loop() {
		v.Append(lines...)
		v.View(plain, screentest.Now)
	}
}
