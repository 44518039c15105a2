package suite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamp"
)

// Names of a mock in the labels, unless it gives others.
const (
	mockName     = "mock"
	mockResource = "mock"
)

// brokenError says that a test cannot be run, where others say that what it tests is wrong.
type brokenError struct{ error }

func (b brokenError) Unwrap() error { return b.error }

func broken(err error) error {
	if err == nil {
		return nil
	}
	return brokenError{err}
}

func brokenf(format string, args ...any) error { return brokenError{fmt.Errorf(format, args...)} }

// runTemplate stamps one object and compares it.
func (r *run) runTemplate(ctx context.Context, t *Test, result *Result) error {
	s := &t.settings
	owner, err := r.files.loadOwner(ctx, s)
	if err != nil {
		return broken(err)
	}
	object, template, err := r.stamp(ctx, s, owner, result)
	if err != nil {
		return err
	}
	if err := named(template, object); err != nil {
		return positioned(template, err)
	}
	name := s.expected
	if name == "" {
		name = path.Join(t.Path, fileExpected)
	}
	return r.compare(name, object, &s.options, result)
}

// compare compares a stamped object with a file, or keeps how the file should be.
func (r *run) compare(name string, object map[string]any, o *compareOptions, result *Result) error {
	expected, err := r.files.readExpected(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.options.Update:
		content, err := newExpected(object, o)
		if err != nil {
			return err
		}
		r.edit(name, content, result)
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return brokenf("there is no %s that says what is expected; --update writes it", r.files.show(name))
	case err != nil:
		return broken(err)
	}
	failure := expected.compare(object, o)
	if failure == nil {
		r.keep(name, result)
		return nil
	}
	if r.options.Update {
		content, err := expected.edit(object, o)
		if err != nil {
			return err
		}
		r.edit(name, content, result)
		return nil
	}
	result.Failures = append(result.Failures, *failure)
	return nil
}

// stamp renders the object of the template under test.
func (r *run) stamp(ctx context.Context, s *settings, owner *realize.Owner, result *Result) (map[string]any, *templateOf, error) {
	all := newObjects()
	if s.chain != nil && owner.Runnable == nil {
		if err := r.files.loadChain(ctx, s, all, r.compile); err != nil {
			return nil, nil, broken(err)
		}
	}
	// After the chain: the template under test wins over one of the same name.
	under, err := r.files.loadTemplate(ctx, s, all, r.compile)
	if err != nil {
		return nil, nil, broken(err)
	}
	switch {
	case owner.Runnable != nil:
		return r.stampRun(ctx, s, owner, under)
	case s.chain != nil:
		return r.stampStep(ctx, s.chain, owner, under, all, result)
	case under == nil:
		return nil, nil, brokenf("no template is given: a %s, a path in %s, or a step of a supply chain", fileTemplate, fileInfo)
	}
	if under.compiled.Kind == v1alpha1.KindClusterRunTemplate {
		return nil, nil, brokenf("a %s is for a Runnable, but the owner is a %s; give a runnable.yaml", under.compiled.Kind, owner.Kind)
	}
	b, outputs := mocked(s.mock, owner.Kind, under.compiled)
	return r.render(ctx, owner, b, b.Resources[0], all, outputs)
}

func (r *run) stampRun(ctx context.Context, s *settings, owner *realize.Owner, under *templateOf) (map[string]any, *templateOf, error) {
	switch {
	case under == nil:
		return nil, nil, brokenf("no template is given: a %s, or a path in %s", fileTemplate, fileInfo)
	case under.compiled.Kind != v1alpha1.KindClusterRunTemplate:
		return nil, nil, brokenf("the owner is a Runnable, but the template is a %s; give a workload.yaml or a deliverable.yaml", under.compiled.Kind)
	case len(under.refused) > 0:
		return nil, nil, refused(under)
	}
	var selected map[string]any
	if s.selected != "" {
		doc, err := r.files.one(ctx, s.selected, "")
		if err != nil {
			return nil, nil, broken(err)
		}
		selected = doc.Object
	} else if owner.Runnable.Selector != nil {
		return nil, nil, brokenf("the Runnable selects an object; give it as %s, or as given.selected in %s", fileSelected, fileInfo)
	}
	object, err := realize.StampRun(ctx, owner, under.compiled, selected)
	if err != nil {
		return nil, nil, positioned(under, err)
	}
	return object, under, nil
}

