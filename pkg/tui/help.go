package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// help shows all keys of the screen below it.
type help struct{ from int }

// between columns of help there is room; a column is that wide before there is another.
const (
	between     = 3
	columnWidth = 54
)

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
	sections, keyWidth, textWidth := m.helpSections()
	columns := max(1, (m.width+between)/(columnWidth+between))
	each := min(keyWidth+2+textWidth, (m.width-(columns-1)*between)/columns)
	var blocks [][]string
	total := 0
	for _, s := range sections {
		b := s.draw(m.env.Theme, keyWidth, each)
		blocks = append(blocks, b)
		total += len(b)
	}
	var lines []string
	for i, column := range inColumns(blocks, total, columns) {
		for y, line := range column {
			if y == len(lines) {
				lines = append(lines, "")
			}
			at := i * (each + between)
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

// section of help: a group of keys, or the commands.
type section struct {
	name string
	rows []helpRow
}

type helpRow struct{ key, text string }

// helpSections are those of the screen, then those that hold everywhere, and how wide their
// keys and texts are.
func (m *Model) helpSections() (sections []section, keyWidth, textWidth int) {
	taken := map[string]bool{}
	for _, g := range append(slices.Clone(m.groups()), keys.Global) {
		s := section{name: g.Name}
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
			s.rows = append(s.rows, helpRow{m.shownAll(free), text})
		}
		if len(s.rows) > 0 {
			sections = append(sections, s)
		}
	}
	typed := section{name: "Behind :"}
	for _, c := range Commands {
		typed.rows = append(typed.rows, helpRow{c.Usage(), c.Help})
	}
	sections = append(sections, typed)
	for _, s := range sections {
		for _, r := range s.rows {
			keyWidth, textWidth = max(keyWidth, ansi.StringWidth(r.key)), max(textWidth, ansi.StringWidth(r.text))
		}
	}
	return sections, keyWidth, textWidth
}

// draw ends with an empty line.
func (s *section) draw(t *theme.Theme, keyWidth, width int) []string {
	lines := []string{t.Head.Render(s.name)}
	indent := keyWidth + 2
	for _, r := range s.rows {
		begin := t.Key.Render(r.key) + strings.Repeat(" ", indent-ansi.StringWidth(r.key))
		for _, text := range table.Wrap("", "", r.text, max(1, width-indent)) {
			lines = append(lines, begin+t.Text.Render(text))
			begin = strings.Repeat(" ", indent)
		}
	}
	return append(lines, "")
}
