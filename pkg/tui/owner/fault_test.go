package owner

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
	"github.com/carto-run/carto/pkg/why"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	topic := feed.Owner{Ref: cart}
	t.Run("the first moment", func(t *testing.T) {
		t.Parallel()
		d := screentest.New(t, New(cart), 80, 5)
		if got := d.View(); got != "reading shop/cart…\n\n\n\n" {
			t.Errorf("%q", got)
		}
		d.Press("j", "y")
		for _, msg := range d.Sent {
			if told(msg) != "toast nothing was read yet" {
				t.Errorf("sent %v", msg)
			}
		}
	})
	t.Run("not found", func(t *testing.T) {
		t.Parallel()
		d := screentest.New(t, New(cart), 60, 4)
		d.Deliver(topic, feed.Fault{Err: errors.New("get workloads.carto.run cart in namespace shop: not found"), Final: true})
		golden(t, "fault.notfound", d.View()+"\n")
	})
	t.Run("it is tried again", func(t *testing.T) {
		t.Parallel()
		d, _ := show(t, cart, failed(), 120, 24)
		d.Deliver(topic, feed.Fault{Err: errors.New("connection refused")})
		if first, _, _ := strings.Cut(d.View(), "\n"); first != "shop/cart cannot be read, and is tried again: connection refused" {
			t.Error(first)
		}
		d.Deliver(topic, failed())
		if strings.Contains(d.View(), "tried again") {
			t.Error("the fault stays although there is a snapshot after it")
		}
	})
	t.Run("deleted while shown", func(t *testing.T) {
		t.Parallel()
		d, _ := show(t, cart, allReady(imageOne), 120, 24)
		d.Deliver(topic, feed.Fault{Err: errors.New("gone"), Final: true, Gone: true})
		d.Env.Now, d.Env.Write = d.Env.Now.Add(12*time.Second), true
		golden(t, "fault.gone", d.View()+"\n")
		d.Env.Theme = theme.New(theme.Dark, true)
		for i, line := range strings.Split(d.Screen.View(d.Env), "\n") {
			if i > 0 && strings.Contains(line, "\x1b[38;5;78m") {
				t.Errorf("line %d is green, of something that is gone: %q", i+1, line)
			}
		}
		d.Press("D")
		if len(d.Sent) != 1 || told(d.Sent[0]) != "toast shop/cart was deleted" {
			t.Errorf("sent %v", d.Sent)
		}
	})
	t.Run("deliveries of others", func(t *testing.T) {
		t.Parallel()
		d, m := show(t, cart, failed(), 80, 24)
		d.Send(feed.Delivery{ID: m.id + 1, Payload: feed.Fault{Gone: true}}).Send(feed.Delivery{ID: m.id, Payload: feed.Snapshot{}})
		if m.fault != nil || m.snapshot.Tree == nil {
			t.Error("what another screen asked for is shown here")
		}
	})
}

func TestSubscription(t *testing.T) {
	t.Parallel()
	d, m := show(t, cart, failed(), 80, 24)
	m.Close(d.Env)()
	if len(d.World.Followed) != 0 || len(d.World.Stopped) != 1 {
		t.Errorf("after Close %v are followed", d.World.Followed)
	}
}

// TestSelectionStays: the next snapshot does not take away what a person looks at; until
// they choose, the step at fault is looked at.
func TestSelectionStays(t *testing.T) {
	t.Parallel()
	topic := feed.Owner{Ref: cart}
	d, m := show(t, cart, allReady(imageOne), 120, 40)
	d.Deliver(topic, failed())
	if m.selected != "build" {
		t.Errorf("%q is selected; the step that fails now is not followed", m.selected)
	}
	d.Press("k").Deliver(topic, failed())
	if m.selected != "test" {
		t.Errorf("%q is selected; a person chose test", m.selected)
	}
	d.Press("tab", "G")
	before := m.here()
	d.Deliver(topic, failed()).View()
	if got := m.here(); got.Ref != before.Ref {
		t.Errorf("the row of %v is selected; it was that of %v", got.Ref, before.Ref)
	}
	s := unselected()
	d.Press("tab").Deliver(topic, s).View()
	if m.selected != "" {
		t.Errorf("%q is selected, which is not there any more", m.selected)
	}
}

