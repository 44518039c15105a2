package world

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// object delivers an object whenever it changes: from another topic as long as one holds it,
// and by a watch of its own from then on.
func (w *World) object(ctx context.Context, c *Cluster, t feed.Object, emit func(any)) error {
	last := "" // version that was delivered
	show := func(version string, obj *unstructured.Unstructured) {
		if version != last || version == "" {
			last = version
			emit(feed.Manifest{Object: obj})
		}
	}
	for {
		version, object, changed, ok := c.held.find(keyOf(t.Ref))
		if !ok {
			break
		}
		if version != last {
			obj, err := object()
			if err != nil {
				return err
			}
			show(version, obj)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
	return w.watchObject(ctx, c, t.Ref, last != "", show)
}

// watchObject reads an object and watches it. One that may be read but not watched is read
// again now and then.
func (w *World) watchObject(ctx context.Context, c *Cluster, ref tree.Ref, seen bool, show func(string, *unstructured.Unstructured)) error {
	n, err := w.nounOf(c, ref)
	if err != nil {
		return err
	}
	gone := func() error {
		word := "not found"
		if seen {
			word = "was deleted"
		}
		return &Ended{Err: fmt.Errorf("%s %s", n.Qualified(ref.Namespace, ref.Name), word), Gone: seen}
	}
	for {
		obj, err := n.Client(c.Client, ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err) && !collect.MissingKind(err):
			return gone()
		case err != nil:
			return w.unreadable(n, "read", ref, err)
		}
		withoutManagedFields(obj)
		seen = true
		show(obj.GetResourceVersion(), obj)
		err = n.WatchOne(ctx, c.Client, w.o.Program, obj, func(e watch.Event) error {
			changed, ok := e.Object.(*unstructured.Unstructured)
			switch {
			case !ok:
			case e.Type == watch.Deleted:
				return gone()
			default:
				withoutManagedFields(changed)
				show(changed.GetResourceVersion(), changed)
			}
			return nil
		})
		if !apierrors.IsForbidden(err) && !apierrors.IsMethodNotSupported(err) {
			return w.unreadable(n, "watch", ref, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(tryAgain):
		}
	}
}

// unreadable says that a kind is not installed in words that fit kinds of others.
func (w *World) unreadable(n *noun.Noun, verb string, ref tree.Ref, err error) error {
	if collect.MissingKind(err) && n.Resource.Group != v1alpha1.Group {
		return fmt.Errorf("cannot %s %s: the cluster does not know %s: its CustomResourceDefinition is not installed: %w", verb, n.Qualified(ref.Namespace, ref.Name), n.Resource.GroupResource(), err)
	}
	return err
}

// nounOf describes the kind of any object.
func (w *World) nounOf(c *Cluster, ref tree.Ref) (*noun.Noun, error) {
	if n := noun.OfKind(ref.Kind); n != nil && strings.HasPrefix(ref.APIVersion, v1alpha1.Group+"/") {
		return n, nil
	}
	resource, err := w.resourceOf(c, ref)
	if err != nil {
		return nil, fmt.Errorf("cannot find out what %s %s is: %w", ref.Kind, ref.Name, err)
	}
	return &noun.Noun{Kind: ref.Kind, Name: strings.ToLower(ref.Kind), Plural: resource.Resource, Resource: resource, Cluster: ref.Namespace == ""}, nil
}

// resourceOf is where an object lives. The cluster is asked for its kinds only where nothing
// names the plural.
func (w *World) resourceOf(c *Cluster, ref tree.Ref) (schema.GroupVersionResource, error) {
	if ref.Resource == "" && c.Mapper != nil {
		mapper, err := c.Mapper()
		if err != nil {
			return schema.GroupVersionResource{}, err
		}
		kind := schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind)
		if mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version); err == nil {
			return mapping.Resource, nil
		}
	}
	return collect.Resource(&v1alpha1.StampedRef{ObjectReference: corev1.ObjectReference{APIVersion: ref.APIVersion, Kind: ref.Kind}, Resource: ref.Resource})
}
