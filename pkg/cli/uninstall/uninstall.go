// Package uninstall is `kubectl carto uninstall`.
package uninstall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/install"
	"github.com/carto-run/carto/pkg/table"
)

// word is typed before everything is deleted.
const word = "delete-everything"

// Options of the command.
type Options struct {
	cmdutil.Session

	CRDs    bool
	DryRun  bool
	Timeout time.Duration
	Yes     bool

	namespace string
}

// NewCmdUninstall makes the command; runF replaces the work in tests.
func NewCmdUninstall(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session()}
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Take Carto out of the cluster",
		Long: `Take Carto out of the cluster: the agent, its service account and its roles; and its
namespace, if install made it and nothing else is in it.

The definitions of the kinds stay, with all owners and blueprints, and so does all that was
stamped: it keeps running, and nothing new is stamped. After another install everything goes
on. With --crds the definitions are deleted too, and with them every owner and everything
that was ever stamped for one.

It asks first; where there is no terminal to ask on, --yes is required. What was interrupted
is finished by running it again.`,
		Example: fmt.Sprintf(`  # the agent
  %[1]s uninstall

  # what would be deleted
  %[1]s uninstall --crds --dry-run

  # everything, with all workloads and what was stamped for them
  %[1]s uninstall --crds`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              cmdutil.RunE(o, runF),
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.CRDs, "crds", false, "Delete the definitions (CRDs) too, and with them all owners, blueprints and stamped objects.")
	flags.BoolVar(&o.DryRun, "dry-run", false, "Print what would be deleted, and delete nothing.")
	flags.DurationVar(&o.Timeout, "timeout", 5*time.Minute, "How long to wait until all of it is gone.")
	flags.BoolVarP(&o.Yes, "yes", "y", false, "Do not ask.")
	return cmd
}

// Complete finds the namespace.
func (o *Options) Complete(*cobra.Command, []string) error {
	o.namespace = install.DefaultNamespace
	name, explicit, err := o.Namespace()
	if err != nil {
		return fmt.Errorf("cannot find out the namespace: %w", err)
	}
	if explicit {
		o.namespace = name
	}
	return nil
}

// Validate checks the flags.
func (o *Options) Validate() error {
	var faults []error
	if o.Timeout <= 0 {
		faults = append(faults, fmt.Errorf("--timeout is %s; it must be positive", o.Timeout))
	}
	if !o.Yes && !o.DryRun && !o.Streams.CanPrompt() {
		faults = append(faults, errors.New("there is no terminal to ask on; --yes answers the question"))
	}
	return cmdutil.Usage(faults)
}

// found is what is to be removed.
type found struct {
	objects []*unstructured.Unstructured
	// space is the namespace, nil when it stays.
	space       *unstructured.Unstructured
	definitions int
	census      *install.Census
}

// Run removes what is found.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	f, err := o.find(ctx, client)
	if err != nil {
		return err
	}
	if len(f.objects) == 0 && f.space == nil && f.definitions == 0 {
		return o.nothing(ctx, client)
	}
	if o.DryRun {
		return o.foretell(f)
	}
	if !o.Yes {
		if err := o.ask(ctx, f); err != nil {
			return err
		}
	}
	waiting, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	err = o.remove(waiting, client, f)
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return cmdutil.Findingf("not finished within %s: %w; run it again to go on", o.Timeout, err)
	}
	return err
}

// find reads what is there, and refuses what would take the ground from under others.
func (o *Options) find(ctx context.Context, client dynamic.Interface) (*found, error) {
	objects, err := install.Ours(ctx, client, o.namespace)
	if err != nil {
		return nil, err
	}
	f := &found{objects: objects}
	if last := len(objects) - 1; last >= 0 && objects[last].GetKind() == "Namespace" {
		f.objects, f.space = objects[:last], objects[last]
	}
	if !o.CRDs {
		return f, nil
	}
	original, err := install.FindOriginal(ctx, client)
	if err != nil {
		return nil, err
	}
	if original.Running() {
		return nil, cmdutil.Findingf("the original Cartographer (%s/%s) works with the same definitions: they stay while it runs; uninstall without --crds", install.OriginalNamespace, install.OriginalName)
	}
	before, err := install.Read(ctx, client)
	if err != nil {
		return nil, err
	}
	if warning := before.Warning(); warning != "" {
		_, _ = fmt.Fprintln(o.Streams.ErrOut, warning)
	}
	if others := before.Elsewhere(o.namespace); len(others) > 0 {
		return nil, cmdutil.Findingf("an agent in the namespace %s works with the same definitions; uninstall that one with -n %s first", strings.Join(others, ", "), others[0])
	}
	f.definitions = len(before.Definitions)
	f.census, err = install.Count(ctx, client)
	return f, err
}

