package impact

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/pager"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
)

// Source is the cluster.
type Source struct {
	Client dynamic.Interface
	// As makes a client that acts as a service account; nil sends dry runs with the rights
	// of Client.
	As func(realize.Account) (dynamic.Interface, error)
	// Mapper finds the resources of the kinds that templates stamp.
	Mapper meta.RESTMapper
	// FieldManager that applies the given objects where no other did before.
	FieldManager string
	// Parallel bounds the requests in flight.
	Parallel int
	// Progress is told how many owners of how many have been looked at, also of those that
	// are stamped in turn; it is called by one goroutine at a time.
	Progress func(done, all int)
}

// Query says what is applied, and whom to look at.
type Query struct {
	Given []Given
	// Removed templates and blueprints.
	Removed []Ref
	// Accounts are service accounts that come with the files.
	Accounts []realize.Account
	// Namespace and Selector restrict the owners of the cluster; those that are given are
	// always looked at. Empty takes all.
	Namespace, Selector string
}

// Ref names a template or a blueprint.
type Ref struct{ Kind, Name string }

// list reads all objects of a resource, in pages.
func list(ctx context.Context, api dynamic.ResourceInterface, selector string, each func(*unstructured.Unstructured) error) error {
	p := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return api.List(ctx, options)
	})
	listed, _, err := p.List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return err
	}
	return meta.EachListItem(listed, func(item runtime.Object) error {
		object, ok := item.(*unstructured.Unstructured)
		if !ok {
			return fmt.Errorf("a list holds a %T", item)
		}
		return each(object)
	})
}

// load reads the kinds that have not been read yet into both sets. What files change stays
// as it is in them.
func (w *walk) load(ctx context.Context, wanted []string) error {
	var missing []string
	for _, kind := range wanted {
		if !w.loaded[kind] && !slices.Contains(missing, kind) {
			missing = append(missing, kind)
		}
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(w.source.Parallel)
	var mu sync.Mutex
	for _, kind := range missing {
		w.loaded[kind] = true
		group.Go(func() error {
			api := w.source.Client.Resource(resourceOf(kind))
			from, selector := dynamic.ResourceInterface(api), ""
			if v1alpha1.IsOwnerKind(kind) {
				from, selector = api.Namespace(w.query.Namespace), w.query.Selector
			}
			err := list(gctx, from, selector, func(object *unstructured.Unstructured) error {
				mu.Lock()
				defer mu.Unlock()
				return w.take(object)
			})
			if err != nil {
				return fmt.Errorf("cannot list %s: %w", resourceOf(kind).GroupResource(), err)
			}
			return nil
		})
	}
	return group.Wait()
}

// take puts an object of the cluster into both sets, unless the files decide about it.
func (w *walk) take(object *unstructured.Unstructured) error {
	k := key{object.GetKind(), object.GetNamespace(), object.GetName()}
	if w.decided[k] {
		return nil
	}
	return put(trim(object), w.before, w.after)
}
