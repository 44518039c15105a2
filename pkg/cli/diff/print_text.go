package diff

import (
	"fmt"
	"io"
	"strings"

	"github.com/carto-run/carto/pkg/impact"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/yamldiff"
)

// mostFields are named in the line of an object; the difference below it has all.
const mostFields = 4

// signs and colours of changes.
var looks = map[impact.Change]struct{ sign, color string }{
	impact.Created: {"+", "32"}, impact.Changed: {"~", "33"}, impact.Removed: {"-", "31"},
}

// writeText writes what would change: the objects of the files, each owner with its
// objects and steps, the summary.
func (o *Options) writeText(found *impact.Impact) error {
	out := &strings.Builder{}
	for _, f := range found.Files {
		if f.Change != impact.Unchanged {
			place := ""
			if f.File != "" {
				place = fmt.Sprintf(" (%s:%d)", f.File, f.Line)
			}
			out.WriteString(o.paint(f.Change, printable(fmt.Sprintf("%s %s %s%s", looks[f.Change].sign, f.Kind, qualified(f.Namespace, f.Name), place))) + "\n")
		}
	}
	for i := range found.Owners {
		if owner := &found.Owners[i]; !owner.Quiet() {
			if err := o.writeOwner(out, owner); err != nil {
				return err
			}
		}
	}
	if out.Len() > 0 {
		out.WriteString("\n")
	}
	if err := o.writeEnd(out, found); err != nil {
		return err
	}
	_, err := io.WriteString(o.Streams.Out, out.String())
	return err
}

func (o *Options) writeOwner(out *strings.Builder, owner *impact.Owner) error {
	title := fmt.Sprintf("%s %s", owner.Kind, qualified(owner.Namespace, owner.Name))
	if blueprint := o.moves(owner); blueprint != "-" {
		title += " (" + blueprint + ")"
	}
	fmt.Fprintf(out, "\n%s\n", o.bold(printable(title)))
	if owner.Stops != nil {
		fmt.Fprintf(out, "  stops: %s: %s\n", owner.Stops.Reason, table.OneLine(owner.Stops.Message))
	}
	for i := range owner.Objects {
		if err := o.writeObject(out, &owner.Objects[i]); err != nil {
			return err
		}
	}
	for _, s := range owner.Steps {
		fmt.Fprintf(out, "  %s\n", stepLine(s))
	}
	return nil
}

func (o *Options) writeObject(out *strings.Builder, object *impact.Object) error {
	line := fmt.Sprintf("  %s %s/%s", looks[object.Change].sign, object.Kind, object.Name)
	var about []string
	if object.Step != "" {
		about = append(about, "step "+object.Step)
	}
	if object.Run && object.Change == impact.Created {
		about = append(about, "a new run")
	}
	if object.AsRendered {
		about = append(about, "as rendered")
	}
	if len(about) > 0 {
		line += " (" + strings.Join(about, ", ") + ")"
	}
	if n := len(object.Fields); n > 0 {
		line += ": " + strings.Join(object.Fields[:min(n, mostFields)], ", ")
		if n > mostFields {
			line += fmt.Sprintf(" and %d more", n-mostFields)
		}
	}
	out.WriteString(o.paint(object.Change, printable(line)) + "\n")
	if object.Change == impact.Removed {
		return nil // every line of it, with a minus, tells nobody anything
	}
	diff, err := yamldiff.Of(object.Before, object.After)
	if err != nil {
		return err
	}
	text := &strings.Builder{}
	if err := diff.Write(text, o.Streams.UseColor()); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		out.WriteString("    " + line)
	}
	return nil
}

// stepLine says of a step what its objects do not tell.
func stepLine(s impact.Step) string {
	from := strings.Join(s.From, ", ")
	var text string
	switch s.State {
	case impact.Waits:
		text = fmt.Sprintf("step %s waits for %s", s.Step, from)
	case impact.NoOutput:
		if s.Reason != nil {
			text = fmt.Sprintf("step %s gives no output: %s: %s", s.Step, s.Reason.Reason, s.Reason.Message)
			break
		}
		text = fmt.Sprintf("step %s gives no output until its object has been worked on", s.Step)
	case impact.Recovers:
		text = fmt.Sprintf("step %s no longer fails or waits", s.Step)
	case impact.Follows:
		text = fmt.Sprintf("step %s reads from %s: what it gets next is known only once that has been worked on", s.Step, from)
	case impact.Unread:
		text = fmt.Sprintf("step %s has objects that you may not read: nothing is known of the steps that read from it", s.Step)
	case impact.Fails:
		text = fmt.Sprintf("step %s fails: %s: %s", s.Step, s.Reason.Reason, s.Reason.Message)
	}
	return table.OneLine(text)
}

func (o *Options) paint(change impact.Change, line string) string {
	return o.color(looks[change].color, line)
}

func (o *Options) bold(line string) string { return o.color("1", line) }

func (o *Options) color(code, line string) string {
	if !o.Streams.UseColor() {
		return line
	}
	return "\x1b[" + code + "m" + line + "\x1b[0m"
}

func qualified(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}
