package create

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/tui/theme"
)

// TestWideHint: a default of wide characters is drawn without the NULs of the input.
func TestWideHint(t *testing.T) {
	t.Parallel()
	for _, focused := range []bool{false, true} {
		f := newText("a", "a", "(製品の名前)", "")
		if focused {
			f.focus()
		}
		for width := 1; width < 30; width++ {
			got := f.draw(theme.New(theme.None, true), width, focused)
			if strings.Contains(got, "\x00") || ansi.StringWidth(got) > width {
				t.Errorf("in %d cells: %q", width, got)
			}
		}
	}
}
