// Package cli is the plugin: Main runs the command tree on the streams of the process
// and turns the error, if any, into the exit code. One package below is one noun or
// verb; they know the cluster only through cmdutil.Factory and never exit or print
// errors themselves.
package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/diff"
	"github.com/carto-run/carto/pkg/cli/doctor"
	"github.com/carto-run/carto/pkg/cli/install"
	"github.com/carto-run/carto/pkg/cli/interrupt"
	"github.com/carto-run/carto/pkg/cli/lint"
	"github.com/carto-run/carto/pkg/cli/lsp"
	"github.com/carto-run/carto/pkg/cli/render"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/cli/test"
	"github.com/carto-run/carto/pkg/cli/tree"
	"github.com/carto-run/carto/pkg/cli/tui"
	"github.com/carto-run/carto/pkg/cli/uninstall"
	"github.com/carto-run/carto/pkg/cli/version"
	"github.com/carto-run/carto/pkg/cli/why"
	"github.com/carto-run/carto/pkg/table"
)

// Main runs the program with its arguments, the first of which is its name, and returns
// the exit code.
func Main(argv []string) int {
	ctx, stop := interrupt.Context()
	defer stop()
	running, cancel := context.WithCancel(ctx)
	defer cancel()

	s := streams.System(cancel)
	f := cmdutil.NewFactory(ProgramName(argv[0]), s)
	f.Executable, f.LogLevel = argv[0], logLevel
	code := Run(running, f, argv[1:])
	switch {
	case s.Broken():
		return ExitOK // the reader has seen enough: head, less
	case ctx.Err() != nil:
		return ExitInterrupted
	case code == ExitOK && s.WriteError() != nil:
		// Half of a list is no list.
		_, _ = fmt.Fprintf(s.ErrOut, "error: %v\n", s.WriteError())
		return ExitCouldNotRun
	}
	return code
}

// Run runs the command tree over a factory and returns the exit code. It is the seam for
// tests.
func Run(ctx context.Context, f *cmdutil.Factory, args []string) int {
	f.EndWith(ctx)
	root := NewRoot(f)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	code := ExitCode(err)
	switch {
	case err == nil, errors.Is(err, cmdutil.ErrSilent), f.Streams.Broken(), code == ExitInterrupted:
		return code
	}
	// Errors quote what others wrote: a registry, an admission webhook, a file.
	_, _ = fmt.Fprintf(f.Streams.ErrOut, "error: %s\n", table.Printable(f.Words(err)))
	var usage *cmdutil.UsageError
	if errors.As(err, &usage) {
		_, _ = fmt.Fprintf(f.Streams.ErrOut, "\nSee: %s --help\n", cmd.CommandPath())
	}
	return code
}

// NewRoot makes the command tree.
func NewRoot(f *cmdutil.Factory) *cobra.Command {
	root := cmdutil.Group(&cobra.Command{
		// The first word of Use names the completion functions, so it is the name of the
		// binary; the annotation is what people see.
		Use:           strings.ReplaceAll(f.Program, " ", "-"),
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: f.Program},
		Short:         "Supply chains for Kubernetes",
		Long:          "Carto carries workloads through supply chains of Kubernetes objects.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Example: fmt.Sprintf(`  # put Carto into the cluster
  %[1]s install

  # see where a workload stands, and why
  %[1]s tree workload/cart`, f.Program),
	})
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetOut(f.Streams.Out)
	root.SetErr(f.Streams.ErrOut)
	root.SetIn(f.Streams.In)
	root.SetFlagErrorFunc(flagError)
	verbosity := 0
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		if f.LogLevel != nil {
			f.LogLevel(verbosity)
		}
		switch f.Streams.Color {
		case streams.ColorAuto, streams.ColorAlways, streams.ColorNever:
			return nil
		}
		return cmdutil.Usagef("--color is %q; one of: auto, always, never", f.Streams.Color)
	}

	flags := root.PersistentFlags()
	f.Config.AddFlags(flags)
	flags.StringVar((*string)(&f.Streams.Color), "color", string(f.Streams.Color), "Colour the output: auto, always or never.")
	flags.IntVarP(&verbosity, "v", "v", 0, "How much the client logs to standard error; from 6 on each request.")
	completion.RegisterConnection(f, root)
	// Else every flag whose value nobody knows would offer files.
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	_ = root.RegisterFlagCompletionFunc("color", cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp))

	root.SetGlobalNormalizationFunc(synonyms)
	root.SetUsageTemplate(shortUsage(root.UsageTemplate()))
	root.AddCommand(nouns(f)...)
	root.AddCommand(
		install.NewCmdInstall(f, nil),
		lsp.NewCmdLsp(f, nil),
		render.NewCmdRender(f, nil),
		tree.NewCmdTree(f, nil),
		version.NewCmdVersion(f, nil),
		newCmdOptions(f),
		why.NewCmdWhy(f, nil),
		completion.NewCmdCompletion(f),
		doctor.NewCmdDoctor(f, nil),
		lint.NewCmdLint(f, nil),
		diff.NewCmdDiff(f, nil),
		test.NewCmdTest(f, nil),
		tui.NewCmdTui(f, nil),
		uninstall.NewCmdUninstall(f, nil),
	)
	return root
}

// ProgramName is how the person calls us: kubectl finds plugins as kubectl-NAME and
// hides the dash.
func ProgramName(argv0 string) string {
	name := strings.TrimSuffix(filepath.Base(argv0), ".exe")
	if rest, ok := strings.CutPrefix(name, "kubectl-"); ok {
		return "kubectl " + strings.ReplaceAll(rest, "_", "-")
	}
	return name
}
