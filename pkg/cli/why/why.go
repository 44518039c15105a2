// Package why is `kubectl carto why`.
package why

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/reference"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/why"
)

// Options of the command.
type Options struct {
	cmdutil.Session

	Object reference.Reference
	Show   []string
	All    bool
	Output *cmdutil.OutputFlags

	namespace string
}

// Sections that are shown on demand.
const (
	showSelection = "selection"
	showParams    = "params"
)

var sections = []string{showSelection, showParams}

// NewCmdWhy makes the command; runF replaces the work in tests.
func NewCmdWhy(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session(), Output: cmdutil.NewOutputFlags("").Without("name")}
	cmd := &cobra.Command{
		Use:   "why TYPE/NAME",
		Short: "Say in one sentence why something is not ready",
		Long: `Say in one sentence why something is not ready, then show who waits for whom, down to
the condition, event or container that explains it, and the next command to run. A step
that only suffers from an earlier one is never blamed.

TYPE is workload, deliverable, runnable, supplychain or delivery; or the type of any
object that one of them stamped, or of what is below that, such as a pod: then the owner
is explained.

The sections selection (which blueprints and options were considered, their scores and
what is not met) and params (where each value comes from and who may set it) are shown
when they are the problem, or with --show or --all. -o json and -o yaml always have
everything.

The exit code is 0 when it is ready, 1 when it is not.`,
		Example: fmt.Sprintf(`  # what is wrong?
  %[1]s why workload/cart

  # how was its supply chain selected, and who set its params?
  %[1]s why workload/cart --all

  # of which workload is this pod, and why is that not ready?
  %[1]s why pod/cart-7c9d-x2x4b

  # only the sentence
  %[1]s why workload/cart -o jsonpath='{.sentence}'`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: completion.TypedNames(f, false, noun.Workload, noun.Deliverable, noun.Runnable, noun.SupplyChain, noun.Delivery),
		RunE:              cmdutil.RunE(o, runF),
	}
	o.Output.AddTo(cmd)
	cmd.Flags().StringSliceVar(&o.Show, "show", nil, "Sections to add, with commas between. Of: "+strings.Join(sections, ", ")+".")
	cmd.Flags().BoolVar(&o.All, "all", false, "Add all sections, in full.")
	_ = cmd.RegisterFlagCompletionFunc("show", completion.Several(sections...))
	return cmd
}

// Complete reads TYPE/NAME or TYPE NAME.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	objects, err := reference.Parser{Mapper: o.Mapper, Discovery: o.Discovery}.Parse(args)
	if err != nil {
		return err
	}
	if len(objects) > 1 || objects[0].Name == "" {
		return cmdutil.Usagef("one object is explained at a time: give TYPE/NAME, for example workload/cart")
	}
	o.Object = objects[0]
	o.namespace, err = o.NamespaceInUse()
	return err
}

// Validate checks the flags.
func (o *Options) Validate() error {
	faults := []error{o.Output.Validate()}
	for _, s := range o.Show {
		if !slices.Contains(sections, s) {
			faults = append(faults, fmt.Errorf("--show has %q; known are: %s", s, strings.Join(sections, ", ")))
		}
	}
	if o.All && len(o.Show) > 0 {
		faults = append(faults, fmt.Errorf("--all and --show exclude each other: --all shows every section"))
	}
	return cmdutil.Usage(faults)
}

// Run explains the object; that it is not ready is a finding.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	source := collect.Source{Client: client, Mapper: o.Mapper, Clock: o.Clock}
	var w *why.Why
	switch n := o.Object.Noun; {
	case n == nil:
		w, err = o.object(ctx, source)
	case n.Cluster:
		w, err = Blueprint(ctx, client, o.Program, n, o.Object.Name)
	default:
		w, err = o.owner(ctx, source, n, o.namespace, o.Object.Name)
	}
	if err != nil {
		return err
	}
	if err := o.print(w); err != nil {
		return err
	}
	if w.Verdict != why.Ready {
		return cmdutil.ErrSilent
	}
	return nil
}

func (o *Options) print(w *why.Why) error {
	if o.Output.Own() {
		return why.WriteText(o.Streams.Out, w, why.TextOptions{
			Program: o.Program, Now: o.Clock(), Unicode: o.Streams.Unicode(), Color: o.Streams.UseColor(), Width: o.Streams.Width(),
			Selection: o.All || slices.Contains(o.Show, showSelection) || w.SelectionIsTheProblem(),
			Params:    o.All || slices.Contains(o.Show, showParams), ParamsOf: w.ParamsAreTheProblem(), AllCandidates: o.All,
		})
	}
	return o.Output.PrintData(o.Streams.Out, w)
}

// wantsTemplates tells whether the templates are read for what is shown anyway; each costs
// a request.
func (o *Options) wantsTemplates() bool {
	return o.All || slices.Contains(o.Show, showParams) || o.Output.Format() != ""
}
