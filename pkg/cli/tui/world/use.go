package world

import (
	"context"
	"fmt"
	"time"

	"github.com/carto-run/carto/pkg/tui/feed"
)

// use goes over to the cluster of another context, once that has answered; else the old one
// stays as it is.
func (w *World) use(ctx context.Context, a feed.Use) (string, error) {
	c, err := w.o.Connect(a.Context)
	if err != nil {
		return "", fmt.Errorf("cannot use context %q: %w", a.Context, err)
	}
	if c.Probe != nil {
		ctx, cancel := context.WithTimeout(ctx, probeTimeout)
		defer cancel()
		if err := c.Probe(ctx); err != nil {
			return "", fmt.Errorf("cannot use context %q: %s does not answer: %w", a.Context, c.Server, err)
		}
	}
	c.held = newHeld()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return "", context.Canceled
	}
	for id, s := range w.subscriptions {
		s.end()
		delete(w.subscriptions, id)
	}
	w.cluster = c
	w.watchConnection()
	return "using context " + c.Context, nil
}

// refresh reads everything that is followed again, and asks whether the API server answers.
func (w *World) refresh() string {
	w.readAgain()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.monitor.ask()
	return "read again at " + w.o.Clock().Format(time.TimeOnly)
}

// readAgain begins all subscriptions again but those of logs, which would repeat themselves.
func (w *World) readAgain() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cluster.readings.forget()
	for _, s := range w.subscriptions {
		if _, logs := s.topic.(feed.Logs); logs {
			continue
		}
		select {
		case s.again <- struct{}{}:
		default: // asked already
		}
	}
}
