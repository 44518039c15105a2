// Package collect reads what package tree draws, with the fewest requests: one get for
// the owner, one for its blueprint, one for each stamped object that the status names,
// and one list for each kind of children below them. It never discovers kinds and never
// sweeps the API.
//
// Whatever can not be read, for lack of a permission or otherwise, degrades one node of
// the tree and is named; only the owner itself is indispensable.
package collect

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
)

// parallel bounds the requests in flight: enough to hide the latency, too few to be
// noticed by the API server.
const parallel = 8

// pageSize of lists.
const pageSize = 500

// maxChildDepth bounds walks below a stamped object; PipelineRun, TaskRun, Pod is the
// longest known.
const maxChildDepth = 4

// OwnerRef names the owner to read.
type OwnerRef struct {
	// Kind is Workload, Deliverable or Runnable.
	Kind      string
	Namespace string
	Name      string
}

// Resource of the owner.
func (r OwnerRef) Resource() schema.GroupVersionResource {
	return v1alpha1.GroupVersion.WithResource(strings.ToLower(r.Kind) + "s")
}

// Collect reads the owner and everything that the tree shows of it. An error means that
// the owner itself could not be read.
func Collect(ctx context.Context, client dynamic.Interface, ref OwnerRef) (tree.Input, error) {
	in, _, err := collect(ctx, client, ref)
	return in, err
}

// collect also returns the lists that were read.
func collect(ctx context.Context, client dynamic.Interface, ref OwnerRef) (tree.Input, []listKey, error) {
	obj, err := client.Resource(ref.Resource()).Namespace(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	if err != nil {
		return tree.Input{}, nil, err
	}
	owner, err := decodeOwner(ref.Kind, obj)
	if err != nil {
		return tree.Input{}, nil, err
	}
	r := &reader{client: client, runs: map[string]childKind{}}
	in := tree.Input{Owner: owner, Objects: map[string]*tree.Found{}}

	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	group.Go(func() error {
		in.Blueprint = r.blueprint(gctx, owner.Blueprint)
		return gctx.Err()
	})
	found := make([]*tree.Found, len(owner.Status.Resources))
	for i := range owner.Status.Resources {
		if stamped := owner.Status.Resources[i].StampedRef; stamped != nil {
			group.Go(func() error {
				found[i] = r.stamped(gctx, stamped)
				return gctx.Err()
			})
		}
	}
	if err := group.Wait(); err != nil {
		return tree.Input{}, nil, err
	}
	var level []*tree.Found
	for i, f := range found {
		if f != nil {
			in.Objects[owner.Status.Resources[i].Name] = f
			if f.Object != nil {
				level = append(level, f)
			}
		}
	}
	root := &tree.Found{Object: obj}
	if ref.Kind == v1alpha1.KindRunnable {
		level = append(level, root)
	}
	var lists []listKey
	for depth := 0; depth < maxChildDepth && len(level) > 0; depth++ {
		var read []listKey
		if level, read, err = r.below(ctx, level); err != nil {
			return tree.Input{}, nil, err
		}
		lists = append(lists, read...)
	}
	in.Runs = root.Children
	in.Unread = r.sorted()
	return in, lists, nil
}

func decodeOwner(kind string, obj *unstructured.Unstructured) (tree.Owner, error) {
	var owner tree.Owner
	var err error
	convert := runtime.DefaultUnstructuredConverter.FromUnstructured
	switch kind {
	case v1alpha1.KindDeliverable:
		d := &v1alpha1.Deliverable{}
		err = convert(obj.Object, d)
		owner = tree.FromDeliverable(d)
	case v1alpha1.KindRunnable:
		r := &v1alpha1.Runnable{}
		err = convert(obj.Object, r)
		owner = tree.FromRunnable(r)
	default:
		w := &v1alpha1.Workload{}
		err = convert(obj.Object, w)
		owner = tree.FromWorkload(w)
	}
	if err != nil {
		return owner, fmt.Errorf("%s %s/%s is not as %s says: %w", kind, obj.GetNamespace(), obj.GetName(), v1alpha1.GroupVersion, err)
	}
	return owner, nil
}

func (r *reader) blueprint(ctx context.Context, ref v1alpha1.BlueprintRef) *tree.Blueprint {
	if ref.Name == "" {
		return nil
	}
	resource := v1alpha1.GroupVersion.WithResource("clustersupplychains")
	if ref.Kind == v1alpha1.KindClusterDelivery {
		resource = v1alpha1.GroupVersion.WithResource("clusterdeliveries")
	}
	obj, err := r.client.Resource(resource).Get(ctx, ref.Name, metav1.GetOptions{})
	if err != nil {
		r.note("get", resource.GroupResource().String(), "", ref.Name, err)
		return nil
	}
	convert := runtime.DefaultUnstructuredConverter.FromUnstructured
	if ref.Kind == v1alpha1.KindClusterDelivery {
		d := &v1alpha1.ClusterDelivery{}
		if err := convert(obj.Object, d); err != nil {
			r.note("get", resource.GroupResource().String(), "", ref.Name, err)
			return nil
		}
		return tree.FromDelivery(d)
	}
	c := &v1alpha1.ClusterSupplyChain{}
	if err := convert(obj.Object, c); err != nil {
		r.note("get", resource.GroupResource().String(), "", ref.Name, err)
		return nil
	}
	return tree.FromSupplyChain(c)
}

// Resource is where a stamped object lives. The status names the plural, so that no
// discovery is needed; statuses of other implementations may lack it, and then the
// usual plural is the best guess.
func Resource(ref *v1alpha1.StampedRef) (schema.GroupVersionResource, error) {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		return schema.GroupVersionResource{}, err
	}
	if plural, _, _ := strings.Cut(ref.Resource, "."); plural != "" {
		return gv.WithResource(plural), nil
	}
	return guessPlural(gv.WithKind(ref.Kind)), nil
}

