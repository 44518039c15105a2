// Package tail is the verb tail: `kubectl carto workload tail`.
package tail

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/tail"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/table"
)

// Options of the command.
type Options struct {
	cmdutil.Session
	Noun *noun.Noun

	Name       string
	Select     tail.Selection
	Since      time.Duration
	Timestamps bool
	Previous   bool
	Follow     bool
	Until      string
	Timeout    time.Duration
	MaxStreams int
	Output     string

	restConfig func() (*rest.Config, error)
	namespace  string
	// changed tells whether a flag was given.
	changed func(flag string) bool
}

// NewCmdTail makes the command; runF replaces the work in tests.
func NewCmdTail(f *cmdutil.Factory, n *noun.Noun, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session(), Noun: n, restConfig: f.RESTConfig}
	cmd := &cobra.Command{
		Use:     "tail NAME",
		Aliases: []string{"logs"},
		Short:   "Show the logs of all pods of a " + n.Name,
		Long: `Show the logs of all pods of a ` + n.Name + `, each line after the step, the pod and the container
that wrote it. All containers are shown, those that initialise and that debug too.

Pods that come later are picked up, containers that restart are followed, and a connection
that drops is resumed without losing or repeating lines. With --until ready the command ends
with the outcome: exit code 0 when the ` + n.Name + ` is ready, 1 when it has failed.

With -o json each line is one JSON object with the fields time (RFC 3339, of the node), step,
pod, container and message. In text, control characters are replaced.`,
		Args:              cmdutil.UsageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completion.Names(f, n, false),
		RunE:              cmdutil.RunE(o, runF),
	}
	what, step := "everything", ""
	flags := cmd.Flags()
	if n != noun.Runnable {
		what, step = "one step", "--step "+n.ExampleStep+" "
		flags.StringArrayVar(&o.Select.Steps, "step", nil, "Show only this step, and the steps of what it stamps. Repeatable.")
		_ = cmd.RegisterFlagCompletionFunc("step", completion.Steps(f, n))
	}
	cmd.Example = fmt.Sprintf(`  # follow everything that it runs
  %[1]s %[2]s tail %[3]s

  # %[4]s, from the beginning until the %[2]s is ready or has failed
  %[1]s %[2]s tail %[3]s %[5]s--until ready --since 0

  # what the last hour said, for a program
  %[1]s %[2]s tail %[3]s --since 1h --follow=false -o json`, f.Program, n, n.Example, what, step)
	flags.StringArrayVar(&o.Select.Pods, "pod", nil, "Show only this pod. Repeatable.")
	flags.StringArrayVarP(&o.Select.Containers, "container", "c", nil, "Show only containers of this name. Repeatable.")
	flags.StringVar(&o.Select.Component, "component", "", "Show only pods whose label app.kubernetes.io/component has this value.")
	flags.DurationVar(&o.Since, "since", time.Minute, "How far to look back; 0 means to the beginning.")
	flags.BoolVarP(&o.Timestamps, "timestamps", "t", false, "Show when each line was written.")
	flags.BoolVarP(&o.Previous, "previous", "p", false, "Show what restarted containers wrote before they restarted, from the beginning unless --since is given.")
	flags.BoolVarP(&o.Follow, "follow", "f", true, "Go on as lines are written; --follow=false shows what is there, step by step.")
	flags.StringVar(&o.Until, "until", "", "End when this is reached, or cannot be any more. One of: ready.")
	flags.DurationVar(&o.Timeout, "timeout", 0, "With --until: give up after this time; 0 means never.")
	flags.IntVar(&o.MaxStreams, "max-streams", tail.DefaultStreams, "How many containers to follow at the same time; more wait for one that ends.")
	flags.StringVarP(&o.Output, "output", "o", "text", "Output format. One of: "+strings.Join(formats, ", ")+".")
	_ = cmd.RegisterFlagCompletionFunc("pod", completion.Pods(f, n))
	_ = cmd.RegisterFlagCompletionFunc("until", cobra.FixedCompletions([]string{"ready"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

var formats = []string{"text", "json"}

// Complete takes the name and finds the namespace.
func (o *Options) Complete(cmd *cobra.Command, args []string) error {
	o.Name, o.changed = o.Noun.NameIn(args[0]), cmd.Flags().Changed
	if o.Previous && !o.changed("since") {
		o.Since = 0 // what ended is rarely of the last minute
	}
	if o.Previous && !o.changed("follow") {
		o.Follow = false
	}
	var err error
	o.namespace, err = o.NamespaceInUse()
	return err
}

// Follows tells whether it goes on until it is interrupted.
func (o *Options) Follows() bool { return o.Follow }

// Validate checks the flags.
func (o *Options) Validate() error {
	faults := []error{noun.CheckName(o.Noun, o.Name)}
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if o.Output != "text" && o.Output != "json" {
		fault("unknown output format %q; one of: %s", o.Output, strings.Join(formats, ", "))
	}
	if o.Until != "" && o.Until != "ready" {
		fault("--until is %q; one of: ready", o.Until)
	}
	if o.Until != "" && !o.Follow {
		fault("--until follows; it excludes --follow=false and --previous")
	}
	if o.Previous && o.Follow {
		fault("--previous shows what has ended; it excludes --follow")
	}
	if o.Timeout != 0 && o.Until == "" {
		fault("--timeout needs --until")
	}
	if o.Timeout < 0 {
		fault("--timeout is %s; it must not be negative", o.Timeout)
	}
	if o.Since < 0 {
		fault("--since is %s; it must not be negative", o.Since)
	}
	if o.MaxStreams < 1 {
		fault("--max-streams is %d; it must be at least 1", o.MaxStreams)
	}
	return cmdutil.Usage(faults)
}

// Run shows the logs.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	config, err := o.restConfig()
	if err != nil {
		return err
	}
	logs, err := tail.NewReader(config)
	if err != nil {
		return fmt.Errorf("cannot make a client for logs: %w", err)
	}
	run := tail.Options{
		Follow: follow.Options{
			Client: client, Ref: collect.OwnerRef{Kind: o.Noun.Kind, Namespace: o.namespace, Name: o.Name},
			Timeout: o.Timeout,
		},
		Once: !o.Follow, Logs: logs, Select: o.Select, Since: o.Since, Previous: o.Previous, MaxStreams: o.MaxStreams,
		Sink: tail.Text(o.Streams.Out, o.Streams.UseColor(), o.Timestamps),
		Note: func(format string, args ...any) {
			_, _ = fmt.Fprintln(o.Streams.ErrOut, table.OneLine(fmt.Sprintf(format, args...)))
		},
	}
	if o.Until == "ready" {
		run.Follow.UntilReady, run.Follow.FailGrace = true, follow.FailGrace
	}
	if o.Output == "json" {
		run.Sink = tail.NDJSON(o.Streams.Out)
	}
	switch err := tail.Run(ctx, run); {
	case err != nil:
		return o.Noun.Explain(ctx, client, o.Program, "read", o.namespace, o.Name, err)
	case o.Until == "":
		return nil
	}
	_, err = fmt.Fprintf(o.Streams.ErrOut, "%s is ready\n", o.Noun.Printed(o.Name))
	return err
}
