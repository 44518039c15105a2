package tui

import (
	"errors"
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
)

var question1 = screen.Ask{Title: "Retry", Text: "Retry the failed run of step test of workload shop/cart?", Yes: screen.Send(screen.Toast{Text: "done"})}

var question2 = screen.Ask{
	Title: "Delete workload shop/cart", Name: "cart", Yes: screen.Send(screen.Toast{Text: "done"}),
	Text: "Kubernetes removes all that was stamped for it, too: 1 Image, 1 App and 12 more. This can not be undone.",
}

func TestGoldens(t *testing.T) {
	sizes := []struct{ width, height int }{{80, 24}, {120, 40}, {40, 10}, {300, 60}}
	for _, tc := range []struct {
		name string
		do   func(*session)
	}{
		{"screen", func(*session) {}},
		{"help", func(s *session) { s.press("?") }},
		{"command", func(s *session) { s.press(":").typed("ns s") }},
		{"ask", func(s *session) { s.send(question1) }},
		{"ask-name", func(s *session) { s.send(question2); s.typed("car") }},
		{"toast", func(s *session) {
			s.send(feed.Done{Action: feed.Retry{}, Err: errors.New(`cannot retry workload shop/cart: workloads.carto.run "cart" is forbidden: User "ada" cannot patch resource "workloads" in API group "carto.run" in the namespace "shop"`)})
		}},
		{"lost", func(s *session) {
			s.send(screen.Push{Screen: &fake{title: "shop/cart", status: "waits for step build"}})
			s.send(screen.Push{Screen: &fake{title: "logs"}})
			s.send(feed.Connection{Context: "kind-dev", State: feed.Lost, Since: screentest.Now, Answered: screentest.Now.Add(-12 * time.Second), Err: errors.New("connection refused")})
			s.send(second(screentest.Now.Add(time.Minute)))
		}},
	} {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s-%dx%d", tc.name, size.width, size.height), func(t *testing.T) {
				s := start(t, size.width, size.height, func(o *Options) { o.Unicode = size.width != 40 })
				s.m.known.namespaces = []string{"sales", "shop", "staging"}
				tc.do(s)
				golden(t, fmt.Sprintf("%s-%dx%d.golden", tc.name, size.width, size.height), s.view())
			})
		}
	}
}

func TestGoldenColours(t *testing.T) {
	s := start(t, 80, 24, func(o *Options) { o.Theme = theme.Dark; o.Write = true })
	s.send(question1)
	golden(t, "ask-dark.golden", s.m.View().Content+"\n")
}

func TestGlobalKeys(t *testing.T) {
	for _, tc := range []struct {
		reason string
		keys   []string
		check  func(*testing.T, *session)
	}{
		{"q quits", []string{"q"}, quits},
		{"ctrl-c quits", []string{"ctrl+c"}, quits},
		{"ctrl-c quits from help", []string{"?", "ctrl+c"}, quits},
		{"ctrl-c quits from the command line", []string{":", "ctrl+c"}, quits},
		{"q closes help only", []string{"?", "q"}, stays},
		{"q is text in the command line", []string{":", "q", "esc"}, stays},
		{"? opens help", []string{"?"}, shows("› keys")},
		{"? closes help", []string{"?", "?"}, shows("row 1 of")},
		{"esc closes help", []string{"?", "esc"}, shows("row 1 of")},
		{": opens the command line", []string{":"}, shows("\n:")},
		{"backspace on nothing closes it", []string{":", "x", "backspace", "backspace"}, shows("? help")},
		{"ctrl-r reads again", []string{"ctrl+r"}, func(t *testing.T, s *session) {
			if diff := cmp.Diff([]feed.Action{feed.Refresh{}}, s.world.Done); diff != "" {
				t.Error(diff)
			}
		}},
		{"ctrl-t gives the mouse to the terminal", []string{"ctrl+t"}, func(t *testing.T, s *session) {
			if s.m.View().MouseMode != tea.MouseModeNone {
				t.Error("the mouse is still ours")
			}
		}},
		{"ctrl-t takes it back", []string{"ctrl+t", "ctrl+t"}, func(t *testing.T, s *session) {
			if s.m.View().MouseMode == tea.MouseModeNone {
				t.Error("the mouse is not ours")
			}
		}},
		{"esc at the last screen does nothing", []string{"esc"}, stays},
		{"all else is the screen's", []string{"j", "enter", "space", "ctrl+z", "5"}, logs("key j, key enter, key space, key ctrl+z, key 5")},
	} {
		t.Run(tc.reason, func(t *testing.T) { tc.check(t, start(t, 80, 24, nil).press(tc.keys...)) })
	}
}

