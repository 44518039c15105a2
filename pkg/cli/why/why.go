// Package why is `kubectl carto why`.
package why

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/why"
)

// Options of the command.
type Options struct {
	cmdutil.Session

	// Type as it was typed, and the Noun that it means; nil for objects below an owner.
	Type   string
	Noun   *noun.Noun
	Name   string
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
	o := &Options{Session: f.Session(), Output: cmdutil.NewOutputFlags("", "json", "yaml")}
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

  # whose pod is this, and why does it not run?
  %[1]s why pod/cart-7c9d-x2x4b

  # only the sentence
  %[1]s why workload/cart -o jsonpath='{.sentence}'`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: complete(f),
		RunE:              cmdutil.RunE(o, runF),
	}
	o.Output.AddTo(cmd)
	cmd.Flags().StringSliceVar(&o.Show, "show", nil, "Sections to add, with commas between. Of: "+strings.Join(sections, ", ")+".")
	cmd.Flags().BoolVar(&o.All, "all", false, "Add all sections, in full.")
	_ = cmd.RegisterFlagCompletionFunc("show", cobra.FixedCompletions(sections, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func complete(f *cmdutil.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		prefix, name, slash := strings.Cut(toComplete, "/")
		if len(args) == 1 {
			prefix, name = args[0], toComplete
		}
		n := noun.Of(prefix)
		switch {
		case len(args) == 0 && !slash:
			return []string{"workload/", "deliverable/", "runnable/", "supplychain/", "delivery/", "pod/"}, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
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
	}
}

// Complete reads TYPE/NAME or TYPE NAME.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	kind, name, slash := strings.Cut(args[0], "/")
	switch {
	case len(args) == 2 && slash:
		return cmdutil.Usagef("%q and %q: give TYPE/NAME or TYPE NAME", args[0], args[1])
	case len(args) == 2:
		name = args[1]
	case !slash:
		return cmdutil.Usagef("%q names no type: give TYPE/NAME, for example workload/%s", args[0], args[0])
	}
	if kind == "" || name == "" || strings.Contains(name, "/") {
		return cmdutil.Usagef("%q names nothing: give TYPE/NAME", strings.Join(args, " "))
	}
	o.Type, o.Name = strings.ToLower(kind), name
	// A type may be written as TYPE.VERSION.GROUP.
	plain, group, _ := strings.Cut(o.Type, ".")
	if group == "" || group == v1alpha1.Group || group == v1alpha1.GroupVersion.Version+"."+v1alpha1.Group {
		o.Noun = noun.Of(plain)
	}
	if o.Noun != nil && o.Noun.Cluster {
		return nil
	}
	var err error
	o.namespace, err = o.NamespaceInUse()
	return err
}

// Validate checks the flags.
func (o *Options) Validate() error {
	faults := []error{o.Output.Validate()}
	if o.Output.Format() == "name" {
		faults = append(faults, fmt.Errorf("-o name: an explanation has no name; use json, yaml, jsonpath or go-template"))
	}
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
	var w *why.Why
	switch {
	case o.Noun == nil:
		w, err = o.object(ctx, client)
	case o.Noun.Cluster:
		w, err = o.blueprint(ctx, client)
	default:
		w, err = o.owner(ctx, client, o.Noun, o.namespace, o.Name)
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
	switch o.Output.Format() {
	case "":
		return why.WriteText(o.Streams.Out, w, why.TextOptions{
			Now: o.Clock(), Unicode: o.Streams.Unicode(), Color: o.Streams.UseColor(), Width: o.Streams.Width(),
			Selection: o.All || slices.Contains(o.Show, showSelection) || w.SelectionIsTheProblem(),
			Params:    o.All || slices.Contains(o.Show, showParams), ParamsOf: w.ParamsAreTheProblem(), AllCandidates: o.All,
		})
	case "json":
		return why.WriteJSON(o.Streams.Out, w)
	case "yaml":
		return why.WriteYAML(o.Streams.Out, w)
	}
	printer, err := o.Output.Printer()
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(w)
	if err != nil {
		return err
	}
	fields := map[string]any{}
	if err := json.Unmarshal(encoded, &fields); err != nil {
		return err
	}
	return printer.PrintObj(&unstructured.Unstructured{Object: fields}, o.Streams.Out)
}

// wantsTemplates tells whether the templates are read for what is shown anyway; each costs
// a request.
func (o *Options) wantsTemplates() bool {
	return o.All || slices.Contains(o.Show, showParams) || o.Output.Format() != ""
}
