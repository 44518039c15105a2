package render

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/stamp"
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
	_ = cmd.RegisterFlagCompletionFunc("step", o.words("", func(b *blueprint.Blueprint, _ []*stamp.Template) []string {
		names := make([]string, len(b.Resources))
		for i, r := range b.Resources {
			names[i] = r.Name
		}
		return names
	}))
	for _, flag := range []string{"param", "param-yaml"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, o.words("=", paramsOf))
	}
}

// paramsOf are the params of a blueprint and its templates that an owner can set.
func paramsOf(b *blueprint.Blueprint, templates []*stamp.Template) []string {
	var names []string
	for _, use := range b.Templates() {
		for _, t := range templates {
			if t.Kind != use.Kind || t.Name != use.Name {
				continue
			}
			for name, p := range blueprint.ResolveParams(t.Params, b, b.Resource(use.Resource), nil) {
				if !p.Locked {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// words completes words about the blueprints in the files that were typed already, with
// what follows each in the same word.
func (o *Options) words(suffix string, of func(*blueprint.Blueprint, []*stamp.Template) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		directive := cobra.ShellCompDirectiveNoFileComp
		if suffix != "" {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		set := o.typed(cmd)
		if set == nil {
			return nil, directive
		}
		var found []string
		for _, kind := range []string{v1alpha1.KindWorkload, v1alpha1.KindDeliverable} {
			for _, b := range set.world.Blueprints(kind) {
				for _, word := range of(b, set.world.Templates()) {
					if strings.HasPrefix(word, toComplete) && typeable(word) {
						found = append(found, word+suffix)
					}
				}
			}
		}
		slices.Sort(found)
		return slices.Compact(found), directive
	}
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
