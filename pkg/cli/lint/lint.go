// Package lint is `kubectl carto lint`: it checks blueprints, templates and owners before any
// cluster sees them. The rules and the engine are pkg/lint; here files and the cluster are
// read, and reports and fixed files written.
package lint

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/manifest"
	"github.com/carto-run/carto/pkg/cli/version"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/config"
	"github.com/carto-run/carto/pkg/lint/report"
	"github.com/carto-run/carto/pkg/lint/rules"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/table"
)

// Options of the command.
type Options struct {
	cmdutil.Session

	Paths     []string
	Workloads []string
	CRDs      []string

	FromCluster       bool
	KubernetesVersion string
	TargetVersion     string

	ConfigFile    string
	BaselineFile  string
	WriteBaseline bool
	Only          []string
	Disabled      []string
	FailOn        string
	Level         string

	Fix    bool
	DryRun bool
	Output string
	Quiet  bool

	// config is nil when there is none; configDir is the folder that its paths start from.
	config    *config.Config
	configDir string
	// rules are those that run.
	rules []*lint.Rule
	// partial: see lint.Options.
	partial bool
}

// NewCmdLint makes the command; runF replaces the work in tests.
func NewCmdLint(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session()}
	cmd := &cobra.Command{
		Use:   "lint [PATH|-|FOLDER]...",
		Short: "Check blueprints, templates and owners before any cluster sees them",
		Long: `Check blueprints, templates and owners before any cluster sees them, and say all that is wrong at
once, with file, line and column.

Folders are searched for .yaml, .yml and .json files, without hidden ones and without folders
called vendor and node_modules; without a path it is this folder. - is standard input.
Nothing but the files is needed. What they refer to can also be in the cluster
(--from-cluster), and the kinds that templates stamp are checked against their definitions
among the files, in --crds, or in the cluster.

A comment leaves a finding alone, on its line or above its object:

  ` + lint.SuppressionForm + `

The file ` + config.Name + `, here or in a folder above, sets levels of rules, also for some paths.

The exit code is 0 when nothing is found, 1 when something at the level of --fail-on or above
is, and 2 when an input could not be read; what is wrong in the others is told even then.`,
		Example: fmt.Sprintf(`  # everything below this folder
  %[1]s lint

  # what is wrong for this workload, with the definitions of the stamped kinds
  %[1]s lint platform --workload workload.yaml --crds crds

  # repair what is safe to repair; see it first
  %[1]s lint platform --fix --dry-run

  # annotations of a pull request
  %[1]s lint platform -o github --fail-on warning

  # what does this rule want?
  %[1]s lint explain REF003`, f.Program),
		ValidArgsFunction: func(_ *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			return completion.Files(toComplete, manifest.Extensions...)
		},
		Args: cmdutil.UsageArgs(cobra.ArbitraryArgs),
		RunE: cmdutil.RunE(o, runF),
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.Paths, "filename", "f", nil, "File or folder to check, as an argument would name it. Repeatable.")
	flags.StringArrayVar(&o.Workloads, "workload", nil, "File with a Workload, Deliverable or Runnable to check the blueprints for. Repeatable.")
	flags.StringArrayVar(&o.CRDs, "crds", nil, "File or folder with CRDs of the kinds that templates stamp; nothing is reported about it. Repeatable.")
	flags.BoolVar(&o.FromCluster, "from-cluster", false, "Read from the cluster what the files refer to: templates, blueprints, CRDs, service accounts, roles.")
	flags.StringVar(&o.KubernetesVersion, "kubernetes-version", "", "Version of Kubernetes that the files are for, as MAJOR.MINOR.")
	flags.StringVar(&o.TargetVersion, "target-version", "", "Version of Cartographer that has to understand the files too, as MAJOR.MINOR.")
	flags.StringVar(&o.ConfigFile, "config", "", "Configuration to use, instead of the "+config.Name+" that is found.")
	flags.StringVar(&o.BaselineFile, "baseline", "", "File with findings that do not count, since they were there when the baseline was written.")
	flags.BoolVar(&o.WriteBaseline, "write-baseline", false, "Write the findings of now into the file of --baseline.")
	flags.StringSliceVar(&o.Only, "rule", nil, "Run only these rules: IDs, names or families.")
	flags.StringSliceVar(&o.Disabled, "disable", nil, "Disable these rules: IDs, names or families.")
	flags.StringVar(&o.FailOn, "fail-on", "", "Level from which on findings make the command fail. One of: error, warning, info; default error.")
	flags.StringVar(&o.Level, "level", "", "Level from which on text and compact show findings. One of: error, warning, info; default warning, or what --fail-on and --rule ask for.")
	flags.BoolVar(&o.Fix, "fix", false, "Fix what is safe to fix, and report what is left.")
	flags.BoolVar(&o.DryRun, "dry-run", false, "With --fix: print the changes, and write nothing.")
	flags.StringVarP(&o.Output, "output", "o", "text", "Output format. One of: "+strings.Join(report.Formats, ", ")+".")
	flags.BoolVarP(&o.Quiet, "quiet", "q", false, "Be quiet about how many findings there are.")

	fixed := func(flag string, values ...string) {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	fixed("output", report.Formats...)
	fixed("fail-on", "error", "warning", "info")
	fixed("level", "error", "warning", "info")
	for _, flag := range []string{"rule", "disable"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, completion.Several(ruleWords()...))
	}
	for _, flag := range []string{"filename", "workload", "crds", "config", "baseline"} {
		_ = cmd.MarkFlagFilename(flag, manifest.Extensions...)
	}
	cmd.AddCommand(NewCmdRules(f, nil), NewCmdExplain(f, nil))
	return cmd
}

