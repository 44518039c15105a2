package collect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"

	"github.com/carto-run/carto/pkg/tree"
)

// sweep finds what is below the gathered objects by listing every kind of the API in
// their namespaces: nothing is missed, and it takes long.
func (r *reader) sweep(ctx context.Context) error {
	resources, err := r.listable()
	if err != nil {
		return err
	}
	namespaces := map[string]bool{}
	for _, p := range r.parents {
		namespaces[p.Object.GetNamespace()] = true
	}
	var mu sync.Mutex
	byOwner := map[types.UID][]*unstructured.Unstructured{}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for namespace := range namespaces {
		for _, resource := range resources {
			group.Go(func() error {
				items, err := r.list(gctx, target{resource: resource, namespace: namespace})
				if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsMethodNotSupported(err) {
					r.note("list", resource.GroupResource().String(), namespace, "", err)
				}
				mu.Lock()
				defer mu.Unlock()
				for i := range items {
					for _, owner := range items[i].GetOwnerReferences() {
						byOwner[owner.UID] = append(byOwner[owner.UID], &items[i])
					}
				}
				return gctx.Err()
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	seen := map[types.UID]bool{}
	for level := r.parents; len(level) > 0; {
		var next []*tree.Found
		for _, parent := range level {
			below := byOwner[parent.Object.GetUID()]
			slices.SortFunc(below, func(a, b *unstructured.Unstructured) int {
				switch {
				case younger(a, b):
					return -1
				case younger(b, a):
					return 1
				}
				return 0
			})
			for _, obj := range below {
				if seen[obj.GetUID()] { // two versions of one kind, or a circle
					continue
				}
				seen[obj.GetUID()] = true
				found := &tree.Found{Object: obj, Rule: tree.RuleOwnerReference}
				parent.Children = append(parent.Children, found)
				next = append(next, found)
			}
		}
		level = next
	}
	return nil
}

// listable are the kinds that have namespaces and can be listed, each in one version.
func (r *reader) listable() ([]schema.GroupVersionResource, error) {
	if r.Discovery == nil {
		return nil, errors.New("cannot look through the whole API: its kinds cannot be discovered")
	}
	client, err := r.Discovery()
	if err != nil {
		return nil, err
	}
	lists, err := client.ServerPreferredNamespacedResources()
	// An aggregated API that is down hides its own kinds only.
	if err != nil && !discovery.IsGroupDiscoveryFailedError(err) {
		return nil, fmt.Errorf("cannot discover the kinds of the API: %w", err)
	}
	if err != nil {
		r.note("discover", "kinds", "", "", err)
	}
	var all []schema.GroupVersionResource
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, resource := range list.APIResources {
			if slices.Contains(resource.Verbs, "list") && resource.Name != "events" {
				all = append(all, gv.WithResource(resource.Name))
			}
		}
	}
	return all, nil
}
