package offline

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/stamped"
)

// cluster is the world as one pass over one owner sees it.
type cluster struct {
	world   *World
	owner   *realize.Owner
	subject *subject
	now     time.Time
	depth   int

	wrote   bool // something in the world changed
	removed []v1alpha1.StampedRef
	err     error // a walk of a stamped owner could not be made
}

var _ realize.Cluster = (*cluster)(nil)

func (c *cluster) Template(kind, name string) *stamp.Template {
	return c.world.templates[realize.TemplateKey{Kind: kind, Name: name}]
}

// ServiceAccount knows none, and takes all for there.
func (c *cluster) ServiceAccount(realize.Account) error { return nil }

func (c *cluster) Resource(kind schema.GroupVersionKind) (realize.Resource, error) {
	return c.world.kinds.resource(kind)
}

// Apply merges what is rendered over what is there.
func (c *cluster) Apply(ctx context.Context, _ realize.Account, object map[string]any) (realize.Applied, error) {
	u := &unstructured.Unstructured{Object: object}
	rest, err := c.Resource(u.GroupVersionKind())
	if err != nil {
		return realize.Applied{}, err
	}
	live := c.world.objects[keyOf(u)]
	if live != nil {
		is := &unstructured.Unstructured{Object: live.object}
		if controller := metav1.GetControllerOf(is); controller != nil && !c.owns(controller) {
			if err := stamped.Foreign(rest.Qualified(), u.GetNamespace(), u.GetName(), controller, c.owner.UID); err != nil {
				return realize.Applied{}, err
			}
		}
		if is.GetDeletionTimestamp() != nil {
			return realize.Applied{Object: live.object}, nil // as the agent, which can not apply it any more
		}
	}
	return c.put(ctx, live, keyOf(u), stamped.WithDigest(object, stamp.Digest(object)))
}

// owns says whether an owner reference is to this owner. One with an invented UID is known
// by its name.
func (c *cluster) owns(controller *metav1.OwnerReference) bool {
	return controller.UID == c.owner.UID || c.subject.inventedUID && controller.Kind == c.owner.Kind && controller.Name == c.owner.Name
}

// put makes the world hold an object as it was sent, and completes it.
func (c *cluster) put(ctx context.Context, live *held, key objectKey, sent map[string]any) (realize.Applied, error) {
	next := &held{sent: runtime.DeepCopyJSON(sent)}
	verb, before := realize.VerbCreated, map[string]any(nil)
	if live == nil {
		next.object = runtime.DeepCopyJSON(sent)
		if _, ok := sent["spec"]; ok {
			(&unstructured.Unstructured{Object: next.object}).SetGeneration(1)
		}
	} else {
		before = live.object
		under := runtime.DeepCopyJSON(live.object)
		drop(under, live.sent, sent)
		next.object, _ = stamped.Merge(under, sent).(map[string]any)
		next.observed = live.observed
		next.assumed = live.assumed
		verb = realize.VerbPatched
		countGeneration(next.object, before)
	}
	if err := c.complete(ctx, next, live); err != nil {
		return realize.Applied{}, err
	}
	if before != nil && equal(before, next.object) {
		verb = ""
	}
	c.wrote = c.wrote || verb != ""
	c.world.set(key, next)
	return realize.Applied{Object: next.object, Verb: verb}, nil
}

// countGeneration counts up the generation of an object that has one, when anything but
// its metadata and status changed.
func countGeneration(object, before map[string]any) {
	u := &unstructured.Unstructured{Object: object}
	if u.GetGeneration() == 0 {
		return
	}
	for key, value := range object {
		if key != "metadata" && key != "status" && !equal(value, before[key]) {
			u.SetGeneration(u.GetGeneration() + 1)
			return
		}
	}
}

// complete adds what a controller would add to a stamped object: the agent itself, if it is
// an owner with what that needs, or else whatever may be assumed.
func (c *cluster) complete(ctx context.Context, h, live *held) error {
	u := &unstructured.Unstructured{Object: h.object}
	if kind := u.GroupVersionKind(); kind.Group == v1alpha1.Group && v1alpha1.IsOwnerKind(kind.Kind) && c.depth < maxNesting {
		inner := v1alpha1.KindOf(kind.Kind).New()
		if err := decode(h.object, inner); err != nil {
			return fmt.Errorf("it is no valid %s: %w", kind.Kind, err)
		}
		if c.world.serves(kind.Kind, inner) {
			return c.walkInner(ctx, h, live, inner)
		}
	}
	if c.world.Assume {
		template, whose := c.templateOf(u.GetLabels())
		if template != nil {
			h.assumed = append(slices.Clip(h.assumed), template.Assume(h.object, whose)...)
		}
	}
	return nil
}

