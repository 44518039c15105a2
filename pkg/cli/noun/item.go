package noun

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
)

// Item is an object of any noun: what all have in common, and the object as its own type.
type Item struct {
	metav1.ObjectMeta
	// Status of an owner; of a Runnable and a blueprint only what is not about steps.
	Status v1alpha1.OwnerStatus
	// One of these is set.
	Workload    *v1alpha1.Workload
	Deliverable *v1alpha1.Deliverable
	Runnable    *v1alpha1.Runnable
	Blueprint   *blueprint.Blueprint
}

// Decode turns what the API server returned into an item.
func (n *Noun) Decode(obj *unstructured.Unstructured) (*Item, error) {
	switch n {
	case Workload:
		w := &v1alpha1.Workload{}
		err := n.decode(obj, w)
		return &Item{ObjectMeta: w.ObjectMeta, Status: w.Status.OwnerStatus, Workload: w}, err
	case Deliverable:
		d := &v1alpha1.Deliverable{}
		err := n.decode(obj, d)
		return &Item{ObjectMeta: d.ObjectMeta, Status: d.Status.OwnerStatus, Deliverable: d}, err
	case Runnable:
		r := &v1alpha1.Runnable{}
		err := n.decode(obj, r)
		return &Item{ObjectMeta: r.ObjectMeta, Status: v1alpha1.OwnerStatus{ObservedGeneration: r.Status.ObservedGeneration, Conditions: r.Status.Conditions}, Runnable: r}, err
	case SupplyChain:
		c := &v1alpha1.ClusterSupplyChain{}
		err := n.decode(obj, c)
		return &Item{ObjectMeta: c.ObjectMeta, Status: v1alpha1.OwnerStatus{ObservedGeneration: c.Status.ObservedGeneration, Conditions: c.Status.Conditions}, Blueprint: blueprint.CompileSupplyChain(c)}, err
	case Delivery:
		d := &v1alpha1.ClusterDelivery{}
		err := n.decode(obj, d)
		return &Item{ObjectMeta: d.ObjectMeta, Status: v1alpha1.OwnerStatus{ObservedGeneration: d.Status.ObservedGeneration, Conditions: d.Status.Conditions}, Blueprint: blueprint.CompileDelivery(d)}, err
	}
	return nil, fmt.Errorf("nothing is known of %s", n.Kind)
}

// Ready is the condition that sums up the state of an item.
func (i *Item) Ready() metav1.Condition {
	return Condition(i.Status.Conditions, v1alpha1.ConditionReady)
}

// Condition finds a condition by type; the zero value, whose status reads Unknown, when
// there is none.
func Condition(conditions []metav1.Condition, kind string) metav1.Condition {
	for _, c := range conditions {
		if c.Type == kind {
			return c
		}
	}
	return metav1.Condition{Type: kind, Status: metav1.ConditionUnknown}
}

// UsedBlueprint is the name of the blueprint that was last selected for an owner.
func (i *Item) UsedBlueprint() string {
	switch {
	case i.Workload != nil:
		return i.Workload.Status.SupplyChainRef.Name
	case i.Deliverable != nil:
		return i.Deliverable.Status.DeliveryRef.Name
	}
	return ""
}

// Source is where an owner says that the code, or the configuration, is; nil when nothing
// says so.
func (i *Item) Source() *v1alpha1.Source {
	switch {
	case i.Workload != nil:
		return i.Workload.Spec.Source
	case i.Deliverable != nil:
		return i.Deliverable.Spec.Source
	}
	return nil
}

// Image is the pre-built image of a workload; empty when there is none.
func (i *Item) Image() string {
	if i.Workload == nil || i.Workload.Spec.Image == nil {
		return ""
	}
	return *i.Workload.Spec.Image
}

func blueprintOf(i *Item) string { return i.UsedBlueprint() }

// sourceOf is one line that says where the code comes from.
func sourceOf(i *Item) string {
	deref := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	if src := i.Source(); src != nil {
		if src.Git != nil && deref(src.Git.URL) != "" {
			line := deref(src.Git.URL)
			if ref := src.Git.Ref; ref != nil {
				for _, r := range []string{deref(ref.Commit), deref(ref.Tag), deref(ref.Branch)} {
					if r != "" {
						return line + "@" + r
					}
				}
			}
			return line
		}
		if deref(src.Image) != "" {
			return deref(src.Image)
		}
	}
	return i.Image()
}

var blueprintColumns = []Column{{"Steps", func(i *Item) string {
	names := make([]string, len(i.Blueprint.Order))
	for j, step := range i.Blueprint.Order {
		names[j] = step.Name
	}
	return strings.Join(names, ",")
}}}

func selectorOf(i *Item) string { return i.Blueprint.Selector.String() }
