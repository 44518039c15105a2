package realize

import (
	"context"
	"fmt"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
)

// Outputs of resources, by the names of the resources.
type Outputs map[string][]stamp.Output

// Stamped is the object of one resource, as a pass would ask the cluster for it.
type Stamped struct {
	// Template that was chosen; nil when none could be.
	Template *stamp.Template
	// Object with namespace, owner and labels. That of a template whose lifecycle is not
	// mutable has no number yet.
	Object map[string]any
}

// Stamp renders one resource of a blueprint for an owner, given the outputs of others:
// what a pass does up to the point where it asks the cluster. Errors of rendering are
// *stamp.RenderError. An option that passes an input through stamps nothing, which is an
// error here.
func Stamp(ctx context.Context, owner *Owner, b *blueprint.Blueprint, resource *blueprint.Resource, templates Templates, outputs Outputs) (Stamped, error) {
	p := &pass{owner: owner, blueprint: b, outputs: make(map[string]stepOutput, len(outputs))}
	for name, known := range outputs {
		p.outputs[name] = stepOutput{known}
	}
	option, failure := p.chooseTemplate(resource)
	switch {
	case failure != nil:
		return Stamped{}, fmt.Errorf("%s", failure.message)
	case option.Name == "":
		return Stamped{}, fmt.Errorf("resource %s passes input %q through and stamps nothing for this owner", resource.Name, option.PassThrough)
	}
	template := templates(resource.TemplateKind, option.Name)
	if template == nil {
		return Stamped{}, fmt.Errorf("resource %s of %s %s: %s %s is not there", resource.Name, b.Kind, b.Name, resource.TemplateKind, option.Name)
	}
	object, _, err := p.render(ctx, resource, template)
	return Stamped{template, object}, err
}

// StampRun renders the run of a Runnable; selected is what its selector matches, nil when
// it has none.
func StampRun(ctx context.Context, owner *Owner, template *stamp.Template, selected map[string]any) (map[string]any, error) {
	object, _, err := (&pass{owner: owner}).renderRun(ctx, template, selected)
	return object, err
}

// render makes the object of a resource with its namespace, owner and labels.
func (p *pass) render(ctx context.Context, resource *blueprint.Resource, template *stamp.Template) (object map[string]any, labels map[string]string, err error) {
	identity := p.identity(template)
	identity.BlueprintName, identity.Resource = p.blueprint.Name, resource.Name
	labels = stamp.Labels(identity)
	object, err = template.Render(ctx, p.templatingContext(resource, template, labels))
	if err == nil {
		err = stamp.Own(object, identity, labels)
	}
	return object, labels, err
}

// renderRun makes the run of a Runnable in the same way.
func (p *pass) renderRun(ctx context.Context, template *stamp.Template, selected map[string]any) (object map[string]any, labels map[string]string, err error) {
	identity := p.identity(template)
	labels = stamp.Labels(identity)
	object, err = template.RenderRun(ctx, &stamp.RunContext{Runnable: p.owner.View, Selected: selected})
	if err == nil {
		err = stamp.Own(object, identity, labels)
	}
	return object, labels, err
}

func (p *pass) identity(template *stamp.Template) stamp.Identity {
	return stamp.Identity{
		OwnerKind: p.owner.Kind, OwnerName: p.owner.Name, OwnerNamespace: p.owner.Namespace, OwnerUID: string(p.owner.UID),
		TemplateKind: template.Kind, TemplateName: template.Name, Lifecycle: template.Lifecycle,
	}
}