// stampStep stamps one step of a real chain.
func (r *run) stampStep(ctx context.Context, s *chainSettings, owner *realize.Owner, under *templateOf, all *objects, result *Result) (map[string]any, *templateOf, error) {
	b, warning, err := all.choose(owner)
	if err != nil {
		return nil, nil, broken(s.place(err, "given.supplyChain"))
	}
	if warning != "" {
		result.Warnings = append(result.Warnings, warning)
	}
	faults, warnings := all.blueprintFaults(b)
	result.Warnings = append(result.Warnings, warnings...)
	if len(faults) > 0 {
		return nil, nil, errors.Join(faults...)
	}
	resource, err := target(b, s, under)
	if err != nil {
		return nil, nil, broken(s.place(err, "given.supplyChain.targetResourceName"))
	}
	outputs := realize.Outputs{}
	for _, name := range slices.Sorted(maps.Keys(s.previous)) {
		if b.Resource(name) == nil {
			return nil, nil, broken(s.place(fmt.Errorf("%s %s has no step %s; there are: %s", b.Kind, b.Name, name, steps(b)), "given.supplyChain.previousOutputs."+name))
		}
		outputs[name] = outputsOf(s.previous[name])
	}
	return r.render(ctx, owner, b, resource, all, outputs)
}

func (r *run) render(ctx context.Context, owner *realize.Owner, b *blueprint.Blueprint, resource *blueprint.Resource, all *objects, outputs realize.Outputs) (map[string]any, *templateOf, error) {
	// A template that would not be admitted is not there to be rendered.
	stamped, err := realize.Stamp(ctx, owner, b, resource, all.template, outputs)
	var template *templateOf
	if stamped.Template != nil {
		template = all.templates[realize.TemplateKey{Kind: stamped.Template.Kind, Name: stamped.Template.Name}]
	}
	switch {
	case template != nil && len(template.refused) > 0:
		return nil, nil, refused(template)
	case err != nil && template != nil:
		return nil, nil, positioned(template, err)
	case err != nil:
		return nil, nil, fmt.Errorf("%w; templates that are given: %s", err, all.names())
	}
	return stamped.Object, template, nil
}

// place begins an error with where the settings stand, if they do.
func (s *chainSettings) place(err error, field string) error {
	if s.at == nil {
		return err
	}
	return s.at.Errorf(field, "%w", err)
}

// target is the step whose template is tested. Without a name it is the only one that can
// use the template under test, or the only one that there is.
func target(b *blueprint.Blueprint, s *chainSettings, under *templateOf) (*blueprint.Resource, error) {
	if s.target != "" {
		if resource := b.Resource(s.target); resource != nil {
			return resource, nil
		}
		return nil, fmt.Errorf("%s %s has no step %s; there are: %s", b.Kind, b.Name, s.target, steps(b))
	}
	if len(b.Resources) == 1 {
		return b.Resources[0], nil
	}
	var found []string
	if under != nil {
		for _, use := range b.Templates() {
			if use.Kind == under.compiled.Kind && use.Name == under.compiled.Name && !slices.Contains(found, use.Resource) {
				found = append(found, use.Resource)
			}
		}
	}
	if len(found) == 1 {
		return b.Resource(found[0]), nil
	}
	return nil, fmt.Errorf("given.supplyChain.targetResourceName must say which step of %s %s is tested: %s", b.Kind, b.Name, steps(b))
}

func steps(b *blueprint.Blueprint) string {
	names := make([]string, len(b.Resources))
	for i, resource := range b.Resources {
		names[i] = resource.Name
	}
	return strings.Join(names, ", ")
}

