package impact

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/quantity"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamp"
)

// key names an object of carto.run.
type key struct{ kind, namespace, name string }

// set is what operators and developers wrote, compiled. What two sets have in common is
// the same pointer in both, which is how differences are found.
type set struct {
	templates  map[key]*stamp.Template
	blueprints map[key]*blueprint.Blueprint
	owners     map[key]*realize.Owner
}

func newSet() *set {
	return &set{map[key]*stamp.Template{}, map[key]*blueprint.Blueprint{}, map[key]*realize.Owner{}}
}

// put compiles an object into the sets.
func put(object *unstructured.Unstructured, into ...*set) error {
	k := key{object.GetKind(), object.GetNamespace(), object.GetName()}
	typed := v1alpha1.KindOf(k.kind).New()
	if err := quantity.Decodable(object.Object); err != nil {
		return fmt.Errorf("%s %s: %w", k.kind, qualified(k.namespace, k.name), err)
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, typed); err != nil {
		return fmt.Errorf("%s %s is not as %s says: %w", k.kind, qualified(k.namespace, k.name), v1alpha1.GroupVersion, err)
	}
	switch typed := typed.(type) {
	case *v1alpha1.ClusterSupplyChain:
		b := blueprint.CompileSupplyChain(typed)
		for _, s := range into {
			s.blueprints[k] = b
		}
	case *v1alpha1.ClusterDelivery:
		b := blueprint.CompileDelivery(typed)
		for _, s := range into {
			s.blueprints[k] = b
		}
	case *v1alpha1.Workload, *v1alpha1.Deliverable, *v1alpha1.Runnable:
		owner, err := realize.NewOwner(typed)
		if err != nil {
			return err
		}
		for _, s := range into {
			s.owners[k] = owner
		}
	default:
		t := stamp.Compile(typed)
		for _, s := range into {
			s.templates[k] = t
		}
	}
	return nil
}

// all blueprints of the kind that serves an owner.
func (s *set) all(owner string) []*blueprint.Blueprint {
	var all []*blueprint.Blueprint
	for k, b := range s.blueprints {
		if k.kind == v1alpha1.BlueprintKind(owner) {
			all = append(all, b)
		}
	}
	return all
}

func (s *set) template(kind, name string) *stamp.Template {
	return s.templates[key{kind: kind, name: name}]
}

// trim takes off what the engine never sees: the agent drops it, too. Templates that copy
// the annotations of their owner would carry it along.
func trim(object *unstructured.Unstructured) *unstructured.Unstructured {
	object.SetManagedFields(nil)
	if annotations := object.GetAnnotations(); annotations[corev1.LastAppliedConfigAnnotation] != "" {
		delete(annotations, corev1.LastAppliedConfigAnnotation)
		if len(annotations) == 0 {
			annotations = nil
		}
		object.SetAnnotations(annotations)
	}
	return object
}

func qualified(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}
