package tui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/line"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// prompt is the command line.
type prompt struct {
	input textinput.Model
	// offered are the lines that tab goes through, while it does; at is the one shown.
	offered []string
	at      int
}

func newPrompt(t *theme.Theme) *prompt { return &prompt{input: newInput(":", t)} }

// newInput makes a line to type into. The cursor is the terminal's own, so nothing has to
// blink.
func newInput(begin string, t *theme.Theme) textinput.Model {
	input := line.New(begin)
	input.SetVirtualCursor(false)
	line.Look(&input, t)
	input.Focus() // what it returns makes a virtual cursor blink
	return input
}

func (p *prompt) update(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	p.input, cmd = p.input.Update(msg)
	p.offered = nil
	return cmd
}

func (m *Model) promptKey(msg tea.KeyPressMsg) tea.Cmd {
	p := m.prompt
	switch key := msg.String(); key {
	case "esc":
		m.prompt = nil
	case "enter":
		m.prompt = nil
		return m.execute(p.input.Value())
	case "tab":
		m.complete(1)
	case "shift+tab":
		m.complete(-1)
	case "backspace":
		if p.input.Value() == "" {
			m.prompt = nil
			return nil
		}
		return p.update(msg)
	default:
		return p.update(msg)
	}
	return nil
}

// complete shows the next line that begins with what was typed.
func (m *Model) complete(by int) {
	p := m.prompt
	if p.offered == nil {
		p.offered = m.candidates(p.input.Value())
		p.at = -1
		if by < 0 {
			p.at = 0
		}
	}
	if n := len(p.offered); n > 0 {
		p.at = (p.at + by + n) % n
		p.input.SetValue(p.offered[p.at])
		p.input.CursorEnd()
		if n == 1 {
			p.offered = nil // the next tab completes what comes behind
		}
	}
}

// candidates are the lines that a line may become.
func (m *Model) candidates(line string) []string {
	name, argument, behind := strings.Cut(strings.TrimLeft(line, " "), " ")
	var lines []string
	if !behind {
		for _, c := range Commands {
			i := slices.IndexFunc(c.Names, func(n string) bool { return strings.HasPrefix(n, name) })
			if i < 0 {
				continue
			}
			line := c.Names[i]
			if c.Argument != "" {
				line += " "
			}
			lines = append(lines, line)
		}
		return lines
	}
	c := commandOf(name)
	if c == nil || c.candidates == nil {
		return nil
	}
	for _, candidate := range c.candidates(m) {
		if strings.HasPrefix(candidate, strings.TrimLeft(argument, " ")) {
			lines = append(lines, name+" "+candidate)
		}
	}
	return lines
}

// promptLine is what is typed, with what it may become behind it.
func (m *Model) promptLine() (string, *tea.Cursor) {
	p, t := m.prompt, m.env.Theme
	p.input.SetWidth(max(1, m.width-2))
	line := p.input.View()
	offered := p.offered
	if offered == nil {
		offered = m.candidates(p.input.Value())
	}
	var words []string
	for i, o := range offered {
		word := table.OneLine(o[strings.LastIndex(strings.TrimRight(o, " "), " ")+1:])
		if p.offered != nil && i == p.at {
			word = t.Match.Render(word)
		} else {
			word = t.Faint.Render(word)
		}
		words = append(words, word)
	}
	typed := 1 + ansi.StringWidth(p.input.Value())
	room := m.width - typed - 4
	if room > 0 && len(words) > 0 {
		line = ansi.Truncate(line, typed+1, "") + strings.Repeat(" ", 3) + ansi.Truncate(strings.Join(words, " "), room, m.more())
	}
	cursor := p.input.Cursor()
	if cursor != nil {
		cursor.Y = m.height - 1
	}
	return ansi.Truncate(line, m.width, ""), cursor
}
