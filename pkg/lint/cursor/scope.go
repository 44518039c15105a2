package cursor

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/schema"
)

// value is something that a template can read.
type value struct {
	name string
	// kind of value, in a word or two.
	kind string
	// about says in Markdown what it is and where it comes from.
	about string
	// defined are the places that make it.
	defined []manifest.Range
	// below lists what can be read below it; nil when nothing can, or nothing is known.
	below func() []value
}

// scope is what a template sees, as far as the set tells (spec: reconcile §6.1).
func scope(set *lint.Set, t *lint.Template) []value {
	if t.IsRun() {
		return []value{
			typed(set, "runnable", v1alpha1.KindRunnable),
			{name: "selected", kind: "object", about: "The object that the Runnable's selector matches."},
		}
	}
	var values []value
	kinds := ownerKinds(t)
	for _, kind := range kinds {
		values = append(values, typed(set, strings.ToLower(kind), kind))
	}
	values = append(values, value{name: "params", kind: "map", about: "The params of the template, the blueprint, the step and the owner, merged.", below: func() []value { return params(set, t) }})
	values = append(values, inputs(t)...)
	return append(values, value{name: "labels", kind: "map", about: "The labels that Carto sets on the object."})
}

// ownerKinds are the kinds of the owners that a template can be used for: those of the
// blueprints that use it, or both.
func ownerKinds(t *lint.Template) []string {
	var kinds []string
	for _, use := range t.Uses {
		if kind := use.Blueprint.OwnerKind(); !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) == 0 {
		kinds = []string{v1alpha1.KindWorkload, v1alpha1.KindDeliverable}
	}
	slices.Sort(kinds)
	slices.Reverse(kinds)
	return kinds
}

// typed is an object of one of Carto's kinds.
func typed(set *lint.Set, name, kind string) value {
	v := value{name: name, kind: kind, about: "The " + kind + " that the object is stamped for."}
	if described := set.Schemas.Kind(v1alpha1.GroupVersion.WithKind(kind)); described != nil {
		v.below = fields(described.Schema)
	}
	return v
}

func fields(s *schema.Schema) func() []value {
	if s == nil || len(s.Properties) == 0 {
		return nil
	}
	return func() []value {
		values := make([]value, 0, len(s.Properties))
		for name, property := range s.Properties {
			values = append(values, value{name: name, kind: typeOf(property), below: fields(property)})
		}
		slices.SortFunc(values, func(a, b value) int { return cmp.Compare(a.name, b.name) })
		return values
	}
}

func typeOf(s *schema.Schema) string {
	switch {
	case s == nil:
		return "value"
	case s.IntOrString:
		return "integer or string"
	case s.Type == schema.Array && s.Items != nil:
		return "list of " + typeOf(s.Items)
	case s.Type == schema.Object && s.Values != nil:
		return "map of " + typeOf(s.Values)
	case s.Type == schema.Any:
		return "any value"
	}
	return string(s.Type)
}

// inputs are what the steps that use the template give it. Of a template that nothing uses
// nothing is known but the names of the lists.
func inputs(t *lint.Template) []value {
	var values []value
	for _, list := range []struct {
		of           blueprint.InputType
		plural, only string
		parts        []string
	}{
		{blueprint.InputSource, "sources", "source", []string{"url", "revision", "name"}},
		{blueprint.InputImage, "images", "image", []string{"image", "name"}},
		{blueprint.InputConfig, "configs", "config", []string{"config", "name"}},
	} {
		given, one := inputsOf(t, list.of, list.parts)
		if len(given) == 0 && len(t.Uses) > 0 {
			continue
		}
		values = append(values, value{name: list.plural, kind: "map", about: "The inputs of type " + string(list.of) + ", by name.", below: func() []value { return given }})
		if one {
			only := value{name: list.only, kind: string(list.of), about: "The only input of type " + string(list.of) + "."}
			if list.of == blueprint.InputSource {
				only.below = parts(list.parts)
			}
			values = append(values, only)
		}
	}
	for _, use := range t.Uses {
		for _, in := range use.Step.Inputs {
			if in.Type == blueprint.InputDeployment {
				return append(values, value{name: "deployment", kind: "source", about: fmt.Sprintf("The output of step %s of %s.", in.From, use.Blueprint.Object), below: parts([]string{"url", "revision"})})
			}
		}
	}
	return values
}

// inputsOf are the inputs of a type; one says that each step that uses the template gives it
// exactly one.
func inputsOf(t *lint.Template, of blueprint.InputType, below []string) (given []value, one bool) {
	one = len(t.Uses) > 0
	for _, use := range t.Uses {
		one = one && use.Step.Declared(of) == 1
		for i, in := range use.Step.Inputs {
			if in.Type != of {
				continue
			}
			at := slices.IndexFunc(given, func(v value) bool { return v.name == in.Name })
			if at < 0 {
				at = len(given)
				given = append(given, value{name: in.Name, kind: string(of), below: parts(below)})
			}
			given[at].about += fmt.Sprintf("The output of step %s of %s.\n", in.From, use.Blueprint.Object)
			given[at].defined = append(given[at].defined, use.Blueprint.Doc.Key(use.InputPath(i)))
		}
	}
	return given, one
}

func parts(names []string) func() []value {
	return func() []value {
		values := make([]value, len(names))
		for i, name := range names {
			values[i] = value{name: name, kind: "value"}
		}
		return values
	}
}

// paramsPath is where templates and blueprints hold params.
const paramsPath = "spec.params"

// params are those that the template declares, and those that blueprints and steps supply.
func params(set *lint.Set, t *lint.Template) []value {
	var values []value
	add := func(name, about string, at manifest.Range) {
		i := slices.IndexFunc(values, func(v value) bool { return v.name == name })
		if i < 0 {
			i = len(values)
			values = append(values, value{name: name, kind: "param"})
		}
		values[i].about += about + "\n\n"
		values[i].defined = append(values[i].defined, at)
	}
	for _, p := range t.Params {
		add(p.Name, fmt.Sprintf("Default of the template: `%s`", short(p.Default)), t.Doc.Key(t.Doc.Item(paramsPath, p.Name)))
	}
	for _, use := range t.Uses {
		for _, level := range []struct {
			what, path string
			params     []blueprint.Param
		}{
			{use.Blueprint.Object.String(), paramsPath, use.Blueprint.Params},
			{fmt.Sprintf("Step %s of %s", use.Step.Name, use.Blueprint.Object), use.StepPath + ".params", use.Step.Params},
		} {
			for _, p := range level.params {
				about := fmt.Sprintf("%s: `%s`, which owners can replace", level.what, short(p.Value))
				if p.Locked {
					about = fmt.Sprintf("%s: `%s`, whatever owners say", level.what, short(p.Value))
				}
				add(p.Name, about, use.Blueprint.Doc.Key(use.Blueprint.Doc.Item(level.path, p.Name)))
			}
		}
	}
	return values
}

// maxShown is how much of a value is shown.
const maxShown = 60

func short(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "…"
	}
	if runes := []rune(string(text)); len(runes) > maxShown {
		return string(runes[:maxShown-1]) + "…"
	}
	return string(text)
}

// lookup follows names through what a template sees.
func lookup(values []value, names []string) (value, bool) {
	var found value
	for i, name := range names {
		at := slices.IndexFunc(values, func(v value) bool { return v.name == name })
		if at < 0 {
			return value{}, false
		}
		found = values[at]
		if i+1 == len(names) {
			break
		}
		if found.below == nil {
			return value{}, false
		}
		values = found.below()
	}
	return found, len(names) > 0
}
