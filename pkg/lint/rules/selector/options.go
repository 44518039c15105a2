package selector

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/selection"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/blueprint/reason"
	"github.com/carto-run/carto/pkg/lint"
)

// chain is a supply chain with one step that has two options.
func chain(first, second string) string {
	return `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef:
      kind: ClusterSourceTemplate
      options:
` + first + second
}

// onOptions is a chain with the arrow on the list of options.
func onOptions(first, second string) string {
	return strings.Replace(chain(first, second), "options:", "options: # <-", 1)
}

var identicalOptions = &lint.Rule{
	ID: "SEL006", Slug: "identical-options", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "two options of a step have the same selector",
	Text: `Exactly one option may take an owner. Two with the same requirements always match together, so that the step fails
with TemplateOptionsMatchError for each owner they match. The order of the requirements makes no difference.`,
	Bad: chain(`      - name: git
        selector: {matchFields: [{key: spec.source.git, operator: Exists}]}
`, `      - name: git-cached # <-
        selector: {matchFields: [{key: spec.source.git, operator: Exists}]}
`),
	Good: chain(`      - name: git
        selector: {matchFields: [{key: spec.source.git, operator: Exists}]}
`, `      - name: git-cached
        selector: {matchFields: [{key: spec.source.git, operator: Exists}], matchLabels: {cache: "yes"}}
`),
	Check: func(p *lint.Pass) {
		eachStep(p, func(_ *lint.Blueprint, step []*lint.Use) {
			first := map[string]*lint.Use{}
			for _, use := range step {
				if !usable(use.Option.Selector) {
					continue
				}
				key := canonical(use.Option.Selector)
				if same, seen := first[key]; seen {
					s, other := selectorOfOption(use), selectorOfOption(same)
					p.Report(s.place(), "%s has the same selector as option %s", s, same.Option).Because(other.place().Range, "the same requirements")
					continue
				}
				first[key] = use
			}
		})
	},
}

