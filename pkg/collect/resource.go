package collect

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Resource is where a stamped object lives. The status names the plural, so that no
// discovery is needed; statuses of other implementations may lack it, and then the
// usual plural is the best guess.
func Resource(ref *v1alpha1.StampedRef) (schema.GroupVersionResource, error) {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		return schema.GroupVersionResource{}, err
	}
	if plural, _, _ := strings.Cut(ref.Resource, "."); plural != "" {
		return gv.WithResource(plural), nil
	}
	return guessPlural(gv.WithKind(ref.Kind)), nil
}

// resourceOf is where the objects of a kind live, of which only the kind is known, and
// whether they have namespaces.
func (r *reader) resourceOf(kind schema.GroupVersionKind) (resource schema.GroupVersionResource, namespaced bool) {
	if kind.Group == v1alpha1.Group {
		// Blueprints and templates say it in their names.
		return guessPlural(kind), !strings.HasPrefix(kind.Kind, "Cluster")
	}
	_, known := children[kind.GroupKind()]
	if known || r.Mapper == nil {
		return guessPlural(kind), true
	}
	mapper, err := r.Mapper()
	if err != nil {
		return guessPlural(kind), true
	}
	mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return guessPlural(kind), true
	}
	return mapping.Resource, mapping.Scope.Name() == meta.RESTScopeNameNamespace
}

func guessPlural(kind schema.GroupVersionKind) schema.GroupVersionResource {
	name := strings.ToLower(kind.Kind)
	switch {
	case strings.HasSuffix(name, "s"), strings.HasSuffix(name, "x"), strings.HasSuffix(name, "ch"):
		name += "es"
	case strings.HasSuffix(name, "y"):
		name = strings.TrimSuffix(name, "y") + "ies"
	default:
		name += "s"
	}
	return kind.GroupVersion().WithResource(name)
}
