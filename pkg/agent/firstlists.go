package agent

import (
	"context"
	"log/slog"
	"time"

	"k8s.io/client-go/tools/cache"
)

// firstList of a resource, without which the agent does not begin.
type firstList struct {
	resource string
	// heard is done when what is there at the start has been heard of.
	heard cache.DoneChecker
}

type firstLists []firstList

// outstanding are the resources whose first list is not there yet.
func (f firstLists) outstanding() []string {
	var resources []string
	for _, list := range f {
		select {
		case <-list.heard.Done():
		default:
			resources = append(resources, list.resource)
		}
	}
	return resources
}

// await returns once all are heard of; false when the context has ended before. It says every so
// often what it still waits for: a list that fails is logged by itself, but one that takes long,
// or an API server that lets its clients wait, would else be silent for minutes.
func (f firstLists) await(ctx context.Context, log *slog.Logger, every time.Duration) bool {
	checkers := make([]cache.DoneChecker, len(f))
	for i, list := range f {
		checkers[i] = list.heard
	}
	for {
		patience, stop := context.WithTimeout(ctx, every)
		heard := cache.WaitFor(patience, "", checkers...)
		stop()
		if heard || ctx.Err() != nil {
			return heard
		}
		log.Info("still waiting for first lists", "resources", f.outstanding())
	}
}
