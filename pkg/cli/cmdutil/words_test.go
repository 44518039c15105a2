package cmdutil

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/cli/streams"
)

// newTestFactory is a factory over a kubeconfig with a context "dev" of a server.
func newTestFactory(t *testing.T, cluster string) *Factory {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	text := `{apiVersion: v1, kind: Config, current-context: dev,
  contexts: [{name: dev, context: {cluster: c, user: ada}}, {name: prod, context: {cluster: gone, user: ada}}],
  clusters: [{name: c, cluster: ` + cluster + `}], users: [{name: ada, user: {token: old}}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, out, _ := streams.Test()
	f := NewFactory("kubectl carto", s)
	f.Config.KubeConfig = &path
	t.Cleanup(func() {
		if out.Len() > 0 {
			t.Errorf("standard output: %s", out)
		}
	})
	return f
}

// TestWords asks servers that are out of order in every way, through the client that the
// commands use.
func TestWords(t *testing.T) {
	t.Parallel()
	answer := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		}
	}
	quiet := func(s *httptest.Server) *httptest.Server {
		s.Config.ErrorLog = nil
		t.Cleanup(s.Close)
		return s
	}
	secure := quiet(httptest.NewTLSServer(answer(401, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Unauthorized","code":401}`)))
	plain := quiet(httptest.NewServer(answer(403, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,
		"message":"pods is forbidden: User \"ada\" cannot list resource \"pods\" in API group \"\" in the namespace \"shop\": a webhook says no"}`)))
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	for _, tc := range []struct{ reason, cluster, want string }{
		{"nobody listens", `{server: "https://127.0.0.1:1"}`, `nothing answers at https://127.0.0.1:1 (context "dev"): connection refused; is the cluster running?`},
		{"no such host", `{server: "https://nothere.invalid"}`, `the host of https://nothere.invalid (context "dev") is not known`},
		{"a certificate of nobody", `{server: "` + secure.URL + `"}`, `is signed by nobody that the kubeconfig trusts`},
		{"TLS only", `{server: "` + strings.Replace(secure.URL, "https", "http", 1) + `"}`, `speaks TLS only; write https://`},
		{"no TLS", `{server: "` + strings.Replace(plain.URL, "http", "https", 1) + `"}`, `does not speak TLS`},
		{"old credentials", `{server: "` + secure.URL + `", insecure-skip-tls-verify: true}`, `does not accept the credentials of user "ada"; they may have expired`},
		{"no permission, and why", `{server: "` + plain.URL + `"}`, `user "ada" may not list pods in namespace "shop": a webhook says no; who administers the cluster can allow it; see: kubectl auth can-i list pods -n shop`},
		{"no answer", `{server: "https://` + mute.Addr().String() + `"}`, `no answer from https://`},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			f := newTestFactory(t, tc.cluster)
			timeout := "30s"
			if tc.reason == "no answer" {
				timeout = "2s" // is waited for
			}
			f.Config.Timeout = &timeout
			client, err := f.Dynamic()
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "pods"}).Namespace("shop").List(t.Context(), metav1.ListOptions{})
			if err == nil {
				t.Fatal("no error")
			}
			got := f.Words(Explain(f.Program, "list pods", err))
			if !strings.HasPrefix(got, "cannot list pods: ") || !strings.Contains(got, tc.want) || strings.Contains(got, "Get ") {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if Unreachable(err) == apierrors.IsForbidden(err) {
				t.Errorf("unreachable is %v: %v", Unreachable(err), err)
			}
		})
	}
}

// TestWordsOfOtherServers: what a registry or the server of a file answers is not told of the
// cluster.
func TestWordsOfOtherServers(t *testing.T) {
	t.Parallel()
	f := newTestFactory(t, `{server: "https://cluster.invalid:6443"}`)
	for _, tc := range []struct{ reason, asked, want string }{
		{"a registry", "http://localhost:1/v2/", `cannot push: Get "http://localhost:1/v2/": connection refused`},
		{"the same host, another port", "https://cluster.invalid:5000/v2/", `cannot push: Get "https://cluster.invalid:5000/v2/": connection refused`},
		{"the cluster", "https://cluster.invalid:6443/api", `cannot push: nothing answers at https://cluster.invalid:6443 (context "dev")`},
	} {
		got := f.Words(fmt.Errorf("cannot push: %w", &url.Error{Op: "Get", URL: tc.asked, Err: syscall.ECONNREFUSED}))
		if !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: got %s", tc.reason, got)
		}
	}
}

