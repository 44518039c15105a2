package noun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/near"
)

// NameIn is the name in an argument, which may be TYPE/NAME too, as other commands take it
// and as -o name prints it; whatever else has a slash stays, and is no name.
func (n *Noun) NameIn(arg string) string {
	kind, name, slash := strings.Cut(arg, "/")
	if slash && Of(strings.TrimSuffix(kind, "."+v1alpha1.Group)) == n {
		return name
	}
	return arg
}

// CheckName tells what can be no name of an object.
func CheckName(n *Noun, name string) error {
	if name == "" || strings.Contains(name, "/") {
		return fmt.Errorf("%q is no name of a %s", name, n)
	}
	return nil
}

// patience with the requests that only make an error better.
const patience = 3 * time.Second

// Missing is the finding for an object that the API server did not find, with what was
// probably meant: names that are near, the namespace where the name exists, or that the
// namespace itself does not. Requests that fail only cost the advice, and so do names
// beyond those that can be read within the patience.
func (n *Noun) Missing(ctx context.Context, client dynamic.Interface, namespace, name string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	notFound := n.NotFound(namespace, name)
	names, err := n.names(ctx, client, namespace)
	if meant := near.DidYouMean(name, names); meant != "" {
		return cmdutil.Findingf("%w%s", notFound, meant)
	}
	if n.Cluster {
		return notFound
	}
	if err == nil && len(names) == 0 && NamespaceIsGone(ctx, client, namespace) {
		return cmdutil.Findingf("namespace %q not found, where %s %q was looked for", namespace, n, name)
	}
	if elsewhere := n.elsewhere(ctx, client, name); len(elsewhere) > 0 {
		return cmdutil.Findingf("%w; there is one in namespace %s", notFound, strings.Join(elsewhere, ", "))
	}
	return notFound
}

// names of all objects of a namespace; those of the first pages when the others fail.
func (n *Noun) names(ctx context.Context, client dynamic.Interface, namespace string) ([]string, error) {
	var names []string
	options := metav1.ListOptions{Limit: pageSize}
	for {
		page, err := n.Client(client, namespace).List(cmdutil.NamesOnly(ctx), options)
		if err != nil {
			return names, err
		}
		for i := range page.Items {
			names = append(names, page.Items[i].GetName())
		}
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return names, nil
		}
	}
}

// Explain is what a person is told when a request about one object failed. verb is what was
// attempted: read. What is no answer of the API server, such as a finding, stays as it is.
func (n *Noun) Explain(ctx context.Context, client dynamic.Interface, program, verb, namespace, name string, err error) error {
	var finding *cmdutil.FindingError
	switch {
	case errors.As(err, &finding):
		return err
	case apierrors.IsNotFound(err) && !collect.MissingKind(err):
		return n.Missing(ctx, client, namespace, name)
	case apierrors.ReasonForError(err) != "", cmdutil.Unreachable(err):
		return cmdutil.Explain(program, verb+" "+n.Qualified(namespace, name), err)
	}
	return err
}

// NamespaceIsGone tells whether the API server says that a namespace does not exist; false
// where that can not be found out.
func NamespaceIsGone(ctx context.Context, client dynamic.Interface, namespace string) bool {
	if namespace == metav1.NamespaceAll {
		return false
	}
	_, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}).Get(ctx, namespace, metav1.GetOptions{})
	return apierrors.IsNotFound(err)
}

// few is how many proposals are made.
const few = 3

// elsewhere are namespaces that have an object of the name.
func (n *Noun) elsewhere(ctx context.Context, client dynamic.Interface, name string) []string {
	list, err := n.Client(client, metav1.NamespaceAll).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("metadata.name", name).String(), Limit: few,
	})
	if err != nil {
		return nil
	}
	var found []string
	for i := range list.Items {
		if list.Items[i].GetName() == name {
			found = append(found, list.Items[i].GetNamespace())
		}
	}
	slices.Sort(found)
	return found[:min(few, len(found))]
}
