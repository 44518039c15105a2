package render

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/manifest"
	"github.com/carto-run/carto/pkg/offline"
)

// set is what the files hold.
type set struct {
	world  *offline.World
	owners []*owner
	// others are in the world, but nothing is stamped for or by them; unusable are not.
	others, unusable []string
	// observed are the objects of --observed but for those of Carto, in words.
	observed []string
	// places of blueprints and templates, by kind and name.
	places map[[2]string]*manifest.Document
	// twice are objects of which the last definition counts.
	twice []string
}

// owner is one of the owners.
type owner struct {
	offline.Owner
	doc   *manifest.Document
	typed metav1.Object
}

// reading is a set in the making.
type reading struct {
	set
	namespace   string
	definitions []any
	foreign     []*manifest.Document
	seen        map[[4]string]bool
	faults      []error
}

// readSet reads all files. What is wrong with them is told at once.
func (o *Options) readSet(ctx context.Context) (*set, error) {
	r := &reading{namespace: cmp.Or(*o.flagNamespace, offline.DefaultNamespace), seen: map[[4]string]bool{}}
	r.places = map[[2]string]*manifest.Document{}
	docs, faults, err := manifest.ReadAll(ctx, o.Streams, o.Files)
	if err != nil {
		return nil, err
	}
	for _, doc := range docs {
		r.take(doc)
	}
	observed, more, err := manifest.ReadAll(ctx, o.Streams, o.Observed)
	if err != nil {
		return nil, err
	}
	r.faults = slices.Concat(faults, r.faults, more)
	if r.world, err = offline.New(r.definitions...); err != nil {
		return nil, err
	}
	r.world.Assume, r.world.Namespace = o.Assume, r.namespace
	for _, doc := range r.foreign {
		name := doc.Kind() + "/" + doc.Name()
		if err := r.world.Observe(doc.Object); err != nil {
			r.unusable = append(r.unusable, name)
			continue
		}
		r.others = append(r.others, name)
	}
	for _, doc := range observed {
		if err := r.world.Observe(doc.Object); err != nil {
			r.faults = append(r.faults, doc.Errorf("", "%w", err))
		}
		if schema.FromAPIVersionAndKind(doc.APIVersion(), doc.Kind()).Group != v1alpha1.Group {
			r.observed = append(r.observed, inWords(doc.Kind(), cmp.Or(doc.Namespace(), r.namespace), doc.Name()))
		}
	}
	if len(r.faults) > 0 {
		return nil, &cmdutil.FindingError{Err: errors.Join(r.faults...)}
	}
	return &r.set, nil
}

// take sorts one object in.
func (r *reading) take(doc *manifest.Document) {
	kind := schema.FromAPIVersionAndKind(doc.APIVersion(), doc.Kind())
	switch {
	case kind.Kind == "" || kind.Version == "" || doc.Name() == "":
		if kind.Group == v1alpha1.Group {
			r.faults = append(r.faults, doc.Errorf("metadata", "the %s has no metadata.name", kind.Kind))
			return
		}
		r.unusable = append(r.unusable, doc.Errorf("", "no object with a kind and a name").Error())
	case kind.GroupKind() == schema.GroupKind{Group: apiextensionsv1.GroupName, Kind: "CustomResourceDefinition"}:
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := doc.IntoKnown(definition); err != nil {
			r.faults = append(r.faults, err)
			return
		}
		r.definitions = append(r.definitions, definition)
	case kind.Group == v1alpha1.Group:
		r.takeOwn(doc, kind)
	default:
		r.foreign = append(r.foreign, doc)
	}
}

// takeOwn sorts in an object of Carto's own kinds.
func (r *reading) takeOwn(doc *manifest.Document, kind schema.GroupVersionKind) {
	if strings.HasSuffix(kind.Kind, "List") {
		r.faults = append(r.faults, doc.Errorf("kind", "a %s can not be read; give its items, or a v1 List of them as kubectl get prints it", kind.Kind))
		return
	}
	known := v1alpha1.KindOf(kind.Kind)
	if known == nil || kind.GroupVersion() != v1alpha1.GroupVersion {
		r.faults = append(r.faults, doc.Errorf("apiVersion", "there is no kind %s in %s", kind.Kind, kind.GroupVersion()))
		return
	}
	object := known.New()
	if err := doc.Into(object); err != nil {
		r.faults = append(r.faults, err)
		return
	}
	isOwner := known.Role == v1alpha1.RoleOwner
	if isOwner && object.GetNamespace() == "" {
		object.SetNamespace(r.namespace)
	}
	key := [4]string{kind.Group, kind.Kind, object.GetNamespace(), object.GetName()}
	again := r.seen[key]
	r.seen[key] = true
	if again {
		r.twice = append(r.twice, doc.Errorf("", "%s %s is given twice; this one counts", kind.Kind, object.GetName()).Error())
	}
	if !isOwner {
		r.definitions = append(r.definitions, object)
		r.places[[2]string{kind.Kind, object.GetName()}] = doc
		return
	}
	next := &owner{Owner: offline.Owner{Kind: kind.Kind, Namespace: object.GetNamespace(), Name: object.GetName()}, doc: doc, typed: object}
	if again {
		r.owners = slices.DeleteFunc(r.owners, func(before *owner) bool { return before.Owner == next.Owner })
	}
	r.owners = append(r.owners, next)
}

func inWords(kind, namespace, name string) string { return kind + " " + namespace + "/" + name }
