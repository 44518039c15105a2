package world

import (
	"context"
	"fmt"

	"github.com/carto-run/carto/pkg/cli/noun"
	explain "github.com/carto-run/carto/pkg/cli/why"
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
