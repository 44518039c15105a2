package world

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/tail"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// maxLogs is how many bytes of lines wait to be shown.
const maxLogs = 4 << 20

// logs delivers lines until the owner is gone; those of earlier instances once.
func (w *World) logs(ctx context.Context, c *Cluster, t feed.Logs, emit func(any)) error {
	reader, err := tail.NewReader(c.Config)
	if err != nil {
		return fmt.Errorf("cannot make a client for logs: %w", err)
	}
	return w.logsBy(ctx, c, reader, t, emit)
}

func (w *World) logsBy(ctx context.Context, c *Cluster, reader tail.Reader, t feed.Logs, emit func(any)) error {
	if n := noun.OfKind(t.Owner.Kind); n == nil || n.Cluster {
		return &Ended{Err: fmt.Errorf("%s %s has no logs: nothing runs for it", t.Owner.Kind, t.Owner.Name)}
	}
	ref := collect.OwnerRef{Kind: t.Owner.Kind, Namespace: t.Owner.Namespace, Name: t.Owner.Name}
	o := tail.Options{
		Follow: follow.Options{Client: c.Client, Ref: ref, Inputs: w.inputs(c, t.Owner)},
		Once:   t.Previous, Previous: t.Previous,
		Logs: reader, Since: t.Since, MaxStreams: tail.DefaultStreams,
	}
	for _, only := range []struct {
		name string
		into *[]string
	}{{t.Step, &o.Select.Steps}, {t.Pod, &o.Select.Pods}, {t.Container, &o.Select.Containers}} {
		if only.name != "" {
			*only.into = []string{only.name}
		}
	}
	next := gathered[said]{most: maxLogs, weigh: func(s said) int { return len(s.line.Message) + len(s.note) + 100 }}
	err := next.deliver(ctx, func(ctx context.Context, add func(said)) error {
		o.Sink = func(l tail.Line) error {
			add(said{line: logLine(l)})
			return nil
		}
		o.Note = once(func(note string) { add(said{note: note}) })
		return tail.Run(ctx, o)
	}, func(batch []said, dropped int) {
		emit(linesOf(batch, dropped))
	})
	var finding *cmdutil.FindingError
	switch {
	case ctx.Err() != nil:
		return err
	case errors.As(err, &finding):
		return &Ended{Err: err} // such as a step that there is not
	case !t.Previous:
		return err
	}
	end := feed.LogLines{Ended: true}
	if err != nil {
		end.Note = err.Error() // to read them again every few seconds would only repeat it
	}
	emit(end)
	return nil
}

// said is a line, or a note about lines that do not come.
type said struct {
	line feed.LogLine
	note string
}

func linesOf(batch []said, dropped int) feed.LogLines {
	lines := feed.LogLines{Dropped: dropped}
	var notes []string
	for _, s := range batch {
		switch {
		case s.note == "":
			lines.Lines = append(lines.Lines, s.line)
		case !slices.Contains(notes, s.note):
			notes = append(notes, s.note)
		}
	}
	lines.Note = strings.Join(notes, "; ")
	return lines
}

func logLine(l tail.Line) feed.LogLine {
	at, _ := time.Parse(time.RFC3339Nano, l.Time) // what the node itself says has none
	return feed.LogLine{Time: at, Step: l.Step, Pod: l.Pod, Container: l.Container, Message: l.Message}
}

// once tells each note once. What is not permitted is the same for all pods.
func once(tell func(string)) func(string, ...any) {
	var mu sync.Mutex
	told := map[string]bool{}
	return func(format string, args ...any) {
		text := noPermission(args)
		if text == "" {
			text = fmt.Sprintf(format, args...)
		}
		mu.Lock()
		known := told[text]
		told[text] = true
		mu.Unlock()
		if !known {
			tell(text)
		}
	}
}
