package completion

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/table"
)

// Steps completes names of steps of the owner that was named: by NAME, or by TYPE/NAME or
// TYPE NAME where n is nil.
func Steps(f *cmdutil.Factory, n *noun.Noun) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		n, name := n, strings.Join(args, "/")
		if n == nil {
			var kind string
			kind, name, _ = strings.Cut(name, "/")
			n = noun.Of(kind)
		} else {
			name = n.NameIn(name)
		}
		if n == nil || n.Cluster || name == "" || strings.Contains(name, "/") {
			return nil, noFiles
		}
		namespace, _, err := f.Namespace()
		if err != nil {
			return nil, noFiles
		}
		client, err := f.Dynamic()
		if err != nil {
			return nil, noFiles
		}
		ctx, cancel := patiently(cmd.Context())
		defer cancel()
		object, err := n.Read(ctx, client, f.Program, namespace, name)
		if err != nil {
			return nil, noFiles
		}
		item, err := n.Decode(object)
		if err != nil {
			return nil, noFiles
		}
		var found []string
		for _, step := range item.Status.Resources {
			// What can not be shown can not be typed either.
			if strings.HasPrefix(step.Name, toComplete) && step.Name == table.Printable(step.Name) && !strings.ContainsAny(step.Name, "\n\t") {
				found = append(found, step.Name)
			}
		}
		return found, noFiles
	}
}
