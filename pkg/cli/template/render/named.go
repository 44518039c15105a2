package render

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/ytt"
)

func (o *Options) isRunTemplate() bool { return o.Kind.Kind == v1alpha1.KindClusterRunTemplate }

// renderTemplate renders a template of the files or of the cluster for an owner.
func (o *Options) renderTemplate(ctx context.Context, values *ytt.Values) error {
	template, err := o.template(ctx)
	if err != nil {
		return err
	}
	owner, params, err := o.owner(ctx)
	if err != nil {
		return err
	}
	view, err := stamp.View(owner)
	if err != nil {
		return err
	}
	given, err := givenOf(values.Object(), o.isRunTemplate())
	if err != nil {
		return &cmdutil.UsageError{Err: err}
	}
	if o.isRunTemplate() {
		object, err := template.RenderRun(ctx, &stamp.RunContext{Runnable: view, Selected: given.selected})
		return o.show(template, owner, object, err)
	}
	object, err := template.Render(ctx, given.context(template, view, params))
	return o.show(template, owner, object, err)
}

// show prints the object that a template made, if the agent would stamp it.
func (o *Options) show(template *stamp.Template, owner metav1.Object, object map[string]any, err error) error {
	if err == nil {
		err = o.stampable(template, owner, object)
	}
	if err != nil {
		return finding(fmt.Errorf("cannot render %s %s: %w", template.Kind, template.Name, err), o.textStarts)
	}
	return o.print(object)
}

// stampable makes the checks that come after rendering, on a copy.
func (o *Options) stampable(template *stamp.Template, owner metav1.Object, object map[string]any) error {
	namespace := owner.GetNamespace()
	if namespace == "" {
		var err error
		if namespace, err = o.NamespaceInUse(); err != nil {
			return err
		}
	}
	object = runtime.DeepCopyJSON(object)
	if err := stamp.Own(object, stamp.Identity{OwnerName: owner.GetName(), OwnerNamespace: namespace}, nil); err != nil {
		return err
	}
	if template.Lifecycle != v1alpha1.LifecycleMutable {
		return stamp.NumberRun(object, owner.GetName(), "", 1, nil)
	}
	return stamp.CheckName(object)
}

// template finds the template by its kind and name.
func (o *Options) template(ctx context.Context) (*stamp.Template, error) {
	if len(o.Files) == 0 {
		return o.templateOfCluster(ctx)
	}
	docs, err := o.documents(ctx, o.Files)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, doc := range docs {
		if doc.APIVersion() != v1alpha1.GroupVersion.String() {
			continue
		}
		if doc.Kind() != o.Kind.Kind || doc.Name() != o.Name {
			names = append(names, doc.Kind()+"/"+doc.Name())
			continue
		}
		typed := o.Kind.New()
		if err := doc.Into(typed); err != nil {
			return nil, &cmdutil.FindingError{Err: err}
		}
		template := stamp.Compile(typed)
		o.textStarts = doc.TextStart("spec.ytt")
		return template, faultsOf(doc, template, "")
	}
	slices.Sort(names)
	holds := "no object of " + v1alpha1.GroupVersion.Group
	if len(names) > 0 {
		holds = strings.Join(names, ", ")
	}
	return nil, cmdutil.Findingf("there is no %s %s in %s; found: %s", o.Kind.Kind, o.Name, strings.Join(o.Files, ", "), holds)
}

func (o *Options) templateOfCluster(ctx context.Context) (*stamp.Template, error) {
	client, err := o.Client()
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("read %s %s", o.Kind.Kind, o.Name)
	typed, err := o.Kind.Read(ctx, client, o.Name)
	switch {
	case err != nil:
		return nil, cmdutil.Explain(o.Program, what, err)
	case typed == nil:
		return nil, cmdutil.Findingf("cannot %s: it does not exist in the cluster; give files that hold it with -f", what)
	}
	return stamp.Compile(typed), nil
}

// owner reads the owner, and its params.
func (o *Options) owner(ctx context.Context) (owner metav1.Object, params []blueprint.OwnerParam, err error) {
	file, kind := o.Workload, v1alpha1.KindWorkload
	owner = &v1alpha1.Workload{}
	switch {
	case o.Deliverable != "":
		file, kind, owner = o.Deliverable, v1alpha1.KindDeliverable, &v1alpha1.Deliverable{}
	case o.Runnable != "":
		file, kind, owner = o.Runnable, v1alpha1.KindRunnable, &v1alpha1.Runnable{}
	}
	docs, err := o.documents(ctx, []string{file})
	if err != nil {
		return nil, nil, err
	}
	found := docs[:0]
	for _, doc := range docs {
		if doc.Kind() == kind && doc.APIVersion() == v1alpha1.GroupVersion.String() {
			found = append(found, doc)
		}
	}
	if len(found) != 1 {
		return nil, nil, cmdutil.Findingf("%s: holds %d objects of kind %s; one is needed", file, len(found), kind)
	}
	if err := found[0].Into(owner); err != nil {
		return nil, nil, &cmdutil.FindingError{Err: err}
	}
	switch owner := owner.(type) {
	case *v1alpha1.Workload:
		params, err = blueprint.DecodeOwnerParams(owner.Spec.Params)
	case *v1alpha1.Deliverable:
		params, err = blueprint.DecodeOwnerParams(owner.Spec.Params)
	}
	if err != nil {
		return nil, nil, &cmdutil.FindingError{Err: found[0].Errorf("spec.params", "%w", err)}
	}
	return owner, params, nil
}

// locationOf is the path in a body at which rendering failed.
func locationOf(err error) string {
	var failed *stamp.RenderError
	if errors.As(err, &failed) {
		return failed.Location
	}
	return ""
}
