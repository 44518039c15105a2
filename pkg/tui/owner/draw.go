package owner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/graph"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/theme"
	"github.com/carto-run/carto/pkg/why"
)

// drawing is the graph as it was drawn last, and which part of it is seen.
type drawing struct {
	picture *graph.Picture
	boxes   []graph.Box
	edges   []graph.Edge
	options graph.Options
	// choice was made for fitted.
	choice choice
	fitted fit
	// x and y are the first cell that is seen; reveal asks to show the selected box.
	x, y   int
	reveal bool
	// seen is the size of the room for it.
	seen area
}

func (m *model) Status(*screen.Env) string {
	if m.snapshot == nil {
		return ""
	}
	t := m.snapshot.Tree
	// The header cuts from the end.
	var parts []string
	switch {
	case t.Owner.Kind == "":
		parts = append(parts, count(len(m.cells), "step"), count(len(t.Owners), "owner"))
	case len(t.Steps) > 0:
		ready := 0
		for i := range t.Steps {
			if t.Steps[i].Ready.Status == "True" {
				ready++
			}
		}
		parts = append(parts, fmt.Sprintf("%d of %s ready", ready, count(len(t.Steps), "step")))
	case len(t.Runs) > 0:
		parts = append(parts, count(len(t.Runs), "run"))
	}
	if t.Blueprint != nil {
		parts = append(parts, table.OneLine(t.Blueprint.Kind+" "+t.Blueprint.Name))
	}
	return strings.Join(parts, ", ")
}

func (m *model) View(env *screen.Env) string {
	if env.Width < 1 || env.Height < 1 {
		return strings.Repeat("\n", max(0, env.Height-1))
	}
	head := m.head(env)
	l := m.arrange(env, len(head))
	lines := append([]string{}, head[:l.head]...)
	switch {
	case l.graph.height > 0 && l.detail.height > 0 && l.graph.y == l.detail.y:
		left, right := m.graphPane(env, l.graph), m.detailPane(env, l.detail)
		bar := env.Theme.Border.Render(glyphsOf(env.Theme).bar)
		for i := range left {
			lines = append(lines, fill(left[i], l.graph.width)+bar+right[i])
		}
	default:
		lines = append(lines, m.graphPane(env, l.graph)...)
		lines = append(lines, m.detailPane(env, l.detail)...)
	}
	for len(lines) < env.Height {
		lines = append(lines, "")
	}
	if m.fault != nil && m.fault.Gone && m.snapshot != nil {
		plainly(lines[1:], env.Theme.Faint)
	}
	return strings.Join(cutAll(lines, env.Width, env.Theme.Unicode), "\n")
}

// arrange lays out what is shown at this size, and brings the drawing and the detail up to
// date.
func (m *model) arrange(env *screen.Env, head int) layout {
	l := layout{head: min(head, env.Height)}
	if m.snapshot == nil {
		return l
	}
	l = m.lay(env, head, m.fitting(env, env.Height-steadyHead(env, head)))
	if l.graph.height > 0 {
		m.redraw(env, l.graph)
		l.shrink(m.drawing.picture.Height + 1)
	}
	if l.detail.height > 0 {
		w := &writer{model: m, theme: env.Theme, now: env.Now, width: max(1, l.detail.width-1), full: l.graph.height == 0 && m.alone}
		rows := w.write()
		if !w.full && len(rows) > l.detail.room() {
			rows = dense(rows)
		}
		m.detail.set(rows, l.detail.room())
	}
	return l
}

