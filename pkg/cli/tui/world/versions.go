package world

import (
	"context"
	"reflect"
	"time"

	"github.com/carto-run/carto/pkg/tui/feed"
)

// versions delivers what was stamped for a step: the runs that there are, or what was seen of
// the one object.
func (w *World) versions(ctx context.Context, c *Cluster, t feed.Versions, emit func(any)) error {
	var told *feed.VersionsSeen
	return w.history(ctx, c, t.Owner, t.Step, func(p *past) error {
		seen := feed.VersionsSeen{}
		switch {
		case p.mutable && p.object == nil:
			seen.Note = "the object can not be read, so no version is known"
		case p.mutable:
			var began time.Time
			seen.Versions, began = c.readings.memory.versions(p.object)
			seen.Note = "what was stamped before " + began.Format(time.TimeOnly) + " is not known: the cluster keeps the newest version only"
			if len(seen.Versions) < 2 {
				seen.Note = "one version is known: the cluster keeps the newest only, and nothing was stamped since " + began.Format(time.TimeOnly)
			}
		case len(p.runs) == 0:
			seen.Note = "nothing has been stamped yet"
		}
		for _, r := range p.runs[:min(len(p.runs), maxVersions)] {
			seen.Versions = append(seen.Versions, version(r.read, w.o.Clock()))
		}
		if len(p.runs) > maxVersions {
			seen.Note = "only the newest runs are shown"
		}
		if told == nil || !reflect.DeepEqual(seen, *told) {
			told = &seen
			emit(seen)
		}
		return nil
	})
}
