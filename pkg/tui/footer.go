package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/tui/keys"
)

// footer is the command line while one is typed, else hints.
func (m *Model) footer() (string, *tea.Cursor) {
	if m.prompt != nil {
		return m.promptLine()
	}
	return m.hints(), nil
}

// hint is a key and what it does, in a word.
type hint struct{ key, word string }

// hints that there is room for. Those that lead to all others come first.
func (m *Model) hints() string {
	t := m.env.Theme
	line, width := "", 0
	all := m.hinted()
	// The way back stands last, and is never what there is no room for.
	out := 0
	if last := all[max(0, len(all)-1):]; len(all) > 1 && last[0].key == "esc" {
		out = ansi.StringWidth("  " + last[0].key + " " + last[0].word)
	}
	for i, h := range all {
		if i == len(all)-1 {
			out = 0
		}
		gap := ""
		if width > 0 {
			gap = "  "
		}
		w := ansi.StringWidth(gap + h.key + " " + h.word)
		if width+w+out > m.width {
			continue // a shorter one may fit
		}
		line += gap + t.Key.Render(h.key) + " " + t.Faint.Render(h.word)
		width += w
	}
	return line
}

func (m *Model) hinted() []hint {
	switch {
	case m.ask != nil:
		return nil // the question says which keys answer it
	case m.help != nil:
		return []hint{{"esc", "close"}, {"j/k", "scroll"}}
	}
	typing := false
	if l := m.top(); l != nil {
		typing = l.screen.Typing()
	}
	var all []hint
	var taken []string
	add := func(g keys.Group, only ...keys.Action) {
		for _, b := range g.Bindings {
			if len(only) > 0 && !slices.Contains(only, b.Action) {
				continue
			}
			key := b.Keys[0]
			if b.Hint != "" && (!b.Write || m.env.Write) && !slices.Contains(taken, key) {
				all = append(all, hint{m.shown(key), b.Hint})
			}
			// What comes later does not get these keys, hinted or not.
			taken = append(taken, b.Keys...)
		}
	}
	if !typing { // else they are text
		add(keys.Global, keys.Help, keys.Command)
	}
	for _, g := range m.groups() {
		add(g)
	}
	switch {
	case typing:
	case len(m.stack) > 1:
		all = append(all, hint{"esc", "back"})
	default:
		all = append(all, hint{"q", "quit"})
	}
	return all
}

// shown spells a key, in ASCII where the terminal wants that.
func (m *Model) shown(key string) string {
	if !m.env.Theme.Unicode && slices.Contains([]string{"up", "down", "left", "right"}, key) {
		return key
	}
	return keys.Shown(key)
}

func (m *Model) shownAll(names []string) string {
	all := make([]string, len(names))
	for i, key := range names {
		all[i] = m.shown(key)
	}
	if len(all) > 3 { // 0, 1, 2 … 9
		return all[0] + " to " + all[len(all)-1]
	}
	return strings.Join(all, ", ")
}
