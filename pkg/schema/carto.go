package schema

import (
	"fmt"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
)

// cartoKinds are read one by one: parsing a CRD takes milliseconds.
var cartoKinds = func() map[string]func() *Kind {
	kinds := map[string]func() *Kind{}
	for _, kind := range []string{
		v1alpha1.KindWorkload, v1alpha1.KindDeliverable, v1alpha1.KindRunnable,
		v1alpha1.KindClusterSupplyChain, v1alpha1.KindClusterDelivery,
		v1alpha1.KindClusterSourceTemplate, v1alpha1.KindClusterImageTemplate, v1alpha1.KindClusterConfigTemplate,
		v1alpha1.KindClusterDeploymentTemplate, v1alpha1.KindClusterTemplate, v1alpha1.KindClusterRunTemplate,
	} {
		kinds[kind] = sync.OnceValue(func() *Kind { return readCarto(kind) })
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

func readCarto(kind string) *Kind {
	raw, err := crds.Of(GuessPlural(v1alpha1.GroupVersion.WithKind(kind)))
	var definition map[string]any
	if err == nil {
		err = yaml.Unmarshal(raw, &definition)
	}
	var kinds []defined
	if err == nil {
		kinds, err = definedKinds(definition)
	}
	for _, d := range kinds {
		if d.kind.Version == v1alpha1.GroupVersion.Version && strings.EqualFold(d.kind.Kind, kind) {
			return d.load()
		}
	}
	// They are embedded, and a test reads each.
	panic(fmt.Sprintf("read the embedded CRD of %s: %v", kind, err))
}
