package world

import (
	"context"

	"github.com/carto-run/carto/pkg/tui/feed"
)

func (w *World) versions(context.Context, *Cluster, feed.Versions, func(any)) error { return errNotYet }
