package completion

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
)

// Pods completes names of the pods below the owner that was named.
func Pods(f *cmdutil.Factory, n *noun.Noun) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		namespace, _, err := f.Namespace()
		if err != nil || len(args) != 1 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		client, err := f.Dynamic()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := patiently(cmd.Context())
		defer cancel()
		in, err := collect.Collect(ctx, client, collect.OwnerRef{Kind: n.Kind, Namespace: namespace, Name: n.NameIn(args[0])})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []string
		in.Visit(func(_ string, o *tree.Found) {
			if name := o.Object.GetName(); o.Object.GetKind() == "Pod" && strings.HasPrefix(name, toComplete) {
				found = append(found, name)
			}
		})
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}
