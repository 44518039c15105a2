package owner

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/pane"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// opened is a pane that remembers what it was opened for.
type opened struct {
	screen.Screen
	action keys.Action
	target pane.Target
}

func openPane(action keys.Action, t pane.Target) (screen.Screen, string) {
	if t.Ref.Name == "" && action == keys.YAML {
		return nil, "there is nothing to show"
	}
	return &opened{action: action, target: t}, ""
}

// told says in a line what a screen asked of the program.
func told(msg tea.Msg) string {
	switch msg := msg.(type) {
	case screen.Toast:
		return "toast " + msg.Text
	case screen.OwnersOf:
		return "owners of " + msg.Blueprint.Name
	case screen.Ask:
		return fmt.Sprintf("ask %s [%s] %s", msg.Title, msg.Name, msg.Text)
	case screen.Push:
		switch s := msg.Screen.(type) {
		case *model:
			return "push " + s.ref.Kind + " " + s.Title()
		case *opened:
			read := "unread"
			if s.target.Object != nil {
				read = "read"
			}
			text := fmt.Sprintf("%s of %s %s %s", s.action, s.target.Ref.Kind, named(s.target.Ref), read)
			return fmt.Sprintf("%s, step %q of %s %s", text, s.target.Step, s.target.Owner.Kind, named(s.target.Owner))
		}
	}
	return fmt.Sprintf("%v", msg)
}

