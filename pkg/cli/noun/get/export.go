package get

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamped"
)

// exported is a copy of an object without what a cluster adds and without its namespace: it
// is applied to the one in use, there or elsewhere.
func exported(obj *unstructured.Unstructured) *unstructured.Unstructured {
	clean := obj.DeepCopy()
	unstructured.RemoveNestedField(clean.Object, "status")
	for _, field := range append([]string{"namespace", "finalizers", "ownerReferences"}, stamped.ServerOwned...) {
		unstructured.RemoveNestedField(clean.Object, "metadata", field)
	}
	annotations := clean.GetAnnotations()
	for name := range annotations {
		switch {
		case name == "kubectl.kubernetes.io/last-applied-configuration", name == v1alpha1.AnnotationDigest, name == v1alpha1.AnnotationSequence,
			// A past wish, which a copy must not repeat.
			name == v1alpha1.AnnotationRetry, strings.HasPrefix(name, v1alpha1.AnnotationRetryStep):
			delete(annotations, name)
		}
	}
	if len(annotations) == 0 {
		unstructured.RemoveNestedField(clean.Object, "metadata", "annotations")
	} else {
		clean.SetAnnotations(annotations)
	}
	return clean
}
