package blueprint

import (
	"maps"
	"slices"

	"github.com/carto-run/carto/pkg/stamp"
)

// Settable is a param that an owner may set.
type Settable struct {
	Name string
	// Value that templates see as long as the owner sets none, and who supplies it. Where
	// resources differ it is that of the first.
	Value  any
	Origin Origin
	// Resources whose templates see it, in the author's order.
	Resources []string
}

// Settable lists the params that are not locked in every resource, by name. declared gives
// what a template declares; nothing where that is not known.
func (b *Blueprint) Settable(declared func(TemplateUse) []stamp.Param) []Settable {
	found := map[string]*Settable{}
	for _, use := range b.Templates() {
		for name, p := range ResolveParams(declared(use), b, b.Resource(use.Resource), nil) {
			if p.Locked {
				continue
			}
			if found[name] == nil {
				found[name] = &Settable{Name: name, Value: p.Value, Origin: p.Origin}
			}
			if s := found[name]; !slices.Contains(s.Resources, use.Resource) {
				s.Resources = append(s.Resources, use.Resource)
			}
		}
	}
	var all []Settable
	for _, name := range slices.Sorted(maps.Keys(found)) {
		all = append(all, *found[name])
	}
	return all
}
