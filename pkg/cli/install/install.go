// Package install is `kubectl carto install`.
package install

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/cli/version"
	"github.com/carto-run/carto/pkg/install"
)

// ImageRepository of the agent; its tag is the version of the plugin.
const ImageRepository = "ghcr.io/carto-run/carto-agent"

// Options of the command.
type Options struct {
	Streams   *streams.Streams
	Client    func() (dynamic.Interface, error)
	Namespace func() (string, bool, error)

	Config  install.Config
	Print   bool
	Timeout time.Duration
}

// NewCmdInstall makes the command; runF replaces the work in tests.
func NewCmdInstall(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Streams: f.Streams, Client: f.Dynamic, Namespace: f.Namespace}
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Put Carto into the cluster, or bring it up to date",
		Long: `Put Carto into the cluster, or bring it up to date: the definitions of its kinds, and the
agent with its namespace, service account and roles.

Installing again changes only what differs. The agent goes into the namespace carto-system,
or the one given by --namespace; the namespace of the kubectl context is not used.`,
		Example: fmt.Sprintf(`  # everything
  %[1]s install

  # only the definitions of the kinds, for a pipeline that applies the rest itself
  %[1]s install --crds-only
  %[1]s install --print > carto.yaml`, f.Program),
		Args: cmdutil.UsageArgs(cobra.NoArgs),
		RunE: cmdutil.RunE(o, runF),
	}
	cmd.Flags().BoolVar(&o.Config.CRDsOnly, "crds-only", false, "Install only the definitions of the kinds.")
	cmd.Flags().BoolVar(&o.Print, "print", false, "Write the manifests to standard output; no cluster is needed.")
	cmd.Flags().StringVar(&o.Config.Image, "image", ImageRepository+":"+version.Version(), "Image of the agent.")
	cmd.Flags().DurationVar(&o.Timeout, "timeout", time.Minute, "How long to wait until the definitions are served.")
	return cmd
}

// Complete finds the namespace.
func (o *Options) Complete(*cobra.Command, []string) error {
	o.Config.Namespace = install.DefaultNamespace
	// A broken kubeconfig must not keep --print from working: the flag is all that counts.
	if name, explicit, err := o.Namespace(); err == nil && explicit {
		o.Config.Namespace = name
	}
	return nil
}

// Validate checks the flags.
func (o *Options) Validate() error {
	faults := o.Config.Validate()
	if o.Timeout <= 0 {
		faults = append(faults, fmt.Errorf("--timeout is %s; it must be positive", o.Timeout))
	}
	return cmdutil.Usage(faults)
}

// Run prints or applies the manifests.
func (o *Options) Run(ctx context.Context) error {
	if o.Print {
		text, err := install.YAML(o.Config)
		if err != nil {
			return err
		}
		_, err = o.Streams.Out.Write(text)
		return err
	}
	objects, err := install.Objects(o.Config)
	if err != nil {
		return err
	}
	client, err := o.Client()
	if err != nil {
		return err
	}
	err = install.Apply(ctx, client, objects, func(r install.Result) error {
		_, err := fmt.Fprintln(o.Streams.Out, r)
		return err
	})
	if err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	if err := install.WaitEstablished(waiting, client, objects); err != nil {
		if ctx.Err() == nil && waiting.Err() != nil {
			return &cmdutil.FindingError{Err: err}
		}
		return err
	}
	return nil
}
