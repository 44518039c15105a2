package realize

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
)

// Owner is a Workload, a Deliverable or a Runnable in the form that a pass needs; one
// form for all, so that there is one pass.
type Owner struct {
	Kind            string
	Namespace, Name string
	UID             types.UID
	Generation      int64
	Labels          map[string]string
	Annotations     map[string]string
	// Unread is why the spec could not be read, which is empty then; nil when it could.
	Unread error
	// Deleting owners are left to the garbage collector (spec: reconcile Q25).
	Deleting           bool
	ServiceAccountName string
	Params             []blueprint.OwnerParam
	// Runnable is what a Runnable asks for; nil for the other kinds, which get their steps
	// from a blueprint.
	Runnable *v1alpha1.RunnableSpec
	// View is the typed view that templates and selectors see.
	View map[string]any
	// RedactPreviews keeps values of outputs out of the status.
	RedactPreviews bool
	// Status is the last known status: persisted, or about to be.
	Status OwnerStatus
}

// OwnerStatus is the status of an owner of any kind.
type OwnerStatus struct {
	v1alpha1.OwnerStatus
	// Blueprint last selected; a Runnable has none.
	Blueprint v1alpha1.BlueprintRef
	// Outputs of a Runnable.
	Outputs map[string]apiextensionsv1.JSON
}

// NewOwner takes a *v1alpha1.Workload, *v1alpha1.Deliverable or *v1alpha1.Runnable, which
// it keeps a part of: never change it.
func NewOwner(object any) (*Owner, error) {
	var owner *Owner
	var params []v1alpha1.OwnerParam
	switch o := object.(type) {
	case *v1alpha1.Workload:
		owner = newOwner(v1alpha1.KindWorkload, &o.ObjectMeta, o.Spec.ServiceAccountName)
		owner.Status = StatusOf(o)
		params = o.Spec.Params
	case *v1alpha1.Deliverable:
		owner = newOwner(v1alpha1.KindDeliverable, &o.ObjectMeta, o.Spec.ServiceAccountName)
		owner.Status = StatusOf(o)
		params = o.Spec.Params
	case *v1alpha1.Runnable:
		owner = newOwner(v1alpha1.KindRunnable, &o.ObjectMeta, o.Spec.ServiceAccountName)
		owner.Status = StatusOf(o)
		owner.Runnable = &o.Spec
	default:
		return nil, fmt.Errorf("%T is no owner", object)
	}
	var err error
	if owner.Params, err = blueprint.DecodeOwnerParams(params); err != nil {
		return nil, fmt.Errorf("read %s %s/%s: %w", owner.Kind, owner.Namespace, owner.Name, err)
	}
	if owner.View, err = stamp.View(object); err != nil {
		return nil, fmt.Errorf("read %s %s/%s: %w", owner.Kind, owner.Namespace, owner.Name, err)
	}
	return owner, nil
}

// StatusOf is the status that an owner carries; empty for an object that is no owner.
func StatusOf(object any) OwnerStatus {
	switch o := object.(type) {
	case *v1alpha1.Workload:
		return OwnerStatus{OwnerStatus: o.Status.OwnerStatus, Blueprint: o.Status.SupplyChainRef}
	case *v1alpha1.Deliverable:
		return OwnerStatus{OwnerStatus: o.Status.OwnerStatus, Blueprint: o.Status.DeliveryRef}
	case *v1alpha1.Runnable:
		return OwnerStatus{
			OwnerStatus: v1alpha1.OwnerStatus{ObservedGeneration: o.Status.ObservedGeneration, Conditions: o.Status.Conditions},
			Outputs:     o.Status.Outputs,
		}
	}
	return OwnerStatus{}
}

// WireStatus is the status as the kind of the owner writes it.
func WireStatus(kind string, status OwnerStatus) any {
	switch kind {
	case v1alpha1.KindDeliverable:
		return v1alpha1.DeliverableStatus{OwnerStatus: status.OwnerStatus, DeliveryRef: status.Blueprint}
	case v1alpha1.KindRunnable:
		return v1alpha1.RunnableStatus{ObservedGeneration: status.ObservedGeneration, Conditions: status.Conditions, Outputs: status.Outputs}
	}
	return v1alpha1.WorkloadStatus{OwnerStatus: status.OwnerStatus, SupplyChainRef: status.Blueprint}
}

func newOwner(kind string, meta *metav1.ObjectMeta, account string) *Owner {
	return &Owner{
		Kind: kind, Namespace: meta.Namespace, Name: meta.Name, UID: meta.UID, Generation: meta.Generation,
		Labels: meta.Labels, Annotations: meta.Annotations, Deleting: meta.DeletionTimestamp != nil, ServiceAccountName: account,
		RedactPreviews: meta.Annotations[v1alpha1.AnnotationRedactPreviews] == "true",
	}
}

func (o *Owner) subject() blueprint.Subject {
	return blueprint.Subject{Labels: o.Labels, View: o.View}
}

// account resolves the service account (spec: reconcile §8). A Runnable has no blueprint.
func (o *Owner) account(b *blueprint.Blueprint) Account {
	switch {
	case o.ServiceAccountName != "":
		return Account{o.Namespace, o.ServiceAccountName}
	case b == nil:
	case b.ServiceAccount.Name != "" && b.ServiceAccount.Namespace != "":
		return Account{b.ServiceAccount.Namespace, b.ServiceAccount.Name}
	case b.ServiceAccount.Name != "":
		return Account{o.Namespace, b.ServiceAccount.Name}
	}
	return Account{o.Namespace, "default"}
}

// terms are the words and reasons in which the two kinds of owners differ.
type terms struct {
	blueprintKind string
	ready         string // condition type of the blueprint
	labelsMissing string
	notFound      string
	multiple      string
}

func (o *Owner) terms() terms {
	if o.Kind == v1alpha1.KindDeliverable {
		return terms{
			blueprintKind: v1alpha1.KindClusterDelivery,
			ready:         v1alpha1.ConditionDeliveryReady,
			labelsMissing: v1alpha1.ReasonDeliverableLabelsMissing,
			notFound:      v1alpha1.ReasonDeliveryNotFound,
			multiple:      v1alpha1.ReasonMultipleDeliveryMatches,
		}
	}
	return terms{
		blueprintKind: v1alpha1.KindClusterSupplyChain,
		ready:         v1alpha1.ConditionSupplyChainReady,
		labelsMissing: v1alpha1.ReasonWorkloadLabelsMissing,
		notFound:      v1alpha1.ReasonSupplyChainNotFound,
		multiple:      v1alpha1.ReasonMultipleSupplyChainMatches,
	}
}

// resource finds the previous status of a resource; nil when there is none.
func (s *OwnerStatus) resource(name string) *v1alpha1.ResourceStatus {
	for i := range s.Resources {
		if s.Resources[i].Name == name {
			return &s.Resources[i]
		}
	}
	return nil
}

func templateReference(t *stamp.Template) *corev1.ObjectReference {
	return &corev1.ObjectReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: t.Kind, Name: t.Name}
}
