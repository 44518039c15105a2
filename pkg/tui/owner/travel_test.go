package owner

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/graph"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// asked counts the frames that a screen asks for.
func asked(m *model) *int {
	n := new(int)
	m.after = func(time.Duration, func(time.Time) tea.Msg) tea.Cmd {
		*n++
		return nil
	}
	return n
}

// along is how far values are on the edges, by "from>to".
func along(m *model) map[string]float64 {
	all := map[string]float64{}
	for _, e := range m.drawing.edges {
		if e.Travel >= 0 {
			all[e.From+">"+e.To] = e.Travel
		}
	}
	return all
}

// TestTravel follows a new image from build to those who read it.
func TestTravel(t *testing.T) {
	t.Parallel()
	d, m := show(t, cart, allReady(imageOne), 300, 40)
	frames := asked(m)
	d.View()
	if *frames != 0 || len(along(m)) != 0 {
		t.Fatalf("%d frames at first, and %v travels: what is there already is not new", *frames, along(m))
	}
	d.Deliver(feed.Owner{Ref: cart}, allReady(imageOne)).View()
	if *frames != 0 {
		t.Fatal("something travels although no output differs")
	}
	d.Deliver(feed.Owner{Ref: cart}, allReady(imageTwo))
	if *frames != 1 {
		t.Fatalf("%d frames were asked for; want one", *frames)
	}
	start := screentest.Now.Add(time.Hour) // frames bring their own time
	at := func(passed time.Duration) map[string]float64 {
		d.Send(frame{m, start.Add(passed)})
		d.View()
		return along(m)
	}
	for _, tc := range []struct {
		passed time.Duration
		want   float64
	}{{0, 0}, {750 * time.Millisecond, 0.5}, {1470 * time.Millisecond, 0.98}} {
		got := at(tc.passed)
		if len(got) != 2 || got["build>configure"] != tc.want || got["build>run"] != tc.want {
			t.Errorf("after %s: %v; want %v from build to configure and to run", tc.passed, got, tc.want)
		}
		if tc.want == 0.5 {
			golden(t, "travel", d.View()+"\n")
			d.Env.Theme = theme.New(theme.Dark, true)
			golden(t, "travel.dark", d.Screen.View(d.Env)+"\n")
			d.Env.Theme = theme.New(theme.None, true)
		}
	}
	looks := func() map[string]graph.Look {
		all := map[string]graph.Look{}
		for _, b := range m.drawing.boxes {
			all[b.ID] = b.Look
		}
		return all
	}
	if got := at(1520 * time.Millisecond); len(got) != 0 || looks()["run"] != graph.Busy || looks()["configure"] != graph.Busy || looks()["fetch"] != graph.Good {
		t.Errorf("on arrival %v travels, and boxes look like %v; the targets should flash", got, looks())
	}
	if at(1700 * time.Millisecond); looks()["run"] != graph.Good {
		t.Error("the flash does not go out in between")
	}
	before := *frames
	if at(2100 * time.Millisecond); *frames != before || m.ticking || looks()["run"] != graph.Good {
		t.Error("frames go on when nothing travels any more")
	}
}

// TestTravelOfAFirstOutput: a value that was not there before is new as well.
func TestTravelOfAFirstOutput(t *testing.T) {
	t.Parallel()
	d, m := show(t, cart, failed(), 300, 40)
	asked(m)
	d.Deliver(feed.Owner{Ref: cart}, allReady(imageOne)).Send(frame{m, screentest.Now}).View()
	// What configure made of it follows at once here, as both came in one snapshot.
	if got := along(m); len(got) != 3 {
		t.Errorf("%v travels; want build's image twice and configure's config", got)
	}
}

// TestLostFrames: a screen that was covered got no frames; it does not flash years later.
func TestLostFrames(t *testing.T) {
	t.Parallel()
	d, m := show(t, cart, allReady(imageOne), 120, 40)
	frames := asked(m)
	d.Deliver(feed.Owner{Ref: cart}, allReady(imageTwo))
	other, _ := New(cart).(*model)
	d.Send(frame{other, screentest.Now})
	if len(m.travels) != 1 || !m.travels[0].began.IsZero() {
		t.Fatal("the frame of another screen moves this one")
	}
	d.Send(screen.Tick{Now: screentest.Now.Add(2 * time.Second)})
	if len(m.travels) != 1 {
		t.Fatal("the travel ended early")
	}
	d.Send(screen.Tick{Now: screentest.Now.Add(5 * time.Second)})
	d.Deliver(feed.Owner{Ref: cart}, allReady(imageOne))
	if len(m.travels) != 1 || *frames != 2 {
		t.Errorf("%d travel and %d frames were asked for; want a new beginning", len(m.travels), *frames)
	}
}

// TestRealTick: what New makes asks the program for frames that come to the screen.
func TestRealTick(t *testing.T) {
	t.Parallel()
	m, _ := New(cart).(*model)
	d := screentest.New(t, m, 120, 40)
	d.Deliver(feed.Owner{Ref: cart}, allReady(imageOne)).Deliver(feed.Owner{Ref: cart}, allReady(imageTwo))
	if len(d.Sent) != 1 {
		t.Fatalf("sent %v; want one frame", d.Sent)
	}
	if f, ok := d.Sent[0].(frame); !ok || f.of != m || f.at.IsZero() {
		t.Errorf("sent %#v; want a frame of this screen", d.Sent[0])
	}
}

// TestDrawsOnlyWhatChanged counts how often the graph is laid out.
func TestDrawsOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	d, m := show(t, cart, many(), 120, 40)
	drawn := 0
	m.draw = func(b []graph.Box, e []graph.Edge, o graph.Options) *graph.Picture {
		drawn++
		return graph.Draw(b, e, o)
	}
	d.View()
	for _, tc := range []struct {
		reason string
		do     func()
		want   int
	}{
		{"nothing happened", func() {}, 0},
		{"the same age in the next second", func() { d.Env.Now = d.Env.Now.Add(time.Second) }, 0},
		{"other ages", func() { d.Env.Now = d.Env.Now.Add(time.Minute) }, 1},
		{"the detail is read", func() { d.Press("tab", "j", "ctrl+d", "tab") }, 0},
		{"another step", func() { d.Press("j") }, 1},
		{"scrolling", func() { d.Press("ctrl+d", "ctrl+u", "pgdown") }, 0},
	} {
		drawn = 0
		tc.do()
		d.View()
		if drawn != tc.want {
			t.Errorf("%s: the graph was drawn %d times; want %d", tc.reason, drawn, tc.want)
		}
	}
}

// BenchmarkFirst is the first picture of sixty steps, for which all forms are tried.
func BenchmarkFirst(b *testing.B) {
	for b.Loop() {
		m, _ := New(cart).(*model)
		d := screentest.New(&testing.T{}, m, 120, 40)
		d.Deliver(feed.Owner{Ref: cart}, many())
		m.View(d.Env)
	}
}

// BenchmarkKey is a key press on sixty steps; spec: 50 ms to the picture.
func BenchmarkKey(b *testing.B) {
	m, _ := New(cart).(*model)
	d := screentest.New(&testing.T{}, m, 300, 80)
	d.Deliver(feed.Owner{Ref: cart}, many())
	for i := 0; b.Loop(); i++ {
		d.Press(strings.Split("jjjkkk", "")[i%6])
		m.View(d.Env)
	}
}
