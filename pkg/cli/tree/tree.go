// Package tree is `kubectl carto tree`.
package tree

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
)

// Options of the command.
type Options struct {
	cmdutil.Session

	Ref     collect.OwnerRef
	Output  string
	Watch   bool
	Until   string
	Timeout time.Duration
}

// NewCmdTree makes the command; runF replaces the work in tests.
func NewCmdTree(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := newOptions(f)
	cmd := &cobra.Command{
		Use:   "tree TYPE/NAME",
		Short: "Show where a workload stands, and why",
		Long: `Show the steps of a workload in the order of its supply chain, with what each reads from
which; the objects that were stamped, and what Kubernetes made below them; and the one
cause, if the workload is not ready.

TYPE is workload (wld), deliverable (dlv) or runnable (run).
` + watching,
		Example: fmt.Sprintf(`  # where does it stand?
  %[1]s tree workload/cart

  # watch until it is ready; exit code 1 if that takes longer than five minutes
  %[1]s tree wld cart --watch --until ready --timeout 5m`, f.Program),
		Args: cmdutil.UsageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			prefix, name, slash := strings.Cut(toComplete, "/")
			if len(args) == 1 {
				prefix, name = args[0], toComplete
			}
			n := noun.Of(prefix)
			switch {
			case len(args) == 0 && !slash:
				return []string{"workload/", "deliverable/", "runnable/"}, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
			case n == nil || len(args) > 1:
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			found, directive := completion.Names(f, n, false)(cmd, nil, name)
			for i := range found {
				if slash {
					found[i] = prefix + "/" + found[i]
				}
			}
			return found, directive
		},
		RunE: cmdutil.RunE(o, runF),
	}
	o.addFlags(cmd)
	return cmd
}

// NewCmdNounTree is the same as a verb of a noun.
func NewCmdNounTree(f *cmdutil.Factory, n *noun.Noun, runF func(context.Context, *Options) error) *cobra.Command {
	o := newOptions(f)
	o.Ref.Kind = n.Kind
	long := "Show what " + f.Program + " tree " + n.Name + "/NAME shows."
	cmd := &cobra.Command{
		Use:   "tree NAME",
		Short: "Show where a " + n.Name + " stands, and why",
		Long:  long + "\n" + watching,
		Example: fmt.Sprintf(`  # where does it stand?
  %[1]s %[2]s tree %[3]s

  # watch until it is ready
  %[1]s %[2]s tree %[3]s --watch --until ready`, f.Program, n, n.Example),
		Args:              cmdutil.UsageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completion.Names(f, n, false),
		RunE:              cmdutil.RunE(o, runF),
	}
	o.addFlags(cmd)
	return cmd
}

const watching = `
With --watch the tree is drawn again whenever something changes. Where standard output is
no terminal, changes are appended as lines; with -o json each is one line of JSON.`

func newOptions(f *cmdutil.Factory) *Options {
	return &Options{Session: f.Session()}
}

func (o *Options) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.Output, "output", "o", "table", "Output format. One of: "+strings.Join(formats(), ", ")+".")
	cmd.Flags().BoolVarP(&o.Watch, "watch", "w", false, "Show changes as they happen.")
	cmd.Flags().StringVar(&o.Until, "until", "", "With --watch: end when this is reached. One of: ready.")
	cmd.Flags().DurationVar(&o.Timeout, "timeout", 0, "With --until: give up after this time; 0 means never.")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("until", cobra.FixedCompletions([]string{"ready"}, cobra.ShellCompDirectiveNoFileComp))
}

func formats() []string { return []string{"table", "wide", "json", "yaml"} }

// Complete reads TYPE/NAME, TYPE NAME, or NAME where the noun says the type.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	name := args[0]
	if o.Ref.Kind == "" {
		var err error
		if name, err = o.typed(args); err != nil {
			return err
		}
	}
	if name == "" || strings.Contains(name, "/") {
		return cmdutil.Usagef("%q names nothing: give TYPE/NAME", strings.Join(args, " "))
	}
	namespace, err := o.NamespaceInUse()
	if err != nil {
		return err
	}
	o.Ref.Namespace, o.Ref.Name = namespace, name
	return nil
}

