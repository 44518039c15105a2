// Package diff is `kubectl carto diff`.
package diff

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/impact"
	"github.com/carto-run/carto/pkg/realize"
)

// Options of the command.
type Options struct {
	cmdutil.Session

	Files         []string
	Removed       []string
	Affected      bool
	AllNamespaces bool
	Selector      string
	AsOwner       bool
	Concurrency   int
	Output        *cmdutil.OutputFlags

	// unthrottle lets the bound on requests in flight be the only one.
	unthrottle func()
	// clientAs makes a client that acts as a service account.
	clientAs func(realize.Account) (dynamic.Interface, error)

	// as is the value of --as.
	as *string

	namespace string
	explicit  bool
	removed   []impact.Ref
}

// defaultConcurrency is as many requests as an API server of two cores can answer at once
// without others noticing.
const defaultConcurrency = 8

// NewCmdDiff makes the command; runF replaces the work in tests.
func NewCmdDiff(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{
		Session: f.Session(), Output: cmdutil.NewOutputFlags("", formatText, formatName),
		unthrottle: f.Unthrottle, clientAs: func(account realize.Account) (dynamic.Interface, error) { return clientAs(f, account) },
		as: f.Config.Impersonate,
	}
	cmd := &cobra.Command{
		Use:   "diff -f PATH...",
		Short: "Say what would change if files were applied",
		Long: `Say what would change in the cluster if templates, blueprints or owners were applied: for
every owner that they concern the stamped objects with their difference, and the steps
that would fail or wait. Nothing is written: every request that could is a dry run.

PATH is a file, a folder (with those within it), a URL, or - for standard input. What is
not of carto.run is left out, but for service accounts, which count as being there.

The files go through a dry run on the API server first, which checks them and fills in
defaults. Then the engine of the agent works on each concerned owner twice, with the
cluster as it is and with the files applied, and sends what it would write as a dry run,
too. Drift, and work that the agent has yet to do, are not blamed on the files. What objects
say only once they run is not known: the steps that read it are named.

All of this happens with your own rights: to get and patch what is in the files, to list
what is of carto.run, to get service accounts, and to get, list and patch (for runs,
create) what is stamped. Where one of the last is missing, objects are compared as templates
render them, or are left out, and a note names what is missing. With --as-owner the dry runs are made as the service account of each owner, which
also shows what that may not do; it needs the right to impersonate it.

-n and -l restrict which owners of the cluster are looked at; all are, else. Those in the
files are always.

The exit code is 0 when nothing would change, 1 when something would, 2 when that could
not be found out.`,
		Example: fmt.Sprintf(`  # what would these templates change, and for whom?
  %[1]s diff -f templates.yaml

  # only whom: owners, and how many of their objects
  %[1]s diff -f templates.yaml --affected

  # the owners of one team, as the agent would do it
  %[1]s diff -f templates.yaml -l team=buy --as-owner

  # what if a template were deleted?
  %[1]s diff --removed ClusterSourceTemplate/fetch

  # for a program
  %[1]s diff -f templates.yaml -o jsonpath='{.summary.changed}'`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.ArbitraryArgs),
		ValidArgsFunction: cobra.FixedCompletions([]string{"yaml", "yml", "json"}, cobra.ShellCompDirectiveFilterFileExt),
		RunE:              cmdutil.RunE(o, runF),
	}
	flags := cmd.Flags()
	flags.StringSliceVarP(&o.Files, "filename", "f", nil, "File, folder or URL to read, or - for standard input. Repeatable; arguments are further ones.")
	flags.StringSliceVar(&o.Removed, "removed", nil, "Template or blueprint to take as removed, as KIND/NAME. Repeatable.")
	flags.BoolVar(&o.Affected, "affected", false, "List the affected owners and how many of their objects change, without the differences.")
	flags.BoolVarP(&o.AllNamespaces, "all-namespaces", "A", false, "Look at the owners of all namespaces, as is done without -n.")
	flags.StringVarP(&o.Selector, "selector", "l", "", "Only owners of the cluster with these labels, for example key=value,other!=value.")
	flags.BoolVar(&o.AsOwner, "as-owner", false, "Make the dry runs as the service account of each owner.")
	flags.IntVar(&o.Concurrency, "concurrency", defaultConcurrency, "Bound on concurrency: how many requests may be in flight at once.")
	o.Output.AddTo(cmd)
	_ = cmd.RegisterFlagCompletionFunc("removed", completion.Templates(f))
	_ = cmd.MarkFlagFilename("filename", "yaml", "yml", "json")
	return cmd
}

