package owner

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// owner is the one of the screen, or one that a step of it stamped.
func (w *writer) owner(t *tree.Tree) {
	owner := t.Owner.Ref
	w.field("Owner", table.OneLine(owner.Kind+" "+named(owner)), w.theme.Strong)
	if b := t.Blueprint; b != nil {
		ref := withResource(*b)
		w.link("Blueprint", table.OneLine(b.Kind+"/"+b.Name), w.theme.Text, w.model.target(ref, "", ref))
	}
	if s := t.Owner.Source; s != nil {
		w.link("Source", table.OneLine(s.String()), w.theme.Text, nil)
	}
	if created := age(w.now, t.Owner.Created); created != "" {
		w.field("Created", created+" ago", w.theme.Text)
	}
	if !t.Owner.Current && t.Owner.ObservedGeneration > 0 {
		w.field("Status", fmt.Sprintf("of generation %d; the %s is at %d", t.Owner.ObservedGeneration, strings.ToLower(owner.Kind), t.Owner.Generation), w.theme.Busy)
	}
	w.section("Conditions")
	w.condition("Ready", t.Owner.Ready)
	if h := t.Owner.Healthy; h.Status != "Unknown" || h.Reason != "" {
		w.condition("Healthy", h)
	}
	if len(t.Steps) > 0 {
		w.section(count(len(t.Steps), "step"))
		w.steps(t)
	}
	if t == w.snapshot.Tree {
		w.remarks()
	}
}

// widestStep is how much room the name of a step gets at most in the list of all.
const widestStep = 30

// steps of an owner in the order of the graph, with what they give or wait for.
func (w *writer) steps(t *tree.Tree) {
	widest := 0
	for i := range t.Steps {
		widest = min(widestStep, max(widest, table.Width(t.Steps[i].Name)))
	}
	for i := range t.Steps {
		s := &t.Steps[i]
		state := stepState(t, s)
		text := mainOutput(s.Outputs)
		switch {
		case state == feed.Ready:
		case s.Waits() && len(s.WaitsFor) > 0:
			text = table.OneLine("waits for " + strings.Join(s.WaitsFor, ", "))
		default:
			text = table.OneLine(s.Ready.Reason)
		}
		line := w.theme.State(state).Render(pad(word(w.theme, state), 11)) + pad(table.OneLine(s.Name), widest)
		w.line(line+"  "+w.theme.Faint.Render(text), nil)
	}
}

// remarks are what may puzzle, and what could not be read.
func (w *writer) remarks() {
	if why := w.why(); why != nil && len(why.Notes) > 0 {
		w.section("Notes")
		for _, note := range why.Notes {
			w.message("", note)
		}
	}
	if unread := w.snapshot.Tree.Unread; len(unread) > 0 {
		w.section("Could not be read")
		for _, u := range unread {
			what := strings.TrimSpace(u.Verb + " " + u.Resource + " " + u.Name)
			if u.Namespace != "" {
				what += " in " + u.Namespace
			}
			w.message("", table.OneLine(what+": "+u.Message))
		}
	}
}

// blueprint is one at the root, with its owners.
func (w *writer) blueprint() {
	t, root := w.snapshot.Tree, w.root()
	w.field("Blueprint", table.OneLine(root.Kind+" "+root.Name), w.theme.Strong)
	w.section("Conditions")
	w.condition("Ready", t.BlueprintReady)
	if why := w.why(); why != nil && len(why.Faults) > 0 {
		w.section("Faults")
		for _, f := range why.Faults {
			w.message("", f)
		}
	}
	w.section(count(len(t.Owners), "owner"))
	for _, o := range t.Owners {
		state := treeState(o)
		text := w.theme.State(state).Render(pad(word(w.theme, state), 11)) + table.OneLine(named(o.Owner.Ref))
		w.line(text, w.model.target(o.Owner.Ref, "", o.Owner.Ref))
	}
	w.remarks()
}

func stateOf(s tree.State) feed.State { return theme.StateOf(s.Status) }
