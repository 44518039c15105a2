package tree

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/cli/reference"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
)

// Run shows the trees once, or follows them.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	source := collect.Source{Client: client, Mapper: o.Mapper, Discovery: o.Discovery, Clock: o.Clock}
	if o.Watch {
		return o.explain(ctx, client, o.watch(ctx, source))
	}
	var missing []error
	snapshot, err := o.read(ctx, source, func(index int, err error) {
		missing = append(missing, o.explainRoot(ctx, client, o.Objects[index], err))
	})
	if err != nil {
		return o.explain(ctx, client, err)
	}
	if len(missing) > 0 && len(missing) == len(o.Objects) {
		return errors.Join(missing...)
	}
	return errors.Join(append([]error{o.print(snapshot)}, missing...)...)
}

// read gives what is to be shown. Of several objects each that can not be read is missing,
// and costs nobody the others.
func (o *Options) read(ctx context.Context, source collect.Source, missing func(int, error)) (tree.Snapshot, error) {
	if o.Up {
		return collect.Up(ctx, source, o.root(o.Objects[0]))
	}
	query, filter := o.query()
	query.Missing = missing
	forest, err := collect.Trees(ctx, source, query)
	if err != nil {
		return nil, err
	}
	if len(forest.Trees) == 1 { // in a list every owner may have other steps
		for _, step := range filter.Steps {
			if err := follow.UnknownStep(forest.Trees[0], step); err != nil {
				return nil, err
			}
		}
	}
	return filter.Apply(forest), nil
}

func (o *Options) watch(ctx context.Context, source collect.Source) error {
	view := o.view()
	switch {
	case o.Up:
		return collect.FollowUp(ctx, source, o.root(o.Objects[0]), func(p *tree.Path) error { return view.Show(p) })
	case o.Until != "":
		r := o.Objects[0]
		return follow.Run(ctx, follow.Options{
			Client: source.Client, Ref: collect.OwnerRef{Kind: r.Kind, Namespace: o.namespace, Name: r.Name},
			View: filtered{view, o.Filter}, UntilReady: true, FailGrace: follow.FailGrace, Timeout: o.Timeout,
		})
	}
	query, filter := o.query()
	return collect.FollowTrees(ctx, source, query, func(f *tree.Forest) error { return view.Show(filter.Apply(f)) })
}

// filtered shows a part of each tree.
type filtered struct {
	follow.View
	filter tree.Filter
}

func (f filtered) Show(s tree.Snapshot) error {
	if t, ok := s.(*tree.Tree); ok {
		s = f.filter.Apply(tree.Single(t))
	}
	return f.View.Show(s)
}

// query reads no more than is shown: lists are made of statuses unless a person asks for
// what is below. The filter then shows no more than was read.
func (o *Options) query() (collect.Query, tree.Filter) {
	q := collect.Query{Deep: o.Deep, Shallow: len(o.Filter.Kinds) == 0}
	filter := o.Filter
	levels := 0
	for _, r := range o.Objects {
		q.Roots = append(q.Roots, o.root(r))
		steps := 1 // the level on which the steps are
		if r.Noun != nil && r.Noun.Cluster {
			steps = 2
		}
		many := r.Name == "" || steps == 2
		if filter.Depth > steps || filter.Depth == 0 && !many {
			q.Shallow = false
		}
		levels = max(levels, steps)
	}
	if q.Shallow && filter.Depth == 0 {
		filter.Depth = levels
	}
	return q, filter
}

func (o *Options) root(r reference.Reference) collect.Root {
	root := collect.Root{Resource: r.Resource, Namespace: o.namespace, Name: r.Name, Selector: o.Selector}
	switch {
	case r.Noun != nil && r.Noun.Cluster:
		// Its owners are everywhere, unless a person says where to look.
		if !o.explicit {
			root.Namespace = ""
		}
	case r.Cluster, o.AllNamespaces:
		root.Namespace = ""
	}
	return root
}

func (o *Options) print(s tree.Snapshot) error {
	w := o.Streams.Out
	switch o.Output.Format() {
	case "json":
		return tree.WriteJSON(w, s, false)
	case "yaml":
		return tree.WriteYAML(w, s)
	case "name":
		return tree.WriteNames(w, s)
	case "dot":
		return tree.WriteDOT(w, s)
	case "mermaid":
		return tree.WriteMermaid(w, s)
	case "", "table", "wide":
		if f, ok := s.(*tree.Forest); ok && len(f.Trees) == 0 {
			_, err := fmt.Fprintln(o.Streams.ErrOut, "No owners found.")
			return err
		}
		return tree.WriteTable(w, s, o.table())
	}
	return o.Output.PrintData(w, tree.Document(s))
}

func (o *Options) table() tree.TableOptions {
	// Owners of one namespace need no column for it.
	several := slices.ContainsFunc(o.Objects, func(r reference.Reference) bool {
		return r.Noun != nil && r.Noun.Cluster && !o.explicit || r.Name == "" && o.AllNamespaces
	})
	return tree.TableOptions{
		Program: o.Program,
		Now:     o.Clock(), Wide: o.Output.Format() == "wide", Unicode: o.Streams.Unicode(),
		Color: o.Streams.UseColor(), Width: o.Streams.Width(), Namespace: several, NoHeaders: o.Output.NoHeaders,
	}
}

func (o *Options) watchable() bool {
	switch o.Output.Format() {
	case "", "table", "wide", "json", "yaml":
		return true
	}
	return false
}

func (o *Options) view() follow.View {
	switch format := o.Output.Format(); {
	case format == "json" || format == "yaml":
		return follow.Documents(o.Streams.Out, format)
	case o.Streams.CanRepaint():
		return follow.Repaint(o.Streams.NewPainter(o.Streams.Out), o.table)
	}
	return follow.Lines(o.Streams.Out, o.Clock)
}

// explain says which of the objects could not be read.
func (o *Options) explain(ctx context.Context, client dynamic.Interface, err error) error {
	if err == nil || apierrors.ReasonForError(err) == "" {
		return err
	}
	r := o.Objects[0]
	if len(o.Objects) > 1 {
		for _, other := range o.Objects {
			if named(err) == other.Name {
				r = other
			}
		}
	}
	return o.explainRoot(ctx, client, r, err)
}

func (o *Options) explainRoot(ctx context.Context, client dynamic.Interface, r reference.Reference, err error) error {
	if apierrors.IsNotFound(err) && !collect.MissingKind(err) {
		return r.Missing(ctx, client, o.namespace)
	}
	what := "read " + r.Qualified(o.namespace)
	if r.Name == "" {
		what = "list " + r.Noun.Plural // only owners have no name
	}
	return cmdutil.Explain(o.Program, what, err)
}

// named is the object that an answer of the API server is about.
func named(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Details != nil {
		return status.Status().Details.Name
	}
	return ""
}
