// Package retry is the verb retry: `kubectl carto workload retry`.
package retry

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
)

// Options of the command.
type Options struct {
	cmdutil.Session
	Noun *noun.Noun

	Name string
	Step string

	namespace string
}

// NewCmdRetry makes the command; runF replaces the work in tests.
func NewCmdRetry(f *cmdutil.Factory, n *noun.Noun, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session(), Noun: n}
	cmd := &cobra.Command{
		Use:               "retry NAME",
		Args:              cmdutil.UsageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completion.Names(f, n, false),
		RunE:              cmdutil.RunE(o, runF),
	}
	if n == noun.Runnable {
		cmd.Short = "Repeat the failed run of a runnable"
		cmd.Long = "Ask for one more run, with the same inputs, of a runnable whose newest run has failed."
		cmd.Example = fmt.Sprintf(`  # once more
  %[1]s runnable retry %[2]s

  # and look at it
  %[1]s runnable tree %[2]s --watch`, f.Program, n.Example)
		return cmd
	}
	cmd.Short = "Repeat the failed runs of a " + n.Name
	cmd.Long = `Ask for one more run of every step whose newest run has failed, or of one step.

This is for steps that make a run for each change: those whose templates have the lifecycle
immutable or tekton, and those that stamp a Runnable. A step that keeps one object up to date
needs no retry: repair its inputs instead.`
	cmd.Example = fmt.Sprintf(`  # whatever has failed
  %[1]s %[2]s retry %[3]s

  # only the tests
  %[1]s %[2]s retry %[3]s --step test`, f.Program, n, n.Example)
	cmd.Flags().StringVar(&o.Step, "step", "", "Run only this step.")
	_ = cmd.RegisterFlagCompletionFunc("step", completion.Steps(f, n))
	return cmd
}

// Complete takes the name and finds the namespace.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	o.Name = o.Noun.NameIn(args[0])
	var err error
	o.namespace, err = o.NamespaceInUse()
	return err
}

// Validate checks the arguments.
func (o *Options) Validate() error {
	return cmdutil.Usage([]error{noun.CheckName(o.Noun, o.Name)})
}

// Run asks the agent, and says of which objects.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	request := Request{
		Client: client, Noun: o.Noun, Namespace: o.namespace, Name: o.Name, Step: o.Step, Program: o.Program, Now: o.Clock(),
	}
	return Ask(ctx, request, func(n *noun.Noun, name string) error {
		_, err := fmt.Fprintf(o.Streams.Out, "%s retried\n", n.Printed(name))
		return err
	})
}
