// Package selector holds the rules about selectors of blueprints and options (SEL). What can
// match what is decided by pkg/blueprint/reason.
package selector

import (
	"fmt"
	"slices"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/blueprint/reason"
	"github.com/carto-run/carto/pkg/lint"
)

// Rules of the family.
var Rules = []*lint.Rule{
	emptySelector, invalidSelector, unknownField,
	tiedBlueprints, coveredBlueprint,
	identicalOptions, tiedOptions, impossibleOption, uncoveredOwners,
	notInMissing, neverEqual, byPosition, overlappingOptions,
}

// ownerKinds have blueprints.
var ownerKinds = []string{v1alpha1.KindWorkload, v1alpha1.KindDeliverable}

// selector is that of a blueprint, or of an option of one.
type selector struct {
	*blueprint.Selector
	of *lint.Blueprint
	// use is the option; nil for the blueprint itself.
	use *lint.Use
	// at is the path of the selector; fields that of its requirements on fields.
	at, fields string
	written    []v1alpha1.FieldRequirement
}

// selectors are all of a set.
func selectors(set *lint.Set) []selector {
	var all []selector
	for _, b := range set.Blueprints {
		all = append(all, selectorOf(b))
		for _, use := range b.Uses {
			if use.Option != nil {
				all = append(all, selectorOfOption(use))
			}
		}
	}
	return all
}

func selectorOf(b *lint.Blueprint) selector {
	s := selector{Selector: b.Selector, of: b, at: "spec", fields: "spec.selectorMatchFields"}
	for _, path := range []string{"spec.selector", "spec.selectorMatchExpressions", "spec.selectorMatchFields"} {
		if b.Doc.Has(path) {
			s.at = path
			break
		}
	}
	if b.Chain != nil {
		s.written = b.Chain.Spec.SelectorMatchFields
	} else {
		s.written = b.Delivery.Spec.SelectorMatchFields
	}
	return s
}

func selectorOfOption(use *lint.Use) selector {
	return selector{
		Selector: use.Option.Selector, of: use.Blueprint, use: use, at: use.Path, fields: use.Path + ".selector.matchFields",
		written: optionsOf(use)[index(use)].Selector.MatchFields,
	}
}

// optionsOf are the options of a step as they are written.
func optionsOf(use *lint.Use) []v1alpha1.TemplateOption {
	i := slices.Index(use.Blueprint.Resources, use.Step)
	if use.Blueprint.Chain != nil {
		return use.Blueprint.Chain.Spec.Resources[i].TemplateRef.Options
	}
	return use.Blueprint.Delivery.Spec.Resources[i].TemplateRef.Options
}

// index of an option among those of its step.
func index(use *lint.Use) int {
	for i := range use.Step.Options {
		if &use.Step.Options[i] == use.Option {
			return i
		}
	}
	return 0
}

// place of the selector.
func (s selector) place() lint.Place { return s.of.Key(s.at) }

// field is the place of a requirement on a field.
func (s selector) field(i int) lint.Place {
	at := s.of.Value(fmt.Sprintf("%s[%d].key", s.fields, i))
	at.Path = fmt.Sprintf("%s[%d]", s.fields, i)
	return at
}

// String names what the selector is of.
func (s selector) String() string {
	if s.use != nil {
		return fmt.Sprintf("option %s of step %s", s.use.Option, s.use.Step.Name)
	}
	return s.of.String()
}

// usable says that the selector matches something, as far as it shows by itself.
func usable(s *blueprint.Selector) bool { return s.Score() > 0 && s.Broken() == nil }

// steps are those of a blueprint that have options, each with the uses of these.
func steps(b *lint.Blueprint) [][]*lint.Use {
	var all [][]*lint.Use
	for _, use := range b.Uses {
		switch last := len(all) - 1; {
		case use.Option == nil:
		case last >= 0 && all[last][0].Step == use.Step:
			all[last] = append(all[last], use)
		default:
			all = append(all, []*lint.Use{use})
		}
	}
	return all
}

// question is about owners of a blueprint that match some selectors too; those of the
// blueprint count only when they can be understood.
func question(b *lint.Blueprint, all ...*blueprint.Selector) reason.Question {
	q := reason.Question{Kind: b.OwnerKind(), All: all}
	if usable(b.Selector) {
		q.All = append([]*blueprint.Selector{b.Selector}, all...)
	}
	return q
}

// rivals are the selectors of the other blueprints that take owners away from a blueprint, or
// tie with it.
func rivals(set *lint.Set, b *lint.Blueprint) []*blueprint.Selector {
	var all []*blueprint.Selector
	for _, other := range set.BlueprintsOf(b.OwnerKind()) {
		if other.Blueprint.Name != b.Blueprint.Name && usable(other.Selector) && other.Selector.Score() >= b.Selector.Score() {
			all = append(all, other.Selector)
		}
	}
	return all
}

// together says whether an owner can match both.
func together(kind string, a, b *blueprint.Selector) bool {
	if disjoint(a, b) {
		return false
	}
	verdict, _ := reason.Ask(reason.Question{Kind: kind, All: []*blueprint.Selector{a, b}})
	return verdict != reason.Impossible
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
