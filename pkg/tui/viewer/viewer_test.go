package viewer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
)

var plain = theme.New(theme.None, true)

// press gives keys to a viewer.
func press(v *Viewer, names ...string) {
	for _, name := range names {
		v.Update(screentest.Key(name))
	}
}

func typeText(v *Viewer, text string) {
	for _, r := range text {
		v.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// shown is the picture without colour.
func shown(t *testing.T, v *Viewer) string {
	t.Helper()
	lines := strings.Split(v.View(plain, screentest.Now), "\n")
	if len(lines) != v.height {
		t.Errorf("drew %d lines; there is room for %d", len(lines), v.height)
	}
	for i, line := range lines {
		if w := ansi.StringWidth(line); w > v.width {
			t.Errorf("line %d is %d cells wide; there are %d: %q", i+1, w, v.width, line)
		}
		lines[i] = strings.TrimRight(ansi.Strip(line), " ")
	}
	return strings.Join(lines, "\n")
}

// numbered are lines "line 1" and so on.
func numbered(from, to int) []Line {
	var all []Line
	for i := from; i <= to; i++ {
		all = append(all, Say(Plain, fmt.Sprintf("line %d", i)))
	}
	return all
}

func holding(width, height int, lines []Line) *Viewer {
	v := New(Options{})
	v.SetSize(width, height)
	v.Set(screentest.Now.Add(-time.Minute), lines)
	return v
}

func TestMoving(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		keys   []string
		top    int
	}{
		{"begins at the top", nil, 1},
		{"a line", []string{"j", "j", "k"}, 2},
		{"half a page", []string{"ctrl+d"}, 6},
		{"a page, and half of one back", []string{"pgdown", "ctrl+u"}, 6},
		{"the end shows a full page", []string{"G"}, 91},
		{"below the end is nothing", []string{"G", "pgdown", "j"}, 91},
		{"above the top too", []string{"k", "pgup"}, 1},
		{"home", []string{"G", "g"}, 1},
	} {
		v := holding(20, 10, numbered(1, 100))
		press(v, tc.keys...)
		if got := strings.TrimSpace(strings.Split(shown(t, v), "\n")[0]); got != fmt.Sprintf("line %d", tc.top) {
			t.Errorf("%s: %v shows %q first", tc.reason, tc.keys, got)
		}
	}
}
