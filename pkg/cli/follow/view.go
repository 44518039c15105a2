package follow

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
)

// View shows snapshots one after the other.
type View interface {
	Show(tree.Snapshot) error
}

// Repaint draws each snapshot over the one before. The table is asked for anew each
// time, because its ages and the width of the terminal change.
func Repaint(p *streams.Painter, table func() tree.TableOptions) View {
	return viewFunc(func(t tree.Snapshot) error {
		var text bytes.Buffer
		if err := tree.WriteTable(&text, t, table()); err != nil {
			return err
		}
		return p.Paint(text.String())
	})
}

// Progress shows a wait on standard error, where talk belongs: as a tree that is drawn
// over on a terminal, as lines elsewhere.
func Progress(s *streams.Streams, clock func() time.Time) View {
	if !s.ErrIsTerminal() {
		return Lines(s.ErrOut, clock)
	}
	return Repaint(s.NewPainter(s.ErrOut), func() tree.TableOptions {
		return tree.TableOptions{Now: clock(), Unicode: s.Unicode(), Color: s.UseErrColor(), Width: s.Width()}
	})
}

// Lines appends a line for each node that changed: what a log can hold.
func Lines(w io.Writer, clock func() time.Time) View {
	var before tree.Snapshot
	return viewFunc(func(t tree.Snapshot) error {
		out := tabwriter.NewWriter(w, 10, 0, 2, ' ', 0)
		for _, c := range tree.Changes(before, t) {
			_, _ = fmt.Fprintf(out, "%s\t%-28s\t%-7s\t%-7s\t%s\n", clock().UTC().Format(time.RFC3339), table.Cell(c.Name), cell(c.Ready.Status), cell(c.Healthy), cell(c.Reason))
		}
		before = t
		return out.Flush()
	})
}

// cell is never empty, and never more than one cell.
func cell(s string) string { return cmdutil.Dash(table.Cell(s)) }

// Documents writes each snapshot that differs from the one before: one line of JSON
// each, or YAML documents.
func Documents(w io.Writer, format string) View {
	var before []byte
	return viewFunc(func(t tree.Snapshot) error {
		var text bytes.Buffer
		var err error
		if format == "json" {
			err = tree.WriteJSON(&text, t, true)
		} else {
			text.WriteString("---\n")
			err = tree.WriteYAML(&text, t)
		}
		if err != nil || bytes.Equal(text.Bytes(), before) {
			return err
		}
		before = text.Bytes()
		_, err = w.Write(before)
		return err
	})
}

type viewFunc func(tree.Snapshot) error

func (f viewFunc) Show(t tree.Snapshot) error { return f(t) }
