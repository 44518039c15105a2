package owner

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/graph"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// cell is what a box of the graph stands for; exactly one of step, run and plan is set.
type cell struct {
	id   string
	step *tree.Step
	// below is the owner that the step stamped, when the cell is that owner.
	below *tree.Tree
	// run is the newest one of a Runnable.
	run *tree.Object
	// plan is a step of a blueprint, for no owner.
	plan *tree.BlueprintStep
}

// belowID is the cell of the owner that a step stamped. Names of steps have no slash.
func belowID(step string) string { return step + "/" }

// runID is the cell of the newest run of a Runnable.
const runID = "/run"

// cells in the order in which j and k go through them.
func cells(s *feed.Snapshot) []cell {
	var all []cell
	if s.Tree.Owner.Kind == "" {
		steps := blueprintSteps(s)
		for i := range steps {
			all = append(all, cell{id: steps[i].Name, plan: &steps[i]})
		}
		return all
	}
	for i := range s.Tree.Steps {
		step := &s.Tree.Steps[i]
		all = append(all, cell{id: step.Name, step: step})
		if step.Object != nil && step.Object.Tree != nil {
			all = append(all, cell{id: belowID(step.Name), step: step, below: step.Object.Tree})
		}
	}
	if len(s.Tree.Steps) == 0 && len(s.Tree.Runs) > 0 {
		all = append(all, cell{id: runID, run: &s.Tree.Runs[0]})
	}
	return all
}

// blueprintSteps of a blueprint at the root. The input holds its object, not its plan.
func blueprintSteps(s *feed.Snapshot) []tree.BlueprintStep {
	if s.Input.Blueprint != nil {
		return s.Input.Blueprint.Steps
	}
	if s.Input.Root == nil || s.Input.Root.Object == nil {
		return nil
	}
	fields := s.Input.Root.Object.Object
	if s.Input.Root.Object.GetKind() == v1alpha1.KindClusterDelivery {
		d := &v1alpha1.ClusterDelivery{}
		if runtime.DefaultUnstructuredConverter.FromUnstructured(fields, d) != nil {
			return nil
		}
		return tree.FromDelivery(d).Steps
	}
	c := &v1alpha1.ClusterSupplyChain{}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(fields, c) != nil {
		return nil
	}
	return tree.FromSupplyChain(c).Steps
}

// artist makes boxes and edges of cells.
type artist struct {
	theme *theme.Theme
	now   time.Time
	tree  *tree.Tree
}

func (a *artist) boxes(all []cell, f form, long bool) []graph.Box {
	boxes := make([]graph.Box, 0, len(all))
	for i := range all {
		var b graph.Box
		switch c := &all[i]; {
		case c.plan != nil:
			b = a.plan(c.plan)
		case c.run != nil:
			b = a.run(c.run)
		case c.below != nil:
			b = a.below(c.below)
		default:
			b = a.step(c.step)
		}
		b.ID, b.Title = all[i].id, all[i].title()
		a.shorten(&b, &all[i], f, long)
		boxes = append(boxes, b)
	}
	return boxes
}

// look of a state in a line or box.
func look(s feed.State) graph.Look {
	switch s {
	case feed.Ready:
		return graph.Good
	case feed.Failed:
		return graph.Bad
	}
	return graph.Busy
}

// state is the line with glyph, word and age.
func (a *artist) state(s feed.State, since tree.Time) graph.Line {
	return graph.Line{Text: strings.TrimSpace(word(a.theme, s) + " " + age(a.now, since)), Look: look(s)}
}

