// Package graph holds the rules about the shape of blueprints (GRF).
package graph

import (
	"fmt"

	"github.com/carto-run/carto/pkg/lint"
)

// Rules of the family.
var Rules = []*lint.Rule{
	cycle, laterInput,
	unreadOutput, noEffect,
	neverStamped,
	sameObject, sameObjectAcross,
	large,
}

// indexOf are the steps of a blueprint by name; of equal names the first counts.
func indexOf(b *lint.Blueprint) map[string]int {
	index := make(map[string]int, len(b.Resources))
	for i, step := range b.Resources {
		if _, seen := index[step.Name]; !seen {
			index[step.Name] = i
		}
	}
	return index
}

// has says whether the engine found a fault of a rule in a blueprint.
func has(b *lint.Blueprint, rules ...string) bool {
	for _, d := range b.Diagnostics {
		for _, rule := range rules {
			if d.Rule == rule {
				return true
			}
		}
	}
	return false
}

func stepPath(i int) string { return fmt.Sprintf("spec.resources[%d]", i) }