func quits(t *testing.T, s *session) {
	if !s.quit {
		t.Error("it goes on")
	}
}

func stays(t *testing.T, s *session) {
	if s.quit || s.m.top().screen != s.first {
		t.Errorf("quit: %v; the first screen is on top: %v", s.quit, s.m.top().screen == s.first)
	}
}

func shows(text string) func(*testing.T, *session) {
	return func(t *testing.T, s *session) {
		if got := s.view(); !strings.Contains(got, text) {
			t.Errorf("%q is not shown:\n%s", text, got)
		}
	}
}

func logs(want string) func(*testing.T, *session) {
	return func(t *testing.T, s *session) {
		if got := s.first.logged(); got != want {
			t.Errorf("the screen was told %q, want %q", got, want)
		}
	}
}

// TestTyping: no global key is taken from a person who types, but ctrl-c.
func TestTyping(t *testing.T) {
	s := start(t, 80, 24, nil)
	s.first.typing = true
	s.press("q", "?", ":", "esc", "ctrl+r")
	logs("key q, key ?, key :, key esc, key ctrl+r")(t, s)
	s.press("ctrl+c")
	quits(t, s)
}

// TestHints: what the bottom line offers does something, where it is offered.
func TestHints(t *testing.T) {
	for _, tc := range []struct {
		reason string
		do     func(*session)
		want   string
	}{
		{"a table", func(*session) {}, "? help  : command  enter open  q quit"},
		{"a screen on top of it", func(s *session) {
			s.send(screen.Push{Screen: &fake{groups: []keys.Group{keys.LogKeys}}})
		}, "? help  : command  f follow  p previous  t timestamps  esc back"},
		{"where keys are text, ? and : are", func(s *session) {
			s.first.typing, s.first.groups = true, []keys.Group{keys.Line}
		}, "enter keep  esc drop"},
		{"a question says itself what answers it", func(s *session) { s.send(screen.Ask{Title: "Retry?"}) }, ""},
	} {
		s := start(t, 120, 24, nil)
		s.first.groups = []keys.Group{{Bindings: keys.Overview.Bindings[:1]}}
		tc.do(s)
		if got := s.says(); strings.TrimSpace(got) != tc.want {
			t.Errorf("%s: %q, want %q", tc.reason, got, tc.want)
		}
	}
}

// TestHeader: what the first lines keep where there is no room for all.
func TestHeader(t *testing.T) {
	for _, tc := range []struct {
		width int
		want  [2]string
	}{
		{70, [2]string{"Carto  kind-dev  namespace shop  read-only                      ● live", "workloads › shop/cart                        store, 1 of 7 steps ready"}},
		{60, [2]string{"Carto  kind-dev  namespace shop  read-only            ● live", "workloads › shop/cart              store, 1 of 7 steps ready"}},
		{45, [2]string{"kind-dev  namespace shop  read-only    ● live", "… › shop/cart       store, 1 of 7 steps ready"}},
		{36, [2]string{"kind-dev  namesp…  read-only  ● live", "… › shop/cart  store, 1 of 7 steps …"}},
		{24, [2]string{"kind…  read-only  ● live", "… › shop/cart  store, 1…"}},
	} {
		s := start(t, tc.width, 24, nil)
		s.send(screen.Push{Screen: &fake{title: "shop/cart", status: "store, 1 of 7 steps ready"}})
		lines := strings.Split(ansi.Strip(s.m.View().Content), "\n")
		if got := [2]string{lines[0], lines[1]}; got != tc.want {
			t.Errorf("%d wide:\n%s\n%s", tc.width, got[0], got[1])
		}
	}
}

