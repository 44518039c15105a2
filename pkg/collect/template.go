package collect

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
)

// TemplateKind is a kind of templates.
type TemplateKind struct {
	Kind string
	// Resource is the plural, and what kubectl calls it.
	Resource string
	// New makes an empty object.
	New func() any
}

// TemplateKinds are all of them; the last is the one of Runnables.
var TemplateKinds = func() []TemplateKind {
	var all []TemplateKind
	for _, k := range v1alpha1.KindsOf(v1alpha1.RoleTemplate) {
		all = append(all, TemplateKind{k.Name, k.Plural, func() any { return k.New() }})
	}
	return all
}()

func (k *TemplateKind) resource() schema.GroupVersionResource {
	return v1alpha1.GroupVersion.WithResource(k.Resource)
}

// Read reads a template; nil when it does not exist.
func (k *TemplateKind) Read(ctx context.Context, client dynamic.Interface, name string) (any, error) {
	return k.decoded(client.Resource(k.resource()).Get(ctx, name, metav1.GetOptions{}))
}

// decoded is the answer to a get as its own type; nil when the template does not exist.
// A cluster without the kind is an error: nothing is known of its templates.
func (k *TemplateKind) decoded(obj *unstructured.Unstructured, err error) (any, error) {
	switch {
	case apierrors.IsNotFound(err) && !MissingKind(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	typed := k.New()
	if err := decode(obj, typed); err != nil {
		return nil, err
	}
	return typed, nil
}

// MissingKind tells the API server's answer for a kind that it does not serve from the
// answer for an object that is not there: the former names no object.
func MissingKind(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	return details == nil || details.Name == ""
}

// templates reads those of a blueprint, each once. They are nil for what does not exist,
// and absent for what could not be read.
func (r *reader) templates(ctx context.Context, b *blueprint.Blueprint) map[blueprint.TemplateUse]*stamp.Template {
	type key struct{ kind, name string }
	index := map[key]int{}
	var keys []key
	for _, use := range b.Templates() {
		k := key{use.Kind, use.Name}
		if _, known := index[k]; !known {
			index[k] = len(keys)
			keys = append(keys, k)
		}
	}
	compiled := make([]*stamp.Template, len(keys))
	read := make([]bool, len(keys))
	var group errgroup.Group
	for i, k := range keys {
		group.Go(func() error {
			compiled[i], read[i] = r.template(ctx, k.kind, k.name)
			return nil
		})
	}
	_ = group.Wait() // what went wrong is noted
	all := map[blueprint.TemplateUse]*stamp.Template{}
	for _, use := range b.Templates() {
		if i := index[key{use.Kind, use.Name}]; read[i] {
			all[use] = compiled[i]
		}
	}
	return all
}

func (r *reader) template(ctx context.Context, kind, name string) (template *stamp.Template, read bool) {
	for i := range TemplateKinds {
		k := &TemplateKinds[i]
		if k.Kind != kind {
			continue
		}
		typed, err := k.decoded(r.get(ctx, k.resource(), "", name))
		switch {
		case err != nil:
			r.note("get", k.resource().GroupResource().String(), "", name, err)
			return nil, false
		case typed == nil:
			return nil, true
		}
		return stamp.Compile(typed), true
	}
	return nil, true // there is no such kind
}
