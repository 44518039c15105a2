package world

import (
	"context"

	"github.com/carto-run/carto/pkg/tui/feed"
)

func (w *World) owners(context.Context, *Cluster, feed.Owners, func(any)) error { return errNotYet }
func (w *World) owner(context.Context, *Cluster, feed.Owner, func(any)) error   { return errNotYet }
func (w *World) object(context.Context, *Cluster, feed.Object, func(any)) error { return errNotYet }
func (w *World) explained(context.Context, *Cluster, feed.Explained, func(any)) error {
	return errNotYet
}
func (w *World) namespaces(context.Context, *Cluster, func(any)) error { return errNotYet }
