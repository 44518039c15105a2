package world

import (
	"context"

	"github.com/carto-run/carto/pkg/tui/feed"
)

func (w *World) logs(context.Context, *Cluster, feed.Logs, func(any)) error { return errNotYet }
