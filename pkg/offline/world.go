package offline

import (
	"fmt"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/realize"
	kindschema "github.com/carto-run/carto/pkg/schema"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/stamped"
)

// DefaultNamespace is that of objects that name none.
const DefaultNamespace = "default"

// World stands in for a cluster. It remembers what passes did to it, so that after a
// change of what is observed the next Walk goes on from there, as the agent would. It
// serves one goroutine.
type World struct {
	// Assume completes stamped objects as if their controllers had done their work, where
	// nothing else is observed.
	Assume bool
	// Namespace of objects and owners that name none; DefaultNamespace if empty.
	Namespace string

	blueprints map[string][]*blueprint.Blueprint // by kind, in the order of their names
	templates  map[realize.TemplateKey]*stamp.Template
	kinds      kinds
	objects    map[objectKey]*held
	// owned are the objects by their controllers, and written those that were observed and
	// that Carto did not make: with thousands, nobody may look through all for each step.
	owned    map[Owner]map[objectKey]*held
	written  map[objectKey]*held
	statuses map[Owner]realize.OwnerStatus
	walks    int // how many were asked for
}

// objectKey names an object, whatever the version in which it is written.
type objectKey struct {
	schema.GroupKind
	namespace, name string
}

// held is an object as the cluster would hold it.
type held struct {
	// object is never changed, only replaced.
	object map[string]any
	// observed is what was handed in of it; nil when a pass made the object.
	observed map[string]any
	// sent is what was applied last; nil before.
	sent    map[string]any
	assumed []stamp.Assumption
	// owner that controls it; empty when none does.
	owner Owner
	// inner is the walk of an object that is an owner itself.
	inner *Walk
}

// set puts an object into the world.
func (w *World) set(key objectKey, h *held) {
	w.remove(key)
	w.objects[key] = h
	u := &unstructured.Unstructured{Object: h.object}
	if h.observed != nil && stamped.Digest(u) == "" {
		w.written[key] = h
	}
	if c := metav1.GetControllerOf(u); c != nil {
		h.owner = Owner{c.Kind, key.namespace, c.Name}
		if w.owned[h.owner] == nil {
			w.owned[h.owner] = map[objectKey]*held{}
		}
		w.owned[h.owner][key] = h
	}
}

// remove takes it out again.
func (w *World) remove(key objectKey) {
	if old := w.objects[key]; old != nil {
		delete(w.owned[old.owner], key)
	}
	delete(w.written, key)
	delete(w.objects, key)
}

// Owner names an owner.
type Owner struct{ Kind, Namespace, Name string }

func (o Owner) String() string { return o.Kind + " " + o.Namespace + "/" + o.Name }

// New makes a world of blueprints, templates (pointers to the types of the API) and
// *apiextensionsv1.CustomResourceDefinition. Of two objects of one kind and name the later
// one counts.
func New(objects ...any) (*World, error) {
	w := &World{
		blueprints: map[string][]*blueprint.Blueprint{}, templates: map[realize.TemplateKey]*stamp.Template{},
		kinds: kinds{kindschema.BuiltIn()}, objects: map[objectKey]*held{},
		owned: map[Owner]map[objectKey]*held{}, written: map[objectKey]*held{}, statuses: map[Owner]realize.OwnerStatus{},
	}
	for _, object := range objects {
		switch o := object.(type) {
		case *v1alpha1.ClusterSupplyChain:
			w.addBlueprint(blueprint.CompileSupplyChain(o))
		case *v1alpha1.ClusterDelivery:
			w.addBlueprint(blueprint.CompileDelivery(o))
		case *v1alpha1.ClusterSourceTemplate, *v1alpha1.ClusterImageTemplate, *v1alpha1.ClusterConfigTemplate,
			*v1alpha1.ClusterDeploymentTemplate, *v1alpha1.ClusterTemplate, *v1alpha1.ClusterRunTemplate:
			t := stamp.Compile(o)
			w.templates[realize.TemplateKey{Kind: t.Kind, Name: t.Name}] = t
		case *apiextensionsv1.CustomResourceDefinition:
			if err := w.kinds.define(o); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("%T is no blueprint, template or definition of a kind", object)
		}
	}
	return w, nil
}

