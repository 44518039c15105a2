package world

import (
	"context"

	"github.com/carto-run/carto/pkg/tui/feed"
)

func (w *World) events(context.Context, *Cluster, feed.Events, func(any)) error { return errNotYet }
