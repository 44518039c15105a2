package pane

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// event happened some time before the present.
func event(uid string, ago time.Duration, kind, step, about, reason, message string, count int64) feed.Event {
	return feed.Event{UID: uid, Time: screentest.Now.Add(-ago), Type: kind, Step: step, About: about, Reason: reason, Message: message, Count: count}
}

func happened() feed.EventsSeen {
	return feed.EventsSeen{Synced: true, Events: []feed.Event{
		event("1", 26*time.Hour, "Normal", "", "Workload/cart", "StampedObjectApplied", "Created object [gitrepositories.source.toolkit.fluxcd.io/cart]", 1),
		event("2", 40*time.Minute, "Normal", "fetch", "GitRepository/cart", "NewArtifact", "stored artifact for commit 'Sell 購物車'", 1),
		event("3", 3*time.Minute, "Warning", "build", "Pod/cart-build-1-build-pod", "FailedScheduling", "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.", 12),
		event("4", 10*time.Second, "Warning", "build", "Pod/cart-build-1-build-pod", "BackOff", "Back-off restarting\nfailed \x1b[31mcontainer\x1b[0m", 3),
	}}
}

// many events without news.
func many(n int) []feed.Event {
	var all []feed.Event
	for i := range n {
		all = append(all, event(fmt.Sprint("many", i), time.Hour, "Normal", "build", "Pod/cart-build-1", "Pulled", "some words about what happened", 1))
	}
	return all
}

func eventsOf(t *testing.T, target Target, width, height int) (*screentest.Driver, func(any)) {
	t.Helper()
	s, why := Open(keys.Events, target)
	if s == nil {
		t.Fatal(why)
	}
	d := screentest.New(t, s, width, height)
	d.View()
	return d, func(payload any) {
		t.Helper()
		for _, topic := range d.World.Followed {
			d.Deliver(topic, payload)
		}
	}
}

func TestEventsGolden(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		width, height int
		target        Target
		theme         *theme.Theme
		keys          []string
	}{
		{"events-80x24", 80, 24, ofCart, nil, nil},
		{"events-120x40", 120, 40, ofCart, nil, nil},
		{"events-times-300x20", 300, 20, ofCart, nil, []string{"t"}},
		{"events-wrapped-60x20", 60, 20, ofBuild, nil, []string{"w"}},
		{"events-right-80x12", 80, 12, ofCart, nil, []string{"right", "right", "right"}},
		{"events-ascii-80x24", 80, 24, ofBuild, theme.New(theme.None, false), nil},
		{"events-dark-120x12", 120, 12, ofCart, theme.New(theme.Dark, true), nil},
	} {
		d, deliver := eventsOf(t, tc.target, tc.width, tc.height)
		if tc.theme != nil {
			d.Env.Theme = tc.theme
		}
		deliver(happened())
		d.Press(tc.keys...)
		picture := d.View()
		if tc.theme != nil && tc.theme.Name == theme.Dark {
			picture = d.Screen.View(d.Env)
		}
		golden(t, tc.name, d.Screen.Title()+" | "+d.Screen.Status(d.Env)+"\n"+picture+"\n")
	}
}

// TestRepeated: an event that happens again goes to the end, and what is looked at stays.
func TestRepeated(t *testing.T) {
	t.Parallel()
	d, deliver := eventsOf(t, ofCart, 120, 4)
	var seen feed.EventsSeen
	for i := range 9 {
		seen.Events = append(seen.Events, event(fmt.Sprint(i), time.Duration(60-i)*time.Minute, "Normal", "s", "Pod/p", "R", fmt.Sprintf("message %d", i), 1))
	}
	deliver(seen)
	shows := func(want ...int) {
		t.Helper()
		lines := strings.Split(d.View(), "\n")[1:]
		for i, n := range want {
			if !strings.HasSuffix(lines[i], fmt.Sprintf("message %d", n)) {
				t.Errorf("row %d is %q, want message %d", i+1, lines[i], n)
			}
		}
	}
	shows(6, 7, 8)
	d.Press("k", "k", "k")
	shows(3, 4, 5)
	again := event("1", time.Minute, "Normal", "s", "Pod/p", "R", "message 1", 2)
	deliver(feed.EventsSeen{Events: []feed.Event{again, again}})
	shows(3, 4, 5)
	if !strings.Contains(d.Screen.Status(d.Env), "+1 new") {
		t.Errorf("status is %q", d.Screen.Status(d.Env))
	}
	d.Press("f")
	shows(7, 8, 1)
	if !strings.Contains(d.View(), "R ×2") || strings.Contains(d.Screen.Status(d.Env), "new") {
		t.Errorf("not told how often: %s\n%s", d.Screen.Status(d.Env), d.View())
	}
	// Ages go on.
	d.Env.Now = d.Env.Now.Add(time.Hour)
	d.Send(screen.Tick{Now: d.Env.Now})
	if !strings.Contains(d.View(), "61m") {
		t.Errorf("ages stand still:\n%s", d.View())
	}
}

