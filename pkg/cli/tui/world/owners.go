package world

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// pageSize of the list of owners. Decoded owners are large, and live until the next page.
const pageSize = 200

// owners delivers the owners of a kind, the first page as soon as it is there, and then what
// changes.
func (w *World) owners(ctx context.Context, c *Cluster, t feed.Owners, emit func(any)) error {
	n := noun.OfKind(t.Kind)
	if n == nil {
		return &Ended{Err: fmt.Errorf("nothing is known of the kind %q", t.Kind)}
	}
	l := newListing(t.Kind, t.Namespace)
	defer c.held.add(l)()
	return everywhere(t, together(ctx, func(ctx context.Context, crew *crew) error {
		crew.do(func() error { return deliver(ctx, l.wake, l.take, emit) })
		if n.Cluster {
			crew.do(func() error { return w.countOwners(ctx, c, l) })
		}
		return w.list(ctx, c, n, l)
	}))
}

// list fills a listing, and keeps it up to date.
func (w *World) list(ctx context.Context, c *Cluster, n *noun.Noun, l *listing) error {
	known := &unstructured.UnstructuredList{Object: cmdutil.List(nil)}
	version, err := n.Pages(ctx, c.Client, w.o.Program, l.namespace, metav1.ListOptions{Limit: pageSize}, func(items []unstructured.Unstructured, first bool) {
		if first {
			l.clear()
			known.Items = nil
		}
		l.put(items...)
		for i := range items {
			known.Items = append(known.Items, *named(&items[i]))
		}
		c.held.notify()
	})
	if err != nil {
		return err
	}
	known.SetResourceVersion(version)
	l.sync()
	c.held.notify()
	return n.Watch(ctx, c.Client, w.o.Program, l.namespace, metav1.ListOptions{}, known, func(e watch.Event) error {
		obj, ok := e.Object.(*unstructured.Unstructured)
		if !ok {
			return nil
		}
		if e.Type == watch.Deleted {
			l.remove(feed.Key{Namespace: obj.GetNamespace(), Name: obj.GetName()})
		} else {
			l.put(*obj)
		}
		c.held.notify()
		return nil
	})
}

// named is an object of which only the identity is left.
func named(obj *unstructured.Unstructured) *unstructured.Unstructured {
	out := &unstructured.Unstructured{Object: map[string]any{}}
	out.SetNamespace(obj.GetNamespace())
	out.SetName(obj.GetName())
	out.SetUID(obj.GetUID())
	out.SetResourceVersion(obj.GetResourceVersion())
	return out
}

// everywhere says what to do where the owners of all namespaces may not be seen.
func everywhere(t feed.Owners, err error) error {
	if apierrors.IsForbidden(err) && t.Namespace == "" && !noun.OfKind(t.Kind).Cluster {
		return &Ended{Err: fmt.Errorf("no permission for all namespaces; choose one with :ns NAME, or start with -n NAME: %w", err)}
	}
	return err
}

// countOwners keeps the owners of blueprints counted. Where no other topic lists all of them,
// this one does, unseen; they stay unknown where that is not allowed.
func (w *World) countOwners(ctx context.Context, c *Cluster, blueprints *listing) error {
	kind := v1alpha1.KindWorkload
	if blueprints.kind == v1alpha1.KindClusterDelivery {
		kind = v1alpha1.KindDeliverable
	}
	return together(ctx, func(ctx context.Context, crew *crew) error {
		for asked := false; ctx.Err() == nil; {
			holders, changed := c.held.all()
			var counts map[string]int
			listed := false
			for _, one := range holders {
				if l, ok := one.(*listing); ok && l.kind == kind && l.namespace == "" && counts == nil {
					listed = true
					counts = l.blueprints()
				}
			}
			blueprints.count(counts)
			if !listed && !asked {
				asked = true
				crew.do(func() error {
					_ = w.owners(ctx, c, feed.Owners{Kind: kind}, func(any) {})
					return nil
				})
			}
			select {
			case <-ctx.Done():
			case <-changed:
			}
		}
		return nil
	})
}

// deliver emits what take gives whenever wake says that there may be something, until ctx is
// done. What changes while emit blocks is delivered together.
func deliver(ctx context.Context, wake <-chan struct{}, take func() (any, bool), emit func(any)) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		}
		if payload, ok := take(); ok && ctx.Err() == nil {
			emit(payload)
		}
	}
}
