package impact

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/collect"
)

// kind is one of the kinds that files may hold.
type kind struct {
	resource   schema.GroupVersionResource
	namespaced bool
	// new makes an empty object.
	new func() any
}

// kinds of owners and blueprints; templates are added below.
var kinds = func() map[string]kind {
	of := func(resource string, namespaced bool, empty func() any) kind {
		return kind{v1alpha1.GroupVersion.WithResource(resource), namespaced, empty}
	}
	all := map[string]kind{
		v1alpha1.KindWorkload:           of("workloads", true, func() any { return &v1alpha1.Workload{} }),
		v1alpha1.KindDeliverable:        of("deliverables", true, func() any { return &v1alpha1.Deliverable{} }),
		v1alpha1.KindRunnable:           of("runnables", true, func() any { return &v1alpha1.Runnable{} }),
		v1alpha1.KindClusterSupplyChain: of("clustersupplychains", false, func() any { return &v1alpha1.ClusterSupplyChain{} }),
		v1alpha1.KindClusterDelivery:    of("clusterdeliveries", false, func() any { return &v1alpha1.ClusterDelivery{} }),
	}
	for _, k := range collect.TemplateKinds {
		all[k.Kind] = of(k.Resource, false, k.New)
	}
	return all
}()

// New makes an empty object of a kind, as its own type; nil for kinds that are not
// foretold.
func New(kind string) any {
	if k, known := kinds[kind]; known {
		return k.new()
	}
	return nil
}

// Namespaced tells whether objects of the kind live in namespaces: owners do.
func Namespaced(kind string) bool { return kinds[kind].namespaced }

func isOwner(kind string) bool { return kinds[kind].namespaced }

// blueprintOf is the kind of the blueprints that serve owners of a kind; empty for
// Runnables.
func blueprintOf(owner string) string {
	switch owner {
	case v1alpha1.KindWorkload:
		return v1alpha1.KindClusterSupplyChain
	case v1alpha1.KindDeliverable:
		return v1alpha1.KindClusterDelivery
	}
	return ""
}

// ownersOf are the kinds of the owners that an object of a kind can concern.
func ownersOf(kind string) []string {
	switch {
	case isOwner(kind):
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
	needed := []string{blueprintOf(owner)}
	for _, k := range collect.TemplateKinds {
		if k.Kind != v1alpha1.KindClusterRunTemplate {
			needed = append(needed, k.Kind)
		}
	}
	return needed
}
