package world

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/carto-run/carto/pkg/cli/noun"
	explain "github.com/carto-run/carto/pkg/cli/why"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/why"
)

// explained delivers what the command why says, with everything that it can show. An owner
// that is shown is explained again when what explains it has changed; what its tree has of it
// needs no request.
func (w *World) explained(ctx context.Context, c *Cluster, t feed.Explained, emit func(any)) error {
	n := noun.OfKind(t.Owner.Kind)
	if n == nil {
		return &Ended{Err: fmt.Errorf("nothing is known of the kind %q", t.Owner.Kind)}
	}
	if _, shown := c.readings.present(rootOf(n, t.Owner)); shown && !n.Cluster {
		var last string
		return w.inputs(c, t.Owner)(ctx, func(in tree.Input) error {
			built := tree.Build(in)
			by := explainedBy(built)
			if by == last {
				return nil
			}
			found, err := explain.OfTree(ctx, w.source(c), built, true)
			if err != nil {
				return err
			}
			last = by
			emit(feed.Explanation{Why: found})
			return nil
		})
	}
	var found *why.Why
	var err error
	if n.Cluster {
		found, err = explain.Blueprint(ctx, c.Client, w.o.Program, n, t.Owner.Name)
	} else {
		found, err = explain.Owner(ctx, w.source(c), w.o.Program, n, t.Owner.Namespace, t.Owner.Name, true)
	}
	if err != nil {
		return err
	}
	emit(feed.Explanation{Why: found})
	return nil
}

// explainedBy tells states apart that are explained differently: those of a spec, of labels,
// of a blueprint, and of a cause.
func explainedBy(t *tree.Tree) string {
	by := struct {
		Generation int64
		Labels     map[string]string
		Blueprint  *tree.Ref
		Cause      *tree.RootCause
	}{Generation: t.Owner.Generation, Blueprint: t.Blueprint, Cause: t.RootCause}
	if t.Owner.Read != nil {
		by.Labels = t.Owner.Read.GetLabels()
	}
	text, err := json.Marshal(by)
	if err != nil {
		return err.Error() // strings and numbers can be encoded
	}
	return string(text)
}
