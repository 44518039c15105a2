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
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a completion script for a shell",
		Long: `Print a completion script for a shell.

The script completes the binary by its own name. For completion behind kubectl, put an
executable named kubectl_complete-carto on your PATH that holds:

  #!/bin/sh
  exec kubectl-carto __complete "$@"`,
		Example: fmt.Sprintf(`  # in the running bash
  source <(%[1]s completion bash)

  # for every zsh
  %[1]s completion zsh > "${fpath[1]}/_kubectl-carto"`, f.Program),
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
}
