// Package test is `kubectl carto test`: golden tests of templates and chains that lie in
// directories. What a test is, and what comes out, is in package suite; here are the
// files, the reports and the exit code.
package test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/suite"
)

// Formats of the report.
const (
	formatText  = "text"
	formatJSON  = "json"
	formatJUnit = "junit"
)

var formats = []string{formatText, formatJSON, formatJUnit}

// Options of the command.
type Options struct {
	cmdutil.Session

	Dirs        []string
	Root        string
	Pattern     string
	Parallel    int
	Update      bool
	FailOnFocus bool
	Output      string

	pattern *regexp.Regexp
}

// NewCmdTest makes the command; runF replaces the work in tests.
func NewCmdTest(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Session: f.Session()}
	cmd := &cobra.Command{
		Use:   "test [DIR]...",
		Short: "Test templates and chains against what they should stamp",
		Long: `Test templates and chains against what they should stamp. No cluster is needed: the agent's
own engine stamps. Without DIR the tests below the present directory are run. A test in
detail, with output: docs/testing.md of the project.

A directory without directories in it is a test. These files are found by their names, in
the test or in a directory above it up to DIR; the nearest wins:

  template.yaml                the template that is tested
  workload.yaml                its owner, or deliverable.yaml, or runnable.yaml
  expected.yaml                the object that must be stamped
  supply-chain*.yaml           a blueprint with its templates, or delivery*.yaml
  info.yaml                    inputs, params, other paths, and how to compare
  template-ytt-values.yaml     values for a template file that goes through ytt first
  supply-chain-ytt-values.yaml the same for the files of the chain

A test with steps.yaml walks an owner through a whole chain, moment by moment. Suites
that were written for cartotest run as they are.

Tests read files of the git repository that DIR is in; without one, those below the present
directory if DIR is there, or else below DIR. --root names another folder. No path leaves
it, and no link.

The exit code is 0 when all tests pass, 1 when one fails, and 2 when one cannot be run or
there is none.`,
		Example: fmt.Sprintf(`  # all tests below a directory
  %[1]s test tests

  # those of one template, as a report for the build server
  %[1]s test tests --run 'image/' -o junit > report.xml

  # from now on, what is stamped is what is expected: look at the difference afterwards
  %[1]s test tests --update`, f.Program),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: cmdutil.RunE(o, runF),
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Pattern, "run", "", "Run only tests whose directory matches this regular expression.")
	flags.IntVar(&o.Parallel, "parallel", 0, "How many tests run in parallel; 0 is one for each processor.")
	flags.BoolVar(&o.Update, "update", false, "Update what failing tests expect, in expected.yaml and steps.yaml.")
	flags.BoolVar(&o.FailOnFocus, "fail-on-focus", false, "End with 1 when a test is focused, even if all pass.")
	flags.StringVar(&o.Root, "root", "", "The root of all files that tests may read. By default the git repository that DIR is in, or the present directory.")
	flags.StringVarP(&o.Output, "output", "o", formatText, "Output format of the report. One of: "+strings.Join(formats, ", ")+".")
	_ = cmd.MarkFlagDirname("root")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// Complete takes the directories.
func (o *Options) Complete(_ *cobra.Command, args []string) error {
	o.Dirs = args
	if len(args) == 0 {
		o.Dirs = []string{"."}
	}
	return nil
}

// Validate checks the flags.
func (o *Options) Validate() error {
	var faults []error
	if !slices.Contains(formats, o.Output) {
		faults = append(faults, fmt.Errorf("unknown output format %q; one of: %s", o.Output, strings.Join(formats, ", ")))
	}
	if o.Parallel < 0 {
		faults = append(faults, fmt.Errorf("--parallel is %d; it must be 0 or more", o.Parallel))
	}
	if o.Pattern != "" {
		var err error
		if o.pattern, err = regexp.Compile(o.Pattern); err != nil {
			faults = append(faults, fmt.Errorf("--run: %w", err))
		}
	}
	return cmdutil.Usage(faults)
}

