package why

import (
	"context"

	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/why"
)

func (o *Options) owner(ctx context.Context, source collect.Source, n *noun.Noun, namespace, name string) (*why.Why, error) {
	return Owner(ctx, source, o.Program, n, namespace, name, o.wantsTemplates())
}

// Owner explains a workload, deliverable or runnable. The templates, each of which costs a
// request, tell where its params come from.
func Owner(ctx context.Context, source collect.Source, program string, n *noun.Noun, namespace, name string, templates bool) (*why.Why, error) {
	forest, err := collect.Trees(ctx, source, collect.Query{Roots: []collect.Root{{Resource: n.Resource, Namespace: namespace, Name: name}}})
	if err != nil {
		return nil, n.Explain(ctx, source.Client, program, "read", namespace, name, err)
	}
	return OfTree(ctx, source, forest.Trees[0], templates)
}

// OfTree is Owner for who has read the tree already.
func OfTree(ctx context.Context, source collect.Source, t *tree.Tree, templates bool) (*why.Why, error) {
	facts, err := collect.Facts(ctx, source.Client, t, templates || why.TemplatesReason(t.RootCause))
	if err != nil {
		return nil, err
	}
	facts.Now = source.Clock()
	return why.Build(t, facts), nil
}

// Blueprint explains a supply chain or a delivery.
func Blueprint(ctx context.Context, client dynamic.Interface, program string, n *noun.Noun, name string) (*why.Why, error) {
	obj, err := n.Read(ctx, client, program, "", name)
	if err != nil {
		return nil, err
	}
	item, err := n.Decode(obj)
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
		APIVersion: v1alpha1.GroupVersion.String(), Kind: n.Kind, Resource: n.Resource.GroupResource().String(), Name: name,
	}, facts), nil
}
