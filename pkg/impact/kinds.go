package impact

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// resourceOf is the resource of a kind of Carto.
func resourceOf(kind string) schema.GroupVersionResource { return v1alpha1.KindOf(kind).Resource() }

// ownersOf are the kinds of the owners that an object of a kind can concern.
func ownersOf(kind string) []string {
	switch {
	case v1alpha1.IsOwnerKind(kind):
		return nil // only itself
	case kind == v1alpha1.KindClusterSupplyChain:
		return []string{v1alpha1.KindWorkload}
	case kind == v1alpha1.KindClusterDelivery:
		return []string{v1alpha1.KindDeliverable}
	case kind == v1alpha1.KindClusterRunTemplate:
		return []string{v1alpha1.KindRunnable}
	}
	return []string{v1alpha1.KindWorkload, v1alpha1.KindDeliverable}
}

// neededFor are the kinds of what decides about owners of a kind.
func neededFor(owner string) []string {
	if owner == v1alpha1.KindRunnable {
		return []string{v1alpha1.KindClusterRunTemplate}
	}
	needed := []string{v1alpha1.BlueprintKind(owner)}
	for _, k := range v1alpha1.KindsOf(v1alpha1.RoleTemplate) {
		if k.Name != v1alpha1.KindClusterRunTemplate {
			needed = append(needed, k.Name)
		}
	}
	return needed
}
