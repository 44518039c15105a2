package overview

import (
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// kinds in the order in which tab goes through them.
var kinds = []string{
	v1alpha1.KindWorkload, v1alpha1.KindDeliverable, v1alpha1.KindRunnable,
	v1alpha1.KindClusterSupplyChain, v1alpha1.KindClusterDelivery,
}

// noun is how people call a kind.
type noun struct{ one, many string }

func (n noun) of(count int) string {
	if count == 1 {
		return n.one
	}
	return n.many
}

func nounOf(kind string) noun {
	switch kind {
	case v1alpha1.KindClusterSupplyChain:
		return noun{"supply chain", "supply chains"}
	case v1alpha1.KindClusterDelivery:
		return noun{"delivery", "deliveries"}
	}
	one := strings.ToLower(kind)
	return noun{one, one + "s"}
}

// namespaced tells owners from blueprints: only they live in namespaces.
func namespaced(kind string) bool { return v1alpha1.IsOwnerKind(kind) }

// ownersOf is the kind of the owners that go through blueprints of a kind.
func ownersOf(blueprint string) string {
	for _, kind := range kinds {
		if v1alpha1.BlueprintKind(kind) == blueprint {
			return kind
		}
	}
	return v1alpha1.KindWorkload
}

// bareName is NAME of Kind/NAME, and of NAME.
func bareName(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }
