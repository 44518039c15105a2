package offline

import (
	"context"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/stamped"
	"github.com/carto-run/carto/pkg/why"
)

const (
	// maxPasses bounds the passes over one owner: each may see what the one before wrote.
	maxPasses = 10
	// maxNesting bounds owners that stamp owners: a Workload, its Deliverable, and one more.
	maxNesting = 3
)

// Walk is what the agent would do for one owner, until there is nothing more to do.
type Walk struct {
	Owner Owner
	// Object is the owner with the status that it then has: a *v1alpha1.Workload,
	// *v1alpha1.Deliverable or *v1alpha1.Runnable.
	Object runtime.Object
	// Choice of the blueprint; of a Runnable it is empty.
	Choice why.Choice
	// Blueprint that was selected; nil when none or several fit.
	Blueprint *blueprint.Blueprint
	// Steps in the order in which they were realized, as far as the agent came. A Runnable
	// whose run was rendered has one, without a name.
	Steps  []Step
	Status realize.OwnerStatus
	// Events of all passes, in the order in which things happened.
	Events []realize.Event
	// Removed objects.
	Removed []v1alpha1.StampedRef
	// Faults that changed nothing else.
	Faults []error
	// Skipped: the owner is being deleted, and nothing is stamped for it.
	Skipped bool
	// Settled is false when the passes went on changing things until they were stopped.
	Settled bool
	// InventedUID: the cluster would give another UID, and so other owner references and
	// digests.
	InventedUID bool

	outermost int // number of the walk that this one is part of
}

// Step is what became of one step.
type Step struct {
	realize.Step
	// Status of the step in the owner's status; empty of a Runnable.
	Status v1alpha1.ResourceStatus
	// Choice among the options; nil when there are none.
	Choice *why.Choice
	// Sent is the object as the agent would send it: as rendered, with the agent's
	// annotations. Nil when the cluster did not take it.
	Sent map[string]any
	// Observed is what was handed in of the object; nil when nothing was.
	Observed map[string]any
	// Assumed values of the object.
	Assumed []stamp.Assumption
	// GuessedKind: nothing told the plural and the scope of the object's kind.
	GuessedKind bool
	// Inner is the walk of an object that is an owner itself.
	Inner *Walk
}

// Submitted is the condition that says whether the step stamped its object and read its
// outputs, and if not, why.
func (s *Step) Submitted() metav1.Condition {
	if c := apimeta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionResourceSubmitted); c != nil {
		return *c
	}
	return metav1.Condition{Status: metav1.ConditionUnknown}
}

// Stops are the steps at which the walk ended: those that are not submitted by a reason of
// their own. Waiting are those that wait for the output of one of these, or of each other.
func (w *Walk) Stops() (stops, waiting []*Step) {
	open := map[string]bool{}
	for i := range w.Steps {
		s := &w.Steps[i]
		open[s.Name] = s.Name != "" && s.Submitted().Status != metav1.ConditionTrue
		switch {
		case !open[s.Name]:
		case open[s.WaitsFor]: // it came before
			waiting = append(waiting, s)
		default:
			stops = append(stops, s)
		}
	}
	return stops, waiting
}

// assumed says whether the walk came to its end by assumptions.
func (w *Walk) assumed() bool {
	if w.Submitted().Status != metav1.ConditionTrue {
		return false
	}
	for i := range w.Steps {
		if s := &w.Steps[i]; len(s.Assumed) > 0 || s.Inner != nil && s.Inner.assumed() {
			return true
		}
	}
	return false
}

// Submitted is the condition of the owner that says whether all of its steps are submitted
// or, when it did not come so far, why not.
func (w *Walk) Submitted() metav1.Condition {
	for _, t := range []string{v1alpha1.ConditionResourcesSubmitted, v1alpha1.ConditionRunTemplateReady} {
		if c := apimeta.FindStatusCondition(w.Status.Conditions, t); c != nil {
			return *c
		}
	}
	if c := apimeta.FindStatusCondition(w.Status.Conditions, v1alpha1.ConditionReady); c != nil {
		return *c
	}
	return metav1.Condition{Status: metav1.ConditionUnknown}
}

