// Package events is the verb events: `kubectl carto workload events`.
package events

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/cli/happenings"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
)

// Options of the command.
type Options struct {
	cmdutil.Session
	Noun *noun.Noun

	Name   string
	Watch  bool
	Types  []string
	Steps  []string
	Since  time.Duration
	Output *cmdutil.OutputFlags

	namespace string
}

// NewCmdEvents makes the command; runF replaces the work in tests.
func NewCmdEvents(f *cmdutil.Factory, n *noun.Noun, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session(), Noun: n, Output: cmdutil.NewOutputFlags("", "table", "wide")}
	cmd := &cobra.Command{
		Use:   "events NAME",
		Short: "Show what happened to a " + n.Name + " and all below it",
		Long: `Show the events of a ` + n.Name + `, of the objects that it stamped, and of what Kubernetes made
below them, pods included, in the order in which they happened. An event that was repeated
counts as of its last time.

With --watch new events are appended; with -o json each is one line of JSON then.`,
		Example: fmt.Sprintf(`  # what happened?
  %[1]s %[2]s events %[3]s

  # what goes wrong, as it happens
  %[1]s %[2]s events %[3]s --watch --types Warning --since 5m`, f.Program, n, n.Example),
		Args:              cmdutil.UsageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completion.Names(f, n, false),
		RunE:              cmdutil.RunE(o, runF),
	}
	flags := cmd.Flags()
	flags.BoolVarP(&o.Watch, "watch", "w", false, "Go on, and show events as they happen.")
	flags.StringSliceVar(&o.Types, "types", nil, "Show only these types: Normal, Warning.")
	if n != noun.Runnable {
		flags.StringArrayVar(&o.Steps, "step", nil, "Show only this step, and the steps of what it stamps. Repeatable.")
		_ = cmd.RegisterFlagCompletionFunc("step", completion.Steps(f, n))
	}
	flags.DurationVar(&o.Since, "since", 0, "Show only what happened within this time; 0 means all that the cluster remembers.")
	o.Output.AddTo(cmd)
	_ = cmd.RegisterFlagCompletionFunc("types", completion.Several("Normal", "Warning"))
	return cmd
}

// Complete takes the name and finds the namespace.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	o.Name = o.Noun.NameIn(args[0])
	slices.Sort(o.Types)
	o.Types = slices.Compact(o.Types)
	var err error
	o.namespace, err = o.NamespaceInUse()
	return err
}

// Follows tells whether it goes on until it is interrupted.
func (o *Options) Follows() bool { return o.Watch }

// Validate checks the flags.
func (o *Options) Validate() error {
	faults := []error{noun.CheckName(o.Noun, o.Name), o.Output.Validate()}
	for _, t := range o.Types {
		if t != "Normal" && t != "Warning" {
			faults = append(faults, fmt.Errorf("--types has %q; one of: Normal, Warning", t))
		}
	}
	if o.Since < 0 {
		faults = append(faults, fmt.Errorf("--since is %s; it must not be negative", o.Since))
	}
	return cmdutil.Usage(faults)
}

// Run shows the events.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	in, err := collect.Collect(ctx, client, o.ref())
	if err != nil {
		return o.Noun.Explain(ctx, client, o.Program, "read", o.namespace, o.Name, err)
	}
	for _, step := range o.Steps {
		outer, _, _ := strings.Cut(step, "/")
		if err := follow.UnknownStep(tree.Build(in), outer); err != nil {
			return err
		}
	}
	for _, u := range in.Unread {
		if u.Code == "Forbidden" && !strings.HasPrefix(u.Resource, "cluster") { // a blueprint has no events of the owner's
			o.notef("the events of some objects are missing: %s", u.Message)
		}
	}
	s := happenings.New(client, in, o.Steps, o.Types)
	var found []*happenings.Event
	for _, namespace := range s.Namespaces() {
		some, err := s.List(ctx, namespace)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && namespace == o.namespace:
			return cmdutil.Explain(o.Program, "list events in namespace "+namespace, err)
		case err != nil:
			o.notef("cannot list events in namespace %s: %v", namespace, err)
		}
		found = append(found, some...)
	}
	slices.SortStableFunc(found, happenings.ByTime)
	found = slices.DeleteFunc(found, o.old)
	if o.Watch {
		return o.watch(ctx, client, s, found)
	}
	if o.Output.Own() && len(found) == 0 {
		_, err := fmt.Fprintf(o.Streams.ErrOut, "No events found for %s.\n", o.Noun.Qualified(o.namespace, o.Name))
		return err
	}
	return o.print(found)
}

func (o *Options) ref() collect.OwnerRef {
	return collect.OwnerRef{Kind: o.Noun.Kind, Namespace: o.namespace, Name: o.Name}
}

// old tells an event that is left out by --since.
func (o *Options) old(e *happenings.Event) bool {
	return o.Since > 0 && e.Time.Before(o.Clock().Add(-o.Since))
}

func (o *Options) watch(ctx context.Context, client dynamic.Interface, s *happenings.Source, found []*happenings.Event) error {
	show, err := o.appender()
	if err != nil {
		return err
	}
	if err := show(found...); err != nil {
		return err
	}
	err = s.Follow(ctx, collect.InputsOf(client, o.ref()), o.notef, func(e *happenings.Event) error {
		if o.old(e) {
			return nil
		}
		return show(e)
	})
	return o.Noun.Explain(ctx, client, o.Program, "read", o.namespace, o.Name, err)
}

func (o *Options) notef(format string, args ...any) {
	_, _ = fmt.Fprintln(o.Streams.ErrOut, table.Printable(fmt.Sprintf(format, args...)))
}
