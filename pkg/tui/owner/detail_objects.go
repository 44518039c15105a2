package owner

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/pane"
)

// roomy is the width from which containers and restarts have columns of their own.
const roomy = 84

// objectRow is an object, or a step of an owner below, in the table of objects.
type objectRow struct {
	lead   string
	title  string
	ready  tree.State
	object *tree.Object
	target *pane.Target
}

// objects with all that is below them, as a table whose rows can be selected.
func (w *writer) objects(owner tree.Ref, step string, all []tree.Object) {
	var rows []objectRow
	for i := range all {
		rows = w.object(rows, owner, step, &all[i], "", "")
	}
	columns := []table.Column{{Title: "NAME", Min: 16}, {Title: "READY"}, {Title: "REASON", Min: 8}, {Title: "AGE"}}
	pods := false
	for _, r := range rows {
		pods = pods || r.object != nil && r.object.Containers != nil
	}
	wide := pods && w.width >= roomy
	if wide {
		columns = []table.Column{{Title: "NAME", Min: 16}, {Title: "READY"}, {Title: "REASON", Min: 8}, {Title: "CONTAINERS"}, {Title: "RESTARTS"}, {Title: "AGE"}}
	}
	cells := make([][]string, 0, len(rows))
	for _, r := range rows {
		reason, containers, restarts, created := dash(r.ready.Reason), "-", "-", "-"
		if o := r.object; o != nil {
			if o.Missing {
				reason = "Missing"
			}
			created = dash(age(w.now, o.Created))
			if c := o.Containers; c != nil {
				containers, restarts = fmt.Sprintf("%d/%d", c.Ready, c.Total), strconv.FormatInt(c.Restarts, 10)
				if !wide {
					reason = fmt.Sprintf("%s %s", reason, containers)
					if c.Restarts > 0 {
						reason += ", " + count(int(c.Restarts), "restart")
					}
				}
			}
		}
		line := []string{r.lead + table.OneLine(r.title), status(w.theme, r.ready.Status), reason, created}
		if wide {
			line = []string{line[0], line[1], reason, containers, restarts, created}
		}
		cells = append(cells, line)
	}
	var out strings.Builder
	o := table.Options{Width: w.width, Unicode: w.theme.Unicode, Gap: 2, Paint: w.paint}
	if err := table.New(columns, o).Write(&out, cells); err != nil {
		return // a strings.Builder has no faults
	}
	for i, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
		if i == 0 {
			w.line(w.theme.Faint.Render(line), nil)
			continue
		}
		w.line(line, rows[i-1].target)
	}
}

// complaints are what those objects say that are not ready; first those that have failed.
func (w *writer) complaints(owner tree.Ref, step string, all []tree.Object) {
	var rows []objectRow
	for i := range all {
		rows = w.object(rows, owner, step, &all[i], "", "")
	}
	for _, failed := range []bool{true, false} {
		for _, r := range rows {
			if r.object == nil || r.ready.Status == "True" || r.ready.Message == "" || w.known(r.ready.Message) || (r.ready.Status == "False") != failed {
				continue
			}
			w.line("", nil)
			text := w.theme.Glyph(stateOf(r.ready)) + " " + table.OneLine(r.title+": "+r.ready.Reason)
			w.line(w.theme.State(stateOf(r.ready)).Render(text), r.target)
			w.complaint("  ", r.ready.Message)
		}
	}
}

func (w *writer) object(rows []objectRow, owner tree.Ref, step string, o *tree.Object, lead, below string) []objectRow {
	rows = append(rows, objectRow{lead: lead, title: o.Kind + "/" + o.Name, ready: o.Ready, object: o, target: w.model.target(owner, step, o.Ref)})
	g := glyphsOf(w.theme)
	branch := func(last bool) (string, string) {
		if last {
			return below + g.end, below + "   "
		}
		return below + g.tee, below + g.below
	}
	if t := o.Tree; t != nil {
		for i := range t.Steps {
			s := &t.Steps[i]
			lead, next := branch(i == len(t.Steps)-1)
			rows = append(rows, objectRow{lead: lead, title: s.Name, ready: s.Ready})
			if s.Object != nil {
				rows = w.object(rows, t.Owner.Ref, s.Name, s.Object, next+g.end, next+"   ")
			}
		}
	}
	for i := range o.Children {
		lead, next := branch(i == len(o.Children)-1)
		rows = w.object(rows, owner, step, &o.Children[i], lead, next)
	}
	return rows
}

// paint colours READY, whose glyph and word say the same.
func (w *writer) paint(column, cell string) string {
	if column != "READY" {
		return cell
	}
	for _, s := range []string{"True", "False", "Unknown"} {
		if strings.HasSuffix(cell, s) {
			return w.theme.State(stateOf(tree.State{Status: s})).Render(cell)
		}
	}
	return cell
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
