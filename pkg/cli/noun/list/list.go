// Package list is the verb list: `kubectl carto workload list`.
package list

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
)

// Options of the command.
type Options struct {
	cmdutil.Session
	Noun *noun.Noun

	AllNamespaces bool
	App           string
	Selector      string
	FieldSelector string
	SortBy        string
	LabelColumns  []string
	ShowLabels    bool
	Watch         bool
	Events        bool
	Output        *cmdutil.OutputFlags

	namespace string
	sorter    *cmdutil.Sorter
}

// NewCmdList makes the command; runF replaces the work in tests.
func NewCmdList(f *cmdutil.Factory, n *noun.Noun, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{
		Session: f.Session(), Noun: n,
		Output: cmdutil.NewOutputFlags("", "table", "wide"),
	}
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List " + n.Plural,
		Example: example(f.Program, n),
		Args:    cmdutil.UsageArgs(cobra.NoArgs),
		RunE:    cmdutil.RunE(o, runF),
	}
	flags := cmd.Flags()
	if !n.Cluster {
		flags.BoolVarP(&o.AllNamespaces, "all-namespaces", "A", false, "List in all namespaces.")
	}
	if n.Apps() {
		flags.StringVar(&o.App, "app", "", "List only those of an application, which is their label "+noun.AppLabel+".")
	}
	flags.StringVarP(&o.Selector, "selector", "l", "", "Label selector, for example key=value,other!=value.")
	flags.StringVar(&o.FieldSelector, "field-selector", "", "Field selector, for example metadata.name=NAME.")
	flags.StringVar(&o.SortBy, "sort-by", "", "Path of the field to sort by, for example .metadata.creationTimestamp.")
	flags.StringSliceVarP(&o.LabelColumns, "label-columns", "L", nil, "Labels to show, each in a column.")
	flags.BoolVar(&o.ShowLabels, "show-labels", false, "Show all labels in the last column.")
	flags.BoolVarP(&o.Watch, "watch", "w", false, "Append a row for each change, until interrupted.")
	flags.BoolVar(&o.Events, "output-watch-events", false, "With --watch and -o: print the kind of each change too.")
	o.Output.AddTo(cmd)
	return cmd
}

func example(program string, n *noun.Noun) string {
	if n.Cluster {
		return fmt.Sprintf(`  # all of them, with their steps
  %[1]s %[2]s list

  # and the owners that they select
  %[1]s %[2]s list -o wide`, program, n)
	}
	return fmt.Sprintf(`  # in the namespace in use
  %[1]s %[2]s list

  # those of an application everywhere, with all that there is to say
  %[1]s %[2]s list -A -l app.kubernetes.io/part-of=cart -o wide

  # the oldest first, and from then on each that changes
  %[1]s %[2]s list --sort-by .metadata.creationTimestamp --watch`, program, n)
}

// Complete finds the namespace.
func (o *Options) Complete(*cobra.Command, []string) error {
	if o.Noun.Cluster {
		return nil
	}
	namespace, explicit, err := o.Namespace()
	if err != nil {
		return fmt.Errorf("cannot find out the namespace: %w", err)
	}
	if o.AllNamespaces && explicit {
		return cmdutil.Usagef("--namespace and --all-namespaces exclude each other")
	}
	if o.namespace = namespace; o.AllNamespaces {
		o.namespace = metav1.NamespaceAll
	}
	return nil
}

// Follows tells whether it goes on until it is interrupted.
func (o *Options) Follows() bool { return o.Watch }

