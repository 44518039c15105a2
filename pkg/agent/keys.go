package agent

import (
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// ownerKey names an owner.
type ownerKey struct{ Kind, Namespace, Name string }

func (k ownerKey) String() string { return k.Kind + " " + k.Namespace + "/" + k.Name }

// objectKey names an object of a kind that is known from the context.
type objectKey struct{ Namespace, Name string }

// ownerOf finds the owner of a stamped object by its controller reference; the
// controller is always in the namespace of the object.
func ownerOf(object metav1.Object) (ownerKey, bool) {
	ref := metav1.GetControllerOfNoCopy(object)
	if ref == nil {
		return ownerKey{}, false
	}
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil || gv.Group != v1alpha1.Group || !v1alpha1.IsOwnerKind(ref.Kind) {
		return ownerKey{}, false
	}
	return ownerKey{ref.Kind, object.GetNamespace(), ref.Name}, true
}

// version makes a resourceVersion comparable; 0 when it is none. Versions of one
// resource type grow with each write, which Kubernetes guarantees since v1.35.
func version(resourceVersion string) uint64 {
	n, err := strconv.ParseUint(resourceVersion, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
