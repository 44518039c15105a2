package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/noun/delete"
	"github.com/carto-run/carto/pkg/cli/noun/events"
	"github.com/carto-run/carto/pkg/cli/noun/get"
	"github.com/carto-run/carto/pkg/cli/noun/list"
	"github.com/carto-run/carto/pkg/cli/noun/retry"
	"github.com/carto-run/carto/pkg/cli/noun/tail"
	"github.com/carto-run/carto/pkg/cli/noun/wait"
	"github.com/carto-run/carto/pkg/cli/template/render"
	"github.com/carto-run/carto/pkg/cli/tree"
	"github.com/carto-run/carto/pkg/cli/workload/apply"
	"github.com/carto-run/carto/pkg/cli/workload/create"
)

// nouns are the commands of the kinds of objects, with what can be done to each.
func nouns(f *cmdutil.Factory) []*cobra.Command {
	owner := func(n *noun.Noun) []*cobra.Command {
		return []*cobra.Command{
			list.NewCmdList(f, n, nil), get.NewCmdGet(f, n, nil), tree.NewCmdNounTree(f, n, nil),
			retry.NewCmdRetry(f, n, nil), delete.NewCmdDelete(f, n, nil),
			wait.NewCmdWait(f, n, nil), tail.NewCmdTail(f, n, nil), events.NewCmdEvents(f, n, nil),
		}
	}
	blueprint := func(n *noun.Noun) []*cobra.Command {
		return []*cobra.Command{list.NewCmdList(f, n, nil), get.NewCmdGet(f, n, nil)}
	}
	return []*cobra.Command{
		group(f, noun.Workload, "Create, change, show, retry and delete workloads", `  # ship a git branch
  %[1]s workload create cart --git-repo https://git.example/shop/cart --git-branch main

  # what is there
  %[1]s workload list -A`, append([]*cobra.Command{create.NewCmdCreate(f, nil), apply.NewCmdApply(f, nil)}, owner(noun.Workload)...)...),
		group(f, noun.Deliverable, "Show, retry and delete deliverables", `  # what is delivered, and from where
  %[1]s deliverable list -A -o wide

  # where does one stand?
  %[1]s deliverable tree cart`, owner(noun.Deliverable)...),
		group(f, noun.Runnable, "Show, retry and delete runnables", `  # inputs and outputs
  %[1]s runnable get cart-test

  # run a failed one again
  %[1]s runnable retry cart-test`, owner(noun.Runnable)...),
		group(f, noun.SupplyChain, "Show the blueprints of workloads", `  # which are there
  %[1]s supplychain list

  # its steps, its params and who may set them, and how its workloads are
  %[1]s supplychain get web`, blueprint(noun.SupplyChain)...),
		group(f, noun.Delivery, "Show the blueprints of deliverables", `  # which are there
  %[1]s delivery list

  # its steps, its params and who may set them, and how its deliverables are
  %[1]s delivery get staging`, blueprint(noun.Delivery)...),
		template(f),
	}
}

// template has verbs of its own: its objects are of several kinds.
func template(f *cmdutil.Factory) *cobra.Command {
	cmd := cmdutil.Group(&cobra.Command{
		Use: "template", Aliases: []string{"templates"}, Short: "Try templates out",
		Example: fmt.Sprintf(`  # what does a ytt template make of these values?
  %[1]s template render --ytt -f config.ytt.yaml --values-file values.yaml

  # and one of the cluster, of a workload?
  %[1]s template render ClusterConfigTemplate/web --workload workload.yaml --value image=nginx`, f.Program),
	})
	cmd.AddCommand(render.NewCmdRender(f, nil))
	return cmd
}

func group(f *cmdutil.Factory, n *noun.Noun, short, example string, verbs ...*cobra.Command) *cobra.Command {
	cmd := cmdutil.Group(&cobra.Command{Use: n.Name, Aliases: n.Aliases, Short: short, Example: fmt.Sprintf(example, f.Program)})
	cmd.AddCommand(verbs...)
	return cmd
}
