package lint

import "github.com/carto-run/carto/pkg/blueprint"

// FixBySorting adds the change that lists the steps of a blueprint in the order in which they
// are stamped, where that can be made.
func (f *Finding) FixBySorting(b *Blueprint) *Finding {
	at := make(map[*blueprint.Resource]int, len(b.Resources))
	for i, step := range b.Resources {
		at[step] = i
	}
	order := make([]int, len(b.Order))
	for i, step := range b.Order {
		order[i] = at[step]
	}
	if part, text, ok := b.Doc.Reorder("spec.resources", order); ok {
		f.FixBy(part, text)
	}
	return f
}
