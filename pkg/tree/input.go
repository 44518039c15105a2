package tree

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/quantity"
)

// Input is what a collector read, not interpreted yet.
type Input struct {
	// Root is the object at the top.
	Root *Found
	// IsBlueprint is true for a root that is a blueprint; Owners are those that last went
	// through it.
	IsBlueprint bool
	Owners      []*Input
	// Now is the present; zero when it is not known, and nothing is said to take too long
	// then.
	Now time.Time
	// Owner is the Workload, Deliverable or Runnable; its Kind is empty for other roots.
	Owner Owner
	// Blueprint is nil when it is not known or could not be read; the tree then knows
	// only the steps that the owner's status names.
	Blueprint *Blueprint
	// Objects are the stamped objects by step, with what is below them. A step without
	// an entry was not read.
	Objects map[string]*Found
	// Unread lists what could not be read.
	Unread []Unread
}

// Owner is what the tree needs of an owner, whatever its kind.
type Owner struct {
	Kind      string
	Object    metav1.ObjectMeta
	Status    v1alpha1.OwnerStatus
	Blueprint v1alpha1.BlueprintRef
	// Source and Image are where the code comes from.
	Source *v1alpha1.Source
	Image  string
}

// FromWorkload takes the owner from a Workload.
func FromWorkload(w *v1alpha1.Workload) Owner {
	owner := Owner{Kind: v1alpha1.KindWorkload, Object: w.ObjectMeta, Status: w.Status.OwnerStatus, Blueprint: w.Status.SupplyChainRef, Source: w.Spec.Source}
	if w.Spec.Image != nil {
		owner.Image = *w.Spec.Image
	}
	return owner
}

// FromDeliverable takes the owner from a Deliverable.
func FromDeliverable(d *v1alpha1.Deliverable) Owner {
	return Owner{Kind: v1alpha1.KindDeliverable, Object: d.ObjectMeta, Status: d.Status.OwnerStatus, Blueprint: d.Status.DeliveryRef, Source: d.Spec.Source}
}

// FromRunnable takes the owner from a Runnable.
func FromRunnable(r *v1alpha1.Runnable) Owner {
	status := v1alpha1.OwnerStatus{ObservedGeneration: r.Status.ObservedGeneration, Conditions: r.Status.Conditions}
	return Owner{Kind: v1alpha1.KindRunnable, Object: r.ObjectMeta, Status: status}
}

// DecodeOwner takes the owner from what the API server returned.
func DecodeOwner(obj *unstructured.Unstructured) (Owner, error) {
	var owner Owner
	var err error
	convert := runtime.DefaultUnstructuredConverter.FromUnstructured
	switch obj.GetKind() {
	case v1alpha1.KindDeliverable:
		d := &v1alpha1.Deliverable{}
		err = convert(obj.Object, d)
		owner = FromDeliverable(d)
	case v1alpha1.KindRunnable:
		r := &v1alpha1.Runnable{}
		err = convert(obj.Object, r)
		owner = FromRunnable(r)
	default:
		w := &v1alpha1.Workload{}
		if err = quantity.Decodable(obj.Object); err == nil {
			err = convert(obj.Object, w)
		}
		owner = FromWorkload(w)
	}
	if err != nil {
		return owner, fmt.Errorf("%s %s/%s is not as %s says: %w", obj.GetKind(), obj.GetNamespace(), obj.GetName(), v1alpha1.GroupVersion, err)
	}
	return owner, nil
}

// Blueprint is the graph that the owner goes through.
type Blueprint struct {
	Kind, Name string
	Steps      []BlueprintStep
}

// BlueprintStep is one step of a blueprint.
type BlueprintStep struct {
	Name string
	// TemplateKind, and TemplateName unless options decide.
	TemplateKind, TemplateName string
	Inputs                     []Edge
}

// Edge is a named input of a step.
type Edge struct {
	Name string `json:"name,omitempty"`
	// Type is source, image, config or deployment.
	Type string `json:"type"`
	// From is the step that is read.
	From string `json:"from"`
}

// FromSupplyChain takes the graph from a ClusterSupplyChain. The order of inputs is that
// of statuses: sources, images, configs.
func FromSupplyChain(c *v1alpha1.ClusterSupplyChain) *Blueprint {
	b := &Blueprint{Kind: v1alpha1.KindClusterSupplyChain, Name: c.Name}
	for _, r := range c.Spec.Resources {
		s := BlueprintStep{Name: r.Name, TemplateKind: r.TemplateRef.Kind, TemplateName: r.TemplateRef.Name}
		s.Inputs = append(s.Inputs, edges("source", r.Sources)...)
		s.Inputs = append(s.Inputs, edges("image", r.Images)...)
		s.Inputs = append(s.Inputs, edges("config", r.Configs)...)
		b.Steps = append(b.Steps, s)
	}
	return b
}

// FromDelivery takes the graph from a ClusterDelivery.
func FromDelivery(d *v1alpha1.ClusterDelivery) *Blueprint {
	b := &Blueprint{Kind: v1alpha1.KindClusterDelivery, Name: d.Name}
	for _, r := range d.Spec.Resources {
		s := BlueprintStep{Name: r.Name, TemplateKind: r.TemplateRef.Kind, TemplateName: r.TemplateRef.Name}
		s.Inputs = append(s.Inputs, edges("source", r.Sources)...)
		if r.Deployment != nil {
			s.Inputs = append(s.Inputs, Edge{Type: "deployment", From: r.Deployment.Resource})
		}
		s.Inputs = append(s.Inputs, edges("config", r.Configs)...)
		b.Steps = append(b.Steps, s)
	}
	return b
}

func edges(kind string, refs []v1alpha1.ResourceReference) []Edge {
	var all []Edge
	for _, r := range refs {
		all = append(all, Edge{Name: r.Name, Type: kind, From: r.Resource})
	}
	return all
}

// Found is an object as it was read, with its children.
type Found struct {
	// Object is nil when it could not be read.
	Object *unstructured.Unstructured
	// Missing is true when the API server says that it is not there.
	Missing bool
	// Rule that found it below its parent.
	Rule Rule
	// Owner is set for an object that is an owner itself: what was read of it.
	Owner    *Input
	Children []*Found
}

// Unread names something that could not be read, and the permission that is missing.
type Unread struct {
	// Verb and Resource of the request, for example list and pods.
	Verb     string `json:"verb"`
	Resource string `json:"resource"`
	// Namespace and Name of what was asked for; Name is empty for a list.
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	// Code is Forbidden or Error.
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Time is a moment that may be absent.
type Time = *metav1.Time

func at(t metav1.Time) Time {
	if t.IsZero() {
		return nil
	}
	t = metav1.NewTime(t.UTC().Truncate(time.Second))
	return &t
}

// ParseTime reads a time as Kubernetes writes it; nil for what is none.
func ParseTime(s string) Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return nil
	}
	return at(metav1.NewTime(t))
}
