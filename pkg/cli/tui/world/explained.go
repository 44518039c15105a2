package world

import (
	"context"
	"fmt"

	"github.com/carto-run/carto/pkg/cli/noun"
	explain "github.com/carto-run/carto/pkg/cli/why"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/why"
)

// explained delivers what the command why says, with everything that it can show.
func (w *World) explained(ctx context.Context, c *Cluster, t feed.Explained, emit func(any)) error {
	n := noun.OfKind(t.Owner.Kind)
	if n == nil {
		return &Ended{Err: fmt.Errorf("nothing is known of the kind %q", t.Owner.Kind)}
	}
	var found *why.Why
	var err error
	in, read := c.readings.present(rootOf(n, t.Owner))
	switch {
	case n.Cluster:
		found, err = explain.Blueprint(ctx, c.Client, w.o.Program, n, t.Owner.Name)
	case read: // it is shown: what a tree has of it needs no request
		found, err = explain.OfTree(ctx, w.source(c), tree.Build(in), true)
	default:
		found, err = explain.Owner(ctx, w.source(c), w.o.Program, n, t.Owner.Namespace, t.Owner.Name, true)
	}
	if err != nil {
		return err
	}
	emit(feed.Explanation{Why: found})
	return nil
}
