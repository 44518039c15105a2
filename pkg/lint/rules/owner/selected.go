package owner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
)

var selected = []*lint.Rule{
	{
		ID: "OWN001", Slug: "no-blueprint", Level: lint.Error, Needs: lint.NeedsOwner,
		Title: "no blueprint, or no option of a step, matches an owner",
		Text: `The owner stops before anything is stamped, with SupplyChainNotFound or DeliveryNotFound; or the step has no template, with
TemplateOptionsMatchError. The finding names the nearest blueprint or option, and what the owner lacks for it.

Set the label or field, or correct the selector. The rule is silent when no blueprint for owners of the kind is among
the files.`,
		Bad:   chain + workload + "  labels: {type: web} # <-\n" + gitSource,
		Good:  chain + workload + labels + gitSource,
		Check: checkMatches,
	},
	{
		ID: "OWN002", Slug: "several-blueprints", Level: lint.Error, Needs: lint.NeedsOwner,
		Title: "several blueprints, or options of a step, match an owner equally well",
		Text: `None of them is chosen: the owner stops with MultipleSupplyChainMatches or MultipleDeliveryMatches, or the step with
TemplateOptionsMatchError.

Make the selector of one of them more specific, or change the labels of the owner.`,
		Bad: chain + `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: gold
spec:
  selector: {type: web, tier: gold}
  resources: []
---
` + workload + `  labels: {type: web, has-tests: "yes", tier: gold} # <-
` + gitSource,
		Good:  chain + workload + labels + gitSource,
		Check: checkTies,
	},
	{
		ID: "OWN009", Slug: "predicted-route", Level: lint.Info, Needs: lint.NeedsOwner,
		Title: "the way of an owner: its blueprint, and the template of each step",
		Text: `Which blueprint takes the owner, and which template each of its steps uses for it, decided as the agent decides it. Nothing is wrong
with that.`,
		Bad:   chain + workload + labels + gitSource,
		Good:  workload + labels + gitSource,
		Check: showRoutes,
	},
}

func checkMatches(p *lint.Pass) {
	for _, route := range p.Routes() {
		o := route.Owner
		if len(route.Blueprints) == 0 {
			from := p.BlueprintsOf(o.Doc.Kind())
			var all []candidate
			for _, b := range from {
				all = append(all, candidate{b.Blueprint.Name, b.Selector, b.Key("spec")})
			}
			f := p.Report(labelled(o), "no %s matches %s%s", from[0].Doc.Kind(), o, nearest(all, o.Subject))
			advise(f, all, o.Subject)
		}
		for _, step := range route.Steps {
			switch b := route.Blueprint(); {
			case step.Err != nil:
				p.Report(labelled(o), "the options of step %s of %s can not be evaluated for %s: %v", step.Step.Name, b, o, step.Err).
					Because(b.Key(step.Path).Range, "the step")
			case len(step.Uses) == 0 && len(step.Step.Options) > 0:
				var all []candidate
				for _, option := range step.Step.Options {
					all = append(all, candidate{option.String(), option.Selector, b.Key(step.Path)})
				}
				f := p.Report(labelled(o), "no option of step %s of %s matches %s%s", step.Step.Name, b, o, nearest(all, o.Subject))
				advise(f, all, o.Subject)
			}
		}
	}
}

// candidate is a blueprint or an option that does not match.
type candidate struct {
	name     string
	selector *blueprint.Selector
	at       lint.Place
}

// byNearness sorts candidates, those that lack least first.
func byNearness(all []candidate, subject blueprint.Subject) {
	lacks := func(c candidate) (n, strange int) {
		for _, r := range c.selector.AllUnmet(subject) {
			n++
			if _, has := subject.Labels[r.Label]; !has {
				strange++
			}
		}
		return n, strange
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		an, as := lacks(a)
		bn, bs := lacks(b)
		return cmp.Or(cmp.Compare(an, bn), cmp.Compare(as, bs), cmp.Compare(b.selector.Score(), a.selector.Score()))
	})
}

// nearest says what the nearest candidate needs.
func nearest(all []candidate, subject blueprint.Subject) string {
	byNearness(all, subject)
	var needs []string
	for _, r := range all[0].selector.AllUnmet(subject) {
		needs = append(needs, r.String())
	}
	which := "the nearest is " + all[0].name
	if len(all) == 1 {
		which = "the only one is " + all[0].name
	}
	return fmt.Sprintf("; %s, which needs %s", which, strings.Join(needs, " and "))
}

// advise tells how to match the nearest candidate, which is the first one.
func advise(f *lint.Finding, all []candidate, subject blueprint.Subject) {
	f.Because(all[0].at.Range, "%s", all[0].name)
	var do []string
	for _, r := range all[0].selector.AllUnmet(subject) {
		if r.Label == "" || len(r.Wants) == 0 {
			continue
		}
		if has, ok := subject.Labels[r.Label]; ok {
			do = append(do, fmt.Sprintf("label %s is %q, but should be %s", r.Label, has, strings.Join(r.Wants, " or ")))
			continue
		}
		var keys []string
		for key := range subject.Labels {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		if slip := near.Names(r.Label, keys); len(slip) > 0 {
			do = append(do, fmt.Sprintf("is the label %s meant to be %s?", slip[0], r.Label))
			continue
		}
		do = append(do, fmt.Sprintf("set the label %s: %s", r.Label, strings.Join(r.Wants, " or ")))
	}
	if len(do) > 0 {
		f.Do("%s", strings.Join(do, "; "))
	}
}

func checkTies(p *lint.Pass) {
	for _, route := range p.Routes() {
		o := route.Owner
		if len(route.Blueprints) > 1 {
			names := make([]string, len(route.Blueprints))
			for i, b := range route.Blueprints {
				names[i] = b.Blueprint.Name
			}
			f := p.Report(labelled(o), "%s matches %s equally well: %s", o, plural(route.Blueprints[0].Doc.Kind()), strings.Join(names, ", "))
			for _, b := range route.Blueprints {
				f.Because(b.Key("spec").Range, "%s", b.Selector)
			}
			f.Do("tell the blueprints apart by another label or field, or give one of them one requirement more")
		}
		for _, step := range route.Steps {
			if len(step.Step.Options) == 0 || len(step.Uses) < 2 {
				continue
			}
			names := make([]string, len(step.Uses))
			for i, use := range step.Uses {
				names[i] = use.Option.String()
			}
			f := p.Report(labelled(o), "%s matches options of step %s of %s equally well: %s", o, step.Step.Name, route.Blueprint(), strings.Join(names, ", "))
			for _, use := range step.Uses {
				f.Because(use.Blueprint.Key(use.Path).Range, "%s", use.Option.Selector)
			}
			f.Do("make the options exclude each other, or give one of them one requirement more")
		}
	}
}

func plural(kind string) string {
	if rest, ok := strings.CutSuffix(kind, "y"); ok {
		return rest + "ies"
	}
	return kind + "s"
}

func showRoutes(p *lint.Pass) {
	for _, route := range p.Routes() {
		b := route.Blueprint()
		if b == nil {
			continue
		}
		var steps []string
		for _, step := range route.Steps {
			to := "?"
			if len(step.Uses) == 1 {
				switch use := step.Uses[0]; {
				case use.IsPassThrough():
					to = use.Option.String()
				default:
					to = use.Name
				}
			}
			steps = append(steps, step.Step.Name+" by "+to)
		}
		p.Report(route.Owner.Value("metadata.name"), "%s goes through %s: %s", route.Owner, b, strings.Join(steps, ", ")).
			Because(b.Key("spec").Range, "chosen by %s", b.Selector)
	}
}
