package suite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamp"
)

// typed decodes an object of Carto, or the definition of a kind; nil when it is neither.
func typed(doc *manifest.Document) (runtime.Object, error) {
	if doc.APIVersion() == apiextensionsv1.SchemeGroupVersion.String() && doc.Kind() == "CustomResourceDefinition" {
		definition := &apiextensionsv1.CustomResourceDefinition{}
		return definition, doc.IntoKnown(definition)
	}
	if doc.APIVersion() != v1alpha1.GroupVersion.String() {
		return nil, nil
	}
	kind := v1alpha1.KindOf(doc.Kind())
	if kind == nil {
		return nil, doc.Errorf("kind", "%s has no kind %q", v1alpha1.GroupVersion, doc.Kind())
	}
	object := kind.New()
	return object, doc.Into(object)
}

// templateOf is a template with the place where it stands.
type templateOf struct {
	doc      *manifest.Document
	compiled *stamp.Template
	// refused is why it would not be admitted; empty when it would be.
	refused []error
}

// objects are those of the files of a test.
type objects struct {
	templates  map[realize.TemplateKey]*templateOf
	blueprints []*blueprint.Blueprint
	// places of the blueprints, by kind and name.
	places map[string]*manifest.Document
	// typed are all of them, and definitions of kinds, as the API has them.
	typed []any
}

func newObjects() *objects {
	return &objects{templates: map[realize.TemplateKey]*templateOf{}, places: map[string]*manifest.Document{}}
}

// add takes templates and blueprints. Objects of other groups, such as roles, are none of
// a test's business.
func (o *objects) add(doc *manifest.Document, compile stamp.Options) error {
	object, err := typed(doc)
	if object == nil || err != nil {
		return err
	}
	switch object := object.(type) {
	case *v1alpha1.Workload, *v1alpha1.Deliverable, *v1alpha1.Runnable:
		return nil // owners have files of their own
	case *apiextensionsv1.CustomResourceDefinition:
		o.typed = append(o.typed, object) // it tells the plural and the scope of a kind
		return nil
	case *v1alpha1.ClusterSupplyChain:
		o.typed = append(o.typed, object)
		return o.addBlueprint(doc, blueprint.CompileSupplyChain(object))
	case *v1alpha1.ClusterDelivery:
		o.typed = append(o.typed, object)
		return o.addBlueprint(doc, blueprint.CompileDelivery(object))
	}
	compiled := compile.Compile(object)
	if compiled.Kind == "" {
		return doc.Errorf("kind", "%s is neither a template nor a blueprint", doc.Kind())
	}
	o.typed = append(o.typed, object)
	o.templates[realize.TemplateKey{Kind: doc.Kind(), Name: doc.Name()}] = &templateOf{doc: doc, compiled: compiled, refused: refusals(doc, compiled)}
	return nil
}

func (o *objects) addBlueprint(doc *manifest.Document, b *blueprint.Blueprint) error {
	key := b.Kind + "/" + b.Name
	if first := o.places[key]; first != nil {
		return doc.Errorf("metadata.name", "%s %s is in %s:%d already", b.Kind, b.Name, first.File, first.Line)
	}
	o.blueprints, o.places[key] = append(o.blueprints, b), doc
	return nil
}

// template implements realize.Templates.
func (o *objects) template(kind, name string) *stamp.Template {
	if t := o.templates[realize.TemplateKey{Kind: kind, Name: name}]; t != nil {
		return t.compiled
	}
	return nil
}

// sorted are the templates by kind and name.
func (o *objects) sorted() []*templateOf {
	return slices.SortedFunc(maps.Values(o.templates), func(a, b *templateOf) int { return strings.Compare(a.String(), b.String()) })
}

func (t *templateOf) String() string { return t.compiled.Kind + "/" + t.compiled.Name }

