package owner

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/pane"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// writer makes the rows of the detail.
type writer struct {
	*model
	theme *theme.Theme
	now   time.Time
	width int
	// full shows values whole; else they have a line.
	full bool
	rows []row
	// said are the messages that stand above: the same one is not said twice.
	said []string
}

// maxMessage is how many lines of one message are shown; the panes have all.
const maxMessage = 12

// label is the width of the names of fields.
const label = 10

// write the detail of what is selected.
func (w *writer) write() []row {
	root := w.root()
	switch c := w.cell(w.selected); {
	case w.snapshot == nil:
	case c == nil && w.snapshot.Tree.Owner.Kind == "":
		w.blueprint()
	case c == nil:
		w.owner(w.snapshot.Tree)
	case c.plan != nil:
		w.plan(c.plan)
	case c.run != nil:
		w.runs()
	case c.below != nil:
		w.owner(c.below)
	default:
		w.step(root, c.step)
	}
	return w.rows
}

func (w *writer) line(text string, t *pane.Target) { w.rows = append(w.rows, row{text, t}) }

// section begins with an empty line and a title.
func (w *writer) section(title string) {
	if len(w.rows) > 0 {
		w.line("", nil)
	}
	w.line(w.theme.Head.Render(title), nil)
}

// field is a name with words, which are wrapped.
func (w *writer) field(name, value string, style lipgloss.Style) {
	w.fields(name, wrap(value, w.width-label), style, nil)
}

// link is a name with a value, which has one line unless there is room for all. With a
// target it can be selected.
func (w *writer) link(name, value string, style lipgloss.Style, t *pane.Target) {
	parts := []string{middle(value, max(1, w.width-label), w.theme.Unicode)}
	if w.full {
		parts = wrap(value, w.width-label)
	}
	w.fields(name, parts, style, t)
}

func (w *writer) fields(name string, parts []string, style lipgloss.Style, t *pane.Target) {
	if len(parts) == 1 && parts[0] == "" {
		return
	}
	for i, part := range parts {
		begin := strings.Repeat(" ", label)
		if i == 0 {
			begin = w.theme.Faint.Render(pad(name, label))
		}
		w.line(begin+style.Render(part), t)
	}
}

// complaint is a message, unless it was said already.
func (w *writer) complaint(indent, text string) {
	if !w.known(text) {
		w.said = append(w.said, text)
		w.message(indent, text)
	}
}

// known tells whether a message was said already.
func (w *writer) known(text string) bool {
	return slices.ContainsFunc(w.said, func(said string) bool { return strings.Contains(said, strings.TrimSpace(text)) })
}

// message keeps its lines: those of ytt show where in a template the fault is.
func (w *writer) message(indent, text string) {
	n := 0
	for line := range strings.SplitSeq(strings.TrimSpace(table.Printable(text)), "\n") {
		line = strings.TrimRight(strings.ReplaceAll(table.Brief(line), "\t", "  "), " ")
		if line == "" {
			continue
		}
		for _, part := range wrap(line, w.width-table.Width(indent)) {
			if n++; n > maxMessage {
				w.line(indent+w.theme.Faint.Render("more lines; d or y shows them"), nil)
				return
			}
			w.line(indent+part, nil)
		}
	}
}

// condition is a state with what explains it.
func (w *writer) condition(name string, s tree.State) {
	if s.Status == "" {
		return
	}
	text := status(w.theme, s.Status)
	if s.Reason != "" && s.Reason != name {
		text += "  " + table.OneLine(s.Reason)
	}
	if since := age(w.now, s.Since); since != "" {
		text += ", " + since
	}
	w.field(name, text, w.theme.State(theme.StateOf(s.Status)))
	if s.Status != "True" && s.Message != "" {
		w.complaint(strings.Repeat(" ", label), s.Message)
	}
}

// patient is a condition of a step that only waits. A template that does not render yet is no
// fault; the cross and the words of the failure would be read as one.
func (w *writer) patient(c titled) {
	if c.state.Status == "" {
		return
	}
	text := w.theme.Glyph(feed.Waiting) + " not yet"
	if r := c.state.Reason; r != "" && r != c.name && r != c.state.Status {
		text += "  " + table.OneLine(r)
	}
	w.field(c.name, text, w.theme.Faint)
}

func (w *writer) step(owner tree.Ref, s *tree.Step) {
	state := stepState(w.snapshot.Tree, s)
	text := word(w.theme, state)
	if since := age(w.now, s.Ready.Since); since != "" {
		text += " for " + since
	}
	if s.Waits() && len(s.WaitsFor) > 0 {
		text += ": it waits for " + strings.Join(s.WaitsFor, ", ")
	}
	w.field("State", table.OneLine(text), w.theme.State(state))
	if s.Phase == tree.PhasePassThrough {
		w.field("", "passes its input through, and stamps nothing", w.theme.Text)
	}
	var quiet []titled
	for _, c := range []titled{{"Ready", s.Ready}, {"Healthy", s.Healthy}} {
		switch {
		case c.state.Status == "True":
			quiet = append(quiet, c)
		case state == feed.Waiting && len(s.WaitsFor) > 0:
			w.patient(c)
		default:
			w.condition(c.name, c.state)
		}
	}
	if s.Object != nil && s.Ready.Status != "True" {
		w.stamped(owner, s)
		w.line("", nil)
	}
	w.template(owner, s.Name, s.Template)
	if len(quiet) > 0 {
		w.section("Conditions")
	}
	for _, c := range quiet {
		w.condition(c.name, c.state)
	}
	w.inputs(s)
	w.outputs(s)
	if s.Object != nil && s.Ready.Status == "True" {
		w.stamped(owner, s)
	}
}

