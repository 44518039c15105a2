package impact

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/stamped"
)

// view is the cluster as one of the two passes over an owner sees it. It answers as the
// agent's would, and writes by dry run only.
type view struct {
	ctx   context.Context //nolint:containedctx // realize.Cluster reads without one; a view lives for one pass
	walk  *walk
	set   *set
	owner *realize.Owner
	// earlier is the pass before this one, whose answers to the same questions are taken
	// over; nil for the first.
	earlier *view

	made    map[objectKey]*made
	order   []objectKey
	removed map[objectKey]*gone
	// ran are the runs that a pass looked through.
	ran []v1alpha1.StampedRef
	// unread are the steps whose objects the person may not read; so their outputs are not
	// known.
	unread map[string]bool
}

// made is an object that a pass asked for.
type made struct {
	step     string
	kind     schema.GroupVersionKind
	rest     realize.Resource
	key      objectKey
	rendered map[string]any
	digest   string
	// live is nil when there is none, or when it can not be read.
	live *unstructured.Unstructured
	// answer is what the cluster would hold.
	answer map[string]any
	// current: the agent would leave it alone.
	current bool
	// run of a lifecycle other than mutable.
	run bool
	// asRendered: the answer is none of the API server's.
	asRendered bool
}

// writes tells whether the agent would send a write that changes something; of what can not
// be read, it is taken that it would not.
func (m *made) writes() bool {
	switch {
	case m.current:
		return false
	case m.asRendered:
		return m.live != nil && stamped.Digest(m.live) != m.digest
	case m.live == nil:
		return true
	}
	return len(differing(m.live.Object, m.answer)) > 0
}

// gone is an object that a pass removes.
type gone struct {
	step string
	rest realize.Resource
	kind schema.GroupVersionKind
	key  objectKey
	live *unstructured.Unstructured
}

var _ realize.Cluster = (*view)(nil)

func newView(ctx context.Context, w *walk, s *set, owner *realize.Owner, earlier *view) *view {
	return &view{ctx: ctx, walk: w, set: s, owner: owner, earlier: earlier, made: map[objectKey]*made{}, removed: map[objectKey]*gone{}, unread: map[string]bool{}}
}

// Template implements realize.Cluster.
func (v *view) Template(kind, name string) *stamp.Template { return v.set.template(kind, name) }

// ServiceAccount implements realize.Cluster. One that can not be read is taken to exist:
// it does for almost every owner.
func (v *view) ServiceAccount(account realize.Account) error {
	if v.walk.given[account] {
		return nil
	}
	exists, err := v.walk.account(v.ctx, account)
	switch {
	case apierrors.IsForbidden(err):
		resource := realize.Resource{GroupVersionResource: schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}}
		v.walk.degraded.note("get", resource, objectKey{resource.GroupVersionResource, account.Namespace, account.Name}, err)
		return nil
	case err != nil:
		return v.walk.fatal(err)
	case !exists:
		return errors.New("it does not exist")
	}
	return nil
}

// Resource implements realize.Cluster.
func (v *view) Resource(kind schema.GroupVersionKind) (realize.Resource, error) {
	return once(&v.walk.mu, v.walk.resources, kind, func() (realize.Resource, error) {
		mapping, err := v.walk.source.Mapper.RESTMapping(kind.GroupKind(), kind.Version)
		switch {
		case meta.IsNoMatchError(err):
			return realize.Resource{}, err
		case err != nil:
			return realize.Resource{}, v.walk.fatal(err)
		}
		return realize.Resource{GroupVersionResource: mapping.Resource, Namespaced: mapping.Scope.Name() == meta.RESTScopeNameNamespace}, nil
	})
}

