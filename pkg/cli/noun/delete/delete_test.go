package delete

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
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

func workload(namespace, name string, stamped int) *unstructured.Unstructured {
	steps := []any{map[string]any{"name": "waits"}}
	for range stamped {
		steps = append(steps, map[string]any{"name": "x", "stampedRef": map[string]any{"kind": "X"}})
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "carto.run/v1alpha1", "kind": "Workload",
		"metadata": map[string]any{"name": name, "namespace": namespace, "labels": map[string]any{"team": name[:1]}},
		"status":   map[string]any{"resources": steps},
	}}
}

func newClient() *fake.FakeDynamicClient {
	return fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{
		noun.Workload.Resource: "WorkloadList", {Version: "v1", Resource: "namespaces"}: "NamespaceList",
	}, workload("shop", "cart", 2), workload("shop", "checkout", 1), workload("shop", "orders", 0), workload("test", "cart", 0))
}

// run runs the command as a person types it; answer is typed on a terminal, if not empty.
func run(ctx context.Context, t *testing.T, client dynamic.Interface, answer, args string) (stdout, stderr string, err error) {
	t.Helper()
	s, in, out, errOut := streams.Test()
	if answer != "" {
		s.SetTTY(80, 24)
		in.WriteString(answer)
	}
	f := cmdutil.NewFactory("kubectl carto", s)
	f.Namespace = func() (string, bool, error) { return "shop", false, nil }
	f.Dynamic = func() (dynamic.Interface, error) { return client, nil }
	cmd := NewCmdDelete(f, noun.Workload, nil)
	cmd.SetArgs(strings.Fields(args))
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(ctx)
	return out.String(), errOut.String(), err
}

func TestDelete(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "two.yaml")
	manifest := "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: cart, namespace: test}\n---\napiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: orders}\n"
	if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		reason, answer, args string
		stdout, stderr, err  string
		deleted              string
	}{
		{"the question says what goes with it", "y\n", "cart",
			"workload.carto.run/cart deleted\n", "Delete workload cart in namespace shop and the 2 objects stamped for it? [y/N]: ", "", "shop/cart"},
		{"no is the default", "\n", "cart", "", "", "declined: nothing was deleted", ""},
		{"several, each once", "y\n", "cart checkout cart",
			"workload.carto.run/cart deleted\nworkload.carto.run/checkout deleted\n", "Delete 2 workloads: cart, checkout in namespace shop and the 3 objects stamped for them? [y/N]: ", "", "shop/cart shop/checkout"},
		{"what stays is said", "y\n", "orders --cascade orphan", "workload.carto.run/orders deleted\n", "Delete workload orders in namespace shop, but not everything stamped for it? [y/N]: ", "", "shop/orders"},
		{"one that is not there keeps no other", "", "cort orders -y", "workload.carto.run/orders deleted\n", "", `workload "cort" not found in namespace "shop"; did you mean "cart"?`, "shop/orders"},
		{"nothing to ask about", "y\n", "zzz", "", "", `workload "zzz" not found in namespace "shop"`, ""},
		{"a missing one may be no error", "", "zzz --ignore-not-found -y", "", "workload \"zzz\" not found in namespace \"shop\": nothing to delete\n", "", ""},
		{"by label", "", "-l team=c -y -o name", "workload.carto.run/cart\nworkload.carto.run/checkout\n", "", "", "shop/cart shop/checkout"},
		{"by a file, which names a namespace", "", "-y -f " + file, "workload.carto.run/cart deleted\nworkload.carto.run/orders deleted\n", "", "", "test/cart shop/orders"},
		{"a dry run asks nothing and deletes nothing", "", "cart zzz --dry-run", "workload.carto.run/cart deleted (dry run)\n", "", `workload "zzz" not found`, ""},
		{"all", "", "--all -y", "workload.carto.run/cart deleted\nworkload.carto.run/checkout deleted\nworkload.carto.run/orders deleted\n", "", "", "shop/cart shop/checkout shop/orders"},
		{"nothing is selected", "", "-l team=z -y", "", "No workloads found in namespace \"shop\".\n", "", ""},
	} {
		client := newClient()
		stdout, stderr, err := run(t.Context(), t, client, tc.answer, tc.args)
		if stdout != tc.stdout || tc.stderr != "" && stderr != tc.stderr {
			t.Errorf("%s: stdout %q, stderr %q", tc.reason, stdout, stderr)
		}
		if (err == nil) != (tc.err == "") || err != nil && !strings.HasPrefix(err.Error(), tc.err) {
			t.Errorf("%s: got error %v", tc.reason, err)
		}
		var deleted []string
		for _, a := range client.Actions() {
			// What is not there is asked for too.
			if d, ok := a.(clienttesting.DeleteAction); ok && !strings.Contains(tc.err+tc.stderr, `"`+d.GetName()+`" not found`) {
				deleted = append(deleted, d.GetNamespace()+"/"+d.GetName())
			}
		}
		if got := strings.Join(deleted, " "); got != tc.deleted {
			t.Errorf("%s: deleted %s", tc.reason, got)
		}
	}
}

