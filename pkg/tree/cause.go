package tree

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Reasons of root causes that no condition carries.
const (
	// ReasonNotSeen: the agent has written no status at all.
	ReasonNotSeen = "NotSeen"
	// ReasonOutdated: everything is ready, but for an older generation.
	ReasonOutdated = "Outdated"
	// ReasonBelowNotReady: the owner is ready, but an owner that it stamped is not.
	ReasonBelowNotReady = "BelowNotReady"
)

// RootCause is the one thing that keeps the owner from being ready, or, when the owner is
// ready, an owner that it stamped.
type RootCause struct {
	// Step at fault; empty when the owner never came to its steps.
	Step string `json:"step,omitempty"`
	// Failed is true when it will not pass by waiting.
	Failed  bool   `json:"failed"`
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
	// Object to look at: the deepest one below the step that is not ready.
	Object *Ref `json:"object,omitempty"`
	// ObjectReason and ObjectMessage are what that object says.
	ObjectReason  string `json:"objectReason,omitempty"`
	ObjectMessage string `json:"objectMessage,omitempty"`
	// Path leads from the object of the step, or the run of a Runnable, to the deepest
	// object that is not ready.
	Path []Link `json:"path,omitempty"`
	// Nested is the cause of the owner at the end of Path, when that is one with steps of
	// its own; Object is one of its objects then.
	Nested *RootCause `json:"nested,omitempty"`
	// Blocks names the later steps that wait for this one, directly or not.
	Blocks []string `json:"blocks,omitempty"`
	// Next is a command that shows more, or that is the remedy where that is known.
	Next string `json:"next,omitempty"`
}

// Link is one object on the way to a root cause.
type Link struct {
	Ref `json:",inline"`
	UID types.UID `json:"uid,omitempty"`
	// Ready is what the object says of itself.
	Ready State `json:"ready"`
	// Container of a Pod that is at fault.
	Container string `json:"container,omitempty"`
}

// moment is how long nobody wonders that nothing has happened yet.
const moment = 5 * time.Second

// rootCause finds the earliest step in graph order that has failed by itself, else the
// earliest whose object has, else the earliest that is not ready. A later step that only
// waits for it shows False/TemplateStampFailure and must never be named: it is a victim.
// What stops an owner before its steps comes first.
func rootCause(t *Tree, in Input) *RootCause {
	conditions, ready := in.Owner.Status.Conditions, t.Owner.Ready
	if meta := in.Owner.Object; meta.DeletionTimestamp != nil {
		return &RootCause{Reason: ReasonTerminating, Message: terminating(meta.Finalizers), Next: describe(t.Owner.Ref)}
	}
	if ready.Status == "True" && t.Owner.Current {
		return below(t, in)
	}
	show := describe(t.Owner.Ref)
	if len(conditions) == 0 {
		c := &RootCause{Reason: ReasonNotSeen, Message: "the agent has written no status yet; is it running?", Next: diagnose}
		if age := in.Now.Sub(in.Owner.Object.CreationTimestamp.Time); !in.Now.IsZero() && age < moment {
			c.Message = "it is new; the agent has written no status yet"
		}
		return c
	}
	if ready.Status == "True" {
		return &RootCause{Reason: ReasonOutdated, Message: fmt.Sprintf("the status is of generation %d, the %s of generation %d", t.Owner.ObservedGeneration, t.Owner.Kind, t.Owner.Generation), Next: diagnose}
	}
	for _, kind := range []string{v1alpha1.ConditionSupplyChainReady, v1alpha1.ConditionDeliveryReady, v1alpha1.ConditionRunTemplateReady} {
		if s := state(conditions, kind); s.Reason != "" && s.Status != "True" {
			c := &RootCause{Failed: s.Status == "False", Reason: s.Reason, Message: s.Message, Next: show}
			c.Next = c.remedy(t, nil, show)
			return c
		}
	}
	submitted := state(conditions, v1alpha1.ConditionResourcesSubmitted)
	switch submitted.Reason {
	// The pass stopped before the steps; what they say is from an earlier one.
	case v1alpha1.ReasonServiceAccountError, v1alpha1.ReasonServiceAccountTokenError, v1alpha1.ReasonResourceRealizerBuilderError,
		v1alpha1.ReasonSpecUnreadable:
		c := &RootCause{Failed: true, Reason: submitted.Reason, Message: submitted.Message}
		c.Next = c.remedy(t, nil, show)
		return c
	}
	// What has failed by itself says more than what only waits, also if that is earlier.
	for _, culprit := range []func(*Step) bool{
		func(s *Step) bool { return s.Ready.Status == "False" && !victim(s) },
		func(s *Step) bool { return s.Ready.Status != "True" && !victim(s) && objectFailed(s, in) },
		func(s *Step) bool { return s.Ready.Status != "True" },
	} {
		for i := range t.Steps {
			if culprit(&t.Steps[i]) {
				return stepCause(t, in, &t.Steps[i], show)
			}
		}
	}
	c := &RootCause{Failed: ready.Status == "False", Reason: ready.Reason, Message: ready.Message, Next: show}
	if len(t.Runs) > 0 {
		var found *Found
		for _, f := range in.Root.Children {
			if f.Object != nil {
				found = f
				break
			}
		}
		c.blame(&t.Runs[0], found, in)
	}
	return c
}

