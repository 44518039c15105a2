package pane

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
)

var ofCart = Target{Owner: cart, Ref: cart}

// loggedBy opens the logs of what is selected.
func loggedBy(t *testing.T, target Target, width, height int) (*screentest.Driver, func(feed.LogLines)) {
	t.Helper()
	s, why := Open(keys.Logs, target)
	if s == nil {
		t.Fatal(why)
	}
	d := screentest.New(t, s, width, height)
	d.View()
	return d, func(lines feed.LogLines) {
		t.Helper()
		for _, topic := range d.World.Followed {
			d.Deliver(topic, lines)
		}
	}
}

// line of a container, some milliseconds after noon.
func line(n int, step, pod, container, message string) feed.LogLine {
	return feed.LogLine{Time: screentest.Now.Add(time.Duration(n) * time.Millisecond), Step: step, Pod: pod, Container: container, Message: message}
}

// linesOf one container: "line 1" and so on.
func linesOf(from, to int) feed.LogLines {
	var d feed.LogLines
	for i := from; i <= to; i++ {
		d.Lines = append(d.Lines, line(i, "build", "cart-build-1-pod", "main", fmt.Sprintf("line %d", i)))
	}
	return d
}

// mixed are lines of two steps, one with two pods, one with two containers.
func mixed() feed.LogLines {
	return feed.LogLines{Lines: []feed.LogLine{
		line(1, "build", "cart-build-1-pod", "prepare", "\x1b[32mcloning\x1b[0m https://github.com/acme/cart"),
		line(1001, "build", "cart-build-1-pod", "build", `{"level":"info","msg":"compiling","files":214}`),
		line(2002, "build", "cart-build-1-pod", "build", "\x1b[1;31merror\x1b[0m: 購物車 👩‍👩‍👧 undeclared \x1b]0;evil\x07name"),
		line(62003, "run", "cart-7d8f9c6b5-x2x4v", "app", "listening on :8080"),
		line(62004, "run", "cart-7d8f9c6b5-k8qzp", "app", "10%\r50%\r100%"),
		{Step: "run", Pod: "cart-7d8f9c6b5-k8qzp", Container: "app", Message: "the node says something of its own, without a time, and it goes on and on and on until it is wrapped"},
	}, Dropped: 1234, Note: "pods/log is forbidden in namespace other"}
}

func TestLogsGolden(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		width, height int
		theme         *theme.Theme
		keys          []string
	}{
		{"logs-80x24", 80, 24, nil, nil},
		{"logs-times-120x40", 120, 40, nil, []string{"t"}},
		{"logs-wrapped-40x20", 40, 20, nil, []string{"w"}},
		{"logs-300x20", 300, 20, nil, []string{"t"}},
		{"logs-ascii-80x24", 80, 24, theme.New(theme.None, false), nil},
		{"logs-dark-120x40", 120, 40, theme.New(theme.Dark, true), []string{"t"}},
	} {
		d, deliver := loggedBy(t, ofCart, tc.width, tc.height)
		if tc.theme != nil {
			d.Env.Theme = tc.theme
		}
		deliver(feed.LogLines{Note: "no pods yet; waiting for them"})
		deliver(mixed())
		d.Press(tc.keys...)
		picture := d.View()
		if tc.theme != nil && tc.theme.Name == theme.Dark {
			picture = d.Screen.View(d.Env)
		}
		golden(t, tc.name, d.Screen.Title()+" | "+d.Screen.Status(d.Env)+"\n"+picture+"\n")
	}
}

// TestLogsOpen: which logs are read for what is selected.
func TestLogsOpen(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		target Target
		topic  feed.Logs
		title  string
		not    string
	}{
		{"an owner", ofCart, feed.Logs{Owner: cart}, "logs of cart", ""},
		{"a step", ofBuild, feed.Logs{Owner: cart, Step: "build"}, "logs of build", ""},
		{"a pod below a step", Target{Owner: cart, Step: "build", Ref: tree.Ref{Kind: "Pod", Namespace: "shop", Name: "cart-1"}}, feed.Logs{Owner: cart, Step: "build", Pod: "cart-1"}, "logs of cart-1", ""},
		{"a blueprint runs nothing", Target{Owner: chain, Ref: chain}, feed.Logs{}, "", "a blueprint has no logs"},
		{"nothing", Target{}, feed.Logs{}, "", "there is none"},
	} {
		s, why := Open(keys.Logs, tc.target)
		if s == nil {
			if tc.not == "" || !strings.Contains(why, tc.not) {
				t.Errorf("%s: no logs, for %q", tc.reason, why)
			}
			continue
		}
		d := screentest.New(t, s, 80, 24)
		for _, topic := range d.World.Followed {
			if topic != feed.Topic(tc.topic) {
				t.Errorf("%s: follows %#v", tc.reason, topic)
			}
		}
		if s.Title() != tc.title || len(d.World.Followed) != 1 {
			t.Errorf("%s: called %q, follows %v", tc.reason, s.Title(), d.World.Followed)
		}
	}
}

