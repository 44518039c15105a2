package blueprint

import (
	"fmt"
	"sort"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// reporter gathers diagnostics in the order in which they are found.
type reporter struct{ found []Diagnostic }

func (r *reporter) errorf(rule, field, format string, args ...any) {
	r.found = append(r.found, Diagnostic{Error, rule, field, fmt.Sprintf(format, args...)})
}

func (r *reporter) warnf(rule, field, format string, args ...any) {
	r.found = append(r.found, Diagnostic{Warning, rule, field, fmt.Sprintf(format, args...)})
}

func (r *reporter) sorted() []Diagnostic {
	sort.SliceStable(r.found, func(i, j int) bool {
		return r.found[i].Severity == Error && r.found[j].Severity != Error
	})
	return r.found
}

// inputKinds are the template kinds whose output can be read as an input (spec: api
// V-IN-2 and A2).
var inputKinds = map[InputType][]string{
	InputSource:     {v1alpha1.KindClusterSourceTemplate, v1alpha1.KindClusterDeploymentTemplate},
	InputImage:      {v1alpha1.KindClusterImageTemplate},
	InputConfig:     {v1alpha1.KindClusterConfigTemplate},
	InputDeployment: {v1alpha1.KindClusterSourceTemplate, v1alpha1.KindClusterDeploymentTemplate},
}

// Provides says whether the output of a template kind can be read as an input of a type.
func Provides(templateKind string, t InputType) bool { return contains(inputKinds[t], templateKind) }

// checkReferences finds duplicate names and inputs that no resource can provide.
// Duplicate resource names are an error because statuses, inputs and labels go by
// name. An input that nothing provides is a warning: it never arrives, which the
// owner's status reports, and templates that do not use it work all the same.
func checkReferences(b *Blueprint, report *reporter) {
	first := map[string]int{}
	for i, r := range b.Resources {
		if j, seen := first[r.Name]; seen {
			report.errorf("REF005", fmt.Sprintf("spec.resources[%d].name", i), "%q is already the name of spec.resources[%d]; names of resources must be unique", r.Name, j)
			continue
		}
		first[r.Name] = i
	}
	for i, r := range b.Resources {
		at := fmt.Sprintf("spec.resources[%d]", i)
		seen := map[Input]bool{}
		for _, in := range r.Inputs {
			key := Input{Type: in.Type, Name: in.Name}
			if seen[key] {
				report.warnf("REF006", at, "resource %q has two %s inputs with the name %q; the later one is used", r.Name, in.Type, in.Name)
			}
			seen[key] = true
			from, ok := first[in.From]
			if !ok {
				report.warnf("REF003", at, "%s input of resource %q reads from %q, which is no resource of this blueprint", in.label(), r.Name, in.From)
				continue
			}
			if kind := b.Resources[from].TemplateKind; !contains(inputKinds[in.Type], kind) {
				report.warnf("REF004", at, "%s input of resource %q reads from %q, whose kind %s has no such output", in.label(), r.Name, in.From, kind)
			}
		}
	}
}

func (in Input) label() string {
	if in.Name == "" {
		return string(in.Type)
	}
	return fmt.Sprintf("%s %q", in.Type, in.Name)
}

// PassThroughType is the input type that a template kind can pass through; empty when
// it can not (spec: api V-OPT-5).
func PassThroughType(templateKind string) InputType {
	switch templateKind {
	case v1alpha1.KindClusterSourceTemplate:
		return InputSource
	case v1alpha1.KindClusterImageTemplate:
		return InputImage
	case v1alpha1.KindClusterConfigTemplate:
		return InputConfig
	}
	return ""
}

func checkPassThrough(r *Resource, name, at string, report *reporter) {
	t := PassThroughType(r.TemplateKind)
	if t == "" {
		report.warnf("REF012", at, "kind %s of resource %q can not pass an input through", r.TemplateKind, r.Name)
		return
	}
	if r.Input(t, name) == nil {
		report.warnf("REF012", at, "resource %q has no %s input with the name %q to pass through", r.Name, t, name)
	}
}

func contains(list []string, s string) bool {
	for _, item := range list {
		if item == s {
			return true
		}
	}
	return false
}