// Complete takes further files, and finds what is imagined away.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	o.Files = append(o.Files, args...)
	for _, text := range o.Removed {
		ref, err := removedRef(text)
		if err != nil {
			return err
		}
		o.removed = append(o.removed, ref)
	}
	var err error
	o.namespace, o.explicit, err = o.Namespace()
	return err
}

func removedRef(text string) (impact.Ref, error) {
	word, name, ok := strings.Cut(text, "/")
	kind := ""
	if t := noun.TemplateKindOf(word); t != nil {
		kind = t.Kind
	} else if n := noun.Of(word); n != nil && n.Cluster {
		kind = n.Kind
	}
	if !ok || kind == "" || name == "" || strings.Contains(name, "/") {
		return impact.Ref{}, cmdutil.Usagef("--removed %q names no template or blueprint: give KIND/NAME, for example %s/web or supplychain/web", text, v1alpha1.KindClusterConfigTemplate)
	}
	return impact.Ref{Kind: kind, Name: name}, nil
}

// Validate checks the flags.
func (o *Options) Validate() error {
	faults := []error{o.Output.Validate()}
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(len(o.Files) == 0 && len(o.removed) == 0, "nothing is given: name files with -f")
	fault(o.AllNamespaces && o.explicit, "--namespace and --all-namespaces exclude each other")
	fault(o.AsOwner && o.as != nil && *o.as != "", "--as and --as-owner exclude each other: a request can be made in the name of one only")
	fault(o.Concurrency < 1, "--concurrency is %d; it must be at least 1", o.Concurrency)
	_, err := labels.Parse(o.Selector)
	fault(err != nil, "--selector: %w", err)
	stdin := 0
	for _, file := range o.Files {
		if file == "-" {
			stdin++
		}
	}
	fault(stdin > 1, "standard input (-) can be read only once")
	return cmdutil.Usage(faults)
}

// Run foretells and prints; that something would change is a finding.
func (o *Options) Run(ctx context.Context) error {
	found, err := o.foretell(ctx)
	if err != nil {
		if collect.MissingKind(err) {
			err = cmdutil.Explain(o.Program, "find out what would change", err)
		}
		return &cmdutil.CouldNotRunError{Err: err}
	}
	if err := o.print(found); err != nil {
		return &cmdutil.CouldNotRunError{Err: err}
	}
	if found.Any() {
		return cmdutil.ErrSilent
	}
	return nil
}

func (o *Options) foretell(ctx context.Context) (*impact.Impact, error) {
	query, err := o.read(ctx)
	if err != nil {
		return nil, err
	}
	o.unthrottle()
	client, err := o.Client()
	if err != nil {
		return nil, err
	}
	mapper, err := o.Mapper()
	if err != nil {
		return nil, err
	}
	progress := newProgress(o.Streams)
	defer progress.end()
	source := impact.Source{
		Client: client, Mapper: mapper, FieldManager: cmdutil.FieldManager, Parallel: o.Concurrency, Progress: progress.show,
	}
	if o.AsOwner {
		source.As = o.clientAs
	}
	query.Removed, query.Selector = o.removed, o.Selector
	if o.explicit {
		query.Namespace = o.namespace
	}
	found, err := impact.Of(ctx, source, *query)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err() // whatever it made of the requests in flight
	}
	return found, err
}

// clientAs is the client of the person with the rights of a service account.
func clientAs(f *cmdutil.Factory, account realize.Account) (dynamic.Interface, error) {
	config, err := f.RESTConfig()
	if err != nil {
		return nil, err
	}
	if as := config.Impersonate.UserName; as != "" {
		return nil, fmt.Errorf("the kubeconfig acts as %s, so that --as-owner can not act as service account %s: a request can be made in the name of one only", as, account)
	}
	config.Impersonate.UserName = "system:serviceaccount:" + account.Namespace + ":" + account.Name
	return dynamic.NewForConfig(config)
}

func (o *Options) print(found *impact.Impact) error {
	switch format := o.Output.Format(); {
	case format == formatName:
		return writeNames(o.Streams.Out, found, o.Affected)
	case !o.Output.Own():
		if o.Affected {
			found = withoutBodies(found)
		}
		return o.Output.PrintData(o.Streams.Out, found)
	case o.Affected:
		return o.writeAffected(found)
	}
	return o.writeText(found)
}
