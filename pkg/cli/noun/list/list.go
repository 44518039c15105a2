// Package list is the verb list: `kubectl carto workload list`.
package list

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
)

// Options of the command.
type Options struct {
	cmdutil.Session
	Noun *noun.Noun

	AllNamespaces bool
	Selector      string
	Output        *cmdutil.OutputFlags

	namespace string
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
	if !n.Cluster {
		cmd.Flags().BoolVarP(&o.AllNamespaces, "all-namespaces", "A", false, "List in all namespaces.")
	}
	cmd.Flags().StringVarP(&o.Selector, "selector", "l", "", "Label selector, for example key=value,other!=value.")
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
  %[1]s %[2]s list -A -l app.kubernetes.io/part-of=%[3]s -o wide`, program, n, n.Example)
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

// Validate checks the flags.
func (o *Options) Validate() error {
	faults := []error{o.Output.Validate()}
	if _, err := labels.Parse(o.Selector); err != nil {
		faults = append(faults, fmt.Errorf("--selector %q: %w", o.Selector, err))
	}
	return cmdutil.Usage(faults)
}

// Run lists the objects.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{"resourceVersion": ""}}}
	if list.Items, err = o.Noun.List(ctx, client, o.Program, o.namespace, o.Selector); err != nil {
		return err
	}
	if !o.Output.Own() {
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
		return printer.PrintObj(list, o.Streams.Out)
	}
	if len(list.Items) == 0 {
		_, err := fmt.Fprintf(o.Streams.ErrOut, "No %s found%s.\n", o.Noun.Plural, o.Noun.Where(o.namespace))
		return err
	}
	table, err := o.table(list)
	if err != nil {
		return err
	}
	return printers.NewTablePrinter(printers.PrintOptions{NoHeaders: o.Output.NoHeaders}).PrintObj(table, o.Streams.Out)
}

func (o *Options) table(list *unstructured.UnstructuredList) (*metav1.Table, error) {
	table := &metav1.Table{}
	column := func(name string) {
		table.ColumnDefinitions = append(table.ColumnDefinitions, metav1.TableColumnDefinition{Name: name, Type: "string"})
	}
	if o.AllNamespaces {
		column("Namespace")
	}
	column("Name")
	for _, c := range o.Noun.Columns {
		column(c.Title)
	}
	for _, title := range []string{"Ready", "Reason", "Age"} {
		column(title)
	}
	if o.Output.Format() == "wide" {
		for _, c := range o.Noun.Wide {
			column(c.Title)
		}
	}
	for i := range list.Items {
		item, err := o.Noun.Decode(&list.Items[i])
		if err != nil {
			return nil, err
		}
		ready := item.Ready()
		var cells []any
		if o.AllNamespaces {
			cells = append(cells, item.Namespace)
		}
		cells = append(cells, item.Name)
		for _, c := range o.Noun.Columns {
			cells = append(cells, cmdutil.Dash(c.Cell(item)))
		}
		cells = append(cells, string(ready.Status), cmdutil.Dash(ready.Reason), o.Age(item.CreationTimestamp))
		if o.Output.Format() == "wide" {
			for _, c := range o.Noun.Wide {
				cells = append(cells, cmdutil.Dash(c.Cell(item)))
			}
		}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
	}
	return table, nil
}
