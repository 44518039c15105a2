package theme

import (
	"charm.land/lipgloss/v2"

	"github.com/carto-run/carto/pkg/tui/feed"
)

// Glyph stands before the word of a state, so that a column is read at a glance.
func (t *Theme) Glyph(s feed.State) string {
	unicode := map[feed.State]string{feed.Ready: "✓", feed.Failed: "✗", feed.Waiting: "◌", feed.Deleting: "⌫"}
	ascii := map[feed.State]string{feed.Ready: "+", feed.Failed: "x", feed.Waiting: ".", feed.Deleting: "-"}
	if t.Unicode {
		return unicode[s]
	}
	return ascii[s]
}

// State is the style of a state.
func (t *Theme) State(s feed.State) lipgloss.Style {
	switch s {
	case feed.Ready:
		return t.Good
	case feed.Failed:
		return t.Bad
	}
	return t.Busy
}

// StateOf reads a condition: True is Ready, False Failed, all else Waiting.
func StateOf(status string) feed.State {
	switch status {
	case "True":
		return feed.Ready
	case "False":
		return feed.Failed
	}
	return feed.Waiting
}