func (w *World) addBlueprint(b *blueprint.Blueprint) {
	all := slices.DeleteFunc(w.blueprints[b.Kind], func(other *blueprint.Blueprint) bool { return other.Name == b.Name })
	all = append(all, b)
	slices.SortFunc(all, func(a, b *blueprint.Blueprint) int { return strings.Compare(a.Name, b.Name) })
	w.blueprints[b.Kind] = all
}

// Blueprints of the owners of a kind, in the order of their names; none for Runnables.
func (w *World) Blueprints(ownerKind string) []*blueprint.Blueprint {
	return w.blueprints[v1alpha1.BlueprintKind(ownerKind)]
}

// Templates lists the compiled templates in the order of kind and name.
func (w *World) Templates() []*stamp.Template {
	all := make([]*stamp.Template, 0, len(w.templates))
	for _, t := range w.templates {
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *stamp.Template) int {
		return strings.Compare(a.Kind+"/"+a.Name, b.Kind+"/"+b.Name)
	})
	return all
}

// Observe puts an object into the world as a cluster holds it, in place of one of the same
// kind, namespace and name. A stamped object is merged with what is rendered for it; its
// status stays. Of an owner it serves the status and the UID.
func (w *World) Observe(object map[string]any) error {
	u := unstructured.Unstructured{Object: runtime.DeepCopyJSON(object)}
	kind := u.GroupVersionKind()
	if kind.Kind == "" || kind.Version == "" || u.GetName() == "" {
		return fmt.Errorf("an observed object needs apiVersion, kind and metadata.name: %s %q", kind.Kind, u.GetName())
	}
	rest, err := w.kinds.resource(kind)
	if err != nil {
		return err
	}
	if rest.Namespaced && u.GetNamespace() == "" {
		u.SetNamespace(w.namespace())
	}
	u.SetManagedFields(nil) // as the agent's caches hold it
	h := &held{object: u.Object, observed: u.Object}
	if old := w.objects[keyOf(&u)]; old != nil {
		h.sent = old.sent
	}
	w.set(keyOf(&u), h)
	return nil
}

// ObserveStep lays a part of an object, such as {status: …}, over what a step of an owner
// stamped last. What it says of the status, and of other top-level fields, replaces what
// was there; only metadata is merged.
func (w *World) ObserveStep(owner Owner, step string, part map[string]any) error {
	for _, resource := range w.statuses[owner].Resources {
		if resource.Name != step || resource.StampedRef == nil {
			continue
		}
		ref := resource.StampedRef
		key := objectKey{ref.GroupVersionKind().GroupKind(), ref.Namespace, ref.Name}
		h := w.objects[key]
		if h == nil {
			return fmt.Errorf("step %s of %s: %s %s is no longer there", step, owner, ref.Kind, ref.Name)
		}
		merged := runtime.DeepCopyJSON(h.object)
		for field, value := range part {
			if field == "metadata" {
				value = stamped.Merge(merged[field], value)
			}
			merged[field] = runtime.DeepCopyJSONValue(value)
		}
		w.set(key, &held{object: merged, observed: merged, sent: h.sent})
		return nil
	}
	return fmt.Errorf("step %s of %s has stamped nothing yet that could be observed", step, owner)
}

// Object is what the world holds under a kind and name; nil when there is nothing. It is
// shared: never change it.
func (w *World) Object(kind schema.GroupKind, namespace, name string) map[string]any {
	if h := w.objects[objectKey{kind, namespace, name}]; h != nil {
		return h.object
	}
	return nil
}

func (w *World) namespace() string {
	if w.Namespace != "" {
		return w.Namespace
	}
	return DefaultNamespace
}

func keyOf(u *unstructured.Unstructured) objectKey {
	return objectKey{u.GroupVersionKind().GroupKind(), u.GetNamespace(), u.GetName()}
}
