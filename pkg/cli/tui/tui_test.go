package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/tui"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// still is a world in which nothing happens, until what a test gives it to do.
type still struct {
	bound  func(send func(tea.Msg))
	closed bool
	// ended is true when an editor would have been told to end.
	ended atomic.Bool
}

func (s *still) Follow(feed.ID, feed.Topic) tea.Cmd { return nil }
func (s *still) Stop(feed.ID) tea.Cmd               { return nil }
func (s *still) Do(feed.Action) tea.Cmd             { return nil }
func (s *still) End()                               { s.ended.Store(true) }
func (s *still) Close()                             { s.closed = true }
func (s *still) Bind(send func(tea.Msg)) {
	if s.bound != nil {
		go s.bound(send)
	}
}

// command is one that has been typed, at a terminal of 80×24.
type command struct {
	*Options
	world *still
	out   *bytes.Buffer
	in    *io.PipeWriter
	quiet bool
	// crash does what is done before the process crashes.
	crash func()
}

func typed(t *testing.T, args ...string) *command {
	t.Helper()
	s, _, out, _ := streams.Test()
	s.SetTTY(80, 24)
	keys, in := io.Pipe()
	s.In = keys
	f := cmdutil.NewFactory("kubectl carto", s)
	namespace := "shop"
	f.Config.Namespace = nil
	f.Namespace = func() (string, bool, error) { return namespace, false, nil }
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{
		noun.Workload.Resource: "WorkloadList", noun.SupplyChain.Resource: "ClusterSupplyChainList",
	}, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "carto.run/v1alpha1", "kind": "Workload", "metadata": map[string]any{"namespace": "shop", "name": "cart"},
	}})
	f.Dynamic = func() (dynamic.Interface, error) { return client, nil }
	c := &command{world: &still{}, out: out, in: in}
	cmd := NewCmdTui(f, func(_ context.Context, o *Options) error { c.Options = o; return nil })
	cmd.SetArgs(args)
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	c.NewWorld = func() (World, error) { return c.world, nil }
	c.Context = func() string { return "kind-dev" }
	c.Quiet = func() { c.quiet = true }
	c.OnCrash = func(do func()) { c.crash = do }
	return c
}

// TestNoTerminal: whoever pipes it is told what to use instead.
func TestNoTerminal(t *testing.T) {
	t.Parallel()
	dumb := func(name string) string { return map[string]string{"TERM": "dumb"}[name] }
	for _, tc := range []struct{ args, want string }{
		{"", "the full-screen view needs a terminal: standard input is no terminal; use: kubectl carto tree workload --watch"},
		{"-A", "use: kubectl carto tree workload --all-namespaces --watch"},
		{"dlv", "use: kubectl carto tree deliverable --watch"},
		{"run/test", "use: kubectl carto tree runnable/test --watch"},
		{"csc", "use: kubectl carto supplychain list --watch"},
		{"delivery/staging", "use: kubectl carto tree delivery/staging --watch"},
	} {
		c := typed(t, strings.Fields(tc.args)...)
		c.Streams, _, _, _ = streams.Test()
		if err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: %v", tc.args, err)
		}
	}
	c := typed(t)
	c.Streams.Getenv = dumb
	if err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "TERM=dumb") {
		t.Error(err)
	}
}

// TestFaultsFirst: what is wrong is said before the screen is taken.
func TestFaultsFirst(t *testing.T) {
	t.Parallel()
	refused := errors.New("nothing says where the cluster is")
	c := typed(t)
	c.Client = func() (dynamic.Interface, error) { return nil, refused }
	if err := c.Run(t.Context()); !errors.Is(err, refused) {
		t.Error(err)
	}
	var finding *cmdutil.FindingError
	missing := typed(t, "workload/crat")
	if err := missing.Run(t.Context()); !errors.As(err, &finding) || !strings.Contains(err.Error(), `did you mean "cart"`) {
		t.Error(err)
	}
	if c.out.Len()+missing.out.Len() > 0 {
		t.Errorf("the screen was drawn: %q %q", c.out, missing.out)
	}
}

