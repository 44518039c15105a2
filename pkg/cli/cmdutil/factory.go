// Package cmdutil holds what all commands share: the factory of their dependencies, the
// errors that decide the exit code, and output flags. It knows no command.
package cmdutil

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/near"
)

// FieldManager owns the fields that commands write.
const FieldManager = "kubectl-carto"

// Client limits. The defaults of client-go (5 and 10) make a tree of 50 nodes wait for
// seconds; the API server protects itself by priority and fairness.
const (
	clientQPS   = 100
	clientBurst = 200
)

// Factory makes the dependencies of commands. They are functions, so that a command
// that needs no cluster never reads a kubeconfig and a test replaces only what it uses.
type Factory struct {
	// Program is how the person calls us: "kubectl carto", or the name of the binary.
	Program string
	// Executable is the name or path of the file by which we were called, which is what
	// kubectl found on the PATH: no link is followed.
	Executable string
	// Streams of the command.
	Streams *streams.Streams
	// Config are the connection flags of kubectl.
	Config *genericclioptions.ConfigFlags
	// RESTConfig is the connection, with raised limits and warnings printed once.
	RESTConfig func() (*rest.Config, error)
	// Dynamic is the client that all commands use.
	Dynamic func() (dynamic.Interface, error)
	// Namespace is the one in use, and whether it was given by flag.
	Namespace func() (name string, explicit bool, err error)
	// Clock is the present.
	Clock func() time.Time
	// Mapper and Discovery know the kinds of the cluster.
	Mapper    func() (meta.RESTMapper, error)
	Discovery func() (discovery.DiscoveryInterface, error)
	// LogLevel sets how much client-go logs; nil leaves it alone.
	LogLevel func(level int)
}

// NewFactory makes the factory of the program.
func NewFactory(program string, s *streams.Streams) *Factory {
	f := &Factory{
		Program: program,
		Streams: s,
		Config: genericclioptions.NewConfigFlags(true).
			WithDiscoveryBurst(300).WithDiscoveryQPS(50),
		Clock: time.Now,
	}
	warnings := rest.NewWarningWriter(s.ErrOut, rest.WarningWriterOptions{Deduplicate: true, Color: false})
	f.Config.WrapConfigFn = func(c *rest.Config) *rest.Config {
		c.QPS, c.Burst = clientQPS, clientBurst
		c.WarningHandler = warnings
		c.Wrap(func(next http.RoundTripper) http.RoundTripper { return namesTransport{next} })
		return c
	}
	f.RESTConfig = func() (*rest.Config, error) {
		if err := f.check(); err != nil {
			return nil, err
		}
		return f.Config.ToRESTConfig()
	}
	f.Dynamic = sync.OnceValues(func() (dynamic.Interface, error) {
		c, err := f.RESTConfig()
		if err != nil {
			return nil, err
		}
		return dynamic.NewForConfig(c)
	})
	f.Mapper = func() (meta.RESTMapper, error) {
		if err := f.check(); err != nil {
			return nil, err
		}
		return f.Config.ToRESTMapper()
	}
	f.Discovery = func() (discovery.DiscoveryInterface, error) {
		if err := f.check(); err != nil {
			return nil, err
		}
		return f.Config.ToDiscoveryClient()
	}
	// Not the method value: the loader would be made before the flags are parsed.
	f.Namespace = func() (string, bool, error) {
		if f.Config.Namespace != nil && *f.Config.Namespace != "" {
			return *f.Config.Namespace, true, nil // whatever state the kubeconfig is in
		}
		if err := f.checkConfig(); err != nil {
			return "", false, err
		}
		name, _, err := f.Config.ToRawKubeConfigLoader().Namespace()
		return name, false, err
	}
	return f
}

// Unthrottle takes the client's own limit away, for commands that bound the requests in
// flight instead. It has to come before the first client is made.
func (f *Factory) Unthrottle() {
	before := f.Config.WrapConfigFn
	f.Config.WrapConfigFn = func(c *rest.Config) *rest.Config {
		c = before(c)
		c.QPS = -1
		return c
	}
}

