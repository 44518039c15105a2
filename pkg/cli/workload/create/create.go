// Package create is `kubectl carto workload create`.
package create

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/workload/spec"
	"github.com/carto-run/carto/pkg/yamldiff"
)

// Options of the command.
type Options struct {
	spec.Options
}

// NewCmdCreate makes the command; runF replaces the work in tests.
func NewCmdCreate(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{spec.New(f, "created")}
	cmd := &cobra.Command{
		Use:   "create [NAME]",
		Short: "Create a workload",
		Long: `Create a workload from flags, from a file, or from a file with flags on top of it.

It fails if the workload exists; apply changes one that does. KEY- removes what the file
gives under KEY, and an empty value of a flag unsets its field.

On a terminal it shows what it would create, and asks. Without one it creates: nothing that
exists is changed. Only -f - needs --yes there, since standard input is taken.`,
		Example: fmt.Sprintf(`  # ship a git branch, and watch until it is ready
  %[1]s workload create cart --git-repo https://git.example/shop/cart --git-branch main --wait

  # a file with one change, only shown
  %[1]s workload create -f workload.yaml --env LOG_LEVEL=debug --dry-run -o yaml

  # ship the folder that one works in
  %[1]s workload create cart --local-path . --source-image registry.example/shop/cart-source`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.MaximumNArgs(1)),
		ValidArgsFunction: cobra.NoFileCompletions, // a new name
		RunE:              cmdutil.RunE(o, runF),
	}
	o.AddTo(cmd, f)
	return cmd
}

// Validate checks the flags. Creating changes nothing that exists, so that it needs no
// answer where there is no terminal.
func (o *Options) Validate() error { return cmdutil.Usage(o.Faults(false)) }

// Run creates the workload.
func (o *Options) Run(ctx context.Context) error {
	obj, err := o.Given(ctx)
	if err != nil {
		return err
	}
	upload, err := o.Pack(ctx)
	if err != nil {
		return err
	}
	defer upload.Close()
	if err := o.Layer(obj, true); err != nil {
		return err
	}
	o.Say(o.Notices()...)
	if o.DryRun == "client" {
		return o.PrintDry(obj)
	}
	if err := o.confirm(ctx, obj); err != nil {
		return err
	}
	client, err := o.Client()
	if err != nil {
		return err
	}
	if o.DryRun == "none" {
		if err := upload.Push(ctx); err != nil {
			return err
		}
	}
	made, err := o.Create(ctx, client, obj)
	if err != nil {
		return err
	}
	return o.Finish(ctx, client, nil, made, "created")
}

// confirm shows the workload and asks, where a person can answer.
func (o *Options) confirm(ctx context.Context, obj *unstructured.Unstructured) error {
	if o.Yes || o.DryRun != "none" || !o.Streams.CanPrompt() {
		return nil
	}
	d, err := yamldiff.Of(nil, spec.Written(obj))
	if err != nil {
		return err
	}
	what := noun.Workload.Qualified(obj.GetNamespace(), obj.GetName())
	if err := o.Show(what+" would be created:", d); err != nil {
		return err
	}
	return o.Confirm(ctx, "Create "+what+"?")
}