// TestWordsOfConfig: a fault of the kubeconfig is told as it is.
func TestWordsOfConfig(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		set    func(f *Factory)
		want   string
	}{
		{"a context that is none", func(f *Factory) { *f.Config.Context = "deb" }, `--context: there is no context "deb"; did you mean "dev"?`},
		{"nothing near", func(f *Factory) { *f.Config.Context = "elsewhere" }, `--context: there is no context "elsewhere"; one of: dev, prod`},
		{"a cluster that is none", func(f *Factory) { *f.Config.ClusterName = "x" }, `--cluster: there is no cluster "x"; one of: c`},
		{"a user that is none", func(f *Factory) { *f.Config.AuthInfoName = "bob" }, `--user: there is no user "bob"; one of: ada`},
		{"a context that leads nowhere", func(f *Factory) { *f.Config.Context = "prod" }, `context "prod" leads to the cluster "gone", which the kubeconfig does not have; one of: c`},
		{"no file", func(f *Factory) { *f.Config.KubeConfig = "/nothere" }, `cannot read the kubeconfig: stat /nothere: no such file or directory`},
		{"an empty file", func(f *Factory) { *f.Config.KubeConfig = os.DevNull }, `nothing says where the cluster is: no kubeconfig has one (looked at /dev/null); name a file with --kubeconfig or KUBECONFIG`},
	} {
		f := newTestFactory(t, `{server: "https://127.0.0.1:1"}`)
		tc.set(f)
		_, err := f.Dynamic()
		if err == nil {
			t.Errorf("%s: no error", tc.reason)
			continue
		}
		if got := f.Words(fmt.Errorf("cannot find out the namespace: %w", err)); got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.reason, got, tc.want)
		}
	}
}

// TestWordsOfOthers are the errors' own.
func TestWordsOfOthers(t *testing.T) {
	t.Parallel()
	f := newTestFactory(t, `{server: "https://127.0.0.1:1"}`)
	for _, err := range []error{
		Usagef("--x is wrong"),
		apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, "x"),
		apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "x", fmt.Errorf("exceeded quota")),
		fmt.Errorf("read: %w", context.DeadlineExceeded),
	} {
		if got := f.Words(err); got != err.Error() {
			t.Errorf("got %s, want %s", got, err)
		}
	}
}

// TestNoPermission: what a refusal says in a few words.
func TestNoPermission(t *testing.T) {
	t.Parallel()
	refused := func(text string) error {
		return fmt.Errorf("cannot read: %w", apierrors.NewForbidden(schema.GroupResource{Resource: "x"}, "", errors.New(text)))
	}
	for _, tc := range []struct {
		reason string
		err    error
		want   string
	}{
		{"in a namespace", refused(`User "ada" cannot get resource "pods/log" in API group "" in the namespace "shop"`), "no permission to get pods/log in namespace shop"},
		{"in the whole cluster", refused(`User "ada" cannot list resource "workloads" in API group "carto.run" at the cluster scope`), "no permission to list workloads.carto.run"},
		{"a quota is no permission", refused("exceeded quota"), ""},
		{"another answer", apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, "x"), ""},
	} {
		if got := NoPermission(tc.err); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
		}
	}
}

// TestWordsOfSeveral: each of several errors gets its own words, not only the first.
func TestWordsOfSeveral(t *testing.T) {
	t.Parallel()
	f := newTestFactory(t, "{server: 'https://127.0.0.1:1'}")
	denied := func(name string) error {
		return fmt.Errorf("cannot read %s: %w", name, apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, name, errors.New(`User "ada" cannot get resource "pods" in API group "" in the namespace "shop"`)))
	}
	lines := strings.Split(f.Words(errors.Join(denied("a"), Findingf("pod b not found"), denied("c"))), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], `cannot read a: user "ada" may not get pods`) || lines[1] != "pod b not found" || !strings.HasPrefix(lines[2], `cannot read c: user "ada" may not get pods`) {
		t.Errorf("%q", lines)
	}
}
