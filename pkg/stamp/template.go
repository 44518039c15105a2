package stamp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/ytt"
)

// Param is a parameter of a template with its default.
type Param struct {
	Name    string
	Default any
}

// Template is a compiled template. It is immutable and may be shared.
type Template struct {
	// Kind and Name of the template object.
	Kind, Name string
	// Lifecycle is never empty.
	Lifecycle v1alpha1.Lifecycle
	Params    []Param
	// Retention in force for immutable lifecycles.
	Retention v1alpha1.RetentionPolicy

	body       program
	health     healthRule
	outputs    []outputPath
	completion *completion
	problems   []Problem
}

// Problem is a fault of a template that shows without any owner.
type Problem struct {
	// Rule names the check, by the catalogue of lint: TPL004.
	Rule string
	// Field of the template object: spec.template.spec.image.
	Field string
	// Line of the text in spec.ytt, from 1; 0 elsewhere.
	Line    int
	Message string
}

// defaultRuns is how many finished runs of each kind are kept by default.
const defaultRuns = 10

// Compile compiles a *v1alpha1.Cluster{Source,Image,Config,Deployment,Run,}Template. It
// never fails: a template that was never checked at admission must not stop the agent.
// What is wrong with it is in Problems, and is returned by the call that needs the
// broken part.
func Compile(template any) *Template { return Options{}.Compile(template) }

// Options of compiling.
type Options struct {
	// Ytt bounds what ytt bodies may cost; zero fields have the defaults of pkg/ytt.
	Ytt ytt.Limits
	// YttTime is how long one may run; zero is DefaultYttTime.
	YttTime time.Duration
	// YttSlots bounds how many ytt bodies run at once, whatever their templates: each may
	// take as much memory as Ytt allows. Waiting does not count as time of the render. Nil
	// sets no bound.
	YttSlots Slots
}

// Compile is the function of the same name, with options.
func (o Options) Compile(template any) *Template {
	switch of := template.(type) {
	case *v1alpha1.ClusterSourceTemplate:
		t := o.compile(v1alpha1.KindClusterSourceTemplate, &of.ObjectMeta, &of.Spec.TemplateSpec)
		t.addOutput("url", "spec.urlPath", of.Spec.URLPath)
		t.addOutput("revision", "spec.revisionPath", of.Spec.RevisionPath)
		return t
	case *v1alpha1.ClusterImageTemplate:
		t := o.compile(v1alpha1.KindClusterImageTemplate, &of.ObjectMeta, &of.Spec.TemplateSpec)
		t.addOutput("image", "spec.imagePath", of.Spec.ImagePath)
		return t
	case *v1alpha1.ClusterConfigTemplate:
		t := o.compile(v1alpha1.KindClusterConfigTemplate, &of.ObjectMeta, &of.Spec.TemplateSpec)
		t.addOutput("config", "spec.configPath", of.Spec.ConfigPath)
		return t
	case *v1alpha1.ClusterDeploymentTemplate:
		t := o.compile(v1alpha1.KindClusterDeploymentTemplate, &of.ObjectMeta, &of.Spec.TemplateSpec)
		t.completion = t.compileCompletion(&of.Spec)
		return t
	case *v1alpha1.ClusterTemplate:
		return o.compile(v1alpha1.KindClusterTemplate, &of.ObjectMeta, &of.Spec)
	case *v1alpha1.ClusterRunTemplate:
		// Runs are judged as those of the lifecycle tekton are, whatever their kind
		// (spec: reconcile §11.3).
		t := o.compile(v1alpha1.KindClusterRunTemplate, &of.ObjectMeta, &v1alpha1.TemplateSpec{Template: &of.Spec.Template, Lifecycle: v1alpha1.LifecycleTekton})
		for _, name := range slices.Sorted(maps.Keys(of.Spec.Outputs)) {
			t.addOutput(name, "spec.outputs."+name, of.Spec.Outputs[name])
		}
		return t
	}
	return &Template{Lifecycle: v1alpha1.LifecycleMutable, body: broken{fmt.Errorf("%T is no template", template)}}
}

