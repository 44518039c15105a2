package why

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/tree"
)

// StepParams are the params that the template of a step sees.
type StepParams struct {
	Step string `json:"step"`
	// Template that is used, as Kind/name; empty when that is not known.
	Template string  `json:"template,omitempty"`
	Params   []Param `json:"params"`
}

// Param is one param of a step.
type Param struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
	// From is who supplied the value: template (its default), blueprint, resource (the step
	// in the blueprint) or owner.
	From string `json:"from"`
	// OwnerMaySet is false when a lock of the blueprint or the step keeps owners out.
	OwnerMaySet bool `json:"ownerMaySet"`
	// KeptOut is the value of the owner that the lock kept out.
	KeptOut *any `json:"keptOut,omitempty"`
	// Undeclared is true when the owner sets a param that no step of the blueprint declares,
	// and that no template of theirs reads. The params of an owner go to all steps, so what
	// one of them has no use for is no fault.
	Undeclared bool `json:"undeclared,omitempty"`
}

func ownerParams(owner any) []blueprint.OwnerParam {
	var raw []v1alpha1.OwnerParam
	switch o := owner.(type) {
	case *v1alpha1.Workload:
		raw = o.Spec.Params
	case *v1alpha1.Deliverable:
		raw = o.Spec.Params
	}
	decoded, err := blueprint.DecodeOwnerParams(raw)
	if err != nil {
		return nil // the API server refuses what is no JSON
	}
	return decoded
}

// params is empty when the blueprint or the templates were not read.
func params(t *tree.Tree, f Facts, subject blueprint.Subject) []StepParams {
	b := selected(t, f.Blueprints)
	if b == nil || f.Templates == nil {
		return nil
	}
	owner := ownerParams(f.Owner)
	var all []StepParams
	for _, r := range b.Order {
		step := StepParams{Step: r.Name, Params: []Param{}}
		name := r.TemplateName
		if options, err := r.SelectOption(subject); err == nil && len(options) == 1 {
			name = options[0].Name
			if name == "" {
				continue // an input is passed through; no template sees params
			}
		}
		var defaults []stamp.Param
		if name != "" {
			step.Template = r.TemplateKind + "/" + name
			if template := f.Templates[blueprint.TemplateUse{Resource: r.Name, Kind: r.TemplateKind, Name: name}]; template != nil {
				defaults = template.Params
			}
		}
		step.Params = resolved(defaults, b, r, owner)
		if len(step.Params) > 0 {
			all = append(all, step)
		}
	}
	return excuse(all, f.Templates)
}

// excuse params which a step does not declare, but another does, or which a template reads.
func excuse(all []StepParams, templates map[blueprint.TemplateUse]*stamp.Template) []StepParams {
	used := map[string]bool{}
	for i := range all {
		for _, p := range all[i].Params {
			used[p.Name] = used[p.Name] || !p.Undeclared
		}
	}
	for i := range all {
		for j := range all[i].Params {
			p := &all[i].Params[j]
			for _, t := range templates {
				used[p.Name] = used[p.Name] || p.Undeclared && t != nil && t.MayReadParam(p.Name)
			}
			p.Undeclared = p.Undeclared && !used[p.Name]
		}
	}
	return all
}

func resolved(defaults []stamp.Param, b *blueprint.Blueprint, r *blueprint.Resource, owner []blueprint.OwnerParam) []Param {
	declared := blueprint.ResolveParams(defaults, b, r, nil)
	values := blueprint.ResolveParams(defaults, b, r, owner)
	params := []Param{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		v := values[name]
		p := Param{Name: name, Value: v.Value, From: string(v.Origin), OwnerMaySet: !v.Locked}
		if _, ok := declared[name]; !ok {
			p.Undeclared = true
		}
		if v.Ignored {
			for _, o := range owner {
				if o.Name == name {
					p.KeptOut = &o.Value
				}
			}
		}
		params = append(params, p)
	}
	return params
}

// notes tells of values of the owner that have no effect. Locks are in the blueprint, so
// no template is needed to find them.
func notes(t *tree.Tree, f Facts) []string {
	b := selected(t, f.Blueprints)
	if b == nil {
		return nil
	}
	type effect struct{ before, after string }
	kept := map[effect][]string{} // steps by what is said around them
	var order []effect
	for _, r := range b.Order {
		for _, p := range resolved(nil, b, r, ownerParams(f.Owner)) {
			if p.KeptOut == nil {
				continue
			}
			who := blueprintWord(b.Kind) + " " + b.Name
			if p.From == string(blueprint.FromResource) {
				who += ", in that step,"
			}
			e := effect{
				fmt.Sprintf("param %s: the value %s of the %s has no effect", p.Name, Value(*p.KeptOut), strings.ToLower(t.Owner.Kind)),
				fmt.Sprintf("%s locks it to %s, and only that can change it", who, Value(p.Value)),
			}
			if kept[e] == nil {
				order = append(order, e)
			}
			kept[e] = append(kept[e], r.Name)
		}
	}
	var all []string
	for _, e := range order {
		where := ""
		if len(kept[e]) < len(b.Order) {
			where = " on " + stepsNamed(kept[e])
		}
		all = append(all, fmt.Sprintf("%s%s: %s", e.before, where, e.after))
	}
	return all
}

func stepsNamed(steps []string) string {
	if len(steps) == 1 {
		return "step " + steps[0]
	}
	return "steps " + strings.Join(steps, ", ")
}

// maxValue is how much of a value is shown, in runes.
const maxValue = 60

// Value is a value as short JSON.
func Value(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if text := []rune(string(encoded)); len(text) > maxValue {
		return string(text[:maxValue]) + "..."
	}
	return string(encoded)
}