// below is the cause of the first owner that a ready owner stamped and that is not ready.
func below(t *Tree, in Input) *RootCause {
	for i := range t.Steps {
		s := &t.Steps[i]
		if !stampedOwner(s.Object) {
			continue
		}
		c := &RootCause{
			Step: s.Name, Failed: s.Object.Ready.Status == "False", Reason: ReasonBelowNotReady,
			Message: fmt.Sprintf("the %s is ready, but %s %s, which step %s stamped, is not", strings.ToLower(t.Owner.Kind), s.Object.Kind, s.Object.Name, s.Name),
		}
		c.blame(s.Object, in.Objects[s.Name], in)
		if c.Nested != nil {
			c.Failed = c.Nested.Failed
		}
		return c
	}
	return nil
}

// stampedOwner tells an object that is an owner and not ready. One that the agent has not
// seen yet is not ready either.
func stampedOwner(o *Object) bool {
	switch {
	case o == nil:
		return false
	case o.Tree != nil:
		return o.Tree.RootCause != nil
	}
	gv, err := schema.ParseGroupVersion(o.APIVersion)
	return err == nil && gv.Group == v1alpha1.Group && (o.Ready.Status == "False" || o.Ready.Status == "Unknown")
}

// waitingPrefix begins the message of a step that renders as soon as its input is there.
const waitingPrefix = "waiting for the output of resource "

// Waits tells a step that is not ready only because an earlier one is not: also when its
// condition says False, it has not failed.
func (s *Step) Waits() bool { return s.Ready.Status != "True" && victim(s) }

// victim tells a step that only suffers from an earlier one. Its input may seem to be
// there, when what an earlier pass read is kept in the status.
func victim(s *Step) bool {
	return len(s.WaitsFor) > 0 || s.Ready.Reason == v1alpha1.ReasonTemplateStampFailure && strings.HasPrefix(s.Ready.Message, waitingPrefix)
}

func objectFailed(s *Step, in Input) bool {
	if s.Object == nil || notApplied(s) {
		return false
	}
	c := &RootCause{}
	c.blame(s.Object, in.Objects[s.Name], in)
	return c.Nested != nil && c.Nested.Failed || c.Path[len(c.Path)-1].Ready.Status == "False"
}

// notApplied tells a step that did not come to apply its object: the object, if there is
// one, is of an earlier pass and not to blame.
func notApplied(s *Step) bool {
	switch s.Ready.Reason {
	case v1alpha1.ReasonTemplateStampFailure:
		// The object of a deployment can also be one that can not be judged.
		return !strings.Contains(s.Ready.Message, "observedGeneration")
	case v1alpha1.ReasonTemplateRejectedByAPIServer, v1alpha1.ReasonTemplateObjectRetrievalFailure, v1alpha1.ReasonTemplateOptionsMatchError,
		v1alpha1.ReasonResolveTemplateOptionsError, v1alpha1.ReasonFailedToListCreatedObjects, v1alpha1.ReasonServiceAccountTokenError:
		return true
	}
	return false
}

