package realize

import (
	"context"
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
)

// stepRecord is what a pass found out about one resource.
type stepRecord struct {
	resource    *blueprint.Resource
	template    *stamp.Template      // nil for a pass-through, and when there is none
	option      blueprint.Option     // that was chosen
	rendered    map[string]any       // before the cluster saw it
	passThrough bool                 // the outputs are those of an input
	stamped     *v1alpha1.StampedRef // nil when nothing was applied
	object      map[string]any       // as the cluster holds it; of several runs, the newest
	runs        *runSet              // of a lifecycle other than mutable; nil for all others
	outputs     []stamp.Output
	failure     *failure
	// remark is what the status says of the object, whether the resource is submitted or not.
	remark string
}

// failure is why a resource is not submitted, as its condition reports it.
type failure struct {
	status  metav1.ConditionStatus
	reason  string
	message string
	// retry says that time alone may heal it; otherwise some watch event will.
	retry bool
	// waitsFor is the resource whose output is missing; empty for all other failures.
	waitsFor string
}

func (f *failure) Error() string { return f.reason + ": " + f.message }

func failed(reason, format string, args ...any) *failure {
	return &failure{status: metav1.ConditionFalse, reason: reason, message: fmt.Sprintf(format, args...)}
}

func waiting(reason, format string, args ...any) *failure {
	return &failure{status: metav1.ConditionUnknown, reason: reason, message: fmt.Sprintf(format, args...)}
}

func (f *failure) retriable() *failure { f.retry = true; return f }

// stepOutput is the output of a resource as the ones downstream see it.
type stepOutput struct {
	outputs []stamp.Output
}

func (o stepOutput) value(name string) (any, bool) {
	for _, output := range o.outputs {
		if output.Name == name {
			return output.Value, true
		}
	}
	return nil, false
}

// realize stamps one resource and reads its outputs (spec: reconcile §5).
func (p *pass) realize(ctx context.Context, resource *blueprint.Resource) *stepRecord {
	record := &stepRecord{resource: resource}
	option, failure := p.chooseTemplate(resource)
	if failure != nil {
		record.failure = failure
		return record
	}
	record.option = option
	if option.Name == "" {
		record.passThrough = true
		record.outputs, record.failure = p.passInputThrough(resource, option.PassThrough)
		p.outputs[resource.Name] = stepOutput{record.outputs}
		return record
	}

	record.template = p.cluster.Template(resource.TemplateKind, option.Name)
	if record.template == nil {
		record.failure = failed(v1alpha1.ReasonTemplateObjectRetrievalFailure, "resource %s of %s %s: %s %s does not exist; create it, or correct the templateRef",
			resource.Name, p.blueprint.Kind, p.blueprint.Name, resource.TemplateKind, option.Name).retriable()
		return record
	}
	if failure := p.stamp(ctx, record); failure != nil {
		record.failure = failure
		return record
	}
	record.outputs, record.failure = p.readOutputs(record)
	p.outputs[resource.Name] = stepOutput{record.outputs}
	if record.runs != nil {
		p.retain(ctx, record.runs, record.stamped)
	}
	return record
}

// step is the record for those who look at more than the status.
func (r *stepRecord) step() Step {
	s := Step{Name: r.resource.Name, Template: r.template, Option: r.option, Rendered: r.rendered, Object: r.object, Outputs: r.outputs}
	if r.failure != nil {
		s.WaitsFor = r.failure.waitsFor
	}
	return s
}

// chooseTemplate finds the template's name, or the input to pass through.
func (p *pass) chooseTemplate(resource *blueprint.Resource) (blueprint.Option, *failure) {
	if resource.TemplateName != "" {
		return blueprint.Option{Name: resource.TemplateName}, nil
	}
	where := fmt.Sprintf("resource %s of %s %s", resource.Name, p.blueprint.Kind, p.blueprint.Name)
	options, err := resource.SelectOption(p.owner.subject())
	switch {
	case err != nil:
		return blueprint.Option{}, failed(v1alpha1.ReasonResolveTemplateOptionsError, "%s: cannot evaluate the selectors of its options: %v", where, err)
	case len(options) == 1:
		return options[0], nil
	}
	names := make([]string, len(options))
	for i, option := range options {
		names[i] = option.String()
	}
	if len(options) == 0 {
		unmet := make([]string, len(resource.Options))
		for i, option := range resource.Options {
			unmet[i] = fmt.Sprintf("%s: unmet %s", option, option.Selector.Unmet(p.owner.subject()))
		}
		return blueprint.Option{}, failed(v1alpha1.ReasonTemplateOptionsMatchError, "%s: expected 1 option to select the owner, found 0 (%s)", where, strings.Join(unmet, "; "))
	}
	return blueprint.Option{}, failed(v1alpha1.ReasonTemplateOptionsMatchError, "%s: expected 1 option to select the owner, found %d that do so equally well: [%s]", where, len(options), strings.Join(names, ", "))
}

