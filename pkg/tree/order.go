package tree

import "github.com/carto-run/carto/pkg/blueprint"

// order shows steps in the order in which the agent realizes them.
func order(steps []BlueprintStep) []BlueprintStep {
	names, reads := make([]string, len(steps)), make([][]string, len(steps))
	for i, s := range steps {
		names[i] = s.Name
		for _, in := range s.Inputs {
			reads[i] = append(reads[i], in.From)
		}
	}
	indexes, _ := blueprint.Order(names, reads)
	sorted := make([]BlueprintStep, len(steps))
	for i, at := range indexes {
		sorted[i] = steps[at]
	}
	return sorted
}
