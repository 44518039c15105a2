package selector

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/blueprint/reason"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/stamp"
)

var emptySelector = &lint.Rule{
	ID: "SEL001", Slug: "empty-selector", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "a blueprint or an option has no requirement, so it never matches",
	Text: `A selector without any requirement does not match every owner: it matches none. There is no default blueprint
and no default option.

Give at least one label, expression or field that its owners have.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {} # <-
  resources: []
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  resources: []
`,
	Check: (*lint.Pass).Diagnosed,
}

var invalidSelector = &lint.Rule{
	ID: "SEL002", Slug: "invalid-requirement", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "a requirement of a selector is invalid",
	Text: `Labels and their values have a syntax, In and NotIn need values, Exists and DoesNotExist take none, and the key
of a field has to be a path. A selector with a requirement that can not be read never matches.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selectorMatchExpressions:
  - {key: type, operator: Exists, values: [web]} # <-
  selectorMatchFields:
  - {key: spec.image, operator: In} # <-
  - {key: "spec.env[", operator: Exists} # <-
  resources: []
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selectorMatchExpressions:
  - {key: type, operator: In, values: [web]}
  selectorMatchFields:
  - {key: spec.image, operator: Exists}
  resources: []
`,
	Check: func(p *lint.Pass) {
		p.DiagnosedWith(func(_ *lint.Blueprint, f *lint.Finding) {
			if strings.HasSuffix(f.Field, ".operator") {
				f.Do("write In, NotIn, Exists or DoesNotExist, just so")
			}
		})
	},
}