// passInputThrough copies the outputs of an input (spec: reconcile §14, status S4).
func (p *pass) passInputThrough(resource *blueprint.Resource, name string) ([]stamp.Output, *failure) {
	input := resource.Input(blueprint.PassThroughType(resource.TemplateKind), name)
	if input == nil {
		return nil, waiting(v1alpha1.ReasonPassThrough, "resource %s of %s %s: there is no input %q to pass through", resource.Name, p.blueprint.Kind, p.blueprint.Name, name)
	}
	var outputs []stamp.Output
	for _, wanted := range outputNames[input.Type] {
		value, ok := p.outputs[input.From].value(wanted)
		if !ok {
			f := waiting(v1alpha1.ReasonPassThrough, "resource %s passes input %q through, but resource %s has no output yet", resource.Name, name, input.From)
			f.waitsFor = input.From
			return nil, f
		}
		outputs = append(outputs, stamp.Output{Name: wanted, Value: value})
	}
	return outputs, nil
}

// outputNames are the outputs that make up an input of a type.
var outputNames = map[blueprint.InputType][]string{
	blueprint.InputSource:     {"url", "revision"},
	blueprint.InputDeployment: {"url", "revision"},
	blueprint.InputImage:      {"image"},
	blueprint.InputConfig:     {"config"},
}

// stamp renders the object and lets the cluster apply it.
func (p *pass) stamp(ctx context.Context, record *stepRecord) *failure {
	resource, template := record.resource, record.template
	object, labels, err := p.render(ctx, resource, template)
	if err != nil {
		return p.stampFailure(record, err)
	}
	record.rendered = object
	kind, rest, err := p.target(object)
	if err != nil {
		return p.notMade(record, object, err)
	}
	var made Applied
	switch {
	case template.Lifecycle != v1alpha1.LifecycleMutable:
		record.runs = &runSet{step: resource.Name, template: template, retention: template.Retention, labels: labels}
		made, err = p.ensureRun(ctx, record.runs, kind, object)
	default:
		if err = stamp.CheckName(object); err == nil {
			made, err = p.cluster.Apply(ctx, p.account, object)
		}
	}
	if err != nil {
		return p.notMade(record, object, err)
	}
	record.object, record.remark = made.Object, made.Remark
	record.stamped = stampedRef(made.Object, rest)
	if made.Verb != "" {
		p.event(v1alpha1.EventStampedObjectApplied, resource.Name, fmt.Sprintf("%s object [%s]", made.Verb, qualifiedName(record.stamped)))
	}
	return nil
}

// stampFailure reports that the template gave no usable object. Waiting for an input
// has the same reason and status (spec: reconcile Q5), but says so.
func (p *pass) stampFailure(record *stepRecord, err error) *failure {
	where := fmt.Sprintf("resource %s of %s %s, %s %s", record.resource.Name, p.blueprint.Kind, p.blueprint.Name, record.template.Kind, record.template.Name)
	var render *stamp.RenderError
	if errors.As(err, &render) && render.WaitsFor != "" {
		f := failed(v1alpha1.ReasonTemplateStampFailure, "waiting for the output of resource %s: %s: %v", render.WaitsFor, where, err)
		f.waitsFor = render.WaitsFor
		return f
	}
	f := failed(v1alpha1.ReasonTemplateStampFailure, "cannot stamp %s: %v", where, err)
	if errors.Is(err, context.DeadlineExceeded) {
		return f.retriable() // a busy node has less time for a template than one at rest
	}
	return f
}

// notMade reports that there is no object, or not the one that was rendered, by what
// stood in the way.
func (p *pass) notMade(record *stepRecord, object map[string]any, err error) *failure {
	where := fmt.Sprintf("resource %s of %s %s", record.resource.Name, p.blueprint.Kind, p.blueprint.Name)
	var render *stamp.RenderError
	var list *listError
	switch {
	case errors.As(err, &render):
		return p.stampFailure(record, err)
	case errors.As(err, &list):
		return p.refused(err, v1alpha1.ReasonFailedToListCreatedObjects, "%s: %v", where, err).retriable()
	}
	return p.refused(err, v1alpha1.ReasonTemplateRejectedByAPIServer, "cannot apply %s %s/%s for %s as service account %s: %v",
		kindOf(object).GroupKind(), p.owner.Namespace, text(object, "metadata", "name"), where, p.account, err)
}

