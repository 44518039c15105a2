// Package apply is `kubectl carto workload apply`.
package apply

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/workload/spec"
)

// Values of --update-strategy.
const (
	strategyMerge   = "merge"
	strategyReplace = "replace"
)

// Options of the command.
type Options struct {
	spec.Options

	UpdateStrategy string
	ForceConflicts bool
}

// NewCmdApply makes the command; runF replaces the work in tests.
func NewCmdApply(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Options: spec.New(f, "configured")}
	cmd := &cobra.Command{
		Use:   "apply [NAME]",
		Short: "Create or change a workload",
		Long: `Create a workload, or change the one that is there.

A file is merged into the workload in the cluster, and flags go on top. What neither
mentions stays as it is; KEY-, an empty value, or null in a file removes. With
--update-strategy replace the workload becomes what the file and the flags say, and what
they do not mention goes.

It shows what would change, as the API server sees it, and asks. Where there is no
terminal to ask on, --yes is required. When nothing differs it says so and writes nothing.

Changes are made by server-side apply as the field manager that --field-manager names. A field that
another manager has set is not changed without --force-conflicts.`,
		Example: fmt.Sprintf(`  # another branch, after a look at what changes
  %[1]s workload apply cart --git-branch next

  # a file, without a question; wait until all of it is in force
  %[1]s workload apply -f workload.yaml --yes --wait

  # nothing but what the file says
  %[1]s workload apply -f workload.yaml --update-strategy replace`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.MaximumNArgs(1)),
		ValidArgsFunction: completion.Names(f, noun.Workload, false),
		RunE:              cmdutil.RunE(o, runF),
	}
	o.AddTo(cmd, f)
	flags := cmd.Flags()
	flags.StringVar(&o.UpdateStrategy, "update-strategy", strategyMerge, "What happens to what a file does not mention: merge (it stays) or replace (it goes).")
	flags.BoolVar(&o.ForceConflicts, "force-conflicts", false, "Change and remove also what other field managers have set, and own it from then on.")
	_ = cmd.RegisterFlagCompletionFunc("update-strategy", cobra.FixedCompletions([]string{strategyMerge, strategyReplace}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// Validate checks the flags.
func (o *Options) Validate() error {
	faults := o.Faults(true)
	switch {
	case o.UpdateStrategy != strategyMerge && o.UpdateStrategy != strategyReplace:
		faults = append(faults, fmt.Errorf("--update-strategy is %q; one of: %s, %s", o.UpdateStrategy, strategyMerge, strategyReplace))
	case o.UpdateStrategy == strategyReplace && o.File == "":
		faults = append(faults, fmt.Errorf("--update-strategy %s needs a file (-f): flags alone do not say the whole workload", strategyReplace))
	}
	return cmdutil.Usage(faults)
}

// Run applies the workload.
func (o *Options) Run(ctx context.Context) error {
	given, err := o.Given(ctx)
	if err != nil {
		return err
	}
	upload, err := o.Pack(ctx)
	if err != nil {
		return err
	}
	defer upload.Close()
	client, err := o.Client()
	if err != nil {
		return err
	}
	o.Say(o.Notices()...)
	p := &pass{Options: o, client: client, given: given, upload: upload}
	return p.run(ctx)
}
