package tree

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Reasons of root causes that no condition carries.
const (
	// ReasonNotSeen: the agent has written no status at all.
	ReasonNotSeen = "NotSeen"
	// ReasonOutdated: everything is ready, but for an older generation.
	ReasonOutdated = "Outdated"
)

// RootCause is the one thing that keeps the owner from being ready.
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
	// Blocks names the later steps that wait for this one, directly or not.
	Blocks []string `json:"blocks,omitempty"`
	// Next is a command that shows more.
	Next string `json:"next,omitempty"`
}

// rootCause finds the earliest step in graph order that has failed by itself, else the
// earliest that is not ready. A later step that only waits for it shows
// False/TemplateStampFailure and must never be named: it is a victim. What stops an owner
// before its steps comes first.
func rootCause(t *Tree, status v1alpha1.OwnerStatus) *RootCause {
	ready := t.Owner.Ready
	if ready.Status == "True" && t.Owner.Current {
		return nil
	}
	show := fmt.Sprintf("kubectl describe %s %s -n %s", t.Owner.Resource, t.Owner.Name, t.Owner.Namespace)
	if len(status.Conditions) == 0 {
		return &RootCause{Reason: ReasonNotSeen, Message: "the agent has written no status yet; is it running?", Next: "kubectl get pods -l app.kubernetes.io/name=carto-agent -A"}
	}
	if ready.Status == "True" {
		return &RootCause{Reason: ReasonOutdated, Message: fmt.Sprintf("the status is of generation %d, the %s of generation %d", t.Owner.ObservedGeneration, t.Owner.Kind, t.Owner.Generation), Next: show}
	}
	for _, kind := range []string{v1alpha1.ConditionSupplyChainReady, v1alpha1.ConditionDeliveryReady, v1alpha1.ConditionRunTemplateReady} {
		if s := state(status.Conditions, kind); s.Reason != "" && s.Status != "True" {
			return &RootCause{Failed: s.Status == "False", Reason: s.Reason, Message: s.Message, Next: show}
		}
	}
	submitted := state(status.Conditions, v1alpha1.ConditionResourcesSubmitted)
	switch submitted.Reason {
	// The pass stopped before the steps; what they say is from an earlier one.
	case v1alpha1.ReasonServiceAccountError, v1alpha1.ReasonServiceAccountTokenError, v1alpha1.ReasonResourceRealizerBuilderError:
		return &RootCause{Failed: true, Reason: submitted.Reason, Message: submitted.Message, Next: show}
	}
	// What has failed by itself says more than what only waits, also if that is earlier.
	for _, culprit := range []func(*Step) bool{
		func(s *Step) bool { return s.Ready.Status == "False" && len(s.WaitsFor) == 0 },
		func(s *Step) bool { return s.Ready.Status != "True" },
	} {
		for i := range t.Steps {
			if culprit(&t.Steps[i]) {
				return stepCause(t, &t.Steps[i], show)
			}
		}
	}
	c := &RootCause{Failed: ready.Status == "False", Reason: ready.Reason, Message: ready.Message, Next: show}
	if len(t.Runs) > 0 {
		c.blame(&t.Runs[0])
	}
	return c
}

func stepCause(t *Tree, s *Step, show string) *RootCause {
	c := &RootCause{
		Step: s.Name, Reason: s.Ready.Reason, Message: s.Ready.Message, Next: show,
		Failed: s.Ready.Status == "False", Blocks: blocked(t.Steps, s.Name),
	}
	if c.Reason == "" {
		c.Reason, c.Message = ReasonNotSeen, "the agent has not come to this step yet"
	}
	switch {
	case c.Reason == v1alpha1.ReasonTemplateStampFailure && s.Template != nil:
		// What an earlier pass stamped is not to blame.
		c.Next = fmt.Sprintf("kubectl get %s.%s %s -o yaml", strings.ToLower(s.Template.Kind), v1alpha1.GroupVersion.Group, s.Template.Name)
	case s.Object != nil:
		c.blame(s.Object)
	}
	return c
}

// blame names the deepest object below one that is not ready.
func (c *RootCause) blame(object *Object) {
	deepest := object
	for next := deepest; next != nil; {
		deepest, next = next, worst(next.Children)
	}
	if deepest.Ready.Status == "True" && deepest != object {
		deepest = object
	}
	ref := deepest.Ref
	c.Object, c.ObjectReason, c.ObjectMessage = &ref, deepest.Ready.Reason, deepest.Ready.Message
	if deepest.Missing {
		c.ObjectReason, c.ObjectMessage = "Missing", "the object is not in the cluster"
	}
	resource := ref.Resource
	if resource == "" {
		resource = strings.ToLower(ref.Kind)
		if group, _, ok := strings.Cut(ref.APIVersion, "/"); ok {
			resource += "." + group
		}
	}
	c.Next = fmt.Sprintf("kubectl describe %s %s", resource, ref.Name)
	if ref.Namespace != "" {
		c.Next += " -n " + ref.Namespace
	}
}

// worst is the first child that failed, else the first that is not ready; nil when all
// are. Of the runs of a Runnable only the newest counts: the others are history.
func worst(children []Object) *Object {
	if len(children) > 0 && children[0].Sequence > 0 {
		children = children[:1]
	}
	var unknown *Object
	for i := range children {
		switch children[i].Ready.Status {
		case "False":
			return &children[i]
		case "Unknown":
			if unknown == nil {
				unknown = &children[i]
			}
		}
	}
	return unknown
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
