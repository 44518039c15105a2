package collect

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/quantity"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/why"
)

// Use is what a blueprint is made of, and who goes through it.
type Use struct {
	// Templates hold nil for one that does not exist, and nothing for one that could not
	// be read.
	Templates map[blueprint.TemplateUse]*stamp.Template
	// Owners are those that went through it last.
	Owners []why.OwnerState
	// OwnersUnknown is true when they could not be listed.
	OwnersUnknown bool
	Unread        []tree.Unread
}

// UseOf reads the templates of a blueprint, one get for each, and its owners, one list.
// What can not be read is left out and named.
func UseOf(ctx context.Context, client dynamic.Interface, b *blueprint.Blueprint) (*Use, error) {
	use, _, err := newReader(Source{Client: client}, Query{}).use(ctx, b)
	return use, err
}

// FollowUse is Follow for a blueprint, its templates and its owners. A deleted blueprint is
// the error of the read: not found.
func FollowUse(ctx context.Context, client dynamic.Interface, resource schema.GroupVersionResource, name string, show func(*unstructured.Unstructured, *Use) error) error {
	type snapshot struct {
		obj    *unstructured.Unstructured
		use    *Use
		listed int
	}
	read := func(ctx context.Context, r *reader) (s snapshot, err error) {
		if s.obj, err = r.get(ctx, resource, "", name); err != nil {
			return s, err
		}
		b, err := compile(resource, s.obj)
		if err != nil {
			return s, err
		}
		s.use, s.listed, err = r.use(ctx, b)
		return s, err
	}
	// A list of thousands of owners is not read again for each change.
	pause := func(s snapshot) time.Duration { return settle + time.Duration(s.listed)*time.Millisecond }
	query := Query{Roots: []Root{{Resource: resource, Name: name}}}
	return follow(ctx, Source{Client: client}, query, read, pause, func(s snapshot) error { return show(s.obj, s.use) })
}

// BlueprintFacts reads what explains a blueprint: its templates and the owners that went
// through it last; missing are the templates that do not exist.
func BlueprintFacts(ctx context.Context, client dynamic.Interface, b *blueprint.Blueprint) (missing []blueprint.TemplateUse, owners []why.OwnerState, unread []tree.Unread, err error) {
	use, err := UseOf(ctx, client, b)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, t := range b.Templates() {
		if template, read := use.Templates[t]; read && template == nil {
			missing = append(missing, t)
		}
	}
	return missing, use.Owners, use.Unread, nil
}

// use also tells how many owners were listed, of this blueprint or not.
func (r *reader) use(ctx context.Context, b *blueprint.Blueprint) (u *Use, listed int, err error) {
	u = &Use{}
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		u.Templates = r.templates(gctx, b)
		return gctx.Err()
	})
	group.Go(func() error {
		resource := OwnerRef{Kind: b.OwnerKind()}.Resource()
		objects, err := r.list(gctx, target{resource: resource})
		if err != nil {
			u.OwnersUnknown = true
			r.note("list", resource.GroupResource().String(), "", "", err)
			return gctx.Err()
		}
		listed = len(objects)
		for i := range objects {
			if !wentThrough(&objects[i], b.Name) {
				continue
			}
			owner, err := tree.DecodeOwner(&objects[i])
			if err != nil {
				r.note("get", resource.GroupResource().String(), objects[i].GetNamespace(), objects[i].GetName(), err)
				continue
			}
			state := tree.Build(tree.Input{Owner: owner}).Owner
			u.Owners = append(u.Owners, why.OwnerState{Ref: state.Ref, Ready: state.Ready})
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, 0, err
	}
	u.Unread = r.sorted()
	return u, listed, nil
}

// wentThrough tells the owners that last went through a blueprint. It is cheaper than to
// decode: a cluster has many owners, a blueprint few.
func wentThrough(owner *unstructured.Unstructured, blueprint string) bool {
	field := "supplyChainRef"
	if owner.GetKind() == v1alpha1.KindDeliverable {
		field = "deliveryRef"
	}
	name, _, _ := unstructured.NestedString(owner.Object, "status", field, "name")
	return name == blueprint
}

func compile(resource schema.GroupVersionResource, obj *unstructured.Unstructured) (*blueprint.Blueprint, error) {
	if resource == deliveries {
		d := &v1alpha1.ClusterDelivery{}
		err := decode(obj, d)
		return blueprint.CompileDelivery(d), err
	}
	c := &v1alpha1.ClusterSupplyChain{}
	err := decode(obj, c)
	return blueprint.CompileSupplyChain(c), err
}

func decode(obj *unstructured.Unstructured, into any) error {
	if err := quantity.Decodable(obj.Object); err != nil {
		return fmt.Errorf("%s %s: %w", obj.GetKind(), obj.GetName(), err)
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, into); err != nil {
		return fmt.Errorf("%s %s is not as %s says: %w", obj.GetKind(), obj.GetName(), v1alpha1.GroupVersion, err)
	}
	return nil
}
