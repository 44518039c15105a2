package impact

import (
	"context"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamped"
)

// few is up to how many owners objects are read one by one; for more, all stamped objects
// of a kind are listed at once.
const few = 8

// objectKey names a stamped object.
type objectKey struct {
	resource        schema.GroupVersionResource
	namespace, name string
}

// live reads the objects that owners stamped, each once.
type live struct {
	client dynamic.Interface
	// bulk lists whole kinds, within the namespace unless it is empty.
	bulk      bool
	namespace string

	mu    sync.Mutex
	lists map[listKey]func() (*listing, error)
	gets  map[objectKey]func() (*unstructured.Unstructured, error)
	runs  map[runsKey]func() ([]*unstructured.Unstructured, error)
}

// listKey is what one list reads: what was stamped for steps, or for Runnables.
type listKey struct {
	resource schema.GroupVersionResource
	label    string
}

type runsKey struct {
	resource  schema.GroupVersionResource
	namespace string
	label     string
	name      string
}

type listing struct {
	objects map[objectKey]*unstructured.Unstructured
	runs    map[types.UID][]*unstructured.Unstructured
}

func newLive(client dynamic.Interface) *live {
	return &live{
		client: client,
		lists:  map[listKey]func() (*listing, error){},
		gets:   map[objectKey]func() (*unstructured.Unstructured, error){},
		runs:   map[runsKey]func() ([]*unstructured.Unstructured, error){},
	}
}

// once makes a read that is shared by all who ask for the same.
func once[K comparable, V any](mu *sync.Mutex, all map[K]func() (V, error), k K, read func() (V, error)) (V, error) {
	mu.Lock()
	shared, known := all[k]
	if !known {
		shared = sync.OnceValues(read)
		all[k] = shared
	}
	mu.Unlock()
	return shared()
}

// stampedLabel is one that everything has that is stamped for a kind of owners.
func stampedLabel(owner string) string {
	if owner == v1alpha1.KindRunnable {
		return v1alpha1.LabelRunnableName
	}
	return v1alpha1.LabelResourceName
}

// ownerLabel holds the name of the owner.
func ownerLabel(owner string) string {
	switch owner {
	case v1alpha1.KindRunnable:
		return v1alpha1.LabelRunnableName
	case v1alpha1.KindDeliverable:
		return v1alpha1.LabelDeliverableName
	}
	return v1alpha1.LabelWorkloadName
}

// all lists what was stamped of a kind; nil when that is not done, or not allowed.
func (l *live) all(ctx context.Context, resource schema.GroupVersionResource, owner string) *listing {
	if !l.bulk {
		return nil
	}
	k := listKey{resource, stampedLabel(owner)}
	found, err := once(&l.mu, l.lists, k, func() (*listing, error) {
		found := &listing{map[objectKey]*unstructured.Unstructured{}, map[types.UID][]*unstructured.Unstructured{}}
		err := list(ctx, l.client.Resource(resource).Namespace(l.namespace), k.label, func(object *unstructured.Unstructured) error {
			found.objects[objectKey{resource, object.GetNamespace(), object.GetName()}] = object
			found.note(object)
			return nil
		})
		return found, err
	})
	if err != nil {
		return nil // they are read one by one, which says whether that is allowed
	}
	return found
}

// note keeps an object for its owner if it is a run.
func (l *listing) note(object *unstructured.Unstructured) {
	if c := metav1.GetControllerOf(object); c != nil && stamped.IsRun(c.Kind, object.GetLabels()) {
		l.runs[c.UID] = append(l.runs[c.UID], object)
	}
}

// get reads an object; nil when there is none. The object is shared.
func (l *live) get(ctx context.Context, owner string, k objectKey) (*unstructured.Unstructured, error) {
	if listed := l.all(ctx, k.resource, owner); listed != nil {
		if object := listed.objects[k]; object != nil {
			return object, nil
		}
		// It may be there without having been stamped.
	}
	return once(&l.mu, l.gets, k, func() (*unstructured.Unstructured, error) {
		object, err := l.client.Resource(k.resource).Namespace(k.namespace).Get(ctx, k.name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return object, err
	})
}

// runsOf reads the runs of a step of an owner, the newest first.
func (l *live) runsOf(ctx context.Context, resource schema.GroupVersionResource, owner *realize.Owner, step string) ([]realize.Run, error) {
	if owner.UID == "" {
		return nil, nil
	}
	objects, err := l.runObjects(ctx, resource, owner)
	if err != nil {
		return nil, err
	}
	var mine []*unstructured.Unstructured
	for _, object := range objects {
		c := metav1.GetControllerOf(object)
		if c != nil && c.UID == owner.UID && stamped.IsRun(c.Kind, object.GetLabels()) && stamped.RunStep(c.Kind, object.GetLabels()) == step {
			mine = append(mine, object)
		}
	}
	slices.SortFunc(mine, func(a, b *unstructured.Unstructured) int { return stamped.NewestFirst(orderOf(a), orderOf(b)) })
	runs := make([]realize.Run, len(mine))
	for i, object := range mine {
		runs[i] = runOf(object)
	}
	return runs, nil
}

func (l *live) runObjects(ctx context.Context, resource schema.GroupVersionResource, owner *realize.Owner) ([]*unstructured.Unstructured, error) {
	if listed := l.all(ctx, resource, owner.Kind); listed != nil {
		return listed.runs[owner.UID], nil
	}
	k := runsKey{resource, owner.Namespace, ownerLabel(owner.Kind), owner.Name}
	return once(&l.mu, l.runs, k, func() ([]*unstructured.Unstructured, error) {
		var found []*unstructured.Unstructured
		err := list(ctx, l.client.Resource(resource).Namespace(k.namespace), k.label+"="+k.name, func(object *unstructured.Unstructured) error {
			found = append(found, object)
			return nil
		})
		return found, err
	})
}

func orderOf(object *unstructured.Unstructured) stamped.Order {
	return stamped.Order{Sequence: stamped.Sequence(object), Created: object.GetCreationTimestamp(), Name: object.GetName()}
}

func runOf(object *unstructured.Unstructured) realize.Run {
	return realize.Run{
		Name: object.GetName(), Labels: object.GetLabels(), Digest: stamped.Digest(object), Sequence: stamped.Sequence(object),
		Deleting: object.GetDeletionTimestamp() != nil, Object: object.Object,
	}
}

// account reads whether a service account exists.
func (w *walk) account(ctx context.Context, account realize.Account) (bool, error) {
	resource := schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
	object, err := once(&w.live.mu, w.live.gets, objectKey{resource, account.Namespace, account.Name}, func() (*unstructured.Unstructured, error) {
		object, err := w.source.Client.Resource(resource).Namespace(account.Namespace).Get(ctx, account.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return object, err
	})
	return object != nil, err
}