var unknownField = &lint.Rule{
	ID: "SEL003", Slug: "unselectable-field", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "a selector names a field that owners can not be selected by",
	Text: `Selectors may read the fields of spec, the params and the metadata of an owner. The API server refuses every
other key, and one with a slip in it never matches.

A key that begins with the kind of the owner (` + "`workload.spec.image`" + `) is understood by Carto but refused by
Cartographer; lint says so as information, or as an error when the files are for a release of Cartographer
(` + "`--target-version`" + `).`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  selectorMatchFields:
  - {key: spec.sorce.git, operator: Exists} # <-
  - {key: workload.spec.image, operator: DoesNotExist} # <-
  resources: []
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  selectorMatchFields:
  - {key: spec.source.git, operator: Exists}
  - {key: spec.image, operator: DoesNotExist}
  resources: []
`,
	Check: func(p *lint.Pass) {
		for _, s := range selectors(p.Set) {
			for i, r := range s.written {
				checkKey(p, s, i, r)
			}
		}
	},
}

func checkKey(p *lint.Pass, s selector, i int, r v1alpha1.FieldRequirement) {
	kind := s.of.OwnerKind()
	selectable := selectableIn(kind)
	key := blueprint.OwnerPath(r.Key, kind)
	if _, err := stamp.ParsePath(key); err != nil {
		return // that is no requirement at all
	}
	if !selectable.Allows(key) {
		f := p.Report(s.field(i), "%s requires %s, which is no field that a %s can be selected by", s, r.Key, kind)
		if meant := near.Names(key, append(selectable.Exact, selectable.Prefixes...)); len(meant) > 0 {
			f.Do("did you mean %s?", strings.Join(meant, ", or "))
		} else {
			f.Do("use one of %s, or a path that begins with %s", strings.Join(selectable.Exact, ", "), strings.Join(selectable.Prefixes, ", "))
		}
		return
	}
	if strings.HasPrefix(strings.TrimPrefix(r.Key, "."), selectable.Owner+".") {
		f := p.Report(s.field(i), "%s requires %s, which begins with the kind of the owner: Cartographer refuses that", s, r.Key).
			Do("write %s", key).FixBy(s.field(i).Range, key)
		if p.TargetVersion == "" {
			f.As(lint.Info)
		}
	}
}

func selectableIn(kind string) v1alpha1.SelectablePaths {
	if kind == v1alpha1.KindDeliverable {
		return v1alpha1.SelectableInDeliverables
	}
	return v1alpha1.SelectableInWorkloads
}

var neverEqual = &lint.Rule{
	ID: "SEL011", Slug: "value-never-equal", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a selector compares a field with a text that it never equals",
	Text: `Values are compared as texts. An object or a list equals no text, so In never holds and NotIn always does.
Quantities are compared as Kubernetes writes them in short: 1000m is 1, and 1024Mi is 1Gi.

Compare a field inside, write the quantity in short, or use Exists and DoesNotExist.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  selectorMatchFields:
  - {key: spec.resources.limits.cpu, operator: In, values: ["1000m", "2"]} # <-
  - {key: spec.env, operator: NotIn, values: [DEBUG]} # <-
  resources: []
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  selectorMatchFields:
  - {key: spec.resources.limits.cpu, operator: In, values: ["1", "2"]}
  - {key: spec.env, operator: Exists}
  resources: []
`,
	Check: func(p *lint.Pass) {
		for _, s := range selectors(p.Set) {
			for i, r := range s.written {
				path, err := stamp.ParsePath(blueprint.OwnerPath(r.Key, s.of.OwnerKind()))
				if err != nil || r.Operator != v1alpha1.FieldSelectorOpIn && r.Operator != v1alpha1.FieldSelectorOpNotIn {
					continue
				}
				never := reason.NeverAt(s.of.OwnerKind(), path, r.Values)
				switch {
				case len(never) == 0:
				case len(never) == len(r.Values) && r.Operator == v1alpha1.FieldSelectorOpIn:
					p.Report(s.field(i), "%s compares %s with %s, which it never equals, so the selector never matches", s, path, strings.Join(never, ", "))
				default:
					p.Report(s.field(i), "%s compares %s with %s, which it never equals", s, path, strings.Join(never, ", "))
				}
			}
		}
	},
}

var byPosition = &lint.Rule{
	ID: "SEL012", Slug: "item-by-position", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a selector reads an item of a list by its position",
	Text: `Owners write their params, and variables of the environment, in any order, so that the first one of one owner is the third one of
another. Where a list is too short the requirement can not be evaluated at all.

Take the item by its name: ` + "`spec.params[?(@.name==\"port\")].value`" + `.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  selectorMatchFields:
  - {key: "spec.params[0].value", operator: Exists} # <-
  resources: []
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  selectorMatchFields:
  - {key: 'spec.params[?(@.name=="port")].value', operator: Exists}
  resources: []
`,
	Check: func(p *lint.Pass) {
		for _, s := range selectors(p.Set) {
			for i, r := range s.written {
				path, err := stamp.ParsePath(blueprint.OwnerPath(r.Key, s.of.OwnerKind()))
				if err != nil || path.Indexed() == nil {
					continue
				}
				list := strings.Join(path.Indexed(), ".")
				p.Report(s.field(i), "%s reads %s by position in %s", s, r.Key, list).
					Do("%s", fmt.Sprintf(`take the item by its name: %s[?(@.name=="NAME")]`, list))
			}
		}
	},
}

var notInMissing = &lint.Rule{
	ID: "SEL010", Slug: "not-in-misses-absent", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a NotIn on a field does not match owners in which the path ends early",
	Text: `NotIn on a label also holds when the label is absent. On a field it does not: it holds when the field itself is not
set, but not when a part on the way to it is missing. An owner without ` + "`spec.source.git.ref`" + ` does not match
` + "`spec.source.git.ref.branch NotIn [main]`" + `.

When these owners are left out on purpose, say so with Exists on the part above. When they are not, add an option or a
blueprint that takes them. Nothing is said where others take them already.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  selectorMatchFields:
  - {key: spec.source.git.ref.branch, operator: NotIn, values: [main]} # <-
  resources: []
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  selectorMatchFields:
  - {key: spec.source.git.ref.branch, operator: NotIn, values: [main]}
  - {key: spec.source.git.ref, operator: Exists}
  resources: []
`,
	Check: func(p *lint.Pass) {
		for _, s := range selectors(p.Set) {
			if usable(s.Selector) && len(s.Fields()) == len(s.written) {
				checkNotIn(p, s)
			}
		}
	},
}

func checkNotIn(p *lint.Pass, s selector) {
	for i, f := range s.Fields() {
		if f.Operator() != v1alpha1.FieldSelectorOpNotIn || len(f.Values()) == 0 {
			continue
		}
		q := reason.Question{Kind: s.of.OwnerKind(), Missing: f.Path()}
		if rest := s.WithoutField(i); rest.Score() > 0 {
			q.All = append(q.All, rest)
		}
		if s.use != nil {
			q.All = question(s.of, q.All...).All
			for j := range s.use.Step.Options {
				if o := &s.use.Step.Options[j]; o != s.use.Option {
					q.None = append(q.None, o.Selector)
				}
			}
		} else {
			for _, other := range p.BlueprintsOf(s.of.OwnerKind()) {
				if other.Blueprint.Name != s.of.Blueprint.Name && !disjoint(s.Selector, other.Selector) {
					q.None = append(q.None, other.Selector)
				}
			}
		}
		verdict, owner := reason.Ask(q)
		if verdict != reason.Possible || !selectableIn(q.Kind).Allows(f.Path().String()) {
			continue // a field that is always missing is another fault
		}
		p.Report(s.field(i), "%s leaves out owners in which %s leads nowhere, such as %s", s, f.Path(), owner).
			Show(owner.YAML()).
			Do("if that is meant, say so by {key: %s, operator: Exists}; else give them a blueprint or an option of their own", above(f.Path()))
	}
}

// above is the part of a path whose presence makes its end null, not missing.
func above(p *stamp.Path) string {
	names := p.Names()
	if len(names) > 2 && names[0] == "spec" && names[1] == "source" {
		return strings.Join(names[:len(names)-1], ".")
	}
	return p.String()
}
