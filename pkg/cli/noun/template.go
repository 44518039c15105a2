package noun

import (
	"strings"

	"github.com/carto-run/carto/pkg/collect"
)

// TemplateKind is a kind of templates.
type TemplateKind = collect.TemplateKind

// TemplateKinds are all of them; the last is the one of Runnables.
var TemplateKinds = collect.TemplateKinds

// TemplateKindOf finds a kind by how a person may write it: as the kind or the resource,
// in any case; nil when there is none.
func TemplateKindOf(name string) *TemplateKind {
	for i := range TemplateKinds {
		k := &TemplateKinds[i]
		if strings.EqualFold(name, k.Kind) || strings.EqualFold(name, k.Resource) {
			return k
		}
	}
	return nil
}