// ask begins a question about an object.
func (v *view) ask(object map[string]any) (*made, error) {
	u := unstructured.Unstructured{Object: object}
	rest, err := v.Resource(u.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	return &made{
		kind: u.GroupVersionKind(), rest: rest, key: objectKey{rest.GroupVersionResource, u.GetNamespace(), u.GetName()},
		step: stamped.RunStep(v.owner.Kind, u.GetLabels()), rendered: object,
	}, nil
}

func (v *view) keep(m *made) {
	if v.made[m.key] == nil {
		v.order = append(v.order, m.key)
	}
	v.made[m.key] = m
}

// Apply implements realize.Cluster by the rules of the agent (spec: reconcile §10.1).
func (v *view) Apply(ctx context.Context, account realize.Account, object map[string]any) (realize.Applied, error) {
	m, err := v.ask(object)
	if err != nil {
		return realize.Applied{}, err
	}
	m.digest = stamp.Digest(object)
	m.live, err = v.walk.live.get(ctx, v.owner.Kind, m.key)
	switch {
	case apierrors.IsForbidden(err):
		v.walk.degraded.note("get", m.rest, m.key, err)
		m.answer, m.asRendered = object, true
		v.unread[m.step] = true
	case err != nil:
		return realize.Applied{}, v.walk.fatal(err)
	case m.live != nil:
		if err := stamped.Foreign(m.rest.Qualified(), m.key.namespace, m.key.name, metav1.GetControllerOf(m.live), v.owner.UID); err != nil {
			return realize.Applied{}, err
		}
		if m.current = v.isCurrent(m); m.current {
			m.answer = m.live.Object
		}
	}
	if m.answer == nil {
		if err := v.settle(m, func() (map[string]any, error) { return v.patch(ctx, account, m) }); err != nil {
			return realize.Applied{}, err
		}
	}
	v.keep(m)
	if m.asRendered && m.live != nil {
		return realize.Applied{Object: m.live.Object}, nil // outputs come from the status
	}
	return realize.Applied{Object: m.answer}, nil
}

// isCurrent says whether the agent would leave the object alone.
func (v *view) isCurrent(m *made) bool {
	if m.live.GetDeletionTimestamp() != nil {
		return true
	}
	controller := metav1.GetControllerOf(m.live)
	return stamped.Digest(m.live) == m.digest && controller != nil && controller.UID == v.owner.UID && stamped.Owns(stamped.Owned(m.live), m.rendered)
}

// settle fills in the answer: that of the earlier pass to the same question, that of a dry
// run, or where none is possible the rendered object.
func (v *view) settle(m *made, dryRun func() (map[string]any, error)) error {
	if v.earlier != nil {
		if same := v.earlier.made[m.key]; same != nil && same.digest == m.digest {
			m.answer, m.asRendered = same.answer, same.asRendered
			return nil
		}
	}
	var err error
	m.answer, err = dryRun()
	verb := "patch"
	if m.run {
		verb = "create"
	}
	switch {
	case err == nil:
		return nil
	case v.walk.source.As != nil && apierrors.IsForbidden(err) && !cannotImpersonate(err), !noDryRun(err):
		// What the owner's own account may not do, the agent may not do for it.
		return v.walk.answered(err)
	case cannotImpersonate(err):
		verb = "impersonate"
	}
	v.walk.degraded.note(verb, m.rest, m.key, err)
	m.answer, m.asRendered = m.rendered, true
	return nil
}

func (v *view) patch(ctx context.Context, account realize.Account, m *made) (map[string]any, error) {
	client, err := v.walk.as(account)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(stamped.WithDigest(m.rendered, m.digest))
	if err != nil {
		return nil, fmt.Errorf("encode the rendered object: %w", err)
	}
	force := true
	answer, err := client.Resource(m.rest.GroupVersionResource).Namespace(m.key.namespace).Patch(ctx, m.key.name, types.ApplyPatchType, body,
		metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: v1alpha1.FieldManager, Force: &force})
	if err != nil {
		return nil, err
	}
	return answer.Object, nil
}

// Create implements realize.Cluster.
func (v *view) Create(ctx context.Context, account realize.Account, object map[string]any) (realize.Run, error) {
	m, err := v.ask(object)
	if err != nil {
		return realize.Run{}, err
	}
	u := &unstructured.Unstructured{Object: object}
	m.run, m.digest = true, stamped.Digest(u)
	err = v.settle(m, func() (map[string]any, error) {
		client, err := v.walk.as(account)
		if err != nil {
			return nil, err
		}
		answer, err := client.Resource(m.rest.GroupVersionResource).Namespace(m.key.namespace).Create(ctx, u,
			metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: v1alpha1.FieldManager})
		if err != nil {
			return nil, err
		}
		return answer.Object, nil
	})
	if err != nil {
		return realize.Run{}, err
	}
	v.keep(m)
	return m.asRun(), nil
}

// Runs implements realize.Cluster.
func (v *view) Runs(_ context.Context, kind schema.GroupVersionKind, _ types.UID, resource string) iter.Seq2[realize.Run, error] {
	return realize.TheseRuns(v.runs(kind, resource))
}

func (v *view) runs(kind schema.GroupVersionKind, resource string) ([]realize.Run, error) {
	rest, err := v.Resource(kind)
	if err != nil {
		return nil, err
	}
	runs, err := v.walk.live.runsOf(v.ctx, rest.GroupVersionResource, v.owner, resource)
	if apierrors.IsForbidden(err) {
		v.walk.degraded.note("list", rest, objectKey{rest.GroupVersionResource, v.owner.Namespace, ""}, err)
		v.unread[resource] = true
		return nil, err
	}
	if err != nil {
		return nil, v.walk.fatal(err)
	}
	for _, run := range runs {
		v.ran = append(v.ran, v1alpha1.StampedRef{ObjectReference: corev1.ObjectReference{
			APIVersion: kind.GroupVersion().String(), Kind: kind.Kind, Namespace: v.owner.Namespace, Name: run.Name,
		}})
	}
	// The one of this pass is among them, as it is for the agent.
	for _, m := range v.made {
		if m.run && m.rest == rest && m.step == resource {
			runs = append([]realize.Run{m.asRun()}, runs...)
		}
	}
	return runs, nil
}

func (m *made) asRun() realize.Run { return runOf(&unstructured.Unstructured{Object: m.answer}) }

// maxSelected bounds what is read when a selector matches more than the one object that it
// should.
const maxSelected = 10

// Select implements realize.Cluster.
func (v *view) Select(ctx context.Context, account realize.Account, selection realize.Selection) ([]map[string]any, error) {
	rest, err := v.Resource(selection.Kind)
	if err != nil {
		return nil, err
	}
	namespace := selection.Namespace
	if !rest.Namespaced {
		namespace = ""
	}
	client, err := v.walk.as(account)
	if err != nil {
		return nil, err
	}
	found, err := client.Resource(rest.GroupVersionResource).Namespace(namespace).List(ctx, metav1.ListOptions{LabelSelector: selection.Labels, Limit: maxSelected})
	if err != nil {
		if noDryRun(err) && v.walk.source.As == nil {
			v.walk.degraded.note("list", rest, objectKey{rest.GroupVersionResource, namespace, ""}, err)
		}
		return nil, v.walk.answered(err)
	}
	objects := make([]map[string]any, len(found.Items))
	for i := range found.Items {
		objects[i] = found.Items[i].Object
	}
	return objects, nil
}

// Remove implements realize.Cluster: it only notes what the agent would delete.
func (v *view) Remove(ctx context.Context, _ realize.Account, owner types.UID, ref v1alpha1.StampedRef) (bool, error) {
	rest, err := v.Resource(ref.GroupVersionKind())
	if err != nil {
		return false, err
	}
	k := objectKey{rest.GroupVersionResource, ref.Namespace, ref.Name}
	live, err := v.walk.live.get(ctx, v.owner.Kind, k)
	if apierrors.IsForbidden(err) {
		v.walk.degraded.note("get", rest, k, err)
		return false, err
	}
	if err != nil || live == nil {
		return false, v.walk.fatal(err)
	}
	if c := metav1.GetControllerOf(live); c == nil || c.UID != owner || live.GetDeletionTimestamp() != nil {
		return false, nil
	}
	v.removed[k] = &gone{step: stamped.RunStep(v.owner.Kind, live.GetLabels()), rest: rest, kind: ref.GroupVersionKind(), key: k, live: live}
	return true, nil
}
