package agent

import (
	"context"
	"time"
)

// idleAfter is how long nothing must have been done until the agent counts as idle. It is
// long enough that a trickle of changes does not make it idle between any two of them.
const idleAfter = 15 * time.Second

// watchIdle calls what the configuration has for an idle agent, once after each time of
// work.
func (a *Agent) watchIdle(ctx context.Context) {
	ticker := a.clock.NewTicker(idleAfter)
	defer ticker.Stop()
	var seen, told uint64
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C():
			now := a.passed.Load()
			if now == seen && now != told && a.queue.Len() == 0 && a.statuses.waiting() == 0 {
				told = now
				a.config.Idle()
			}
			seen = now
		}
	}
}
