package agent

import (
	"context"
	"log/slog"
	"time"
)

// firstList of a resource, without which the agent does not begin.
type firstList struct {
	resource string
	// heard is closed when what is there at the start has been heard of.
	heard <-chan struct{}
}

type firstLists []firstList

// outstanding are the resources whose first list is not there yet.
func (f firstLists) outstanding() []string {
	var resources []string
	for _, list := range f {
		select {
		case <-list.heard:
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
	remind := time.NewTicker(every)
	defer remind.Stop()
	for _, list := range f {
		for heard := false; !heard; {
			select {
			case <-list.heard:
				heard = true
			case <-remind.C:
				log.Info("still waiting for first lists", "resources", f.outstanding())
			case <-ctx.Done():
				return false
			}
		}
	}
	return true
}
