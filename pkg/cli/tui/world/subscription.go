package world

import (
	"context"
	"sync"
	"time"

	"github.com/carto-run/carto/pkg/tui/feed"
)

const (
	// pace is the least time between two deliveries of a subscription.
	pace = 50 * time.Millisecond
	// tryAgain is when what failed is tried again.
	tryAgain = 5 * time.Second
)

type subscription struct {
	world   *World
	cluster *Cluster
	id      feed.ID
	topic   feed.Topic
	end     context.CancelFunc
	// again asks for everything to be read again.
	again chan struct{}
}

// run delivers until ctx is done. A topic that ended, for good or for a while, can be begun
// again by a refresh.
func (s *subscription) run(ctx context.Context) error {
	defer s.end()
	emit := s.emitter(ctx)
	for ctx.Err() == nil {
		s.once(ctx, emit)
	}
	return nil
}

// once follows the topic until it has to begin again.
func (s *subscription) once(ctx context.Context, emit func(any)) {
	round, cancel := context.WithCancel(ctx)
	var waiter sync.WaitGroup
	defer waiter.Wait()
	defer cancel()
	spawn(&waiter, func() error {
		select {
		case <-s.again:
		case <-round.Done():
		}
		return nil
	}, func(error) { cancel() })
	err := guarded(func() error {
		return s.world.follow(round, s.cluster, s.topic, func(payload any) {
			if round.Err() == nil {
				emit(payload)
			}
		})
	})
	var retry <-chan time.Time
	if err != nil && round.Err() == nil {
		fault := faultOf(err)
		emit(fault)
		if !fault.Final {
			retry = time.After(tryAgain)
		}
	}
	select {
	case <-round.Done():
	case <-retry:
	}
}

// emitter delivers one payload at a time, and blocks as long as it is too early for another
// one or the program is busy. Topics gather meanwhile what they deliver next.
func (s *subscription) emitter(ctx context.Context) func(any) {
	var mu sync.Mutex
	var last time.Time
	return func(payload any) {
		mu.Lock()
		defer mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(pace - time.Since(last)):
		}
		if ctx.Err() != nil {
			return
		}
		s.world.send(feed.Delivery{ID: s.id, Payload: payload})
		last = time.Now()
	}
}
