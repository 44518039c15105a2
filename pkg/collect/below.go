package collect

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
)

// maxChildDepth bounds walks below a stamped object; a Knative Service with Configuration,
// Revision, Deployment, ReplicaSet and Pod is the longest known.
const maxChildDepth = 5

// maxNames of parents in a selector: a URL has bounds.
const maxNames = 30

// listKey is one list request: everything of one kind in one namespace.
type listKey struct {
	child     childKind
	namespace string
}

// below lists the children of one level, one request for each kind and namespace, and
// returns them as the next level.
func (r *reader) below(ctx context.Context, parents []*tree.Found) ([]*tree.Found, error) {
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
	for i, k := range keys {
		group.Go(func() error {
			lists[i] = r.children(gctx, k, k.narrow(wanted[k]))
			return gctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
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
	return next, nil
}

// children lists one kind; a failure costs these children only.
func (r *reader) children(ctx context.Context, k listKey, selector string) []unstructured.Unstructured {
	items, err := r.list(ctx, target{resource: k.child.resource, namespace: k.namespace, selector: selector})
	if err != nil && !apierrors.IsNotFound(err) { // that kind is not installed
		r.note("list", k.child.resource.GroupResource().String(), k.namespace, "", err)
	}
	for i := range items {
		// Items of a list of a built-in kind come without their kind.
		items[i].SetGroupVersionKind(k.child.resource.GroupVersion().WithKind(k.child.kind.Kind))
	}
	return items
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

// narrow is the label selector that keeps the list of the children of some parents small
// in a crowded namespace; empty when there is none.
func (k listKey) narrow(parents []*unstructured.Unstructured) string {
	label := k.child.label
	if isRunnable(parents[0]) {
		label = v1alpha1.LabelRunnableName
	}
	if label != "" && len(parents) <= maxNames {
		names := make([]string, len(parents))
		for i, p := range parents {
			if names[i] = p.GetName(); len(validation.IsValidLabelValue(names[i])) > 0 {
				return "" // whoever set the label had to cut the name
			}
		}
		if len(names) == 1 {
			return label + "=" + names[0]
		}
		slices.Sort(names)
		return fmt.Sprintf("%s in (%s)", label, strings.Join(names, ","))
	}
	if len(parents) != 1 {
		return ""
	}
	set, found, err := unstructured.NestedStringMap(parents[0].Object, "spec", "selector", "matchLabels")
	if !found || err != nil {
		return ""
	}
	return labels.SelectorFromSet(set).String()
}

// labelled finds pods by the labels of Carto, below stamped objects whose children are
// not known by kind: what a tool deploys without owner references may still carry them.
func (r *reader) labelled(ctx context.Context) error {
	type key struct{ namespace, selector string }
	byStep := map[key]map[string]*tree.Found{}
	var keys []key
	for _, p := range r.parents {
		set := p.Object.GetLabels()
		step := set[v1alpha1.LabelResourceName]
		if step == "" || hasKnownChildren(p.Object) {
			continue
		}
		label := v1alpha1.LabelWorkloadName
		if set[label] == "" {
			label = v1alpha1.LabelDeliverableName
		}
		k := key{p.Object.GetNamespace(), labels.Set{label: set[label]}.String()}
		if byStep[k] == nil {
			byStep[k] = map[string]*tree.Found{}
			keys = append(keys, k)
		}
		byStep[k][step] = p
	}
	group, gctx := errgroup.WithContext(ctx)
	for _, k := range keys {
		group.Go(func() error {
			list := r.children(gctx, listKey{pods, k.namespace}, k.selector)
			for i := range list {
				step := byStep[k][list[i].GetLabels()[v1alpha1.LabelResourceName]]
				if step != nil {
					step.Children = append(step.Children, &tree.Found{Object: &list[i], Rule: tree.RuleLabel})
				}
			}
			return gctx.Err()
		})
	}
	return group.Wait()
}
