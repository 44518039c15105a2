// Package workload is `kubectl carto workload` and its verbs.
package workload

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/workload/create"
	"github.com/carto-run/carto/pkg/cli/workload/delete"
	"github.com/carto-run/carto/pkg/cli/workload/get"
	"github.com/carto-run/carto/pkg/cli/workload/list"
	"github.com/carto-run/carto/pkg/cli/workload/retry"
)

// NewCmdWorkload makes the command with its verbs.
func NewCmdWorkload(f *cmdutil.Factory) *cobra.Command {
	cmd := cmdutil.Group(&cobra.Command{
		Use:     "workload",
		Aliases: []string{"workloads", "wld"},
		Short:   "Create, show, retry and delete workloads",
		Example: fmt.Sprintf(`  # ship a git branch
  %[1]s workload create cart --git-repo https://git.example/shop/cart --git-branch main

  # what is there
  %[1]s workload list -A`, f.Program),
	})
	cmd.AddCommand(
		create.NewCmdCreate(f, nil),
		list.NewCmdList(f, nil),
		get.NewCmdGet(f, nil),
		retry.NewCmdRetry(f, nil),
		delete.NewCmdDelete(f, nil),
	)
	return cmd
}