func guessPlural(kind schema.GroupVersionKind) schema.GroupVersionResource {
	name := strings.ToLower(kind.Kind)
	switch {
	case strings.HasSuffix(name, "s"), strings.HasSuffix(name, "x"), strings.HasSuffix(name, "ch"):
		name += "es"
	case strings.HasSuffix(name, "y"):
		name = strings.TrimSuffix(name, "y") + "ies"
	default:
		name += "s"
	}
	return kind.GroupVersion().WithResource(name)
}

func (r *reader) stamped(ctx context.Context, ref *v1alpha1.StampedRef) *tree.Found {
	resource, err := Resource(ref)
	if err != nil {
		r.note("get", ref.Resource, ref.Namespace, ref.Name, err)
		return &tree.Found{}
	}
	obj, err := r.client.Resource(resource).Namespace(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return &tree.Found{Missing: true}
	case err != nil:
		r.note("get", resource.GroupResource().String(), ref.Namespace, ref.Name, err)
		return &tree.Found{}
	}
	return &tree.Found{Object: obj}
}

// listKey is one list request: everything of one kind in one namespace.
type listKey struct {
	child     childKind
	namespace string
}

// below lists the children of one level, one request for each kind and namespace, and
// returns them as the next level, with what was listed.
func (r *reader) below(ctx context.Context, parents []*tree.Found) ([]*tree.Found, []listKey, error) {
	byUID := map[types.UID]*tree.Found{}
	wanted := map[listKey][]*unstructured.Unstructured{}
	var keys []listKey
	for _, p := range parents {
		byUID[p.Object.GetUID()] = p
		for _, c := range r.childKinds(ctx, p.Object) {
			k := listKey{c, p.Object.GetNamespace()}
			if wanted[k] == nil {
				keys = append(keys, k)
			}
			wanted[k] = append(wanted[k], p.Object)
		}
	}
	lists := make([][]unstructured.Unstructured, len(keys))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, k := range keys {
		group.Go(func() error {
			lists[i] = r.list(gctx, k, narrow(wanted[k]))
			return gctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	var next []*tree.Found
	for _, list := range lists {
		sort.Slice(list, func(i, j int) bool { return younger(&list[i], &list[j]) })
		for i := range list {
			obj := &list[i]
			if obj.GetKind() == "ReplicaSet" && retired(obj) {
				continue
			}
			for _, o := range obj.GetOwnerReferences() {
				if parent := byUID[o.UID]; parent != nil {
					f := &tree.Found{Object: obj, Rule: tree.RuleOwnerReference}
					parent.Children = append(parent.Children, f)
					next = append(next, f)
					break
				}
			}
		}
	}
	return next, keys, nil
}

// younger puts the newest child first: it is the one that matters. Runs of the same
// second have a number.
func younger(a, b *unstructured.Unstructured) bool {
	if sa, sb := tree.Sequence(a), tree.Sequence(b); sa != sb {
		return sa > sb
	}
	ta, tb := a.GetCreationTimestamp(), b.GetCreationTimestamp()
	if !ta.Equal(&tb) {
		return tb.Before(&ta)
	}
	return a.GetName() < b.GetName()
}

// retired tells a ReplicaSet of an earlier revision: Deployments keep ten of them.
func retired(rs *unstructured.Unstructured) bool {
	want, given, _ := unstructured.NestedInt64(rs.Object, "spec", "replicas")
	have, _, _ := unstructured.NestedInt64(rs.Object, "status", "replicas")
	return given && want == 0 && have == 0
}

// narrow is the label selector of a single parent, which keeps the list of its children
// small in a crowded namespace; with several parents one list without a selector is
// fewer requests.
func narrow(parents []*unstructured.Unstructured) string {
	if len(parents) != 1 {
		return ""
	}
	if isRunnable(parents[0]) {
		return labels.Set{v1alpha1.LabelRunnableName: parents[0].GetName()}.String()
	}
	set, found, err := unstructured.NestedStringMap(parents[0].Object, "spec", "selector", "matchLabels")
	if !found || err != nil {
		return ""
	}
	return labels.SelectorFromSet(set).String()
}

func (r *reader) list(ctx context.Context, k listKey, selector string) []unstructured.Unstructured {
	var items []unstructured.Unstructured
	options := metav1.ListOptions{LabelSelector: selector, Limit: pageSize}
	for {
		page, err := r.client.Resource(k.child.resource).Namespace(k.namespace).List(ctx, options)
		if apierrors.IsNotFound(err) {
			return nil // the kind is not installed
		}
		if err != nil {
			r.note("list", k.child.resource.GroupResource().String(), k.namespace, "", err)
			return items
		}
		for i := range page.Items {
			// Items of a list of a built-in kind come without their kind.
			page.Items[i].SetGroupVersionKind(k.child.resource.GroupVersion().WithKind(k.child.kind.Kind))
		}
		items = append(items, page.Items...)
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return items
		}
	}
}
