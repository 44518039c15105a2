// Package get is the verb get: `kubectl carto workload get`.
package get

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

	Name   string
	Output *cmdutil.OutputFlags

	namespace string
}

// NewCmdGet makes the command; runF replaces the work in tests.
func NewCmdGet(f *cmdutil.Factory, n *noun.Noun, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{
		Session: f.Session(), Noun: n,
		Output: cmdutil.NewOutputFlags(""),
	}
	cmd := &cobra.Command{
		Use:   "get NAME",
		Short: "Show one " + n.Name,
		Example: fmt.Sprintf(`  # %[4]s
  %[1]s %[2]s get %[3]s

  # only why it is not ready
  %[1]s %[2]s get %[3]s -o jsonpath='{.status.conditions[?(@.type=="Ready")].message}'`, f.Program, n, n.Example, shows[n]),
		Args:              cmdutil.UsageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completion.Names(f, n, false),
		RunE:              cmdutil.RunE(o, runF),
	}
	o.Output.AddTo(cmd)
	return cmd
}

// shows says what the sections tell.
var shows = map[*noun.Noun]string{
	noun.Workload: "source, steps and messages", noun.Deliverable: "source, steps and messages",
	noun.Runnable:    "inputs, outputs and messages",
	noun.SupplyChain: "steps, params with who may set them, and the owners with their health",
	noun.Delivery:    "steps, params with who may set them, and the owners with their health",
}

// Complete takes the name and finds the namespace.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	o.Name = args[0]
	if o.Noun.Cluster {
		return nil
	}
	var err error
	o.namespace, err = o.NamespaceInUse()
	return err
}

// Validate checks the flags.
func (o *Options) Validate() error { return o.Output.Validate() }

// Run shows the object.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	obj, err := o.Noun.Read(ctx, client, o.Program, o.namespace, o.Name)
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
	item, err := o.Noun.Decode(obj)
	if err != nil {
		return err
	}
	s := &sections{noun: o.Noun, item: item, when: o.When}
	switch {
	case item.Blueprint != nil:
		templates, owners, err := o.readUse(ctx, client, item.Blueprint)
		if err != nil {
			return err
		}
		s.blueprint(item.Blueprint, templates, owners)
	case item.Runnable != nil:
		s.runnable(item.Runnable)
	default:
		s.owner()
	}
	_, err = s.out.WriteTo(o.Streams.Out)
	return err
}
