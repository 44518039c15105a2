package events

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/tree"
)

// print prints all events at once; in the formats of kubectl as its list.
func (o *Options) print(found []*Event) error {
	if o.Output.Own() {
		return o.printTable(found)
	}
	printer, err := o.Output.Printer()
	if err != nil {
		return err
	}
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{"resourceVersion": ""}}}
	for _, e := range found {
		if o.Output.Format() == "name" {
			if err := printer.PrintObj(e.raw, o.Streams.Out); err != nil {
				return err
			}
		}
		list.Items = append(list.Items, *e.raw)
	}
	if o.Output.Format() == "name" {
		return nil
	}
	return printer.PrintObj(list, o.Streams.Out)
}

func (o *Options) printTable(found []*Event) error {
	rows := [][]string{o.header("Time")}
	if o.Streams.OutIsTerminal() {
		rows[0] = o.header("Age")
	}
	for _, e := range found {
		rows = append(rows, o.row(e, o.When(metav1.NewTime(e.Time))))
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	if o.NoHeaders {
		rows = rows[1:]
	}
	for _, row := range rows {
		if err := o.writeRow(row, widths); err != nil {
			return err
		}
	}
	return nil
}

// appender prints one event after the other. Widths of columns can not be known then, so
// they are those that most events need.
func (o *Options) appender() (func(*Event) error, error) {
	if o.Output.Own() {
		widths := []int{len(time.RFC3339) - 5, 7, 20, 12, 36, 3, 20}
		if !o.NoHeaders {
			if err := o.writeRow(o.header("Time"), widths); err != nil {
				return nil, err
			}
		}
		return func(e *Event) error { return o.writeRow(o.row(e, e.Time.UTC().Format(time.RFC3339)), widths) }, nil
	}
	if o.Output.Format() == "json" {
		encoder := json.NewEncoder(o.Streams.Out)
		encoder.SetEscapeHTML(false)
		return func(e *Event) error { return encoder.Encode(e.raw.Object) }, nil
	}
	printer, err := o.Output.Printer()
	if err != nil {
		return nil, err
	}
	return func(e *Event) error { return printer.PrintObj(e.raw, o.Streams.Out) }, nil
}

func (o *Options) header(first string) []string {
	titles := []string{first, "Type", "Reason", "Step", "Object", "Message"}
	if o.wide() {
		titles = []string{first, "Type", "Reason", "Step", "Object", "Count", "From", "Message"}
	}
	for i := range titles {
		titles[i] = strings.ToUpper(titles[i])
	}
	return titles
}

func (o *Options) wide() bool { return o.Output.Format() == "wide" }

func (o *Options) row(e *Event, when string) []string {
	cells := []string{when, e.Type, e.Reason, e.Step, e.Object}
	if o.wide() {
		from := e.Source.Component
		if from == "" {
			from = e.ReportingController
		}
		cells = append(cells, strconv.Itoa(int(e.Times)), from)
	}
	cells = append(cells, e.Message)
	for i, c := range cells {
		cells[i] = cmdutil.Dash(strings.Join(strings.Fields(tree.Printable(c)), " "))
	}
	return cells
}

// writeRow aligns all cells but the message, which on a terminal is cut at its width.
func (o *Options) writeRow(row []string, widths []int) error {
	line := &strings.Builder{}
	for i, cell := range row {
		line.WriteString(cell)
		if i < len(row)-1 {
			line.WriteString(strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(cell))+2))
		}
	}
	text := []rune(line.String())
	if width := o.Streams.Width(); width > 0 && len(text) > width && !o.wide() {
		marker := '~'
		if o.Streams.Unicode() {
			marker = '…'
		}
		text = append(text[:width-1], marker)
	}
	_, err := fmt.Fprintln(o.Streams.Out, string(text))
	return err
}
