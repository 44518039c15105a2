// Package completion is `kubectl carto completion`, and the functions that complete
// names from the cluster.
package completion

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
)

// NewCmdCompletion makes the command.
func NewCmdCompletion(f *cmdutil.Factory) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	cmd := &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a completion script for a shell",
		Long: `Print a completion script for a shell.

The script completes the binary by its own name. Completion behind kubectl needs none of
these scripts, but that of kubectl, and "completion install" once.`,
		Example: fmt.Sprintf(`  # behind kubectl, in every shell that completes kubectl
  %[1]s completion install

  # the binary itself, in the running bash
  source <(%[1]s completion bash)`, f.Program),
		ValidArgs:             shells,
		DisableFlagsInUseLine: true,
		Args:                  cmdutil.UsageArgs(cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)),
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), f.Streams.Out
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			default:
				return root.GenPowerShellCompletionWithDesc(out)
			}
		},
	}
	cmd.AddCommand(NewCmdInstall(f, nil))
	return cmd
}
