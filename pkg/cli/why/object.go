package why

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/why"
)

// object explains the owner for which an object was made.
func (o *Options) object(ctx context.Context, source collect.Source) (*why.Why, error) {
	r := o.Object
	root := collect.Root{Resource: r.Resource, Namespace: o.namespace, Name: r.Name}
	if r.Cluster {
		root.Namespace = ""
	}
	path, err := collect.Up(ctx, source, root)
	switch {
	case apierrors.IsNotFound(err) && !collect.MissingKind(err):
		return nil, r.Missing(ctx, source.Client, o.namespace)
	case err != nil && apierrors.ReasonForError(err) != "":
		return nil, cmdutil.Explain(o.Program, "read "+r.Qualified(o.namespace), err)
	case err != nil:
		return nil, err
	}
	top := path.Owner()
	if top == nil {
		return nil, cmdutil.Findingf("%s is of no workload, deliverable or runnable: Carto did not stamp it, nor what owns it; try: kubectl describe %s %s", r.Qualified(o.namespace), r.Resource.GroupResource(), r.Name)
	}
	w, err := o.owner(ctx, source, noun.OfKind(top.Kind), top.Namespace, top.Name)
	if err != nil {
		return nil, err
	}
	step := ""
	if top.Step != nil {
		step = top.Step.Name
	}
	subject := path.Nodes[0].Ref
	subject.Resource = r.Resource.GroupResource().String()
	return w.Below(subject, step), nil
}
