package collect

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
)

// maxNesting bounds owners that stamp owners: a Workload, its Deliverable, and one more.
const maxNesting = 3

var (
	supplyChains = v1alpha1.GroupVersion.WithResource("clustersupplychains")
	deliveries   = v1alpha1.GroupVersion.WithResource("clusterdeliveries")
)

func isBlueprint(resource schema.GroupVersionResource) bool {
	return resource == supplyChains || resource == deliveries
}

// withSteps tells the kinds of owners that go through a blueprint.
func withSteps(obj *unstructured.Unstructured) bool {
	kind := obj.GroupVersionKind()
	return kind.Group == v1alpha1.Group && (kind.Kind == v1alpha1.KindWorkload || kind.Kind == v1alpha1.KindDeliverable)
}

func isRunnable(obj *unstructured.Unstructured) bool {
	return obj.GroupVersionKind().GroupKind() == schema.GroupKind{Group: v1alpha1.Group, Kind: v1alpha1.KindRunnable}
}

// named reads one object and, if it is an owner, what belongs to it.
func (r *reader) named(ctx context.Context, root Root) (*tree.Input, error) {
	obj, err := r.get(ctx, root.Resource, root.Namespace, root.Name)
	if err != nil {
		return nil, err
	}
	if withSteps(obj) || isRunnable(obj) {
		return r.owner(ctx, obj, nil)
	}
	found := &tree.Found{Object: obj}
	r.addParent(found)
	return &tree.Input{Root: found}, nil
}

// all reads every owner of a kind, or those that last went through a blueprint. One that
// is not as its type says is named, and left out.
func (r *reader) all(ctx context.Context, root Root, blueprint string) ([]*tree.Input, error) {
	objects, err := r.list(ctx, target{resource: root.Resource, namespace: root.Namespace, selector: root.Selector})
	if err != nil {
		return nil, err
	}
	inputs := make([]*tree.Input, len(objects))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i := range objects {
		if blueprint != "" && !wentThrough(&objects[i], blueprint) {
			continue
		}
		group.Go(func() error {
			in, err := r.owner(gctx, &objects[i], nil)
			if err != nil {
				r.note("get", root.Resource.GroupResource().String(), objects[i].GetNamespace(), objects[i].GetName(), err)
				return gctx.Err()
			}
			inputs[i] = in
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	kept := inputs[:0]
	for _, in := range inputs {
		if in != nil {
			kept = append(kept, in)
		}
	}
	return kept, nil
}

// withBlueprint reads a blueprint and its owners in the namespace of the root. Owners that
// may not be listed are named as not read.
func (r *reader) withBlueprint(ctx context.Context, root Root) (*tree.Input, error) {
	obj, err := r.get(ctx, root.Resource, "", root.Name)
	if err != nil {
		return nil, err
	}
	owners := Root{Resource: v1alpha1.GroupVersion.WithResource("workloads"), Namespace: root.Namespace, Selector: root.Selector}
	if root.Resource == deliveries {
		owners.Resource = v1alpha1.GroupVersion.WithResource("deliverables")
	}
	in := &tree.Input{Root: &tree.Found{Object: obj}, IsBlueprint: true}
	if in.Owners, err = r.all(ctx, owners, root.Name); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		r.note("list", owners.Resource.GroupResource().String(), owners.Namespace, "", err)
	}
	return in, nil
}

// owner reads what belongs to an owner, all but what is below its stamped objects: those
// are gathered, so that one list of a kind serves all. Above are the owners that it is below,
// the outermost first.
func (r *reader) owner(ctx context.Context, obj *unstructured.Unstructured, above []OwnerRef) (*tree.Input, error) {
	owner, err := tree.DecodeOwner(obj)
	if err != nil {
		return nil, err
	}
	in := &tree.Input{Now: r.now, Owner: owner, Objects: map[string]*tree.Found{}, Root: &tree.Found{Object: obj}}
	if r.query.Shallow {
		in.Blueprint = r.blueprint(ctx, owner.Blueprint)
		return in, ctx.Err()
	}
	if isRunnable(obj) {
		r.addParent(in.Root)
		return in, nil
	}
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		in.Blueprint = r.blueprint(gctx, owner.Blueprint)
		return gctx.Err()
	})
	way := append(slices.Clone(above), refOf(obj))
	var mu sync.Mutex
	for i := range owner.Status.Resources {
		step := &owner.Status.Resources[i]
		if step.StampedRef == nil {
			continue
		}
		group.Go(func() error {
			found, err := r.stamped(gctx, step.StampedRef, way)
			mu.Lock()
			defer mu.Unlock()
			in.Objects[step.Name] = found
			return err
		})
	}
	return in, group.Wait()
}

func refOf(obj *unstructured.Unstructured) OwnerRef {
	return OwnerRef{Kind: obj.GetKind(), Namespace: obj.GetNamespace(), Name: obj.GetName()}
}

// stamped reads a stamped object of the last owner on the way. One that can not be read
// costs only itself.
func (r *reader) stamped(ctx context.Context, ref *v1alpha1.StampedRef, way []OwnerRef) (*tree.Found, error) {
	resource, err := Resource(ref)
	if err != nil {
		r.note("get", ref.Resource, ref.Namespace, ref.Name, err)
		return &tree.Found{}, nil
	}
	obj, err := r.get(ctx, resource, ref.Namespace, ref.Name)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case apierrors.IsNotFound(err):
		return &tree.Found{Missing: true}, nil
	case err != nil:
		r.note("get", resource.GroupResource().String(), ref.Namespace, ref.Name, err)
		return &tree.Found{}, nil
	}
	found := &tree.Found{Object: obj}
	if withSteps(obj) && slices.Contains(way, refOf(obj)) {
		return found, nil // it goes in circles
	}
	if withSteps(obj) && len(way) < maxNesting {
		if found.Owner, err = r.owner(ctx, obj, way); err != nil {
			r.note("get", resource.GroupResource().String(), ref.Namespace, ref.Name, err)
		}
		return found, ctx.Err()
	}
	r.addParent(found)
	return found, nil
}

// blueprint reads a blueprint, once for all owners that go through it; nil when there is
// none.
func (r *reader) blueprint(ctx context.Context, ref v1alpha1.BlueprintRef) *tree.Blueprint {
	if ref.Name == "" {
		return nil
	}
	key := blueprintKey{ref.Kind, ref.Name}
	r.mu.Lock()
	once := r.blueprints[key]
	if once == nil {
		once = sync.OnceValue(func() *tree.Blueprint { return r.readBlueprint(ctx, key) })
		r.blueprints[key] = once
	}
	r.mu.Unlock()
	return once()
}

type blueprintKey struct{ kind, name string }

func (r *reader) readBlueprint(ctx context.Context, key blueprintKey) *tree.Blueprint {
	resource := supplyChains
	if key.kind == v1alpha1.KindClusterDelivery {
		resource = deliveries
	}
	obj, err := r.get(ctx, resource, "", key.name)
	if err != nil {
		r.note("get", resource.GroupResource().String(), "", key.name, err)
		return nil
	}
	convert := runtime.DefaultUnstructuredConverter.FromUnstructured
	if resource == deliveries {
		d := &v1alpha1.ClusterDelivery{}
		if err := convert(obj.Object, d); err != nil {
			r.note("get", resource.GroupResource().String(), "", key.name, err)
			return nil
		}
		return tree.FromDelivery(d)
	}
	c := &v1alpha1.ClusterSupplyChain{}
	if err := convert(obj.Object, c); err != nil {
		r.note("get", resource.GroupResource().String(), "", key.name, err)
		return nil
	}
	return tree.FromSupplyChain(c)
}
