// Package blueprint compiles ClusterSupplyChains and ClusterDeliveries into
// immutable graphs: resources in a stable topological order, selectors with their
// specificity, options and params. One form serves both kinds, so that the engine
// above has one algorithm.
//
// Compile never fails. Installations exist whose blueprints were never checked at
// admission (spec: api A11), and a person who debugs one wants to see every fault at
// once: faults are Diagnostics, and whatever can be realized is.
//
// The package is pure: no client, no clock, no I/O.
package blueprint

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Blueprint is a compiled ClusterSupplyChain or ClusterDelivery. It is immutable and
// may be shared between goroutines.
type Blueprint struct {
	// Kind is ClusterSupplyChain or ClusterDelivery.
	Kind string
	// Name of the blueprint object.
	Name string
	// UID and Generation of the object that was compiled.
	UID        types.UID
	Generation int64
	// Selector of owners.
	Selector *Selector
	// ServiceAccount for owners that name none; its name is empty when there is none.
	ServiceAccount v1alpha1.ServiceAccountRef
	// Params for every resource.
	Params []Param
	// Resources in the author's order, which is the order of statuses.
	Resources []*Resource
	// Order holds the same resources in topological order: each after those it reads
	// from, the author's order among equals (spec: reconcile Q4). Members of a cycle
	// come last.
	Order []*Resource
	// Diagnostics are the faults found, errors first.
	Diagnostics []Diagnostic
}

// OwnerKind is the kind of the owners that this blueprint serves.
func (b *Blueprint) OwnerKind() string {
	if b.Kind == v1alpha1.KindClusterDelivery {
		return v1alpha1.KindDeliverable
	}
	return v1alpha1.KindWorkload
}

