package diff

import (
	"fmt"
	"io"
	"strings"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/impact"
	"github.com/carto-run/carto/pkg/table"
)

// writeAffected lists the owners that are concerned.
func (o *Options) writeAffected(found *impact.Impact) error {
	if len(found.Owners) > 0 {
		rows := make([][]string, len(found.Owners))
		for i := range found.Owners {
			owner := &found.Owners[i]
			rows[i] = []string{
				owner.Namespace, owner.Kind + "/" + owner.Name, o.moves(owner), objectsOf(owner), stateOf(owner),
			}
		}
		t := table.New([]table.Column{{Title: "NAMESPACE"}, {Title: "OWNER"}, {Title: "BLUEPRINT", Min: 12}, {Title: "OBJECTS"}, {Title: "STEPS", Min: 12}},
			table.Options{Width: o.Streams.Width(), Unicode: o.Streams.Unicode(), NoHeaders: o.Output.NoHeaders})
		if err := t.Write(o.Streams.Out, rows); err != nil {
			return err
		}
	}
	// Talk, so that the list is data.
	return o.writeEnd(o.Streams.ErrOut, found)
}

// moves says which blueprint the owner has, and had.
func (o *Options) moves(owner *impact.Owner) string {
	if owner.Blueprint == owner.BlueprintBefore || owner.BlueprintBefore == "" && owner.Given == impact.Created {
		return cmdutil.Dash(owner.Blueprint)
	}
	none := func(name string) string {
		if name == "" {
			return "none"
		}
		return name
	}
	return none(owner.BlueprintBefore) + " " + o.arrow() + " " + none(owner.Blueprint)
}

func (o *Options) arrow() string {
	if o.Streams.Unicode() {
		return "→"
	}
	return "->"
}

// objectsOf counts: 2 changed, 1 created.
func objectsOf(owner *impact.Owner) string {
	counts := map[impact.Change]int{}
	for _, o := range owner.Objects {
		counts[o.Change]++
	}
	var parts []string
	for _, change := range []impact.Change{impact.Changed, impact.Created, impact.Removed} {
		if counts[change] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[change], change))
		}
	}
	return cmdutil.Dash(strings.Join(parts, ", "))
}

// stateOf is what is worth a second look.
func stateOf(owner *impact.Owner) string {
	if owner.Stops != nil {
		return "stops: " + owner.Stops.Reason
	}
	var parts []string
	for _, s := range owner.Steps {
		if s.State == impact.Fails {
			parts = append(parts, s.Step+" fails")
		}
	}
	return cmdutil.Dash(strings.Join(parts, ", "))
}

// writeEnd writes the summary, and what is uncertain.
func (o *Options) writeEnd(w io.Writer, found *impact.Impact) error {
	out := &strings.Builder{}
	out.WriteString(summary(found, o.arrow()) + "\n")
	if n := found.Summary.Pending; n > 0 {
		fmt.Fprintf(out, "Left out: %s that the agent changes anyway, by drift or by work that it has yet to do.\n", counted(n, "object"))
	}
	for _, d := range found.Degraded {
		fmt.Fprintf(out, "Less certain: %s: %s.\n", counted(d.Objects, "object"), table.OneLine(d.Message))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// summary reads: 3 templates → 41 owners, 57 objects change, 2 created, 1 removed.
func summary(found *impact.Impact, arrow string) string {
	s := found.Summary
	var given []string
	for _, part := range []struct {
		n    int
		word string
	}{{s.Templates, "template"}, {s.Blueprints, "blueprint"}, {s.GivenOwners, "owner"}} {
		if part.n > 0 {
			given = append(given, counted(part.n, part.word))
		}
	}
	if len(given) == 0 {
		return "Nothing would change."
	}
	change := "objects change"
	if s.Changed == 1 {
		change = "object changes"
	}
	text := fmt.Sprintf("%s %s %s, %d %s", strings.Join(given, ", "), arrow, counted(s.Owners, "owner"), s.Changed, change)
	if s.Created > 0 {
		text += fmt.Sprintf(", %d created", s.Created)
	}
	if s.Removed > 0 {
		text += fmt.Sprintf(", %d removed", s.Removed)
	}
	if s.Failing > 0 {
		text += fmt.Sprintf(", %s would fail", counted(s.Failing, "owner"))
	}
	return text
}

func counted(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
