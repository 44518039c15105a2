package tui

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// question lies over the screen until it is answered. No is what all keys say but one.
type question struct {
	screen.Ask
	// input is where the name is typed.
	input textinput.Model
	// wrong is true when another name was typed.
	wrong bool
}

// askWidth is how wide a question is at most, borders included.
const askWidth = 64

func newQuestion(a screen.Ask, t *theme.Theme) *question {
	return &question{Ask: a, input: newInput("> ", t)}
}

func (q *question) update(msg tea.Msg) tea.Cmd {
	if q.Name == "" {
		return nil
	}
	var cmd tea.Cmd
	q.input, cmd = q.input.Update(msg)
	q.wrong = false
	return cmd
}

// answer takes a key of the answer.
func (m *Model) answer(msg tea.KeyPressMsg) tea.Cmd {
	q := m.ask
	if q.Name == "" {
		switch keys.Match(msg.String(), keys.Dialog) {
		case "yes":
			m.ask = nil
			return q.Yes
		case "no":
			m.no()
		}
		return nil
	}
	switch typed := strings.TrimSpace(q.input.Value()); {
	case msg.String() == "esc", msg.String() == "enter" && typed == "":
		m.no()
	case msg.String() != "enter":
		return q.update(msg)
	case typed == q.Name:
		m.ask = nil
		return q.Yes
	default:
		q.wrong = true
	}
	return nil
}

func (m *Model) no() {
	m.ask = nil
	m.say("nothing was done", false)
}

// over puts the question into the middle.
func (q *question) over(lines []string, t *theme.Theme, width int) ([]string, *tea.Cursor) {
	inner := min(askWidth, width) - 4
	text := strings.Split(ansi.Wrap(table.Printable(q.Text), inner, ""), "\n")
	var answer []string
	if q.Name == "" {
		answer = []string{t.Key.Render("y") + " yes   " + t.Key.Render("n") + " no, also enter and esc"}
	} else {
		q.input.SetWidth(max(1, inner-3))
		ask := "Type " + t.Strong.Render(table.OneLine(q.Name)) + " to confirm; esc leaves it as it is."
		if q.wrong {
			ask = t.Bad.Render("That is not "+table.OneLine(q.Name)+".") + " " + ask
		}
		answer = append(strings.Split(ansi.Wrap(ask, inner, ""), "\n"), q.input.View())
	}
	// The answer is always seen; the text gives way.
	if room := len(lines) - len(answer) - 3; len(text) > room {
		text = text[:max(0, room)]
	}
	body := append(append(text, ""), answer...)
	if len(body)+2 > len(lines) {
		body = body[max(0, len(body)+2-len(lines)):]
	}
	box := frame(t, table.OneLine(q.Title), body, inner)
	x, y := (width-inner-4)/2, max(0, (len(lines)-len(box))/2)
	var cursor *tea.Cursor
	if q.Name != "" {
		if cursor = q.input.Cursor(); cursor != nil {
			cursor.X += x + 2
			cursor.Y = y + len(box) - 2
		}
	}
	return lay(lines, box, x, y), cursor
}

// frame draws a border with a title around lines.
func frame(t *theme.Theme, title string, body []string, inner int) []string {
	topLeft, topRight, bottomLeft, bottomRight, across, down := "╭", "╮", "╰", "╯", "─", "│"
	if !t.Unicode {
		topLeft, topRight, bottomLeft, bottomRight, across, down = "+", "+", "+", "+", "-", "|"
	}
	title = table.Cut(title, inner-2, t.Unicode)
	border := t.BorderFocus.Render
	box := []string{border(topLeft+across+" ") + t.Title.Render(title) + border(" "+strings.Repeat(across, inner-1-table.Width(title))+topRight)}
	for _, line := range body {
		line = ansi.Truncate(line, inner, "")
		box = append(box, border(down)+" "+line+strings.Repeat(" ", inner-ansi.StringWidth(line))+" "+border(down))
	}
	return append(box, border(bottomLeft+strings.Repeat(across, inner+2)+bottomRight))
}
