package list

import (
	"io"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
)

// rows turns objects into rows of a table.
type rows struct {
	*Options
	columns []column
	printer *table.Printer
}

// column is one of the table, and what is in it.
type column struct {
	table.Column
	cell func(*noun.Item) string
}

// Widths that say enough of a name and of a reason, where the terminal is narrow: a name
// that is cut cannot be copied.
const (
	enoughOfName   = 20
	enoughOfReason = 12
	enoughOfLabel  = 8
)

func (o *Options) newTable() *rows {
	t := &rows{Options: o}
	add := func(title string, least int, cell func(*noun.Item) string) {
		t.columns = append(t.columns, column{table.Column{Title: strings.ToUpper(title), Min: least}, cell})
	}
	if o.AllNamespaces {
		add("Namespace", 0, func(i *noun.Item) string { return i.Namespace })
	}
	add("Name", enoughOfName, func(i *noun.Item) string { return i.Name })
	for _, c := range o.Noun.Columns {
		if o.App == "" || c.Title != noun.AppColumn.Title { // it would say the same in every row
			add(c.Title, enoughOfLabel, c.Cell)
		}
	}
	add("Ready", 0, func(i *noun.Item) string { return string(state(i).Status) })
	add("Reason", enoughOfReason, func(i *noun.Item) string { return state(i).Reason })
	add("Age", 0, func(i *noun.Item) string { return o.Age(i.CreationTimestamp) })
	if o.Output.Format() == "wide" {
		for _, c := range o.Noun.Wide {
			add(c.Title, 0, c.Cell)
		}
	}
	for _, key := range o.LabelColumns {
		add(key[strings.LastIndex(key, "/")+1:], enoughOfLabel, func(i *noun.Item) string { return i.Labels[key] })
	}
	if o.ShowLabels {
		add("Labels", enoughOfLabel, func(i *noun.Item) string { return labels.FormatLabels(i.Labels) })
	}
	columns := make([]table.Column, len(t.columns))
	for i, c := range t.columns {
		columns[i] = c.Column
	}
	options := table.Options{NoHeaders: o.Output.NoHeaders, Unicode: o.Streams.Unicode()}
	if o.Output.Format() != "wide" {
		options.Width = o.Streams.Width()
	}
	if o.Streams.UseColor() {
		options.Paint = table.PaintStatus
	}
	t.printer = table.New(columns, options)
	return t
}

// terminating is what kubectl shows of an object that is being deleted.
const terminating = "Terminating"

// state is what is true of an item now. What its status says of an older generation does not
// make it ready.
func state(i *noun.Item) metav1.Condition {
	ready := i.Ready()
	switch {
	case i.DeletionTimestamp != nil:
		ready.Reason = terminating
	case ready.Status == metav1.ConditionTrue && i.Status.ObservedGeneration < i.Generation:
		ready.Status, ready.Reason = metav1.ConditionUnknown, tree.ReasonOutdated
	}
	return ready
}

// write prints a row for each object; nothing where there is none.
func (t *rows) write(w io.Writer, items []unstructured.Unstructured) error {
	if len(items) == 0 {
		return nil
	}
	all := make([][]string, len(items))
	for i := range items {
		var err error
		if all[i], err = t.row(&items[i]); err != nil {
			return err
		}
	}
	return t.printer.Write(w, all)
}

func (t *rows) row(obj *unstructured.Unstructured) ([]string, error) {
	item, err := t.Noun.Decode(obj)
	if err != nil {
		return nil, err
	}
	row := make([]string, len(t.columns))
	for i, c := range t.columns {
		row[i] = cmdutil.Dash(c.cell(item))
	}
	return row, nil
}

// event prints the row of what changed. One that was deleted says so, where its old state
// would look like one that is there.
func (t *rows) event(w io.Writer, e watch.Event) error {
	obj, ok := e.Object.(*unstructured.Unstructured)
	if !ok {
		return nil
	}
	row, err := t.row(obj)
	if err != nil {
		return err
	}
	if e.Type == watch.Deleted {
		at := func(title string) int {
			return slices.IndexFunc(t.columns, func(c column) bool { return c.Title == title })
		}
		row[at("READY")], row[at("REASON")] = "-", "Deleted"
	}
	return t.printer.Write(w, [][]string{row})
}
