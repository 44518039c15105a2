package world

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/cli/happenings"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// maxEvents waits to be delivered at most; the API server forgets events after an hour
// anyway.
const maxEvents = 5000

// events delivers what the cluster remembers, and goes on with what happens.
func (w *World) events(ctx context.Context, c *Cluster, t feed.Events, emit func(any)) error {
	inputs := w.inputs(c, t.Owner)
	first, err := firstOf(ctx, inputs)
	if err != nil {
		return err
	}
	var steps []string
	if t.Step != "" {
		steps = []string{t.Step}
		if err := knownStep(first, t.Step); err != nil {
			return err
		}
	}
	s := happenings.New(c.Client, first, steps, nil)
	s.Again = true // the later delivery of an event replaces the one before
	var found []*happenings.Event
	for i, namespace := range s.Namespaces() {
		some, err := s.List(ctx, namespace)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && i == 0: // that of the owner
			return refused(w.o.Program, "list events in namespace "+namespace, err)
		}
		found = append(found, some...)
	}
	slices.SortStableFunc(found, happenings.ByTime)
	seen := feed.EventsSeen{Synced: true}
	for _, e := range found {
		seen.Events = append(seen.Events, eventOf(e))
	}
	emit(seen)

	// What happens while a delivery waits goes into the next one.
	next := gathered[feed.Event]{most: maxEvents, weigh: func(feed.Event) int { return 1 }}
	return next.deliver(ctx, func(ctx context.Context, add func(feed.Event)) error {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		note := func(_ string, args ...any) {
			// A list that can not be kept up to date looks as if nothing happened.
			if text := noPermission(args); strings.Contains(text, "watch") {
				cancel(&Ended{Err: cmdutil.Findingf("%s", text)})
			}
		}
		return s.Follow(ctx, inputs, note, func(e *happenings.Event) error {
			add(eventOf(e))
			return nil
		})
	}, func(events []feed.Event, _ int) {
		slices.SortStableFunc(events, func(a, b feed.Event) int { return a.Time.Compare(b.Time) })
		emit(feed.EventsSeen{Events: events, Synced: true})
	})
}

func eventOf(e *happenings.Event) feed.Event {
	return feed.Event{
		UID: string(e.UID), Time: e.Time, Type: e.Type, About: e.Object, Step: e.Step,
		Reason: e.Reason, Message: e.Message, Count: int64(e.Times),
	}
}

var errEnough = errors.New("enough")

// firstOf is the present state of an owner.
func firstOf(ctx context.Context, inputs collect.Inputs) (tree.Input, error) {
	var first tree.Input
	err := inputs(ctx, func(in tree.Input) error {
		first = in
		return errEnough
	})
	if errors.Is(err, errEnough) {
		return first, nil
	}
	return first, err
}

// knownStep is Ended for a step that the owner does not have; OUTER/INNER is known by OUTER.
func knownStep(in tree.Input, step string) error {
	outer, _, _ := strings.Cut(step, "/")
	if err := follow.UnknownStep(tree.Build(in), outer); err != nil {
		return &Ended{Err: err}
	}
	return nil
}

// refused explains an answer of the API server; a refusal is told in few words, as there is
// a whole screen of it.
func refused(program, what string, err error) error {
	if text := cmdutil.NoPermission(err); text != "" {
		return &Ended{Err: cmdutil.Findingf("%s", text)}
	}
	return cmdutil.Explain(program, what, err)
}

// noPermission finds the refusal among the arguments of a note; empty when there is none.
func noPermission(args []any) string {
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			if text := cmdutil.NoPermission(err); text != "" {
				return text
			}
		}
	}
	return ""
}
