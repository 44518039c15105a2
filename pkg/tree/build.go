package tree

import (
	"cmp"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Build makes the tree of what was read.
func Build(in Input) *Tree {
	t := &Tree{APIVersion: APIVersion, Kind: Kind, Steps: []Step{}, Unread: in.Unread}
	switch {
	case in.IsBlueprint:
		t.buildBlueprint(in)
	case in.Owner.Kind == "":
		object := buildObject(refOf(in.Root), in.Root)
		t.Object = &object
	default:
		t.buildOwner(in)
	}
	return t
}

func (t *Tree) buildBlueprint(in Input) {
	ref := refOf(in.Root)
	t.Blueprint, t.BlueprintReady = &ref, ObjectState(in.Root.Object)
	for _, owner := range in.Owners {
		t.Owners = append(t.Owners, Build(*owner))
	}
}

func (t *Tree) buildOwner(in Input) {
	meta, status := in.Owner.Object, in.Owner.Status
	t.Owner = OwnerNode{
		Ref: Ref{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: in.Owner.Kind,
			Resource: OwnerResource(in.Owner.Kind), Namespace: meta.Namespace, Name: meta.Name,
		},
		Source:     sourceOf(&in.Owner),
		Ready:      state(status.Conditions, v1alpha1.ConditionReady),
		Healthy:    state(status.Conditions, v1alpha1.ConditionResourcesHealthy),
		Created:    at(meta.CreationTimestamp),
		Generation: meta.Generation, ObservedGeneration: status.ObservedGeneration,
		Current: status.ObservedGeneration == meta.Generation,
	}
	if in.Root != nil {
		t.Owner.Read = in.Root.Object
	}
	if in.Owner.Kind == v1alpha1.KindRunnable {
		t.Owner.Healthy = state(status.Conditions, v1alpha1.ConditionStampedObject)
		if in.Root != nil {
			t.Runs = buildChildren(in.Root.Children)
		}
	}
	if in.Owner.Blueprint.Name != "" {
		t.Blueprint = &Ref{APIVersion: v1alpha1.GroupVersion.String(), Kind: in.Owner.Blueprint.Kind, Name: in.Owner.Blueprint.Name}
	}
	for _, planned := range order(plan(in)) {
		t.Steps = append(t.Steps, buildStep(in, planned))
	}
	resolveInputs(t.Steps)
	t.RootCause = rootCause(t, in)
}

func refOf(found *Found) Ref {
	obj := found.Object
	ref := Ref{APIVersion: obj.GetAPIVersion(), Kind: obj.GetKind(), Namespace: obj.GetNamespace(), Name: obj.GetName()}
	if obj.GroupVersionKind().Group == v1alpha1.Group {
		ref.Resource = OwnerResource(ref.Kind)
	}
	return ref
}

func sourceOf(owner *Owner) *Source {
	deref := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	s := Source{Image: owner.Image}
	if src := owner.Source; src != nil {
		s.SubPath = deref(src.SubPath)
		if image := deref(src.Image); image != "" {
			s.Image = image
		}
		if git := src.Git; git != nil {
			s.Git = deref(git.URL)
			if ref := git.Ref; ref != nil {
				s.Ref = cmp.Or(deref(ref.Commit), deref(ref.Tag), deref(ref.Branch))
			}
		}
	}
	if s == (Source{}) {
		return nil
	}
	// What was really read says more than the branch.
	for i := range owner.Status.Resources {
		for _, out := range owner.Status.Resources[i].Outputs {
			if out.Name == outputRevision && s.Revision == "" {
				s.Revision = firstLine(out.Preview)
			}
		}
	}
	return &s
}

// outputRevision is the output of sources that names what was read.
const outputRevision = "revision"

// plan is the steps of the blueprint, or of the status where no blueprint was read.
func plan(in Input) []BlueprintStep {
	if in.Blueprint != nil {
		return in.Blueprint.Steps
	}
	var steps []BlueprintStep
	for _, r := range in.Owner.Status.Resources {
		s := BlueprintStep{Name: r.Name}
		for _, i := range r.Inputs {
			s.Inputs = append(s.Inputs, Edge{From: i.Name})
		}
		steps = append(steps, s)
	}
	return steps
}

func buildStep(in Input, planned BlueprintStep) Step {
	s := Step{Name: planned.Name, Phase: PhaseWaiting}
	if planned.TemplateName != "" {
		s.Template = &Ref{APIVersion: v1alpha1.GroupVersion.String(), Kind: planned.TemplateKind, Name: planned.TemplateName}
	}
	for _, e := range planned.Inputs {
		s.Inputs = append(s.Inputs, StepInput{Edge: e})
	}
	var status *v1alpha1.ResourceStatus
	for i := range in.Owner.Status.Resources {
		if in.Owner.Status.Resources[i].Name == planned.Name {
			status = &in.Owner.Status.Resources[i]
		}
	}
	s.Ready = State{Status: string(metav1.ConditionUnknown)}
	s.Healthy = State{Status: string(metav1.ConditionUnknown)}
	if status == nil {
		return s
	}
	s.Ready = state(status.Conditions, v1alpha1.ConditionReady)
	s.Healthy = state(status.Conditions, v1alpha1.ConditionHealthy)
	if submitted := state(status.Conditions, v1alpha1.ConditionResourceSubmitted); submitted.Status == string(metav1.ConditionTrue) {
		s.Remark = submitted.Message
	}
	if ref := status.TemplateRef; ref != nil {
		s.Template = &Ref{APIVersion: ref.APIVersion, Kind: ref.Kind, Name: ref.Name}
	}
	for _, o := range status.Outputs {
		s.Outputs = append(s.Outputs, Output{Name: o.Name, Preview: o.Preview, Digest: o.Digest, Since: at(o.LastTransitionTime)})
	}
	switch {
	case status.StampedRef != nil:
		s.Phase = PhaseStamped
		ref := Ref{
			APIVersion: status.StampedRef.APIVersion, Kind: status.StampedRef.Kind, Resource: status.StampedRef.Resource,
			Namespace: status.StampedRef.Namespace, Name: status.StampedRef.Name,
		}
		object := buildObject(ref, in.Objects[planned.Name])
		object.FoundBy = RuleStatus
		s.Object = &object
	case state(status.Conditions, v1alpha1.ConditionResourceSubmitted).Reason == v1alpha1.ReasonPassThrough:
		s.Phase = PhasePassThrough
		s.Healthy = State{} // nothing is stamped that could be healthy
	}
	return s
}

func buildObject(ref Ref, found *Found) Object {
	o := Object{Ref: ref}
	if found == nil {
		return o
	}
	o.Missing = found.Missing
	if found.Object != nil {
		o.Ready = ObjectState(found.Object)
		o.Created = at(found.Object.GetCreationTimestamp())
		o.Sequence = Sequence(found.Object)
		o.Containers = containers(found.Object)
		o.URL, _, _ = unstructured.NestedString(found.Object.Object, "status", "url")
	}
	o.FoundBy = found.Rule
	if found.Owner != nil {
		o.Tree = Build(*found.Owner)
		return o
	}
	o.Children = buildChildren(found.Children)
	return o
}

func buildChildren(found []*Found) []Object {
	var children []Object
	for _, c := range found {
		if c.Object == nil {
			continue
		}
		children = append(children, buildObject(refOf(c), c))
	}
	return children
}

// resolveInputs finds out which inputs are there, and what the steps without an object
// wait for.
func resolveInputs(steps []Step) {
	byName := map[string]*Step{}
	for i := range steps {
		byName[steps[i].Name] = &steps[i]
	}
	for i := range steps {
		waits := map[string]bool{}
		for j := range steps[i].Inputs {
			in := &steps[i].Inputs[j]
			from := byName[in.From]
			in.Available = from != nil && len(from.Outputs) > 0
			if in.Available {
				in.Values = from.Outputs
			}
			if !in.Available && !waits[in.From] {
				waits[in.From] = true
				steps[i].WaitsFor = append(steps[i].WaitsFor, in.From)
			}
		}
	}
}

func state(conditions []metav1.Condition, kind string) State {
	for _, c := range conditions {
		if c.Type == kind {
			return State{Status: string(c.Status), Reason: c.Reason, Message: c.Message, Since: at(c.LastTransitionTime)}
		}
	}
	return State{Status: string(metav1.ConditionUnknown)}
}

// OwnerResource is the plural of a kind of this API; that of a delivery is not regular.
func OwnerResource(kind string) string {
	if kind == v1alpha1.KindClusterDelivery {
		return "clusterdeliveries." + v1alpha1.Group
	}
	return strings.ToLower(kind) + "s." + v1alpha1.Group
}
