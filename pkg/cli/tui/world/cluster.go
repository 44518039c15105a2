package world

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// Cluster is the one of a context.
type Cluster struct {
	Context, Server, Namespace string

	Client dynamic.Interface
	// Config is for clients of other kinds, such as that of logs; nil in tests that need none.
	Config *rest.Config
	Mapper func() (meta.RESTMapper, error)
	// Probe asks for as little as possible, to learn whether the API server answers.
	Probe func(context.Context) error
	// Answers is where requests say whether they were answered.
	Answers *Answers

	// held is what topics know of objects already.
	held *held
	// readings are the owners that are read now.
	readings readings
}

func (c *Cluster) connection(state feed.ConnectionState, since time.Time) feed.Connection {
	return feed.Connection{Context: c.Context, Server: c.Server, Namespace: c.Namespace, State: state, Since: since}
}

func (w *World) source(c *Cluster) collect.Source {
	return collect.Source{Client: c.Client, Mapper: c.Mapper, Clock: w.o.Clock}
}

// FromFactory makes the options of the program.
func FromFactory(f *cmdutil.Factory) Options {
	return Options{
		Program: f.Program, Clock: f.Clock,
		Connect: func(context string) (*Cluster, error) { return connect(f, context) },
		Contexts: func() ([]string, error) {
			// The kubeconfig may have changed since the program began.
			config, err := f.InContext("").Config.ToRawKubeConfigLoader().RawConfig()
			if err != nil {
				return nil, err
			}
			return slices.Sorted(maps.Keys(config.Contexts)), nil
		},
	}
}

func connect(f *cmdutil.Factory, name string) (*Cluster, error) {
	f = f.InContext(name)
	answers := &Answers{}
	before := f.Config.WrapConfigFn
	f.Config.WrapConfigFn = func(c *rest.Config) *rest.Config {
		c = before(c)
		// Both would write into the picture, and take the keys.
		c.WarningHandler = rest.NoWarnings{}
		if c.ExecProvider != nil {
			c.ExecProvider.StdinUnavailable = true
			c.ExecProvider.StdinUnavailableMessage = "the full-screen view has the terminal; log in before it starts"
		}
		c.Wrap(func(next http.RoundTripper) http.RoundTripper { return &noting{next, answers} })
		return c
	}
	config, err := f.RESTConfig()
	if err != nil {
		return nil, err
	}
	client, err := f.Dynamic()
	if err != nil {
		return nil, err
	}
	namespace, _, err := f.Namespace()
	if err != nil {
		return nil, err
	}
	connection := f.Connection()
	c := &Cluster{
		Context: connection.Context, Server: connection.Server, Namespace: namespace,
		Client: client, Config: config, Mapper: f.Mapper, Answers: answers,
	}
	c.Probe, err = probe(config)
	return c, err
}