// serves says whether there is something that acts for an owner. Without it, what becomes
// of the owner is as unknown as of any other object.
func (w *World) serves(kind string, owner v1alpha1.Object) bool {
	if o, ok := owner.(*v1alpha1.Runnable); ok {
		return w.templates[realize.TemplateKey{Kind: v1alpha1.KindClusterRunTemplate, Name: o.Spec.RunTemplateRef.Name}] != nil
	}
	return len(w.Blueprints(kind)) > 0
}

// walkInner walks a stamped owner, and gives it its status.
func (c *cluster) walkInner(ctx context.Context, h, live *held, inner v1alpha1.Object) error {
	walk, err := c.world.walk(ctx, inner, c.now, c.depth+1)
	if err != nil {
		c.err = err
		return err
	}
	if live != nil && live.inner != nil && live.inner.outermost == walk.outermost {
		walk.Events = slices.Concat(live.inner.Events, walk.Events) // of an earlier pass of the same walk
		walk.Removed = slices.Concat(live.inner.Removed, walk.Removed)
	}
	h.inner = walk
	status, err := plainOf(realize.WireStatus(walk.Owner.Kind, walk.Status))
	if err != nil {
		return err
	}
	h.object["status"] = status
	// A deployment may compare what the owner was given with what came out of it. Assumed
	// outputs can not meet that by themselves.
	template, whose := c.templateOf((&unstructured.Unstructured{Object: h.object}).GetLabels())
	if c.world.Assume && template != nil && template.Kind == v1alpha1.KindClusterDeploymentTemplate && walk.assumed() {
		h.assumed = template.Assume(h.object, whose)
	}
	return nil
}

// templateOf finds the template of a stamped object by the labels that it carries, and says
// in words whose object it is.
func (c *cluster) templateOf(labels map[string]string) (*stamp.Template, string) {
	if c.owner.Kind == v1alpha1.KindRunnable {
		return c.Template(v1alpha1.KindClusterRunTemplate, labels[v1alpha1.LabelRunTemplateName]), "runnable " + c.owner.Name
	}
	return c.Template(labels[v1alpha1.LabelTemplateKind], labels[v1alpha1.LabelTemplateName]), "step " + labels[v1alpha1.LabelResourceName]
}

// Runs lists the runs of a resource that Carto made, the newest first.
func (c *cluster) Runs(_ context.Context, kind schema.GroupVersionKind, _ types.UID, resource string) iter.Seq2[realize.Run, error] {
	return realize.TheseRuns(c.runs(kind, resource))
}

func (c *cluster) runs(kind schema.GroupVersionKind, resource string) ([]realize.Run, error) {
	if _, err := c.Resource(kind); err != nil {
		return nil, err
	}
	var all []realize.Run
	for key, h := range c.world.owned[c.subject.Owner] {
		if key.GroupKind != kind.GroupKind() {
			continue
		}
		u := &unstructured.Unstructured{Object: h.object}
		controller := metav1.GetControllerOf(u)
		if controller == nil || !c.owns(controller) ||
			!stamped.IsRun(controller.Kind, u.GetLabels()) || stamped.RunStep(controller.Kind, u.GetLabels()) != resource {
			continue
		}
		if run := runOf(u); run.Digest != "" {
			all = append(all, run)
		}
	}
	slices.SortFunc(all, func(a, b realize.Run) int { return stamped.NewestFirst(orderOf(a), orderOf(b)) })
	if len(all) > 0 && c.world.Assume {
		c.assumeEnd(&all[0])
	}
	return all, nil
}

// assumeEnd lets an observed run that is still at work have come to its end.
func (c *cluster) assumeEnd(run *realize.Run) {
	u := &unstructured.Unstructured{Object: runtime.DeepCopyJSON(run.Object)}
	template, whose := c.templateOf(run.Labels)
	if template == nil {
		return
	}
	if assumed := template.Assume(u.Object, whose); len(assumed) > 0 {
		h := *c.world.objects[keyOf(u)]
		h.object, h.assumed = u.Object, append(slices.Clip(h.assumed), assumed...)
		c.world.set(keyOf(u), &h)
		c.wrote = true
		run.Object = u.Object
	}
}

func runOf(u *unstructured.Unstructured) realize.Run {
	return realize.Run{
		Name: u.GetName(), Labels: u.GetLabels(), Digest: stamped.Digest(u), Sequence: stamped.Sequence(u),
		Deleting: u.GetDeletionTimestamp() != nil, Object: u.Object,
	}
}