// readOutputs reads what the resource gives to others (spec: reconcile §12).
func (p *pass) readOutputs(record *stepRecord) ([]stamp.Output, *failure) {
	template, object := record.template, record.object
	if template.Lifecycle != v1alpha1.LifecycleMutable {
		healthy := record.runs.newestHealthy()
		if healthy == nil {
			return nil, p.noHealthyRun(record)
		}
		object = healthy.Object
	}
	if template.Kind == v1alpha1.KindClusterDeploymentTemplate {
		return p.readDeployment(record, object)
	}
	outputs, err := template.Outputs(object)
	if err != nil {
		return nil, p.outputFailure(record, err)
	}
	return outputs, nil
}

// readDeployment re-emits the deployment input once the deployment is complete (spec:
// reconcile §12.1).
func (p *pass) readDeployment(record *stepRecord, object map[string]any) ([]stamp.Output, *failure) {
	if err := record.template.Completion(object); err != nil {
		return nil, p.outputFailure(record, err)
	}
	for _, input := range record.resource.Inputs {
		if input.Type != blueprint.InputDeployment {
			continue
		}
		if source, ok := p.source(input); ok {
			return []stamp.Output{{Name: "url", Value: source.URL}, {Name: "revision", Value: source.Revision}}, nil
		}
	}
	return nil, failed(v1alpha1.ReasonUnknownError, "resource %s: the deployment is complete, but its deployment input is not available", record.resource.Name)
}

func (p *pass) outputFailure(record *stepRecord, err error) *failure {
	var completion *stamp.CompletionError
	if errors.As(err, &completion) {
		status := metav1.ConditionFalse
		if completion.Reason == v1alpha1.ReasonConditionNotMet {
			status = metav1.ConditionUnknown
		}
		return &failure{status: status, reason: completion.Reason, message: fmt.Sprintf("resource %s: %s", record.resource.Name, completion.Message)}
	}
	var path *stamp.PathError
	if !errors.As(err, &path) {
		return failed(v1alpha1.ReasonUnknownError, "cannot read the output of resource %s: %v", record.resource.Name, err)
	}
	object := fmt.Sprintf("%s in namespace %s", qualifiedName(record.stamped), p.owner.Namespace)
	reading := "still waiting for it"
	switch record.template.Health(record.object, false).Status {
	case metav1.ConditionTrue:
		reading = "the object is healthy, so the path is probably wrong: ask the platform team to look at the template"
	case metav1.ConditionFalse:
		reading = "the object is unhealthy: look at it and at its inputs"
	}
	return waiting(v1alpha1.ReasonMissingValueAtPath, "resource %s: no value at path [%s] of %s: %s (%v)", record.resource.Name, path.Path, object, reading, path.Err)
}

// templatingContext gathers what the template sees (spec: reconcile §6.1, §7).
func (p *pass) templatingContext(resource *blueprint.Resource, template *stamp.Template, labels map[string]string) *stamp.Context {
	resolved := blueprint.ResolveParams(template.Params, p.blueprint, resource, p.owner.Params)
	params := make(map[string]any, len(resolved))
	for name, param := range resolved {
		params[name] = param.Value
	}
	c := &stamp.Context{
		Owner: p.owner.View, Params: params, Labels: labels,
		DeclaredSources: resource.Declared(blueprint.InputSource),
		DeclaredImages:  resource.Declared(blueprint.InputImage),
		DeclaredConfigs: resource.Declared(blueprint.InputConfig),
		Missing:         map[string]string{},
	}
	for _, input := range resource.Inputs {
		available := false
		switch input.Type {
		case blueprint.InputSource:
			var source stamp.Source
			if source, available = p.source(input); available {
				c.Sources = append(c.Sources, source)
			}
		case blueprint.InputDeployment:
			var source stamp.Source
			if source, available = p.source(input); available {
				c.Deployment = &source
			}
		case blueprint.InputImage:
			var value any
			if value, available = p.outputs[input.From].value("image"); available {
				c.Images = append(c.Images, stamp.Image{Name: input.Name, Image: value})
			}
		case blueprint.InputConfig:
			var value any
			if value, available = p.outputs[input.From].value("config"); available {
				c.Configs = append(c.Configs, stamp.Config{Name: input.Name, Config: value})
			}
		}
		if !available {
			if input.Type != blueprint.InputDeployment {
				c.Missing[string(input.Type)+"s."+input.Name] = input.From
			}
			if resource.Declared(input.Type) == 1 {
				c.Missing[string(input.Type)] = input.From
			}
		}
	}
	return c
}

func (p *pass) source(input blueprint.Input) (stamp.Source, bool) {
	from := p.outputs[input.From]
	url, hasURL := from.value("url")
	revision, hasRevision := from.value("revision")
	return stamp.Source{Name: input.Name, URL: url, Revision: revision}, hasURL && hasRevision
}
