package reason

import (
	"slices"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
)

// Part is one requirement of one of several selectors.
type Part struct {
	// Selector by its index.
	Selector int
	// Requirement as blueprint.Requirement shows it: label a=b, field spec.image Exists.
	Requirement string
}

// Conflict says why no owner of a kind can match all selectors: requirements that can not hold
// together, though they could without any one of them. Nil when nothing shows that they can not.
func Conflict(kind string, all ...*blueprint.Selector) []Part {
	shape := shapes[kind]
	if shape == nil {
		return nil
	}
	var parts []Part
	var them []literal
	for i, selector := range all {
		for _, l := range literals(selector) {
			parts, them = append(parts, Part{i, l.says}), append(them, l)
		}
	}
	s := &search{shape: shape}
	if s.canHold(nil, them) {
		return nil
	}
	for i := 0; i < len(them); {
		without := slices.Concat(them[:i], them[i+1:])
		if s.canHold(nil, without) {
			i++
			continue
		}
		them, parts = without, slices.Delete(parts, i, i+1)
	}
	return parts
}

// NeverAt lists those of the values that the field of an owner never equals, whatever is
// there: all of them when it is an object or a list. Nothing is said of a field that owners do
// not have, or that is not modelled.
func NeverAt(kind string, p *stamp.Path, values []string) []string {
	s, place := shapes[kind], at(p)
	if s == nil || place.path == nil {
		return nil
	}
	for _, name := range place.path {
		if s = s.below(name); s == nil {
			return nil
		}
	}
	var never []string
	for _, v := range values {
		if !s.states.text.has(v) || s.accepts != nil && !s.accepts(v) {
			never = append(never, v)
		}
	}
	return never
}

// CanBe says whether a path of names can lead to something in an owner of a kind.
func CanBe(kind string, names []string) bool {
	s := shapes[kind]
	for _, name := range names {
		if s == nil {
			return false
		}
		s = s.below(name)
	}
	return s != nil
}
