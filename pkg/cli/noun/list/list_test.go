package list

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/streams"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var now = time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)

func workload(namespace, name, status, reason string, minutes int, labels map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "carto.run/v1alpha1", "kind": "Workload",
		"metadata": map[string]any{
			"name": name, "namespace": namespace, "labels": labels,
			"creationTimestamp": now.Add(-time.Duration(minutes) * time.Minute).Format(time.RFC3339),
		},
		"spec": map[string]any{"source": map[string]any{"git": map[string]any{"url": "https://git.example/" + name, "ref": map[string]any{"branch": "main"}}}},
		"status": map[string]any{
			"supplyChainRef": map[string]any{"kind": "ClusterSupplyChain", "name": "web"},
			"conditions":     []any{map[string]any{"type": "Ready", "status": status, "reason": reason, "message": "x", "lastTransitionTime": "2026-01-01T00:00:00Z"}},
		},
	}}
}

func shop() []runtime.Object {
	label := func(kind, app string) map[string]any {
		return map[string]any{noun.TypeLabel: kind, noun.AppLabel: app, "team": "buy"}
	}
	return []runtime.Object{
		workload("shop", "cart", "True", "Ready", 60, label("web", "shop")),
		workload("shop", "購物車-服務", "False", "TemplateRejectedByAPIServer", 5, label("web", "shop")),
		workload("shop", "a-workload-whose-name-is-longer-than-most-terminals-like", "Unknown", "MissingValueAtPath", 10000, label("worker", "")),
		workload("other", "naïve-café", "True", "Ready\x1b[31m", 1, nil),
	}
}

// run runs the command as a person types it.
func run(t *testing.T, client dynamic.Interface, s *streams.Streams, args ...string) error {
	t.Helper()
	f := cmdutil.NewFactory("kubectl carto", s)
	f.Clock = func() time.Time { return now }
	f.Namespace = func() (string, bool, error) { return "shop", false, nil }
	f.Dynamic = func() (dynamic.Interface, error) { return client, nil }
	cmd := NewCmdList(f, noun.Workload, nil)
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	return cmd.ExecuteContext(t.Context())
}

func newClient(objects ...runtime.Object) *fake.FakeDynamicClient {
	return fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{
		noun.Workload.Resource: "WorkloadList", {Version: "v1", Resource: "namespaces"}: "NamespaceList",
	}, objects...)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args  string
		width int
		lang  string
	}{
		"pipe":       {"-A", 0, ""},
		"tty40":      {"", 40, "C.UTF-8"},
		"tty80":      {"", 80, "C.UTF-8"},
		"tty300":     {"-A", 300, "C.UTF-8"},
		"ascii80":    {"", 80, "C"},
		"wide80":     {"-o wide", 80, "C.UTF-8"},
		"app":        {"--app shop --no-headers", 0, ""},
		"labels":     {"-L team,app.kubernetes.io/part-of --show-labels", 0, ""},
		"sorted":     {"--sort-by .metadata.creationTimestamp", 0, ""},
		"sortedname": {"-o name --sort-by {.metadata.name}", 0, ""},
		"columns":    {"-A -o custom-columns=NAME:.metadata.name,WHY:.status.conditions[0].reason", 0, ""},
		"nothing":    {"-l nobody=has", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, out, errOut := streams.Test()
			if tc.width > 0 {
				s.SetTTY(tc.width, 24)
				s.Getenv = func(name string) string { return map[string]string{"LANG": tc.lang, "NO_COLOR": "1"}[name] }
			}
			if err := run(t, newClient(shop()...), s, strings.Fields(tc.args)...); err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%s-- stderr --\n%s", out, errOut)
			path := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; run with -update and look at the difference\ngot:\n%s\nwant:\n%s", path, got, want)
			}
		})
	}
}

// TestWatch: the rows of changes stand below the first ones, and a deleted object does not
// look like one that is there.
func TestWatch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ args, want string }{
		{"-w", `NAME   TYPE   APP   READY     REASON     AGE
cart   -      -     Unknown   Building   60m
cart   -      -     True      Ready      60m
cart-2-new   -      -     Unknown   -          0s
cart         -      -     -         Deleted    60m
`},
		{"-w -o jsonpath={.metadata.name}{';'}", "cart;cart;cart-2-new;cart;"},
		{"-w -o custom-columns=NAME:.metadata.name,WHY:.status.conditions[*].reason", `NAME   WHY
cart   Building
cart   Ready
cart-2-new
cart         Ready
`},
		{"-w -o jsonpath={.type}{';'} --output-watch-events", "ADDED;MODIFIED;ADDED;DELETED;"},
	} {
		client := newClient(workload("shop", "cart", "Unknown", "Building", 60, nil))
		ctx, cancel := context.WithCancel(t.Context())
		stream := watch.NewFakeWithChanSize(10, false)
		ready := workload("shop", "cart", "True", "Ready", 60, nil)
		stream.Modify(ready)
		stream.Add(workload("shop", "cart-2-new", "Unknown", "", 0, nil))
		stream.Delete(ready)
		stream.Stop()
		opened := 0
		client.PrependWatchReactor("workloads", func(clienttesting.Action) (bool, watch.Interface, error) {
			if opened++; opened > 1 {
				cancel()
				return true, nil, context.Canceled
			}
			return true, stream, nil
		})
		s, _, out, _ := streams.Test()
		f := cmdutil.NewFactory("kubectl carto", s)
		f.Clock = func() time.Time { return now }
		f.Namespace = func() (string, bool, error) { return "shop", false, nil }
		f.Dynamic = func() (dynamic.Interface, error) { return client, nil }
		cmd := NewCmdList(f, noun.Workload, nil)
		cmd.SetArgs(strings.Fields(tc.args))
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		if err := cmd.ExecuteContext(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", tc.args, err)
		}
		if out.String() != tc.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tc.args, out, tc.want)
		}
	}
}

func crowd(n int) []unstructured.Unstructured {
	items := make([]unstructured.Unstructured, n)
	for i := range items {
		items[i] = *workload("shop", fmt.Sprintf("workload-%05d", i), "True", "Ready", i, map[string]any{noun.AppLabel: "shop"})
	}
	return items
}

// TestCrowd reads 10 000 workloads in pages. That takes half a second; the bound is for a
// busy machine and the race detector.
func TestCrowd(t *testing.T) {
	t.Parallel()
	items := crowd(10000)
	client := newClient()
	calls := 0
	client.PrependReactor("list", "workloads", func(clienttesting.Action) (bool, runtime.Object, error) {
		page := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "carto.run/v1alpha1", "kind": "WorkloadList"}}
		page.Items = items[calls*500 : (calls+1)*500]
		if calls++; calls < 20 {
			page.SetContinue("more")
		}
		return true, page, nil
	})
	s, _, out, _ := streams.Test()
	start := time.Now()
	if err := run(t, client, s); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	if lines := bytes.Count(out.Bytes(), []byte("\n")); lines != 10001 || calls != 20 {
		t.Errorf("%d lines, %d pages", lines, calls)
	}
}

func BenchmarkTable10000(b *testing.B) {
	items := crowd(10000)
	s, _, out, _ := streams.Test()
	f := cmdutil.NewFactory("kubectl carto", s)
	f.Clock = func() time.Time { return now }
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		o := &Options{Session: f.Session(), Noun: noun.Workload, Output: cmdutil.NewOutputFlags("")}
		if err := o.newTable().write(out, items); err != nil {
			b.Fatal(err)
		}
	}
}
