package completion

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
)

// RegisterConnection completes the flags that say which cluster to talk to, and as whom.
func RegisterConnection(f *cmdutil.Factory, root *cobra.Command) {
	names := func(of func(*clientcmdapi.Config) []string) cobra.CompletionFunc {
		return func(_ *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			config, err := f.Config.ToRawKubeConfigLoader().RawConfig()
			if err != nil {
				return nil, noFiles
			}
			return slices.DeleteFunc(of(&config), func(name string) bool { return !strings.HasPrefix(name, toComplete) }), noFiles
		}
	}
	for flag, complete := range map[string]cobra.CompletionFunc{
		"namespace": Namespaces(f),
		"context":   names(func(c *clientcmdapi.Config) []string { return slices.Sorted(maps.Keys(c.Contexts)) }),
		"cluster":   names(func(c *clientcmdapi.Config) []string { return slices.Sorted(maps.Keys(c.Clusters)) }),
		"user":      names(func(c *clientcmdapi.Config) []string { return slices.Sorted(maps.Keys(c.AuthInfos)) }),
	} {
		_ = root.RegisterFlagCompletionFunc(flag, complete)
	}
	for _, flag := range []string{"kubeconfig", "certificate-authority", "client-certificate", "client-key"} {
		_ = root.MarkPersistentFlagFilename(flag)
	}
	_ = root.MarkPersistentFlagDirname("cache-dir")
}