func TestStack(t *testing.T) {
	s := start(t, 80, 24, nil)
	owner, logs := &fake{title: "shop/cart"}, &fake{title: "logs", inside: 1}
	s.send(screen.Push{Screen: owner})
	s.send(screen.Push{Screen: logs})
	shows("workloads › shop/cart › logs")(t, s)
	s.send(screen.Tick{})                      // a message of no one is for all
	s.send(feed.Delivery{ID: 999, Payload: 1}) // so are deliveries
	s.send(second(screentest.Now.Add(1e9)))    // a second is the top's
	for f, want := range map[*fake]string{
		s.first: "screen.Tick, feed.Delivery", owner: "init, screen.Tick, feed.Delivery", logs: "init, screen.Tick, feed.Delivery, screen.Tick",
	} {
		if got := f.logged(); got != want {
			t.Errorf("%s was told %q, want %q", f.title, got, want)
		}
	}
	s.press("esc") // within the logs
	shows("› logs")(t, s)
	s.press("esc", "esc", "esc")
	stays(t, s)
	for f, want := range map[*fake]string{owner: "close", logs: "close", s.first: ""} {
		if got := f.logged(); got != want {
			t.Errorf("%s was told %q in the end, want %q", f.title, got, want)
		}
	}
	s.send(screen.Push{}) // a screen that is none
	if got := s.says(); got != "! there is nothing to show" {
		t.Error(got)
	}
	next := &fake{title: "runnables"}
	before := s.first
	s.send(screen.Reset{Screen: next})
	if got := before.logged() + "; " + next.logged(); got != "close; init" || len(s.m.stack) != 1 {
		t.Errorf("reset: %q, %d screens", got, len(s.m.stack))
	}
}

func TestOwnersOf(t *testing.T) {
	var asked tree.Ref
	s := start(t, 80, 24, func(o *Options) {
		o.OwnersOf = func(b tree.Ref) screen.Screen { asked = b; return &fake{title: "web"} }
	})
	s.send(screen.OwnersOf{Blueprint: tree.Ref{Kind: "ClusterSupplyChain", Name: "web"}})
	shows("workloads › web")(t, s)
	if asked.Name != "web" {
		t.Errorf("%+v", asked)
	}
}

// TestOpen: the table below an owner that was opened directly begins when it is seen.
func TestOpen(t *testing.T) {
	owner := &fake{title: "shop/cart"}
	s := start(t, 80, 24, func(o *Options) { o.Open = owner; o.Kind = "Deliverable" })
	shows("workloads › shop/cart")(t, s)
	if got := s.first.logged(); got != "" || s.kinds[0] != "Deliverable" {
		t.Errorf("the table of %v was told %q", s.kinds, got)
	}
	s.press("esc")
	logs("init")(t, s)
}

func TestCommands(t *testing.T) {
	for _, tc := range []struct{ reason, typed, says, kind string }{
		{"a kind", "dlv", "", "Deliverable"},
		{"its plural", "workloads", "", "Workload"},
		{"kubectl's name", "clustersupplychains", "", "ClusterSupplyChain"},
		{"spaces around", "  cdl  ", "", "ClusterDelivery"},
		{"nothing", "", "", ""},
		{"nothing like it", "foo", "! there is no command :foo; tab shows those there are", ""},
		{"a slip", "wdl", `! there is no command :wdl; did you mean "cdl" or "wld"?`, ""},
		{"k9s takes a namespace here", "wld shop", "! usage: :wld; for a namespace: :ns shop", ""},
		{"too many words", "ns a b", "! usage: :ns NAME", ""},
		{"where am I", "ns", "in namespace shop; :ns NAME goes to another, :ns all to all", ""},
		{"an unknown namespace", "ns shpo", `! there is no namespace shpo; did you mean "shop"?`, ""},
		{"a namespace", "ns staging", "in namespace staging", ""},
		{"all namespaces", "ns all", "in all namespaces", ""},
		{"which contexts", "ctx", "in context kind-dev; :ctx NAME goes to another: kind-dev, prod", ""},
		{"the same context", "ctx kind-dev", "in context kind-dev already", ""},
		{"an unknown context", "ctx prd", `! the kubeconfig has no context prd; did you mean "prod"?`, ""},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			s := start(t, 120, 24, nil)
			hints := s.says()
			s.kinds = nil
			s.m.known.namespaces, s.m.known.contexts = []string{"shop", "staging"}, []string{"kind-dev", "prod"}
			s.press(":").typed(tc.typed).press("enter")
			want := tc.says
			if want == "" {
				want = hints
			}
			if got := s.says(); got != want {
				t.Errorf("says %q, want %q", got, want)
			}
			if got := strings.Join(s.kinds, ","); got != tc.kind {
				t.Errorf("opens %q, want %q", got, tc.kind)
			}
		})
	}
	s := start(t, 80, 24, nil)
	if s.press(":").typed("q").press("enter"); !s.quit {
		t.Error(":q does not quit")
	}
	s = start(t, 80, 24, nil)
	s.press(":").typed("ctx prod").press("enter")
	if diff := cmp.Diff([]feed.Action{feed.Use{Context: "prod"}}, s.world.Done); diff != "" {
		t.Error(diff)
	}
}

