// Package tree is `kubectl carto tree`.
package tree

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/reference"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
)

// Options of the command.
type Options struct {
	cmdutil.Session

	// Noun is set where the command is a verb of a noun; the arguments are names then.
	Noun *noun.Noun

	Objects       []reference.Reference
	AllNamespaces bool
	Selector      string
	Filter        tree.Filter
	Up            bool
	Deep          bool
	Watch         bool
	Until         string
	Timeout       time.Duration
	Output        *cmdutil.OutputFlags

	namespace string
	explicit  bool
}

// NewCmdTree makes the command; runF replaces the work in tests.
func NewCmdTree(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := newOptions(f)
	cmd := &cobra.Command{
		Use:   "tree TYPE/NAME...",
		Short: "Show where a workload stands, and why",
		Long: `Show the steps of a workload in the order of its supply chain, with what each reads from
which; the objects that were stamped, and what Kubernetes made below them; and the one
cause, if the workload is not ready.

TYPE/NAME can be any object: a workload (wld), deliverable (dlv) or runnable (run); a supply
chain (csc) or delivery (cd), which shows its owners in all namespaces; or anything else, such
as deployment/cart. TYPE alone shows all owners of a kind. Lists show owners and steps, from
their statuses alone; --depth reads deeper.

With --up the way goes up: from a pod to the stamped object, the step, the workload and the
commit.
` + watching,
		Example: fmt.Sprintf(`  # where does it stand?
  %[1]s tree workload/cart

  # watch until it is ready; exit code 1 if that takes longer than five minutes
  %[1]s tree wld cart --watch --until ready --timeout 5m

  # everything that goes through a supply chain and is stuck
  %[1]s tree supplychain/web --not-ready

  # from which commit is this pod?
  %[1]s tree pod/cart-7c9d-x2x4b --up

  # a picture
  %[1]s tree workload/cart -o dot`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completion.TypedNames(f, true, noun.Workload, noun.Deliverable, noun.Runnable, noun.SupplyChain, noun.Delivery),
		RunE:              cmdutil.RunE(o, runF),
	}
	o.addFlags(f, cmd)
	flags := cmd.Flags()
	flags.BoolVarP(&o.AllNamespaces, "all-namespaces", "A", false, "With TYPE alone: owners in all namespaces.")
	flags.StringVarP(&o.Selector, "selector", "l", "", "With TYPE alone or a blueprint: only owners with these labels, for example key=value,other!=value.")
	flags.BoolVar(&o.Up, "up", false, "Show the way from the object up to its workload and commit.")
	return cmd
}

// NewCmdNounTree is the same as a verb of a noun.
func NewCmdNounTree(f *cmdutil.Factory, n *noun.Noun, runF func(context.Context, *Options) error) *cobra.Command {
	o := newOptions(f)
	o.Noun = n
	cmd := &cobra.Command{
		Use:   "tree NAME...",
		Short: "Show where a " + n.Name + " stands, and why",
		Long:  "Show what " + f.Program + " tree " + n.Name + "/NAME shows.\n" + watching,
		Example: fmt.Sprintf(`  # where does it stand?
  %[1]s %[2]s tree %[3]s

  # watch until it is ready
  %[1]s %[2]s tree %[3]s --watch --until ready`, f.Program, n, n.Example),
		Args:              cmdutil.UsageArgs(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completion.Names(f, n, true),
		RunE:              cmdutil.RunE(o, runF),
	}
	o.addFlags(f, cmd)
	return cmd
}

const watching = `
With --watch the tree is drawn again whenever something changes. Where standard output is
no terminal, changes are appended as lines; with -o json each is one line of JSON.`

// own are the formats that this command prints itself.
var own = []string{"table", "wide", "json", "yaml", "name", "dot", "mermaid"}

func newOptions(f *cmdutil.Factory) *Options {
	return &Options{Session: f.Session(), Output: cmdutil.NewOutputFlags("", own...)}
}

func (o *Options) addFlags(f *cmdutil.Factory, cmd *cobra.Command) {
	flags := cmd.Flags()
	if o.Noun != noun.Runnable { // which has none
		flags.StringSliceVar(&o.Filter.Steps, "step", nil, "Show only these steps.")
		_ = cmd.RegisterFlagCompletionFunc("step", completion.Steps(f, o.Noun))
	}
	flags.StringSliceVar(&o.Filter.Kinds, "kind", nil, "Show only objects of these kinds, with what leads to them.")
	flags.BoolVar(&o.Filter.NotReady, "not-ready", false, "Show only what is not ready, with what leads to it.")
	flags.IntVar(&o.Filter.Depth, "depth", 0, "Levels below the root; 0 shows everything below objects that are named, and the steps of others.")
	flags.BoolVar(&o.Deep, "deep", false, "Find objects of every kind, by listing every kind of the API; slow.")
	flags.BoolVarP(&o.Watch, "watch", "w", false, "Show changes as they happen.")
	flags.StringVar(&o.Until, "until", "", "With --watch: end when this is reached, or with exit code 1 when it has failed. One of: ready.")
	flags.DurationVar(&o.Timeout, "timeout", 0, "With --until: give up after this time; 0 means never.")
	o.Output.AddTo(cmd)
	_ = cmd.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(collect.ChildKinds(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("until", cobra.FixedCompletions([]string{"ready"}, cobra.ShellCompDirectiveNoFileComp))
}

// Complete reads what the arguments name.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	if o.Noun != nil {
		names := []string{o.Noun.Name}
		for _, arg := range args {
			names = append(names, o.Noun.NameIn(arg))
		}
		args = names
	}
	var err error
	if o.Objects, err = (reference.Parser{Mapper: o.Mapper, Discovery: o.Discovery}).Parse(args); err != nil {
		return err
	}
	if o.namespace, o.explicit, err = o.Namespace(); err != nil {
		return fmt.Errorf("cannot find out the namespace: %w", err)
	}
	return nil
}

// Follows tells whether it goes on until it is interrupted.
func (o *Options) Follows() bool { return o.Watch }

// Validate checks the flags, and what they mean for the objects.
func (o *Options) Validate() error {
	faults := []error{o.Output.Validate()}
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	lists, blueprints, owners := 0, 0, 0
	for _, r := range o.Objects {
		switch {
		case r.Noun != nil && r.Noun.Cluster:
			blueprints++
		case r.Name == "":
			lists++
		case r.Noun != nil:
			owners++
		}
		fault(r.Name == "" && (r.Noun == nil || r.Noun.Cluster), "%s alone names no object: give %[1]s/NAME; only owners are shown as a whole", typed(r))
	}
	if _, err := labels.Parse(o.Selector); err != nil {
		faults = append(faults, fmt.Errorf("--selector %q: %w", o.Selector, err))
	}
	fault(o.Selector != "" && lists+blueprints == 0, "--selector chooses among owners: give a TYPE without a name, or a blueprint")
	fault(o.AllNamespaces && lists == 0, "--all-namespaces needs a TYPE without a name")
	fault(o.AllNamespaces && o.explicit, "--namespace and --all-namespaces exclude each other")
	fault(o.Up && (len(o.Objects) != 1 || lists > 0), "--up needs one object")
	fault(o.Up && (len(o.Filter.Steps) > 0 || len(o.Filter.Kinds) > 0 || o.Filter.NotReady || o.Filter.Depth != 0 || o.Deep), "--up shows one way; --step, --kind, --not-ready, --depth and --deep have no meaning with it")
	fault(o.Filter.Depth < 0, "--depth is %d; it must not be negative", o.Filter.Depth)
	fault(o.Deep && o.Watch, "--deep reads the whole API; it cannot be watched")
	fault(o.Deep && lists+blueprints > 0, "--deep needs objects by name")
	fault(o.Until != "" && o.Until != "ready", "--until is %q; one of: ready", o.Until)
	fault(o.Until != "" && !o.Watch, "--until needs --watch")
	fault(o.Until == "ready" && (len(o.Objects) != 1 || owners != 1 || o.Up), "--until needs one owner by name")
	fault(o.Timeout != 0 && o.Until == "", "--timeout needs --until")
	fault(o.Timeout < 0, "--timeout is %s; it must be positive", o.Timeout)
	fault(o.Watch && !o.watchable(), "-o %s cannot be watched", o.Output.Format())
	return cmdutil.Usage(faults)
}

func typed(r reference.Reference) string {
	if r.Noun != nil {
		return r.Noun.Name
	}
	return r.Resource.Resource
}
