package pane

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	runnable := tree.Ref{Kind: "Runnable", Namespace: "shop", Name: "test"}
	pod := tree.Ref{Kind: "Pod", Namespace: "shop", Name: "cart-0"}
	for _, tc := range []struct {
		reason string
		action keys.Action
		target Target
		title  string
		why    string
	}{
		{"the YAML of an object", keys.YAML, ofBuild, "yaml", ""},
		{"a step without an object has no YAML", keys.YAML, Target{Owner: cart, Step: "run"}, "", "step run has not stamped an object yet"},
		{"but it can be described", keys.Describe, Target{Owner: cart, Step: "run"}, "describe", ""},
		{"so can an object without an owner", keys.Describe, Target{Ref: pod}, "describe", ""},
		{"and a blueprint", keys.Describe, Target{Owner: chain, Ref: chain}, "describe", ""},
		{"but not nothing", keys.Describe, Target{}, "", "nothing is selected"},
		{"why is about the owner", keys.Why, ofBuild, "why", ""},
		{"an object without one has none", keys.Why, Target{Ref: pod}, "", "Pod/cart-0 in shop belongs to no owner; describe says what is known of it"},
		{"params of a step", keys.Params, ofBuild, "params", ""},
		{"params of a Runnable", keys.Params, Target{Owner: runnable, Ref: runnable}, "", "a Runnable has no params of a blueprint; its YAML has all there is"},
		{"history of a step", keys.History, ofBuild, "history", ""},
		{"history of a Runnable", keys.History, Target{Owner: runnable, Ref: runnable}, "history", ""},
		{"history of a workload", keys.History, Target{Owner: cart, Ref: cart}, "", "select a step: runs are of a step that makes a new object for each change, or of a Runnable"},
		{"difference of a step", keys.Diff, ofBuild, "diff", ""},
		{"difference of a workload", keys.Diff, Target{Owner: cart, Ref: cart}, "", "select a step: a difference is between two versions of what a step stamped"},
		{"nothing is stamped for a blueprint", keys.Diff, Target{Owner: chain, Ref: chain}, "", "open an owner that goes through the blueprint: a difference is between two versions of what a step stamped"},
		{"nor has it values of params", keys.Params, Target{Owner: chain, Ref: chain}, "", "params get their values for an owner; open one that goes through the blueprint"},
		{"what is no pane", keys.Quit, ofBuild, "", "there is nothing to show"},
	} {
		s, why := Open(tc.action, tc.target)
		title := ""
		if s != nil {
			title = s.Title()
		}
		if title != tc.title || why != tc.why {
			t.Errorf("%s: got %q, %q", tc.reason, title, why)
		}
	}
}

// TestSubscriptions: a pane takes no other's deliveries.
func TestSubscriptions(t *testing.T) {
	t.Parallel()
	for _, scene := range scenes {
		s, _ := Open(scene.action, scene.target)
		d := screentest.New(t, s, 80, 24)
		if len(d.World.Followed) == 0 {
			t.Errorf("%s follows nothing", scene.name)
		}
		before := d.View()
		for _, payload := range []any{feed.Manifest{Object: object(t, imageYAML)}, snapshot(t), explanationOfCart(), runs(), versions(t), events(), feed.Fault{Gone: true}, nil} {
			d.Send(feed.Delivery{ID: 1 << 30, Payload: payload})
		}
		if after := d.View(); after != before {
			t.Errorf("%s takes what another follows:\n%s", scene.name, after)
		}
	}
}

func toast(d *screentest.Driver) string {
	for i := len(d.Sent) - 1; i >= 0; i-- {
		if toast, ok := d.Sent[i].(screen.Toast); ok {
			return toast.Text
		}
	}
	return ""
}

func pushed(d *screentest.Driver) string {
	if len(d.Sent) == 0 {
		return ""
	}
	if push, ok := d.Sent[len(d.Sent)-1].(screen.Push); ok {
		return push.Screen.Title()
	}
	return fmt.Sprintf("%T", d.Sent[len(d.Sent)-1])
}

func TestHistory(t *testing.T) {
	t.Parallel()
	of := feed.Runs{Owner: cart, Step: "build"}
	begin := func(height int) *screentest.Driver {
		s, _ := Open(keys.History, ofBuild)
		return screentest.New(t, s, 80, height).Deliver(of, runs())
	}
	selected := func(d *screentest.Driver) string {
		h := d.Screen.(*history)
		return h.runs[h.at()].Object.Name
	}
	for _, tc := range []struct {
		reason string
		keys   []string
		want   string
	}{
		{"the newest first", nil, "cart-test-4"},
		{"down and up", []string{"j", "j", "k"}, "cart-test-3"},
		{"the last", []string{"G"}, "cart-test-1"},
		{"not beyond", []string{"G", "j", "pgdown"}, "cart-test-1"},
		{"the first", []string{"G", "g", "k", "ctrl+u"}, "cart-test-4"},
	} {
		d := begin(24).Press(tc.keys...)
		if got := selected(d); got != tc.want {
			t.Errorf("%s: %s is selected", tc.reason, got)
		}
	}
	for key, title := range map[string]string{"enter": "yaml", "y": "yaml", "d": "describe", "x": "diff"} {
		if got := pushed(begin(24).Press(key)); got != title {
			t.Errorf("%s opens %q, want %q", key, got, title)
		}
	}
	if got := toast(begin(24).Press("G", "x")); got != "there is no run before cart-test-1" {
		t.Errorf("x at the first run says %q", got)
	}
	if got := toast(begin(24).Press("c")); got != "copied cart-test-4" {
		t.Errorf("c says %q", got)
	}

	d := begin(24).Press("j", "j")
	newer := runs()
	newer.Runs = append([]feed.Run{run(5, "Unknown", "Running", time.Second, 0, false)}, newer.Runs...)
	if d.Deliver(of, newer); selected(d) != "cart-test-2" {
		t.Errorf("a newer run moves the selection to %s", selected(d))
	}
	newer.Runs = append(newer.Runs[:3:3], newer.Runs[4:]...)
	if d.Deliver(of, newer); selected(d) != "cart-test-1" {
		t.Errorf("when the selected run goes, %s is selected", selected(d))
	}
	d.Send(tea.MouseClickMsg{Y: 2})
	if selected(d) != "cart-test-5" {
		t.Errorf("a click selects %s", selected(d))
	}
	small := begin(5).Press("G")
	if !strings.Contains(small.View(), "cart-test-1") {
		t.Errorf("the selected run is out of sight:\n%s", small.View())
	}
	s, _ := Open(keys.History, ofBuild)
	if got := toast(screentest.New(t, s, 80, 24).Press("enter")); got != "there is no run yet" {
		t.Errorf("enter without runs says %q", got)
	}
}