// ruleWords are all words that name rules: families, IDs, slugs.
func ruleWords() []string {
	var families, words []string
	for _, r := range rules.Sorted() {
		if !slices.Contains(families, r.Family()) {
			families = append(families, r.Family())
		}
		words = append(words, r.ID, r.Slug)
	}
	return append(families, words...)
}

// Complete takes the paths.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	o.Paths = append(slices.Clone(args), o.Paths...)
	if len(o.Paths) == 0 {
		o.Paths = []string{"."}
	}
	return nil
}

// Validate checks the flags, and reads the configuration, whose faults are of the same kind.
func (o *Options) Validate() error {
	var faults []error
	faultf := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !slices.Contains(report.Formats, o.Output) {
		faultf("unknown output format %q; one of: %s", o.Output, strings.Join(report.Formats, ", "))
	}
	for flag, value := range map[string]string{"--fail-on": o.FailOn, "--level": o.Level} {
		if level, err := lint.ParseLevel(value); value != "" && (err != nil || level == lint.Off) {
			faultf("%s is %q; one of: error, warning, info", flag, value)
		}
	}
	for flag, value := range map[string]string{"--kubernetes-version": o.KubernetesVersion, "--target-version": o.TargetVersion} {
		if value != "" && !config.Version.MatchString(value) {
			faultf("%s is %q; write MAJOR.MINOR", flag, value)
		}
	}
	for flag, words := range map[string][]string{"--rule": o.Only, "--disable": o.Disabled} {
		for _, word := range words {
			if !slices.ContainsFunc(rules.All(), func(r *lint.Rule) bool { return config.Names(word, r) }) {
				faultf("%s: there is no rule %q%s", flag, word, near.DidYouMean(word, ruleWords()))
			}
		}
	}
	stdin := 0
	for _, path := range slices.Concat(o.Paths, o.Workloads) {
		if path == "-" {
			stdin++
		}
	}
	if stdin > 1 {
		faultf("standard input (-) can be read once, not %d times", stdin)
	}
	if stdin > 0 && o.Fix && !o.DryRun {
		faultf("--fix cannot write standard input; see the changes with --dry-run")
	}
	if o.DryRun && !o.Fix {
		faultf("--dry-run is for --fix")
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	if err := o.configure(); err != nil {
		faults = append(faults, err)
	} else if o.WriteBaseline && o.BaselineFile == "" {
		faultf("--write-baseline needs the file: --baseline FILE")
	}
	return cmdutil.Usage(faults)
}

// Run reads, checks, fixes and reports.
func (o *Options) Run(ctx context.Context) error {
	o.choose()
	o.partial = slices.ContainsFunc(o.Paths, func(path string) bool { return !manifest.IsFolder(path) })
	in, err := o.read(ctx)
	if err != nil {
		return err
	}
	files, found := in.files, o.check(ctx, in.files)
	if o.Fix {
		var fixed []lint.Fixed
		if files, found, fixed, err = o.heal(ctx, files, found); err != nil {
			return err
		}
		if err := o.settle(fixed); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err // the report may be of some rules only
	}
	if err := o.baseline(files, found.report); err != nil {
		return err
	}
	run := report.Run{
		Findings: found.report.Findings, Files: files, Rules: o.rules, Faults: found.set.Faults, Unread: in.unread, FailOn: o.failOn(), Version: version.Version(),
	}
	if !o.DryRun {
		if err := report.Write(o.Streams.Out, o.Output, run, report.Options{From: o.from(), Width: o.Streams.Width(), Color: o.Streams.UseColor(), Unicode: o.Streams.Unicode()}); err != nil {
			return err
		}
	}
	if !o.Quiet {
		o.sayf("%s%s", run.Summary(), o.hidden(run.Summary()))
	}
	switch {
	case len(in.unread) > 0:
		return unreadError(in.unread)
	case found.report.Worst() >= o.failOn():
		return cmdutil.ErrSilent
	}
	return nil
}

// found is what one look at the files gave.
type found struct {
	set    *lint.Set
	report *lint.Report
}

// check stops between two rules when the context ends; then the report is not whole.
func (o *Options) check(ctx context.Context, files []lint.File) found {
	set := lint.ReadFiles(files)
	return found{set, lint.Run(set, o.rules, lint.Options{
		KubernetesVersion: o.KubernetesVersion, TargetVersion: o.TargetVersion, Level: o.level, Catalogue: rules.All(), Partial: o.partial,
		Stopped: func() bool { return ctx.Err() != nil },
	})}
}

// choose picks the rules that run.
func (o *Options) choose() {
	named := func(words []string, r *lint.Rule) bool {
		return slices.ContainsFunc(words, func(word string) bool { return config.Names(word, r) })
	}
	for _, r := range rules.Sorted() {
		if (len(o.Only) == 0 || named(o.Only, r)) && !named(o.Disabled, r) {
			o.rules = append(o.rules, r)
		}
	}
}

// from is the lowest level that formats for people show: infos are many, and few ask for them.
func (o *Options) from() lint.Level {
	if level, err := lint.ParseLevel(o.Level); err == nil {
		return level
	}
	if len(o.Only) > 0 {
		return lint.Info
	}
	return min(lint.Warning, o.failOn())
}

// hidden says how to see what is not shown.
func (o *Options) hidden(s report.Summary) string {
	if o.Output != "text" && o.Output != "compact" || o.DryRun {
		return ""
	}
	switch from := o.from(); {
	case from > lint.Info && s.Infos > 0:
		return "; infos are shown with --level info"
	case from > lint.Warning && s.Warnings > 0:
		return "; warnings are shown with --level warning"
	}
	return ""
}

// failOn is the level from which on the command fails.
func (o *Options) failOn() lint.Level {
	if level, err := lint.ParseLevel(o.FailOn); err == nil {
		return level
	}
	if o.config != nil && o.config.FailOn.Given {
		return o.config.FailOn.Level
	}
	return lint.Error
}

// sayf tells something that is no data.
func (o *Options) sayf(format string, args ...any) {
	_, _ = fmt.Fprintln(o.Streams.ErrOut, table.Printable(fmt.Sprintf(format, args...)))
}

func unreadError(unread []report.Unread) error {
	if len(unread) == 1 {
		return fmt.Errorf("cannot read %s: %s", unread[0].File, unread[0].Message)
	}
	lines := make([]string, len(unread))
	for i, u := range unread {
		lines[i] = "  - " + u.File + ": " + u.Message
	}
	return errors.New(fmt.Sprintf("cannot read %d inputs:\n", len(unread)) + strings.Join(lines, "\n"))
}
