package impact

import (
	"slices"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamped"
)

// comparison of the two passes over an owner.
type comparison struct {
	walk            *walk
	key             key
	given           Change
	blueprintBefore string
	basis           basis
	was, is         realize.Result
	// earlier is nil for an owner that is not there yet.
	earlier, later *view
}

func (c *comparison) owner() *Owner {
	o := &Owner{
		Kind: c.key.kind, Namespace: c.key.namespace, Name: c.key.name, Given: c.given,
		Blueprint: c.basis.blueprint(), BlueprintBefore: c.blueprintBefore, Objects: []Object{},
	}
	o.Objects = append(append(o.Objects, c.objects()...), c.removed()...)
	before, after := standstill(&c.was), standstill(&c.is)
	switch {
	case after == nil:
		o.Steps = c.steps(o.Objects)
	case before == nil || *before != *after:
		o.Stops = after
	}
	return o
}

// standstill is why a pass worked on no step, or why that of a Runnable failed; nil when
// neither is so.
func standstill(result *realize.Result) *Reason {
	for _, condition := range []string{v1alpha1.ConditionSupplyChainReady, v1alpha1.ConditionDeliveryReady, v1alpha1.ConditionRunTemplateReady, v1alpha1.ConditionResourcesSubmitted} {
		c := apimeta.FindStatusCondition(result.Status.Conditions, condition)
		if c == nil || c.Status == metav1.ConditionTrue {
			continue
		}
		if condition != v1alpha1.ConditionResourcesSubmitted || c.Reason == v1alpha1.ReasonServiceAccountError {
			return &Reason{c.Reason, c.Message}
		}
	}
	return nil
}

// objects that are created or changed.
func (c *comparison) objects() []Object {
	var objects []Object
	for _, k := range c.later.order {
		is := c.later.made[k]
		was := c.earlierMade(is)
		if was != nil && was.digest == is.digest {
			if was.writes() {
				c.walk.pending[is.key] = true
			}
			continue
		}
		if o, differs := c.object(was, is); differs {
			objects = append(objects, o)
		}
	}
	return objects
}

// earlierMade is what the earlier pass made of the same object. Runs are the same when they
// are rendered alike, whatever their names.
func (c *comparison) earlierMade(is *made) *made {
	if c.earlier == nil {
		return nil
	}
	if !is.run {
		return c.earlier.made[is.key]
	}
	for _, was := range c.earlier.made {
		if was.run && was.step == is.step && was.digest == is.digest {
			return was
		}
	}
	return nil
}

// object compares what a pass makes with what the earlier made, or if that is nothing with
// what there is.
func (c *comparison) object(was, is *made) (Object, bool) {
	o := Object{
		Step: is.step, APIVersion: is.kind.GroupVersion().String(), Kind: is.kind.Kind, Resource: is.rest.Qualified(),
		Namespace: is.key.namespace, Name: is.key.name, Change: Changed, Run: is.run, AsRendered: is.asRendered,
	}
	var before, after map[string]any
	switch after = is.answer; {
	case was != nil && (was.asRendered || is.asRendered):
		o.AsRendered, before, after = true, was.rendered, is.rendered
	case was != nil:
		before = was.answer
	case is.live != nil && is.asRendered:
		before, after = is.live.Object, overlaid(is.live.Object, is.rendered)
	case is.live != nil:
		before = is.live.Object
	}
	if before == nil {
		o.Change, o.After = Created, shown(after)
		c.unnamed(&o)
	} else if o.Fields = differing(before, after); len(o.Fields) == 0 {
		return o, false
	} else {
		o.Before, o.After = shown(before), shown(after)
	}
	mask(is.kind, o.Before, o.After)
	if k := (key{is.kind.Kind, is.key.namespace, is.key.name}); is.kind.GroupVersion() == v1alpha1.GroupVersion && v1alpha1.IsOwnerKind(k.kind) {
		c.walk.nested[k] = &unstructured.Unstructured{Object: is.answer}
	}
	return o, true
}

// unnamed takes the end off the name of a new owner's run: it follows from the UID of the
// owner, which is another one when it is really created.
func (c *comparison) unnamed(o *Object) {
	metadata, _ := o.After["metadata"].(map[string]any)
	if prefix, _ := metadata["generateName"].(string); o.Run && c.earlier == nil && prefix != "" {
		o.Name = prefix
		delete(metadata, "name")
	}
}