// names of the templates, for messages.
func (o *objects) names() string {
	var names []string
	for _, t := range o.sorted() {
		names = append(names, t.String())
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// loadTemplate reads the template under test; nil when the settings name none.
func (f Files) loadTemplate(ctx context.Context, s *settings, into *objects, compile stamp.Options) (*templateOf, error) {
	if s.template == "" {
		return nil, nil
	}
	doc, err := f.one(ctx, s.template, s.templateValues)
	if err != nil {
		return nil, err
	}
	if err := into.add(&doc, compile); err != nil {
		return nil, err
	}
	template := into.templates[realize.TemplateKey{Kind: doc.Kind(), Name: doc.Name()}]
	if template == nil {
		return nil, doc.Errorf("kind", "%s of %q is no template of Carto", doc.Kind(), doc.APIVersion())
	}
	return template, nil
}

// loadChain reads the blueprints of a chain, and the templates that are with them.
func (f Files) loadChain(ctx context.Context, s *settings, into *objects, compile stamp.Options) error {
	var faults []error
	for _, name := range s.chain.paths {
		docs, err := f.documents(ctx, name, s.chainValues)
		if err != nil {
			faults = append(faults, err)
		}
		for i := range docs {
			for _, doc := range docs[i].Items() {
				faults = append(faults, into.add(doc, compile))
			}
		}
	}
	return errors.Join(faults...)
}

// loadOwner reads the owner in the form that the engine needs.
func (f Files) loadOwner(ctx context.Context, s *settings) (*realize.Owner, error) {
	doc, err := f.ownerDocument(ctx, s.owner, s.ownerKind)
	if err != nil {
		return nil, err
	}
	object, err := typed(doc)
	if err != nil {
		return nil, err
	}
	owner, err := realize.NewOwner(object)
	if err != nil {
		return nil, doc.Errorf("spec", "%w", err)
	}
	return owner, nil
}

// ownerDocument reads the one owner of a kind in a file.
func (f Files) ownerDocument(ctx context.Context, name, kind string) (*manifest.Document, error) {
	if name == "" {
		return nil, errors.New("no owner is given: a " + strings.Join(ownerNames(), ", a ") + ", or a path to one in " + fileInfo)
	}
	docs, err := f.documents(ctx, name, "")
	if err != nil {
		return nil, err
	}
	var found []*manifest.Document
	for i := range docs {
		if docs[i].Kind() == kind && docs[i].APIVersion() == v1alpha1.GroupVersion.String() {
			found = append(found, &docs[i])
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%s holds %d objects of kind %s; one is needed", f.show(name), len(found), kind)
	}
	return found[0], nil
}

func ownerNames() []string {
	names := make([]string, len(ownerFiles))
	for i, o := range ownerFiles {
		names[i] = o.file
	}
	return names
}

// choose finds the blueprint of an owner. A single one is taken even if it does not select
// the owner, with a warning: many a suite has owners without labels.
func (o *objects) choose(owner *realize.Owner) (b *blueprint.Blueprint, warning string, err error) {
	var candidates []*blueprint.Blueprint
	for _, b := range o.blueprints {
		if b.OwnerKind() == owner.Kind {
			candidates = append(candidates, b)
		}
	}
	if len(candidates) == 0 {
		return nil, "", fmt.Errorf("the files of the chain hold no blueprint of a %s", owner.Kind)
	}
	selected, broken := blueprint.Select(candidates, blueprint.Subject{Labels: owner.Labels, View: owner.View})
	switch {
	case len(selected) == 1:
		return selected[0], "", nil
	case len(candidates) == 1:
		b := candidates[0]
		why := b.Selector.Unmet(blueprint.Subject{Labels: owner.Labels, View: owner.View})
		return b, fmt.Sprintf("%s %s does not select the %s, which would not be stamped in a cluster: unmet %s", b.Kind, b.Name, owner.Kind, why), nil
	}
	names := map[string]bool{}
	for _, b := range selected {
		names[b.Name] = true
	}
	if len(selected) > 0 {
		return nil, "", fmt.Errorf("several blueprints select the %s equally well: %s", owner.Kind, strings.Join(slices.Sorted(maps.Keys(names)), ", "))
	}
	faults := []error{fmt.Errorf("none of the %d blueprints selects the %s", len(candidates), owner.Kind)}
	for _, b := range broken {
		faults = append(faults, fmt.Errorf("%s: %w", b.Blueprint.Name, b.Err))
	}
	return nil, "", errors.Join(faults...)
}
