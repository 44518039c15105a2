// Package version is `kubectl carto version`.
package version

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
)

// Set by the linker: -X github.com/carto-run/carto/pkg/cli/version.version=v1.2.3.
// Variables are the only thing that the linker can set; nothing else writes them.
var (
	version = "v0.0.0-dev"
	commit  = ""
)

// Version of the program.
func Version() string { return version }

// Options of the command.
type Options struct {
	Streams *streams.Streams
	Program string
	Output  string
}

// Info is what the command prints as JSON and YAML.
type Info struct {
	Version    string `json:"version"`
	Commit     string `json:"commit,omitempty"`
	GoVersion  string `json:"goVersion"`
	Platform   string `json:"platform"`
	APIVersion string `json:"apiVersionServed"`
}

// NewCmdVersion makes the command; runF replaces the work in tests.
func NewCmdVersion(f *cmdutil.Factory, runF func(*Options) error) *cobra.Command {
	o := &Options{Streams: f.Streams, Program: f.Program}
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of the plugin",
		Example: fmt.Sprintf(`  # one line
  %[1]s version

  # for scripts
  %[1]s version -o json`, f.Program),
		Args: cmdutil.UsageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if err := o.Validate(); err != nil {
				return err
			}
			if runF != nil {
				return runF(o)
			}
			return o.Run()
		},
	}
	cmd.Flags().StringVarP(&o.Output, "output", "o", "", "Output format. One of: json, yaml.")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"json", "yaml"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// Validate checks the flags.
func (o *Options) Validate() error {
	switch o.Output {
	case "", "json", "yaml":
		return nil
	}
	return cmdutil.Usagef("unknown output format %q; one of: json, yaml", o.Output)
}

// Run prints the version.
func (o *Options) Run() error {
	info := Info{
		Version: version, Commit: commit, GoVersion: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, APIVersion: v1alpha1.GroupVersion.String(),
	}
	switch o.Output {
	case "json":
		data, err := json.MarshalIndent(info, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(o.Streams.Out, string(data))
		return err
	case "yaml":
		data, err := yaml.Marshal(info)
		if err != nil {
			return err
		}
		_, err = o.Streams.Out.Write(data)
		return err
	}
	_, err := fmt.Fprintf(o.Streams.Out, "%s %s (%s, %s)\n", o.Program, info.Version, info.Platform, info.GoVersion)
	return err
}
