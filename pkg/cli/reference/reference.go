// Package reference reads the arguments that name objects: TYPE/NAME, TYPE NAME, or TYPE
// alone for all of a kind. The types of Carto are known; for all others the cluster is
// asked.
package reference

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/near"
)

// Reference is an object, or all of a kind if it has no name.
type Reference struct {
	// Noun is nil for kinds that are not Carto's.
	Noun     *noun.Noun
	Kind     string
	Resource schema.GroupVersionResource
	// Cluster is true for kinds without namespaces.
	Cluster bool
	Name    string
}

// Qualified names the object in messages: workload shop/cart.
func (r Reference) Qualified(namespace string) string {
	if r.Noun != nil {
		return r.Noun.Qualified(namespace, r.Name)
	}
	if r.Cluster {
		return strings.ToLower(r.Kind) + " " + r.Name
	}
	return strings.ToLower(r.Kind) + " " + namespace + "/" + r.Name
}

// Missing is the finding for an object that is not there, with what was probably meant.
func (r Reference) Missing(ctx context.Context, client dynamic.Interface, namespace string) error {
	n := r.Noun
	if n == nil {
		n = &noun.Noun{Kind: r.Kind, Name: strings.ToLower(r.Kind), Resource: r.Resource, Cluster: r.Cluster}
	}
	return n.Missing(ctx, client, namespace, r.Name)
}

// Parser reads references.
type Parser struct {
	// Mapper asks the cluster; it is called only for types that are not Carto's.
	Mapper func() (meta.RESTMapper, error)
	// Discovery lists the types of the cluster, of which one may have been meant; nil costs
	// that advice.
	Discovery func() (discovery.DiscoveryInterface, error)
}

// Parse reads arguments: any number of TYPE/NAME, or one TYPE with any number of NAMEs.
func (p Parser) Parse(args []string) ([]Reference, error) {
	if len(args) == 0 {
		return nil, cmdutil.Usagef("an object is needed: TYPE/NAME, for example workload/cart")
	}
	if !strings.Contains(args[0], "/") {
		return p.ofType(args)
	}
	var all []Reference
	for _, arg := range args {
		typ, name, slash := strings.Cut(arg, "/")
		if !slash {
			return nil, cmdutil.Usagef("%q and %q: give TYPE/NAME... or TYPE NAME...", args[0], arg)
		}
		if typ == "" || name == "" || strings.Contains(name, "/") {
			return nil, cmdutil.Usagef("%q names nothing: give TYPE/NAME", arg)
		}
		r, err := p.typ(typ)
		if err != nil {
			return nil, err
		}
		r.Name = name
		all = append(all, r)
	}
	return all, nil
}

func (p Parser) ofType(args []string) ([]Reference, error) {
	if len(args) == 1 && known(args[0]) == nil {
		return nil, cmdutil.Usagef("%q names no type of Carto, of which all could be meant: give TYPE/NAME, for example workload/cart", args[0])
	}
	r, err := p.typ(args[0])
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		return []Reference{r}, nil
	}
	var all []Reference
	for _, name := range args[1:] {
		if name == "" || strings.Contains(name, "/") {
			return nil, cmdutil.Usagef("%q and %q: give TYPE/NAME... or TYPE NAME...", args[0], name)
		}
		r.Name = name
		all = append(all, r)
	}
	return all, nil
}

// typ finds a type as kubectl writes it: a plural, singular or short name, optionally
// with .GROUP or .VERSION.GROUP.
func (p Parser) typ(typ string) (Reference, error) {
	if r := known(typ); r != nil {
		return *r, nil
	}
	if p.Mapper == nil {
		return Reference{}, p.unknown(typ)
	}
	mapper, err := p.Mapper()
	if err != nil {
		return Reference{}, fmt.Errorf("cannot find out what type %q is: %w", typ, err)
	}
	mapping, err := find(mapper, typ)
	switch {
	case meta.IsNoMatchError(err):
		return Reference{}, p.unknown(typ)
	case err != nil:
		return Reference{}, fmt.Errorf("cannot find out what type %q is: %w", typ, err)
	}
	return Reference{
		Kind: mapping.GroupVersionKind.Kind, Resource: mapping.Resource,
		Cluster: mapping.Scope.Name() == meta.RESTScopeNameRoot,
	}, nil
}

// known finds a type of Carto; nil when it is none.
func known(typ string) *Reference {
	plain, group, _ := strings.Cut(strings.ToLower(typ), ".")
	if group != "" && group != v1alpha1.Group && group != v1alpha1.GroupVersion.Version+"."+v1alpha1.Group {
		return nil
	}
	if n := noun.Of(plain); n != nil {
		return &Reference{Noun: n, Kind: n.Kind, Resource: n.Resource, Cluster: n.Cluster}
	}
	if k := noun.TemplateKindOf(plain); k != nil {
		return &Reference{Kind: k.Kind, Resource: v1alpha1.GroupVersion.WithResource(k.Resource), Cluster: true}
	}
	return nil
}

func find(mapper meta.RESTMapper, typ string) (*meta.RESTMapping, error) {
	full, partial := schema.ParseResourceArg(typ)
	var kind schema.GroupVersionKind
	if full != nil {
		kind, _ = mapper.KindFor(*full)
	}
	if kind.Empty() {
		var err error
		if kind, err = mapper.KindFor(partial.WithVersion("")); err != nil {
			return nil, err
		}
	}
	return mapper.RESTMapping(kind.GroupKind(), kind.Version)
}

func (p Parser) unknown(typ string) error {
	meant := near.DidYouMean(typ, noun.Names())
	if meant == "" {
		meant = near.DidYouMean(strings.ToLower(typ), p.types())
	}
	return cmdutil.Usagef("the cluster has no type %q; those of Carto are: %s%s", typ, strings.Join(noun.Names(), ", "), meant)
}

// types of the cluster, as a person writes one of each.
func (p Parser) types() []string {
	if p.Discovery == nil {
		return nil
	}
	client, err := p.Discovery()
	if err != nil {
		return nil
	}
	lists, _ := client.ServerPreferredResources() // groups that do not answer are left out
	var types []string
	for _, list := range lists {
		for i := range list.APIResources {
			if r := &list.APIResources[i]; !strings.Contains(r.Name, "/") {
				types = append(types, cmp.Or(r.SingularName, strings.ToLower(r.Kind)))
			}
		}
	}
	return types
}
