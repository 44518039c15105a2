package world

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/stamped"
	"github.com/carto-run/carto/pkg/tree"
)

// past is what a step has stamped, or a Runnable has run.
type past struct {
	// mutable is true for a step that keeps one object up to date; that is object, nil when
	// it could not be read.
	mutable bool
	object  *unstructured.Unstructured
	// runs, the newest first.
	runs []run
}

type run struct {
	read   *unstructured.Unstructured
	object tree.Object
	// current is true for the one whose outputs are used.
	current bool
	// ended is zero while it goes on.
	ended time.Time
}

// history calls show with the past of a step, or of a Runnable, whenever it may have changed.
func (w *World) history(ctx context.Context, c *Cluster, owner tree.Ref, step string, show func(*past) error) error {
	return together(ctx, func(ctx context.Context, crew *crew) error {
		inputs := make(chan tree.Input)
		crew.do(func() error {
			return w.inputs(c, owner)(ctx, func(in tree.Input) error {
				select {
				case inputs <- in:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		})
		return w.showPast(ctx, c, inputs, step, show)
	})
}

func (w *World) showPast(ctx context.Context, c *Cluster, inputs <-chan tree.Input, step string, show func(*past) error) error {
	h := &historian{world: w, cluster: c, changed: make(chan struct{}, 1)}
	defer h.labelled.stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case in := <-inputs:
			of, err := makerOf(in, step)
			if err != nil {
				return err
			}
			h.of = of
		case <-h.changed:
		}
		p, err := h.past(ctx)
		if err == nil && p != nil {
			err = show(p)
		}
		if err != nil {
			return err
		}
	}
}

// maker is a step, or a Runnable, with what is known of it.
type maker struct {
	owner tree.Owner
	// status of the step; nil before the agent has looked at it.
	status *v1alpha1.ResourceStatus
	// stamped is the newest object of a step.
	stamped *tree.Found
	// runnable whose runs they are: the owner itself, or what the step stamps.
	runnable *tree.Found
}

// makerOf finds a step, which may be OUTER/INNER.
func makerOf(in tree.Input, step string) (*maker, error) {
	if err := knownStep(in, step); err != nil {
		return nil, err
	}
	switch {
	case in.Owner.Kind == "", step == "" && in.Owner.Kind != v1alpha1.KindRunnable:
		return nil, &Ended{Err: errors.New("only steps and runnables have a history; name a step")}
	case step == "":
		return &maker{owner: in.Owner, runnable: in.Root}, nil
	}
	name, inner, nested := strings.Cut(step, "/")
	found := in.Objects[name]
	if nested {
		if found == nil || found.Owner == nil {
			return &maker{owner: in.Owner}, nil
		}
		return makerOf(*found.Owner, inner)
	}
	m := &maker{owner: in.Owner, stamped: found}
	for i := range in.Owner.Status.Resources {
		if in.Owner.Status.Resources[i].Name == name {
			m.status = &in.Owner.Status.Resources[i]
		}
	}
	if found != nil && found.Object != nil && !makesRuns(found.Object) && found.Object.GroupVersionKind().GroupKind() == runnableKind {
		m.runnable = found
	}
	return m, nil
}

var runnableKind = schema.GroupKind{Group: v1alpha1.Group, Kind: v1alpha1.KindRunnable}

// makesRuns tells the objects of steps that make one for each change.
func makesRuns(obj *unstructured.Unstructured) bool {
	return stamped.IsRun("", obj.GetLabels())
}

// historian gathers the past of one maker.
type historian struct {
	world   *World
	cluster *Cluster
	of      *maker
	// template that judged last, and its name: it is read again when another is used.
	template     *stamp.Template
	templateName templateName
	labelled     labelled
	changed      chan struct{}
}

type templateName struct{ kind, name string }

// past is nil as long as it is not known.
func (h *historian) past(ctx context.Context) (*past, error) {
	switch m := h.of; {
	case m == nil:
		return nil, nil
	case m.runnable != nil:
		h.labelled.stop()
		name, _, _ := unstructured.NestedString(m.runnable.Object.Object, "spec", "runTemplateRef", "name")
		h.judgeBy(ctx, templateName{v1alpha1.KindClusterRunTemplate, name})
		return &past{runs: h.judged(m.runnable.Children, labels.Set{v1alpha1.LabelRunTemplateName: name})}, nil
	case m.status == nil || m.status.StampedRef == nil:
		return &past{}, nil // nothing says yet what it will stamp
	}
	step := h.of.status
	newest := h.of.stamped
	known := newest != nil && newest.Object != nil
	if known && !makesRuns(newest.Object) {
		return &past{mutable: true, object: newest.Object}, nil // which the object says itself
	}
	own := labels.Set{}
	if ref := step.TemplateRef; ref != nil {
		h.judgeBy(ctx, templateName{ref.Kind, ref.Name})
		own[v1alpha1.LabelTemplateKind], own[v1alpha1.LabelTemplateName] = ref.Kind, ref.Name
	}
	if !known && h.template != nil && h.template.Lifecycle == v1alpha1.LifecycleMutable {
		return &past{mutable: true}, nil
	}
	resource, err := collect.Resource(step.StampedRef)
	if err != nil {
		return nil, &Ended{Err: err}
	}
	want := wanted{resource, step.StampedRef.GroupVersionKind(), step.StampedRef.Namespace, stepLabels(h.of.owner, step.Name).String()}
	h.labelled.ensure(ctx, h.cluster.Client, want, h.changed)
	objects, synced, err := h.labelled.objects()
	switch {
	case err != nil:
		return nil, refused(h.world.o.Program, "list "+resource.GroupResource().String()+" in namespace "+want.namespace, err)
	case !synced:
		return nil, nil
	}
	var found []*tree.Found
	for _, obj := range objects {
		if ref := metav1.GetControllerOf(obj); ref != nil && ref.UID != h.of.owner.Object.UID {
			continue // of an owner of the same name before
		}
		f := &tree.Found{Object: obj, Rule: tree.RuleLabel}
		if known && newest.Object.GetUID() == obj.GetUID() {
			f.Children = newest.Children // all that was read of it
		}
		found = append(found, f)
	}
	return &past{runs: h.judged(found, own)}, nil
}

// stepLabels are those of all that a step of an owner stamped.
func stepLabels(o tree.Owner, step string) labels.Set {
	key := v1alpha1.LabelWorkloadName
	if o.Kind == v1alpha1.KindDeliverable {
		key = v1alpha1.LabelDeliverableName
	}
	return labels.Set{key: o.Object.Name, v1alpha1.LabelResourceName: step}
}

// judgeBy reads the template whose rule says which runs are healthy. Without it, for lack of
// a permission, the runs are judged by what they say themselves.
func (h *historian) judgeBy(ctx context.Context, name templateName) {
	if name == h.templateName || name.name == "" {
		return
	}
	template, err := collect.TemplateOf(ctx, h.cluster.Client, name.kind, name.name)
	if err != nil && collect.Passing(err) {
		return // the next time
	}
	h.template, h.templateName = template, name
}

// judged puts runs in order and finds the one that gives the outputs: the newest healthy one
// of the present template, as the agent does. own are the labels of that template.
func (h *historian) judged(found []*tree.Found, own labels.Set) []run {
	var runs []run
	for _, f := range found {
		if f == nil || f.Object == nil {
			continue
		}
		runs = append(runs, run{read: f.Object, object: objectOf(f)})
	}
	slices.SortFunc(runs, func(a, b run) int { return stamped.NewestFirst(orderOf(a.read), orderOf(b.read)) })
	current := false
	for i := range runs {
		r := &runs[i]
		healthy := r.object.Ready.Status == string(metav1.ConditionTrue)
		if h.template != nil {
			health := h.template.RunHealth(r.read.Object)
			healthy = health.Status == metav1.ConditionTrue
			if r.object.Ready.Status == "" {
				r.object.Ready = tree.State{Status: string(health.Status), Reason: health.Reason, Message: health.Message}
			}
		}
		if healthy && !current && own.AsSelector().Matches(labels.Set(r.read.GetLabels())) {
			r.current, current = true, true
		}
		r.ended = endOf(r)
	}
	return runs
}

func orderOf(obj *unstructured.Unstructured) stamped.Order {
	return stamped.Order{Sequence: stamped.Sequence(obj), Created: obj.GetCreationTimestamp(), Name: obj.GetName()}
}

// objectOf is the object as the tree shows it.
func objectOf(f *tree.Found) tree.Object {
	return *tree.Build(tree.Input{Root: f}).Object
}

// endOf is when a run succeeded or failed: when it says so itself, when its condition
// changed, or at once for what has nothing to do.
func endOf(r *run) time.Time {
	if s := r.object.Ready.Status; s != string(metav1.ConditionTrue) && s != string(metav1.ConditionFalse) {
		return time.Time{}
	}
	completed, _, _ := unstructured.NestedString(r.read.Object, "status", "completionTime")
	for _, at := range []tree.Time{tree.ParseTime(completed), r.object.Ready.Since, r.object.Created} {
		if at != nil {
			return at.Time
		}
	}
	return time.Time{}
}