func TestDiffSteps(t *testing.T) {
	t.Parallel()
	of := feed.Versions{Owner: cart, Step: "build"}
	s, _ := Open(keys.Diff, ofBuild)
	d := screentest.New(t, s, 80, 24).Deliver(of, versions(t))
	if d.Press("]"); toast(d) != "these are the last two versions" {
		t.Errorf("] says %q", toast(d))
	}
	if d.Press("["); !strings.Contains(d.View(), "pair 2 of 2") {
		t.Errorf("[ shows\n%s", d.View())
	}
	if d.Press("["); toast(d) != "no older version was seen" {
		t.Errorf("[ at the end says %q", toast(d))
	}
	more := versions(t)
	more.Versions = append([]feed.Version{{Name: "generation 4", At: screentest.Now, Object: object(t, "kind: Deployment")}}, more.Versions...)
	if d.Deliver(of, more); !strings.Contains(d.View(), "+ generation 2") || strings.Contains(d.View(), "▎") {
		t.Errorf("a newer version changes the pair:\n%s", d.View())
	}
	if d.Press("]", "]"); !strings.Contains(d.View(), "+ generation 4") {
		t.Errorf("back at the last pair:\n%s", d.View())
	}
	secret := func(value string) feed.Version {
		return feed.Version{Name: value, Object: object(t, "apiVersion: v1\nkind: Secret\ndata: {a: "+value+", b: same}")}
	}
	d.Deliver(of, feed.VersionsSeen{Versions: []feed.Version{secret("bmV3"), secret("b2xk")}})
	if view := d.View(); strings.Contains(view, ": bmV3") || strings.Contains(view, ": b2xk") || !strings.Contains(view, "+   a: ••• (changed)") || !strings.Contains(view, "    b: •••") {
		t.Errorf("the values of Secrets:\n%s", view)
	}
}

// TestFaults: what was known stays, and why it may be old stands above it.
func TestFaults(t *testing.T) {
	t.Parallel()
	s, _ := Open(keys.Why, ofBuild)
	d := screentest.New(t, s, 80, 24)
	if d.Deliver(feed.Explained{Owner: cart}, feed.Fault{Err: fmt.Errorf("no answer")}); !strings.Contains(d.View(), "Can not be shown yet, tried again: no answer") {
		t.Errorf("nothing is known:\n%s", d.View())
	}
	d.Deliver(feed.Explained{Owner: cart}, explanationOfCart())
	d.Deliver(feed.Explained{Owner: cart}, feed.Fault{Err: fmt.Errorf("no answer\x1b[2J")})
	if view := d.View(); !strings.Contains(view, "Not up to date, tried again: no answer\uFFFD[2J") || !strings.Contains(view, "workload shop/cart is not ready") {
		t.Errorf("a fault takes the text away:\n%s", view)
	}
	if d.Press("f"); strings.Contains(d.View(), "Not up to date") || strings.Contains(d.View(), "asks again") {
		t.Errorf("f leaves what is above:\n%s", d.View())
	}
	if d.Press("f", "c"); toast(d) != "copied the whole text" {
		t.Errorf("c says %q", toast(d))
	}
}

// TestOnlyNewsIsMarked: ages that pass are no change.
func TestOnlyNewsIsMarked(t *testing.T) {
	t.Parallel()
	s, _ := Open(keys.Describe, Target{Owner: cart, Ref: cart})
	d := screentest.New(t, s, 80, 40).Deliver(feed.Owner{Ref: cart}, snapshot(t)).Deliver(feed.Events{Owner: cart}, events())
	d.Env.Now = d.Env.Now.Add(time.Hour)
	if d.Send(screen.Tick{Now: d.Env.Now}); strings.Contains(d.View(), "▎") || !strings.Contains(d.View(), "for 63m") {
		t.Errorf("time is marked, or does not pass:\n%s", d.View())
	}
	next := snapshot(t)
	next.Tree.Owner.Generation++
	if d.Deliver(feed.Owner{Ref: cart}, next); strings.Count(d.View(), "▎") != 1 || !strings.Contains(d.View(), "▎  Generation") {
		t.Errorf("one line is new:\n%s", d.View())
	}
}