func orderOf(run realize.Run) stamped.Order {
	created := (&unstructured.Unstructured{Object: run.Object}).GetCreationTimestamp()
	return stamped.Order{Sequence: run.Sequence, Created: created, Name: run.Name}
}

// Create makes a run. An observed run without a digest was written by a person, and is
// taken for it.
func (c *cluster) Create(ctx context.Context, _ realize.Account, object map[string]any) (realize.Run, error) {
	u := &unstructured.Unstructured{Object: object}
	rest, err := c.Resource(u.GroupVersionKind())
	if err != nil {
		return realize.Run{}, err
	}
	key := keyOf(u)
	live := c.world.objects[key]
	if written := c.writtenFor(u); written != nil {
		live, key.name = written, (&unstructured.Unstructured{Object: written.object}).GetName()
		u.SetName(key.name)
	} else if live != nil {
		return realize.Run{}, realize.RunExists(apierrors.NewAlreadyExists(rest.GroupResource(), u.GetName()))
	}
	made, err := c.put(ctx, live, key, object)
	if err != nil {
		return realize.Run{}, err
	}
	return runOf(&unstructured.Unstructured{Object: made.Object}), nil
}

// writtenFor finds the observed run that a person wrote for a run that is to be made: by
// the labels of the owner and the step or, where it has none, by its name or generateName.
func (c *cluster) writtenFor(wanted *unstructured.Unstructured) *held {
	names := []string{v1alpha1.LabelWorkloadName, v1alpha1.LabelDeliverableName, v1alpha1.LabelResourceName, v1alpha1.LabelRunnableName}
	var found *held
	var name string
	for key, h := range c.world.written {
		if key.GroupKind != wanted.GroupVersionKind().GroupKind() || key.namespace != wanted.GetNamespace() {
			continue
		}
		u := &unstructured.Unstructured{Object: h.object}
		if controller := metav1.GetControllerOf(u); controller != nil && !c.owns(controller) {
			continue
		}
		labelled, same := false, true
		for _, label := range names {
			value, has := u.GetLabels()[label]
			labelled = labelled || has
			same = same && value == wanted.GetLabels()[label]
		}
		if !labelled {
			same = u.GetName() == wanted.GetName() || wanted.GetGenerateName() != "" && (u.GetGenerateName() == wanted.GetGenerateName() || strings.HasPrefix(u.GetName(), wanted.GetGenerateName()))
		}
		if same && (found == nil || key.name < name) {
			found, name = h, key.name
		}
	}
	return found
}

// Select finds observed objects by their labels.
func (c *cluster) Select(_ context.Context, _ realize.Account, selection realize.Selection) ([]map[string]any, error) {
	rest, err := c.Resource(selection.Kind)
	if err != nil {
		return nil, err
	}
	selector, err := labels.Parse(selection.Labels)
	if err != nil {
		return nil, err
	}
	var keys []objectKey
	for key, h := range c.world.objects {
		if key.GroupKind != selection.Kind.GroupKind() || rest.Namespaced && key.namespace != selection.Namespace {
			continue
		}
		u := &unstructured.Unstructured{Object: h.object}
		if selector.Matches(labels.Set(u.GetLabels())) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b objectKey) int { return strings.Compare(a.name, b.name) })
	objects := make([]map[string]any, len(keys))
	for i, key := range keys {
		objects[i] = c.world.objects[key].object
	}
	return objects, nil
}

// Remove takes a stamped object out of the world.
func (c *cluster) Remove(_ context.Context, _ realize.Account, _ types.UID, ref v1alpha1.StampedRef) (bool, error) {
	key := objectKey{ref.GroupVersionKind().GroupKind(), ref.Namespace, ref.Name}
	h := c.world.objects[key]
	if h == nil {
		return false, nil
	}
	u := &unstructured.Unstructured{Object: h.object}
	if controller := metav1.GetControllerOf(u); controller == nil || !c.owns(controller) || u.GetDeletionTimestamp() != nil {
		return false, nil
	}
	c.world.remove(key)
	c.removed = append(c.removed, ref)
	c.wrote = true
	return true, nil
}

// drop removes from an object what was applied before and is not applied any more.
func drop(object, before, now map[string]any) {
	for key, old := range before {
		value, kept := now[key]
		if !kept {
			delete(object, key)
			continue
		}
		oldMap, wasMap := old.(map[string]any)
		nowMap, isMap := value.(map[string]any)
		at, there := object[key].(map[string]any)
		if wasMap && isMap && there {
			drop(at, oldMap, nowMap)
		}
	}
}
