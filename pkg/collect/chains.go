package collect

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/tree"
)

// Chain is a supply chain with its templates.
type Chain struct {
	*blueprint.Blueprint
	// Object as it was read.
	Object *unstructured.Unstructured
	// Templates lack what does not exist, and what could not be read.
	Templates map[blueprint.TemplateUse]*stamp.Template
}

// Chains reads all supply chains and the templates that they use: one list for the chains,
// one for each kind of templates, however many there are. Templates that can not be read are
// named; an error means that the chains themselves could not be read.
func Chains(ctx context.Context, client dynamic.Interface) ([]Chain, []tree.Unread, error) {
	r := newReader(Source{Client: client}, Query{})
	objects, err := r.list(ctx, target{resource: supplyChains})
	if err != nil {
		return nil, nil, err
	}
	var chains []Chain
	kinds := map[string]bool{}
	for i := range objects {
		b, err := compile(supplyChains, &objects[i])
		if err != nil {
			r.note("get", supplyChains.GroupResource().String(), "", objects[i].GetName(), err)
			continue
		}
		chains = append(chains, Chain{b, &objects[i], map[blueprint.TemplateUse]*stamp.Template{}})
		for _, use := range b.Templates() {
			kinds[use.Kind] = true
		}
	}
	compiled := r.allTemplates(ctx, slices.Sorted(maps.Keys(kinds)))
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	for _, c := range chains {
		for _, use := range c.Blueprint.Templates() {
			if t := compiled[templateName{use.Kind, use.Name}]; t != nil {
				c.Templates[use] = t
			}
		}
	}
	return chains, r.sorted(), nil
}

type templateName struct{ kind, name string }

// allTemplates of some kinds, compiled.
func (r *reader) allTemplates(ctx context.Context, kinds []string) map[templateName]*stamp.Template {
	found := make([]map[templateName]*stamp.Template, len(kinds))
	var group errgroup.Group
	for i := range TemplateKinds {
		k := &TemplateKinds[i]
		at := slices.Index(kinds, k.Kind)
		if at < 0 {
			continue
		}
		group.Go(func() error {
			found[at] = map[templateName]*stamp.Template{}
			for _, obj := range r.listAll(ctx, target{resource: k.resource()}) {
				typed, err := k.decoded(&obj, nil)
				if err != nil {
					r.note("get", k.resource().GroupResource().String(), "", obj.GetName(), err)
					continue
				}
				found[at][templateName{k.Kind, obj.GetName()}] = stamp.Compile(typed)
			}
			return nil
		})
	}
	_ = group.Wait() // what went wrong is noted
	all := map[templateName]*stamp.Template{}
	for _, f := range found {
		maps.Copy(all, f)
	}
	return all
}

// TemplateOf reads one template of whatever kind; nil when it does not exist.
func TemplateOf(ctx context.Context, client dynamic.Interface, kind, name string) (*stamp.Template, error) {
	for i := range TemplateKinds {
		if k := &TemplateKinds[i]; k.Kind == kind {
			typed, err := k.Read(ctx, client, name)
			if typed == nil || err != nil {
				return nil, err
			}
			return stamp.Compile(typed), nil
		}
	}
	return nil, nil
}