// canonical is equal for selectors that have the same requirements in whatever order.
func canonical(s *blueprint.Selector) string {
	var parts []string
	for _, r := range s.Labels() {
		operator := r.Operator()
		if operator == selection.Equals || operator == selection.DoubleEquals {
			operator = selection.In
		}
		parts = append(parts, fmt.Sprintf("label %s %s %q", r.Key(), operator, r.Values().List()))
	}
	for _, f := range s.Fields() {
		parts = append(parts, fmt.Sprintf("field %s %s %q", f.Path(), f.Operator(), slices.Sorted(slices.Values(f.Values()))))
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}

func eachStep(p *lint.Pass, visit func(*lint.Blueprint, []*lint.Use)) {
	for _, b := range p.Blueprints {
		if b.Remote {
			continue
		}
		for _, step := range steps(b) {
			visit(b, step)
		}
	}
}

var tiedOptions = &lint.Rule{
	ID: "SEL007", Slug: "tied-options", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "two options of a step match one owner, and neither is more specific",
	Text: `Among the options that match, the one with the most requirements is chosen. When two have equally many, the step fails with
TemplateOptionsMatchError for each owner that matches both. The finding shows the smallest such owner: it matches the
blueprint, and no more specific option takes it.

Make them exclude each other, such as by Exists in one and DoesNotExist in the other, or give one of them a
requirement more.`,
	Bad: chain(`      - name: git
        selector: {matchFields: [{key: spec.source.git, operator: Exists}]}
`, `      - name: image # <-
        selector: {matchFields: [{key: spec.source.image, operator: Exists}]}
`),
	Good: chain(`      - name: git
        selector: {matchFields: [{key: spec.source.git, operator: Exists}]}
`, `      - name: image
        selector: {matchFields: [{key: spec.source.git, operator: DoesNotExist}, {key: spec.source.image, operator: Exists}]}
`),
	Check: func(p *lint.Pass) {
		eachStep(p, func(b *lint.Blueprint, step []*lint.Use) {
			for j, second := range step {
				for _, first := range step[:j] {
					a, o := first.Option.Selector, second.Option.Selector
					if !usable(a) || !usable(o) || a.Score() != o.Score() || canonical(a) == canonical(o) {
						continue
					}
					owner := reaches(p, b, step, a, o)
					if owner == nil {
						continue
					}
					s := selectorOfOption(second)
					p.Report(s.place(), "%s and option %s can match one owner, and neither is more specific: %s", s, first.Option, owner).
						Because(selectorOfOption(first).place().Range, "the other one, with %s too", plural(a.Score(), "requirement")).
						Show(owner.YAML()).
						Do("make them exclude each other, or give one of them one requirement more")
				}
			}
		})
	},
}

// reaches finds an owner of the blueprint that matches options of a step, and none that is
// more specific than all of these; nil when there is none, or it can not be told.
func reaches(p *lint.Pass, b *lint.Blueprint, step []*lint.Use, options ...*blueprint.Selector) *reason.Owner {
	q := question(b, options...)
	if verdict, _ := reason.Ask(q); verdict != reason.Possible {
		return nil
	}
	most := 0
	for _, o := range options {
		most = max(most, o.Score())
	}
	for _, use := range step {
		if o := use.Option.Selector; o.Score() > most && !slices.Contains(options, o) {
			q.None = append(q.None, o)
		}
	}
	q.None = append(q.None, rivals(p.Set, b)...)
	_, owner := reason.Ask(q)
	return owner
}

var impossibleOption = &lint.Rule{
	ID: "SEL008", Slug: "impossible-selector", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "an option or a blueprint can not match any owner",
	Text: `Its requirements contradict each other, or those of the blueprint that it is an option of, or no owner can meet one of
them. The finding names the requirements that can not hold together.

Correct the one that is wrong, or remove the option.`,
	Bad: chain(`      - name: git
        selector: {matchFields: [{key: spec.source.git, operator: Exists}]}
`, `      - name: job # <-
        selector: {matchLabels: {type: job}, matchFields: [{key: spec.source.git, operator: DoesNotExist}]}
`),
	Good: chain(`      - name: git
        selector: {matchFields: [{key: spec.source.git, operator: Exists}]}
`, `      - name: none
        selector: {matchFields: [{key: spec.source.git, operator: DoesNotExist}]}
`),
	Check: func(p *lint.Pass) {
		for _, b := range p.Blueprints {
			if impossible(p, selectorOf(b)) {
				continue
			}
			for _, step := range steps(b) {
				for _, use := range step {
					impossible(p, selectorOfOption(use))
				}
			}
		}
	},
}

// impossible reports a selector that never matches, and says whether it is one.
func impossible(p *lint.Pass, s selector) bool {
	if !usable(s.Selector) {
		return s.use == nil // that is said elsewhere
	}
	all := []*blueprint.Selector{s.Selector}
	if s.use != nil && reason.Conflict(s.of.OwnerKind(), all...) == nil && usable(s.of.Selector) {
		all = append(all, s.of.Selector)
	}
	parts := reason.Conflict(s.of.OwnerKind(), all...)
	if parts == nil {
		return false
	}
	if len(parts) == 1 {
		if !saidElsewhere(s, parts[0]) {
			p.Report(s.place(), "%s never matches: no %s can meet %s", s, s.of.OwnerKind(), parts[0].Requirement)
		}
		return true
	}
	var own, others []string
	for _, part := range parts {
		if part.Selector == 0 {
			own = append(own, part.Requirement)
		} else {
			others = append(others, part.Requirement)
		}
	}
	if len(others) == 0 {
		p.Report(s.place(), "%s never matches: its requirements contradict each other: %s", s, strings.Join(own, " and "))
		return true
	}
	p.Report(s.place(), "%s never matches: %s contradicts %s of the blueprint's own selector", s, strings.Join(own, " and "), strings.Join(others, " and ")).
		Because(selectorOf(s.of).place().Range, "the selector of %s", s.of)
	return true
}

// saidElsewhere says that other rules tell what is wrong with a requirement: its field
// (SEL003), its values (SEL002), or both together (SEL011).
func saidElsewhere(s selector, part reason.Part) bool {
	for _, f := range s.Fields() {
		if "field "+f.String() != part.Requirement {
			continue
		}
		kind := s.of.OwnerKind()
		return !selectableIn(kind).Allows(f.Path().String()) ||
			f.Operator() == v1alpha1.FieldSelectorOpIn && (len(f.Values()) == 0 || len(reason.NeverAt(kind, f.Path(), f.Values())) > 0)
	}
	return false
}

var uncoveredOwners = &lint.Rule{
	ID: "SEL009", Slug: "no-option-for-some", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "owners match the blueprint, but no option of a step",
	Text: `There is no default option. For an owner that matches the blueprint and none of the options, the step fails with
TemplateOptionsMatchError, and so does all that waits for it. The finding shows the smallest such owner.

Add an option for the rest, let one pass its input through, or let the blueprint's selector ask for what the options
need.`,
	Bad: onOptions(`      - name: git
        selector: {matchFields: [{key: spec.source.git, operator: Exists}]}
`, `      - name: image
        selector: {matchFields: [{key: spec.source.git, operator: DoesNotExist}, {key: spec.source.image, operator: Exists}]}
`),
	Good: chain(`      - name: git
        selector: {matchFields: [{key: spec.source.git, operator: Exists}]}
`, `      - name: image
        selector: {matchFields: [{key: spec.source.git, operator: DoesNotExist}]}
`),
	Check: func(p *lint.Pass) {
		eachStep(p, func(b *lint.Blueprint, step []*lint.Use) { checkUncovered(p, b, step) })
	},
}

func checkUncovered(p *lint.Pass, b *lint.Blueprint, step []*lint.Use) {
	if !usable(b.Selector) {
		return
	}
	q := question(b)
	for _, use := range step {
		o := use.Option.Selector
		if verdict, _ := reason.Ask(question(b, o)); !usable(o) || verdict == reason.Impossible {
			return // what is wrong with it is said elsewhere, and healed it may take the rest
		}
		q.None = append(q.None, o)
	}
	q.None = append(q.None, rivals(p.Set, b)...)
	verdict, owner := reason.Ask(q)
	if verdict != reason.Possible {
		return
	}
	name := step[0].Step.Name
	p.Report(b.Key(step[0].StepPath+".templateRef.options"), "no option of step %s takes %s, which matches %s", name, owner, b).
		Because(selectorOf(b).place().Range, "the selector of %s", b).
		Show(owner.YAML()).
		Do("add an option for the rest, or ask for more in the selector of %s", b)
}

var overlappingOptions = &lint.Rule{
	ID: "SEL013", Slug: "overlapping-options", Level: lint.Info, Needs: lint.NeedsFiles,
	Title: "options overlap, and the more specific one is chosen",
	Text: `An owner can match several options of the step. That is no fault: the one with the most requirements is chosen, whatever the order in
which they are written. The finding shows that order.`,
	Bad: onOptions(`      - name: git
        selector: {matchFields: [{key: spec.source.git, operator: Exists}]}
`, `      - name: git-cached
        selector: {matchFields: [{key: spec.source.git, operator: Exists}], matchLabels: {cache: "yes"}}
`),
	Good: chain(`      - name: git
        selector: {matchFields: [{key: spec.source.git, operator: Exists}]}
`, `      - name: image
        selector: {matchFields: [{key: spec.source.git, operator: DoesNotExist}]}
`),
	Check: func(p *lint.Pass) {
		eachStep(p, func(b *lint.Blueprint, step []*lint.Use) { checkOverlap(p, b, step) })
	},
}

func checkOverlap(p *lint.Pass, b *lint.Blueprint, step []*lint.Use) {
	var overlap []*lint.Use
	var example *reason.Owner
	for j, second := range step {
		for _, first := range step[:j] {
			a, o := first.Option.Selector, second.Option.Selector
			if !usable(a) || !usable(o) || a.Score() == o.Score() {
				continue
			}
			if slices.Contains(overlap, first) && slices.Contains(overlap, second) {
				continue
			}
			owner := reaches(p, b, step, a, o)
			if owner == nil {
				continue
			}
			if example == nil {
				example = owner
			}
			for _, use := range []*lint.Use{first, second} {
				if !slices.Contains(overlap, use) {
					overlap = append(overlap, use)
				}
			}
		}
	}
	if example == nil {
		return
	}
	slices.SortStableFunc(overlap, func(a, b *lint.Use) int {
		return cmp.Compare(b.Option.Selector.Score(), a.Option.Selector.Score())
	})
	order := make([]string, len(overlap))
	for i, use := range overlap {
		order[i] = fmt.Sprintf("%s (%d)", use.Option, use.Option.Selector.Score())
	}
	p.Report(b.Key(step[0].StepPath+".templateRef.options"), "options of step %s overlap, and the most specific is chosen, in this order: %s; several match %s",
		step[0].Step.Name, strings.Join(order, ", "), example).Show(example.YAML())
}
