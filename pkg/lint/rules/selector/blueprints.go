package selector

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/blueprint/reason"
	"github.com/carto-run/carto/pkg/lint"
)

var tiedBlueprints = &lint.Rule{
	ID: "SEL004", Slug: "tied-blueprints", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "two blueprints match one owner, and neither is more specific",
	Text: `The blueprint with the most requirements takes an owner. When two have equally many and an owner can match both, that
owner gets neither: it stops with MultipleSupplyChainMatches or MultipleDeliveryMatches. The finding shows the smallest
such owner; that no more specific blueprint among the files takes it is part of the proof. Where the two have no
label in common, and ask for nothing but labels, it is an information only: an owner would have to be labelled for both.

Give one of the two a further requirement, so that it goes before the other, or tell them apart by different values of
one label.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web, lang: java}
  resources: []
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: gold
spec:
  selector: {type: web, tier: gold} # <-
  resources: []
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web, lang: java}
  resources: []
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: gold
spec:
  selector: {type: web, lang: java, tier: gold}
  resources: []
`,
	Check: func(p *lint.Pass) {
		for _, kind := range ownerKinds {
			checkTies(p, kind)
		}
	},
}

// Limits of the comparison of blueprints with each other. Beyond them nothing is said.
const (
	// maxPartners are reported for one blueprint.
	maxPartners = 5
	// maxQuestions are asked in one run about pairs of blueprints that labels do not tell
	// apart.
	maxQuestions = 20_000
)

func checkTies(p *lint.Pass, kind string) {
	all := candidates(p.Set, kind)
	questions := 0
	partners := make([]int, len(all))
	for _, pair := range pairs(all) {
		a, b := all[pair[0]], all[pair[1]]
		if a.Selector.Score() != b.Selector.Score() || partners[pair[1]] == maxPartners || a.Remote && b.Remote {
			continue
		}
		if questions++; questions > maxQuestions {
			return
		}
		both := []*blueprint.Selector{a.Selector, b.Selector}
		if verdict, _ := reason.Ask(reason.Question{Kind: kind, All: both}); verdict != reason.Possible {
			continue
		}
		q := reason.Question{Kind: kind, All: both}
		for _, c := range all {
			if c.Selector.Score() > a.Selector.Score() && !disjoint(a.Selector, c.Selector) && !disjoint(b.Selector, c.Selector) {
				q.None = append(q.None, c.Selector)
			}
		}
		verdict, owner := reason.Ask(q)
		if verdict != reason.Possible {
			continue
		}
		partners[pair[1]]++
		if b.Remote {
			a, b = b, a
		}
		first := selectorOf(a)
		f := p.Report(selectorOf(b).place(), "%s and %s can match one owner, and neither is more specific: %s", b, a, owner).
			Because(first.place().Range, "the selector of %s has %s too", a, plural(a.Selector.Score(), "requirement")).
			Show(owner.YAML()).
			Do("give one of them one requirement more, so that it goes before the other, or tell them apart by the value of a label")
		if unrelated(a.Selector, b.Selector) {
			f.As(lint.Info)
		}
	}
}

// unrelated says that only an owner that has labels for each of the two can match both.
func unrelated(a, b *blueprint.Selector) bool {
	if len(a.Fields()) > 0 || len(b.Fields()) > 0 {
		return false
	}
	keys := map[string]bool{}
	for _, r := range a.Labels() {
		keys[r.Key()] = true
	}
	for _, r := range slices.Concat(a.Labels(), b.Labels()) {
		if r.Operator() == selection.NotIn || r.Operator() == selection.DoesNotExist {
			return false
		}
	}
	return !slices.ContainsFunc(b.Labels(), func(r labels.Requirement) bool { return keys[r.Key()] })
}

var coveredBlueprint = &lint.Rule{
	ID: "SEL005", Slug: "never-chosen", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a blueprint or an option is never chosen, because more specific ones take all its owners",
	Text: `Every owner that could match is matched by a blueprint, or by an option of the same step, that has more requirements and so goes
before. What is never chosen misleads those who read it.

Remove it, or correct the selectors of those that cover it.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web} # <-
  resources: []
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web-git
spec:
  selector: {type: web}
  selectorMatchFields: [{key: spec.source.git, operator: Exists}]
  resources: []
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web-image
spec:
  selector: {type: web}
  selectorMatchFields: [{key: spec.source.git, operator: DoesNotExist}]
  resources: []
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  resources: []
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web-git
spec:
  selector: {type: web}
  selectorMatchFields: [{key: spec.source.git, operator: Exists}]
  resources: []
`,
	Check: func(p *lint.Pass) {
		for _, kind := range ownerKinds {
			all := candidates(p.Set, kind)
			above := make([][]selector, len(all))
			for _, pair := range pairs(all) {
				i, j := pair[0], pair[1]
				if all[i].Selector.Score() > all[j].Selector.Score() {
					i, j = j, i
				}
				if all[i].Selector.Score() < all[j].Selector.Score() {
					above[i] = append(above[i], selectorOf(all[j]))
				}
			}
			for i, b := range all {
				checkCovered(p, selectorOf(b), reason.Question{Kind: kind, All: []*blueprint.Selector{b.Selector}}, above[i])
			}
		}
		for _, b := range p.Blueprints {
			for _, step := range steps(b) {
				for _, use := range step {
					var above []selector
					for _, other := range step {
						if usable(other.Option.Selector) && other.Option.Selector.Score() > use.Option.Selector.Score() {
							above = append(above, selectorOfOption(other))
						}
					}
					checkCovered(p, selectorOfOption(use), question(b, use.Option.Selector), above)
				}
			}
		}
	},
}