// TestEventsSaid: what is said when there are none, and where they come from.
func TestEventsSaid(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		do     func(*screentest.Driver, func(any))
		want   string
		not    string
	}{
		{"nothing came yet", func(*screentest.Driver, func(any)) {}, "reading...", ""},
		{"there are none", func(_ *screentest.Driver, deliver func(any)) { deliver(feed.EventsSeen{Synced: true}) }, "no events; the cluster forgets", ""},
		{"forbidden", func(_ *screentest.Driver, deliver func(any)) {
			deliver(feed.Fault{Final: true, Err: errors.New("events is forbidden")})
		}, "Not to be had: events is forbidden", "reading"},
		{"an interruption that is over", func(_ *screentest.Driver, deliver func(any)) {
			deliver(feed.Fault{Err: errors.New("refused")})
			deliver(happened())
		}, "BackOff ×3", "refused"},
		{"read again", func(d *screentest.Driver, deliver func(any)) {
			deliver(happened())
			d.Send(feed.Done{Action: feed.Refresh{}})
		}, "reading...", "BackOff"},
		{"what steers a terminal is shown as what it is", func(_ *screentest.Driver, deliver func(any)) { deliver(happened()) }, "Back-off restarting failed \uFFFD[31mcontainer", "\x1b"},
		{"times", func(d *screentest.Driver, deliver func(any)) {
			deliver(happened())
			d.Press("t")
		}, "11:57:00", "3m"},
		{"a search", func(d *screentest.Driver, deliver func(any)) {
			deliver(happened())
			d.Press("/").Type("artifact").Press("enter")
		}, "▸40m", ""},
		{"for another screen", func(d *screentest.Driver, _ func(any)) { d.Send(feed.Delivery{ID: 99, Payload: happened()}) }, "reading...", ""},
	} {
		d, deliver := eventsOf(t, ofCart, 160, 10)
		tc.do(d, deliver)
		if view := d.View(); !strings.Contains(view, tc.want) || tc.not != "" && strings.Contains(view, tc.not) {
			t.Errorf("%s: want %q and not %q in\n%s", tc.reason, tc.want, tc.not, view)
		}
	}
	if s, why := Open(keys.Events, Target{Owner: chain, Ref: chain}); s != nil || !strings.Contains(why, "blueprint") {
		t.Errorf("a blueprint has events: %q", why)
	}
	if s, why := Open(keys.Events, Target{}); s != nil || why == "" {
		t.Error("nothing has events")
	}
	d, deliver := eventsOf(t, ofCart, 80, 10)
	deliver(feed.EventsSeen{Events: many(eventsKept + 10)})
	if n := len(d.Screen.(*eventPane).happen); n != eventsKept {
		t.Errorf("%d events are kept", n)
	}
	_ = d.Screen.Close(d.Env)()
	if len(d.World.Followed) != 0 {
		t.Error("the subscription stays")
	}
}

// BenchmarkEvents is what a second costs while as many events are shown as are kept.
func BenchmarkEvents(b *testing.B) {
	s, _ := Open(keys.Events, ofCart)
	d := screentest.New(&testing.T{}, s, 200, 50)
	d.Deliver(feed.Events{Owner: cart}, feed.EventsSeen{Events: many(eventsKept)})
	for b.Loop() {
		d.Send(screen.Tick{})
		_ = d.Screen.View(d.Env)
	}
}
