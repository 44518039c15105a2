package world

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
)

var errNotYet = &Ended{Err: errors.New("not possible yet")}

func (w *World) retry(context.Context, *Cluster, feed.Retry) (string, error)   { return "", errNotYet }
func (w *World) delete(context.Context, *Cluster, feed.Delete) (string, error) { return "", errNotYet }
func (w *World) create(context.Context, *Cluster, feed.Create) (string, error) { return "", errNotYet }
func (w *World) edit(a feed.Edit) tea.Cmd {
	return screen.Send(feed.Done{Action: a, Err: errNotYet})
}
