package offline

import (
	"fmt"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	apischema "k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/schema"
)

// kinds maps kinds to REST resources: those of definitions that were handed in, those of
// Kubernetes and of Carto, and all others by a guess.
type kinds struct{ catalog *schema.Catalog }

func (k kinds) define(crd *apiextensionsv1.CustomResourceDefinition) error {
	definition, err := runtime.DefaultUnstructuredConverter.ToUnstructured(crd)
	if err != nil {
		return fmt.Errorf("read CustomResourceDefinition %s: %w", crd.Name, err)
	}
	definition["apiVersion"] = apiextensionsv1.SchemeGroupVersion.String()
	return k.catalog.AddCRD(definition)
}

// guessed says that a kind is taken for namespaced, with a regular plural, without anything
// that says so.
func (k kinds) guessed(kind apischema.GroupVersionKind) bool { return k.catalog.Kind(kind) == nil }

// resource is a *meta.NoKindMatchError for a kind that Kubernetes, or a definition that was
// handed in, does not have in this version.
func (k kinds) resource(kind apischema.GroupVersionKind) (realize.Resource, error) {
	known := k.catalog.Kind(kind)
	switch {
	case known != nil && !known.Lifecycle.Removed.Reached(schema.Newest):
		return realize.Resource{GroupVersionResource: kind.GroupVersion().WithResource(known.Plural), Namespaced: known.Namespaced}, nil
	case known != nil, kind.Group == v1alpha1.Group, schema.IsNative(kind.Group), k.hasOther(kind):
		return realize.Resource{}, &meta.NoKindMatchError{GroupKind: kind.GroupKind(), SearchedVersions: []string{kind.Version}}
	}
	plural, _ := meta.UnsafeGuessKindToResource(kind)
	return realize.Resource{GroupVersionResource: plural, Namespaced: true}, nil
}

// hasOther says that a kind is known in other versions.
func (k kinds) hasOther(kind apischema.GroupVersionKind) bool {
	return slices.ContainsFunc(k.catalog.InGroup(kind.Group), func(other apischema.GroupVersionKind) bool { return other.Kind == kind.Kind })
}
