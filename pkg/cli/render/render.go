// Package render is `kubectl carto render`.
package render

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/reference"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/offline"
)

// Options of the command.
type Options struct {
	cmdutil.Session

	// Owners to render; all when empty.
	Owners     []reference.Reference
	Files      []string
	Observed   []string
	Assume     bool
	Step       string
	Params     []string
	ParamsYAML []string
	Output     *cmdutil.OutputFlags

	// flagNamespace is what -n says. The namespace of the kubeconfig does not count: what
	// is rendered must not depend on it.
	flagNamespace *string
	params        []param
}

// formats that this command prints itself.
var formats = []string{"yaml", "json", "tree", "name"}

// NewCmdRender makes the command; runF replaces the work in tests.
func NewCmdRender(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session(), Output: cmdutil.NewOutputFlags("", formats...), flagNamespace: f.Config.Namespace}
	cmd := &cobra.Command{
		Use:   "render [TYPE/NAME...] -f PATH",
		Short: "Show what a supply chain stamps for a workload, without a cluster",
		Long: `Go through the supply chain of each workload in the files as the agent would, and print
the objects that it stamps, in the order of the steps, as the agent sends them. No cluster is
asked, and no kubeconfig read.

-f holds the workloads (or deliverables, or runnables), supply chains (or deliveries) and
templates. A definition of a kind (CRD) that is among them says its plural and scope; all other
objects are not rendered, but a Runnable can select them.

A step goes on when its object has its outputs. They come from the objects in --observed, which
are as kubectl get -o yaml prints them: one with the name of a stamped object, or for a run with
its labels or generateName, is taken for it. With --assume-outputs what is missing is invented:
the image of step build is <image of step build>. A Runnable or Deliverable that a step
stamps is gone through in the same way, if its template or delivery is in the files.

What was chosen, invented or guessed, and where a chain stops and why, is told on standard
error; -o tree shows it as tree does.

The exit code is 0 when every step stamped its object, 1 when a chain stops or is none, 2 when
the files can not be read.`,
		Example: fmt.Sprintf(`  # what would be stamped, if every step did its work?
  %[1]s render -f web/ --assume-outputs

  # how far does it come with what the cluster holds now?
  %[1]s render -f web/ --observed observed.yaml -o tree

  # one step of one workload, with another param
  %[1]s render workload/cart -f web/ --assume-outputs --step run --param-yaml replicas=3`, f.Program),
		Args: cmdutil.UsageArgs(cobra.ArbitraryArgs),
		RunE: cmdutil.RunE(o, runF),
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.Files, "filename", "f", nil, "File to read, folder with all below it, or - for standard input. Repeatable.")
	flags.StringArrayVar(&o.Observed, "observed", nil, "File or folder with observed objects, as the cluster holds them. Repeatable.")
	flags.BoolVar(&o.Assume, "assume-outputs", false, "Invent outputs, health and completion where nothing is observed.")
	flags.StringVar(&o.Step, "step", "", "Print only what this step stamps.")
	flags.StringArrayVarP(&o.Params, "param", "p", nil, "Parameter KEY=VALUE with a text, in place of the owner's. Repeatable.")
	flags.StringArrayVar(&o.ParamsYAML, "param-yaml", nil, "Parameter KEY=VALUE with a value in YAML or JSON, in place of the owner's. Repeatable.")
	o.Output.AddTo(cmd)
	for _, flag := range []string{"filename", "observed"} {
		_ = cmd.MarkFlagFilename(flag, "yaml", "yml", "json")
	}
	o.complete(cmd)
	return cmd
}

// Complete reads TYPE/NAME... or TYPE NAME....
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var err error
	o.Owners, err = reference.Parser{}.Parse(args)
	return err
}

// Validate checks the flags.
func (o *Options) Validate() error {
	faults := []error{o.Output.Validate()}
	if len(o.Files) == 0 {
		faults = append(faults, errors.New("give the files with -f"))
	}
	stdin := 0
	for _, path := range slices.Concat(o.Files, o.Observed) {
		if path == "-" {
			stdin++
		}
	}
	if stdin > 1 {
		faults = append(faults, fmt.Errorf("standard input (-) can be read once, not %d times", stdin))
	}
	for _, r := range o.Owners {
		if !slices.Contains(owners, r.Noun) {
			faults = append(faults, fmt.Errorf("%s is no owner, for which objects are stamped: give a workload, deliverable or runnable", strings.TrimSuffix(strings.ToLower(r.Kind)+"/"+r.Name, "/")))
		}
	}
	var err error
	if o.params, err = readParams(o.Params, o.ParamsYAML); err != nil {
		faults = append(faults, err)
	}
	return cmdutil.Usage(faults)
}

// owners are the nouns for which something is stamped.
var owners = []*noun.Noun{noun.Workload, noun.Deliverable, noun.Runnable}

// Run walks the chosen owners and prints.
func (o *Options) Run(ctx context.Context) error {
	set, err := o.readSet(ctx)
	if err != nil {
		return err
	}
	chosen, err := o.choose(set)
	if err != nil {
		return err
	}
	walks := make([]*offline.Walk, len(chosen))
	for i, owner := range chosen {
		if err := o.setParams(owner); err != nil {
			return err
		}
		if walks[i], err = set.world.Walk(ctx, owner.typed, o.Clock()); err != nil {
			return owner.doc.Errorf("", "%w", err)
		}
	}
	if err := o.unknownStep(walks); err != nil {
		return err
	}
	if err := o.print(walks); err != nil {
		return err
	}
	// The talk comes last: on a terminal it would be gone above the objects.
	o.tell(set, walks)
	if slices.ContainsFunc(walks, stops) {
		return cmdutil.ErrSilent
	}
	return nil
}

// choose finds the owners that were asked for, all if none was.
func (o *Options) choose(set *set) ([]*owner, error) {
	if len(set.owners) == 0 {
		return nil, cmdutil.Findingf("there is no workload, deliverable or runnable in %s: give the file of one as well", strings.Join(o.Files, ", "))
	}
	if len(o.Owners) == 0 {
		return set.owners, nil
	}
	var chosen []*owner
	for _, r := range o.Owners {
		before := len(chosen)
		var others []string
		for _, owner := range set.owners {
			if owner.Kind != r.Kind {
				continue
			}
			if r.Name == "" || owner.Name == r.Name {
				chosen = append(chosen, owner)
			}
			others = append(others, owner.Name)
		}
		if len(chosen) == before {
			what := r.Noun.Name + "/" + r.Name
			if r.Name == "" {
				what = r.Noun.Name
			}
			return nil, cmdutil.Findingf("there is no %s in %s%s", what, strings.Join(o.Files, ", "), near.DidYouMean(r.Name, others))
		}
	}
	return chosen, nil
}

// unknownStep is the finding for a step that no chain has.
func (o *Options) unknownStep(walks []*offline.Walk) error {
	if o.Step == "" {
		return nil
	}
	var names []string
	for _, walk := range walks {
		if walk.Blueprint == nil {
			continue
		}
		for _, r := range walk.Blueprint.Resources {
			if r.Name == o.Step {
				return nil
			}
			if !slices.Contains(names, r.Name) {
				names = append(names, r.Name)
			}
		}
	}
	if len(names) == 0 {
		return nil // that no blueprint was selected is told anyway
	}
	return cmdutil.Findingf("there is no step %q; there are: %s%s", o.Step, strings.Join(names, ", "), near.DidYouMean(o.Step, names))
}