// redraw the graph, if what it shows has changed.
func (m *model) redraw(env *screen.Env, at area) {
	d := &m.drawing
	a := &artist{theme: env.Theme, now: env.Now, tree: m.snapshot.Tree}
	boxes, all := a.boxes(m.cells, d.choice.form, d.choice.form.direction == graph.Down && env.Width >= besides), edges(m.cells, m.progress)
	m.flash(boxes, all)
	var before graph.Rect
	if d.picture != nil {
		before = d.picture.Boxes[m.selected]
	}
	o := d.choice.form.options(at.width, env)
	if d.choice.beside {
		o.Width = d.choice.width
	}
	o.Selected, o.MaxBox = m.selected, widestBox
	was := d.options
	was.Selected = o.Selected
	alike := d.picture != nil && was == o && slices.EqualFunc(boxes, d.boxes, sameBox)
	switch {
	case alike && o.Selected == d.options.Selected && slices.Equal(all, d.edges):
	case alike:
		// The width that was found is found at once; to try all takes most of the time.
		found := o
		found.MaxBox = d.widest()
		d.picture, d.options, d.edges = m.draw(boxes, all, found), o, all
	default:
		d.picture, d.options, d.boxes, d.edges = m.draw(boxes, all, o), o, boxes, all
	}
	seen := area{0, 0, at.width, at.room()}
	// A box that moved is followed; one that did not leaves people where they scrolled to.
	if seen != d.seen || before != d.picture.Boxes[m.selected] {
		d.seen, d.reveal = seen, true
	}
	if d.reveal {
		d.reveal = false
		d.show(d.picture.Boxes[m.selected])
	}
	d.scroll(0, 0)
}

// widest box of the picture.
func (d *drawing) widest() int {
	widest := 0
	for _, b := range d.picture.Boxes {
		widest = max(widest, b.Width)
	}
	return widest
}

func sameBox(a, b graph.Box) bool {
	return a.ID == b.ID && a.Title == b.Title && a.Look == b.Look && slices.Equal(a.Lines, b.Lines)
}

// show scrolls as little as needed to see a box.
func (d *drawing) show(r graph.Rect) {
	d.x = into(d.x, r.X, r.Width, d.seen.width)
	d.y = into(d.y, r.Y, r.Height, d.seen.height)
}

// into is the offset nearest to the one before, at which what begins at and is so long is
// seen in the room; its beginning, when it does not fit.
func into(offset, at, long, room int) int {
	if at+long > offset+room {
		offset = at + long - room
	}
	return min(offset, at)
}

// scroll moves the part that is seen, within the picture.
func (d *drawing) scroll(dx, dy int) {
	d.x = max(0, min(d.x+dx, d.picture.Width-d.seen.width))
	d.y = max(0, min(d.y+dy, d.picture.Height-d.seen.height))
}

// graphPane draws exactly the lines of its area.
func (m *model) graphPane(env *screen.Env, at area) []string {
	if at.height == 0 {
		return nil
	}
	d := &m.drawing
	lines := []string{m.rule(env, at, m.graphTitle(), inGraph, d.y, d.picture.Height)}
	if len(m.cells) == 0 {
		lines = append(lines, m.noSteps(env, at.width)...)
		lines = lines[:min(len(lines), at.height)]
	} else {
		for i := d.y; i < min(d.y+at.room(), len(d.picture.Lines)); i++ {
			line := d.picture.Lines[i]
			if d.x > 0 || d.picture.Width > at.width {
				line = ansi.Cut(line, d.x, d.x+at.width)
			}
			lines = append(lines, line)
		}
	}
	for len(lines) < at.height {
		lines = append(lines, "")
	}
	return lines
}

func (m *model) graphTitle() string {
	t := m.snapshot.Tree
	switch {
	case t.Owner.Kind == "":
		return fmt.Sprintf("%s, %s", count(len(m.cells), "step"), count(len(t.Owners), "owner"))
	case len(t.Runs) > 0:
		return count(len(t.Runs), "run")
	case t.Blueprint != nil:
		return t.Blueprint.Kind + " " + t.Blueprint.Name
	}
	switch {
	case m.unseen():
		return "not looked at yet"
	case t.Owner.Kind == v1alpha1.KindRunnable:
		return "no run yet"
	}
	return "no blueprint"
}

// unseen tells of an owner of which the agent has said nothing.
func (m *model) unseen() bool {
	c := m.snapshot.Tree.RootCause
	return c != nil && c.Reason == tree.ReasonNotSeen
}