// TestFollow: the end is followed until a person looks at earlier lines.
func TestFollow(t *testing.T) {
	t.Parallel()
	d, deliver := loggedBy(t, ofBuild, 40, 5)
	deliver(linesOf(1, 20))
	end := func(want string) {
		t.Helper()
		if !strings.HasSuffix(d.View(), want) {
			t.Errorf("want %q at the end of\n%s", want, d.View())
		}
	}
	status := func(want string, is bool) {
		t.Helper()
		if got := d.Screen.Status(d.Env); strings.Contains(got, want) != is {
			t.Errorf("status is %q; that it says %q should be %v", got, want, is)
		}
	}
	end("line 20")
	d.Press("k")
	deliver(linesOf(21, 32))
	end("line 19")
	status("+12 new", true)
	d.Press("G")
	end("line 32")
	status("new", false)
	d.Send(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	deliver(linesOf(33, 33))
	end("line 29")
	d.Press("f")
	end("line 33")
	deliver(linesOf(34, 34))
	end("line 34")
	d.Press("f")
	deliver(linesOf(35, 35))
	end("line 34")
	status("not following", true)
	status("cart-build-1-pod/main", true)
}

// TestLogsKeys: what the keys of logs do.
func TestLogsKeys(t *testing.T) {
	t.Parallel()
	d, deliver := loggedBy(t, ofBuild, 60, 5)
	deliver(linesOf(1, 3))
	if d.Press("t"); !strings.Contains(d.View(), "12:00:00.003 line 3") {
		t.Errorf("no times:\n%s", d.View())
	}
	if d.Press("t"); strings.Contains(d.View(), "12:00") {
		t.Errorf("times stay:\n%s", d.View())
	}
	d.Press("/").Type("line 2").Press("enter")
	if !strings.Contains(d.View(), "▸line 2") || !strings.Contains(d.Screen.Status(d.Env), "match 1/1") {
		t.Errorf("not found: %s\n%s", d.Screen.Status(d.Env), d.View())
	}
	if back := d.Screen.(screen.Backer); !back.Back(d.Env) || back.Back(d.Env) {
		t.Error("esc does not end the search, once")
	}
	if d.Press("/"); !d.Screen.Typing() {
		t.Error("a search is no text")
	}
	d.Type("fpt").Press("esc")
	if len(d.World.Stopped) != 0 {
		t.Error("what is typed into the search did something else")
	}
	d.Sent = nil
	d.Press("c")
	if len(d.Sent) != 2 || !strings.Contains(fmt.Sprint(d.Sent), "copied the logs of step build") || !strings.Contains(fmt.Sprint(d.Sent), "line 1\nline 2\nline 3") {
		t.Errorf("c sends %v", d.Sent)
	}
	d.Press("p")
	now := feed.Logs{Owner: cart, Step: "build", Previous: true}
	if len(d.World.Stopped) != 1 || len(d.World.Followed) != 1 || d.Screen.Title() != "previous logs of build" || strings.Contains(d.View(), "line") && !strings.Contains(d.View(), "no lines") {
		t.Errorf("p follows %v, stops %v:\n%s", d.World.Followed, d.World.Stopped, d.View())
	}
	d.Deliver(now, feed.LogLines{Note: "no container has restarted", Ended: true})
	if view := d.View(); !strings.Contains(view, "--- no container has restarted ---") || !strings.Contains(view, "--- the logs end here ---") || !strings.Contains(d.Screen.Status(d.Env), "ended") {
		t.Errorf("the end is not told:\n%s", view)
	}
	d.Press("p")
	deliver(linesOf(7, 7))
	if view := d.View(); d.Screen.Title() != "logs of build" || strings.Contains(view, "restarted") || !strings.Contains(view, "line 7") {
		t.Errorf("p again:\n%s", view)
	}
	_ = d.Screen.Close(d.Env)()
	if len(d.World.Followed) != 0 {
		t.Error("the subscription stays")
	}
}

// TestLogsTrouble: what is said when lines do not come.
func TestLogsTrouble(t *testing.T) {
	t.Parallel()
	deliver := func(d *screentest.Driver, payload any) {
		for _, topic := range d.World.Followed {
			d.Deliver(topic, payload)
		}
	}
	for _, tc := range []struct {
		reason string
		do     func(d *screentest.Driver)
		want   []string
		not    string
	}{
		{"nothing came yet", func(*screentest.Driver) {}, []string{"no lines yet"}, ""},
		{"no pods", func(d *screentest.Driver) { deliver(d, feed.LogLines{Note: "no pods yet; waiting for them"}) }, []string{"--- no pods yet; waiting for them ---"}, ""},
		{"a note in their midst stands on top, until there is more", func(d *screentest.Driver) {
			deliver(d, linesOf(1, 1))
			deliver(d, feed.LogLines{Note: "pods is forbidden\x1b[2J"})
		}, []string{"pods is forbidden\uFFFD[2J\n", "line 1", "--- pods is forbidden"}, ""},
		{"then it is only a line", func(d *screentest.Driver) {
			deliver(d, feed.LogLines{Note: "pods is forbidden"})
			deliver(d, linesOf(1, 1))
		}, []string{"--- pods is forbidden ---\n line 1"}, ""},
		{"lines that were left out are told in their place", func(d *screentest.Driver) {
			deliver(d, linesOf(1, 1))
			some := linesOf(9, 9)
			some.Dropped = 7
			deliver(d, some)
		}, []string{"line 1\n --- 7 lines came faster than they can be shown, and are left out ---\n line 9"}, ""},
		{"an interruption", func(d *screentest.Driver) {
			deliver(d, linesOf(1, 1))
			deliver(d, feed.Fault{Err: errors.New("connection refused")})
		}, []string{"Interrupted, tried again: connection refused", "line 1"}, ""},
		{"after it everything is read again", func(d *screentest.Driver) {
			deliver(d, linesOf(1, 2))
			deliver(d, feed.Fault{Err: errors.New("connection refused")})
			deliver(d, linesOf(1, 3))
		}, []string{" line 1\n line 2\n line 3"}, "refused"},
		{"a person reads everything again", func(d *screentest.Driver) {
			deliver(d, linesOf(1, 2))
			d.Send(feed.Done{Action: feed.Refresh{}})
			deliver(d, linesOf(1, 2))
		}, []string{" line 1\n line 2"}, "line 1\n line 2\n line 1"},
		{"forbidden for good", func(d *screentest.Driver) { deliver(d, feed.Fault{Final: true, Err: errors.New("forbidden")}) }, []string{"Not to be had: forbidden"}, "no lines yet"},
		{"the owner is gone, what it wrote stays", func(d *screentest.Driver) {
			deliver(d, linesOf(1, 1))
			deliver(d, feed.Fault{Final: true, Gone: true})
		}, []string{"Deleted: nothing more comes.", "line 1"}, ""},
		{"what is for another screen", func(d *screentest.Driver) { d.Send(feed.Delivery{ID: 99, Payload: linesOf(1, 1)}) }, []string{"no lines yet"}, "line 1"},
		{"a line of a megabyte", func(d *screentest.Driver) {
			deliver(d, feed.LogLines{Lines: []feed.LogLine{line(1, "", "", "", strings.Repeat("x", 1<<20))}})
			d.Press("w", "G")
		}, []string{"[1044480 bytes cut]"}, ""},
	} {
		d, _ := loggedBy(t, ofBuild, 90, 10)
		tc.do(d)
		view := d.View()
		for _, want := range tc.want {
			if !strings.Contains(view, want) {
				t.Errorf("%s: want %q in\n%s", tc.reason, want, view)
			}
		}
		if tc.not != "" && strings.Contains(view, tc.not) {
			t.Errorf("%s: %q is still in\n%s", tc.reason, tc.not, view)
		}
	}
}

// TestPrefixes: as few words as tell lines apart.
func TestPrefixes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason  string
		sources []source
		want    []string
	}{
		{"one container", []source{{"build", "cart-1", "main"}}, []string{""}},
		{"two containers of a pod", []source{{"build", "cart-1", "main"}, {"build", "cart-1", "proxy"}}, []string{"main   ", "proxy  "}},
		{"two pods of a Deployment", []source{{"run", "cart-7d8-abcde", "app"}, {"run", "cart-7d8-fghij", "app"}}, []string{"abcde  ", "fghij  "}},
		{"two runs", []source{{"build", "cart-build-1-pod", "b"}, {"build", "cart-build-2-pod", "b"}}, []string{"1  ", "2  "}},
		{"a name within another", []source{{"run", "cart", "a"}, {"run", "cart-2", "a"}}, []string{"cart    ", "cart-2  "}},
		{"two steps with a pod each", []source{{"build", "cart-1", "b"}, {"run", "cart-2", "a"}}, []string{"build  ", "run    "}},
		{"a step with two of everything", []source{{"build", "cart-1", "b"}, {"run", "cart-x", "a"}, {"run", "cart-y", "p"}}, []string{"build    ", "run x a  ", "run y p  "}},
		{"a pod that belongs to no step", []source{{"build", "cart-1", "b"}, {"", "other", "a"}}, []string{"build  ", "other  "}},
		{"names that are too long", []source{{strings.Repeat("s", 60), "a", "b"}, {"run", "cart-2", "a"}}, []string{strings.Repeat("s", 35) + "…  ", "run" + strings.Repeat(" ", 35)}},
	} {
		p := prefixes{}
		for _, s := range tc.sources {
			p.see([]feed.LogLine{{Step: s.step, Pod: s.pod, Container: s.container}}, 120, true)
		}
		for i, s := range tc.sources {
			if got := p.of(s.step, s.pod, s.container).text; got != tc.want[i] {
				t.Errorf("%s: %v is called %q, want %q", tc.reason, s, got, tc.want[i])
			}
		}
	}
	// Colours tell steps apart where there are several, else what else there is.
	p := prefixes{}
	p.see([]feed.LogLine{{Step: "a", Pod: "1"}, {Step: "a", Pod: "2"}}, 120, true)
	if p.of("a", "1", "").look == p.of("a", "2", "").look {
		t.Error("two pods look alike")
	}
	if !p.see([]feed.LogLine{{Step: "b", Pod: "3"}}, 120, true) || p.of("a", "1", "").look != p.of("a", "2", "").look {
		t.Error("two pods of a step do not look alike beside another step")
	}
	if p.see([]feed.LogLine{{Step: "b", Pod: "3"}}, 120, true) {
		t.Error("what is known changes earlier lines")
	}
}

