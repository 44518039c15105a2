// Package delete is the verb delete: `kubectl carto workload delete`.
package delete

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
)

// Options of the command.
type Options struct {
	cmdutil.Session
	Noun *noun.Noun

	Names          []string
	Files          []string
	All            bool
	Selector       string
	Cascade        string
	DryRun         string
	IgnoreNotFound bool
	Wait           bool
	WaitTimeout    time.Duration
	Yes            bool
	Output         string

	namespace string
	explicit  bool
}

var (
	cascades = map[string]metav1.DeletionPropagation{
		"background": metav1.DeletePropagationBackground, "foreground": metav1.DeletePropagationForeground, "orphan": metav1.DeletePropagationOrphan,
	}
	dryRuns = []string{"none", "client", "server"}
)

// NewCmdDelete makes the command; runF replaces the work in tests.
func NewCmdDelete(f *cmdutil.Factory, n *noun.Noun, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session(), Noun: n}
	cmd := &cobra.Command{
		Use:   "delete NAME...",
		Short: "Delete " + n.Plural + " and everything that was stamped for them",
		Long: "Delete " + n.Plural + `; Kubernetes then removes everything that was stamped for them.

It asks first. Where there is no terminal to ask on, --yes is required. A name that does not
exist is an error (exit code 1), which does not keep the others from being deleted;
--ignore-not-found makes it none.`,
		Example: fmt.Sprintf(`  # one
  %[1]s %[2]s delete %[3]s

  # all of a namespace, without a question, until they are gone
  %[1]s %[2]s delete --all -n shop --yes --wait

  # what would be deleted
  %[1]s %[2]s delete -l team=buy --dry-run`, f.Program, n, n.Example),
		Args:              cmdutil.UsageArgs(cobra.ArbitraryArgs),
		ValidArgsFunction: completion.Names(f, n, true),
		RunE:              cmdutil.RunE(o, runF),
	}
	flags := cmd.Flags()
	flags.StringSliceVarP(&o.Files, "filename", "f", nil, "Delete the "+n.Plural+" of a file, or of standard input for -.")
	_ = cmd.MarkFlagFilename("filename", "yaml", "yml", "json")
	flags.BoolVar(&o.All, "all", false, "Delete all "+n.Plural+" of the namespace.")
	flags.StringVarP(&o.Selector, "selector", "l", "", "Delete those that a label selector selects.")
	flags.StringVar(&o.Cascade, "cascade", "background", "What becomes of the stamped objects: background (they go after), foreground (they go before) or orphan (they stay).")
	flags.StringVar(&o.DryRun, "dry-run", "none", "none, client (print what would be deleted) or server (let the API server check it and delete nothing).")
	flags.Lookup("dry-run").NoOptDefVal = "client"
	flags.BoolVar(&o.IgnoreNotFound, "ignore-not-found", false, "A name that does not exist is no error.")
	flags.BoolVar(&o.Wait, "wait", false, "Wait until they are gone.")
	flags.DurationVar(&o.WaitTimeout, "wait-timeout", time.Minute, "How long --wait waits.")
	flags.BoolVarP(&o.Yes, "yes", "y", false, "Do not ask.")
	flags.StringVarP(&o.Output, "output", "o", "", "Output format. One of: name.")
	_ = cmd.RegisterFlagCompletionFunc("cascade", cobra.FixedCompletions([]string{"background", "foreground", "orphan"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("dry-run", cobra.FixedCompletions(dryRuns, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"name"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// Complete takes the names and finds the namespace.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	for _, arg := range args {
		o.Names = append(o.Names, o.Noun.NameIn(arg))
	}
	var err error
	if o.namespace, o.explicit, err = o.Namespace(); err != nil {
		return fmt.Errorf("cannot find out the namespace: %w", err)
	}
	return nil
}

// Validate checks the arguments.
func (o *Options) Validate() error {
	var faults []error
	ways := 0
	for _, given := range []bool{len(o.Names) > 0, len(o.Files) > 0, o.All, o.Selector != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways > 1:
		faults = append(faults, fmt.Errorf("names, --file, --all and --selector exclude each other"))
	case ways == 0:
		faults = append(faults, fmt.Errorf("a NAME, --file, --all or --selector is needed"))
	}
	for _, n := range o.Names {
		faults = append(faults, noun.CheckName(o.Noun, n))
	}
	if _, err := labels.Parse(o.Selector); err != nil {
		faults = append(faults, fmt.Errorf("--selector %q: %w", o.Selector, err))
	}
	if _, known := cascades[o.Cascade]; !known {
		faults = append(faults, fmt.Errorf("--cascade is %q; one of: background, foreground, orphan", o.Cascade))
	}
	if !slices.Contains(dryRuns, o.DryRun) {
		faults = append(faults, fmt.Errorf("--dry-run is %q; one of: %s", o.DryRun, strings.Join(dryRuns, ", ")))
	}
	if o.Output != "" && o.Output != "name" {
		faults = append(faults, fmt.Errorf("unknown output format %q; one of: name", o.Output))
	}
	if o.WaitTimeout <= 0 {
		faults = append(faults, fmt.Errorf("--wait-timeout is %s; it must be positive", o.WaitTimeout))
	}
	if o.Wait && o.dry() {
		faults = append(faults, fmt.Errorf("--wait and --dry-run exclude each other: nothing would be gone"))
	}
	if o.asks() {
		switch {
		case slices.Contains(o.Files, "-"):
			faults = append(faults, fmt.Errorf("standard input is the file, so there is nothing to ask on; --yes answers the question"))
		case !o.Streams.CanPrompt():
			faults = append(faults, fmt.Errorf("there is no terminal to ask on; --yes answers the question"))
		}
	}
	return cmdutil.Usage(faults)
}

func (o *Options) dry() bool  { return o.DryRun != "none" }
func (o *Options) asks() bool { return !o.Yes && !o.dry() }

// Run deletes the objects. One that is not there, or that may not be deleted, does not
// keep the others.
func (o *Options) Run(ctx context.Context) error {
	client, err := o.Client()
	if err != nil {
		return err
	}
	targets, err := o.find(ctx, client)
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		_, err := fmt.Fprintf(o.Streams.ErrOut, "No %s found%s.\n", o.Noun.Plural, o.Noun.Where(o.namespace))
		return err
	}
	var faults []error
	if o.asks() || o.DryRun == "client" {
		if targets, faults = o.look(ctx, client, targets); len(targets) == 0 {
			return errors.Join(faults...)
		}
	}
	if o.asks() {
		ok, err := o.Streams.Confirm(ctx, o.question(targets))
		if err != nil {
			return err
		}
		if !ok {
			return cmdutil.Findingf("declined: nothing was deleted")
		}
	}
	var gone []target
	for _, t := range targets {
		switch err := o.delete(ctx, client, t); {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			faults = append(faults, err)
			continue
		}
		gone = append(gone, t)
	}
	if o.Wait {
		faults = append(faults, o.wait(ctx, client, gone))
	}
	return errors.Join(faults...)
}

// delete deletes one object and says so.
func (o *Options) delete(ctx context.Context, client dynamic.Interface, t target) error {
	done := "deleted"
	if o.DryRun == "client" {
		done += " (dry run)"
	} else {
		policy := cascades[o.Cascade]
		options := metav1.DeleteOptions{PropagationPolicy: &policy}
		if o.DryRun == "server" {
			options.DryRun = []string{metav1.DryRunAll}
			done += " (server dry run)"
		}
		err := o.Noun.Client(client, t.namespace).Delete(ctx, t.name, options)
		switch {
		case apierrors.IsNotFound(err) && !collect.MissingKind(err):
			return o.notFound(ctx, client, t)
		case err != nil:
			return o.Noun.Explain(ctx, client, o.Program, "delete", t.namespace, t.name, err)
		}
	}
	line := o.Noun.Printed(t.name)
	if o.Output != "name" {
		line += " " + done
	}
	_, err := fmt.Fprintln(o.Streams.Out, line)
	return err
}

// notFound is nil where a missing object is no error: one that was listed is gone by now.
func (o *Options) notFound(ctx context.Context, client dynamic.Interface, t target) error {
	if t.listed {
		return nil
	}
	if o.IgnoreNotFound {
		_, err := fmt.Fprintf(o.Streams.ErrOut, "%v: nothing to delete\n", o.Noun.NotFound(t.namespace, t.name))
		return err
	}
	return o.Noun.Missing(ctx, client, t.namespace, t.name)
}