// Walk makes passes over an owner (a pointer to a type of the API, which stays as it is)
// until nothing changes. The owner goes on from the status that the last walk left, or
// else its own. Errors are those of an object that is no owner, and of the context.
func (w *World) Walk(ctx context.Context, owner any, now time.Time) (*Walk, error) {
	w.walks++
	return w.walk(ctx, owner, now, 1)
}

func (w *World) walk(ctx context.Context, owner any, now time.Time, depth int) (*Walk, error) {
	s, err := w.subjectOf(owner)
	if err != nil {
		return nil, err
	}
	walk := &Walk{Owner: s.Owner, Object: s.typed, InventedUID: s.inventedUID, outermost: w.walks}
	blueprints := w.Blueprints(s.Kind)
	var steps []realize.Step
	var view map[string]any
	for range maxPasses {
		o, err := realize.NewOwner(s.typed)
		if err != nil {
			return nil, err
		}
		c := &cluster{world: w, owner: o, subject: s, now: now, depth: depth}
		view = o.View
		result := realize.Pass(ctx, o, blueprints, now, c)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if c.err != nil {
			return nil, c.err
		}
		steps = result.Steps
		walk.Events = append(walk.Events, result.Events...)
		walk.Removed = append(walk.Removed, c.removed...)
		walk.Faults, walk.Skipped = result.Faults, result.Skipped
		walk.Status = result.Status
		s.setStatus(result.Status)
		if !result.Changed && !c.wrote {
			walk.Settled = true
			break
		}
	}
	w.statuses[s.Owner] = walk.Status
	chosen := blueprint.Subject{Labels: s.typed.GetLabels(), View: view}
	if len(blueprints) > 0 {
		walk.Choice = why.ChooseBlueprint(blueprints, chosen)
		for _, b := range blueprints {
			if b.Name == walk.Choice.Selected {
				walk.Blueprint = b
			}
		}
	}
	for _, step := range steps {
		walk.Steps = append(walk.Steps, w.step(walk, step, chosen))
	}
	return walk, nil
}

// step gathers what there is to say of a step after the last pass.
func (w *World) step(walk *Walk, made realize.Step, chosen blueprint.Subject) Step {
	s := Step{Step: made}
	for _, status := range walk.Status.Resources {
		if status.Name == made.Name {
			s.Status = status
		}
	}
	if walk.Blueprint != nil {
		if r := walk.Blueprint.Resource(made.Name); r != nil && len(r.Options) > 0 {
			c := why.ChooseOption(r, chosen)
			s.Choice = &c
		}
	}
	if made.Rendered != nil {
		s.GuessedKind = w.kinds.guessed((&unstructured.Unstructured{Object: made.Rendered}).GroupVersionKind())
	}
	if made.Object == nil {
		return s
	}
	u := &unstructured.Unstructured{Object: made.Object}
	s.Sent = sent(made.Template, made.Rendered, u)
	if h := w.objects[keyOf(u)]; h != nil {
		s.Observed, s.Assumed, s.Inner = h.observed, h.assumed, h.inner
	}
	return s
}

// sent is a rendered object as the agent sends it. Of a run that was there already it is
// what was sent for it.
func sent(t *stamp.Template, rendered map[string]any, is *unstructured.Unstructured) map[string]any {
	object := runtime.DeepCopyJSON(rendered)
	if t.Lifecycle == v1alpha1.LifecycleMutable {
		return stamped.WithDigest(object, stamp.Digest(object))
	}
	u := &unstructured.Unstructured{Object: object}
	annotations := u.GetAnnotations()
	if annotations[v1alpha1.AnnotationDigest] != "" {
		return object // made in the last pass
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	for key, value := range is.GetAnnotations() {
		if key == v1alpha1.AnnotationDigest || key == v1alpha1.AnnotationSequence || isRetry(key) {
			annotations[key] = value
		}
	}
	u.SetAnnotations(annotations)
	u.SetName(is.GetName())
	return object
}

func isRetry(annotation string) bool {
	return annotation == v1alpha1.AnnotationRetry || len(annotation) > len(v1alpha1.AnnotationRetryStep) && annotation[:len(v1alpha1.AnnotationRetryStep)] == v1alpha1.AnnotationRetryStep
}

func equal(a, b any) bool { return apiequality.Semantic.DeepEqual(a, b) }