func (a *artist) step(s *tree.Step) graph.Box {
	state := stepState(a.tree, s)
	b := graph.Box{Look: look(state)}
	line := a.state(state, s.Ready.Since)
	waits := s.Waits() && len(s.WaitsFor) > 0
	if waits {
		line.Text = table.OneLine(a.theme.Glyph(state) + " waiting for " + strings.Join(s.WaitsFor, ", "))
	}
	switch s.Phase {
	case tree.PhaseWaiting:
		if state == feed.Waiting {
			b.Look, line.Look = graph.Faint, graph.Faint
		}
	case tree.PhasePassThrough:
		if state == feed.Ready {
			b.Look = graph.Passing
		}
	}
	b.Lines = append(b.Lines, line)
	if s.Phase == tree.PhasePassThrough {
		b.Lines = append(b.Lines, graph.Line{Text: "passes its input through", Look: graph.Faint})
	}
	if o := s.Object; o != nil {
		name := graph.Line{Text: table.OneLine(o.Kind + "/" + o.Name)}
		if o.Missing {
			name = graph.Line{Text: a.theme.Glyph(feed.Failed) + " " + name.Text + " is missing", Look: graph.Bad}
		}
		b.Lines = append(b.Lines, name)
	}
	if reason := a.reason(s); reason != "" && state != feed.Ready && !waits {
		b.Lines = append(b.Lines, graph.Line{Text: table.OneLine(reason), Look: look(state)})
	} else if value := mainOutput(s.Outputs); value != "" {
		b.Lines = append(b.Lines, graph.Line{Text: value})
	}
	return b
}

// reason of a step; that of the object at fault says more than that of the step.
func (a *artist) reason(s *tree.Step) string {
	if c := a.tree.RootCause; c != nil && c.Step == s.Name && c.ObjectReason != "" {
		return c.ObjectReason
	}
	return s.Ready.Reason
}

// below is an owner that a step stamped: not drawn here, but it can be opened.
func (a *artist) below(t *tree.Tree) graph.Box {
	state := treeState(t)
	ready := 0
	for i := range t.Steps {
		if t.Steps[i].Ready.Status == "True" {
			ready++
		}
	}
	return graph.Box{Look: look(state), Lines: []graph.Line{
		a.state(state, t.Owner.Ready.Since),
		{Text: fmt.Sprintf("%d of %s ready %s", ready, count(len(t.Steps), "step"), glyphsOf(a.theme).more)},
	}}
}

func (a *artist) run(o *tree.Object) graph.Box {
	state := theme.StateOf(o.Ready.Status)
	b := graph.Box{Look: look(state)}
	b.Lines = []graph.Line{a.state(state, o.Ready.Since), {Text: table.OneLine(o.Kind + "/" + o.Name)}}
	if state != feed.Ready && o.Ready.Reason != "" {
		b.Lines = append(b.Lines, graph.Line{Text: table.OneLine(o.Ready.Reason), Look: look(state)})
	}
	if older := len(a.tree.Runs) - 1; older > 0 {
		b.Lines = append(b.Lines, graph.Line{Text: fmt.Sprintf("%d older", older), Look: graph.Faint})
	}
	return b
}

func (a *artist) plan(p *tree.BlueprintStep) graph.Box {
	b := graph.Box{Lines: []graph.Line{{Text: table.OneLine(p.TemplateKind)}}}
	if name := table.OneLine(p.TemplateName); name != "" {
		b.Lines = append(b.Lines, graph.Line{Text: name})
	} else {
		b.Lines = append(b.Lines, graph.Line{Text: "chosen by options", Look: graph.Faint})
	}
	return b
}

// edges of all cells. progress tells how far the values are that left a step.
func edges(all []cell, progress func(step string) float64) []graph.Edge {
	var out []graph.Edge
	for i := range all {
		c := &all[i]
		switch {
		case c.plan != nil:
			for _, in := range c.plan.Inputs {
				out = append(out, edge(c.id, in, true, -1))
			}
		case c.below != nil:
			out = append(out, graph.Edge{From: c.step.Name, To: c.id, Label: "stamps", Available: true, Travel: -1})
		case c.step != nil:
			for _, in := range c.step.Inputs {
				out = append(out, edge(c.id, in.Edge, in.Available, progress(in.From)))
			}
		}
	}
	return out
}

func edge(to string, in tree.Edge, available bool, travel float64) graph.Edge {
	return graph.Edge{From: in.From, To: to, Label: inputName(in), Available: available, Travel: travel}
}

// inputName is the name of an input; one without a name is called by its type.
func inputName(in tree.Edge) string {
	if in.Name == "" {
		return table.OneLine(in.Type)
	}
	return table.OneLine(in.Name)
}
