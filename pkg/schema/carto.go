package schema

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
)

// cartoKinds are read one by one: parsing a CRD takes milliseconds.
var cartoKinds = func() map[string]func() *Kind {
	kinds := map[string]func() *Kind{}
	for _, kind := range v1alpha1.Kinds {
		kinds[kind.Name] = sync.OnceValue(func() *Kind { return readCarto(kind) })
	}
	return kinds
}()

func carto(kind schema.GroupVersionKind) *Kind {
	if load := cartoKinds[kind.Kind]; load != nil && kind.GroupVersion() == v1alpha1.GroupVersion {
		return load()
	}
	return nil
}

func cartoGroup(group string) []schema.GroupVersionKind {
	if group != v1alpha1.Group {
		return nil
	}
	var kinds []schema.GroupVersionKind
	for kind := range cartoKinds {
		kinds = append(kinds, v1alpha1.GroupVersion.WithKind(kind))
	}
	return kinds
}

func readCarto(kind *v1alpha1.Kind) *Kind {
	raw, err := crds.Of(kind.Plural)
	var definition map[string]any
	if err == nil {
		err = yaml.Unmarshal(raw, &definition)
	}
	var kinds []defined
	if err == nil {
		kinds, err = definedKinds(definition)
	}
	for _, d := range kinds {
		if d.kind.Version == v1alpha1.GroupVersion.Version && d.kind.Kind == kind.Name {
			return d.load()
		}
	}
	// They are embedded, and a test reads each.
	panic(fmt.Sprintf("read the embedded CRD of %s: %v", kind.Name, err))
}
