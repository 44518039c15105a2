package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
)

// newCmdOptions makes `kubectl carto options`, which shows the flags that every command
// has: the help of each command would be twenty lines of them.
func newCmdOptions(f *cmdutil.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "options",
		Short: "Show the flags that every command has",
		Example: fmt.Sprintf(`  # all of them
  %[1]s options

  # those to act as another user
  %[1]s options | grep -e --as`, f.Program),
		Args:              cmdutil.UsageArgs(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(f.Streams.Out, "These flags can be given to every command:\n\n%s", cmd.Root().PersistentFlags().FlagUsages())
			return err
		},
	}
}

// shortUsage is the usage of cobra without the flags that every command has.
func shortUsage(template string) string {
	for _, list := range []string{"InheritedFlags", "LocalFlags"} {
		begin := strings.Index(template, "{{if .HasAvailable"+list+"}}")
		const end = "{{end}}"
		length := strings.Index(template[max(0, begin):], end)
		if begin < 0 || length < 0 {
			return template // another cobra: all flags are better than a broken help
		}
		section := ""
		if list == "LocalFlags" {
			section = strings.Replace(template[begin:begin+length], ".HasAvailableLocalFlags", "and .HasAvailableLocalFlags .HasParent", 1) + end
		}
		template = template[:begin] + section + template[begin+length+len(end):]
	}
	return template + `{{if .Runnable}}
Use "{{.Root.CommandPath}} options" for the flags that every command has.
{{end}}`
}