// removed objects, in the order of their names.
func (c *comparison) removed() []Object {
	var objects []Object
	for k, g := range c.later.removed {
		if c.earlier != nil && c.earlier.removed[k] != nil {
			c.walk.pending[k] = true
			continue
		}
		if k := (key{g.kind.Kind, k.namespace, k.name}); g.kind.GroupVersion() == v1alpha1.GroupVersion && v1alpha1.IsOwnerKind(k.kind) && !c.walk.decided[k] {
			c.walk.going[k] = g.live
		}
		before := shown(g.live.Object)
		mask(g.kind, before, nil)
		objects = append(objects, Object{
			Step: g.step, APIVersion: g.kind.GroupVersion().String(), Kind: g.kind.Kind, Resource: g.rest.Qualified(), Namespace: k.namespace, Name: k.name,
			Change: Removed, Run: g.isRun(), Before: before,
		})
	}
	slices.SortFunc(objects, func(a, b Object) int {
		return compareKeys(key{a.Kind, a.Namespace, a.Name}, key{b.Kind, b.Namespace, b.Name})
	})
	return objects
}

func (g *gone) isRun() bool {
	c := metav1.GetControllerOf(g.live)
	return c != nil && stamped.IsRun(c.Kind, g.live.GetLabels())
}

// steps says what the objects do not tell: which steps fail, wait, or read from what is
// not known yet.
func (c *comparison) steps(objects []Object) []Step {
	if len(c.basis.blueprints) != 1 {
		return nil
	}
	touched := map[string]bool{}
	for _, o := range objects {
		if o.Change != Removed {
			touched[o.Step] = true
		}
	}
	var steps []Step
	follows := map[string]bool{}
	for _, r := range c.basis.blueprints[0].Order {
		was, is := stepState(&c.was, r), stepState(&c.is, r)
		switch {
		case is.State != "" && c.later.unread[r.Name]:
			steps = append(steps, Step{Step: r.Name, State: Unread})
			continue
		case is.State != "":
			if was.State != is.State || was.words() != is.words() || !slices.Equal(was.From, is.From) {
				if is.State == NoOutput && !touched[r.Name] {
					is.Reason = why(&c.is, r.Name) // nobody will work on what stays as it is
				}
				steps = append(steps, is)
			}
			continue
		case was.State != "" && c.earlier != nil:
			steps = append(steps, Step{Step: r.Name, State: Recovers})
		}
		if from := c.unsettled(r, touched, follows); len(from) > 0 {
			follows[r.Name] = true
			steps = append(steps, Step{Step: r.Name, State: Follows, From: from})
		}
	}
	return steps
}

// unsettled are the steps that a step reads from whose objects change, but not their
// outputs: those may, once the objects have been worked on.
func (c *comparison) unsettled(r *blueprint.Resource, touched, follows map[string]bool) []string {
	var from []string
	for _, in := range r.Inputs {
		if slices.Contains(from, in.From) {
			continue
		}
		if follows[in.From] || touched[in.From] && sameOutputs(c.was, c.is, in.From) {
			from = append(from, in.From)
		}
	}
	return from
}

func sameOutputs(was, is realize.Result, step string) bool {
	digests := func(result realize.Result) []string {
		var all []string
		if s := statusOf(&result, step); s != nil {
			for _, o := range s.Outputs {
				all = append(all, o.Name+o.Digest)
			}
		}
		return all
	}
	return slices.Equal(digests(was), digests(is))
}

func statusOf(result *realize.Result, step string) *v1alpha1.ResourceStatus {
	for i := range result.Status.Resources {
		if result.Status.Resources[i].Name == step {
			return &result.Status.Resources[i]
		}
	}
	return nil
}

// stepState is the state of a step after a pass; its State is empty when it is submitted.
func stepState(result *realize.Result, r *blueprint.Resource) Step {
	step := Step{Step: r.Name}
	c := submitted(result, r.Name)
	if c == nil || c.Status == metav1.ConditionTrue {
		return step
	}
	for _, in := range r.Inputs {
		if from := submitted(result, in.From); from != nil && from.Status != metav1.ConditionTrue && !slices.Contains(step.From, in.From) {
			step.From = append(step.From, in.From)
		}
	}
	switch {
	case len(step.From) > 0:
		step.State = Waits
	case c.Status == metav1.ConditionUnknown:
		step.State = NoOutput
	default:
		step.State, step.Reason = Fails, &Reason{c.Reason, c.Message}
	}
	return step
}

// why a step is not submitted.
func why(result *realize.Result, step string) *Reason {
	c := submitted(result, step)
	return &Reason{c.Reason, c.Message}
}

func (s Step) words() Reason {
	if s.Reason == nil {
		return Reason{}
	}
	return *s.Reason
}

func submitted(result *realize.Result, step string) *metav1.Condition {
	s := statusOf(result, step)
	if s == nil {
		return nil
	}
	return apimeta.FindStatusCondition(s.Conditions, v1alpha1.ConditionResourceSubmitted)
}
