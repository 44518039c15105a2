package why

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/why"
)

// owner explains a workload, deliverable or runnable.
func (o *Options) owner(ctx context.Context, client dynamic.Interface, n *noun.Noun, namespace, name string) (*why.Why, error) {
	in, err := collect.Collect(ctx, client, collect.OwnerRef{Kind: n.Kind, Namespace: namespace, Name: name})
	switch {
	case apierrors.IsNotFound(err) && !cmdutil.MissingKind(err):
		return nil, o.notFound(ctx, client, n, namespace, name)
	case err != nil && apierrors.ReasonForError(err) != "":
		return nil, cmdutil.Explain(o.Program, "read "+n.Qualified(namespace, name), err)
	case err != nil:
		return nil, err
	}
	in.Now = o.Clock()
	t := tree.Build(in)
	facts, err := collect.Facts(ctx, client, t, o.wantsTemplates() || why.TemplatesReason(t.RootCause))
	if err != nil {
		return nil, err
	}
	facts.Now = in.Now
	return why.Build(t, facts), nil
}

// blueprint explains a supply chain or a delivery.
func (o *Options) blueprint(ctx context.Context, client dynamic.Interface) (*why.Why, error) {
	obj, err := o.Noun.Client(client, "").Get(ctx, o.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err) && !cmdutil.MissingKind(err):
		return nil, o.notFound(ctx, client, o.Noun, "", o.Name)
	case err != nil:
		return nil, cmdutil.Explain(o.Program, "read "+o.Noun.Qualified("", o.Name), err)
	}
	item, err := o.Noun.Decode(obj)
	if err != nil {
		return nil, err
	}
	ready := item.Ready()
	facts := why.BlueprintFacts{
		Blueprint: item.Blueprint, Generation: item.Generation, Observed: item.Status.ObservedGeneration,
		Ready: tree.State{Status: string(ready.Status), Reason: ready.Reason, Message: ready.Message, Since: tree.ParseTime(ready.LastTransitionTime.UTC().Format("2006-01-02T15:04:05Z"))},
	}
	if ready.LastTransitionTime.IsZero() {
		facts.Ready.Since = nil
	}
	if facts.Missing, facts.Owners, facts.Unread, err = collect.BlueprintFacts(ctx, client, item.Blueprint); err != nil {
		return nil, err
	}
	return why.BuildBlueprint(tree.Ref{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: o.Noun.Kind, Resource: o.Noun.Resource.GroupResource().String(), Name: o.Name,
	}, facts), nil
}

// maxNames is how many names are read to find one that may have been meant.
const maxNames = 500

// notFound names what may have been meant.
func (o *Options) notFound(ctx context.Context, client dynamic.Interface, n *noun.Noun, namespace, name string) error {
	err := n.NotFound(namespace, name)
	list, listErr := n.Client(client, namespace).List(ctx, metav1.ListOptions{Limit: maxNames})
	if listErr != nil {
		return err // whoever may not list still learns that it is not there
	}
	names := make([]string, len(list.Items))
	for i := range list.Items {
		names[i] = list.Items[i].GetName()
	}
	near := why.Near(name, names)
	if len(near) == 0 {
		if len(names) == 0 && !n.Cluster {
			return cmdutil.Findingf("%v; there is none, see: %s %s list -A", err, o.Program, n.Name)
		}
		return err
	}
	return cmdutil.Findingf("%v; did you mean %s?", err, strings.Join(near, " or "))
}

// unknownType is the fault of a type that neither Carto nor the cluster knows.
func (o *Options) unknownType() error {
	names := []string{"workload", "deliverable", "runnable", "supplychain", "delivery"}
	text := fmt.Sprintf("the cluster has no type %q", o.Type)
	if near := why.Near(o.Type, names); len(near) > 0 {
		text += fmt.Sprintf("; did you mean %s?", near[0])
	}
	return cmdutil.Usagef("%s", text)
}
