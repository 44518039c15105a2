// Package lsp is `kubectl carto lsp`.
package lsp

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/cli/version"
	"github.com/carto-run/carto/pkg/lint/rules"
	"github.com/carto-run/carto/pkg/lsp"
)

// Options of the command.
type Options struct {
	Streams *streams.Streams
	Program string
	// Stdio says how to speak, which is the only way there is: editors pass it.
	Stdio bool
}

// NewCmdLsp makes the command; runF replaces the work in tests.
func NewCmdLsp(f *cmdutil.Factory, runF func(context.Context, *Options) error) *cobra.Command {
	o := &Options{Streams: f.Streams, Program: f.Program}
	cmd := &cobra.Command{
		Use:   "lsp",
		Short: "Serve an editor: findings, completion, hover, definitions",
		Long: `Serve an editor by the Language Server Protocol, over standard input and output.

The editor starts it for YAML files. It lints the files of the workspace while they are
written, completes names inside tags, references and params, explains what is at the cursor,
and leads to templates, steps and params. docs/editors.md says how to set editors up.`,
		Example: fmt.Sprintf(`  # as editors start it
  %[1]s lsp

  # for clients that insist on saying how to speak
  %[1]s lsp --stdio`, f.Program),
		Args: cmdutil.UsageArgs(cobra.NoArgs),
		RunE: cmdutil.RunE(o, runF),
	}
	cmd.Flags().BoolVar(&o.Stdio, "stdio", false, "Speak over standard input and output, which is what it does anyway.")
	return cmd
}

// Complete has nothing to complete.
func (o *Options) Complete(*cobra.Command, []string) error { return nil }

// Validate refuses a person at a keyboard.
func (o *Options) Validate() error {
	if o.Streams.InIsTerminal() {
		return cmdutil.Usagef("standard input is a terminal: the language server is for editors, which start it themselves; to check files use %s lint", o.Program)
	}
	return nil
}

// Run serves until the editor ends the conversation.
func (o *Options) Run(ctx context.Context) error {
	err := lsp.Serve(ctx, stream{o.Streams.In, o.Streams.Out}, lsp.Config{
		Rules: rules.All(), Name: "carto", Version: version.Version(),
	})
	if errors.Is(err, lsp.ErrNoShutdown) {
		return &cmdutil.FindingError{Err: err}
	}
	return err
}

// stream makes one stream of two.
type stream struct {
	io.Reader
	io.Writer
}

// Close does nothing: the streams are those of the process, which ends next.
func (stream) Close() error { return nil }
