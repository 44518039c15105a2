// Package list is `kubectl carto workload list`.
package list

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/cli/workload/shared"
)

const pageSize = 500

// Options of the command.
type Options struct {
	Streams   *streams.Streams
	Program   string
	Client    func() (dynamic.Interface, error)
	Namespace func() (string, bool, error)
	Clock     func() time.Time

	AllNamespaces bool
	Selector      string
	NoHeaders     bool
	Output        *cmdutil.OutputFlags

	namespace string
}

// NewCmdList makes the command; runF replaces the work in tests.
func NewCmdList(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{
		Streams: f.Streams, Program: f.Program, Client: f.Dynamic, Namespace: f.Namespace, Clock: f.Clock,
		Output: cmdutil.NewOutputFlags("", "table", "wide"),
	}
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List workloads",
		Example: fmt.Sprintf(`  # in the namespace in use
  %[1]s workload list

  # web applications everywhere, with supply chain and source
  %[1]s workload list -A -l apps.tanzu.vmware.com/workload-type=web -o wide`, f.Program),
		Args: cmdutil.UsageArgs(cobra.NoArgs),
		RunE: cmdutil.RunE(o, runF),
	}
	cmd.Flags().BoolVarP(&o.AllNamespaces, "all-namespaces", "A", false, "List in all namespaces.")
	cmd.Flags().StringVarP(&o.Selector, "selector", "l", "", "Label selector, for example key=value,other!=value.")
	cmd.Flags().BoolVar(&o.NoHeaders, "no-headers", false, "Print the table without its header.")
	o.Output.AddTo(cmd)
	return cmd
}

// Complete finds the namespace.
func (o *Options) Complete(*cobra.Command, []string) error {
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

// Run lists the workloads.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "List", "metadata": map[string]any{"resourceVersion": ""}}}
	options := metav1.ListOptions{LabelSelector: o.Selector, Limit: pageSize}
	for {
		page, err := client.Resource(shared.Resource).Namespace(o.namespace).List(ctx, options)
		if err != nil {
			return cmdutil.Explain(o.Program, "list workloads", err)
		}
		list.Items = append(list.Items, page.Items...)
		if options.Continue = page.GetContinue(); options.Continue == "" {
			break
		}
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
		where := fmt.Sprintf(" in namespace %q", o.namespace)
		if o.AllNamespaces {
			where = ""
		}
		_, err := fmt.Fprintf(o.Streams.ErrOut, "No workloads found%s.\n", where)
		return err
	}
	table, err := o.table(list)
	if err != nil {
		return err
	}
	return printers.NewTablePrinter(printers.PrintOptions{NoHeaders: o.NoHeaders}).PrintObj(table, o.Streams.Out)
}

func (o *Options) table(list *unstructured.UnstructuredList) (*metav1.Table, error) {
	table := &metav1.Table{}
	column := func(name string) {
		table.ColumnDefinitions = append(table.ColumnDefinitions, metav1.TableColumnDefinition{Name: name, Type: "string"})
	}
	wide := o.Output.Format() == "wide"
	if o.AllNamespaces {
		column("Namespace")
	}
	for _, c := range []string{"Name", "Type", "Ready", "Reason", "Age"} {
		column(c)
	}
	if wide {
		column("SupplyChain")
		column("Source")
	}
	for i := range list.Items {
		w, err := shared.Decode(&list.Items[i])
		if err != nil {
			return nil, err
		}
		ready := shared.Condition(w.Status.Conditions, v1alpha1.ConditionReady)
		var cells []any
		if o.AllNamespaces {
			cells = append(cells, w.Namespace)
		}
		cells = append(cells, w.Name, dash(w.Labels[shared.TypeLabel]), string(ready.Status), dash(ready.Reason), o.age(w.CreationTimestamp))
		if wide {
			cells = append(cells, dash(w.Status.SupplyChainRef.Name), dash(shared.Source(w)))
		}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
	}
	return table, nil
}

// age is relative for a person and a time for a program, which would otherwise have to
// guess when it was computed.
func (o *Options) age(t metav1.Time) string {
	if t.IsZero() {
		return "-"
	}
	if !o.Streams.OutIsTerminal() {
		return t.UTC().Format(time.RFC3339)
	}
	return duration.HumanDuration(o.Clock().Sub(t.Time))
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
