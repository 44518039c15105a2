package diff

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	var faults []error
	for _, path := range o.Files {
		files, err := filesOf(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			name, data, err := manifest.Read(ctx, o.Streams, file)
			if err != nil {
				return nil, err
			}
			docs, err := manifest.Parse(name, data)
			faults = append(faults, err)
			for i := range docs {
				faults = append(faults, g.take(&docs[i]))
			}
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

// filesOf are the files below a folder, in the order of their names, without hidden ones; or
// the one that is named.
func filesOf(path string) ([]string, error) {
	info, err := os.Stat(path)
	if isFolder := err == nil && info.IsDir(); !isFolder {
		return []string{path}, nil // whoever reads it says what is wrong with it
	}
	var files []string
	err = filepath.WalkDir(path, func(at string, entry fs.DirEntry, err error) error {
		hidden := at != path && strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			return err
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case !entry.IsDir() && !hidden && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(at)):
			files = append(files, at)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot read the folder %s: %w", path, err)
	case len(files) == 0:
		return nil, fmt.Errorf("the folder %s has no .yaml, .yml or .json file", path)
	}
	return files, nil
}

// gatherer sorts the objects of files.
type gatherer struct {
	namespace string
	query     *impact.Query
	seen      map[string]string // place of each object
	others    map[string]bool   // kinds that are left out
}

func (g *gatherer) take(doc *manifest.Document) error {
	items, isList := doc.Object["items"].([]any)
	if doc.APIVersion() != "v1" || doc.Kind() != "List" || !isList {
		return g.object(doc, doc.Object, "")
	}
	var faults []error
	for i, item := range items {
		object, ok := item.(map[string]any)
		if !ok {
			faults = append(faults, doc.Errorf(fmt.Sprintf("items[%d]", i), "is no object"))
			continue
		}
		faults = append(faults, g.object(doc, object, fmt.Sprintf("items[%d].", i)))
	}
	return errors.Join(faults...)
}

// object takes one object, whose fields stand below a path of its document.
func (g *gatherer) object(doc *manifest.Document, fields map[string]any, below string) error {
	u := &unstructured.Unstructured{Object: fields}
	typed := impact.New(u.GetKind())
	switch namespace := u.GetNamespace(); {
	case u.GetAPIVersion() == "v1" && u.GetKind() == "ServiceAccount":
		if namespace == "" {
			namespace = g.namespace
		}
		g.query.Accounts = append(g.query.Accounts, realize.Account{Namespace: namespace, Name: u.GetName()})
		return nil
	case u.GetAPIVersion() != v1alpha1.GroupVersion.String():
		g.others[u.GetKind()] = true
		return nil
	case typed == nil:
		return doc.Errorf(below+"kind", "%s has no kind %q", v1alpha1.GroupVersion, u.GetKind())
	case u.GetName() == "":
		return doc.Errorf(below+"metadata", "metadata.name is missing, or is no text")
	case !impact.Namespaced(u.GetKind()):
		u.SetNamespace("")
	case namespace == "":
		u.SetNamespace(g.namespace)
	}
	if below == "" {
		if err := doc.Into(typed); err != nil {
			return err
		}
	}
	name := u.GetKind() + " " + u.GetNamespace() + "/" + u.GetName()
	if first, twice := g.seen[name]; twice {
		return doc.Errorf(below+"metadata.name", "%s %s is in the files twice, first at %s", u.GetKind(), u.GetName(), first)
	}
	g.seen[name] = fmt.Sprintf("%s:%d", doc.File, doc.Line)
	g.query.Given = append(g.query.Given, impact.Given{
		File: doc.File, Line: doc.Line, Object: u,
		Errorf: func(field, format string, args ...any) error { return doc.Errorf(below+field, format, args...) },
	})
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
