package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// layer is a screen on the stack. It begins when it is seen first, so that the table below
// an owner that was opened directly costs nothing.
type layer struct {
	screen screen.Screen
	begun  bool
}

// top is the screen that is seen.
func (m *Model) top() *layer {
	if len(m.stack) == 0 {
		return nil
	}
	return m.stack[len(m.stack)-1]
}

func (m *Model) add(s screen.Screen) {
	if s != nil {
		m.stack = append(m.stack, &layer{screen: s})
	}
}

// begin the screen on top, unless it has begun.
func (m *Model) begin() tea.Cmd {
	l := m.top()
	if l == nil || l.begun {
		return nil
	}
	l.begun = true
	return l.screen.Init(&m.env)
}

func (m *Model) push(s screen.Screen) tea.Cmd {
	if s == nil {
		m.say("there is nothing to show", true)
		return nil
	}
	if !m.toast.bad { // what was said is about the screen before; a fault is shown its time
		m.toast = toast{}
	}
	m.add(s)
	return m.begin()
}

// pop takes the top screen away; the last one stays.
func (m *Model) pop() tea.Cmd { return m.cut(max(1, len(m.stack)-1)) }

// reset begins anew with a screen.
func (m *Model) reset(s screen.Screen) tea.Cmd {
	if s == nil {
		return m.push(s)
	}
	closed := m.closed(0)
	m.add(s)
	return tea.Batch(closed, m.begin())
}

// cut leaves the lowest screens.
func (m *Model) cut(left int) tea.Cmd {
	return tea.Batch(m.closed(left), m.begin())
}

func (m *Model) closed(left int) tea.Cmd {
	var cmds []tea.Cmd
	for len(m.stack) > left {
		l := m.top()
		m.stack = m.stack[:len(m.stack)-1]
		if l.begun {
			cmds = append(cmds, l.screen.Close(&m.env))
		}
	}
	return tea.Batch(cmds...)
}

// send gives a message to the screen on top.
func (m *Model) send(msg tea.Msg) tea.Cmd {
	if l := m.top(); l != nil && l.begun {
		return l.screen.Update(&m.env, msg)
	}
	return nil
}

// all gives a message to every screen.
func (m *Model) all(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, l := range m.stack {
		if l.begun {
			cmds = append(cmds, l.screen.Update(&m.env, msg))
		}
	}
	return tea.Batch(cmds...)
}

// groups are the keys of the screen on top.
func (m *Model) groups() []keys.Group {
	if l := m.top(); l != nil {
		return l.screen.Keys()
	}
	return nil
}

// offers tells whether a screen has a binding for an action.
func offers(s screen.Screen, action keys.Action) bool {
	return slices.ContainsFunc(s.Keys(), func(g keys.Group) bool {
		return slices.ContainsFunc(g.Bindings, func(b keys.Binding) bool { return b.Action == action })
	})
}
