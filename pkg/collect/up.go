package collect

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
)

// maxHeight bounds the way up: owner references can be made to go in circles.
const maxHeight = 16

// Up reads the way from an object up to the owner for which it was made: one get for each
// object on it. An error means that the object itself could not be read.
func Up(ctx context.Context, source Source, root Root) (*tree.Path, error) {
	return newReader(source, Query{Shallow: true}).readUp(ctx, root)
}

func (r *reader) readUp(ctx context.Context, root Root) (*tree.Path, error) {
	obj, err := r.get(ctx, root.Resource, root.Namespace, root.Name)
	if err != nil {
		return nil, err
	}
	var way []*tree.Found
	seen := map[string]bool{}
	resource := root.Resource
	for rule := tree.Rule(""); obj != nil && len(way) < maxHeight && !seen[string(obj.GetUID())]; {
		seen[string(obj.GetUID())] = true
		found := &tree.Found{Object: obj, Rule: rule}
		if withSteps(obj) || isRunnable(obj) {
			found.Owner, err = r.owner(ctx, obj, nil)
			switch {
			case ctx.Err() != nil, err != nil && len(way) == 0:
				return nil, err
			case err != nil:
				r.note("get", resource.GroupResource().String(), obj.GetNamespace(), obj.GetName(), err)
			}
		}
		way = append(way, found)
		var above parent
		if above, rule = parentOf(obj); above.name == "" {
			break
		}
		var namespaced bool
		if resource, namespaced = r.resourceOf(above.kind); !namespaced {
			above.namespace = ""
		}
		obj, err = r.get(ctx, resource, above.namespace, above.name)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case apierrors.IsNotFound(err):
			// The object outlives what made it until it is collected as garbage.
			way = append(way, &tree.Found{Missing: true, Rule: rule, Object: above.placeholder()})
		case err != nil:
			r.note("get", resource.GroupResource().String(), above.namespace, above.name, err)
			way = append(way, &tree.Found{Rule: rule, Object: above.placeholder()})
		}
	}
	return tree.BuildPath(way, r.sorted()), nil
}

// parent is what made an object.
type parent struct {
	kind            schema.GroupVersionKind
	namespace, name string
}

func (p parent) placeholder() *unstructured.Unstructured {
	obj := &unstructured.Unstructured{}
	obj.SetGroupVersionKind(p.kind)
	obj.SetNamespace(p.namespace)
	obj.SetName(p.name)
	return obj
}

// parentOf follows the owner reference of the controller, else the first one, else the
// labels that Carto puts on what it stamps.
func parentOf(obj *unstructured.Unstructured) (parent, tree.Rule) {
	refs := obj.GetOwnerReferences()
	ref := metav1.GetControllerOfNoCopy(obj)
	if ref == nil && len(refs) > 0 {
		ref = &refs[0]
	}
	if ref != nil {
		return parent{schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind), obj.GetNamespace(), ref.Name}, tree.RuleOwnerReference
	}
	set := obj.GetLabels()
	for _, l := range []struct{ kind, name, namespace string }{
		{v1alpha1.KindRunnable, v1alpha1.LabelRunnableName, ""},
		{v1alpha1.KindDeliverable, v1alpha1.LabelDeliverableName, v1alpha1.LabelDeliverableNamespace},
		{v1alpha1.KindWorkload, v1alpha1.LabelWorkloadName, v1alpha1.LabelWorkloadNamespace},
	} {
		if name := set[l.name]; name != "" {
			namespace := obj.GetNamespace()
			if set[l.namespace] != "" {
				namespace = set[l.namespace]
			}
			return parent{v1alpha1.GroupVersion.WithKind(l.kind), namespace, name}, tree.RuleLabel
		}
	}
	return parent{}, ""
}