// TestExplained: what no snapshot can know is asked for once, and again when the cause is
// another.
func TestExplained(t *testing.T) {
	t.Parallel()
	topic, asked := feed.Owner{Ref: cart}, feed.Explained{Owner: cart}
	full := unselected()
	bare := full
	bare.Why = why.Build(full.Tree, why.Facts{Now: screentest.Now})
	d, _ := show(t, cart, bare, 100, 30)
	if strings.Contains(d.View(), "needs label") {
		t.Fatal("the snapshot knows the selection already")
	}
	d.Deliver(topic, bare)
	if len(d.World.Followed) != 2 {
		t.Fatalf("followed are %v; want the owner, and once why", d.World.Followed)
	}
	d.Deliver(asked, feed.Explanation{Why: full.Why})
	if view := d.View(); strings.Count(view, "needs label type=web") != 1 || !strings.Contains(view, "web (score 1)") {
		t.Errorf("the selection is not shown:\n%s", view)
	}
	d.Deliver(topic, bare)
	if !strings.Contains(d.View(), "web (score 1)") {
		t.Error("the next snapshot takes the explanation away")
	}
	d.Deliver(topic, allReady(imageOne))
	if view := d.View(); len(d.World.Followed) != 1 || !strings.Contains(view, "has been ready") {
		t.Errorf("the explanation outlives its cause; followed are %v:\n%s", d.World.Followed, view)
	}
	d.Deliver(topic, bare).Deliver(asked, feed.Fault{Err: errors.New("forbidden"), Final: true})
	if view := d.View(); strings.Contains(view, "forbidden") || !strings.Contains(view, "no supply chain") {
		t.Errorf("without an explanation there is no picture:\n%s", view)
	}
	d.Screen.Close(d.Env)
}

// TestNothingYet: where there is nothing to draw, it is said what to do, or to wait for.
func TestNothingYet(t *testing.T) {
	t.Parallel()
	created := func() feed.Snapshot {
		w := chosen("True Ready", nil)
		w.Status = v1alpha1.WorkloadStatus{}
		return shot(inputOf(w, nil, nil), why.Facts{Owner: w})
	}
	idle := func(ready string) feed.Snapshot {
		r := &v1alpha1.Runnable{}
		r.APIVersion, r.Kind, r.Name, r.Namespace, r.Generation = runnableRef.APIVersion, "Runnable", "scan", "shop", 1
		r.Status.ObservedGeneration = 1
		r.Status.Conditions = []metav1.Condition{condition("Ready", ready)}
		in := tree.Input{Now: screentest.Now, Root: &tree.Found{Object: asObject(r)}, Owner: tree.FromRunnable(r)}
		return shot(in, why.Facts{Owner: r})
	}
	for _, tc := range []struct {
		reason string
		ref    tree.Ref
		shot   feed.Snapshot
		title  string
		says   string
	}{
		{"just created, the agent is waited for", cart, created(), "not looked at yet", "When it stays so, see whether the agent runs."},
		{"without a blueprint, labels are changed", cart, unselected(), "no blueprint", "Labels decide: change those of the workload"},
		{"a run is waited for", runnableRef, idle("Unknown MissingValueAtPath: waiting"), "no run yet", "the agent makes one when all that it reads is there"},
		{"a run cannot come", runnableRef, idle("False RunTemplateNotFound: ClusterRunTemplate x does not exist"), "no run yet", "what stands above has to be put right first"},
	} {
		d, _ := show(t, tc.ref, tc.shot, 200, 30)
		if view := d.View(); !strings.Contains(view, " "+tc.title+" ") || !strings.Contains(view, tc.says) {
			t.Errorf("%s: neither %q nor %q is said, or only one:\n%s", tc.reason, tc.title, tc.says, view)
		}
	}
}

