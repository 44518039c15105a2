package completion

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
)

// A person waits for the key press to do something: an unreachable cluster must not
// hang the shell.
const patience = 3 * time.Second

// Names completes names of a noun, in the namespace in use. With many, further names
// complete too, without those already typed.
func Names(f *cmdutil.Factory, n *noun.Noun, many bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 && !many {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		namespace := ""
		if !n.Cluster {
			var err error
			if namespace, _, err = f.Namespace(); err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
		}
		return names(cmd.Context(), f, n.Resource, namespace, args, toComplete)
	}
}

// Objects completes TYPE/NAME, and NAME after a TYPE.
func Objects(f *cmdutil.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		prefix, name, slash := strings.Cut(toComplete, "/")
		var used []string
		if len(args) > 0 && !strings.Contains(args[0], "/") {
			prefix, name, slash, used = args[0], toComplete, false, args[1:]
		} else if !slash {
			return []string{"workload/", "deliverable/", "runnable/", "supplychain/", "delivery/"}, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
		}
		n := noun.Of(prefix)
		if n == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		found, directive := Names(f, n, true)(cmd, used, name)
		for i := range found {
			if slash {
				found[i] = prefix + "/" + found[i]
			}
		}
		return found, directive
	}
}

// Steps completes names of steps of the owner that was named.
func Steps(f *cmdutil.Factory, n *noun.Noun) cobra.CompletionFunc {
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
		object, err := n.Read(ctx, client, f.Program, namespace, args[0])
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		item, err := n.Decode(object)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []string
		for _, step := range item.Status.Resources {
			if strings.HasPrefix(step.Name, toComplete) {
				found = append(found, step.Name)
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

func patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx == nil {
		ctx = context.Background()
	}
	return context.WithTimeout(ctx, patience)
}

// Namespaces completes namespaces.
func Namespaces(f *cmdutil.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		return names(cmd.Context(), f, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, "", nil, toComplete)
	}
}

func names(ctx context.Context, f *cmdutil.Factory, resource schema.GroupVersionResource, namespace string, used []string, prefix string) ([]string, cobra.ShellCompDirective) {
	client, err := f.Dynamic()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := patiently(ctx)
	defer cancel()
	list, err := client.Resource(resource).Namespace(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	typed := map[string]bool{}
	for _, u := range used {
		typed[u] = true
	}
	var found []string
	for i := range list.Items {
		if name := list.Items[i].GetName(); strings.HasPrefix(name, prefix) && !typed[name] {
			found = append(found, name)
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// Templates completes KIND/NAME of templates.
func Templates(f *cmdutil.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		kind, name, slash := strings.Cut(toComplete, "/")
		if !slash {
			var kinds []string
			for _, k := range noun.TemplateKinds {
				if len(kind) <= len(k.Kind) && strings.EqualFold(k.Kind[:len(kind)], kind) {
					kinds = append(kinds, k.Kind+"/")
				}
			}
			return kinds, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		}
		k := noun.TemplateKindOf(kind)
		if k == nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		found, directive := names(cmd.Context(), f, v1alpha1.GroupVersion.WithResource(k.Resource), "", nil, name)
		for i := range found {
			found[i] = kind + "/" + found[i]
		}
		return found, directive
	}
}
