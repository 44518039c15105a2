package create

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/theme"
)

const (
	// besides is the width from which the manifest stands beside the fields.
	besides = 100
	// maxForm is how wide fields get: longer lines are hard to read.
	maxForm = 100
	// maxLabel is how wide the names of fields get.
	maxLabel = 24
)

func wide(env *screen.Env) bool { return env.Width >= besides }

// formWidth is the room of the fields.
func formWidth(env *screen.Env) int {
	if !wide(env) {
		return env.Width
	}
	return min(maxForm, env.Width*11/20)
}

func (f *form) View(env *screen.Env) string {
	var lines []string
	switch {
	case f.page && !wide(env):
		lines = f.drawManifest(env, env.Width)
	case wide(env):
		left, bar := formWidth(env), "│"
		if !env.Theme.Unicode {
			bar = "|"
		}
		fields, manifest := f.drawFields(env, left), f.drawManifest(env, env.Width-left-3)
		for i := range env.Height {
			lines = append(lines, padded(fields[i], left)+" "+env.Theme.Border.Render(bar)+" "+manifest[i])
		}
	default:
		lines = f.drawFields(env, env.Width)
	}
	for i, line := range lines {
		lines[i] = ansi.Truncate(line, env.Width, "")
	}
	return strings.Join(lines, "\n")
}

func padded(line string, width int) string {
	line = ansi.Truncate(line, width, "")
	return line + strings.Repeat(" ", max(0, width-table.Width(line)))
}

// drawFields draws the part of the fields in which the focus is, and at the bottom what the
// API server said.
func (f *form) drawFields(env *screen.Env, width int) []string {
	var below []string
	if f.refused != "" {
		below = table.Wrap(mark(env.Theme, "✗ ", "x "), "  ", f.refused, width)
		below = below[:min(len(below), env.Height/3)]
		for i := range below {
			below[i] = env.Theme.Bad.Render(below[i])
		}
	}
	height := env.Height - len(below)
	rows, from, to := f.drawRows(env, width)
	// The whole of the field with the focus is to be seen, with what is below it.
	f.top = max(0, min(f.top, len(rows)-height, from))
	f.top = max(f.top, min(to-height, from))
	rows = rows[f.top:min(len(rows), f.top+height)]
	for len(rows) < height {
		rows = append(rows, "")
	}
	return append(rows, below...)
}

// drawRows draws all fields; those from the row from to the row to have the focus.
func (f *form) drawRows(env *screen.Env, width int) (rows []string, from, to int) {
	t := env.Theme
	label := 0
	fields := f.fields()
	for _, x := range fields {
		label = max(label, table.Width(x.label))
	}
	label = min(label, maxLabel, width/3)
	f.rows = f.rows[:0]
	add := func(at int, row string) {
		rows, f.rows = append(rows, row), append(f.rows, at)
	}
	for i, x := range fields {
		if i == len(f.fixed) {
			add(i, "")
			add(i, t.Head.Render(table.Cut("  params of "+f.blueprint.choices[f.blueprint.chosen], width, t.Unicode)))
		}
		focused := i == f.at && !f.page
		before, name := "  ", t.Faint
		if focused {
			before, name = mark(t, "▸ ", "> "), t.Strong
			from = len(rows)
		}
		indent := 2 + label + 2
		add(i, before+name.Render(padded(table.Cut(x.label, label, t.Unicode), label))+"  "+x.draw(t, width-indent, focused))
		for _, line := range f.below(t, x, focused, indent, width) {
			add(i, line)
		}
		if focused {
			to = len(rows)
		}
	}
	return rows, from, to
}

func mark(t *theme.Theme, unicode, ascii string) string {
	if t.Unicode {
		return unicode
	}
	return ascii
}

// below a field is what is wrong with it, or what it is for.
func (f *form) below(t *theme.Theme, x *field, focused bool, indent, width int) []string {
	style, text := t.Faint, ""
	switch fault := f.faults[x.at]; {
	case f.refusedAt[x.at] != "":
		style, text = t.Bad, mark(t, "✗ ", "x ")+f.refusedAt[x.at]
	// What is missing is no fault before the field was left.
	case fault != "" && (f.all || x.visited || x.touched()):
		style, text = t.Bad, mark(t, "✗ ", "x ")+table.OneLine(fault)
	case x.at == atBlueprint && f.unknown != "":
		style, text = t.Busy, f.unknown
	case x.at == atBlueprint:
		text = f.aboutBlueprint()
	case focused:
		text = x.note
	}
	if text == "" {
		return nil
	}
	space := strings.Repeat(" ", indent)
	if width-indent < 20 { // no room for a column of its own
		space = "  "
	}
	lines := table.Wrap(space, space, text, width)
	for i := range lines {
		lines[i] = style.Render(table.Cut(lines[i], width, t.Unicode))
	}
	return lines
}

// aboutBlueprint says what choosing it does.
func (f *form) aboutBlueprint() string {
	b := f.chosen()
	switch {
	case !f.heard:
		return "the blueprints are being read"
	case b == nil && len(f.draft.labels()) == 0:
		return "without a label hardly any blueprint selects it"
	case b == nil:
		return ""
	case len(b.Labels) == 0:
		return "what it selects can not be said as labels alone"
	}
	var labels []string
	for _, k := range slices.Sorted(maps.Keys(b.Labels)) {
		labels = append(labels, table.Cell(k+"="+b.Labels[k]))
	}
	return "selects " + strings.Join(labels, ", ")
}

// drawManifest draws as much of the manifest as there is room for.
func (f *form) drawManifest(env *screen.Env, width int) []string {
	t := env.Theme
	room := max(0, env.Height-1)
	f.manifestTop = max(0, min(f.manifestTop, len(f.manifest)-room))
	lines := []string{t.Head.Render(table.Cut("manifest", width, t.Unicode))}
	for _, line := range f.manifest[f.manifestTop:min(len(f.manifest), f.manifestTop+room)] {
		lines = append(lines, paint(t, table.Cut(table.Cell(line), width, t.Unicode)))
	}
	for len(lines) < env.Height {
		lines = append(lines, "")
	}
	return lines
}

var entry = regexp.MustCompile(`^( *(?:- )*)([^\s:][^:]*:)( .*)?$`)

// paint colours the keys of YAML that we wrote.
func paint(t *theme.Theme, line string) string {
	if parts := entry.FindStringSubmatch(line); parts != nil {
		return parts[1] + t.YAMLKey.Render(parts[2]) + t.YAMLString.Render(parts[3])
	}
	return line
}