// Validate checks the flags.
func (o *Options) Validate() error {
	faults := []error{o.Output.Validate()}
	if _, err := labels.Parse(o.Selector); err != nil {
		faults = append(faults, fmt.Errorf("--selector %q: %w", o.Selector, err))
	}
	if _, err := labels.NewRequirement(noun.AppLabel, "=", []string{o.App}); err != nil {
		faults = append(faults, fmt.Errorf("--app %q can be no value of a label", o.App))
	}
	if _, err := fields.ParseSelector(o.FieldSelector); err != nil {
		faults = append(faults, fmt.Errorf("--field-selector %q: %w", o.FieldSelector, err))
	}
	var err error
	o.sorter, err = cmdutil.NewSorter(o.SortBy)
	faults = append(faults, err)
	if !o.Output.Own() && (o.ShowLabels || len(o.LabelColumns) > 0) {
		faults = append(faults, fmt.Errorf("--show-labels and --label-columns are for tables, not for -o %s", o.Output.Format()))
	}
	if slices.Contains(o.LabelColumns, "") {
		faults = append(faults, fmt.Errorf("--label-columns names an empty label"))
	}
	if o.Events && (!o.Watch || o.Output.Own()) {
		faults = append(faults, fmt.Errorf("--output-watch-events needs --watch and an output format such as -o json"))
	}
	return cmdutil.Usage(faults)
}

func (o *Options) selection() metav1.ListOptions {
	selector := o.Selector
	if o.App != "" {
		if selector != "" {
			selector += ","
		}
		selector += noun.AppLabel + "=" + o.App
	}
	return metav1.ListOptions{LabelSelector: selector, FieldSelector: o.FieldSelector}
}

// Run lists the objects, and with --watch what happens to them.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	list, err := o.Noun.Select(ctx, client, o.Program, o.namespace, o.selection(), o.takeOff)
	if err != nil {
		return err
	}
	if err := o.sorter.Sort(list.Items); err != nil {
		return err
	}
	if o.Watch {
		return o.watch(ctx, client, list)
	}
	if o.Output.Own() {
		if len(list.Items) == 0 {
			return o.nothing(ctx, client)
		}
		t := o.newTable()
		return t.write(o.Streams.Out, list.Items)
	}
	printer, err := o.Output.Printer()
	if err != nil {
		return err
	}
	if o.Output.Format() == "name" {
		for i := range list.Items {
			if err := printer.PrintObj(&list.Items[i], o.Streams.Out); err != nil {
				return err
			}
		}
		return nil
	}
	list.SetResourceVersion("") // as kubectl prints lists
	return printer.PrintObj(list, o.Streams.Out)
}

// takeOff takes off an object what no table shows: the states of its steps and who owns
// which field are nearly all of it.
func (o *Options) takeOff(obj *unstructured.Unstructured) {
	if !o.Output.Own() || o.SortBy != "" {
		return
	}
	obj.SetManagedFields(nil)
	unstructured.RemoveNestedField(obj.Object, "status", "resources")
}

// nothing says on standard error that the list is empty.
func (o *Options) nothing(ctx context.Context, client dynamic.Interface) error {
	text := fmt.Sprintf("No %s found%s", o.Noun.Plural, o.Noun.Where(o.namespace))
	if noun.NamespaceIsGone(ctx, client, o.namespace) {
		text += ", which does not exist"
	}
	_, err := fmt.Fprintln(o.Streams.ErrOut, text+".")
	return err
}

// watch prints what there is, and then each change.
func (o *Options) watch(ctx context.Context, client dynamic.Interface, list *unstructured.UnstructuredList) error {
	var emit func(watch.Event) error
	if o.Output.Own() {
		t := o.newTable()
		if err := t.write(o.Streams.Out, list.Items); err != nil {
			return err
		}
		emit = func(e watch.Event) error { return t.event(o.Streams.Out, e) }
	} else {
		printer, err := o.Output.WatchPrinter(o.Events)
		if err != nil {
			return err
		}
		emit = func(e watch.Event) error { return printer(e, o.Streams.Out) }
		for i := range list.Items {
			if err := emit(watch.Event{Type: watch.Added, Object: &list.Items[i]}); err != nil {
				return err
			}
		}
	}
	return o.Noun.Watch(ctx, client, o.Program, o.namespace, o.selection(), list, emit)
}