// stamped object, with all below it.
func (w *writer) stamped(owner tree.Ref, s *tree.Step) {
	all := []tree.Object{*s.Object}
	w.complaints(owner, s.Name, all)
	w.section("Stamped")
	title := &w.rows[len(w.rows)-1].text
	*title += " " + w.theme.Text.Render(table.OneLine(s.Object.Kind+" "+named(s.Object.Ref))) + w.theme.Faint.Render("  "+table.OneLine(s.Object.APIVersion))
	w.objects(owner, s.Name, all)
}

// titled is a condition with its name.
type titled struct {
	name  string
	state tree.State
}

// template that was used, which may be looked at.
func (w *writer) template(owner tree.Ref, step string, ref *tree.Ref) {
	if ref == nil {
		return
	}
	full := *ref
	if full.Resource == "" && own(full, full.Kind) {
		full = withResource(full)
	}
	w.link("Template", table.OneLine(ref.Kind+"/"+ref.Name), w.theme.Text, w.model.target(owner, step, full))
}

func (w *writer) inputs(s *tree.Step) {
	if len(s.Inputs) == 0 {
		return
	}
	w.section("Inputs")
	g := glyphsOf(w.theme)
	for _, in := range s.Inputs {
		style, glyph := w.theme.Good, w.theme.Glyph(theme.StateOf("True"))
		if !in.Available {
			style, glyph = w.theme.Busy, w.theme.Glyph(theme.StateOf("Unknown"))
		}
		text := style.Render(glyph) + " " + w.theme.Strong.Render(inputName(in.Edge)) + " " + g.from + " " + table.OneLine(in.From)
		if in.Name != "" && in.Type != "" {
			text += w.theme.Faint.Render("  " + table.OneLine(in.Type))
		}
		w.line(text, nil)
		if !in.Available {
			w.line("  "+w.theme.Faint.Render("not there yet"), nil)
			continue
		}
		for _, v := range in.Values {
			w.value("  ", v.Name, firstLine(v.Preview))
		}
	}
}

// value behind its name, on one line unless there is room for all.
func (w *writer) value(indent, name, text string) {
	name = indent + table.OneLine(name) + " "
	room := max(1, w.width-table.Width(name))
	parts := []string{middle(brief(text), room, w.theme.Unicode)}
	if w.full {
		parts = wrap(text, room)
	}
	for i, part := range parts {
		if i > 0 {
			name = strings.Repeat(" ", table.Width(name))
		}
		w.line(w.theme.Faint.Render(name)+part, nil)
	}
}

func (w *writer) outputs(s *tree.Step) {
	if len(s.Outputs) == 0 {
		return
	}
	w.section("Outputs")
	for _, o := range s.Outputs {
		w.output(table.OneLine(o.Name), firstLine(o.Preview), digest(o.Digest), age(w.now, o.Since), strings.Count(strings.TrimSpace(o.Preview), "\n"))
	}
}

// leastValue is how much of the value of an output is worth a place beside its digest.
const leastValue = 26

// output on one line, where there is room for its digest and age beside the value; else on
// two.
func (w *writer) output(name, value, digest, since string, lines int) {
	more, short := "digest "+digest, digest
	if since != "" {
		more, short = more+", since "+since, short+", "+since
	}
	if lines > 0 {
		more, short = fmt.Sprintf("%s, %d more lines", more, lines), fmt.Sprintf("%s, +%d lines", short, lines)
	}
	room := w.width - label - 2
	if !w.full && table.Width(value) > room+2 {
		value = brief(value)
	}
	for _, text := range []string{more, short} {
		left := room - table.Width(text)
		if w.full || table.Width(value) > left && (text == more || left < leastValue) {
			continue
		}
		value = middle(value, left, w.theme.Unicode)
		w.line(w.theme.Faint.Render(pad(name, label))+w.theme.Text.Render(value)+w.theme.Faint.Render("  "+text), nil)
		return
	}
	w.link(name, value, w.theme.Text, nil)
	w.field("", more, w.theme.Faint)
}

func (w *writer) plan(p *tree.BlueprintStep) {
	root := w.root()
	ref := tree.Ref{APIVersion: root.APIVersion, Kind: p.TemplateKind, Name: p.TemplateName}
	if p.TemplateName == "" {
		w.field("Template", table.OneLine(p.TemplateKind)+", chosen by options", w.theme.Text)
	} else {
		w.template(root, p.Name, &ref)
	}
	if len(p.Inputs) > 0 {
		w.section("Inputs")
	}
	for _, in := range p.Inputs {
		w.line(w.theme.Strong.Render(inputName(in))+" "+glyphsOf(w.theme).from+" "+table.OneLine(in.From)+w.theme.Faint.Render("  "+table.OneLine(in.Type)), nil)
	}
}

// runs of a Runnable, the newest with all that is below it.
func (w *writer) runs() {
	runs, root := w.snapshot.Tree.Runs, w.root()
	w.condition("Ready", runs[0].Ready)
	w.complaints(root, "", runs[:1])
	w.section("Newest run")
	w.objects(root, "", runs[:1])
	if len(runs) > 1 {
		older := make([]tree.Object, 0, len(runs)-1)
		for _, run := range runs[1:] {
			run.Children = nil // their pods are of no use any more, and mostly gone
			older = append(older, run)
		}
		w.section("Older runs")
		w.objects(root, "", older)
	}
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
}

func moment(t time.Time) tree.Time {
	m := metav1.NewTime(t)
	return &m
}
