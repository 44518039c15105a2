package completion

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
)

const (
	noFiles = cobra.ShellCompDirectiveNoFileComp
	open    = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace // more follows in the same word
)

// Names completes names of a noun, in the namespace in use. With many, further names
// complete too, without those already typed.
func Names(f *cmdutil.Factory, n *noun.Noun, many bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 && !many {
			return nil, noFiles
		}
		return namesOf(cmd.Context(), f, n, args, toComplete), noFiles
	}
}

// TypedNames completes TYPE/NAME, and NAME behind a TYPE; with many, further TYPE/NAME.
func TypedNames(f *cmdutil.Factory, many bool, nouns ...*noun.Noun) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		typed := len(args) > 0 && !strings.Contains(args[0], "/") // TYPE NAME
		kind, name, slash := strings.Cut(toComplete, "/")
		switch {
		case typed && (len(args) == 1 || many):
			if n := among(nouns, args[0]); n != nil && !slash {
				return namesOf(cmd.Context(), f, n, args[1:], toComplete), noFiles
			}
			return nil, noFiles
		case len(args) > 0 && !many:
			return nil, noFiles
		case !slash:
			var kinds []string
			for _, n := range nouns {
				if strings.HasPrefix(n.Name, kind) {
					kinds = append(kinds, n.Name+"/")
				}
			}
			if n := among(nouns, kind); len(kinds) == 0 && n != nil {
				kinds = []string{kind + "/"} // an alias, all of it
			}
			return kinds, open
		}
		n := among(nouns, kind)
		if n == nil {
			return nil, noFiles
		}
		var used []string
		for _, a := range args {
			if k, name, _ := strings.Cut(a, "/"); among(nouns, k) == n {
				used = append(used, name)
			}
		}
		return prefixed(kind+"/", namesOf(cmd.Context(), f, n, used, name)), noFiles
	}
}

func among(nouns []*noun.Noun, name string) *noun.Noun {
	if n := noun.Of(name); slices.Contains(nouns, n) {
		return n
	}
	return nil
}

func prefixed(prefix string, names []string) []string {
	for i := range names {
		names[i] = prefix + names[i]
	}
	return names
}

// Templates completes KIND/NAME of templates.
func Templates(f *cmdutil.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, noFiles
		}
		kind, name, slash := strings.Cut(toComplete, "/")
		if !slash {
			var kinds []string
			for _, k := range noun.TemplateKinds {
				if len(kind) <= len(k.Kind) && strings.EqualFold(k.Kind[:len(kind)], kind) {
					kinds = append(kinds, k.Kind+"/")
				}
			}
			return kinds, open
		}
		k := noun.TemplateKindOf(kind)
		if k == nil {
			return nil, noFiles
		}
		return prefixed(kind+"/", names(cmd.Context(), f, v1alpha1.GroupVersion.WithResource(k.Resource), "", nil, name)), noFiles
	}
}

// Namespaces completes namespaces.
func Namespaces(f *cmdutil.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		return names(cmd.Context(), f, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, "", nil, toComplete), noFiles
	}
}

// Definitions completes a list of kinds that definitions of the cluster add, which are named
// plural.group.
func Definitions(f *cmdutil.Factory) cobra.CompletionFunc {
	resource := schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	return func(cmd *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		before := toComplete[:strings.LastIndex(toComplete, ",")+1]
		return prefixed(before, names(cmd.Context(), f, resource, "", strings.Split(before, ","), toComplete[len(before):])), noFiles
	}
}

// ServiceAccounts completes service accounts of the namespace in use.
func ServiceAccounts(f *cmdutil.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		namespace, _, err := f.Namespace()
		if err != nil {
			return nil, noFiles
		}
		return names(cmd.Context(), f, schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}, namespace, nil, toComplete), noFiles
	}
}

func namesOf(ctx context.Context, f *cmdutil.Factory, n *noun.Noun, used []string, prefix string) []string {
	namespace := ""
	if !n.Cluster {
		var err error
		if namespace, _, err = f.Namespace(); err != nil {
			return nil
		}
	}
	return names(ctx, f, n.Resource, namespace, used, prefix)
}

// names with a prefix, without those in use. The API server cannot search by prefix.
func names(ctx context.Context, f *cmdutil.Factory, resource schema.GroupVersionResource, namespace string, used []string, prefix string) []string {
	var found []string
	each(cmdutil.NamesOnly(ctx), f, resource, namespace, func(obj *unstructured.Unstructured) bool {
		if name := obj.GetName(); strings.HasPrefix(name, prefix) && !slices.Contains(used, name) {
			found = append(found, name)
		}
		return len(found) < maxFound
	})
	return found
}
