package world

import "github.com/carto-run/carto/pkg/tui/feed"

// contexts delivers those of the kubeconfig.
func (w *World) contexts(c *Cluster, emit func(any)) error {
	names, err := w.o.Contexts()
	if err != nil {
		return err
	}
	emit(feed.Names{Names: names, Current: c.Context})
	return nil
}
