package param

import (
	"fmt"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/stamp"
)

var valueAndDefault = &lint.Rule{
	ID: "PAR004", Slug: "value-and-default", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "a param of a blueprint has both value and default, or neither",
	Text: `A value can not be changed by owners, a default can. With both the value is used; with neither, or with null, the entry counts
for nothing.

Keep one of the two.`,
	Bad: chainHead + `  params:
  - {name: registry} # <-
  - {name: builder, value: a, default: b} # <-
  resources: []
`,
	Good: chainHead + `  params:
  - {name: registry, value: registry.example}
  - {name: builder, default: b}
  resources: []
`,
	Check: func(p *lint.Pass) {
		p.DiagnosedWith(func(_ *lint.Blueprint, f *lint.Finding) {
			f.Do("give it a value, which owners can not change, or a default, which they can")
		})
	},
}

var ignored = &lint.Rule{
	ID: "PAR006", Slug: "ignored-owner-param", Level: lint.Warning, Needs: lint.NeedsOwner,
	Title: "an owner supplies a param that its blueprint fixes",
	Text: `The blueprint, or the step, gives the param a value, which owners can not change. What the owner supplies is ignored, and nothing
says so.

Remove it from the owner, or make the blueprint's value a default.`,
	Bad: chainHead + registry + chainSteps + templateHead + templateBody + workload + `spec:
  params:
  - {name: registry, value: other.example} # <-
`,
	Good: chainHead + strings.Replace(registry, "value", "default", 1) + chainSteps + templateHead + templateBody + workload + `spec:
  params:
  - {name: registry, value: other.example}
`,
	Check: func(p *lint.Pass) {
		for _, route := range p.Routes() {
			if route.Blueprint() != nil && len(route.Owner.Params) > 0 {
				checkIgnored(p, route)
			}
		}
	},
}

// checkIgnored looks at the steps that read a param, or may do so: it is ignored when each of
// them keeps the owner's value out.
func checkIgnored(p *lint.Pass, route *lint.Route) {
	b := route.Blueprint()
	l := ofOwner(route.Owner)
	for i, e := range l.entries {
		open := false
		var fixed []list // where the value is fixed
		for _, use := range route.Uses() {
			if use.IsPassThrough() || use.Template != nil && !use.Template.CanRead("params", e.name) {
				continue
			}
			var own []stamp.Param
			if use.Template != nil {
				own = use.Template.Params
			}
			switch r := blueprint.ResolveParams(own, b.Blueprint, use.Step, route.Owner.Params)[e.name]; {
			case !r.Ignored:
				open = true
			case r.Origin == blueprint.FromResource:
				fixed = append(fixed, ofStep(b, slices.Index(b.Resources, use.Step)))
			default:
				fixed = append(fixed, ofBlueprint(b))
			}
		}
		if open || len(fixed) == 0 {
			continue
		}
		f := p.Report(l.name(i), "the param %q is ignored, because %s fixes its value", e.name, b)
		seen := map[string]bool{}
		for _, by := range fixed {
			if !seen[by.path] {
				because(f, by, e.name, "the value is fixed here")
			}
			seen[by.path] = true
		}
		f.Do("remove it, or make the value in %s a default", b)
	}
}

// because adds the entry of a name as evidence, if there is one.
func because(f *lint.Finding, l list, name, message string) {
	for i, e := range l.entries {
		if e.name == name {
			f.Because(l.name(i).Range, "%s", message)
			return
		}
	}
}

var shadowed = &lint.Rule{
	ID: "PAR007", Slug: "shadowed-param", Level: lint.Info, Needs: lint.NeedsFiles,
	Title: "a step's param takes the place of the blueprint's",
	Text: `For this step the blueprint's own entry does not count, its lock included: where the blueprint fixes a value and the step has a
default, owners can change it.`,
	Bad: chainHead + registry + `  resources:
  - name: image
    templateRef: {kind: ClusterImageTemplate, name: kpack}
    params:
    - {name: registry, default: other.example} # <-
`,
	Good: chainHead + registry + chainSteps,
	Check: func(p *lint.Pass) {
		for _, b := range p.Blueprints {
			all := ofBlueprint(b)
			for i, step := range b.Resources {
				own := ofStep(b, i)
				for j, e := range own.entries {
					k := slices.IndexFunc(all.entries, func(o entry) bool { return o.name == e.name })
					if k < 0 || e.at == "name" || all.entries[k].at == "name" {
						continue
					}
					f := p.Report(own.name(j), "the param %q of step %s takes the place of that of %s", e.name, step.Name, b).
						Because(all.name(k).Range, "the blueprint's own, with a %s", all.entries[k].at)
					if all.entries[k].at == "value" && e.at == "default" {
						f.Do("owners can change it here: make it a value too, unless that is meant")
					}
				}
			}
		}
	},
}

var mismatch = &lint.Rule{
	ID: "PAR008", Slug: "param-shape-mismatch", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a param is an object or a list at one level and something else at another",
	Text: `What the template declares as its default shows what it can use. A map in the place of a text, or a list in the place of a map,
makes an object that the API server refuses, or a text full of JSON. An empty text and null count as no value.`,
	Bad: chainHead + `  params:
  - {name: registry, value: {server: registry.example}} # <-
` + chainSteps + templateHead + `  params:
  - {name: registry, default: registry.example}
` + templateBody,
	Good: chainHead + registry + chainSteps + templateHead + `  params:
  - {name: registry, default: registry.example}
` + templateBody,
	Check: func(p *lint.Pass) {
		for _, b := range p.Blueprints {
			compareShapes(p, ofBlueprint(b), b.Uses, b.String())
			for i, step := range b.Resources {
				compareShapes(p, ofStep(b, i), usesOf(b, step), "step "+step.Name)
			}
		}
		for _, route := range p.Routes() {
			if route.Blueprint() != nil {
				compareShapes(p, ofOwner(route.Owner), route.Uses(), "the owner")
			}
		}
	},
}

