package diff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/manifest"
	"github.com/carto-run/carto/pkg/impact"
	"github.com/carto-run/carto/pkg/realize"
)

// read reads all files. Faults of all of them are told at once.
func (o *Options) read(ctx context.Context) (*impact.Query, error) {
	g := &gatherer{namespace: o.namespace, query: &impact.Query{}, seen: map[string]string{}, others: map[string]bool{}}
	docs, faults, err := manifest.ReadAll(ctx, o.Streams, o.Files)
	if err != nil {
		return nil, err
	}
	for _, doc := range docs {
		if err := g.take(doc); err != nil {
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if len(g.query.Given) == 0 && len(o.removed) == 0 {
		return nil, fmt.Errorf("%s: no template, blueprint or owner of %s in it", strings.Join(o.Files, ", "), v1alpha1.GroupVersion)
	}
	g.tell(o)
	return g.query, nil
}

// gatherer sorts the objects of files.
type gatherer struct {
	namespace string
	query     *impact.Query
	seen      map[string]string // place of each object
	others    map[string]bool   // kinds that are left out
}

func (g *gatherer) take(doc *manifest.Document) error {
	u := (&unstructured.Unstructured{Object: doc.Object}).DeepCopy()
	known := v1alpha1.KindOf(doc.Kind())
	switch {
	case doc.APIVersion() == "v1" && doc.Kind() == "ServiceAccount":
		g.query.Accounts = append(g.query.Accounts, realize.Account{Namespace: cmp.Or(doc.Namespace(), g.namespace), Name: doc.Name()})
		return nil
	case doc.APIVersion() != v1alpha1.GroupVersion.String():
		g.others[doc.Kind()] = true
		return nil
	case known == nil:
		return doc.Errorf("kind", "%s has no kind %q", v1alpha1.GroupVersion, doc.Kind())
	case doc.Name() == "":
		return doc.Errorf("metadata", "metadata.name is missing, or is no text")
	case !known.Namespaced():
		u.SetNamespace("")
	case doc.Namespace() == "":
		u.SetNamespace(g.namespace)
	}
	if err := doc.Into(known.New()); err != nil {
		return err
	}
	name := u.GetKind() + " " + u.GetNamespace() + "/" + u.GetName()
	if first, twice := g.seen[name]; twice {
		return doc.Errorf("metadata.name", "%s %s is in the files twice, first at %s", u.GetKind(), u.GetName(), first)
	}
	g.seen[name] = fmt.Sprintf("%s:%d", doc.File, doc.Line)
	g.query.Given = append(g.query.Given, impact.Given{File: doc.File, Line: doc.Line, Object: u, Errorf: doc.Errorf})
	return nil
}

// tell says what was left out.
func (g *gatherer) tell(o *Options) {
	if len(g.others) == 0 {
		return
	}
	kinds := make([]string, 0, len(g.others))
	for kind := range g.others {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	_, _ = fmt.Fprintf(o.Streams.ErrOut, "Left out, as not of %s: objects of kind %s\n", v1alpha1.Group, printable(strings.Join(kinds, ", "))) // talk
}
