// Package line makes the one line that is typed into: filters, searches, commands, names and
// the fields of forms.
package line

import (
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	"charm.land/lipgloss/v2"

	"github.com/carto-run/carto/pkg/tui/theme"
)

// New makes a line that begins with a prompt.
func New(prompt string) textinput.Model {
	in := textinput.New()
	in.Prompt = prompt
	// The terminal pastes; reading the clipboard of the machine is not for a pure screen.
	in.KeyMap.Paste = key.NewBinding()
	return in
}

// Look gives it the colours of a theme. Its cursor never blinks: that would be a clock.
func Look(in *textinput.Model, t *theme.Theme) {
	state := textinput.StyleState{Text: t.Text, Placeholder: t.Faint, Suggestion: t.Faint, Prompt: t.Prompt}
	in.SetStyles(textinput.Styles{Focused: state, Blurred: state, Cursor: textinput.CursorStyle{Color: lipgloss.NoColor{}}})
}
