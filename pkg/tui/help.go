package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/tui/keys"
)

// help shows all keys of the screen below it.
type help struct{ from int }

// between columns of help.
const between = 3

func (h *help) key(msg tea.KeyPressMsg, m *Model) {
	page := m.env.Height
	switch keys.Match(msg.String(), keys.Move, keys.Global) {
	case keys.Back, keys.Help, keys.Quit:
		m.help = nil
		return
	case keys.Down:
		h.from++
	case keys.Up:
		h.from--
	case keys.Top:
		h.from = 0
	case keys.Bottom:
		h.from = len(m.helpLines())
	case keys.HalfDown:
		h.from += page / 2
	case keys.HalfUp:
		h.from -= page / 2
	case keys.PageDown:
		h.from += page
	case keys.PageUp:
		h.from -= page
	}
	h.from = max(0, min(h.from, len(m.helpLines())-page))
}

func (h *help) wheel(msg tea.MouseWheelMsg) {
	switch msg.Button {
	case tea.MouseWheelDown:
		h.from += 3
	case tea.MouseWheelUp:
		h.from = max(0, h.from-3)
	}
}

func (h *help) view(m *Model) string {
	lines := m.helpLines()
	h.from = max(0, min(h.from, len(lines)-m.env.Height)) // the terminal may have grown
	return strings.Join(lines[h.from:min(len(lines), h.from+m.env.Height)], "\n")
}

// helpLines are the keys that do something now, in as many columns as there is room for.
func (m *Model) helpLines() []string {
	blocks := m.helpBlocks()
	widest, total := 0, 0
	for _, b := range blocks {
		total += len(b)
		for _, line := range b {
			widest = max(widest, ansi.StringWidth(line))
		}
	}
	columns := max(1, (m.width+between)/(widest+between))
	var lines []string
	for i, column := range inColumns(blocks, total, columns) {
		for y, line := range column {
			if y == len(lines) {
				lines = append(lines, "")
			}
			at := i * (widest + between)
			lines[y] += strings.Repeat(" ", max(0, at-ansi.StringWidth(lines[y]))) + line
		}
	}
	return lines
}

// inColumns spreads blocks over columns of about the same height, in their order. No block
// is torn apart.
func inColumns(blocks [][]string, total, columns int) [][]string {
	wanted := (total + columns - 1) / columns
	all := [][]string{nil}
	for _, b := range blocks {
		last := len(all) - 1
		if len(all[last]) > 0 && len(all[last])+len(b)/2 > wanted && len(all) < columns {
			all = append(all, nil)
			last++
		}
		all[last] = append(all[last], b...)
	}
	return all
}

// helpBlocks are a group each: its name, its keys and an empty line.
func (m *Model) helpBlocks() [][]string {
	t := m.env.Theme
	groups := append(append([]keys.Group(nil), m.groups()...), keys.Global)
	type row struct{ key, text string }
	var blocks [][]row
	widest := 0
	taken := map[string]bool{}
	for _, g := range groups {
		rows := []row{{text: g.Name}}
		for _, b := range g.Bindings {
			var free []string
			for _, key := range b.Keys {
				if !taken[key] { // else a group before has it
					taken[key] = true
					free = append(free, key)
				}
			}
			if len(free) == 0 {
				continue
			}
			text := b.Help
			if b.Write && !m.env.Write {
				text += " (needs --write)"
			}
			rows = append(rows, row{m.shownAll(free), text})
		}
		if len(rows) > 1 {
			blocks = append(blocks, rows)
		}
	}
	typed := []row{{text: "Behind :"}}
	for _, c := range Commands {
		typed = append(typed, row{c.Usage(), c.Help})
	}
	blocks = append(blocks, typed)
	for _, b := range blocks {
		for _, r := range b {
			widest = max(widest, ansi.StringWidth(r.key))
		}
	}
	var drawn [][]string
	for _, b := range blocks {
		lines := []string{t.Head.Render(b[0].text)}
		for _, r := range b[1:] {
			gap := strings.Repeat(" ", widest-ansi.StringWidth(r.key)+2)
			lines = append(lines, t.Key.Render(r.key)+gap+t.Text.Render(r.text))
		}
		drawn = append(drawn, append(lines, ""))
	}
	return drawn
}