func stepCause(t *Tree, in Input, s *Step, show string) *RootCause {
	c := &RootCause{
		Step: s.Name, Reason: s.Ready.Reason, Message: s.Ready.Message,
		Failed: s.Ready.Status == "False", Blocks: blocked(t.Steps, s.Name),
	}
	if c.Reason == "" {
		c.Reason, c.Message = ReasonNotSeen, "the agent has not come to this step yet"
	}
	c.Next = c.remedy(t, s, show)
	if s.Object != nil && !notApplied(s) {
		c.blame(s.Object, in.Objects[s.Name], in)
	}
	return c
}

// blame follows what is not ready from an object down to the deepest one.
func (c *RootCause) blame(object *Object, found *Found, in Input) {
	top := Link{Ref: object.Ref, Ready: object.Ready}
	if t := object.Tree; t != nil {
		top.Ready = t.Owner.Ready
		c.Path = []Link{top}
		c.adopt(t)
		return
	}
	switch {
	case object.Missing:
		top.Ready = State{Status: "False", Reason: "Missing", Message: "the object is not in the cluster"}
	case found != nil && found.Object != nil:
		top = link(found.Object, object.Ref, in)
	}
	c.Path = []Link{top}
	for found != nil {
		var child *Link
		found, child = worst(found.Children, in)
		if found == nil || c.Path[len(c.Path)-1].Ready.Reason == reasonFailedCreate && child.Ready.Status != "False" {
			break // a child that was refused is not among the children
		}
		c.Path = append(c.Path, *child)
	}
	last := c.Path[len(c.Path)-1]
	c.Object, c.ObjectReason, c.ObjectMessage = &last.Ref, last.Ready.Reason, last.Ready.Message
	if next := look(last); next != "" {
		c.Next = next
	}
}

// adopt takes over the cause of an owner below.
func (c *RootCause) adopt(t *Tree) {
	c.Nested = t.RootCause
	c.Object, c.ObjectReason, c.ObjectMessage = &t.Owner.Ref, t.Owner.Ready.Reason, t.Owner.Ready.Message
	c.Next = explain(t.Owner.Ref)
	n := c.Nested
	if n == nil {
		return
	}
	if n.Object != nil {
		c.Next = n.Next
		c.Object, c.ObjectReason, c.ObjectMessage = n.Object, n.ObjectReason, n.ObjectMessage
		return
	}
	c.ObjectReason, c.ObjectMessage = n.Reason, n.Message
	if n.Step != "" {
		c.ObjectMessage = "step " + n.Step + ": " + n.Message
	}
}

// worst is the first child that failed, else the first that is not ready; nil when all
// are. Of runs and builds only the newest counts: the others are history.
func worst(children []*Found, in Input) (*Found, *Link) {
	var unknown *Found
	var state *Link
	for _, f := range children {
		if f.Object == nil {
			continue
		}
		l := link(f.Object, Ref{
			APIVersion: f.Object.GetAPIVersion(), Kind: f.Object.GetKind(), Namespace: f.Object.GetNamespace(), Name: f.Object.GetName(),
		}, in)
		switch {
		case l.Ready.Status == "False":
			return f, &l
		case l.Ready.Status == "Unknown" && unknown == nil:
			unknown, state = f, &l
		}
		if Sequence(f.Object) > 0 || f.Object.GetKind() == "Build" {
			break
		}
	}
	return unknown, state
}

func blocked(steps []Step, name string) []string {
	reached := map[string]bool{name: true}
	var names []string
	for _, s := range steps { // in topological order: one round reaches everything
		for _, in := range s.Inputs {
			if reached[in.From] && !reached[s.Name] && s.Ready.Status != "True" {
				reached[s.Name] = true
				names = append(names, s.Name)
			}
		}
	}
	return names
}