// TestNewSource: what stands before lines that are there already follows what comes later.
func TestNewSource(t *testing.T) {
	t.Parallel()
	d, deliver := loggedBy(t, ofCart, 60, 6)
	deliver(linesOf(1, 2))
	deliver(feed.LogLines{Lines: []feed.LogLine{line(9, "run", "cart-2", "app", "up")}})
	if want := " build  line 1\n build  line 2\n run    up\n"; !strings.HasPrefix(d.View(), want) {
		t.Errorf("want\n%s\ngot\n%s", want, d.View())
	}
}

// TestRing: the oldest lines go, and what is said anew is what is kept.
func TestRing(t *testing.T) {
	t.Parallel()
	d, deliver := loggedBy(t, ofBuild, 60, 6)
	deliver(linesOf(1, maxLogs-1))
	deliver(linesOf(maxLogs, maxLogs+10))
	deliver(linesOf(maxLogs+11, 2*maxLogs+20))
	d.Press("t", "t", "g")
	p := d.Screen.(*logPane)
	if len(p.held) != maxLogs || p.view.Len() != maxLogs || !strings.HasPrefix(d.View(), fmt.Sprintf(" line %d\n", maxLogs+21)) {
		t.Errorf("%d lines are held, %d shown:\n%s", len(p.held), p.view.Len(), d.View())
	}
	if status := d.Screen.Status(d.Env); !strings.Contains(status, fmt.Sprintf("the first %d dropped", maxLogs+20)) {
		t.Errorf("status is %q", status)
	}
}