// TestProgram runs the real program, without a terminal below it.
func TestProgram(t *testing.T) {
	t.Parallel()
	boom := errors.New("cable pulled")
	for _, tc := range []struct {
		reason string
		do     func(*command, context.CancelCauseFunc)
		want   func(error) bool
	}{
		{"q is the end that was wanted", func(c *command, _ context.CancelCauseFunc) { _, _ = c.in.Write([]byte("q")) }, func(err error) bool { return err == nil }},
		{"so is ctrl-c, which is a key here", func(c *command, _ context.CancelCauseFunc) { _, _ = c.in.Write([]byte{3}) }, func(err error) bool { return err == nil }},
		{"a crash elsewhere gives the terminal back", func(c *command, _ context.CancelCauseFunc) { c.crash() }, func(err error) bool { return errors.Is(err, tea.ErrProgramKilled) }},
		{"a signal ends it from outside", func(_ *command, cancel context.CancelCauseFunc) { cancel(boom) }, func(err error) bool { return errors.Is(err, context.Canceled) }},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			c := typed(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			c.world.bound = func(send func(tea.Msg)) {
				send(tea.WindowSizeMsg{Width: 80, Height: 24})
				send(feed.Connection{Context: "kind-dev", State: feed.Live})
				tc.do(c, cancel)
			}
			done := make(chan error, 1)
			go func() { done <- c.Run(ctx) }()
			select {
			case err := <-done:
				if !tc.want(err) {
					t.Error(err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it does not end")
			}
			if ended := c.world.ended.Load(); ended != (ctx.Err() != nil) {
				t.Errorf("the world was ended while the program ran: %v", ended)
			}
			got := c.out.String()
			begins, ends := strings.Contains(got, "\x1b[?1049h"), strings.Contains(got, "\x1b[?1049l")
			if !c.world.closed || !c.quiet || begins != ends {
				t.Errorf("closed: %v, quiet: %v, screen taken: %v, given back: %v", c.world.closed, c.quiet, begins, ends)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	noColor := map[string]string{"NO_COLOR": "1", "LANG": "C.UTF-8", "TERM": "xterm"}
	c := typed(t, "workload/cart", "--write", "--mouse=false")
	o := c.options(c.world)
	if !o.Write || o.Mouse || o.Namespace != "shop" || o.Kind != "Workload" || o.Theme != theme.Auto || !o.Unicode || o.Context != "kind-dev" {
		t.Errorf("%+v", o)
	}
	c.Streams.Getenv = func(name string) string { return noColor[name] }
	if o := c.options(c.world); o.Theme != theme.None {
		t.Errorf("NO_COLOR: theme %s", o.Theme)
	}
	c = typed(t, "csc", "-A")
	if o := c.options(c.world); o.Namespace != "" || o.Kind != "ClusterSupplyChain" || o.Open != nil {
		t.Errorf("%+v", o)
	}
}

// TestWords: the types of the command line are those that can be typed behind a colon.
func TestWords(t *testing.T) {
	t.Parallel()
	kinds := 0
	for _, c := range tui.Commands {
		n := noun.Of(c.Names[0])
		if n == nil {
			continue
		}
		kinds++
		for _, name := range c.Names {
			if noun.Of(name) != n {
				t.Errorf(":%s is %s, kubectl carto tui %s is not", name, n, name)
			}
		}
		for _, name := range append(n.Aliases, n.Name) {
			if !slices.Contains(c.Names, name) {
				t.Errorf("kubectl carto tui %s is %s, :%s is not", name, n, name)
			}
		}
	}
	if kinds != len(nouns) {
		t.Errorf("%d of %d kinds have a command", kinds, len(nouns))
	}
}
