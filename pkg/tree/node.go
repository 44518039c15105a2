package tree

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/table"
)

// node is one row of a table or node of a graph, whatever it stands for.
type node struct {
	// title as people read it, ref for an object, and step for a step.
	title string
	ref   *Ref
	step  *Step
	// namespace of an owner at the root.
	namespace string

	ready   State
	healthy string
	reason  string
	since   Time
	outputs []Output
	foundBy Rule
	// isSource is true for the commit at the end of a path. Tables have it below: it is
	// too long for a row, and the answer to the question.
	isSource bool

	children []node
}

// shown fits the words of others into one line of a terminal each. Conditions of objects
// that others define hold anything: escape sequences, line ends, a megabyte.
func (n node) shown() node {
	n.title, n.reason = table.OneLine(n.title), table.OneLine(n.reason)
	n.ready.Status, n.healthy = table.OneLine(n.ready.Status), table.OneLine(n.healthy)
	outputs := slices.Clone(n.outputs) // they are the snapshot's
	for i := range outputs {
		outputs[i].Preview = table.Printable(outputs[i].Preview)
	}
	n.outputs = outputs
	if n.step != nil {
		step := *n.step
		step.Name, step.Inputs = table.OneLine(step.Name), slices.Clone(step.Inputs)
		for i := range step.Inputs {
			step.Inputs[i].Name, step.Inputs[i].From = table.OneLine(step.Inputs[i].Name), table.OneLine(step.Inputs[i].From)
		}
		n.step = &step
	}
	return n
}

func (t *Tree) nodes() []node {
	switch {
	case t.Object != nil:
		return []node{t.Object.node()}
	case t.Owner.Kind == "":
		n := node{
			title: t.Blueprint.Kind + "/" + t.Blueprint.Name, ref: t.Blueprint,
			ready: t.BlueprintReady, reason: t.BlueprintReady.Reason, since: t.BlueprintReady.Since,
		}
		for _, owner := range t.Owners {
			n.children = append(n.children, owner.nodes()...)
		}
		return []node{n.shown()}
	}
	n := node{
		title: t.title(), ref: &t.Owner.Ref, namespace: t.Owner.Namespace,
		ready: t.Owner.Ready, healthy: t.Owner.Healthy.Status, reason: t.Owner.Ready.Reason, since: t.Owner.Created,
	}
	n.children = t.below()
	return []node{n.shown()}
}

// title is that of an owner with its blueprint.
func (t *Tree) title() string {
	title := t.Owner.Kind + "/" + t.Owner.Name
	if t.Blueprint != nil {
		title += " (" + t.Blueprint.Name + ")"
	}
	return title
}

// below are the nodes below an owner.
func (t *Tree) below() []node {
	var all []node
	for i := range t.Runs {
		all = append(all, t.Runs[i].node())
	}
	for i := range t.Steps {
		all = append(all, t.Steps[i].node())
	}
	return all
}

func (s *Step) node() node {
	n := node{
		title: s.Name, step: s,
		ready: s.Ready, healthy: s.Healthy.Status, reason: stepReason(s), since: s.Ready.Since, outputs: s.Outputs,
	}
	if s.Object != nil {
		n.children = []node{s.Object.node()}
	}
	return n.shown()
}

func (o *Object) node() node {
	n := node{
		title: o.Kind + "/" + o.Name, ref: &o.Ref,
		ready: o.Ready, reason: o.Ready.Reason, since: o.Created, foundBy: o.FoundBy,
	}
	if o.Missing {
		n.reason = reasonMissing
	}
	if t := o.Tree; t != nil {
		n.title, n.ready, n.healthy, n.reason = t.title(), t.Owner.Ready, t.Owner.Healthy.Status, t.Owner.Ready.Reason
		n.children = t.below()
		return n.shown()
	}
	for i := range o.Children {
		n.children = append(n.children, o.Children[i].node())
	}
	return n.shown()
}

// reasonMissing is that of an object that the status names and the cluster lacks.
const reasonMissing = "Missing"

func (f *Forest) nodes() []node {
	var all []node
	for _, t := range f.Trees {
		all = append(all, t.nodes()...)
	}
	return all
}

// nodes of a path: each below the one before, which is how it is read; a step stands
// between its object and its owner.
func (p *Path) nodes() []node {
	var top node
	for i := len(p.Nodes) - 1; i >= 0; i-- {
		n := p.Nodes[i].node()
		n.healthy = p.Nodes[i].Healthy.Status
		if b := p.Nodes[i].Blueprint; b != nil {
			n.title += " (" + b.Name + ")"
		}
		n = n.shown()
		switch {
		case top.title != "":
			n.children = []node{top}
		case p.Source != nil && p.Owner() != nil:
			n.children = []node{node{title: p.Source.String(), isSource: true}.shown()}
		}
		if s := p.Nodes[i].Step; s != nil {
			step := Step{Name: s.Name, Ready: s.Ready, Healthy: s.Healthy, Template: s.Template}
			between := step.node()
			between.children = []node{n}
			n = between
		}
		top = n
	}
	if top.title == "" {
		return nil
	}
	return []node{top}
}

// String names the source in one line.
func (s *Source) String() string {
	where := s.Git
	if where == "" {
		where = s.Image
	}
	if s.Ref != "" {
		where += "@" + s.Ref
	}
	if s.SubPath != "" {
		where += " (" + s.SubPath + ")"
	}
	if s.Revision != "" && s.Revision != where {
		return strings.TrimSpace(s.Revision + " of " + where)
	}
	return where
}

// stepReason says of a step that only waits what it waits for: its own reason would be a
// rendering failure, which it is not. A step can wait that had its input before, and still
// has its object.
func stepReason(s *Step) string {
	if len(s.WaitsFor) > 0 && (s.Phase == PhaseWaiting || s.Ready.Reason == v1alpha1.ReasonTemplateStampFailure) {
		return "waits for " + strings.Join(s.WaitsFor, ", ")
	}
	return s.Ready.Reason
}