// TestStreamSizes: nothing panics, and every picture has its size.
func TestStreamSizes(t *testing.T) {
	t.Parallel()
	for _, action := range []keys.Action{keys.Logs, keys.Events} {
		for _, width := range []int{1, 2, 3, 7, 20, 79, 301} {
			for _, height := range []int{1, 2, 3, 5, 24} {
				s, _ := Open(action, ofCart)
				d := screentest.New(t, s, width, height)
				d.View()
				deliver := func(payload any) {
					for _, topic := range d.World.Followed {
						d.Deliver(topic, payload)
					}
				}
				if action == keys.Logs {
					deliver(mixed())
				} else {
					deliver(happened())
				}
				for _, key := range []string{"t", "w", "k", "f", "/", "a", "enter", "n", "w", "right"} {
					d.Press(key)
					d.View()
				}
				deliver(feed.Fault{Err: errors.New("gone for a while")})
				d.View()
			}
		}
	}
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;:]*m")

// FuzzLogs: whatever a container writes, the picture holds nothing that steers a terminal
// but colours, and has its size.
func FuzzLogs(f *testing.F) {
	for _, seed := range []string{
		"plain", "\x1b[31mred\x1b[0m", "\x1b[2J\x1b[H", "\x1b]0;title\x07x", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "\x1bP+q\x1b\\", "a\rb\bc\x00",
		"\u202eabc\u200f", "\xff\xfe", "\u009b31m", "\t1\t2", "👩‍👩‍👧購", "e\u0301\u0301", "\x1b[", "\x1b[3\x1b[0m1m", "\u2028\u0085", strings.Repeat("é", 3000),
	} {
		f.Add(seed, "cart-1", 40, true)
	}
	f.Fuzz(func(t *testing.T, message, pod string, width int, wrap bool) {
		d, deliver := loggedBy(t, ofCart, 1+int(uint(width)%200), 8)
		d.Env.Theme = theme.New(theme.Dark, true)
		deliver(feed.LogLines{Lines: []feed.LogLine{line(1, "a", pod, "c", message), line(2, "b", pod, message, "x"+message), line(3, message, "z", "c", message)}, Note: message})
		if wrap {
			d.Press("w", "t")
		}
		d.Press("/").Type("x").Press("enter")
		d.View()
		for line := range strings.SplitSeq(d.Screen.View(d.Env), "\n") {
			if i := strings.IndexFunc(sgr.ReplaceAllString(line, ""), func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) }); i >= 0 {
				t.Errorf("%q draws %q", message, line)
			}
			if table.Width(line) > d.Env.Width {
				t.Errorf("%q draws a line of %d cells, not %d: %q", message, table.Width(line), d.Env.Width, line)
			}
		}
	})
}