// TestAbove: J at an owner that was stamped leads to the one above.
func TestAbove(t *testing.T) {
	t.Parallel()
	in := *delivering().Input.Objects["run"].Owner
	built := tree.Build(in)
	ref := built.Owner.Ref
	d, _ := show(t, ref, feed.Snapshot{Tree: built, Input: in, At: screentest.Now}, 80, 24)
	d.Press("J", "J")
	if len(d.Sent) != 1 || told(d.Sent[0]) != "push Workload shop/cart" {
		t.Errorf("sent %v; want the workload", d.Sent)
	}
}

// TestAnySize: no size makes it fail, whatever is shown and pressed.
func TestAnySize(t *testing.T) {
	t.Parallel()
	shots := map[string]func() (tree.Ref, feed.Snapshot){
		"failed":     func() (tree.Ref, feed.Snapshot) { return cart, failed() },
		"delivering": func() (tree.Ref, feed.Snapshot) { return cart, delivering() },
		"unselected": func() (tree.Ref, feed.Snapshot) { return cart, unselected() },
		"runnable":   func() (tree.Ref, feed.Snapshot) { return runnableRef, running() },
		"blueprint":  func() (tree.Ref, feed.Snapshot) { return chainRef, chain() },
		"sixty":      func() (tree.Ref, feed.Snapshot) { return cart, many() },
		"nothing":    func() (tree.Ref, feed.Snapshot) { return cart, feed.Snapshot{Tree: &tree.Tree{}} },
	}
	press := []string{"j", "right", "tab", "j", "G", "ctrl+d", "f", "o", "tab", "up", "pgdown", "n", "g", "J", "f", "o", "k"}
	for name, of := range shots {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, size := range [][2]int{{1, 1}, {2, 2}, {1, 40}, {300, 1}, {3, 9}, {12, 12}, {40, 10}, {80, 24}, {110, 15}, {300, 80}} {
				ref, s := of()
				d, _ := show(t, ref, s, size[0], size[1])
				for _, unicode := range []bool{true, false} {
					d.Env.Theme = theme.New(theme.None, unicode)
					d.View()
					for _, key := range press {
						d.Press(key).Send(tea.MouseClickMsg{X: size[0] / 2, Y: size[1] / 2, Button: tea.MouseLeft})
						d.Send(tea.MouseWheelMsg{X: size[0] - 1, Y: size[1] - 1, Button: tea.MouseWheelDown})
						d.View()
					}
				}
				if t.Failed() {
					t.Fatalf("at %v", size)
				}
			}
		})
	}
	// A resize between two pictures.
	d, _ := show(t, cart, failed(), 80, 24)
	for width := 130; width > 0; width -= 7 {
		d.Env.Width, d.Env.Height = width, width/4+1
		d.Send(tea.WindowSizeMsg{Width: width, Height: width/4 + 1}).View()
	}
}

// TestHostile: what others wrote steers no terminal.
func TestHostile(t *testing.T) {
	t.Parallel()
	evil := "a\x1b[2Jb\u202ec\nd\te"
	steps := failedSteps()
	steps[2].condition = "False Broken: " + evil
	steps[0].outputs = []string{"revision=" + evil}
	steps[2].object.Object.SetName(evil)
	s := snapshotOf("False Broken: "+evil, steps)
	s.Tree.Unread = []tree.Unread{{Verb: "get", Resource: evil, Code: evil, Message: evil}}
	s.Tree.Steps[1].Inputs[0].Name = evil
	d, _ := show(t, cart, s, 140, 60)
	d.Deliver(feed.Owner{Ref: cart}, s)
	for range 8 {
		view := d.Screen.View(d.Env)
		for _, bad := range []string{"\x1b[2J", "\u202e", "\t"} {
			if strings.Contains(view, bad) {
				t.Errorf("%q reaches the terminal", bad)
			}
		}
		d.View()
		d.Press("j")
	}
	d.Deliver(feed.Owner{Ref: cart}, feed.Fault{Err: fmt.Errorf("no: %s", evil)})
	d.Press("e", "c")
	d.View()
	for _, msg := range d.Sent {
		if toast, ok := msg.(screen.Toast); ok && strings.ContainsAny(toast.Text, "\x1b\n") {
			t.Errorf("%q reaches the terminal", toast.Text)
		}
	}
}
