package owner

import (
	"fmt"
	"time"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// stepState is the state of a step in a word. One that only suffers from another has not
// failed, whatever its condition says; one that waits for an object that has failed has.
func stepState(t *tree.Tree, s *tree.Step) feed.State {
	switch c := t.RootCause; {
	case s.Waits():
		return feed.Waiting
	case c != nil && c.Step == s.Name && s.Ready.Status != "True" && len(c.Path) > 0 && c.Path[len(c.Path)-1].Ready.Status == "False":
		return feed.Failed
	}
	return theme.StateOf(s.Ready.Status)
}

// treeState is that of an owner, or of a blueprint.
func treeState(t *tree.Tree) feed.State {
	c := t.RootCause
	switch {
	case t.Owner.Kind == "":
		return theme.StateOf(t.BlueprintReady.Status)
	case c == nil:
		return theme.StateOf(t.Owner.Ready.Status)
	case c.Reason == tree.ReasonTerminating && c.Step == "":
		return feed.Deleting
	case c.Failed || c.Nested != nil && c.Nested.Failed || len(c.Path) > 0 && c.Path[len(c.Path)-1].Ready.Status == "False":
		return feed.Failed
	}
	return feed.Waiting
}

// word of a state, behind its glyph.
func word(th *theme.Theme, s feed.State) string { return th.Glyph(s) + " " + string(s) }

// status of a condition as a word behind a glyph; a dash where nothing is said.
func status(th *theme.Theme, status string) string {
	if status == "" {
		return "-"
	}
	return th.Glyph(theme.StateOf(status)) + " " + table.OneLine(status)
}

// age of a moment; empty when it is not known.
func age(now time.Time, since tree.Time) string {
	if since == nil {
		return ""
	}
	return screen.Age(now, since.Time)
}

// count says how many there are of something with a regular plural.
func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// glyphs beyond those of states.
type glyphs struct {
	from, more, rule, focus, bar, tee, end, below, ellipsis string
}

func glyphsOf(th *theme.Theme) glyphs {
	if th.Unicode {
		return glyphs{"←", "▸", "─", "━", "│", "├─ ", "└─ ", "│  ", "…"}
	}
	return glyphs{"<-", ">", "-", "=", "|", "|- ", "`- ", "|  ", "..."}
}
