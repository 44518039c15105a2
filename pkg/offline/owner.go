package offline

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/quantity"
	"github.com/carto-run/carto/pkg/realize"
)

// subject is the owner of a walk.
type subject struct {
	Owner
	typed v1alpha1.Object
	// inventedUID: nothing told the UID that the cluster gives, or would give.
	inventedUID bool
}

// subjectOf copies an owner, and adds what is known of it: the status that the last walk
// left, and what was observed.
func (w *World) subjectOf(object any) (*subject, error) {
	s := &subject{}
	switch o := object.(type) {
	case *v1alpha1.Workload:
		s.Kind, s.typed = v1alpha1.KindWorkload, o.DeepCopy()
	case *v1alpha1.Deliverable:
		s.Kind, s.typed = v1alpha1.KindDeliverable, o.DeepCopy()
	case *v1alpha1.Runnable:
		s.Kind, s.typed = v1alpha1.KindRunnable, o.DeepCopy()
	default:
		return nil, fmt.Errorf("%T is no owner", object)
	}
	if s.typed.GetNamespace() == "" {
		s.typed.SetNamespace(w.namespace())
	}
	s.typed.GetObjectKind().SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(s.Kind))
	s.Namespace, s.Name = s.typed.GetNamespace(), s.typed.GetName()

	status, known := w.statuses[s.Owner]
	observed := w.Object(schema.GroupKind{Group: v1alpha1.Group, Kind: s.Kind}, s.Namespace, s.Name)
	if !known && observed != nil {
		seen := v1alpha1.KindOf(s.Kind).New()
		if err := decode(observed, seen); err != nil {
			return nil, fmt.Errorf("the observed %s: %w", s.Owner, err)
		}
		if s.typed.GetUID() == "" {
			s.typed.SetUID(seen.GetUID())
		}
		if own := realize.StatusOf(s.typed); len(own.Conditions) == 0 {
			status, known = realize.StatusOf(seen), true
		}
	}
	if known {
		s.setStatus(status)
	}
	if s.typed.GetUID() == "" {
		s.typed.SetUID(w.uidOf(s.Owner))
		s.inventedUID = s.typed.GetUID() == inventUID(s.Owner)
	}
	return s, nil
}

func (s *subject) setStatus(status realize.OwnerStatus) {
	switch o := s.typed.(type) {
	case *v1alpha1.Workload:
		o.Status = v1alpha1.WorkloadStatus{OwnerStatus: status.OwnerStatus, SupplyChainRef: status.Blueprint}
	case *v1alpha1.Deliverable:
		o.Status = v1alpha1.DeliverableStatus{OwnerStatus: status.OwnerStatus, DeliveryRef: status.Blueprint}
	case *v1alpha1.Runnable:
		o.Status = v1alpha1.RunnableStatus{ObservedGeneration: status.ObservedGeneration, Conditions: status.Conditions, Outputs: status.Outputs}
	}
}

// uidOf is the UID under which observed objects know their owner; else an invented one. Of
// several, which are of owners of different times, it is always the same.
func (w *World) uidOf(owner Owner) types.UID {
	var known types.UID
	for _, h := range w.owned[owner] {
		u := unstructured.Unstructured{Object: h.object}
		c := metav1.GetControllerOf(&u)
		if c != nil && c.UID > known {
			known = c.UID
		}
	}
	if known != "" {
		return known
	}
	return inventUID(owner)
}

// inventUID makes the same UID for the same owner always.
func inventUID(owner Owner) types.UID {
	sum := sha256.Sum256([]byte(owner.String()))
	return types.UID(fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
}

// decode reads a typed object from a plain one.
func decode(object map[string]any, into any) error {
	if err := quantity.Decodable(object); err != nil {
		return err
	}
	text, err := json.Marshal(object)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// plainOf is the reverse, as a cluster would hold it: integers stay integers.
func plainOf(typed any) (map[string]any, error) {
	text, err := json.Marshal(typed)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	err = utiljson.Unmarshal(text, &object)
	return object, err
}