// BenchmarkLogs takes and draws a thirtieth of 10 000 lines a second, which is one frame.
func BenchmarkLogs(b *testing.B) {
	for _, wrap := range []bool{false, true} {
		b.Run(fmt.Sprintf("wrap=%v", wrap), func(b *testing.B) {
			s, _ := Open(keys.Logs, ofCart)
			d := screentest.New(&testing.T{}, s, 200, 50)
			d.Env.Theme = theme.New(theme.Dark, true)
			var batch feed.LogLines
			for i := range 333 {
				batch.Lines = append(batch.Lines, line(i, "build", fmt.Sprintf("cart-%d", i%4), "main", strings.Repeat("some words of a log ", 1+i%12)))
			}
			if wrap {
				d.Press("w")
			}
			var topic feed.Topic
			for _, is := range d.World.Followed {
				topic = is
			}
			for range 100 {
				d.Deliver(topic, batch)
			}
			d.Press("/").Type("word").Press("enter", "G")
			b.ReportAllocs()
			for b.Loop() {
				d.Deliver(topic, batch)
				_ = d.Screen.View(d.Env)
			}
		})
	}
}

// BenchmarkRestate is what pressing t costs with all lines that are kept.
func BenchmarkRestate(b *testing.B) {
	s, _ := Open(keys.Logs, ofBuild)
	d := screentest.New(&testing.T{}, s, 200, 50)
	for _, topic := range d.World.Followed {
		d.Deliver(topic, linesOf(1, maxLogs))
	}
	for b.Loop() {
		d.Press("t")
		_ = d.Screen.View(d.Env)
	}
}
