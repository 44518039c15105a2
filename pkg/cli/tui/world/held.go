package world

import (
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/tree"
)

// held is what topics have read of objects already, so that another topic about one of them
// costs no request.
type held struct {
	mu      sync.Mutex
	holders []holder
	changed chan struct{}
}

// holder is a topic that holds objects.
type holder interface {
	// find gives an object as it was read last, and its resource version. The object is made
	// on demand, for its one reader, without managedFields.
	find(key objectKey) (version string, object func() (*unstructured.Unstructured, error), ok bool)
}

// objectKey names an object, whatever the version of its kind.
type objectKey struct {
	kind            schema.GroupKind
	namespace, name string
}

func keyOf(ref tree.Ref) objectKey {
	return objectKey{schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind).GroupKind(), ref.Namespace, ref.Name}
}

func keyOfObject(obj *unstructured.Unstructured) objectKey {
	return objectKey{obj.GroupVersionKind().GroupKind(), obj.GetNamespace(), obj.GetName()}
}

func newHeld() *held { return &held{changed: make(chan struct{})} }

// add makes a holder known until remove is called.
func (h *held) add(one holder) (remove func()) {
	h.mu.Lock()
	h.holders = append(h.holders, one)
	h.mu.Unlock()
	h.notify()
	return func() {
		h.mu.Lock()
		h.holders = slices.DeleteFunc(h.holders, func(other holder) bool { return other == one })
		h.mu.Unlock()
		h.notify()
	}
}

// notify wakes those who wait for a change.
func (h *held) notify() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.changed)
	h.changed = make(chan struct{})
}

// all are the holders, and a channel that is closed when anything in them changes.
func (h *held) all() ([]holder, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.holders), h.changed
}

// find looks for an object; changed is closed when it may be another.
func (h *held) find(key objectKey) (version string, object func() (*unstructured.Unstructured, error), changed <-chan struct{}, ok bool) {
	holders, changed := h.all()
	for _, one := range holders {
		if version, object, ok := one.find(key); ok {
			return version, object, changed, true
		}
	}
	return "", nil, changed, false
}

// withoutManagedFields takes away what nobody reads, and what is often half of an object.
func withoutManagedFields(obj *unstructured.Unstructured) {
	unstructured.RemoveNestedField(obj.Object, "metadata", "managedFields")
}