// maxAbove bounds how many selectors are tried for whether they cover one.
const maxAbove = 100

// checkCovered reports when all owners in question are taken by selectors above.
func checkCovered(p *lint.Pass, s selector, q reason.Question, above []selector) {
	above = slices.DeleteFunc(above, func(a selector) bool { return !together(q.Kind, s.Selector, a.Selector) })
	if len(above) == 0 || len(above) > maxAbove {
		return
	}
	if verdict, _ := reason.Ask(q); verdict == reason.Impossible {
		return // it matches nothing anyway
	}
	covered := func(by []selector) bool {
		q.None = nil
		for _, a := range by {
			q.None = append(q.None, a.Selector)
		}
		verdict, _ := reason.Ask(q)
		return verdict == reason.Impossible
	}
	if !covered(above) {
		return
	}
	for i := 0; i < len(above); { // without those that are not needed for that
		if rest := slices.Concat(above[:i], above[i+1:]); covered(rest) {
			above = rest
			continue
		}
		i++
	}
	names := make([]string, len(above))
	for i, a := range above {
		names[i] = a.String()
	}
	f := p.Report(s.place(), "%s is never chosen: each of its owners is taken by %s", s, strings.Join(names, " or "))
	for _, a := range above {
		f.Because(a.place().Range, "more specific, with %s against %d", plural(a.Score(), "requirement"), s.Score())
	}
	f.Do("remove %s, or correct the selectors of what covers it", s)
}

// candidates are the blueprints that can be compared, those of the files before those of a
// cluster.
func candidates(set *lint.Set, kind string) []*lint.Blueprint {
	return slices.DeleteFunc(set.BlueprintsOf(kind), func(b *lint.Blueprint) bool { return !usable(b.Selector) })
}

// pairs are those of blueprints that are not told apart by a label of which each needs
// another value, in order. The label that most of them pin is used to look only at those of
// equal value, so that a thousand blueprints are no half a million pairs.
func pairs(all []*lint.Blueprint) [][2]int {
	pinned := make([]map[string]string, len(all))
	indexes := make([]int, len(all))
	for i, b := range all {
		pinned[i], indexes[i] = pins(b.Selector), i
	}
	var found [][2]int
	var among func(of []int, used []string)
	across := func(these, those []int) {
		for _, i := range these {
			for _, j := range those {
				if !excludes(pinned[i], all[j].Selector) && !excludes(pinned[j], all[i].Selector) {
					found = append(found, [2]int{min(i, j), max(i, j)})
				}
			}
		}
	}
	among = func(of []int, used []string) {
		counts := map[string]int{}
		for _, i := range of {
			for key := range pinned[i] {
				if !slices.Contains(used, key) {
					counts[key]++
				}
			}
		}
		best := ""
		for _, key := range slices.Sorted(maps.Keys(counts)) {
			if counts[key] > counts[best] {
				best = key
			}
		}
		if counts[best] < 2 {
			for n, i := range of {
				across([]int{i}, of[n+1:])
			}
			return
		}
		groups := map[string][]int{}
		var with, without []int
		for _, i := range of {
			if value, ok := pinned[i][best]; ok {
				groups[value] = append(groups[value], i)
				with = append(with, i)
			} else {
				without = append(without, i)
			}
		}
		used = append(slices.Clone(used), best)
		for _, group := range groups {
			among(group, used)
		}
		among(without, used)
		across(without, with)
	}
	among(indexes, nil)
	slices.SortFunc(found, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[1], b[1]), cmp.Compare(a[0], b[0])) })
	return found
}

// pins are the labels of which a selector needs one value.
func pins(s *blueprint.Selector) map[string]string {
	values := map[string]string{}
	for _, r := range s.Labels() {
		switch r.Operator() {
		case selection.In, selection.Equals, selection.DoubleEquals:
			if of := r.ValuesUnsorted(); len(of) == 1 {
				values[r.Key()] = of[0]
			}
		}
	}
	return values
}

// disjoint says quickly that labels keep two selectors apart; there are other reasons.
func disjoint(a, b *blueprint.Selector) bool {
	return a.Broken() != nil || b.Broken() != nil || excludes(pins(a), b) || excludes(pins(b), a)
}

// excludes says that a selector does not match with labels that are pinned.
func excludes(pinned map[string]string, s *blueprint.Selector) bool {
	for _, r := range s.Labels() {
		if _, ok := pinned[r.Key()]; ok && !r.Matches(labels.Set(pinned)) {
			return true
		}
	}
	return false
}
