package delete

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/manifest"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
)

// target is an object to delete.
type target struct {
	namespace, name string
	// listed is true when it was found, not named.
	listed bool
	// stamped is how many objects its status names, once it was read.
	stamped int
}

// find names the objects, each once.
func (o *Options) find(ctx context.Context, client dynamic.Interface) ([]target, error) {
	var all []target
	seen := map[string]bool{}
	add := func(t target) {
		if key := t.namespace + "/" + t.name; !seen[key] {
			seen[key] = true
			all = append(all, t)
		}
	}
	for _, name := range o.Names {
		add(target{namespace: o.namespace, name: name})
	}
	for _, file := range o.Files {
		found, err := o.inFile(ctx, file)
		if err != nil {
			return nil, &cmdutil.UsageError{Err: err}
		}
		for _, t := range found {
			add(t)
		}
	}
	if o.All || o.Selector != "" {
		items, err := o.Noun.List(ctx, client, o.Program, o.namespace, o.Selector)
		if err != nil {
			return nil, err
		}
		for i := range items {
			add(target{items[i].GetNamespace(), items[i].GetName(), true, stamped(&items[i])})
		}
	}
	return all, nil
}

// inFile are the objects of a file, all of which must be of the noun. Its namespaces hold
// unless one was given by flag.
func (o *Options) inFile(ctx context.Context, path string) ([]target, error) {
	name, data, err := manifest.Read(ctx, o.Streams, path)
	if err != nil {
		return nil, err
	}
	docs, err := manifest.Parse(name, data)
	if err != nil {
		return nil, err
	}
	var found []target
	for i := range docs {
		doc := &docs[i]
		if got := doc.APIVersion() + " " + doc.Kind(); got != v1alpha1.GroupVersion.String()+" "+o.Noun.Kind {
			return nil, doc.Errorf("kind", "is %q; it must be %s %s", strings.TrimSpace(got), v1alpha1.GroupVersion, o.Noun.Kind)
		}
		if doc.Name() == "" {
			return nil, doc.Errorf("metadata", "has no name, so there is nothing to delete")
		}
		if err := noun.CheckName(o.Noun, doc.Name()); err != nil {
			return nil, doc.Errorf("metadata.name", "%w", err)
		}
		t := target{namespace: o.namespace, name: doc.Name()}
		if own, _, _ := unstructured.NestedString(doc.Object, "metadata", "namespace"); own != "" && !o.explicit {
			t.namespace = own
		}
		found = append(found, t)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: holds no document; it must hold a %s", name, o.Noun.Kind)
	}
	return found, nil
}

// look reads the objects that were named, so that the question can say what goes with
// them. Faults are of those that are not there, which are left out.
func (o *Options) look(ctx context.Context, client dynamic.Interface, targets []target) (there []target, faults []error) {
	for _, t := range targets {
		if !t.listed {
			obj, err := o.Noun.Client(client, t.namespace).Get(ctx, t.name, metav1.GetOptions{})
			switch {
			case apierrors.IsNotFound(err) && !collect.MissingKind(err):
				if fault := o.notFound(ctx, client, t); fault != nil {
					faults = append(faults, fault)
				}
				continue
			case apierrors.IsForbidden(err):
				// Who may delete need not be allowed to read.
			case err != nil:
				faults = append(faults, o.Noun.Explain(ctx, client, o.Program, "read", t.namespace, t.name, err))
				continue
			default:
				t.stamped = stamped(obj)
			}
		}
		there = append(there, t)
	}
	return there, faults
}

func stamped(obj *unstructured.Unstructured) int {
	count := 0
	steps, _, _ := unstructured.NestedSlice(obj.Object, "status", "resources")
	for _, step := range steps {
		if m, ok := step.(map[string]any); ok && m["stampedRef"] != nil {
			count++
		}
	}
	return count
}

// maxNames is how many objects the question names.
const maxNames = 10

func (o *Options) question(targets []target) string {
	var names []string
	count, namespaces := 0, map[string]bool{}
	for _, t := range targets {
		count += t.stamped
		namespaces[t.namespace] = true
	}
	for _, t := range targets[:min(len(targets), maxNames)] {
		if len(namespaces) > 1 {
			t.name = t.namespace + "/" + t.name
		}
		names = append(names, t.name)
	}
	what, them := o.Noun.Name, "it"
	if len(targets) > 1 {
		what, them = fmt.Sprintf("%d %s:", len(targets), o.Noun.Plural), "them"
	}
	text := "Delete " + what + " " + strings.Join(names, ", ")
	if more := len(targets) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if len(namespaces) == 1 {
		text += " in namespace " + targets[0].namespace
	}
	stampedFor := "everything stamped for " + them
	switch {
	case count == 1:
		stampedFor = "the object stamped for " + them
	case count > 1:
		stampedFor = fmt.Sprintf("the %d objects stamped for %s", count, them)
	}
	if o.Cascade == "orphan" {
		return text + ", but not " + stampedFor + "?"
	}
	return text + " and " + stampedFor + "?"
}
