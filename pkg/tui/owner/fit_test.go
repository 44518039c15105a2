package owner

import (
	"fmt"
	"testing"
	"time"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/graph"
)

// TestWholeChain: five steps with a branch are seen at once on every usual terminal, with as
// much said of each as there is room for.
func TestWholeChain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason        string
		width, height int
		want          form
		beside        bool
	}{
		{"all of it, and the detail beside it", 300, 76, form{graph.Across, allRows, 32, true, false, false}, true},
		{"the detail gives way to what reads from left to right", 200, 46, form{graph.Across, allRows, 32, true, false, false}, false},
		{"names of inputs give way before what steps say", 120, 37, form{graph.Across, allRows, 20, true, true, false}, false},
		{"a line for each step leaves the detail half of a small terminal", 80, 21, form{graph.Down, oneRow, 20, true, true, true}, true},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			d, m := show(t, cart, failed(), tc.width, tc.height)
			view := d.View()
			if got := m.drawing.choice; got.form != tc.want || got.beside != tc.beside {
				t.Errorf("chosen is %+v; want %+v\n%s", got, tc.want, view)
			}
			for id, b := range m.drawing.picture.Boxes {
				if b.X+b.Width > m.drawing.seen.width || b.Y+b.Height > m.drawing.seen.height {
					t.Errorf("%s is not seen:\n%s", id, view)
				}
			}
		})
	}
}

// TestFormStays: whatever the steps say, they stay where they are; only another size, other
// steps, or a person changes how they are drawn.
func TestFormStays(t *testing.T) {
	t.Parallel()
	for width := 40; width <= 200; width += 20 {
		d, m := show(t, cart, allReady(imageOne), width, 40)
		d.View()
		before := m.drawing.choice
		quiet := failed()
		quiet.Why = allReady(imageOne).Why // the head stays as high as it is
		for i, s := range []feed.Snapshot{allReady(imageTwo), quiet} {
			d.Env.Now = d.Env.Now.Add(time.Duration(i) * 100 * time.Hour)
			d.Deliver(feed.Owner{Ref: cart}, s).View()
			if m.drawing.choice != before {
				t.Errorf("at width %d the form was %+v and is %+v", width, before, m.drawing.choice)
			}
		}
	}
}

// TestDirections: o goes from what fits to both directions and back.
func TestDirections(t *testing.T) {
	t.Parallel()
	d, m := show(t, cart, failed(), 120, 37)
	d.View()
	auto := m.drawing.choice
	for i, want := range []graph.Direction{graph.Across, graph.Down, auto.form.direction} {
		d.Press("o").View()
		if got := m.drawing.picture.Direction; got != want {
			t.Errorf("after %d times o it is drawn in direction %d; want %d", i+1, got, want)
		}
	}
	said := ""
	for _, msg := range d.Sent {
		said += fmt.Sprintln(told(msg))
	}
	if want := "toast drawn from left to right\ntoast drawn from top to bottom\ntoast drawn as it fits best\n"; m.drawing.choice != auto || said != want {
		t.Errorf("in the end it is %+v, and said was\n%s", m.drawing.choice, said)
	}
}