// TestKeys: what each key does, by what is selected then and what was sent.
func TestKeys(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason   string
		ref      tree.Ref
		shot     feed.Snapshot
		press    string
		selected string
		sent     string
	}{
		{"the step at fault is selected at first", cart, failed(), "", "build", ""},
		{"the owner below is at fault", cart, delivering(), "", "run/", ""},
		{"of a ready owner, the first step", cart, allReady(imageOne), "", "fetch", ""},
		{"of a blueprint, itself", chainRef, chain(), "", "", ""},
		{"of a Runnable, its newest run", runnableRef, running(), "", "/run", ""},
		{"j goes on in the order of the steps", cart, failed(), "j", "configure", ""},
		{"k goes back", cart, failed(), "k,k", "fetch", ""},
		{"before the first step is the owner", cart, allReady(imageOne), "k,k", "", ""},
		{"the last step is the end", cart, failed(), "G,j", "run", ""},
		{"g is the owner itself", cart, failed(), "g", "", ""},
		{"arrows go by where boxes stand", cart, failed(), "right", "configure", ""},
		{"to the left", cart, failed(), "left,left", "fetch", ""},
		{"above the boxes is the owner", cart, allReady(imageOne), "up", "", ""},
		{"from the owner into the graph", cart, allReady(imageOne), "up,down", "fetch", ""},
		{"n goes to the next that is not ready", cart, failed(), "n,n", "run", ""},
		{"after the last comes the first", cart, failed(), "n,n,n", "build", ""},
		{"N goes the other way", cart, failed(), "N", "run", ""},
		{"n stays where all is ready", cart, allReady(imageOne), "n", "fetch", "toast no step to go to: all are ready"},
		{"a blueprint's steps have no state", chainRef, chain(), "N", "", "toast the steps of a blueprint have no state; its owners have"},
		{"J goes up to the owner", cart, failed(), "J", "", ""},
		{"J at the owner has nowhere to go", cart, failed(), "J,J", "", "toast shop/cart was stamped by no other owner"},
		{"y of a step is its object", cart, failed(), "y", "build", `yaml of Image shop/cart read, step "build" of Workload shop/cart`},
		{"enter too", cart, failed(), "enter", "build", `yaml of Image shop/cart read, step "build" of Workload shop/cart`},
		{"a step without an object", cart, failed(), "j,enter", "configure", "toast step configure has no object yet: it waits for build"},
		{"a step that passes its input through", cart, failed(), "k,enter", "test", "toast step test has no object: it passes its input through"},
		{"a pane says itself why it is not there", cart, failed(), "j,y", "configure", "toast there is nothing to show"},
		{"events of a step without an object", cart, failed(), "j,v", "configure", `events of   unread, step "configure" of Workload shop/cart`},
		{"y of the owner", cart, failed(), "g,y", "", `yaml of Workload shop/cart read, step "" of Workload shop/cart`},
		{"enter opens an owner that was stamped", cart, delivering(), "enter", "run/", "push Deliverable shop/cart"},
		{"also from the step that stamped it", cart, delivering(), "k,enter", "run", "push Deliverable shop/cart"},
		{"logs of an owner below are of that one", cart, delivering(), "l", "run/", `logs of Deliverable shop/cart read, step "" of Deliverable shop/cart`},
		{"enter on a blueprint lists its owners", chainRef, chain(), "enter", "", "owners of web"},
		{"and on its steps", chainRef, chain(), "j,enter", "fetch", "owners of web"},
		{"an owner in the detail of a blueprint opens", chainRef, chain(), "tab,j,enter", "", "push Workload shop/till"},
		{"logs of a run", runnableRef, running(), "l", "/run", `logs of TaskRun shop/scan-3 read, step "" of Runnable shop/scan`},
		{"an older run, by the detail", runnableRef, running(), "tab,j,j,d", "/run", `describe of TaskRun shop/scan-2 read, step "" of Runnable shop/scan`},
		{"logs of a step without pods are those of its owner", cart, failed(), "k,k,l", "fetch", `logs of Workload shop/cart read, step "" of Workload shop/cart; toast fetch has no pods: logs of all of shop/cart`},
		{"also of one without an object", cart, failed(), "j,l", "configure", `logs of Workload shop/cart read, step "" of Workload shop/cart; toast configure has no pods: logs of all of shop/cart`},
		{"those of a step with pods are its own", cart, failed(), "l", "build", `logs of Image shop/cart read, step "build" of Workload shop/cart`},
		{"the first row of the detail is the object at fault", cart, failed(), "tab,y", "build", `yaml of Pod shop/cart-build-1-build-pod read, step "build" of Workload shop/cart`},
		{"of a ready step, the template", cart, allReady(imageOne), "tab,y", "fetch", `yaml of ClusterTemplate fetch-template unread, step "fetch" of Workload shop/cart`},
		{"a pod, by the detail", cart, failed(), "tab,l", "build", `logs of Pod shop/cart-build-1-build-pod read, step "build" of Workload shop/cart`},
		{"the blueprint, by the detail of the owner", cart, failed(), "g,tab,enter", "", "push ClusterSupplyChain web"},
		{"tab twice is back in the graph", cart, failed(), "tab,tab,j", "configure", ""},
		{"left leaves the detail", cart, failed(), "tab,left,j", "configure", ""},
		{"writing is off at first", cart, failed(), "e", "build", "toast read-only; start with --write"},
		{"for all of it", cart, failed(), "r", "build", "toast read-only; start with --write"},
		{"deleting too", cart, failed(), "D", "build", "toast read-only; start with --write"},
		{"keys that are none of ours", cart, failed(), "z,ctrl+z", "build", ""},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			d, m := show(t, tc.ref, tc.shot, 180, 60)
			if tc.press != "" {
				d.Press(strings.Split(tc.press, ",")...)
			}
			d.View()
			if m.selected != tc.selected {
				t.Errorf("%q is selected; want %q", m.selected, tc.selected)
			}
			var sent []string
			for _, msg := range d.Sent {
				sent = append(sent, told(msg))
			}
			if got := strings.Join(sent, "; "); got != tc.sent {
				t.Errorf("sent %q; want %q", got, tc.sent)
			}
		})
	}
}

