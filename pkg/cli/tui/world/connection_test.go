package world

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/tui/feed"
)

// TestLeftCluster: what is still being said of a cluster that was left is heard before what is
// said of the new one, or the header would name the wrong one.
func TestLeftCluster(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, err := New(Options{Clock: time.Now, Connect: func(name string) (*Cluster, error) {
			return &Cluster{Context: name, Server: "https://" + name}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		busy := make(chan struct{})
		var mu sync.Mutex
		var heard []string
		w.Bind(func(msg tea.Msg) {
			c, ok := msg.(feed.Connection)
			if !ok {
				return
			}
			if c.Context == "" {
				<-busy // as long as the program draws
			}
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, c.Server)
		})
		synctest.Wait()
		if done := w.Do(feed.Use{Context: "prod"})().(feed.Done); done.Err != nil {
			t.Fatal(done.Err)
		}
		synctest.Wait()
		close(busy)
		synctest.Wait()
		w.Close()
		if got := strings.Join(heard, " "); got != "https:// https://prod" {
			t.Errorf("heard %q", got)
		}
	})
}

// TestMonitor tells the story of a connection.
func TestMonitor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var fails error
		hangs := false
		probes := 0
		answers := &Answers{}
		set := func(err error, hang bool) { mu.Lock(); defer mu.Unlock(); fails, hangs, probes = err, hang, 0 }
		probe := func(ctx context.Context) error {
			mu.Lock()
			probes++
			err, hang := fails, hangs
			mu.Unlock()
			if hang {
				<-ctx.Done()
				return ctx.Err()
			}
			return err
		}
		w, err := New(Options{Clock: time.Now, Connect: func(string) (*Cluster, error) {
			return &Cluster{Context: "dev", Server: "https://dev", Probe: probe, Answers: answers}, nil
		}, Contexts: func() ([]string, error) { return nil, nil }})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		var sent []feed.Connection
		reads := 0
		w.Bind(func(msg tea.Msg) {
			mu.Lock()
			defer mu.Unlock()
			switch m := msg.(type) {
			case feed.Connection:
				sent = append(sent, m)
			case feed.Delivery:
				reads++
			}
		})
		all := func() (messages []feed.Connection, asked, read int) {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(sent), probes, reads
		}
		last := func() feed.Connection { messages, _, _ := all(); return messages[len(messages)-1] }

		begin := time.Now()
		if first, _, _ := all(); len(first) != 2 || first[0].State != feed.Connecting || first[1].State != feed.Live || first[1].Server != "https://dev" {
			t.Fatalf("at the beginning: %+v", first)
		}
		time.Sleep(time.Minute)
		before, asked, _ := all()
		if c := last(); c.State != feed.Live || time.Since(c.Answered) > quiet+look || asked > 14 || !c.Since.Equal(begin) {
			t.Errorf("at rest: %+v after %d probes", c, asked)
		}

		set(nil, false)
		for range 100 { // ten seconds
			answers.answered()
			time.Sleep(100 * time.Millisecond)
		}
		after, asked, _ := all()
		if n := len(after) - len(before); asked > 0 || n > 11 || time.Since(last().Answered) > look {
			t.Errorf("in use: %d probes, %d messages", asked, n)
		}

		w.Follow(1, feed.Contexts{})
		set(nil, true)
		lost := time.Now()
		time.Sleep(20 * time.Second)
		if c := last(); c.State != feed.Lost || c.Err.Error() != "no answer within 3s" || c.Since.Sub(lost) > 9*time.Second {
			t.Errorf("hanging: %+v", c)
		}
		set(nil, false)
		time.Sleep(10 * time.Second)
		if c := last(); c.State != feed.Live || c.Err != nil {
			t.Errorf("back: %+v", c)
		}
		if _, _, read := all(); read != 2 {
			t.Errorf("read %d times, want again after a while away", read)
		}

		set(errors.New("refused"), false)
		answers.failed()
		time.Sleep(look)
		if c := last(); c.State != feed.Lost || c.Err.Error() != "refused" || time.Since(c.Answered) < look/2 {
			t.Errorf("a failure is looked into at once: %+v", c)
		}
		answers.answered()
		time.Sleep(look)
		if c := last(); c.State != feed.Live {
			t.Errorf("any answer will do: %+v", c)
		}
		if _, _, read := all(); read != 2 {
			t.Error("read again after a moment away")
		}
	})
}