func TestCompletion(t *testing.T) {
	for _, tc := range []struct {
		reason, typed string
		tabs          []string
		want          string
	}{
		{"one command, and the space behind it", "n", []string{"tab"}, "ns "},
		{"an alias", "supp", []string{"tab"}, "supplychain"},
		{"several, the first", "c", []string{"tab"}, "csc"},
		{"several, the next", "c", []string{"tab", "tab"}, "cdl"},
		{"round", "c", []string{"tab", "tab", "tab", "tab"}, "csc"},
		{"backwards", "c", []string{"shift+tab"}, "ctx "},
		{"a name", "ns st", []string{"tab"}, "ns staging"},
		{"a command, then names", "n", []string{"tab", "tab"}, "ns all"},
		{"the word for all", "ns a", []string{"tab"}, "ns all"},
		{"contexts", "ctx ", []string{"tab", "tab"}, "ctx prod"},
		{"nothing", "wld x", []string{"tab"}, "wld x"},
		{"no command", "zzz ", []string{"tab"}, "zzz "},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			s := start(t, 80, 24, nil)
			for id, topic := range s.world.Followed {
				switch topic.(type) {
				case feed.Namespaces:
					s.send(feed.Delivery{ID: id, Payload: feed.Names{Names: []string{"shop", "staging"}}})
				case feed.Contexts:
					s.send(feed.Delivery{ID: id, Payload: feed.Names{Names: []string{"kind-dev", "prod"}}})
				}
			}
			s.press(":").typed(tc.typed).press(tc.tabs...)
			if got := s.m.prompt.input.Value(); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			if c := s.m.View().Cursor; c == nil || c.Y != 23 || c.X != 1+len(tc.want) {
				t.Errorf("cursor %v", c)
			}
		})
	}
}

func TestNamespaces(t *testing.T) {
	s := start(t, 80, 24, nil)
	s.send(screen.Push{Screen: &fake{title: "shop/cart"}})
	s.send(screen.Namespace{Name: "staging"})
	stays(t, s) // an owner is of another namespace
	logs("screen.Namespace")(t, s)
	s.send(screen.Namespace{})
	s.send(screen.Namespace{Name: "shop"})
	if diff := cmp.Diff([]string{"shop", "staging"}, s.m.env.Recent); diff != "" || s.m.env.Namespace != "shop" {
		t.Errorf("in %q; %s", s.m.env.Namespace, diff)
	}
	for i := range 9 {
		s.send(screen.Namespace{Name: fmt.Sprint("n", i)})
	}
	if got := strings.Join(s.m.env.Recent, " "); got != "n0 n1 n2 n3 n4 n5 n6 n7 n8" {
		t.Error(got)
	}
	of := &fake{title: "web", groups: []keys.Group{keys.Overview}}
	s.send(screen.Push{Screen: of})
	s.send(screen.Namespace{Name: "n0"})
	if s.m.top().screen != of || of.logged() != "init, screen.Namespace" {
		t.Error("a table that follows a namespace was taken away")
	}
}

