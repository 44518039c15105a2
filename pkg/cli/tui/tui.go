// Package tui is `kubectl carto tui`.
package tui

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/reference"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// Options of the command.
type Options struct {
	cmdutil.Session

	// Objects that were named: none, or one, of which the name may be empty.
	Objects       []reference.Reference
	AllNamespaces bool
	Theme         string
	Write         bool
	Mouse         bool

	// Context of the kubeconfig, for the header until the connection tells.
	Context func() string
	// Quiet ends what client-go logs, which would be written onto the screen.
	Quiet func()
	// OnCrash has something done before a goroutine of client-go, such as the handler of an
	// informer, ends the process: nothing after would give the terminal back.
	OnCrash func(do func())
	// NewWorld makes what the screens ask; tests replace it.
	NewWorld func() (World, error)

	namespace string
	explicit  bool
}

var nouns = []*noun.Noun{noun.Workload, noun.Deliverable, noun.Runnable, noun.SupplyChain, noun.Delivery}

// NewCmdTui makes the command; runF replaces the work in tests.
func NewCmdTui(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{
		Session:  f.Session(),
		Context:  func() string { return f.Connection().Context },
		Quiet:    func() { quiet(f) },
		OnCrash:  onCrash,
		NewWorld: func() (World, error) { return newWorld(f) },
	}
	cmd := &cobra.Command{
		Use:   "tui [TYPE[/NAME]]",
		Short: "Watch supply chains live, on the whole screen",
		Long: `Show all workloads with their state as it changes, and each with the graph of its steps, what
was stamped, logs, events and why it is not ready. ? shows the keys, : takes commands, esc
goes back, q quits.

TYPE is what is shown first: workload, which is the default, deliverable, runnable, supplychain
or delivery. TYPE/NAME opens one.

Nothing in the cluster is changed unless --write is given, and then only after a question.

The view is for a person at a terminal; for pipes and scripts there is tree --watch. What
the client logs with -v is dropped while the screen is taken, unless standard error is sent
to a file.`,
		Example: fmt.Sprintf(`  # all workloads of the namespace
  %[1]s tui

  # those of all namespaces
  %[1]s tui -A

  # one workload, with the right to retry, edit and delete
  %[1]s tui workload/cart --write

  # all supply chains, on a light background
  %[1]s tui csc --theme light`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.MaximumNArgs(2)),
		ValidArgsFunction: completion.TypedNames(f, false, nouns...),
		RunE:              cmdutil.RunE(o, runF),
	}
	flags := cmd.Flags()
	flags.BoolVarP(&o.AllNamespaces, "all-namespaces", "A", false, "Begin with all namespaces.")
	flags.StringVar(&o.Theme, "theme", string(theme.Auto), "Theme of colours: auto asks the terminal for its background; or dark, light or none.")
	flags.BoolVar(&o.Write, "write", false, "Write to the cluster: allow edit, retry, delete and create, each after a question.")
	flags.BoolVar(&o.Mouse, "mouse", true, "Take clicks and the wheel of the mouse; ctrl-t switches it, so that the terminal selects text.")
	_ = cmd.RegisterFlagCompletionFunc("theme", cobra.FixedCompletions(themes(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func themes() []string {
	names := make([]string, len(theme.Names))
	for i, n := range theme.Names {
		names[i] = string(n)
	}
	return names
}

// Complete reads what to begin with.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	var err error
	if len(args) > 0 {
		// Without a mapper: other types have no screen.
		if o.Objects, err = (reference.Parser{}).Parse(args); err != nil {
			return err
		}
	}
	if o.namespace, o.explicit, err = o.Namespace(); err != nil {
		return fmt.Errorf("cannot find out the namespace: %w", err)
	}
	return nil
}

// Validate checks the flags.
func (o *Options) Validate() error {
	var faults []error
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(len(o.Objects) > 1, "one object is opened at a time: give TYPE or TYPE/NAME")
	for _, r := range o.Objects[:min(1, len(o.Objects))] {
		fault(r.Noun == nil, "%s has no screen; one of: %s", r.Resource.Resource, near.Or(noun.Names()))
		fault(r.Name != "" && o.AllNamespaces && !r.Cluster, "--all-namespaces needs a TYPE without a name")
	}
	fault(o.AllNamespaces && o.explicit, "--namespace and --all-namespaces exclude each other")
	fault(!slices.Contains(themes(), o.Theme), "--theme is %q; one of: %s", o.Theme, near.Or(themes()))
	return cmdutil.Usage(faults)
}

// noun is the kind that is shown first.
func (o *Options) noun() *noun.Noun {
	if len(o.Objects) == 0 {
		return noun.Workload
	}
	return o.Objects[0].Noun
}

// name of what is opened; empty for the table.
func (o *Options) name() string {
	if len(o.Objects) == 0 {
		return ""
	}
	return o.Objects[0].Name
}

// where we begin to look; empty is everywhere.
func (o *Options) where() string {
	if o.AllNamespaces {
		return ""
	}
	return o.namespace
}