// TestConnect goes over from one real client to another.
func TestConnect(t *testing.T) {
	t.Parallel()
	serve := func(status int) (*httptest.Server, func() []string) {
		var mu sync.Mutex
		var paths []string
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			paths = append(paths, r.URL.Path+" as "+r.Header.Get("Impersonate-User")+" "+r.Header.Get("Authorization"))
			w.Header().Set("Warning", `299 - "this is old"`)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"kind":"WorkloadList","apiVersion":"carto.run/v1alpha1","metadata":{"resourceVersion":"1"},"items":[]}`))
		}))
		t.Cleanup(server.Close)
		return server, func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(paths) }
	}
	first, firstPaths := serve(http.StatusOK)
	second, secondPaths := serve(http.StatusOK)
	away, _ := serve(http.StatusBadGateway)

	config := clientcmdapi.NewConfig()
	for name, server := range map[string]string{"first": first.URL, "second": second.URL, "away": away.URL} {
		config.Clusters[name] = &clientcmdapi.Cluster{Server: server, InsecureSkipTLSVerify: true}
		config.Contexts[name] = &clientcmdapi.Context{Cluster: name, Namespace: "of-" + name}
	}
	config.CurrentContext = "first"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	s, _, _, stderr := streams.Test()
	f := cmdutil.NewFactory("kubectl carto", s)
	as, token, namespace := "jane", "secret", "given"
	f.Config.KubeConfig, f.Config.Impersonate, f.Config.BearerToken, f.Config.Namespace = &path, &as, &token, &namespace
	o := FromFactory(f)

	names, err := o.Contexts()
	if err != nil || strings.Join(names, " ") != "away first second" {
		t.Errorf("contexts %v, %v", names, err)
	}
	for _, tc := range []struct {
		reason, name           string
		context, namespace, as string
		paths                  func() []string
	}{
		{"the flags count for the context in use", "", "first", "given", "as jane Bearer secret", firstPaths},
		{"also when one comes back to it", "first", "first", "given", "as jane Bearer secret", firstPaths},
		{"a token is not shown to another cluster", "second", "second", "of-second", "as jane", secondPaths},
	} {
		c, err := o.Connect(tc.name)
		if err != nil {
			t.Fatal(err)
		}
		if c.Context != tc.context || c.Namespace != tc.namespace {
			t.Errorf("%s: context %s, namespace %s", tc.reason, c.Context, c.Namespace)
		}
		if err := c.Probe(t.Context()); err != nil {
			t.Errorf("%s: %v", tc.reason, err)
		}
		if _, err := noun.Workload.Select(t.Context(), c.Client, "carto", "", metav1.ListOptions{}); err != nil {
			t.Errorf("%s: %v", tc.reason, err)
		}
		paths := tc.paths()
		if got := paths[len(paths)-2:]; !strings.HasPrefix(got[0], "/version "+tc.as) || !strings.HasPrefix(got[1], "/apis/carto.run/v1alpha1/workloads "+tc.as) {
			t.Errorf("%s: it asked for %q", tc.reason, got)
		}
		if last, doubt := c.Answers.seen(); time.Since(last) > time.Minute || doubt {
			t.Errorf("%s: the answers were not noted", tc.reason)
		}
	}
	if stderr.Len() > 0 {
		t.Errorf("it wrote into the picture: %s", stderr)
	}

	c, err := o.Connect("away")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "502") {
		t.Errorf("a proxy without its server: %v", err)
	}
	if last, doubt := c.Answers.seen(); !last.IsZero() || !doubt {
		t.Error("a proxy without its server has answered")
	}
	if _, err := o.Connect("none"); err == nil || !strings.Contains(err.Error(), `"none"`) {
		t.Errorf("no such context: %v", err)
	}
}
