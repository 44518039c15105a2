package overview

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/filter"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/line"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// longest filter that may be typed.
const longest = 256

// prompt is the line in which a filter is typed.
type prompt struct {
	input textinput.Model
	open  bool
	// err is why what was typed is no filter; the one before holds meanwhile.
	err error
}

func newPrompt() prompt {
	in := line.New("/")
	in.CharLimit = longest
	return prompt{input: in}
}

// typed is the filter in words.
func (p *prompt) typed() string { return strings.TrimSpace(p.input.Value()) }

// ask opens the line, with the filter that holds to go on from.
func (o *overview) ask(env *screen.Env) tea.Cmd {
	o.prompt.open = true
	line.Look(&o.prompt.input, env.Theme)
	o.prompt.input.CursorEnd()
	return o.prompt.input.Focus()
}

// typing takes a key or paste into the line. What is typed holds at once.
func (o *overview) typing(env *screen.Env, msg tea.Msg) tea.Cmd {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch key.String() {
		case "enter":
			if o.prompt.err == nil {
				o.prompt.open = false
				o.prompt.input.Blur()
			}
			return nil
		case "esc":
			o.prompt.open = false
			o.prompt.input.Blur()
			o.clearFilter()
			return nil
		case "up", "down", "pgup", "pgdown":
			o.move(env, keys.Match(key.String(), keys.Move))
			return nil
		}
	}
	before := o.prompt.input.Value()
	var cmd tea.Cmd
	o.prompt.input, cmd = o.prompt.input.Update(msg)
	if o.prompt.input.Value() != before {
		o.filter()
	}
	return cmd
}

// filter applies what is typed.
func (o *overview) filter() {
	var f filter.Filter
	if f, o.prompt.err = filter.Parse(o.prompt.typed()); o.prompt.err == nil {
		rule := o.rows.rule
		rule.filter = f
		o.rows.choose(rule)
		// Who looks for something wants the first, or best, that was found.
		if f.Ranks() || !slices.Contains(o.rows.shown, o.rows.entries[o.key]) {
			o.at, o.top, o.key = 0, 0, feed.Key{}
		}
	}
}

func (o *overview) clearFilter() {
	o.prompt.input.Reset()
	o.filter()
}
