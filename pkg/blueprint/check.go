package blueprint

import (
	"fmt"
	"sort"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// reporter gathers diagnostics in the order in which they are found.
type reporter struct{ found []Diagnostic }

func (r *reporter) errorf(rule, field, format string, args ...any) {
	r.found = append(r.found, Diagnostic{Severity: Error, Rule: rule, Field: field, Message: fmt.Sprintf(format, args...)})
}

func (r *reporter) warnf(rule, field, format string, args ...any) {
	r.found = append(r.found, Diagnostic{Severity: Warning, Rule: rule, Field: field, Message: fmt.Sprintf(format, args...)})
}

// becausef says what else proves the last fault.
func (r *reporter) becausef(field, format string, args ...any) {
	last := &r.found[len(r.found)-1]
	last.Related = append(last.Related, Related{field, fmt.Sprintf(format, args...)})
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
			report.becausef(fmt.Sprintf("spec.resources[%d].name", j), "the first resource of the name")
			continue
		}
		first[r.Name] = i
	}
	for _, r := range b.Resources {
		type key struct {
			of   InputType
			name string
		}
		seen := map[key]Input{}
		for _, in := range r.Inputs {
			if earlier, ok := seen[key{in.Type, in.Name}]; ok {
				report.warnf("REF006", in.Path+".name", "resource %q has two %s inputs with the name %q; the later one is used", r.Name, in.Type, in.Name)
				report.becausef(earlier.Path+".name", "the first input of the name, which is not used")
			}
			seen[key{in.Type, in.Name}] = in
			from, ok := first[in.From]
			if !ok {
				report.warnf("REF003", in.Path+".resource", "%s input of resource %q reads from %q, which is no resource of this blueprint", in.label(), r.Name, in.From)
				continue
			}
			if kind := b.Resources[from].TemplateKind; !contains(inputKinds[in.Type], kind) {
				report.warnf("REF004", in.Path+".resource", "%s input of resource %q reads from %q, whose kind %s has no such output", in.label(), r.Name, in.From, kind)
				report.becausef(fmt.Sprintf("spec.resources[%d].templateRef.kind", from), "the kind of %q", in.From)
			}
		}
	}
}

// checkDeployments finds deployments that are missing or out of place (spec: api V-DEP-1 to
// V-DEP-3). They are warnings: what can be stamped without is stamped (spec: api A3).
func checkDeployments(b *Blueprint, report *reporter) {
	for i, r := range b.Resources {
		at := fmt.Sprintf("spec.resources[%d]", i)
		var deployment, config string // paths of the inputs
		for _, in := range r.Inputs {
			switch {
			case in.Type == InputDeployment:
				deployment = in.Path
			case in.Type == InputConfig && config == "":
				config = at + ".configs"
			}
		}
		deploys := r.TemplateKind == v1alpha1.KindClusterDeploymentTemplate
		switch {
		case deploys && deployment == "":
			report.warnf("REF007", at, "resource %q has a ClusterDeploymentTemplate, which passes its deployment on, but no deployment; set deployment.resource", r.Name)
			report.becausef(at+".templateRef.kind", "the kind that needs a deployment")
		case !deploys && deployment != "":
			report.warnf("REF007", deployment, "resource %q has a deployment, which is for a ClusterDeploymentTemplate; use sources", r.Name)
			report.becausef(at+".templateRef.kind", "the kind of the template")
		}
		if deploys && config != "" {
			report.warnf("REF007", config, "resource %q has a ClusterDeploymentTemplate and configs; the kind takes a deployment only", r.Name)
			report.becausef(at+".templateRef.kind", "the kind of the template")
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

// checkOptions finds options that can not be told apart, or that are none (spec: api V-REF-1,
// V-OPT-0 to V-OPT-2).
func checkOptions(options []v1alpha1.TemplateOption, at string, report *reporter) {
	if len(options) == 1 {
		report.warnf("REF013", at+".options", "there is only one option; use name, or add the other options")
	}
	named, passes := map[string]int{}, -1
	for i, o := range options {
		field := fmt.Sprintf("%s.options[%d]", at, i)
		switch {
		case o.Name != "" && o.PassThrough != "":
			report.warnf("REF013", field, "the option sets both name and passThrough; the name %q is used", o.Name)
		case o.Name == "" && o.PassThrough == "":
			report.warnf("REF013", field, "the option sets neither name nor passThrough, so there is nothing it could do")
		}
		if o.Name == "" {
			if passes >= 0 && o.PassThrough != "" {
				report.warnf("REF013", field, "two options pass an input through; only one can")
				report.becausef(fmt.Sprintf("%s.options[%d]", at, passes), "the first one")
			}
			if o.PassThrough != "" {
				passes = i
			}
			continue
		}
		if j, seen := named[o.Name]; seen {
			report.warnf("REF013", field+".name", "two options use the template %q; make one option of them", o.Name)
			report.becausef(fmt.Sprintf("%s.options[%d].name", at, j), "the first one")
		}
		named[o.Name] = i
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