// TestContext: what was open is of another cluster, and so are the names.
func TestContext(t *testing.T) {
	s := start(t, 80, 24, nil)
	s.send(screen.Push{Screen: &fake{title: "shop/cart"}})
	before := len(s.world.Followed)
	s.m.known.namespaces = []string{"old"}
	s.send(screen.Ask{Title: "Retry shop/cart?", Yes: s.world.Do(feed.Retry{})})
	s.send(feed.Connection{Context: "prod", Namespace: "live", State: feed.Connecting, Since: screentest.Now})
	if s.m.env.Namespace != "live" || strings.Join(s.m.env.Recent, " ") != "live" || len(s.m.stack) != 1 || s.m.known.namespaces != nil || len(s.world.Followed) == before {
		t.Errorf("%+v, %d screens", s.m.env, len(s.m.stack))
	}
	logs("init")(t, s)
	shows("prod  namespace live")(t, s)
	if s.press("y"); len(s.world.Done) > 0 {
		t.Errorf("a question about a cluster is answered for another: %v", s.world.Done)
	}
}

// TestElsewhere: the world ends all subscriptions when the cluster is another one, so that
// screens have to begin anew then, and only then.
func TestElsewhere(t *testing.T) {
	dev := feed.Connection{Context: "dev", Server: "https://dev"}
	for _, tc := range []struct {
		reason      string
		before, now feed.Connection
		want        bool
	}{
		{"the first word", feed.Connection{}, dev, false},
		{"the context is known from the start, the server is not", feed.Connection{Context: "dev"}, dev, false},
		{"the same", dev, dev, false},
		{"another context", dev, feed.Connection{Context: "prod", Server: "https://prod"}, true},
		{"another context of the same cluster, perhaps another user", dev, feed.Connection{Context: "admin", Server: "https://dev"}, true},
		{"a context where there was none, as within a pod", feed.Connection{Server: "https://10.0.0.1"}, dev, true},
		{"the same context, which was changed in the kubeconfig meanwhile", dev, feed.Connection{Context: "dev", Server: "https://new"}, true},
	} {
		if got := elsewhere(tc.before, tc.now); got != tc.want {
			t.Errorf("%s: %v", tc.reason, got)
		}
	}
}

func TestConnection(t *testing.T) {
	s := start(t, 80, 24, nil)
	lost := feed.Connection{Context: "kind-dev", State: feed.Lost, Since: screentest.Now, Answered: screentest.Now, Err: errors.New("refused")}
	s.send(lost)
	if got := s.says(); got != "! the API server does not answer: refused" {
		t.Error(got)
	}
	s.send(second(screentest.Now.Add(90 * time.Second)))
	shows("✗ no answer for 90s")(t, s)
	lost.State = feed.Live
	s.send(lost)
	shows("● live")(t, s)
	if got := s.says(); got != "the API server answers again" {
		t.Error(got)
	}
}

func TestAsk(t *testing.T) {
	for _, tc := range []struct {
		reason string
		ask    screen.Ask
		do     func(*session)
		yes    bool
		open   bool
	}{
		{"y is yes", question1, func(s *session) { s.press("y") }, true, false},
		{"n is no", question1, func(s *session) { s.press("n") }, false, false},
		{"enter is no", question1, func(s *session) { s.press("enter") }, false, false},
		{"esc is no", question1, func(s *session) { s.press("esc") }, false, false},
		{"q is nothing", question1, func(s *session) { s.press("q", "Y", ":") }, false, true},
		{"y does not do where a name is asked", question2, func(s *session) { s.press("y", "enter") }, false, true},
		{"the name", question2, func(s *session) { s.typed("cart").press("enter") }, true, false},
		{"a pasted name", question2, func(s *session) { s.send(tea.PasteMsg{Content: "cart"}); s.press("enter") }, true, false},
		{"enter alone is no", question2, func(s *session) { s.press("enter") }, false, false},
		{"half of the name", question2, func(s *session) { s.typed("ca").press("enter") }, false, true},
		{"the name after a slip", question2, func(s *session) { s.typed("cax").press("enter", "backspace").typed("rt").press("enter") }, true, false},
		{"a click is nothing", question1, func(s *session) { s.send(tea.MouseClickMsg{X: 40, Y: 12}) }, false, true},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			s := start(t, 80, 24, nil)
			s.send(tc.ask)
			tc.do(s)
			if yes := s.says() == "done"; yes != tc.yes || (s.m.ask != nil) != tc.open || s.quit {
				t.Errorf("yes: %v, open: %v:\n%s", yes, s.m.ask != nil, s.view())
			}
			logs("")(t, s)
		})
	}
}

