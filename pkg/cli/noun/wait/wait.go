// Package wait is the verb wait: `kubectl carto workload wait`.
package wait

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
)

// Options of the command.
type Options struct {
	cmdutil.Session
	Noun *noun.Noun

	Name         string
	For          string
	Timeout      time.Duration
	StalledAfter time.Duration

	namespace string
}

// NewCmdWait makes the command; runF replaces the work in tests.
func NewCmdWait(f *cmdutil.Factory, n *noun.Noun, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session(), Noun: n}
	cmd := &cobra.Command{
		Use:   "wait NAME",
		Short: "Wait until a " + n.Name + " is ready",
		Long: `Wait until a ` + n.Name + ` is ready, and show on standard error how it gets there. A status
of an older generation does not count. What kubectl wait calls condition=Ready and delete is
known too.

Exit code 1 tells three things apart: failed (it will not pass by waiting, and has held for
` + follow.FailGrace.String() + `), stalled (nothing has changed for --stalled-after, and no pod of a build or a run is at
work), and still running when --timeout is over.`,
		Args:              cmdutil.UsageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completion.Names(f, n, false),
		RunE:              cmdutil.RunE(o, runF),
	}
	goals := "ready, step=STEP, deleted"
	cmd.Example = fmt.Sprintf(`  # until it is ready, or has failed
  %[1]s %[2]s wait %[3]s

  # only until one step is ready
  %[1]s %[2]s wait %[3]s --for step=%[4]s --timeout 20m`, f.Program, n, n.Example, n.ExampleStep)
	if n == noun.Runnable {
		goals = "ready, deleted"
		cmd.Example = fmt.Sprintf(`  # until its newest run has succeeded, or failed
  %[1]s runnable wait %[2]s

  # until it is gone
  %[1]s runnable wait %[2]s --for deleted`, f.Program, n.Example)
	}
	cmd.Flags().StringVar(&o.For, "for", "ready", "What to wait for. One of: "+goals+".")
	cmd.Flags().DurationVar(&o.Timeout, "timeout", 10*time.Minute, "Give up after this time; 0 means never.")
	cmd.Flags().DurationVar(&o.StalledAfter, "stalled-after", 5*time.Minute, "Give up when nothing has changed for this time; 0 means never.")
	_ = cmd.RegisterFlagCompletionFunc("for", func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		step, isStep := strings.CutPrefix(toComplete, "step=")
		if !isStep || n == noun.Runnable {
			return strings.Split(strings.ReplaceAll(goals, "STEP", ""), ", "), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		}
		steps, directive := completion.Steps(f, n)(cmd, args, step)
		for i := range steps {
			steps[i] = "step=" + steps[i]
		}
		return steps, directive
	})
	return cmd
}

// Complete takes the name and finds the namespace.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	o.Name = o.Noun.NameIn(args[0])
	// As kubectl wait has them.
	switch strings.ToLower(o.For) {
	case "delete":
		o.For = "deleted"
	case "condition=ready", "condition=ready=true":
		o.For = "ready"
	}
	var err error
	o.namespace, err = o.NamespaceInUse()
	return err
}

// Validate checks the flags.
func (o *Options) Validate() error {
	faults := []error{noun.CheckName(o.Noun, o.Name)}
	step, isStep := strings.CutPrefix(o.For, "step=")
	switch {
	case isStep && o.Noun == noun.Runnable:
		faults = append(faults, fmt.Errorf("--for %s: a runnable has no steps", o.For))
	case isStep && step == "":
		faults = append(faults, fmt.Errorf("--for step= names no step"))
	case !isStep && o.For != "ready" && o.For != "deleted":
		faults = append(faults, fmt.Errorf("--for is %q; one of: ready, step=STEP, deleted", o.For))
	}
	if o.Timeout < 0 {
		faults = append(faults, fmt.Errorf("--timeout is %s; it must not be negative", o.Timeout))
	}
	if o.StalledAfter < 0 {
		faults = append(faults, fmt.Errorf("--stalled-after is %s; it must not be negative", o.StalledAfter))
	}
	return cmdutil.Usage(faults)
}

// Run waits, and prints what was reached.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	run := follow.Options{
		Client: client, Ref: collect.OwnerRef{Kind: o.Noun.Kind, Namespace: o.namespace, Name: o.Name},
		View:    follow.Progress(o.Streams, o.Clock),
		Timeout: o.Timeout, StalledAfter: o.StalledAfter, FailGrace: follow.FailGrace,
	}
	what := o.For
	switch step, isStep := strings.CutPrefix(o.For, "step="); {
	case isStep:
		run.UntilStep, what = step, "step "+step+" ready"
	case o.For == "deleted":
		// What is being deleted may fail and stand still; only time tells.
		run.UntilDeleted, run.FailGrace, run.StalledAfter = true, 0, 0
	default:
		run.UntilReady = true
	}
	if err := follow.Run(ctx, run); err != nil {
		return o.Noun.Explain(ctx, client, o.Program, "read", o.namespace, o.Name, err)
	}
	_, err = fmt.Fprintf(o.Streams.Out, "%s %s\n", o.Noun.Printed(o.Name), what)
	return err
}
