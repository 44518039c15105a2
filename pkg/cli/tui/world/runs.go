package world

import (
	"context"
	"reflect"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// runs delivers the history of a step, or of a Runnable, whenever it changes.
func (w *World) runs(ctx context.Context, c *Cluster, t feed.Runs, emit func(any)) error {
	var told *feed.RunsSeen
	return w.history(ctx, c, t.Owner, t.Step, func(p *past) error {
		if p.mutable {
			return &Ended{Err: cmdutil.Findingf("step %s keeps one object up to date; there is no history", t.Step)}
		}
		seen := feed.RunsSeen{}
		for _, r := range p.runs {
			seen.Runs = append(seen.Runs, feed.Run{Object: r.object, Current: r.current, Ended: r.ended})
		}
		if told == nil || !reflect.DeepEqual(seen, *told) {
			told = &seen
			emit(seen)
		}
		return nil
	})
}
