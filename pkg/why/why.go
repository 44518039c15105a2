// Package why says in one sentence why an object is not ready, with the chain of who
// waits for whom, the next command to run, how blueprints and options were selected, and
// where the value of each param came from.
//
// The package is pure: package collect reads, package tree finds the root cause, Build
// words it, the printers write.
package why

import (
	"strings"
	"time"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/tree"
)

// Version and kind of the JSON and YAML form. Fields are only ever added within one
// version.
const (
	APIVersion = "carto.run/why/v1"
	Kind       = "Why"
)

// Verdict is the answer in one word.
type Verdict string

// Verdicts.
const (
	Ready Verdict = "Ready"
	// Waiting may pass by itself.
	Waiting Verdict = "Waiting"
	// Failed will not pass by waiting.
	Failed Verdict = "Failed"
)

// Why is the explanation of one object at one moment.
type Why struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Subject is what was asked about.
	Subject tree.Ref `json:"subject"`
	// Owner that the subject is below, and Step of it; absent when the subject is an owner
	// or a blueprint itself.
	Owner *tree.Ref `json:"owner,omitempty"`
	Step  string    `json:"step,omitempty"`

	Verdict Verdict `json:"verdict"`
	// Since is when the verdict last changed; absent when nothing says so.
	Since tree.Time `json:"since,omitempty"`
	// Sentence names the root cause, or says what is ready.
	Sentence string `json:"sentence"`
	// Chain leads from the owner down to what explains its state: each waits for the next.
	Chain []Link `json:"chain,omitempty"`
	// Events are Warnings about the last object of the chain, the newest first.
	Events []Event `json:"events,omitempty"`
	// Notes are what may puzzle although it is no reason not to be ready.
	Notes []string `json:"notes,omitempty"`
	// Next are commands to run, the most useful first.
	Next []string `json:"next,omitempty"`
	// Selection is absent for kinds without blueprints, and when it was not read.
	Selection *Selection `json:"selection,omitempty"`
	// Params by step; absent when the templates were not read.
	Params []StepParams `json:"params,omitempty"`
	// Faults of a blueprint, and Owners that it serves.
	Faults []string `json:"faults,omitempty"`
	Owners *Owners  `json:"owners,omitempty"`
	// Cause is the root cause as the tree has it; absent when everything is ready.
	Cause *tree.RootCause `json:"cause,omitempty"`
	// Unread lists what could not be read; the explanation is incomplete there.
	Unread []tree.Unread `json:"unread,omitempty"`
}

