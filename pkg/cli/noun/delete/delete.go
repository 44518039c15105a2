// Package delete is the verb delete: `kubectl carto workload delete`.
package delete

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
)

// Options of the command.
type Options struct {
	cmdutil.Session
	Noun *noun.Noun

	Names       []string
	All         bool
	Wait        bool
	WaitTimeout time.Duration
	Yes         bool

	namespace string
}

// NewCmdDelete makes the command; runF replaces the work in tests.
func NewCmdDelete(f *cmdutil.Factory, n *noun.Noun, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session(), Noun: n}
	cmd := &cobra.Command{
		Use:   "delete NAME...",
		Short: "Delete " + n.Plural + " and everything that was stamped for them",
		Long: "Delete " + n.Plural + `; Kubernetes then removes everything that was stamped for them.

It asks first. Where there is no terminal to ask on, --yes is required.`,
		Example: fmt.Sprintf(`  # one
  %[1]s %[2]s delete %[3]s

  # all of a namespace, without a question, until they are gone
  %[1]s %[2]s delete --all -n shop --yes --wait`, f.Program, n, n.Example),
		Args:              cmdutil.UsageArgs(cobra.ArbitraryArgs),
		ValidArgsFunction: completion.Names(f, n, true),
		RunE:              cmdutil.RunE(o, runF),
	}
	cmd.Flags().BoolVar(&o.All, "all", false, "Delete all "+n.Plural+" of the namespace.")
	cmd.Flags().BoolVar(&o.Wait, "wait", false, "Wait until they are gone.")
	cmd.Flags().DurationVar(&o.WaitTimeout, "wait-timeout", time.Minute, "How long --wait waits.")
	cmd.Flags().BoolVarP(&o.Yes, "yes", "y", false, "Do not ask.")
	return cmd
}

// Complete takes the names, each once, and finds the namespace.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	seen := map[string]bool{}
	for _, a := range args {
		if !seen[a] {
			seen[a] = true
			o.Names = append(o.Names, a)
		}
	}
	var err error
	o.namespace, err = o.NamespaceInUse()
	return err
}

// Validate checks the arguments.
func (o *Options) Validate() error {
	var faults []error
	switch {
	case o.All && len(o.Names) > 0:
		faults = append(faults, fmt.Errorf("names and --all exclude each other"))
	case !o.All && len(o.Names) == 0:
		faults = append(faults, fmt.Errorf("a NAME or --all is needed"))
	}
	for _, n := range o.Names {
		if n == "" || strings.Contains(n, "/") {
			faults = append(faults, fmt.Errorf("%q is no name of a %s", n, o.Noun))
		}
	}
	if o.WaitTimeout <= 0 {
		faults = append(faults, fmt.Errorf("--wait-timeout is %s; it must be positive", o.WaitTimeout))
	}
	if !o.Yes && !o.Streams.CanPrompt() {
		faults = append(faults, fmt.Errorf("there is no terminal to ask on; --yes answers the question"))
	}
	return cmdutil.Usage(faults)
}

// Run deletes the objects. A name that is not there does not keep the others.
func (o *Options) Run(ctx context.Context) error {
	dyn, err := o.Client()
	if err != nil {
		return err
	}
	client := o.Noun.Client(dyn, o.namespace)
	if o.All {
		items, err := o.Noun.List(ctx, dyn, o.Program, o.namespace, "")
		if err != nil {
			return err
		}
		for i := range items {
			o.Names = append(o.Names, items[i].GetName())
		}
		if len(o.Names) == 0 {
			_, err := fmt.Fprintf(o.Streams.ErrOut, "No %s found%s.\n", o.Noun.Plural, o.Noun.Where(o.namespace))
			return err
		}
	}
	if !o.Yes {
		ok, err := o.Streams.Confirm(ctx, fmt.Sprintf("Delete %s in namespace %s and everything stamped for it?", strings.Join(o.Names, ", "), o.namespace))
		if err != nil {
			return err
		}
		if !ok {
			return cmdutil.Findingf("declined: nothing was deleted")
		}
	}
	var faults []error
	var gone []string
	for _, name := range o.Names {
		err := client.Delete(ctx, name, metav1.DeleteOptions{})
		switch {
		case apierrors.IsNotFound(err) && !cmdutil.MissingKind(err):
			faults = append(faults, o.Noun.NotFound(o.namespace, name))
			continue
		case err != nil:
			return errors.Join(append(faults, cmdutil.Explain(o.Program, "delete "+o.Noun.Qualified(o.namespace, name), err))...)
		}
		gone = append(gone, name)
		if _, err := fmt.Fprintf(o.Streams.Out, "%s deleted\n", o.Noun.Printed(name)); err != nil {
			return err
		}
	}
	if o.Wait {
		waiting, cancel := context.WithTimeout(ctx, o.WaitTimeout)
		defer cancel()
		for _, name := range gone {
			if err := waitGone(waiting, client, name); err != nil {
				if ctx.Err() == nil && waiting.Err() != nil {
					err = cmdutil.Findingf("%s %q is still there after %s; something holds it by a finalizer", o.Noun, name, o.WaitTimeout)
				}
				return errors.Join(append(faults, err)...)
			}
		}
	}
	return errors.Join(faults...)
}

// waitGone waits by watch; a watch that ends is opened again after a read.
func waitGone(ctx context.Context, client dynamic.ResourceInterface, name string) error {
	for {
		obj, err := client.Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		w, err := client.Watch(ctx, metav1.ListOptions{
			FieldSelector:   fields.OneTermEqualSelector("metadata.name", name).String(),
			ResourceVersion: obj.GetResourceVersion(),
		})
		if err != nil {
			return err
		}
		for event := range w.ResultChan() {
			if event.Type == watch.Deleted {
				w.Stop()
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond): // a watch that ends at once must not spin
		}
	}
}