func (o Options) compile(kind string, meta *metav1.ObjectMeta, spec *v1alpha1.TemplateSpec) *Template {
	t := &Template{
		Kind: kind, Name: meta.Name, Lifecycle: spec.Lifecycle,
		Retention: v1alpha1.RetentionPolicy{MaxFailedRuns: defaultRuns, MaxSuccessfulRuns: defaultRuns},
	}
	if t.Lifecycle == "" {
		t.Lifecycle = v1alpha1.LifecycleMutable
	}
	if spec.RetentionPolicy != nil {
		t.Retention = *spec.RetentionPolicy
	}
	for i, p := range spec.Params {
		value, err := opaque(p.Default)
		if err != nil {
			t.problem("SYN004", fmt.Sprintf("spec.params[%d].default", i), err.Error())
			continue
		}
		t.Params = append(t.Params, Param{p.Name, value})
	}
	t.body = t.compileBody(spec, o)
	t.health = t.compileHealth(spec.HealthRule)
	return t
}

func (t *Template) compileBody(spec *v1alpha1.TemplateSpec, o Options) program {
	fail := func(rule, field string, err error) program {
		t.problem(rule, field, err.Error())
		return broken{err}
	}
	switch {
	case spec.Template != nil && spec.Ytt != "":
		return fail("TPL001", "spec", errors.New("both template and ytt are set; remove one of them"))
	case spec.Ytt != "":
		return t.compileYtt(spec.Ytt, o)
	case spec.Template == nil:
		return fail("TPL001", "spec", errors.New("neither template nor ytt is set"))
	}
	s, err := compileSkeleton(spec.Template.Raw)
	if err != nil {
		rule := "TPL003"
		if errors.Is(err, errBodyIsList) {
			rule = "TPL021"
		}
		return fail(rule, "spec.template", err)
	}
	for _, tag := range s.all {
		if tag.err != nil {
			t.problem("TPL004", "spec.template."+tag.Location, fmt.Sprintf("tag $(%s)$: %v", tag.Expression, tag.err))
		}
	}
	return s
}

func (t *Template) problem(rule, field, message string) {
	t.problems = append(t.problems, Problem{Rule: rule, Field: field, Message: message})
}

// Problems lists everything that is wrong with the template by itself.
func (t *Template) Problems() []Problem { return t.problems }

// Tags lists the tags of the body in the order of their locations.
func (t *Template) Tags() []Tag { return t.body.tags() }

// MayReadParam is false when the body surely does not read a param. What a ytt body reads is
// seen only when it runs, so it may read all.
func (t *Template) MayReadParam(name string) bool {
	if _, computed := t.body.(yttBody); computed {
		return true
	}
	if t.body == nil {
		return false
	}
	for _, tag := range t.body.tags() {
		if tag.Root == "params" && (len(tag.Names) < 2 || tag.Names[1] == name) {
			return true
		}
	}
	return false
}

// Render makes the object of a step (spec: reconcile §6). The result is fresh and the
// caller's. Errors are *RenderError.
func (t *Template) Render(ctx context.Context, c *Context) (map[string]any, error) {
	return t.render(ctx, c.scope())
}

// RenderRun makes the object of a Runnable, on the same terms (spec: reconcile §6.7).
func (t *Template) RenderRun(ctx context.Context, c *RunContext) (map[string]any, error) {
	return t.render(ctx, c.scope())
}

// RenderValues makes an object from a context that is given as plain data, on the same
// terms. It is for trying a template out.
func (t *Template) RenderValues(ctx context.Context, values map[string]any) (map[string]any, error) {
	return t.render(ctx, &scope{roots: values})
}

func (t *Template) render(ctx context.Context, c *scope) (map[string]any, error) {
	value, failure := t.body.render(ctx, c)
	if failure != nil {
		return nil, failure
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, &RenderError{Err: fmt.Errorf("the result must be an object, but is %s", kindOf(value))}
	}
	for _, key := range []string{"apiVersion", "kind"} {
		if s, ok := object[key].(string); !ok || s == "" {
			return nil, &RenderError{Location: key, Err: fmt.Errorf("the object needs the field %s", key)}
		}
	}
	return object, nil
}
