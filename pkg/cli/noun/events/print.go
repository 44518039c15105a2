package events

import (
	"encoding/json"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/happenings"
	"github.com/carto-run/carto/pkg/table"
)

// print prints all events at once; in the formats of kubectl as its list.
func (o *Options) print(found []*happenings.Event) error {
	if o.Output.Own() {
		show, err := o.appender()
		if err != nil {
			return err
		}
		return show(found...)
	}
	printer, err := o.Output.Printer()
	if err != nil {
		return err
	}
	list := &unstructured.UnstructuredList{Object: cmdutil.List(nil)}
	for _, e := range found {
		if o.Output.Format() == "name" {
			if err := printer.PrintObj(e.Raw, o.Streams.Out); err != nil {
				return err
			}
		}
		list.Items = append(list.Items, *e.Raw)
	}
	if o.Output.Format() == "name" {
		return nil
	}
	return printer.PrintObj(list, o.Streams.Out)
}

// when is an age for a person, and a time where the output may be read later.
func (o *Options) when(e *happenings.Event) string {
	if o.Streams.OutIsTerminal() && !o.Watch {
		return o.Age(metav1.NewTime(e.Time))
	}
	return e.Time.UTC().Format(time.RFC3339)
}

// Widths that say enough where the terminal is narrow: the message is what it is all for.
const (
	enoughOfReason  = 12
	enoughOfStep    = 8
	enoughOfObject  = 16
	enoughOfMessage = 28
)

func (o *Options) newTable() *table.Printer {
	first := "TIME"
	if o.Streams.OutIsTerminal() && !o.Watch {
		first = "AGE"
	}
	columns := []table.Column{{Title: first}, {Title: "TYPE"}, {Title: "REASON", Min: enoughOfReason}, {Title: "STEP", Min: enoughOfStep}, {Title: "OBJECT", Min: enoughOfObject}}
	options := table.Options{Unicode: o.Streams.Unicode(), NoHeaders: o.Output.NoHeaders}
	if o.wide() {
		columns = append(columns, table.Column{Title: "COUNT"}, table.Column{Title: "FROM"})
	} else {
		options.Width = o.Streams.Width()
	}
	return table.New(append(columns, table.Column{Title: "MESSAGE", Min: enoughOfMessage}), options)
}

// appender prints events, one portion after the other: the first decides how wide the
// columns are.
func (o *Options) appender() (func(...*happenings.Event) error, error) {
	if o.Output.Own() {
		t := o.newTable()
		return func(some ...*happenings.Event) error {
			var rows [][]string
			for _, e := range some {
				rows = append(rows, o.row(e, o.when(e)))
			}
			return t.Write(o.Streams.Out, rows)
		}, nil
	}
	if o.Output.Format() == "json" {
		encoder := json.NewEncoder(o.Streams.Out)
		encoder.SetEscapeHTML(false)
		return each(func(e *happenings.Event) error { return encoder.Encode(e.Raw.Object) }), nil
	}
	printer, err := o.Output.Printer()
	if err != nil {
		return nil, err
	}
	return each(func(e *happenings.Event) error { return printer.PrintObj(e.Raw, o.Streams.Out) }), nil
}

func each(show func(*happenings.Event) error) func(...*happenings.Event) error {
	return func(some ...*happenings.Event) error {
		for _, e := range some {
			if err := show(e); err != nil {
				return err
			}
		}
		return nil
	}
}

func (o *Options) wide() bool { return o.Output.Format() == "wide" }

func (o *Options) row(e *happenings.Event, when string) []string {
	cells := []string{when, e.Type, e.Reason, e.Step, e.Object}
	if o.wide() {
		from := e.Source.Component
		if from == "" {
			from = e.ReportingController
		}
		cells = append(cells, strconv.Itoa(int(e.Times)), from)
	}
	cells = append(cells, e.Message)
	for i := range cells {
		cells[i] = cmdutil.Dash(cells[i])
	}
	return cells
}
