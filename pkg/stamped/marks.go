// Package stamped reads and writes what Carto leaves on the objects that it stamps: the
// digest of their rendering, the order of runs, who controls them, and which fields are
// still as they were applied. The agent decides by it what to write; what foretells the
// agent's writes has to decide the same.
//
// The package is pure: no client, no clock, no I/O.
package stamped

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Digest of the rendering that was applied last; empty when Carto did not make the object.
func Digest(object *unstructured.Unstructured) string {
	return object.GetAnnotations()[v1alpha1.AnnotationDigest]
}

// Sequence orders the runs of a resource. What is no number was not written by Carto, and
// is older than what was.
func Sequence(object *unstructured.Unstructured) int64 { return ParseSequence(object.GetAnnotations()) }

// ParseSequence is Sequence by the annotations of an object.
func ParseSequence(annotations map[string]string) int64 {
	n, _ := strconv.ParseInt(annotations[v1alpha1.AnnotationSequence], 10, 64)
	return n
}

// IsRun tells objects of the lifecycles immutable and tekton by their labels, and what a
// Runnable stamps by its owner: that may carry labels that were copied from the Runnable,
// which are about the Runnable itself.
func IsRun(controllerKind string, labels map[string]string) bool {
	switch v1alpha1.Lifecycle(labels[v1alpha1.LabelTemplateLifecycle]) {
	case v1alpha1.LifecycleImmutable, v1alpha1.LifecycleTekton:
		return true
	}
	return controllerKind == v1alpha1.KindRunnable
}

// RunStep is the resource of the blueprint that a run was stamped for; empty when it was
// for a Runnable.
func RunStep(controllerKind string, labels map[string]string) string {
	if controllerKind == v1alpha1.KindRunnable {
		return ""
	}
	return labels[v1alpha1.LabelResourceName]
}

// Order is by what the runs of a resource are sorted.
type Order struct {
	Sequence int64
	Created  metav1.Time
	Name     string
}

// NewestFirst compares for slices.SortFunc.
func NewestFirst(a, b Order) int {
	return cmp.Or(cmp.Compare(b.Sequence, a.Sequence), b.Created.Compare(a.Created.Time), strings.Compare(b.Name, a.Name))
}

// Foreign is an error when an object is another owner's, which is never taken over. The
// controller is nil when the object has none.
func Foreign(qualified, namespace, name string, controller *metav1.OwnerReference, owner types.UID) error {
	if controller == nil || controller.UID == "" || controller.UID == owner {
		return nil
	}
	return fmt.Errorf("%s %s/%s exists and is controlled by %s %s; give the stamped object another name, or delete that one",
		qualified, namespace, name, controller.Kind, controller.Name)
}

// WithDigest returns the object with the digest annotation, leaving the original as it is.
func WithDigest(object map[string]any, digest string) map[string]any {
	copied := shallow(object)
	metadata := map[string]any{}
	if m, ok := object["metadata"].(map[string]any); ok {
		metadata = shallow(m)
	}
	annotations := map[string]any{}
	if a, ok := metadata["annotations"].(map[string]any); ok {
		annotations = shallow(a)
	}
	annotations[v1alpha1.AnnotationDigest] = digest
	metadata["annotations"] = annotations
	copied["metadata"] = metadata
	return copied
}

func shallow(m map[string]any) map[string]any {
	copied := make(map[string]any, len(m)+1)
	maps.Copy(copied, m)
	return copied
}

// ServerOwned is the metadata that the API server keeps.
var ServerOwned = []string{
	"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
	"resourceVersion", "selfLink", "uid",
}