// nothing says so; it is no fault, or a second run would be one.
func (o *Options) nothing(ctx context.Context, client dynamic.Interface) error {
	more := ""
	if before, err := install.Read(ctx, client); err == nil {
		if others := before.Elsewhere(o.namespace); len(others) > 0 {
			more = fmt.Sprintf("; an agent is in the namespace %s: uninstall it with -n", strings.Join(others, ", "))
		}
	}
	_, err := fmt.Fprintf(o.Streams.ErrOut, "Nothing of Carto is installed in the namespace %s%s.\n", o.namespace, more)
	return err
}

func (o *Options) foretell(f *found) error {
	for _, r := range f.objects {
		if _, err := fmt.Fprintf(o.Streams.Out, "%s %s (dry run)\n", install.Name(r), install.Deleted); err != nil {
			return err
		}
	}
	if f.space != nil {
		if _, err := fmt.Fprintf(o.Streams.Out, "%s %s (dry run)\n", install.Name(f.space), "deleted if nothing else is in it"); err != nil {
			return err
		}
	}
	if f.definitions == 0 {
		return nil
	}
	_, err := fmt.Fprintf(o.Streams.Out, "%d definitions %s (dry run): %s\n", f.definitions, install.Deleted, f.census)
	return err
}

func (o *Options) ask(ctx context.Context, f *found) error {
	var ok bool
	var err error
	if f.definitions > 0 {
		ok, err = o.Streams.ConfirmWord(ctx, fmt.Sprintf("This deletes Carto and its %d definitions, and with them, in all namespaces: %s. It cannot be undone.", f.definitions, f.census), word)
	} else {
		ok, err = o.Streams.Confirm(ctx, fmt.Sprintf("Remove the agent in the namespace %s? Nothing is stamped then; what was stamped, and all owners, stay.", o.namespace))
	}
	if err == nil && !ok {
		err = cmdutil.Findingf("declined: nothing was deleted")
	}
	return err
}

func (o *Options) remove(ctx context.Context, client dynamic.Interface, f *found) error {
	report := func(r install.Result) error {
		_, err := fmt.Fprintln(o.Streams.Out, r)
		return err
	}
	err := o.waiting(func(tell func(string), report func(install.Result) error) error {
		return install.StopAgent(ctx, client, f.objects, tell, report)
	})
	if err != nil {
		return err
	}
	if f.definitions > 0 {
		err := o.waiting(func(tell func(string), report func(install.Result) error) error {
			return install.RemoveDefinitions(ctx, client, f.census, tell, report)
		})
		if err != nil {
			return err
		}
	}
	rest := slices.DeleteFunc(slices.Clone(f.objects), func(r *unstructured.Unstructured) bool { return r.GetKind() == "Deployment" })
	if err := install.Remove(ctx, client, rest, install.Deleted, report); err != nil {
		return err
	}
	if f.space != nil {
		if err := o.removeNamespace(ctx, client, f.space); err != nil {
			return err
		}
	}
	if f.definitions == 0 {
		_, _ = fmt.Fprintf(o.Streams.ErrOut, "Owners, blueprints and all that was stamped stay; %s install goes on with them.\n", o.Program)
	}
	return nil
}

func (o *Options) removeNamespace(ctx context.Context, client dynamic.Interface, space *unstructured.Unstructured) error {
	stays := func(format string, args ...any) error {
		_, err := fmt.Fprintf(o.Streams.ErrOut, "The namespace %s stays: %s.\n", space.GetName(), table.OneLine(fmt.Sprintf(format, args...)))
		return err
	}
	kinds, err := o.Discovery()
	if err != nil {
		return err
	}
	if cached, ok := kinds.(discovery.CachedDiscoveryInterface); ok {
		cached.Invalidate() // a kind that it does not know yet is foreign too
	}
	foreign, err := install.Foreign(ctx, client, kinds, space.GetName())
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return stays("what else is in it cannot be found out: %v", err)
	case len(foreign) > 3:
		return stays("it has %s and others", strings.Join(foreign[:3], ", "))
	case len(foreign) > 0:
		return stays("it has %s", strings.Join(foreign, ", "))
	}
	return o.waiting(func(tell func(string), report func(install.Result) error) error {
		return install.RemoveNamespace(ctx, client, space, tell, report)
	})
}

// waiting runs what takes a while, and tells a person what for. What is done is printed
// when the live line is gone.
func (o *Options) waiting(do func(tell func(string), report func(install.Result) error) error) error {
	var done []install.Result
	progress := o.Streams.StartProgress()
	err := do(
		func(text string) { progress.Say(table.OneLine(text)) },
		func(r install.Result) error {
			done = append(done, r)
			return nil
		})
	progress.Stop()
	for _, r := range done {
		if _, e := fmt.Fprintln(o.Streams.Out, r); e != nil && err == nil {
			err = e
		}
	}
	return err
}
