package cmdutil

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/carto-run/carto/pkg/near"
)

// Connection says which cluster the flags and the kubeconfig lead to, and as whom, in the
// words of the kubeconfig. What is not known is empty.
type Connection struct {
	Server, Context, User string
	// As is who is impersonated.
	As string
}

// String names the server, and the context that leads there.
func (c Connection) String() string {
	switch {
	case c.Server == "":
		return "the cluster"
	case c.Context == "":
		return c.Server
	}
	return fmt.Sprintf("%s (context %q)", c.Server, c.Context)
}

// ConfigError is a fault of the kubeconfig, or of a flag that picks something in it. It is
// told without what was attempted: nothing was.
type ConfigError struct{ message string }

func (e *ConfigError) Error() string { return e.message }

// Connection finds out what it can; a kubeconfig that cannot be read leaves it to the flags.
func (f *Factory) Connection() Connection {
	value := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	c := Connection{Context: value(f.Config.Context), User: value(f.Config.AuthInfoName), As: value(f.Config.Impersonate)}
	if config, err := f.Config.ToRawKubeConfigLoader().RawConfig(); err == nil {
		if c.Context == "" {
			c.Context = config.CurrentContext
		}
		if picked := config.Contexts[c.Context]; picked != nil {
			if c.User == "" {
				c.User = picked.AuthInfo
			}
			cluster := value(f.Config.ClusterName)
			if cluster == "" {
				cluster = picked.Cluster
			}
			if info := config.Clusters[cluster]; info != nil {
				c.Server = info.Server
			}
		}
	}
	if server := value(f.Config.APIServer); server != "" {
		c.Server = server
	}
	return c
}

// check finds out that there is no cluster to ask.
func (f *Factory) check() error {
	if err := f.checkConfig(); err != nil {
		return err
	}
	return f.checkCluster()
}

// checkConfig finds the faults of the kubeconfig for which client-go has no clear words: it
// falls back on http://localhost:8080 wherever it finds nothing.
func (f *Factory) checkConfig() error {
	loader := f.Config.ToRawKubeConfigLoader()
	config, err := loader.RawConfig()
	if err != nil {
		return &ConfigError{fmt.Sprintf("cannot read the kubeconfig: %v", err)}
	}
	for _, picked := range []struct {
		flag  string
		name  *string
		known []string
	}{
		{"context", f.Config.Context, slices.Sorted(maps.Keys(config.Contexts))},
		{"cluster", f.Config.ClusterName, slices.Sorted(maps.Keys(config.Clusters))},
		{"user", f.Config.AuthInfoName, slices.Sorted(maps.Keys(config.AuthInfos))},
	} {
		if picked.name != nil && *picked.name != "" && !slices.Contains(picked.known, *picked.name) {
			return &ConfigError{fmt.Sprintf("--%s: there is no %[1]s %q; %s", picked.flag, *picked.name, choices(*picked.name, picked.known))}
		}
	}
	return nil
}

func choices(given string, known []string) string {
	switch meant := near.Names(given, known); {
	case len(known) == 0:
		return "the kubeconfig has none"
	case len(meant) > 0:
		return fmt.Sprintf("did you mean %q?", meant[0])
	}
	const most = 20 // a list of hundreds hides the fault
	rest := ""
	if len(known) > most {
		known, rest = known[:most], fmt.Sprintf(" and %d more", len(known)-most)
	}
	return "one of: " + strings.Join(known, ", ") + rest
}

// checkCluster finds out that nothing says where the cluster is.
func (f *Factory) checkCluster() error {
	given := func(s *string) bool { return s != nil && *s != "" }
	if given(f.Config.APIServer) || given(f.Config.ClusterName) || os.Getenv("KUBERNETES_MASTER") != "" {
		return nil
	}
	loader := f.Config.ToRawKubeConfigLoader()
	config, err := loader.RawConfig()
	if err != nil {
		return err // checkConfig told
	}
	if _, err := rest.InClusterConfig(); err == nil && len(config.Clusters) == 0 {
		return nil // in a pod
	}
	files := loader.ConfigAccess().GetLoadingPrecedence()
	if loader.ConfigAccess().IsExplicitFile() {
		files = []string{loader.ConfigAccess().GetExplicitFile()}
	}
	switch {
	case len(config.Clusters) == 0:
		return &ConfigError{fmt.Sprintf("nothing says where the cluster is: no kubeconfig has one (looked at %s); name a file with --kubeconfig or KUBECONFIG", strings.Join(files, ", "))}
	case !given(f.Config.Context) && config.CurrentContext == "":
		return &ConfigError{"the kubeconfig has no current context; choose one with --context, or for good with kubectl config use-context; " + choices("", slices.Sorted(maps.Keys(config.Contexts)))}
	}
	return incomplete(&config, f.Config.Context)
}

// incomplete finds a context that leads to a cluster that is not there.
func incomplete(config *clientcmdapi.Config, flag *string) error {
	name := config.CurrentContext
	if flag != nil && *flag != "" {
		name = *flag
	}
	switch context := config.Contexts[name]; {
	case context == nil:
		return &ConfigError{fmt.Sprintf("the current context of the kubeconfig is %q, which is not there; choose another with --context; %s", name, choices(name, slices.Sorted(maps.Keys(config.Contexts))))}
	case config.Clusters[context.Cluster] == nil:
		return &ConfigError{fmt.Sprintf("context %q leads to the cluster %q, which the kubeconfig does not have; %s", name, context.Cluster, choices(context.Cluster, slices.Sorted(maps.Keys(config.Clusters))))}
	}
	return nil
}