// TestWrites: with --write there is a question, and only its Yes does something.
func TestWrites(t *testing.T) {
	t.Parallel()
	image := tree.Ref{APIVersion: "kpack.io/v1alpha2", Kind: "Image", Resource: "images", Namespace: "shop", Name: "cart"}
	for _, tc := range []struct {
		reason string
		ref    tree.Ref
		shot   feed.Snapshot
		press  string
		says   string
		done   feed.Action
	}{
		{"an object is deleted by its name, as the one that was read", cart, failed(), "D", "ask Delete Image shop/cart? [cart] Kubernetes then removes everything that it owns, and the agent stamps it again.", feed.Delete{Ref: image, UID: "uid-cart"}},
		{"the owner", cart, failed(), "g,D", "ask Delete Workload shop/cart? [cart] Kubernetes then removes everything that it owns.", feed.Delete{Ref: cart, UID: "uid-of-cart"}},
		{"a blueprint tells whom it concerns", chainRef, chain(), "D", "ask Delete ClusterSupplyChain web? [web] 2 owners go through it, and will not be kept up to date any more.", feed.Delete{Ref: chainRef}},
		{"an edit of a stamped object will be overwritten", cart, failed(), "e", "ask Edit Image shop/cart? [] It opens in your editor; what you save is applied. The agent overwrites what its template says otherwise.", feed.Edit{Ref: image}},
		{"that of an owner will not", cart, failed(), "g,e", "ask Edit Workload shop/cart? [] It opens in your editor; what you save is applied.", feed.Edit{Ref: cart}},
		{"a step is retried", cart, failed(), "r", "ask Retry step build of shop/cart? [] The agent makes one more run of it.", feed.Retry{Owner: cart, Step: "build"}},
		{"an owner is retried", cart, failed(), "g,r", "ask Retry Workload shop/cart? [] The agent makes one more run of what has failed.", feed.Retry{Owner: cart}},
		{"a step that has not failed is not asked about", cart, failed(), "j,r", "toast nothing to retry: step configure of shop/cart has not failed", nil},
		{"a blueprint has nothing to retry", chainRef, chain(), "r", "toast a blueprint has no runs", nil},
		{"a step without an object has nothing to delete", cart, failed(), "j,D", "toast step configure has no object yet: it waits for build", nil},
		{"what was not read is not deleted: it may be another by now", cart, failed(), "tab,G,D", "toast ClusterTemplate build-template was not read, so it is not changed from here", nil},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			d, _ := show(t, tc.ref, tc.shot, 180, 60)
			d.Env.Write = true
			d.Press(strings.Split(tc.press, ",")...)
			if len(d.Sent) != 1 || told(d.Sent[0]) != tc.says {
				t.Fatalf("sent %q; want %q", told(d.Sent[0]), tc.says)
			}
			if len(d.World.Done) != 0 {
				t.Fatalf("done before the answer: %#v", d.World.Done)
			}
			ask, ok := d.Sent[0].(screen.Ask)
			if !ok {
				return
			}
			ask.Yes()
			if len(d.World.Done) != 1 || !reflect.DeepEqual(d.World.Done[0], tc.done) {
				t.Errorf("done %#v; want %#v", d.World.Done, tc.done)
			}
		})
	}
}

