package render

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/table"
)

// complete completes owners and steps from the files that were typed already.
func (o *Options) complete(cmd *cobra.Command) {
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		set := o.typed(cmd)
		if set == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []string
		for _, owner := range set.owners {
			candidate := strings.ToLower(owner.Kind) + "/" + owner.Name
			if strings.HasPrefix(candidate, toComplete) && !slices.Contains(args, candidate) && typeable(candidate) {
				found = append(found, candidate)
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
	_ = cmd.RegisterFlagCompletionFunc("step", func(cmd *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		set := o.typed(cmd)
		if set == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []string
		for _, kind := range []string{v1alpha1.KindWorkload, v1alpha1.KindDeliverable} {
			for _, b := range set.world.Blueprints(kind) {
				for _, r := range b.Resources {
					if strings.HasPrefix(r.Name, toComplete) && !slices.Contains(found, r.Name) && typeable(r.Name) {
						found = append(found, r.Name)
					}
				}
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	})
}

// typed reads the files of -f; nil when there are none that can be read without waiting.
func (o *Options) typed(cmd *cobra.Command) *set {
	if len(o.Files) == 0 || slices.ContainsFunc(o.Files, func(path string) bool { return path == "-" || strings.Contains(path, "://") }) {
		return nil
	}
	set, err := o.readSet(cmd.Context())
	if err != nil {
		return nil
	}
	return set
}

// typeable: what can not be shown can not be typed either.
func typeable(name string) bool {
	return name == table.Printable(name) && !strings.ContainsAny(name, " \n\t")
}
