package world

import (
	"context"
	"sync"
)

// gathered are things that wait for their delivery.
type gathered[T any] struct {
	// most is how much may wait, in whatever weigh counts.
	most  int
	weigh func(T) int

	mu      sync.Mutex
	waiting []T
	weight  int
	dropped int
	some    chan struct{}
}

// deliver hands what produce adds to out, all that came since at once. Of what is more than
// may wait, the oldest are dropped, and counted. It returns the error of produce after the last delivery.
func (g *gathered[T]) deliver(ctx context.Context, produce func(context.Context, func(T)) error, out func(batch []T, dropped int)) error {
	g.some = make(chan struct{}, 1)
	ended := make(chan error, 1)
	add := func(one T) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.waiting = append(g.waiting, one)
		for g.weight += g.weigh(one); g.weight > g.most && len(g.waiting) > 1; g.dropped++ {
			g.weight -= g.weigh(g.waiting[0])
			g.waiting = g.waiting[1:]
		}
		select {
		case g.some <- struct{}{}:
		default:
		}
	}
	var group sync.WaitGroup
	defer group.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	spawn(&group, func() error { return produce(ctx, add) }, func(err error) { ended <- err })
	flush := func() {
		g.mu.Lock()
		batch, dropped := g.waiting, g.dropped
		g.waiting, g.weight, g.dropped = nil, 0, 0
		g.mu.Unlock()
		if len(batch) > 0 {
			out(batch, dropped)
		}
	}
	for {
		select {
		case <-g.some:
			flush()
		case err := <-ended:
			flush()
			return err
		}
	}
}