// typed takes the type from the arguments and returns the name.
func (o *Options) typed(args []string) (string, error) {
	kind, name, slash := strings.Cut(args[0], "/")
	switch {
	case len(args) == 2 && slash:
		return "", cmdutil.Usagef("%q and %q: give TYPE/NAME or TYPE NAME", args[0], args[1])
	case len(args) == 2:
		name = args[1]
	case !slash:
		return "", cmdutil.Usagef("%q names no type: give TYPE/NAME, for example workload/%s", args[0], args[0])
	}
	// A type may be written as TYPE.VERSION.GROUP.
	plain, group, _ := strings.Cut(strings.ToLower(kind), ".")
	if group != "" && group != v1alpha1.Group && group != v1alpha1.GroupVersion.Version+"."+v1alpha1.Group {
		return "", cmdutil.Usagef("type %q is not of group %s", kind, v1alpha1.Group)
	}
	n := noun.Of(plain)
	if n == nil || n.Cluster {
		return "", cmdutil.Usagef("there is no tree of type %q; one of: workload, deliverable, runnable", kind)
	}
	o.Ref.Kind = n.Kind
	return name, nil
}

// Validate checks the flags.
func (o *Options) Validate() error {
	var faults []error
	switch o.Output {
	case "", "table", "wide", "json", "yaml":
	default:
		faults = append(faults, fmt.Errorf("unknown output format %q; one of: %s", o.Output, strings.Join(formats(), ", ")))
	}
	if o.Until != "" && o.Until != "ready" {
		faults = append(faults, fmt.Errorf("--until is %q; one of: ready", o.Until))
	}
	if o.Until != "" && !o.Watch {
		faults = append(faults, fmt.Errorf("--until needs --watch"))
	}
	if o.Timeout != 0 && o.Until == "" {
		faults = append(faults, fmt.Errorf("--timeout needs --until"))
	}
	if o.Timeout < 0 {
		faults = append(faults, fmt.Errorf("--timeout is %s; it must be positive", o.Timeout))
	}
	return cmdutil.Usage(faults)
}

// Run shows the tree once, or follows it.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	if o.Watch {
		return o.explain(follow.Run(ctx, follow.Options{
			Client: client, Ref: o.Ref, View: o.view(), UntilReady: o.Until == "ready", Timeout: o.Timeout,
		}))
	}
	in, err := collect.Collect(ctx, client, o.Ref)
	if err != nil {
		return o.explain(err)
	}
	t := tree.Build(in)
	switch o.Output {
	case "json":
		return tree.WriteJSON(o.Streams.Out, t, false)
	case "yaml":
		return tree.WriteYAML(o.Streams.Out, t)
	}
	return tree.WriteTable(o.Streams.Out, t, o.table())
}

func (o *Options) table() tree.TableOptions {
	return tree.TableOptions{
		Now: o.Clock(), Wide: o.Output == "wide", Unicode: o.Streams.Unicode(),
		Color: o.Streams.UseColor(), Width: o.Streams.Width(),
	}
}

func (o *Options) view() follow.View {
	switch {
	case o.Output == "json" || o.Output == "yaml":
		return follow.Documents(o.Streams.Out, o.Output)
	case o.Streams.CanRepaint():
		return follow.Repaint(o.Streams.NewPainter(o.Streams.Out), o.table)
	}
	return follow.Lines(o.Streams.Out, o.Clock)
}

func (o *Options) explain(err error) error {
	n := noun.OfKind(o.Ref.Kind)
	switch {
	case err == nil:
		return nil
	case apierrors.IsNotFound(err) && !cmdutil.MissingKind(err):
		return n.NotFound(o.Ref.Namespace, o.Ref.Name)
	case apierrors.ReasonForError(err) != "":
		return cmdutil.Explain(o.Program, "read "+n.Qualified(o.Ref.Namespace, o.Ref.Name), err)
	}
	return err
}