// TestEveryBindingDoesSomething: a key that help lists moves, opens, or says why it does not.
func TestEveryBindingDoesSomething(t *testing.T) {
	t.Parallel()
	still := map[keys.Action]bool{
		// At the ends, and where all fits, there is nothing to scroll to.
		keys.HalfDown: true, keys.HalfUp: true, keys.PageDown: true, keys.PageUp: true,
	}
	for _, group := range (&model{}).Keys() {
		for _, b := range group.Bindings {
			d, m := show(t, cart, failed(), 180, 60)
			before := d.View()
			at := m.selected
			d.Press(b.Keys[0])
			if d.View() == before && m.selected == at && len(d.Sent) == 0 && !still[b.Action] {
				t.Errorf("%s (%s) does nothing", b.Keys[0], b.Action)
			}
		}
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	for press, want := range map[string]string{"c": "copied Image/cart", "g c": "copied Workload/cart", "j c": "copied step configure"} {
		d, _ := show(t, cart, failed(), 180, 60)
		d.Press(strings.Fields(press)...)
		if len(d.Sent) != 2 || told(d.Sent[1]) != "toast "+want {
			t.Errorf("%s: sent %v; want %s", press, d.Sent, want)
		}
	}
}

func TestMouse(t *testing.T) {
	t.Parallel()
	d, m := show(t, cart, failed(), 140, 40)
	d.View()
	box := m.drawing.picture.Boxes["configure"]
	l := m.lay(d.Env, 3, m.drawing.choice)
	d.Send(tea.MouseClickMsg{X: box.X + 2 - m.drawing.x, Y: l.graph.y + 1 + box.Y + 1 - m.drawing.y, Button: tea.MouseLeft})
	if m.selected != "configure" || m.focus != inGraph {
		t.Errorf("a click on a box selects %q", m.selected)
	}
	d.Send(tea.MouseClickMsg{X: 5, Y: 0, Button: tea.MouseLeft})
	if m.selected != "" {
		t.Errorf("a click on the root cause selects %q, not the owner", m.selected)
	}
	view := strings.Split(d.View(), "\n")
	for y, line := range view {
		if x := strings.Index(line, "Blueprint"); x >= 0 {
			d.Send(tea.MouseClickMsg{X: len([]rune(line[:x])), Y: y, Button: tea.MouseLeft})
		}
	}
	if target := m.here(); m.focus != inDetail || target.Ref.Kind != "ClusterSupplyChain" {
		t.Errorf("a click on a row of the detail selects %+v", target.Ref)
	}
	d, m = show(t, cart, many(), 80, 24)
	d.View()
	d.Send(tea.MouseWheelMsg{X: 5, Y: 5, Button: tea.MouseWheelDown})
	d.Send(tea.MouseWheelMsg{X: 5, Y: 5, Button: tea.MouseWheelDown, Mod: tea.ModShift})
	if m.drawing.x+m.drawing.y == 0 {
		t.Error("the wheel does not scroll the graph")
	}
	if at := m.drawing; m.selected != "step-00-製品" || d.View() == "" || at.x != m.drawing.x || at.y != m.drawing.y {
		t.Error("the wheel changes what is selected, or what is selected takes the picture back")
	}
}

// TestWayToTheOwner: while a step is selected, the bottom line says how to get to the owner,
// which the keys are about then.
func TestWayToTheOwner(t *testing.T) {
	t.Parallel()
	d, m := show(t, cart, failed(), 80, 21)
	hinted := func() bool {
		for _, b := range m.Keys()[0].Bindings {
			if b.Action == keys.Parent {
				return b.Hint != ""
			}
		}
		return false
	}
	if !hinted() || !strings.Contains(d.View(), "step build ─ Image/cart") {
		t.Errorf("a step is selected, and nothing says what of, nor how to get to the owner:\n%s", d.View())
	}
	d.Press("J")
	if hinted() {
		t.Error("the owner is selected already")
	}
	d.Press("tab")
	if !hinted() {
		t.Error("the detail has the focus, so its rows are what keys are about")
	}
}

// TestWaitingIsNoFault: a step that only waits has a condition that is False; no cross is
// drawn for it.
func TestWaitingIsNoFault(t *testing.T) {
	t.Parallel()
	d, m := show(t, cart, failed(), 120, 37)
	d.Press("j")
	_, detail, _ := strings.Cut(d.View(), "step configure")
	if m.selected != "configure" || !strings.Contains(detail, "it waits for build") || !strings.Contains(detail, "◌ not yet  TemplateStampFailure") || strings.Contains(detail, "✗ False") {
		t.Errorf("of %s is said:\n%s", m.selected, detail)
	}
}
