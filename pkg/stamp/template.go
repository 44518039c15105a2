package stamp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
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
	// Field of the template object: spec.template.spec.image.
	Field   string
	Message string
}

// defaultRuns is how many finished runs of each kind are kept by default.
const defaultRuns = 10

// Compile compiles a *v1alpha1.Cluster{Source,Image,Config,Deployment,Run,}Template. It
// never fails: a template that was never checked at admission must not stop the agent.
// What is wrong with it is in Problems, and is returned by the call that needs the
// broken part.
func Compile(template any) *Template {
	switch o := template.(type) {
	case *v1alpha1.ClusterSourceTemplate:
		t := compile(v1alpha1.KindClusterSourceTemplate, &o.ObjectMeta, &o.Spec.TemplateSpec)
		t.addOutput("url", "spec.urlPath", o.Spec.URLPath)
		t.addOutput("revision", "spec.revisionPath", o.Spec.RevisionPath)
		return t
	case *v1alpha1.ClusterImageTemplate:
		t := compile(v1alpha1.KindClusterImageTemplate, &o.ObjectMeta, &o.Spec.TemplateSpec)
		t.addOutput("image", "spec.imagePath", o.Spec.ImagePath)
		return t
	case *v1alpha1.ClusterConfigTemplate:
		t := compile(v1alpha1.KindClusterConfigTemplate, &o.ObjectMeta, &o.Spec.TemplateSpec)
		t.addOutput("config", "spec.configPath", o.Spec.ConfigPath)
		return t
	case *v1alpha1.ClusterDeploymentTemplate:
		t := compile(v1alpha1.KindClusterDeploymentTemplate, &o.ObjectMeta, &o.Spec.TemplateSpec)
		t.completion = t.compileCompletion(&o.Spec)
		return t
	case *v1alpha1.ClusterTemplate:
		return compile(v1alpha1.KindClusterTemplate, &o.ObjectMeta, &o.Spec)
	case *v1alpha1.ClusterRunTemplate:
		// Runs are judged as those of the lifecycle tekton are, whatever their kind
		// (spec: reconcile §11.3).
		t := compile(v1alpha1.KindClusterRunTemplate, &o.ObjectMeta, &v1alpha1.TemplateSpec{Template: &o.Spec.Template, Lifecycle: v1alpha1.LifecycleTekton})
		for _, name := range slices.Sorted(maps.Keys(o.Spec.Outputs)) {
			t.addOutput(name, "spec.outputs."+name, o.Spec.Outputs[name])
		}
		return t
	}
	return &Template{Lifecycle: v1alpha1.LifecycleMutable, body: broken{fmt.Errorf("%T is no template", template)}}
}

func compile(kind string, meta *metav1.ObjectMeta, spec *v1alpha1.TemplateSpec) *Template {
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
			t.problem(fmt.Sprintf("spec.params[%d].default", i), err.Error())
			continue
		}
		t.Params = append(t.Params, Param{p.Name, value})
	}
	t.body = t.compileBody(spec)
	t.health = t.compileHealth(spec.HealthRule)
	return t
}

func (t *Template) compileBody(spec *v1alpha1.TemplateSpec) program {
	fail := func(field string, err error) program {
		t.problem(field, err.Error())
		return broken{err}
	}
	switch {
	case spec.Template != nil && spec.Ytt != "":
		return fail("spec", errors.New("both template and ytt are set; remove one of them"))
	case spec.Ytt != "":
		return fail("spec.ytt", errors.New("ytt templates are not supported by this version of Carto; use spec.template"))
	case spec.Template == nil:
		return fail("spec", errors.New("neither template nor ytt is set"))
	}
	s, err := compileSkeleton(spec.Template.Raw)
	if err != nil {
		return fail("spec.template", err)
	}
	for _, tag := range s.all {
		if tag.err != nil {
			t.problem("spec.template."+tag.Location, fmt.Sprintf("tag $(%s)$: %v", tag.Expression, tag.err))
		}
	}
	return s
}

func (t *Template) problem(field, message string) {
	t.problems = append(t.problems, Problem{Field: field, Message: message})
}

// Problems lists everything that is wrong with the template by itself.
func (t *Template) Problems() []Problem { return t.problems }

// Tags lists the tags of the body in the order of their locations.
func (t *Template) Tags() []Tag { return t.body.tags() }

// Render makes the object of a step (spec: reconcile §6). The result is fresh and the
// caller's. Errors are *RenderError.
func (t *Template) Render(ctx context.Context, c *Context) (map[string]any, error) {
	return t.render(ctx, c.scope())
}

// RenderRun makes the object of a Runnable, on the same terms (spec: reconcile §6.7).
func (t *Template) RenderRun(ctx context.Context, c *RunContext) (map[string]any, error) {
	return t.render(ctx, c.scope())
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
			return nil, &RenderError{Location: key, Err: fmt.Errorf("the object needs a %s", key)}
		}
	}
	return object, nil
}