// InContext is a factory of its own for another context of the kubeconfig, or, without a
// name, for the one in use. Flags that lead to one cluster or to a user of it count only for
// the context that they were given for.
func (f *Factory) InContext(name string) *Factory {
	g := NewFactory(f.Program, f.Streams)
	g.Executable, g.Clock, g.LogLevel = f.Executable, f.Clock, f.LogLevel
	from, to := f.Config, g.Config
	to.KubeConfig, to.CacheDir, to.Timeout, to.DisableCompression = from.KubeConfig, from.CacheDir, from.Timeout, from.DisableCompression
	to.Impersonate, to.ImpersonateUID, to.ImpersonateGroup, to.ImpersonateUserExtra = from.Impersonate, from.ImpersonateUID, from.ImpersonateGroup, from.ImpersonateUserExtra
	if name != "" && name != f.Connection().Context {
		to.Context = &name
		return g
	}
	to.Context, to.ClusterName, to.AuthInfoName, to.Namespace = from.Context, from.ClusterName, from.AuthInfoName, from.Namespace
	to.APIServer, to.TLSServerName, to.Insecure, to.CAFile = from.APIServer, from.TLSServerName, from.Insecure, from.CAFile
	to.CertFile, to.KeyFile, to.BearerToken = from.CertFile, from.KeyFile, from.BearerToken
	to.Username, to.Password, to.ProxyURL = from.Username, from.Password, from.ProxyURL
	return g
}

// Session is what commands need of the factory; their options begin with it.
type Session struct {
	Streams   *streams.Streams
	Program   string
	Client    func() (dynamic.Interface, error)
	Namespace func() (name string, explicit bool, err error)
	Clock     func() time.Time
	// Mapper and Discovery ask the cluster for its kinds, with a cache on disk. Commands
	// about the kinds of Carto do without.
	Mapper    func() (meta.RESTMapper, error)
	Discovery func() (discovery.DiscoveryInterface, error)
}

// Session is made before the flags are parsed; its functions are called after.
func (f *Factory) Session() Session {
	return Session{Streams: f.Streams, Program: f.Program, Client: f.Dynamic, Namespace: f.Namespace, Clock: f.Clock, Mapper: f.Mapper, Discovery: f.Discovery}
}

// MindReader ends the command when nobody reads its output any more.
func (s *Session) MindReader() (stop func()) { return s.Streams.MindReader() }

// NamespaceInUse is the namespace that a command works in.
func (s *Session) NamespaceInUse() (string, error) {
	name, _, err := s.Namespace()
	if err != nil {
		return "", fmt.Errorf("cannot find out the namespace: %w", err)
	}
	return name, nil
}

// Age is how long ago a time was, as kubectl prints it, in a pipe too: whoever computes
// takes times from -o json or -o jsonpath.
func (s *Session) Age(t metav1.Time) string {
	if t.IsZero() {
		return "-"
	}
	return duration.HumanDuration(max(0, s.Clock().Sub(t.Time)))
}

// Dash stands for nothing in a table.
func Dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// UsageArgs turns wrong arguments into a UsageError, in the words of the command's own line
// of usage where one is missing or there are too many.
func UsageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		if err == nil {
			return nil
		}
		_, wanted, _ := strings.Cut(cmd.Use, " ")
		wanted = strings.TrimSuffix(wanted, "...")
		most := 0 // how many arguments are fine
		for most < len(args) && check(cmd, args[:most+1]) == nil {
			most++
		}
		switch {
		case len(args) == 0:
			return Usagef("%s is missing", wanted)
		case most == 0 && wanted != "":
			return &UsageError{err} // the argument itself is wrong
		}
		return Usagef("too many arguments: %s", strings.Join(args[most:], " "))
	}
}

// Group makes a command that only holds others: an unknown verb is an error, where
// cobra would print help and succeed.
func Group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.ValidArgsFunction = cobra.NoFileCompletions // the shell would offer files for an unknown verb
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		var names, aliases []string
		for _, c := range cmd.Commands() {
			names, aliases = append(names, c.Name()), append(aliases, c.Aliases...)
		}
		meant := cmp.Or(near.DidYouMean(args[0], names), near.DidYouMean(args[0], aliases))
		return Usagef("unknown command %q for %q%s", args[0], cmd.CommandPath(), meant)
	}
	return cmd
}
