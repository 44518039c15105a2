package world

import (
	"context"

	"github.com/carto-run/carto/pkg/tui/feed"
)

func (w *World) runs(context.Context, *Cluster, feed.Runs, func(any)) error { return errNotYet }