// TestBadNames: what a file names is checked as what is typed.
func TestBadNames(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(file, []byte("apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: ../cart}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	client := newClient()
	_, _, err := run(t.Context(), t, client, "", "-y -f "+file)
	if want := file + `:3: "../cart" is no name of a workload`; err == nil || err.Error() != want || len(client.Actions()) > 0 {
		t.Errorf("got %v, %d requests", err, len(client.Actions()))
	}
}

// TestForbidden: one that may not be deleted keeps no other.
func TestForbidden(t *testing.T) {
	t.Parallel()
	client := newClient()
	client.PrependReactor("delete", "workloads", func(a clienttesting.Action) (bool, runtime.Object, error) {
		if a.(clienttesting.DeleteAction).GetName() == "cart" {
			return true, nil, apierrors.NewForbidden(a.GetResource().GroupResource(), "cart", errors.New("no"))
		}
		return false, nil, nil
	})
	stdout, _, err := run(t.Context(), t, client, "", "cart orders -y")
	if !apierrors.IsForbidden(err) || stdout != "workload.carto.run/orders deleted\n" {
		t.Errorf("got %q, %v", stdout, err)
	}
}

// held is a workload that a finalizer keeps.
func held(client *fake.FakeDynamicClient) {
	obj := workload("shop", "cart", 0)
	obj.SetFinalizers([]string{"example.dev/keep"})
	obj.Object["metadata"].(map[string]any)["deletionTimestamp"] = "2026-01-01T00:00:00Z"
	client.PrependReactor("delete", "workloads", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, nil })
	client.PrependReactor("get", "workloads", func(clienttesting.Action) (bool, runtime.Object, error) { return true, obj, nil })
}

func TestWait(t *testing.T) {
	t.Parallel()
	client := newClient()
	held(client)
	stream := watch.NewFakeWithChanSize(1, false)
	client.PrependWatchReactor("workloads", func(clienttesting.Action) (bool, watch.Interface, error) { return true, stream, nil })
	stream.Delete(workload("shop", "cart", 0))
	if _, _, err := run(t.Context(), t, client, "", "cart -y --wait"); err != nil {
		t.Errorf("it went: %v", err)
	}

	client = newClient()
	held(client)
	client.PrependWatchReactor("workloads", func(clienttesting.Action) (bool, watch.Interface, error) {
		ended := watch.NewFake()
		ended.Stop()
		return true, ended, nil
	})
	_, _, err := run(t.Context(), t, client, "", "cart -y --wait --wait-timeout 50ms")
	if want := "workload shop/cart is still there after 50ms; it is held by its finalizers [example.dev/keep]"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	client.PrependWatchReactor("workloads", func(clienttesting.Action) (bool, watch.Interface, error) {
		cancel() // Ctrl-C
		return true, nil, ctx.Err()
	})
	if _, _, err := run(ctx, t, client, "", "cart -y --wait"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: got %v", err)
	}
}