// TestTypedAhead: a person who knows the way does not wait for a question to be drawn. The
// keys come before any command has been done, as they do when the machine is slow.
func TestTypedAhead(t *testing.T) {
	s := start(t, 80, 24, nil)
	pushed := &fake{title: "yaml"}
	s.first.answer = func(env *screen.Env, key string) tea.Cmd {
		switch key {
		case "D":
			return env.Send(question2)
		case "y":
			return env.Send(screen.Push{Screen: pushed})
		}
		return nil
	}
	for _, key := range []string{"D", "c", "a", "r", "t"} {
		s.m.Update(screentest.Key(key))
	}
	logs("key D")(t, s)
	if s.m.ask == nil {
		t.Fatal("the question is not open")
	}
	_, yes := s.m.Update(screentest.Key("enter"))
	if s.run(yes); s.says() != "done" {
		t.Errorf("the name that was typed ahead was not taken:\n%s", s.view())
	}
	for _, key := range []string{"y", "j", "k"} {
		s.m.Update(screentest.Key(key))
	}
	logs("key y")(t, s)
	if got := pushed.logged(); !strings.HasSuffix(got, "key j, key k") {
		t.Errorf("the screen on top was told %q", got)
	}
}

func TestMouse(t *testing.T) {
	s := start(t, 80, 24, nil)
	s.send(tea.MouseClickMsg{X: 5, Y: 0})  // the header
	s.send(tea.MouseClickMsg{X: 5, Y: 23}) // the bottom line
	s.send(tea.MouseClickMsg{X: 5, Y: 3})
	s.send(tea.MouseWheelMsg{X: 79, Y: 22, Button: tea.MouseWheelDown})
	logs("tea.MouseClickMsg 5,0, tea.MouseWheelMsg 79,19")(t, s)
	s.press("?")
	before := s.view()
	s.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if s.view() == before {
		t.Error("the wheel does not scroll help")
	}
	logs("")(t, s)
}

func TestPaste(t *testing.T) {
	s := start(t, 80, 24, nil)
	s.send(tea.PasteMsg{Content: "x"})
	logs("paste x")(t, s)
	s.press(":")
	s.send(tea.PasteMsg{Content: "ns a"})
	if got := s.m.prompt.input.Value(); got != "ns a" {
		t.Error(got)
	}
}

func TestTheme(t *testing.T) {
	light := tea.BackgroundColorMsg{Color: color.White}
	s := start(t, 80, 24, func(o *Options) { o.Theme = theme.Auto })
	s.send(light)
	if got := s.m.env.Theme.Name; got != theme.Light {
		t.Error(got)
	}
	s = start(t, 80, 24, func(o *Options) { o.Theme = theme.Dark })
	s.send(light)
	if got := s.m.env.Theme.Name; got != theme.Dark {
		t.Errorf("a theme that was chosen became %s", got)
	}
}

func TestToast(t *testing.T) {
	s := start(t, 80, 24, nil)
	hints := s.says()
	s.send(screen.Toast{Text: "copied \x1b[31mcart\n"})
	if got := s.says(); strings.Contains(got, "\x1b") || !strings.HasPrefix(got, "copied") {
		t.Errorf("%q", got)
	}
	s.press(":")
	if got := s.says(); got[:1] != ":" {
		t.Errorf("what is typed is hidden by %q", got)
	}
	s.send(screen.Toast{Text: "news", Bad: true})
	if got := s.says(); got[:1] != ":" {
		t.Errorf("what is typed is hidden by %q", got)
	}
	shows("\n! news\n:")(t, s)
	s.press("esc")
	s.send(second(screentest.Now.Add(badToastFor)))
	if got := s.says(); got != hints {
		t.Error(got)
	}

	s.send(screen.Toast{Text: "nothing is selected"})
	s.send(screen.Push{Screen: &fake{}})
	if got := s.says(); strings.Contains(got, "selected") {
		t.Errorf("what was said of the screen before stands on the next: %q", got)
	}
	s.send(screen.Toast{Text: "the edit was refused", Bad: true})
	s.send(screen.Push{Screen: &fake{}})
	if got := s.says(); !strings.Contains(got, "refused") {
		t.Errorf("a fault is gone before it was read: %q", got)
	}
}

