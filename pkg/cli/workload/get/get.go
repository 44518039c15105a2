// Package get is `kubectl carto workload get`.
package get

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/cli/workload/shared"
)

// Options of the command.
type Options struct {
	Streams   *streams.Streams
	Program   string
	Client    func() (dynamic.Interface, error)
	Namespace func() (string, bool, error)
	Clock     func() time.Time

	Name   string
	Output *cmdutil.OutputFlags

	namespace string
}

// NewCmdGet makes the command; runF replaces the work in tests.
func NewCmdGet(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{
		Streams: f.Streams, Program: f.Program, Client: f.Dynamic, Namespace: f.Namespace, Clock: f.Clock,
		Output: cmdutil.NewOutputFlags(""),
	}
	cmd := &cobra.Command{
		Use:   "get NAME",
		Short: "Show one workload",
		Example: fmt.Sprintf(`  # source, steps and messages
  %[1]s workload get cart

  # only the revision that the first step has read
  %[1]s workload get cart -o jsonpath='{.status.resources[0].outputs[?(@.name=="revision")].preview}'`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completion.Workloads(f, false),
		RunE:              cmdutil.RunE(o, runF),
	}
	o.Output.AddTo(cmd)
	return cmd
}

// Complete takes the name and finds the namespace.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	o.Name = args[0]
	var err error
	if o.namespace, _, err = o.Namespace(); err != nil {
		return fmt.Errorf("cannot find out the namespace: %w", err)
	}
	return nil
}

// Validate checks the flags.
func (o *Options) Validate() error { return o.Output.Validate() }

// Run shows the workload.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	obj, err := shared.Read(ctx, client, o.Program, o.namespace, o.Name)
	if err != nil {
		return err
	}
	if !o.Output.Own() {
		printer, err := o.Output.Printer()
		if err != nil {
			return err
		}
		return printer.PrintObj(obj, o.Streams.Out)
	}
	w, err := shared.Decode(obj)
	if err != nil {
		return err
	}
	return sections(o.Streams.Out, w, style{now: o.Clock(), relative: o.Streams.OutIsTerminal()})
}
