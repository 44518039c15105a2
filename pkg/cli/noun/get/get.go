// Package get is the verb get: `kubectl carto workload get`.
//
// What it shows of an owner comes from the model of package tree, so that get and tree
// agree and cost the same requests.
package get

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
)

// Options of the command.
type Options struct {
	cmdutil.Session
	Noun *noun.Noun

	Name   string
	Show   []string
	Export bool
	Watch  bool
	Events bool
	Output *cmdutil.OutputFlags

	namespace string
}

// NewCmdGet makes the command; runF replaces the work in tests.
func NewCmdGet(f *cmdutil.Factory, n *noun.Noun, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{
		Session: f.Session(), Noun: n,
		Output: cmdutil.NewOutputFlags("", "wide"),
	}
	cmd := &cobra.Command{
		Use:   "get NAME",
		Short: "Show one " + n.Name,
		Long: "Show one " + n.Name + ", in sections: " + strings.Join(sectionsOf(n), ", ") + `.

With --watch the sections are drawn again whenever something changes. Where standard output
is no terminal, changes are appended as lines; with -o json or yaml, the object each time.`,
		Example: fmt.Sprintf(`  # %[4]s
  %[1]s %[2]s get %[3]s

  # two sections of it, while they change
  %[1]s %[2]s get %[3]s --show %[5]s --watch

  # only why it is not ready
  %[1]s %[2]s get %[3]s -o jsonpath='{.status.conditions[?(@.type=="Ready")].message}'

  # a copy, for another namespace or cluster
  %[1]s %[2]s get %[3]s --export`, f.Program, n, n.Example, shows[n], strings.Join(sectionsOf(n)[:2], ",")),
		Args:              cmdutil.UsageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completion.Names(f, n, false),
		RunE:              cmdutil.RunE(o, runF),
	}
	cmd.Flags().StringSliceVar(&o.Show, "show", nil, "Sections to show, in this order. Of: "+strings.Join(sectionsOf(n), ", ")+".")
	cmd.Flags().BoolVarP(&o.Export, "export", "e", false, "Print a manifest without what the cluster added and without its namespace, ready to be applied to any.")
	cmd.Flags().BoolVarP(&o.Watch, "watch", "w", false, "Show changes as they happen.")
	cmd.Flags().BoolVar(&o.Events, "output-watch-events", false, "With --watch and -o: print the kind of each change too.")
	o.Output.AddTo(cmd)
	_ = cmd.RegisterFlagCompletionFunc("show", completion.Several(sectionsOf(n)...))
	return cmd
}

// shows says what the sections tell.
var shows = map[*noun.Noun]string{
	noun.Workload: "source, steps, delivery, messages and pods", noun.Deliverable: "source, steps, messages and pods",
	noun.Runnable:    "inputs, outputs, runs and messages",
	noun.SupplyChain: "steps, params with who may set them, and the owners with their health",
	noun.Delivery:    "steps, params with who may set them, and the owners with their health",
}

// Complete takes the name and finds the namespace.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	o.Name = o.Noun.NameIn(args[0])
	if o.Noun.Cluster {
		return nil
	}
	var err error
	o.namespace, err = o.NamespaceInUse()
	return err
}

// Follows tells whether it goes on until it is interrupted.
func (o *Options) Follows() bool { return o.Watch }

// Validate checks the arguments and the flags.
func (o *Options) Validate() error {
	faults := []error{noun.CheckName(o.Noun, o.Name), o.Output.Validate()}
	for _, key := range o.Show {
		if !slices.Contains(sectionsOf(o.Noun), key) {
			faults = append(faults, fmt.Errorf("--show %q is no section of a %s; one of: %s", key, o.Noun, strings.Join(sectionsOf(o.Noun), ", ")))
		}
	}
	if o.Export && o.Watch {
		faults = append(faults, fmt.Errorf("--export and --watch exclude each other"))
	}
	if len(o.Show) > 0 && (o.Export || !o.Output.Own()) {
		faults = append(faults, fmt.Errorf("--show picks sections; there are none with --export or -o %s", cmdutil.Dash(o.Output.Format())))
	}
	if o.Events && (!o.Watch || o.Output.Own()) {
		faults = append(faults, fmt.Errorf("--output-watch-events needs --watch and an output format such as -o json"))
	}
	return cmdutil.Usage(faults)
}

// Run shows the object once, or follows it.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	switch {
	case o.Export, !o.Output.Own() && !o.Watch:
		return o.print(ctx, client)
	case o.Watch:
		return o.watch(ctx, client)
	}
	view, err := o.read(ctx, client)
	if err != nil {
		return err
	}
	if err := o.write(o.Streams.Out, view); err != nil {
		return err
	}
	return o.hint(view)
}

// print prints the object itself.
func (o *Options) print(ctx context.Context, client dynamic.Interface) error {
	obj, err := o.Noun.Read(ctx, client, o.Program, o.namespace, o.Name)
	if err != nil {
		return err
	}
	if o.Export {
		obj = exported(obj)
		if o.Output.Own() {
			o.Output.Set("yaml")
		}
	}
	printer, err := o.Output.Printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(obj, o.Streams.Out)
}

// view is what the sections are made of.
type view struct {
	item *noun.Item
	// tree of an owner.
	tree *tree.Tree
	// use of a blueprint.
	use *collect.Use
}

// read collects everything that the sections show.
func (o *Options) read(ctx context.Context, client dynamic.Interface) (*view, error) {
	if !o.Noun.Cluster {
		in, err := collect.Collect(ctx, client, o.ref())
		if err != nil {
			return nil, o.Noun.Explain(ctx, client, o.Program, "read", o.namespace, o.Name, err)
		}
		return o.viewOf(tree.Build(in))
	}
	obj, err := o.Noun.Read(ctx, client, o.Program, o.namespace, o.Name)
	if err != nil {
		return nil, err
	}
	return o.blueprintView(ctx, client, obj)
}

func (o *Options) ref() collect.OwnerRef {
	return collect.OwnerRef{Kind: o.Noun.Kind, Namespace: o.namespace, Name: o.Name}
}

// viewOf is the view of an owner.
func (o *Options) viewOf(t *tree.Tree) (*view, error) {
	item, err := o.Noun.Decode(t.Owner.Read)
	if err != nil {
		return nil, err
	}
	return &view{item: item, tree: t}, nil
}

func (o *Options) blueprintView(ctx context.Context, client dynamic.Interface, obj *unstructured.Unstructured) (*view, error) {
	item, err := o.Noun.Decode(obj)
	if err != nil {
		return nil, err
	}
	use, err := collect.UseOf(ctx, client, item.Blueprint)
	return &view{item: item, use: use}, err
}

// write prints the sections that were asked for.
func (o *Options) write(w io.Writer, v *view) error {
	keys := o.Show
	all := o.sections(v)
	if len(keys) == 0 {
		for _, s := range all {
			if !s.optional || !s.empty() {
				keys = append(keys, s.key)
			}
		}
	}
	var chosen []section
	for _, key := range keys {
		for _, s := range all {
			if s.key == key {
				chosen = append(chosen, s)
			}
		}
	}
	if missing := notRead(v); !missing.empty() {
		chosen = append(chosen, missing)
	}
	return o.printSections(w, chosen)
}

// hint says on standard error how to see more.
func (o *Options) hint(v *view) error {
	if v.tree == nil || !o.Streams.ErrIsTerminal() || len(podsOf(v.tree)) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(o.Streams.ErrOut, "\nLogs: %s %s tail %s -n %s\n", o.Program, o.Noun, o.Name, o.namespace)
	return err
}
