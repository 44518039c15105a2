package overview

import (
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
)

// FuzzView: whatever objects say and a person types, nothing reaches beyond the screen, and
// no control character reaches the terminal but those of our colours.
func FuzzView(f *testing.F) {
	f.Add("cart", "\x1b[31mred\x07", "日本語", "c", 80)
	f.Add("\xff", "a\u0301\u0301", "\u200d👩\u200d👧", "-f a", 30)
	f.Add("x", strings.Repeat("a ", 600), "", "/a+/", 2)
	f.Fuzz(func(t *testing.T, name, cause, output, typed string, width int) {
		row := workload("ns", name, feed.Failed)
		row.Cause, row.Output, row.Labels["x"] = cause, output, output
		d := screentest.New(t, New("Workload"), 1+min(max(width, 0), 400), 5)
		d.Env.Theme = dark()
		d.Deliver(owners(""), feed.OwnersChanged{Changed: []feed.Row{row, workload("ns", "cart", feed.Ready)}, Synced: true})
		d.Press("ctrl+w", "/").Type(typed)
		d.View()
		d.Press("enter", "space", "D")
		for _, drawn := range []string{d.View(), ansi.Strip(d.Screen.Status(d.Env))} {
			for _, r := range drawn {
				if r != '\n' && unicode.IsControl(r) {
					t.Fatalf("%q is drawn: %q", r, drawn)
				}
			}
		}
	})
}