// TestDone: a form learns how its action ended; a person who gave up is told nothing.
func TestDone(t *testing.T) {
	s := start(t, 80, 24, nil)
	hints := s.says()
	s.send(feed.Done{Action: feed.Create{}})
	if got := s.says(); got != hints {
		t.Error(got)
	}
	s.send(feed.Done{Action: feed.Create{}, Text: "workload shop/cart created"})
	if got := s.says(); got != "workload shop/cart created" {
		t.Error(got)
	}
	logs("feed.Done, feed.Done")(t, s)
}

// TestSizes: nothing breaks at any size, whatever a screen draws, and blind keys do nothing.
func TestSizes(t *testing.T) {
	wild := &fake{title: "界界界界界界界界界界\x1b[2J", status: strings.Repeat("界", 50), draw: func(*screen.Env) string { return strings.Repeat(strings.Repeat("界", 200)+"\n", 100) }}
	for width := range 70 {
		for _, height := range []int{0, 1, 2, 5, 6, 7, 10, 15, 16, 17} {
			s := start(t, width, height, func(o *Options) { o.Context = "a-context-with-a-long-name"; o.Open = wild })
			s.send(question2)
			s.press("esc", ":")
			s.typed("ns 界界界界界界界界界界界界界界界界").press("esc", "?", "G", "esc")
			s.send(screen.Toast{Text: strings.Repeat("a long word ", 60), Bad: true})
			if s.m.tooSmall() != (width < minWidth || height < minHeight) {
				t.Error("too small is wrong")
			}
		}
	}
	s := start(t, 19, 6, nil)
	s.press("D", ":", "?", "esc")
	logs("")(t, s)
	stays(t, s)
	quits(t, s.press("q"))
}

func TestWindowTitle(t *testing.T) {
	if got := start(t, 80, 24, nil).m.View().WindowTitle; got != "workloads @ kind-dev" {
		t.Error(got)
	}
}

// TestTableOfCommands: a name that two commands have would be decided by their order.
func TestTableOfCommands(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range commandNames() {
		if seen[name] {
			t.Errorf(":%s means two things", name)
		}
		seen[name] = true
	}
	for _, c := range Commands {
		if c.Help == "" || (c.run == nil) == (c.kind == "") || (c.candidates == nil) != (c.Argument == "") {
			t.Errorf("%s is not complete", c.Usage())
		}
	}
}

// TestDigits: the header says which digit goes to which namespace, once there are several.
func TestDigits(t *testing.T) {
	first := func(s *session) string {
		line, _, _ := strings.Cut(s.view(), "\n")
		return line
	}
	for _, tc := range []struct {
		reason     string
		width      int
		namespaces []string
		want       string
		wanted     bool
	}{
		{"one is no choice", 80, nil, "1 shop", false},
		{"all is another", 80, []string{""}, "  1 shop  0 all  ", true},
		{"two, and all", 100, []string{"pay"}, "  1 shop  2 pay  0 all  ", true},
		{"no more than there is room for", 80, []string{"a-namespace-with-a-long-name", "pay"}, "2 a-namespace", false},
		{"none where there is none", 40, []string{"pay"}, "2 pay", false},
	} {
		s := start(t, tc.width, 24, nil)
		for _, name := range tc.namespaces {
			s.send(screen.Namespace{Name: name})
		}
		if got := first(s); strings.Contains(got, tc.want) != tc.wanted {
			t.Errorf("%s: %q is there: %t, in %q", tc.reason, tc.want, !tc.wanted, got)
		}
	}
	s := start(t, 100, 24, nil)
	s.send(screen.Namespace{Name: "pay"})
	s.send(screen.Push{Screen: &fake{title: "shop/cart"}})
	if got := first(s); strings.Contains(got, "2 pay") {
		t.Errorf("digits do nothing on this screen: %q", got)
	}
}

// TestWayBack: however many keys a screen has, the one that leaves it is named.
func TestWayBack(t *testing.T) {
	for _, width := range []int{20, 40, 80, 300} {
		s := start(t, width, 24, nil)
		s.send(screen.Push{Screen: &fake{groups: []keys.Group{keys.Owner.Hinted(keys.Parent, "owner"), keys.Panes}}})
		if got := s.view(); !strings.HasSuffix(strings.TrimRight(got, " \n"), "esc back") {
			t.Errorf("%d columns:\n%s", width, got)
		}
	}
}