// noSteps is what is said where no graph can be drawn, about how the blueprints were
// considered above all.
func (m *model) noSteps(env *screen.Env, width int) []string {
	t := m.snapshot.Tree
	text := "There are no steps; d shows all that it says."
	switch state, word := treeState(t), strings.ToLower(t.Owner.Kind); {
	case m.unseen():
		text = "The agent has not looked at it yet, which usually takes seconds. When it stays so, see whether the agent runs."
	case t.Owner.Kind == v1alpha1.KindRunnable && state == feed.Failed:
		text = "There is no run yet: what stands above has to be put right first."
	case t.Owner.Kind == v1alpha1.KindRunnable:
		text = "There is no run yet; the agent makes one when all that it reads is there."
	case t.Owner.Kind != "" && t.Blueprint == nil:
		text = "No blueprint was chosen for it, so nothing is stamped. Labels decide: change those of the " + word + ", or the selector of a blueprint."
	}
	lines := append([]string{""}, wrap(text, width)...)
	w := m.why()
	if w == nil || w.Selection == nil {
		return append(lines, "", env.Theme.Faint.Render("i says more, v shows its events"))
	}
	var out strings.Builder
	o := why.TextOptions{Now: env.Now, Program: env.Program, Unicode: env.Theme.Unicode, Width: width}
	if err := why.WriteChoice(&out, &w.Selection.Choice, strings.ToLower(t.Owner.Kind), o); err != nil {
		return lines
	}
	lines = append(lines, "", env.Theme.Head.Render("Which "+w.Selection.Kind+" selects it"))
	return append(lines, strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")...)
}

func (m *model) detailPane(env *screen.Env, at area) []string {
	if at.height == 0 {
		return nil
	}
	focused := m.focus == inDetail
	lines := []string{m.rule(env, at, m.detailTitle(env.Theme), inDetail, m.detail.top, len(m.detail.rows))}
	for _, line := range m.detail.draw(max(1, at.width-1), focused, env.Theme) {
		lines = append(lines, " "+line)
	}
	for len(lines) < at.height {
		lines = append(lines, "")
	}
	return lines
}

func (m *model) detailTitle(th *theme.Theme) string {
	c := m.cell(m.selected)
	switch {
	case c == nil:
		return named(m.root())
	case c.run != nil:
		return "runs"
	case c.below != nil:
		return c.below.Owner.Kind + "/" + c.below.Owner.Name
	}
	// The keys are about the object of a step, not about the owner that was opened.
	if c.step != nil && c.step.Object != nil {
		line := glyphsOf(th).rule
		if m.focus == inDetail {
			line = glyphsOf(th).focus
		}
		return "step " + c.id + " " + line + " " + c.step.Object.Kind + "/" + c.step.Object.Name
	}
	return "step " + c.id
}

// rule is the title of a pane. It is heavy where the focus is, and says which lines are seen
// when those are not all.
func (m *model) rule(env *screen.Env, at area, title string, is place, top, all int) string {
	line, style := glyphsOf(env.Theme).rule, env.Theme.Border
	if m.focus == is {
		line, style = glyphsOf(env.Theme).focus, env.Theme.BorderFocus
	}
	title = line + " " + table.Cut(table.OneLine(title), max(1, at.width-6), env.Theme.Unicode) + " "
	where := line
	if all > at.room() {
		where = fmt.Sprintf(" %d-%d of %d ", min(top+1, all), min(top+at.room(), all), all) + line
	}
	rest := at.width - table.Width(title) - table.Width(where)
	if rest < 0 {
		where, rest = "", max(0, at.width-table.Width(title))
	}
	return style.Render(table.Cut(title+strings.Repeat(line, rest)+where, at.width, env.Theme.Unicode))
}

// fill cuts or pads a line to a width.
func fill(line string, width int) string {
	if n := table.Width(line); n > width {
		line = ansi.Cut(line, 0, width)
	}
	return pad(line, width)
}