// compareShapes compares the values of a list with the defaults of the templates.
func compareShapes(p *lint.Pass, l list, uses []*lint.Use, by string) {
	for i, e := range l.entries {
		for _, use := range uses {
			if use.Template == nil {
				continue
			}
			own := ofTemplate(use.Template)
			j := slices.IndexFunc(own.entries, func(o entry) bool { return o.name == e.name })
			if j < 0 || e.shape() == "" || own.entries[j].shape() == "" || e.shape() == own.entries[j].shape() {
				continue
			}
			if l.path == "spec.params" && locked(use, e.name, l) {
				continue
			}
			p.Report(l.value(i), "%s gives the param %q %s, where %s has %s", by, e.name, article(e.shape()), use.Template, article(own.entries[j].shape())).
				Because(own.value(j).Range, "the default of the template")
			break
		}
	}
}

// locked says that the value of an owner, or of a blueprint, does not come to the template: a
// step has its own, or the owner can not change it.
func locked(use *lint.Use, name string, l list) bool {
	if slices.ContainsFunc(use.Step.Params, func(p blueprint.Param) bool {
		return p.Name == name && (p.Locked || l.of == use.Blueprint.Object)
	}) {
		return true
	}
	return l.of != use.Blueprint.Object && slices.ContainsFunc(use.Blueprint.Params, func(p blueprint.Param) bool { return p.Name == name && p.Locked })
}

func article(shape string) string {
	switch shape {
	case "object":
		return "an object"
	case "list":
		return "a list"
	}
	return "a single value"
}

var duplicate = &lint.Rule{
	ID: "PAR009", Slug: "duplicate-param", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "a list of params has one name twice",
	Text: `The last entry of a name counts, and nothing says that the one before is lost.

Remove one of the two.`,
	Bad: chainHead + registry + `  - {name: registry, value: other.example} # <-
  resources: []
`,
	Good: chainHead + registry + `  - {name: mirror, value: other.example}
  resources: []
`,
	Check: func(p *lint.Pass) {
		for _, l := range lists(p.Set) {
			first := map[string]int{}
			for i, e := range l.entries {
				if j, seen := first[e.name]; seen {
					p.Report(l.name(i), "the param %q is in the list twice, and only the last one counts", e.name).Because(l.name(j).Range, "the first one")
					continue
				}
				first[e.name] = i
			}
		}
	},
}

// lists are all lists of params in a set.
func lists(set *lint.Set) []list {
	var all []list
	for _, b := range set.Blueprints {
		all = append(all, ofBlueprint(b))
		for i := range b.Resources {
			all = append(all, ofStep(b, i))
		}
	}
	for _, t := range set.Templates {
		all = append(all, ofTemplate(t))
	}
	for _, o := range set.Owners {
		all = append(all, ofOwner(o))
	}
	return all
}

var unaddressable = &lint.Rule{
	ID: "PAR010", Slug: "unaddressable-param", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a param has a name that a plain path does not reach",
	Text: `A dot in the name of a param begins the next step of a path: ` + "`$(params.app.port)$`" + ` reads the field ` + "`port`" + ` of the param
` + "`app`" + `. Brackets, blanks and quotes do no better.

Name it with dashes. Where the name has to stay, a tag reaches it by a backslash before the dot
(` + "`$(params.app\\.port)$`" + `), and ytt by its name in brackets; then the rule is silent.`,
	Bad: chainHead + `  params:
  - {name: app.registry, value: registry.example} # <-
` + chainSteps + templateHead + strings.Replace(templateBody, "params.registry", "params.app.registry", 1),
	Good: chainHead + `  params:
  - {name: app-registry, value: registry.example}
` + chainSteps + templateHead + strings.Replace(templateBody, "params.registry", "params.app-registry", 1),
	Check: func(p *lint.Pass) {
		for _, b := range p.Blueprints {
			if !b.Complete() {
				continue
			}
			unaddressed(p, ofBlueprint(b), b.Uses)
			for i, step := range b.Resources {
				unaddressed(p, ofStep(b, i), usesOf(b, step))
			}
		}
		for _, t := range p.Templates {
			unaddressed(p, ofTemplate(t), []*lint.Use{{Template: t}})
		}
	},
}

// unaddressed reports names that no plain path reaches, and no other path reads.
func unaddressed(p *lint.Pass, l list, uses []*lint.Use) {
	for i, e := range l.entries {
		if isAddressable(e.name) || slices.ContainsFunc(uses, func(use *lint.Use) bool {
			return use.Template != nil && use.Template.CanRead("params", e.name)
		}) {
			continue
		}
		f := p.Report(l.name(i), "%q can not be read by $(params.%s)$", e.name, e.name).
			Do("name it %s", fmt.Sprintf("%q", strings.Map(dashed, e.name)))
		for _, use := range uses {
			if use.Template == nil {
				continue
			}
			for _, r := range use.Template.Reads {
				if r.Root() == "params" && strings.TrimPrefix(r.Path(), "params.") == e.name {
					f.Because(r.Place.Range, "this reads a part of another param")
				}
			}
		}
	}
}

func dashed(r rune) rune {
	if strings.ContainsRune(". []'\"{}$@,", r) {
		return '-'
	}
	return r
}