// Resource finds a resource by name; nil when there is none.
func (b *Blueprint) Resource(name string) *Resource {
	for _, r := range b.Resources {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// Templates lists every template that the blueprint can use, all options included, in
// the author's order.
func (b *Blueprint) Templates() []TemplateUse {
	var uses []TemplateUse
	for _, r := range b.Resources {
		if len(r.Options) == 0 {
			uses = append(uses, TemplateUse{Resource: r.Name, Kind: r.TemplateKind, Name: r.TemplateName})
			continue
		}
		for _, o := range r.Options {
			if o.Name != "" {
				uses = append(uses, TemplateUse{Resource: r.Name, Kind: r.TemplateKind, Name: o.Name})
			}
		}
	}
	return uses
}

// TemplateUse is one template that one resource can use.
type TemplateUse struct{ Resource, Kind, Name string }

// Resource is one step of a blueprint.
type Resource struct {
	// Name, unique in the blueprint.
	Name string
	// TemplateKind of the template and of all options.
	TemplateKind string
	// TemplateName is empty when there are Options.
	TemplateName string
	// Options are the candidates, of which exactly one must select the owner.
	Options []Option
	// Params for this resource only.
	Params []Param
	// Inputs in the order of statuses: sources, images, deployment, configs.
	Inputs []Input
}

// Input finds an input by type and name; nil when there is none.
func (r *Resource) Input(t InputType, name string) *Input {
	for i := range r.Inputs {
		if r.Inputs[i].Type == t && r.Inputs[i].Name == name {
			return &r.Inputs[i]
		}
	}
	return nil
}

// Declared counts the inputs of a type.
func (r *Resource) Declared(t InputType) int {
	n := 0
	for _, in := range r.Inputs {
		if in.Type == t {
			n++
		}
	}
	return n
}

// InputType says which list of a resource an input stands in.
type InputType string

// Types of inputs.
const (
	InputSource     InputType = "source"
	InputImage      InputType = "image"
	InputConfig     InputType = "config"
	InputDeployment InputType = "deployment"
)

// Input is a named edge of the graph: the output of From, under Name.
type Input struct {
	Type InputType
	// Name by which the template refers to the input; empty for a deployment.
	Name string
	// From is the name of the resource that is read.
	From string
	// Path of the input in the blueprint: spec.resources[1].sources[0].
	Path string
}

// Severity of a diagnostic.
type Severity string

// Severities: a blueprint with an error is not Ready; a warning only informs.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is a fault of a blueprint.
type Diagnostic struct {
	Severity Severity
	// Rule names the check, by the catalogue of lint: REF003.
	Rule string
	// Field is the path of the fault in the object, for example
	// spec.resources[1].sources[0].resource.
	Field string
	// Message says what is wrong and what to do.
	Message string
	// Related are other fields that prove it.
	Related []Related
}

// Related is a field that has a part in a fault.
type Related struct{ Field, Message string }

func (d Diagnostic) String() string { return d.Field + ": " + d.Message }

// Errors lists the diagnostics that keep the blueprint from being Ready.
func (b *Blueprint) Errors() []Diagnostic {
	var errs []Diagnostic
	for _, d := range b.Diagnostics {
		if d.Severity == Error {
			errs = append(errs, d)
		}
	}
	return errs
}

// CompileSupplyChain compiles a ClusterSupplyChain.
func CompileSupplyChain(c *v1alpha1.ClusterSupplyChain) *Blueprint {
	steps := make([]step, len(c.Spec.Resources))
	for i, r := range c.Spec.Resources {
		steps[i] = step{
			name: r.Name, ref: r.TemplateRef.TemplateReference, params: r.Params,
			sources: r.Sources, images: r.Images, configs: r.Configs,
		}
	}
	return compile(v1alpha1.KindClusterSupplyChain, c.ObjectMeta, c.Spec.LegacySelector, c.Spec.Params, c.Spec.ServiceAccountRef, steps)
}

// CompileDelivery compiles a ClusterDelivery.
func CompileDelivery(d *v1alpha1.ClusterDelivery) *Blueprint {
	steps := make([]step, len(d.Spec.Resources))
	for i, r := range d.Spec.Resources {
		steps[i] = step{
			name: r.Name, ref: r.TemplateRef.TemplateReference, params: r.Params,
			sources: r.Sources, deployment: r.Deployment, configs: r.Configs,
		}
	}
	return compile(v1alpha1.KindClusterDelivery, d.ObjectMeta, d.Spec.LegacySelector, d.Spec.Params, d.Spec.ServiceAccountRef, steps)
}

// step is what resources of both kinds of blueprints have in common.
type step struct {
	name                     string
	ref                      v1alpha1.TemplateReference
	params                   []v1alpha1.BlueprintParam
	sources, images, configs []v1alpha1.ResourceReference
	deployment               *v1alpha1.DeploymentReference
}

func compile(kind string, meta metav1.ObjectMeta, selector v1alpha1.LegacySelector, params []v1alpha1.BlueprintParam, account *v1alpha1.ServiceAccountRef, steps []step) *Blueprint {
	b := &Blueprint{Kind: kind, Name: meta.Name, UID: meta.UID, Generation: meta.Generation}
	if account != nil {
		b.ServiceAccount = *account
	}
	report := &reporter{}
	b.Selector = compileSelector(v1alpha1.Selector{
		LabelSelector: metav1.LabelSelector{MatchLabels: selector.Selector, MatchExpressions: selector.SelectorMatchExpressions},
		MatchFields:   selector.SelectorMatchFields,
	}, b.OwnerKind(), report, selectorFields{labels: "spec.selector", expressions: "spec.selectorMatchExpressions", fields: "spec.selectorMatchFields"})
	if b.Selector.Score() == 0 {
		report.warnf("SEL001", "spec.selector", "no selector is set, so the blueprint never matches an owner; set selector, selectorMatchExpressions or selectorMatchFields")
	}
	b.Params = compileParams(params, "spec.params", report)

	for i, s := range steps {
		b.Resources = append(b.Resources, compileResource(s, i, b.OwnerKind(), report))
	}
	checkReferences(b, report)
	checkDeployments(b, report)
	b.Order = sortTopologically(b.Resources, report)
	b.Diagnostics = report.sorted()
	return b
}

func compileResource(s step, i int, ownerKind string, report *reporter) *Resource {
	at := fmt.Sprintf("spec.resources[%d]", i)
	r := &Resource{Name: s.name, TemplateKind: s.ref.Kind, TemplateName: s.ref.Name}
	r.Params = compileParams(s.params, at+".params", report)
	addInputs := func(t InputType, list string, references []v1alpha1.ResourceReference) {
		for j, in := range references {
			r.Inputs = append(r.Inputs, Input{t, in.Name, in.Resource, fmt.Sprintf("%s.%s[%d]", at, list, j)})
		}
	}
	addInputs(InputSource, "sources", s.sources)
	addInputs(InputImage, "images", s.images)
	if s.deployment != nil {
		r.Inputs = append(r.Inputs, Input{InputDeployment, "", s.deployment.Resource, at + ".deployment"})
	}
	addInputs(InputConfig, "configs", s.configs)
	if s.ref.Name != "" {
		if len(s.ref.Options) > 0 {
			report.warnf("REF013", at+".templateRef", "both name and options are set; the name %q is used", s.ref.Name)
		}
		return r
	}
	if len(s.ref.Options) == 0 {
		report.warnf("REF013", at+".templateRef", "neither name nor options is set, so resource %q can not be stamped", s.name)
	}
	checkOptions(s.ref.Options, at+".templateRef", report)
	for j, o := range s.ref.Options {
		optionAt := fmt.Sprintf("%s.templateRef.options[%d]", at, j)
		selector := compileSelector(o.Selector, ownerKind, report, selectorFields{
			labels:      optionAt + ".selector.matchLabels",
			expressions: optionAt + ".selector.matchExpressions",
			fields:      optionAt + ".selector.matchFields",
		})
		if selector.Score() == 0 {
			report.warnf("SEL001", optionAt+".selector", "no requirement is set, so the option never matches an owner; set matchLabels, matchExpressions or matchFields")
		}
		r.Options = append(r.Options, Option{Name: o.Name, PassThrough: o.PassThrough, Selector: selector})
		if o.PassThrough != "" && o.Name == "" {
			checkPassThrough(r, o.PassThrough, optionAt+".passThrough", report)
		}
	}
	return r
}
