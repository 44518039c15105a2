// Package install is `kubectl carto install`.
package install

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/version"
	"github.com/carto-run/carto/pkg/install"
	"github.com/carto-run/carto/pkg/table"
)

var dryRuns = []string{"none", "client", "server"}

// Options of the command.
type Options struct {
	cmdutil.Session

	Config     install.Config
	WatchKinds []string
	Print      bool
	PrintTo    string
	DryRun     string
	Wait       bool
	Timeout    time.Duration
	Migrate    bool
	Force      bool
	Yes        bool

	// kindsGiven is true when --watch-kinds was, with whatever value.
	kindsGiven bool
	// replicasGiven is true when --replicas was.
	replicasGiven bool
	// The others are the same for their flags.
	shardsGiven, imageGiven, metricsGiven, policyGiven bool
}

// NewCmdInstall makes the command; runF replaces the work in tests.
func NewCmdInstall(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session()}
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Put Carto into the cluster, or bring it up to date",
		Long: `Put Carto into the cluster, or bring it up to date: the definitions of its kinds, and the
agent with its namespace, service account and roles. It waits until the agent is ready, and
says why it is not (exit code 1).

Installing again changes only what differs, and removes what an earlier version installed
and this one does not. What was chosen before stays until a flag says otherwise. An upgrade
is the install of a newer plugin, which brings an agent of its own version. The agent goes
into the namespace carto-system, or the one given by --namespace; the namespace of the kubectl
context is not used. A namespace that is there already is left as it is.

Carto does not run beside the original Cartographer, which serves the same kinds. --migrate
takes over from it: owners, their status and what was stamped for them stay.`,
		Example: fmt.Sprintf(`  # everything
  %[1]s install

  # with an image from another registry, and a kind of your own that supply chains stamp
  %[1]s install --image registry.example/carto-agent:v1 --watch-kinds builds.acme.example

  # three agents that all work, for more owners than one can serve
  %[1]s install --shards 3

  # with metrics for those alone who may get them, and a NetworkPolicy
  %[1]s install --metrics-secure --network-policy

  # what would change
  %[1]s install --dry-run=server

  # only the definitions of the kinds, for a pipeline that applies the rest itself
  %[1]s install --crds-only
  %[1]s install --print > carto.yaml
  %[1]s install --print-to base/

  # in place of the original Cartographer
  %[1]s install --migrate`, f.Program),
		Args: cmdutil.UsageArgs(cobra.NoArgs),
		RunE: cmdutil.RunE(o, runF),
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.Config.CRDsOnly, "crds-only", false, "Install only the definitions of the kinds.")
	flags.BoolVar(&o.Print, "print", false, "Write the manifests to standard output; no cluster is needed.")
	flags.StringVar(&o.PrintTo, "print-to", "", "Write the manifests into a folder, as a base for kustomize; no cluster is needed.")
	_ = cmd.MarkFlagDirname("print-to")
	flags.StringVar(&o.Config.Image, "image", install.ImageRepository+":"+version.Version(), "Image of the agent. Without the flag its repository stays as it was.")
	flags.IntVar(&o.Config.Replicas, "replicas", install.DefaultReplicas, "Replicas of the agent: one works, the others stand by. Without this flag and --shards it stays as it was.")
	flags.IntVar(&o.Config.Shards, "shards", 0, "Replicas of the agent that all work, each on its share of the owners; at least 2.")
	flags.StringSliceVar(&o.WatchKinds, "watch-kinds", nil, "More kinds that supply chains stamp, as plural.group: the agent may read them. Without the flag those of before stay.")
	flags.BoolVar(&o.Config.MetricsSecure, "metrics-secure", false, "Serve the agent's metrics by TLS and only to accounts that may get them. Without the flag it stays as it was.")
	flags.BoolVar(&o.Config.NetworkPolicy, "network-policy", false, "Add a NetworkPolicy for the agent's pods. Without the flag it stays as it was.")
	flags.StringVar(&o.DryRun, "dry-run", "none", "none, client (print what is there and what would be made) or server (let the API server check it and change nothing).")
	flags.Lookup("dry-run").NoOptDefVal = "client"
	flags.BoolVar(&o.Wait, "wait", true, "Wait until the agent is ready.")
	flags.DurationVar(&o.Timeout, "timeout", 3*time.Minute, "How long to wait, all in all.")
	flags.BoolVar(&o.Migrate, "migrate", false, "Migrate from the original Cartographer: stop its controller, remove its webhooks, take over its definitions.")
	flags.BoolVar(&o.Force, "force", false, "Replace definitions of a newer version by those of this one.")
	flags.BoolVarP(&o.Yes, "yes", "y", false, "Do not ask before --migrate.")
	_ = cmd.RegisterFlagCompletionFunc("watch-kinds", completion.Definitions(f))
	_ = cmd.RegisterFlagCompletionFunc("dry-run", cobra.FixedCompletions(dryRuns, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// Complete finds the namespace.
func (o *Options) Complete(cmd *cobra.Command, _ []string) error {
	o.Config.Version = version.Version()
	o.replicasGiven = cmd.Flags().Changed("replicas")
	o.shardsGiven, o.imageGiven = cmd.Flags().Changed("shards"), cmd.Flags().Changed("image")
	o.kindsGiven = cmd.Flags().Changed("watch-kinds")
	o.metricsGiven, o.policyGiven = cmd.Flags().Changed("metrics-secure"), cmd.Flags().Changed("network-policy")
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
	var err error
	if o.Config.WatchKinds, err = install.ParseKinds(o.WatchKinds); err != nil {
		faults = append(faults, fmt.Errorf("--watch-kinds: %w", err))
	}
	if o.Config.Shards != 0 && o.replicasGiven {
		faults = append(faults, errors.New("--shards and --replicas exclude each other: either all replicas work, or one"))
	}
	if o.Config.Replicas < 1 {
		faults = append(faults, fmt.Errorf("--replicas is %d; it must be at least 1", o.Config.Replicas))
	}
	if o.Timeout <= 0 {
		faults = append(faults, fmt.Errorf("--timeout is %s; it must be positive", o.Timeout))
	}
	if !slices.Contains(dryRuns, o.DryRun) {
		faults = append(faults, fmt.Errorf("--dry-run is %q; one of: %s", o.DryRun, strings.Join(dryRuns, ", ")))
	}
	if o.Print && o.PrintTo != "" {
		faults = append(faults, errors.New("--print and --print-to exclude each other"))
	}
	if o.Config.CRDsOnly && o.Migrate {
		faults = append(faults, errors.New("--crds-only and --migrate exclude each other: without an agent nothing would take over"))
	}
	if o.prints() && (o.dry() || o.Migrate) {
		faults = append(faults, errors.New("--print and --print-to ask no cluster, so --dry-run and --migrate mean nothing with them"))
	}
	if o.asks() && !o.Streams.CanPrompt() {
		faults = append(faults, errors.New("there is no terminal to ask on before --migrate; --yes answers the question"))
	}
	return cmdutil.Usage(faults)
}

func (o *Options) dry() bool    { return o.DryRun != "none" }
func (o *Options) prints() bool { return o.Print || o.PrintTo != "" }
func (o *Options) asks() bool   { return o.Migrate && !o.Yes && !o.dry() && !o.prints() }

// Run prints or applies the manifests.
func (o *Options) Run(ctx context.Context) error {
	if o.prints() {
		return o.print()
	}
	client, err := o.Client()
	if err != nil {
		return err
	}
	var p *plan
	err = o.inTime(ctx, func(ctx context.Context) error {
		p, err = o.prepare(ctx, client)
		return err
	})
	if err != nil {
		return err
	}
	if o.Migrate {
		if err := o.confirm(ctx, p.original); err != nil {
			return err
		}
	}
	// The time counts from here: a person may think about the answer as long as they like.
	return o.inTime(ctx, func(ctx context.Context) error { return o.install(ctx, client, p) })
}

// inTime does something for as long as --timeout at most.
func (o *Options) inTime(ctx context.Context, do func(context.Context) error) error {
	waiting, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	err := do(waiting)
	if ctx.Err() == nil && waiting.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
		return cmdutil.Findingf("not installed within %s: %w", o.Timeout, err)
	}
	return err
}

// plan is an installation against which nothing speaks.
type plan struct {
	before   *install.Installed
	original *install.Original
	objects  []*unstructured.Unstructured
}

// prepare looks for all that speaks against the installation, and changes nothing.
func (o *Options) prepare(ctx context.Context, client dynamic.Interface) (*plan, error) {
	before, original, err := o.look(ctx, client)
	if err != nil {
		return nil, err
	}
	if warning := before.Warning(); warning != "" {
		_, _ = fmt.Fprintln(o.Streams.ErrOut, warning)
	}
	if err := o.refuse(before, original); err != nil {
		return nil, err
	}
	o.keepOptions(before)
	p := &plan{before: before, original: original}
	if p.objects, err = install.Objects(o.Config); err != nil || !o.Migrate {
		return p, err
	}
	return p, o.checkMigration(ctx, client, p)
}

func (o *Options) install(ctx context.Context, client dynamic.Interface, p *plan) error {
	if o.Migrate {
		if err := o.stopOriginal(ctx, client, p.original); err != nil {
			return o.stoppedInVain(p.original, err)
		}
	}
	o.sayUpgrade(p.before)
	if err := o.apply(ctx, client, p.objects); err != nil {
		return o.stoppedInVain(p.original, err)
	}
	if !o.dry() {
		if err := o.await(ctx, client, p.objects); err != nil {
			return err
		}
	}
	if o.Config.CRDsOnly {
		return nil
	}
	// Last: until the new agent is ready, the old one works with what it has.
	if err := o.prune(ctx, client, p.objects); err != nil || o.dry() {
		return err
	}
	o.sayDone(p.original)
	return nil
}

// look reads what is there. Who installs only definitions need not be allowed to read more.
func (o *Options) look(ctx context.Context, client dynamic.Interface) (*install.Installed, *install.Original, error) {
	original, err := install.FindOriginal(ctx, client)
	if err != nil {
		if !o.Config.CRDsOnly || !apierrors.IsForbidden(err) {
			return nil, nil, err
		}
		original = &install.Original{}
	}
	if o.Config.CRDsOnly {
		found, err := install.ReadDefinitions(ctx, client)
		return &install.Installed{Definitions: found}, original, err
	}
	before, err := install.Read(ctx, client)
	return before, original, err
}

// refuse returns every reason not to install, as one finding.
func (o *Options) refuse(before *install.Installed, original *install.Original) error {
	var reasons []string
	if found := original.InTheWay(); len(found) > 0 && !o.Migrate {
		reasons = append(reasons, fmt.Sprintf("the original Cartographer serves the same kinds, and Carto does not run beside it: found %s; to take over from it, run: %s install --migrate",
			strings.Join(found, ", "), o.Program))
	}
	if others := before.Elsewhere(o.Config.Namespace); len(others) > 0 {
		reasons = append(reasons, fmt.Sprintf("an agent is in the namespace %s already, and two would work on the same objects; bring that one up to date with -n %s, or remove it: %s uninstall -n %s",
			strings.Join(others, ", "), others[0], o.Program, others[0]))
	}
	if _, err := o.image(before); err != nil {
		reasons = append(reasons, table.OneLine(err.Error()))
	}
	names, newest, err := before.NewerDefinitions(o.Config.Version)
	if err != nil {
		return err
	}
	if len(names) > 0 && !o.Force {
		reasons = append(reasons, fmt.Sprintf("%s is older than %s, which installed definitions that differ (%s): objects may use fields that this version does not know; update the plugin, or go back all the same with --force",
			o.Config.Version, newest, strings.Join(names, ", ")))
	}
	switch len(reasons) {
	case 0:
		return nil
	case 1:
		return cmdutil.Findingf("%s", reasons[0])
	}
	return cmdutil.Findingf("%d reasons not to install:\n  - %s", len(reasons), strings.Join(reasons, "\n  - "))
}

// keepOptions leaves what was chosen before as it was, unless a flag says otherwise.
func (o *Options) keepOptions(before *install.Installed) {
	if !o.kindsGiven {
		o.Config.WatchKinds = before.WatchKinds
	}
	was := before.Options(o.Config.Namespace)
	if !o.metricsGiven {
		o.Config.MetricsSecure = was.MetricsSecure
	}
	if !o.policyGiven {
		o.Config.NetworkPolicy = was.NetworkPolicy
	}
	// What cannot be told was refused before.
	if image, err := o.image(before); err == nil {
		o.Config.Image = image
	}
	o.keepScale(before)
}

// keepScale leaves as many replicas as there were, and whether one of them works or all do.
func (o *Options) keepScale(before *install.Installed) {
	agent := before.Agent(o.Config.Namespace)
	if agent == nil || o.replicasGiven || o.Config.Shards > 0 {
		return
	}
	replicas, shards := install.Scale(agent)
	if o.shardsGiven {
		shards = 0 // --shards=0 goes back to one that works
	}
	if shards > 0 {
		o.Config.Shards = shards
	} else if replicas > 0 {
		o.Config.Replicas = replicas
	}
}

// image is that of the agent: the one that is named, or else what follows from the one before.
func (o *Options) image(before *install.Installed) (string, error) {
	agent := before.Agent(o.Config.Namespace)
	if agent == nil || o.imageGiven {
		return o.Config.Image, nil
	}
	return install.NextImage(agent, o.Config.Version)
}

// sayUpgrade tells from which version to which an agent goes.
func (o *Options) sayUpgrade(before *install.Installed) {
	agent := before.Agent(o.Config.Namespace)
	if agent == nil || o.Config.CRDsOnly {
		return
	}
	say := func(format string, args ...any) {
		_, _ = fmt.Fprintf(o.Streams.ErrOut, agent.GetNamespace()+"/"+agent.GetName()+": "+format+"\n", args...)
	}
	was, image := install.AgentVersion(agent), install.AgentImage(agent)
	switch changed := image != o.Config.Image; {
	case !changed && install.VersionOf(agent) == o.Config.Version:
	case was != o.Config.Version && was != "":
		say("from %s to %s", table.OneLine(was), o.Config.Version)
		if changed && !o.imageGiven && !strings.HasPrefix(o.Config.Image, install.ImageRepository+":") {
			say("its image has to be in the repository of the one before: %s", o.Config.Image)
		}
	case changed:
		say("from image %s to %s", table.OneLine(image), o.Config.Image)
	}
	if gone := without(before.WatchKinds, o.Config.WatchKinds); len(gone) > 0 {
		_, _ = fmt.Fprintf(o.Streams.ErrOut, "the agent may no longer read %s\n", strings.Join(gone, ", "))
	}
}

func without(kinds, others []schema.GroupResource) []string {
	var names []string
	for _, k := range kinds {
		if !slices.Contains(others, k) {
			names = append(names, k.String())
		}
	}
	return names
}

func (o *Options) apply(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured) error {
	do := map[string]func(context.Context, dynamic.Interface, []*unstructured.Unstructured, func(install.Result) error) error{
		"none": install.Apply, "client": install.Present, "server": install.DryRun,
	}[o.DryRun]
	return do(ctx, client, objects, o.report)
}

func (o *Options) report(r install.Result) error {
	_, err := fmt.Fprintln(o.Streams.Out, r.String()+map[string]string{"client": " (dry run)", "server": " (server dry run)"}[o.DryRun])
	return err
}

func (o *Options) prune(ctx context.Context, client dynamic.Interface, objects []*unstructured.Unstructured) error {
	leftovers, err := install.Leftovers(ctx, client, o.Config.Namespace, objects)
	if err != nil {
		return err
	}
	if !o.dry() {
		return o.remove(ctx, client, leftovers)
	}
	for _, l := range leftovers {
		if err := o.report(install.Result{Object: l, Outcome: install.Pruned}); err != nil {
			return err
		}
	}
	return nil
}

func (o *Options) remove(ctx context.Context, client dynamic.Interface, leftovers []*unstructured.Unstructured) error {
	if !slices.ContainsFunc(leftovers, install.ForShards) {
		return install.Remove(ctx, client, leftovers, install.Pruned, o.report)
	}
	left, err := o.awaitShards(ctx, client)
	if err != nil {
		return err
	}
	if left {
		_, _ = fmt.Fprintln(o.Streams.ErrOut, "What only replicas with --shards need stays while such are there; the next install removes it.")
		leftovers = slices.DeleteFunc(leftovers, install.ForShards)
	}
	if err := install.Remove(ctx, client, leftovers, install.Pruned, o.report); err != nil || left {
		return err
	}
	return install.RemoveShardLeases(ctx, client, o.Config.Namespace)
}

func (o *Options) sayDone(original *install.Original) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(o.Streams.ErrOut, format+"\n", args...) }
	if o.Migrate && original.There {
		say("What is left of the original Cartographer does nothing any more. When all is well, remove it:")
		for _, command := range original.Remains() {
			say("  %s", command)
		}
		say("Do not delete its definitions: they are Carto's now, and all owners would go with them.")
	}
	say("To check the installation: %s doctor", o.Program)
}
