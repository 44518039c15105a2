package agent

import (
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/carto-run/carto/pkg/stamped"
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
		digest: stamped.Digest(object),
	}
	controller := metav1.GetControllerOf(object)
	if controller == nil {
		controller = &metav1.OwnerReference{}
	} else {
		s.OwnerReferences = []metav1.OwnerReference{*controller}
	}
	if stamped.IsRun(controller.Kind, object.GetLabels()) {
		s.Labels, s.CreationTimestamp = object.GetLabels(), object.GetCreationTimestamp()
		s.sequence = stamped.Sequence(object)
	}
	s.owned = stamped.Owned(object)
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

// controllerRef is the owner that controls the object; nil when none does.
func (s *stored) controllerRef() *metav1.OwnerReference {
	if len(s.OwnerReferences) == 0 {
		return nil
	}
	return &s.OwnerReferences[0]
}

// controller is its UID; empty when there is none.
func (s *stored) controller() types.UID {
	if ref := s.controllerRef(); ref != nil {
		return ref.UID
	}
	return ""
}