// Run finds the tests, runs and reports them.
func (o *Options) Run(ctx context.Context) error {
	place, err := o.place()
	if err != nil {
		return err
	}
	defer place.close()
	tests, err := o.find(ctx, place)
	if err != nil {
		return err
	}
	report, err := o.run(ctx, place, tests)
	if err != nil {
		return err
	}
	write(place, report)
	if err := o.print(report); err != nil {
		return err
	}
	return o.verdict(report)
}

// find lists the tests of all directories, each once.
func (o *Options) find(ctx context.Context, place *place) ([]*suite.Test, error) {
	var tests []*suite.Test
	seen := map[string]bool{}
	for _, dir := range place.dirs {
		found, err := place.files.Find(ctx, dir)
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			if !seen[t.Path] {
				tests = append(tests, t)
			}
			seen[t.Path] = true
		}
	}
	where := strings.Join(o.Dirs, ", ")
	if len(tests) == 0 {
		return nil, fmt.Errorf("there are no tests below %s: a test is a directory without directories in it, with a template.yaml, expected.yaml, steps.yaml or info.yaml there or above; see: %s test --help", where, o.Program)
	}
	if o.pattern != nil && !slices.ContainsFunc(tests, func(t *suite.Test) bool { return o.pattern.MatchString(t.Name) }) {
		return nil, fmt.Errorf("none of the %d tests below %s matches --run %q; the first is %s", len(tests), where, o.Pattern, tests[0].Name)
	}
	return tests, nil
}

func (o *Options) run(ctx context.Context, place *place, tests []*suite.Test) (*suite.Report, error) {
	parallel := o.Parallel
	if parallel == 0 {
		parallel = runtime.GOMAXPROCS(0)
	}
	progress := o.progress()
	defer progress.end()
	return place.files.Run(ctx, tests, suite.Options{
		Run: o.pattern, Parallel: parallel, Update: o.Update, Now: o.Clock, Done: progress.done,
	})
}

// write puts the edits into the files. One that can not be written keeps no other from it.
func write(place *place, report *suite.Report) {
	for i := range report.Edits {
		edit := &report.Edits[i]
		if err := place.replace(edit.Path, edit.Content); err != nil {
			report.Unwritten(edit, fmt.Sprintf("cannot update %s: %v", place.show(edit.Path), err))
		}
	}
}

func (o *Options) print(report *suite.Report) error {
	switch o.Output {
	case formatJSON:
		return writeJSON(o.Streams.Out, report)
	case formatJUnit:
		return writeJUnit(o.Streams.Out, report)
	}
	return writeText(o.Streams.Out, report, o.Streams.UseColor())
}

// verdict is the exit code, with what only a person needs to know.
func (o *Options) verdict(report *suite.Report) error {
	var focused error
	if report.Focused {
		var names []string
		for _, t := range report.Tests {
			if t.Focused {
				names = append(names, t.Test)
			}
		}
		said := fmt.Sprintf("only focused tests were run (skipped: %d): %s", report.Summary.Skipped, strings.Join(names, ", "))
		if o.FailOnFocus {
			focused = cmdutil.Findingf("%s", said)
		} else if _, err := fmt.Fprintf(o.Streams.ErrOut, "warning: %s\n", printable(said)); err != nil {
			return err
		}
	}
	switch s := report.Summary; {
	case s.Broken == 1:
		return errors.New("1 test could not be run")
	case s.Broken > 1:
		return fmt.Errorf("%d tests could not be run", s.Broken)
	case focused != nil:
		return focused
	case s.Failed > 0:
		return cmdutil.ErrSilent
	}
	return nil
}

// show names a file as a person would from where they are.
func show(cwd, path string) string {
	rel, err := filepath.Rel(cwd, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return path
	}
	return rel
}
