package owner

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// noFrames is a clock that stands still: tests send frames themselves.
func noFrames(time.Duration, func(time.Time) tea.Msg) tea.Cmd { return nil }

func golden(t *testing.T, name, got string) {
	t.Helper()
	screentest.Golden(t, name+".golden", got)
}

// TestGolden draws typical owners at typical sizes.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		ref  tree.Ref
		shot feed.Snapshot
	}{
		{"ready", cart, allReady(imageOne)},
		{"failed", cart, failed()},
		{"delivering", cart, delivering()},
		{"unselected", cart, unselected()},
		{"runnable", runnableRef, running()},
		{"blueprint", chainRef, chain()},
		{"sixty", cart, many()},
	} {
		for _, size := range []struct{ width, height int }{{80, 21}, {120, 37}, {36, 16}, {300, 60}} {
			name := fmt.Sprintf("%s.%dx%d", tc.name, size.width, size.height)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				d, _ := show(t, tc.ref, tc.shot, size.width, size.height)
				golden(t, name, "# "+d.Screen.Title()+" - "+d.Screen.Status(d.Env)+"\n"+d.View()+"\n")
			})
		}
	}
	t.Run("ascii", func(t *testing.T) {
		t.Parallel()
		d, _ := show(t, cart, failed(), 120, 37)
		d.Env.Theme = theme.New(theme.None, false)
		view := d.View()
		for _, r := range view {
			if r > 126 {
				t.Fatalf("%q is not ASCII:\n%s", r, view)
			}
		}
		golden(t, "ascii", view+"\n")
	})
	t.Run("dark", func(t *testing.T) {
		t.Parallel()
		d, _ := show(t, cart, failed(), 120, 37)
		d.Env.Theme = theme.New(theme.Dark, true)
		golden(t, "dark", d.Screen.View(d.Env)+"\n")
	})
	t.Run("detail alone", func(t *testing.T) {
		t.Parallel()
		d, _ := show(t, cart, allReady(imageOne), 120, 37)
		golden(t, "detail", d.Press("G", "tab", "f", "j", "j").View()+"\n")
		// Values that are cut beside the graph are whole here.
		d.Env.Width = 60
		if view := strings.Join(strings.Fields(d.View()), ""); !strings.Contains(view, imageOne[len("image="):]) {
			t.Errorf("the image is cut:\n%s", d.View())
		}
	})
	t.Run("owner selected", func(t *testing.T) {
		t.Parallel()
		s := failed()
		s.Tree.Unread = []tree.Unread{{Verb: "list", Resource: "pods", Namespace: "shop", Code: "Forbidden", Message: "no permission to list pods in shop"}}
		d, _ := show(t, cart, s, 120, 37)
		golden(t, "owner", d.Press("J").View()+"\n")
	})
}
