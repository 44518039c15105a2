package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// key goes to what lies on top: a question, help, the command line, a screen into which a
// person types; only then it may be one of those that hold everywhere.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	l := m.top()
	switch {
	case msg.String() == "ctrl+c":
		return tea.Quit
	case m.tooSmall():
		if msg.String() == "q" {
			return tea.Quit
		}
		return nil // nobody sees what another key does; it may delete
	case m.ask != nil:
		return m.answer(msg)
	case m.help != nil:
		m.help.key(msg, m)
		return nil
	case m.prompt != nil:
		return m.promptKey(msg)
	case l != nil && l.screen.Typing():
		return m.send(msg)
	}
	switch keys.Match(msg.String(), keys.Global) {
	case keys.Quit:
		return tea.Quit
	case keys.Help:
		m.help = &help{}
		return nil
	case keys.Command:
		m.prompt, m.toast = newPrompt(m.env.Theme), toast{}
		return nil
	case keys.Back:
		return m.back()
	case keys.Refresh:
		// The screen is drawn anew as well: something else may have written onto it.
		return tea.Batch(tea.ClearScreen, m.env.World.Do(feed.Refresh{}))
	case keys.Mouse:
		m.mouse = !m.mouse
		if m.mouse {
			m.say("the mouse clicks and scrolls here", false)
		} else {
			m.say("the mouse is the terminal's: it selects text", false)
		}
		return nil
	}
	return m.send(msg)
}

// back is first a matter of the screen.
func (m *Model) back() tea.Cmd {
	l := m.top()
	if l == nil {
		return nil
	}
	if b, ok := l.screen.(screen.Backer); ok && b.Back(&m.env) {
		return nil
	}
	return m.pop()
}

func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	switch {
	case m.tooSmall(), m.help != nil:
		return nil
	case m.ask != nil:
		return m.ask.update(msg)
	case m.prompt != nil:
		return m.prompt.update(msg)
	}
	return m.send(msg)
}

// pointer passes the mouse on in the screen's own coordinates.
func (m *Model) pointer(msg tea.MouseMsg) tea.Cmd {
	switch {
	case m.tooSmall(), m.ask != nil, m.prompt != nil:
		return nil
	case m.help != nil:
		if wheel, ok := msg.(tea.MouseWheelMsg); ok {
			m.help.wheel(wheel)
		}
		return nil
	}
	above := m.headerHeight()
	if y := msg.Mouse().Y - above; y < 0 || y >= m.env.Height {
		return nil
	}
	switch msg := msg.(type) {
	case tea.MouseClickMsg:
		msg.Y -= above
		return m.send(msg)
	case tea.MouseReleaseMsg:
		msg.Y -= above
		return m.send(msg)
	case tea.MouseMotionMsg:
		msg.Y -= above
		return m.send(msg)
	case tea.MouseWheelMsg:
		msg.Y -= above
		return m.send(msg)
	}
	return nil
}
