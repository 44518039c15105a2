package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
)

// The smallest terminal in which something can be read.
const (
	minWidth  = 20
	minHeight = 6
)

// rulesFrom is the height from which the header is ruled off.
const rulesFrom = 16

const footerHeight = 1

func (m *Model) tooSmall() bool { return m.width < minWidth || m.height < minHeight }

func (m *Model) headerHeight() int {
	if m.height >= rulesFrom {
		return 3
	}
	return 2
}

// room is what the screens have.
func (m *Model) room() (width, height int) {
	return max(1, m.width), max(1, m.height-m.headerHeight()-footerHeight)
}

// View draws the terminal.
func (m *Model) View() tea.View {
	v := tea.View{AltScreen: true, WindowTitle: m.windowTitle()}
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	switch {
	case m.width == 0 || m.height == 0: // the terminal has not told yet
	case m.tooSmall():
		v.Content = tooSmall(m.width, m.height)
	default:
		v.Content, v.Cursor = m.draw()
	}
	return v
}

func (m *Model) draw() (string, *tea.Cursor) {
	lines := m.header()
	lines = append(lines, fit(m.body(), m.env.Width, m.env.Height)...)
	footer, cursor := m.footer()
	if m.prompt == nil {
		lines = m.toast.over(append(lines, footer), m.env.Theme, m.width)
	} else { // what is typed is always seen
		lines = append(m.toast.over(lines, m.env.Theme, m.width), footer)
	}
	if m.ask != nil {
		lines, cursor = m.ask.over(lines, m.env.Theme, m.width)
	}
	return strings.Join(lines, "\n"), cursor
}

func (m *Model) body() string {
	if m.help != nil {
		return m.help.view(m)
	}
	if l := m.top(); l != nil {
		return l.screen.View(&m.env)
	}
	return ""
}

// windowTitle tells several windows apart.
func (m *Model) windowTitle() string {
	title := m.env.Program
	if l := m.top(); l != nil {
		title = l.screen.Title()
	}
	if context := m.env.Connection.Context; context != "" {
		title += " @ " + context
	}
	return table.OneLine(title)
}

// tooSmall says so in what room there is.
func tooSmall(width, height int) string {
	text := "too small: " + size(width, height) + "; need " + size(minWidth, minHeight)
	if width < 9 {
		text = "small"
	}
	lines := strings.Split(ansi.Wrap(text, width, ""), "\n")
	return strings.Join(fit(strings.Join(lines, "\n"), width, height), "\n")
}

// fit cuts and fills a drawing, whatever a screen has drawn.
func fit(drawing string, width, height int) []string {
	lines := strings.Split(drawing, "\n")
	for len(lines) < height {
		lines = append(lines, "")
	}
	lines = lines[:height]
	for i, line := range lines {
		// What characters make together is not always as wide as they are when they are cut.
		for most := width; ansi.StringWidth(lines[i]) > width; most-- {
			lines[i] = ansi.Truncate(line, most, "")
		}
	}
	return lines
}

// sides puts one text at the left and one at the right. The left one gives way.
func sides(left, right string, width int, more string) string {
	free := width - ansi.StringWidth(right)
	if free <= 0 {
		return ansi.Truncate(right, width, more)
	}
	left = ansi.Truncate(left, free-1, more)
	return left + strings.Repeat(" ", free-ansi.StringWidth(left)) + right
}

// lay puts a box over lines, with its left top at x, y.
func lay(lines, box []string, x, y int) []string {
	out := append([]string(nil), lines...)
	for i, row := range box {
		if y+i < 0 || y+i >= len(out) {
			continue
		}
		below := out[y+i]
		left := ansi.Truncate(below, x, "")
		left += strings.Repeat(" ", x-ansi.StringWidth(left))
		behind := x + ansi.StringWidth(row)
		right := ansi.TruncateLeft(below, behind, "")
		for room, more := max(0, ansi.StringWidth(below)-behind), 1; ansi.StringWidth(right) > room; more++ {
			// The box ends in the middle of a wide character.
			right = ansi.TruncateLeft(below, behind+more, "")
			right = strings.Repeat(" ", max(0, room-ansi.StringWidth(right))) + right
		}
		out[y+i] = left + row + right
	}
	return out
}