func outputsOf(previous previousOutput) []stamp.Output {
	var outputs []stamp.Output
	if s := previous.Source; s != nil {
		outputs = append(outputs, stamp.Output{Name: "url", Value: s.URL}, stamp.Output{Name: "revision", Value: s.Revision})
	}
	if previous.Image != nil {
		outputs = append(outputs, stamp.Output{Name: "image", Value: previous.Image})
	}
	if previous.Config != nil {
		outputs = append(outputs, stamp.Output{Name: "config", Value: previous.Config})
	}
	return outputs
}

// mocked is a blueprint of one step that reads invented outputs of steps that do not exist.
func mocked(m *mock, ownerKind string, template *stamp.Template) (*blueprint.Blueprint, realize.Outputs) {
	if m == nil {
		m = &mock{}
	}
	chain := &v1alpha1.ClusterSupplyChain{}
	chain.Spec.Params = m.BlueprintParams
	b := blueprint.CompileSupplyChain(chain)
	if ownerKind == v1alpha1.KindDeliverable {
		b.Kind = v1alpha1.KindClusterDelivery
	}
	b.Name = mockName
	if m.Name != "" {
		b.Name = m.Name
	}
	resource := &blueprint.Resource{Name: mockResource, TemplateKind: template.Kind, TemplateName: template.Name}
	if m.Resource != "" {
		resource.Name = m.Resource
	}
	outputs := realize.Outputs{}
	add := func(t blueprint.InputType, name string, values ...stamp.Output) {
		from := string(t) + "/" + name // no name of a step has a slash
		resource.Inputs = append(resource.Inputs, blueprint.Input{Type: t, Name: name, From: from})
		outputs[from] = values
	}
	source := func(s *mockSource) []stamp.Output {
		return []stamp.Output{{Name: "url", Value: s.URL}, {Name: "revision", Value: s.Revision}}
	}
	if in := m.BlueprintInputs; in != nil {
		for _, name := range slices.Sorted(maps.Keys(in.Sources)) {
			s := in.Sources[name]
			add(blueprint.InputSource, name, source(&s)...)
		}
		for _, name := range slices.Sorted(maps.Keys(in.Images)) {
			add(blueprint.InputImage, name, stamp.Output{Name: "image", Value: in.Images[name].Image})
		}
		if in.Deployment != nil {
			add(blueprint.InputDeployment, "", source(in.Deployment)...)
		}
		for _, name := range slices.Sorted(maps.Keys(in.Configs)) {
			add(blueprint.InputConfig, name, stamp.Output{Name: "config", Value: in.Configs[name].Config})
		}
	}
	b.Resources, b.Order = []*blueprint.Resource{resource}, []*blueprint.Resource{resource}
	return b, outputs
}

// named makes the checks that follow rendering, on a copy: a run gets its number only when
// it is made.
func named(template *templateOf, object map[string]any) error {
	if template.compiled.Lifecycle == v1alpha1.LifecycleMutable {
		return stamp.CheckName(object)
	}
	return stamp.NumberRun(runtime.DeepCopyJSON(object), "", "", 1, nil)
}

// refused says why a template would not be admitted.
func refused(t *templateOf) error {
	lines := make([]string, len(t.refused))
	for i, err := range t.refused {
		lines[i] = err.Error()
	}
	return fmt.Errorf("the template would be refused:\n%s", strings.Join(lines, "\n"))
}

// positioned puts the place in the template before an error of rendering it.
func positioned(t *templateOf, err error) error {
	var failed *stamp.RenderError
	if !errors.As(err, &failed) {
		return t.doc.Errorf("", "%w", err)
	}
	what := fmt.Errorf("cannot render %s %s: %w", t.compiled.Kind, t.compiled.Name, trimmed(err))
	if failed.WaitsFor != "" {
		what = fmt.Errorf("%w\nit waits for the output of step %s, which given.supplyChain.previousOutputs does not give", what, failed.WaitsFor)
	}
	if starts := t.doc.TextStart("spec.ytt"); starts != "" {
		return t.doc.Errorf("spec.ytt", "%w\nThe first line of stdin.yml is %s.", what, starts)
	}
	field := "spec.template"
	if failed.Location != "" {
		field += "." + failed.Location
	}
	return t.doc.Errorf(field, "%w", what)
}