// Link is one member of the chain.
type Link struct {
	// What it is: owner, blueprint, step, object or container.
	What string `json:"what"`
	// Name is that of a step or a container, or Kind/name of the others.
	Name    string `json:"name"`
	Status  string `json:"status,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	// Blocks names the steps that wait for this one.
	Blocks []string `json:"blocks,omitempty"`
}

// Event is a Warning.
type Event struct {
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Count   int64     `json:"count"`
	Last    tree.Time `json:"last,omitempty"`
}

// Facts are what the tree does not hold. All of it may be absent.
type Facts struct {
	// Now is the present.
	Now time.Time
	// Owner is the *v1alpha1.Workload, *v1alpha1.Deliverable or *v1alpha1.Runnable.
	Owner any
	// Blueprints of the kind that selects the owner; nil when they were not read.
	Blueprints []*blueprint.Blueprint
	// Templates of the selected blueprint, nil for one that does not exist; the map is nil
	// when they were not read.
	Templates map[blueprint.TemplateUse]*stamp.Template
	// Events about the object at the end of the root cause.
	Events []Event
	// Unread lists what could not be read.
	Unread []tree.Unread
}

// Build explains an owner.
func Build(t *tree.Tree, f Facts) *Why {
	w := &Why{
		APIVersion: APIVersion, Kind: Kind, Subject: t.Owner.Ref, Verdict: Ready, Since: t.Owner.Ready.Since,
		Events: f.Events, Cause: t.RootCause, Unread: append(append([]tree.Unread{}, t.Unread...), f.Unread...),
	}
	subject, known := subjectOf(f.Owner)
	if known {
		w.Selection = selection(t, f.Blueprints, subject)
		w.Params = params(t, f, subject)
		w.Notes = notes(t, f)
	}
	w.Notes = append(w.Notes, remarks(t)...)
	c := t.RootCause
	if c == nil {
		w.Sentence = ready(t, f.Now)
		return w
	}
	w.Verdict = Waiting
	if c.Failed || c.Nested != nil && c.Nested.Failed || len(c.Path) > 0 && c.Path[len(c.Path)-1].Ready.Status == "False" {
		w.Verdict = Failed
	}
	s := speaker{t: t, facts: f, selection: w.Selection}
	w.Sentence = s.sentence(c)
	w.Chain = chain(ownerLink(t), c)
	w.Next = s.next(c)
	return w
}

// SelectionIsTheProblem tells that the reason to show the selection is that it went wrong.
func (w *Why) SelectionIsTheProblem() bool {
	return w.Cause != nil && SelectionReason(w.Cause.Reason)
}

// SelectionReason tells reasons of root causes that only the selection explains.
func SelectionReason(reason string) bool {
	switch reason {
	case v1alpha1.ReasonSupplyChainNotFound, v1alpha1.ReasonDeliveryNotFound, v1alpha1.ReasonMultipleSupplyChainMatches, v1alpha1.ReasonMultipleDeliveryMatches,
		v1alpha1.ReasonWorkloadLabelsMissing, v1alpha1.ReasonDeliverableLabelsMissing,
		v1alpha1.ReasonTemplateOptionsMatchError, v1alpha1.ReasonResolveTemplateOptionsError:
		return true
	}
	return false
}

// ParamsAreTheProblem names the step whose template may not render because of a param;
// empty when there is none.
func (w *Why) ParamsAreTheProblem() string {
	if w.Cause == nil || !ParamsReason(w.Cause) {
		return ""
	}
	return w.Cause.Step
}

// ParamsReason tells root causes that the params explain.
func ParamsReason(c *tree.RootCause) bool {
	return c.Reason == v1alpha1.ReasonTemplateStampFailure && strings.Contains(c.Message, "params")
}

// TemplatesReason tells root causes that need the templates to be worded.
func TemplatesReason(c *tree.RootCause) bool {
	return c != nil && (c.Reason == v1alpha1.ReasonTemplatesNotFound || ParamsReason(c))
}

func ownerLink(t *tree.Tree) Link {
	ready := t.Owner.Ready
	return Link{What: "owner", Name: t.Owner.Kind + "/" + t.Owner.Name, Status: ready.Status, Reason: ready.Reason}
}

// chain puts what a cause says below its owner.
func chain(owner Link, c *tree.RootCause) []Link {
	if c.Step == "" && len(c.Path) == 0 {
		if owner.Reason == "" {
			owner.Reason = c.Reason
		}
		owner.Message = c.Message
		return []Link{owner}
	}
	links := []Link{owner}
	if c.Step != "" {
		step := Link{What: "step", Name: c.Step, Status: "Unknown", Reason: c.Reason, Message: c.Message, Blocks: c.Blocks}
		if c.Failed {
			step.Status = "False"
		}
		if c.Reason == tree.ReasonBelowNotReady {
			step.Status, step.Reason, step.Message = "True", v1alpha1.ReasonReady, ""
		}
		links = append(links, step)
	}
	for i, l := range c.Path {
		object := Link{What: "object", Name: l.Kind + "/" + l.Name, Status: l.Ready.Status, Reason: l.Ready.Reason, Message: l.Ready.Message}
		if i == len(c.Path)-1 && c.Nested != nil {
			object.What, object.Message = "owner", ""
			return append(links, chain(object, c.Nested)...)
		}
		if l.Container != "" {
			inside := Link{What: "container", Name: l.Container, Status: object.Status, Reason: object.Reason}
			inside.Message = strings.TrimPrefix(strings.TrimPrefix(object.Message, "container "+l.Container), ": ")
			inside.Message = strings.TrimSpace(inside.Message)
			object.Message = ""
			links = append(links, object, inside)
			continue
		}
		links = append(links, object)
	}
	return links
}

// subjectOf is the owner as selectors see it; false for one without blueprints.
func subjectOf(owner any) (blueprint.Subject, bool) {
	var labels map[string]string
	switch o := owner.(type) {
	case *v1alpha1.Workload:
		labels = o.Labels
	case *v1alpha1.Deliverable:
		labels = o.Labels
	default:
		return blueprint.Subject{}, false
	}
	view, err := stamp.View(owner)
	if err != nil {
		return blueprint.Subject{}, false
	}
	return blueprint.Subject{Labels: labels, View: view}, true
}

// remarks are what the agent says of stamped objects although they are applied, such as
// who keeps changing them.
func remarks(t *tree.Tree) []string {
	var all []string
	for i := range t.Steps {
		if remark := t.Steps[i].Remark; remark != "" {
			all = append(all, "step "+t.Steps[i].Name+": "+remark)
		}
	}
	return all
}
