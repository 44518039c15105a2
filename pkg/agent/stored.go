package agent

import (
	"encoding/json"
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// stored is a stamped object as the caches hold it: what decisions are made on, and
// the rest as JSON text. As a tree of maps the same object takes several times the
// memory; it is decoded only when a pass reads it, which a settled owner never does.
type stored struct {
	metav1.ObjectMeta // name, namespace, UID, resourceVersion, deletionTimestamp, controller; of runs also labels and creationTimestamp

	// digest of the rendering that was applied last.
	digest string
	// sequence orders the runs of a resource; 0 for all other objects.
	sequence int64
	// owned is the field set that Carto applied, as the API server tracks it; nil when
	// Carto never applied the object.
	owned []byte
	// text is the object without managed fields.
	text []byte
}

// store makes the compact form. It takes the object over.
func store(object *unstructured.Unstructured) (*stored, error) {
	s := &stored{
		ObjectMeta: metav1.ObjectMeta{
			Name: object.GetName(), Namespace: object.GetNamespace(), UID: object.GetUID(),
			ResourceVersion: object.GetResourceVersion(), DeletionTimestamp: object.GetDeletionTimestamp(),
		},
		digest: object.GetAnnotations()[v1alpha1.AnnotationDigest],
	}
	controller := metav1.GetControllerOf(object)
	if controller == nil {
		controller = &metav1.OwnerReference{}
	} else {
		s.OwnerReferences = []metav1.OwnerReference{*controller}
	}
	if isRun(controller.Kind, object.GetLabels()) {
		s.Labels, s.CreationTimestamp = object.GetLabels(), object.GetCreationTimestamp()
		// What is no number was not written by Carto, and is older than what was.
		s.sequence, _ = strconv.ParseInt(object.GetAnnotations()[v1alpha1.AnnotationSequence], 10, 64)
	}
	for _, entry := range object.GetManagedFields() {
		if entry.Manager == v1alpha1.FieldManager && entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == "" && entry.FieldsV1 != nil {
			s.owned = entry.FieldsV1.GetRawBytes()
		}
	}
	object.SetManagedFields(nil)
	var err error
	if s.text, err = json.Marshal(object.Object); err != nil {
		return nil, fmt.Errorf("store %s %s/%s: %w", object.GetKind(), s.Namespace, s.Name, err)
	}
	return s, nil
}

// object decodes the whole object; integers stay integers.
func (s *stored) object() (map[string]any, error) {
	var object map[string]any
	if err := utiljson.Unmarshal(s.text, &object); err != nil {
		return nil, fmt.Errorf("read stored object %s/%s: %w", s.Namespace, s.Name, err)
	}
	return object, nil
}

// controller is the UID of the owner that controls the object; empty when none does.
func (s *stored) controller() types.UID {
	if len(s.OwnerReferences) == 0 {
		return ""
	}
	return s.OwnerReferences[0].UID
}
