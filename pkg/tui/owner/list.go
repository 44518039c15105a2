package owner

import (
	"slices"

	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/pane"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// row is a line of the detail. One with a target can be selected.
type row struct {
	text   string
	target *pane.Target
}

// list is rows that are scrolled, of which some can be selected.
type list struct {
	rows   []row
	height int
	// top is the first row that is seen. cursor is the selected one; it counts only where
	// there is a target.
	top, cursor int
}

// dense leaves out empty rows.
func dense(rows []row) []row {
	return slices.DeleteFunc(rows, func(r row) bool { return r.text == "" && r.target == nil })
}

// set replaces the rows and keeps what is selected, if it is still there.
func (l *list) set(rows []row, height int) {
	if before := l.target(); before != nil {
		l.cursor = -1
		for i := range rows {
			if t := rows[i].target; t != nil && t.Ref == before.Ref && t.Step == before.Step {
				l.cursor = i
				break
			}
		}
	}
	l.rows, l.height = rows, height
	l.scroll(0)
}

// target of the selected row; nil when none is selected.
func (l *list) target() *pane.Target {
	if l.cursor < 0 || l.cursor >= len(l.rows) {
		return nil
	}
	return l.rows[l.cursor].target
}

// scroll moves what is seen, as far as there is something.
func (l *list) scroll(by int) { l.top = max(0, min(l.top+by, len(l.rows)-l.height)) }

// move goes to the next row that can be selected, if it is seen then; else it scrolls.
func (l *list) move(by int) {
	from := l.cursor
	if l.target() == nil {
		from = l.top - 1
		if by < 0 {
			from = l.top + l.height
		}
	}
	for i := from + by; i >= 0 && i < len(l.rows); i += by {
		if i < l.top-1 || i > l.top+l.height {
			break
		}
		if l.rows[i].target != nil {
			l.choose(i)
			return
		}
	}
	l.scroll(by)
}

// choose selects a row, and shows it.
func (l *list) choose(i int) {
	if i < 0 || i >= len(l.rows) || l.rows[i].target == nil {
		return
	}
	l.cursor = i
	if i < l.top {
		l.top = i
	}
	if i >= l.top+l.height {
		l.top = i - l.height + 1
	}
}

// first selects the first row that is seen and can be selected, unless one is selected.
func (l *list) first() {
	if l.target() != nil {
		return
	}
	for i := l.top; i < min(l.top+l.height, len(l.rows)); i++ {
		if l.rows[i].target != nil {
			l.cursor = i
			return
		}
	}
}

// edge goes to the first or last row.
func (l *list) edge(last bool) {
	l.top, l.cursor = 0, -1
	if last {
		l.scroll(len(l.rows))
	}
	for i := range l.rows {
		at := i
		if last {
			at = len(l.rows) - 1 - i
		}
		if l.rows[at].target != nil {
			if at >= l.top && at < l.top+l.height {
				l.cursor = at
			}
			return
		}
	}
}

// draw the rows that are seen.
func (l *list) draw(width int, focused bool, th *theme.Theme) []string {
	lines := make([]string, 0, l.height)
	for i := l.top; i < min(l.top+l.height, len(l.rows)); i++ {
		line := table.Cut(l.rows[i].text, width, th.Unicode)
		if focused && i == l.cursor && l.rows[i].target != nil {
			line = th.Selected.Render(ansi.Strip(line))
		}
		lines = append(lines, line)
	}
	return lines
}
