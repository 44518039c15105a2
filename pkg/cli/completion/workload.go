package completion

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/table"
)

// RegisterWorkload completes the flags by which a workload is described; a command has
// any of them.
func RegisterWorkload(f *cmdutil.Factory, cmd *cobra.Command) {
	for flag, complete := range map[string]cobra.CompletionFunc{
		"type":            WorkloadTypes(f),
		"param":           Params(f),
		"param-yaml":      Params(f),
		"service-account": ServiceAccounts(f),
	} {
		if cmd.Flags().Lookup(flag) != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag, complete)
		}
	}
}

// WorkloadTypes completes the types that supply chains select by.
func WorkloadTypes(f *cmdutil.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		types := map[string]string{}
		for _, chain := range supplyChains(cmd.Context(), f) {
			for _, value := range typesOf(chain) {
				if strings.HasPrefix(value, toComplete) && types[value] == "" {
					types[value] = "supply chain " + chain.Name
				}
			}
		}
		return described(types), noFiles
	}
}

// typesOf are the types that a supply chain asks for.
func typesOf(chain *v1alpha1.ClusterSupplyChain) []string {
	var types []string
	if value, ok := chain.Spec.Selector[noun.TypeLabel]; ok {
		types = append(types, value)
	}
	for _, e := range chain.Spec.SelectorMatchExpressions {
		if e.Key == noun.TypeLabel && e.Operator == metav1.LabelSelectorOpIn {
			types = append(types, e.Values...)
		}
	}
	return types
}

// Params completes NAME= of the params that a workload may set: of the supply chains that
// select it by the labels typed so far, else of all.
func Params(f *cmdutil.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		if strings.Contains(toComplete, "=") {
			return nil, noFiles
		}
		var all, selecting []*blueprint.Blueprint
		labels := typedLabels(cmd)
		for _, chain := range supplyChains(cmd.Context(), f) {
			b := blueprint.CompileSupplyChain(chain)
			all = append(all, b)
			// The fields that a blueprint may select by are not known yet.
			if labels != nil && b.Selector.MatchesLabels(labels) {
				selecting = append(selecting, b)
			}
		}
		if len(selecting) > 0 {
			all = selecting
		}
		found := map[string]string{}
		for name, what := range settable(all, templateParams(cmd.Context(), f, all)) {
			if strings.HasPrefix(name, toComplete) {
				found[name+"="] = what
			}
		}
		return described(found), open
	}
}

// typedLabels are the labels that the flags give the workload; nil when none does.
func typedLabels(cmd *cobra.Command) map[string]string {
	var labels map[string]string
	set := func(key, value string) {
		if labels == nil {
			labels = map[string]string{}
		}
		labels[key] = value
	}
	if flag := cmd.Flags().Lookup("label"); flag != nil && flag.Changed {
		if given, err := cmd.Flags().GetStringArray("label"); err == nil {
			for _, l := range given {
				if key, value, ok := strings.Cut(l, "="); ok {
					set(key, value)
				}
			}
		}
	}
	if flag := cmd.Flags().Lookup("type"); flag != nil && (flag.Changed || labels != nil) {
		if _, given := labels[noun.TypeLabel]; !given || flag.Changed {
			set(noun.TypeLabel, flag.Value.String())
		}
	}
	return labels
}

// settable are the params that a workload may set, and what they are if it does not.
func settable(chains []*blueprint.Blueprint, params map[template][]stamp.Param) map[string]string {
	found := map[string]string{}
	for _, b := range chains {
		declared := func(use blueprint.TemplateUse) []stamp.Param { return params[template{use.Kind, use.Name}] }
		for _, p := range b.Settable(declared) {
			if found[p.Name] == "" {
				found[p.Name] = "default " + short(p.Value)
			}
		}
	}
	return found
}

type template struct{ kind, name string }

// templateParams are the params that templates of the blueprints declare. One list for each
// kind in use is at most five requests, however many templates there are.
func templateParams(ctx context.Context, f *cmdutil.Factory, chains []*blueprint.Blueprint) map[template][]stamp.Param {
	wanted := map[template]bool{}
	kinds := map[string]bool{}
	for _, b := range chains {
		for _, use := range b.Templates() {
			wanted[template{use.Kind, use.Name}] = true
			kinds[use.Kind] = true
		}
	}
	names := slices.Sorted(maps.Keys(kinds))
	found := make([]map[template][]stamp.Param, len(names))
	var group errgroup.Group
	for i, name := range names {
		kind := noun.TemplateKindOf(name)
		if kind == nil {
			continue
		}
		found[i] = map[template][]stamp.Param{}
		group.Go(func() error {
			each(ctx, f, v1alpha1.GroupVersion.WithResource(kind.Resource), "", func(obj *unstructured.Unstructured) bool {
				key := template{name, obj.GetName()}
				if typed := kind.New(); wanted[key] && runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, typed) == nil {
					found[i][key] = stamp.Compile(typed).Params
				}
				return true
			})
			return nil
		})
	}
	_ = group.Wait() // each has no errors
	all := map[template][]stamp.Param{}
	for _, f := range found {
		maps.Copy(all, f)
	}
	return all
}

func supplyChains(ctx context.Context, f *cmdutil.Factory) []*v1alpha1.ClusterSupplyChain {
	var chains []*v1alpha1.ClusterSupplyChain
	each(ctx, f, noun.SupplyChain.Resource, "", func(obj *unstructured.Unstructured) bool {
		chain := &v1alpha1.ClusterSupplyChain{}
		if runtime.DefaultUnstructuredConverter.FromUnstructured(obj.Object, chain) == nil {
			chains = append(chains, chain)
		}
		return len(chains) < maxFound
	})
	return chains
}

// described are completions with what each is, in order.
func described(what map[string]string) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(what)) {
		found = append(found, cobra.CompletionWithDesc(name, what[name]))
	}
	return found
}

// short fits beside a name: one line of a list.
func short(value any) string {
	const width = 40
	encoded, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	text := []rune(table.Printable(string(encoded)))
	if len(text) > width {
		return string(text[:width-1]) + "…"
	}
	return string(text)
}
