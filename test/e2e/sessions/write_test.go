package sessions

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/test/demo/scene"
	"github.com/carto-run/carto/test/harness"
	"github.com/carto-run/carto/test/terminal"
)

var workloads = v1alpha1.GroupVersion.WithResource("workloads")

// yard makes a namespace next to the shop in which workloads can be stamped, for sessions that change something.
func yard(t *testing.T, shop *scene.Scene) (namespace string, client dynamic.ResourceInterface) {
	t.Helper()
	namespace = harness.Namespace(t, shop.ControlPlane)
	harness.ApplyYAML(t, shop.Config, namespace, fmt.Sprintf(`
apiVersion: v1
kind: ServiceAccount
metadata: {name: tester}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: tester}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: tester, namespace: %s}]
`, namespace))
	all, err := dynamic.NewForConfig(shop.Config)
	if err != nil {
		t.Fatal(err)
	}
	return namespace, all.Resource(workloads).Namespace(namespace)
}

// repository is where the source of a workload of the shop is.
func repository(t *testing.T, shop *scene.Scene, name string) string {
	t.Helper()
	client, err := dynamic.NewForConfig(shop.Config)
	if err != nil {
		t.Fatal(err)
	}
	w, err := client.Resource(workloads).Namespace(scene.Namespace).Get(context.Background(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	url, _, _ := unstructured.NestedString(w.Object, "spec", "source", "git", "url")
	return url
}

// opens adds a workload to a yard.
func opens(t *testing.T, shop *scene.Scene, namespace, name, kind, url string) {
	t.Helper()
	harness.ApplyYAML(t, shop.Config, namespace, fmt.Sprintf(`
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: %s, labels: {%s}}
spec: {source: {git: {url: %q, ref: {branch: main}}}}
`, name, kind, url))
}

// TestReadOnly: without --write all keys that change something say so, and do nothing.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	shop := theShop(t)
	namespace, client := yard(t, shop)
	opens(t, shop, namespace, "stall", "shop.example/testing: step", repository(t, shop, "invoices"))
	s := open(t, shop.Kubeconfig, 100, 30, "-n", namespace)
	s.line("› stall", "✓ Ready", "3/3")
	before := s.get(client, "stall").GetResourceVersion()

	const refusal = "read-only; start with --write"
	for _, key := range []string{"e", "r", "D", "a"} {
		s.press(key).sees(refusal)
		s.press("c").sees("copied stall") // another message in its place
	}
	s.press("enter").sees("3 of 3 steps ready")
	for _, key := range []string{"e", "r", "D"} {
		s.press(key).sees(refusal)
		s.press("c").sees("copied")
	}
	s.press("left").line("─ step fetch ─").press("D").sees(refusal).press("c").sees("copied GitRepository/stall")
	s.press("q").ends(0)
	if after := s.get(client, "stall").GetResourceVersion(); after != before {
		t.Errorf("it was written: version %s is %s now", before, after)
	}
}

func (s *session) get(client dynamic.ResourceInterface, name string) *unstructured.Unstructured {
	s.Helper()
	object, err := client.Get(context.Background(), name, metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	return object
}

// TestRetry asks for one more run of a test that failed. No is what enter says.
func TestRetry(t *testing.T) {
	t.Parallel()
	shop := theShop(t)
	namespace, _ := yard(t, shop)
	opens(t, shop, namespace, "stall", "shop.example/testing: step", repository(t, shop, "checkout"))
	s := open(t, shop.Kubeconfig, 140, 30, "-n", namespace, "workload/stall", "--write")
	s.line("Carto", "write").sees("✗ Failed: workload " + namespace + "/stall").line("─ step test ─").line("TaskRun/stall-")
	s.press("H").sees("› history").line("1 run, 1 failed").press("esc").misses("› history")
	s.press("r").sees("Retry step test of " + namespace + "/stall?").press("enter").sees("nothing was done")
	s.press("r").sees("Retry step test of").press("x", "n").misses("Retry step test of")
	s.press("H").sees("› history").line("1 run, 1 failed").press("esc").misses("› history")
	s.press("r").sees("Retry step test of").press("y").sees("asked for another run of")
	s.press("H").sees("› history").line("2 runs, 2 failed").press("x").sees("› diff", "stall-")
	s.press("q").ends(0)
}

// TestDelete wants the name, letter by letter.
func TestDelete(t *testing.T) {
	t.Parallel()
	shop := theShop(t)
	namespace, client := yard(t, shop)
	url := repository(t, shop, "invoices")
	for _, name := range []string{"stall", "stand", "store"} {
		opens(t, shop, namespace, name, "shop.example/testing: step", url)
	}
	s := open(t, shop.Kubeconfig, 100, 30, "-n", namespace, "--write")
	s.sees("3 workloads", "✓ 3 ready").line("› stall")
	title := "Delete workload " + namespace[:12]
	s.press("D").sees(title).types("y").press("enter").sees("That is not stall.")
	s.press("esc").sees("nothing was done").misses(title)
	s.press("D").sees(title).press("enter").misses(title)
	s.press("D").sees(title).types("stal").press("enter").sees("That is not stall.").types("l").press("enter")
	s.sees("2 workloads").misses("stall ").line("› stand")
	if _, err := client.Get(context.Background(), "stall", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("it is still there: %v", err)
	}

	t.Log("two that are marked want their number")
	s.press("space", "j", "space").sees("2 marked").press("D").sees("Delete 2 workloads?").types("2").press("enter")
	s.misses("stand ").misses("store ").press("q").ends(0)
}

// TestEdit: what the editor saves is applied; what is no YAML comes back, and nothing of it is lost.
func TestEdit(t *testing.T) {
	t.Parallel()
	shop := theShop(t)
	namespace, client := yard(t, shop)
	opens(t, shop, namespace, "stall", "shop.example/testing: step", repository(t, shop, "invoices"))
	for _, tc := range []struct {
		reason, editor, says, greeting string
	}{
		{"a param is added", `printf '  params: [{name: greeting, value: hello}]\n' >> "$1"`, "edited workload", "hello"},
		{"left as it was", `true`, "nothing changed", "hello"},
		{"emptied", `: > "$1"`, "nothing changed", "hello"},
		{"no YAML: it is shown again, with the reason, and then given up",
			`if grep -q 'NOT SAVED' "$1"; then echo again >> "$ASKED"; else printf '  params: [{\n' >> "$1"; fi`, "nothing was saved of workload", "hello"},
		{"the API server refuses it, and takes what is repaired",
			`if grep -q 'NOT SAVED' "$1"; then echo again >> "$ASKED"; sed -i -e 's/nonsense:.*//' -e 's/value: hello/value: ahoy/' "$1"; else printf '  nonsense: true\n' >> "$1"; fi`, "edited workload", "ahoy"},
		{"an editor that fails", `exit 7`, "exit status 7", "ahoy"},
	} {
		t.Run(tc.reason, func(t *testing.T) { // one after the other: they edit the same
			dir := t.TempDir()
			editor, asked := filepath.Join(dir, "editor"), filepath.Join(dir, "asked")
			if err := os.WriteFile(editor, []byte("#!/bin/sh\n"+tc.editor+"\n"), 0o700); err != nil { //nolint:gosec // it is run
				t.Fatal(err)
			}
			s := openIn(t, shop.Kubeconfig, terminal.Options{Width: 140, Height: 30, Env: []string{"EDITOR=" + editor, "VISUAL=", "KUBE_EDITOR=", "ASKED=" + asked, "TMPDIR=" + dir}},
				"-n", namespace, "workload/stall", "--write")
			s.sees("3 of 3 steps ready").line("─ step").press("J").line("─ " + namespace + "/stall ─")
			s.press("e").sees("Edit Workload " + namespace + "/stall?").press("enter").sees("nothing was done")
			s.press("e").sees("Edit Workload").press("y").sees(tc.says).sees("› " + namespace + "/stall")
			params, _, _ := unstructured.NestedSlice(s.get(client, "stall").Object, "spec", "params")
			if len(params) != 1 || params[0].(map[string]any)["value"] != tc.greeting {
				t.Errorf("the params are %v, want %s", params, tc.greeting)
			}
			s.press("P").sees("› params", "greeting", tc.greeting).press("q").ends(0)
		})
	}
}

// TestCreate fills in the form, and then watches what becomes of it.
func TestCreate(t *testing.T) {
	t.Parallel()
	shop := theShop(t)
	namespace, _ := yard(t, shop)
	s := open(t, shop.Kubeconfig, 160, 36, "-n", namespace, "--write")
	s.sees("0 workloads").press("a").sees("create a workload", "kind: Workload")
	s.line("namespace", namespace)

	t.Log("a blueprint, and the params that it knows")
	s.misses("are being read").press("right", "right").line("▸ blueprint", "testing-by-step").sees("shop.example/testing: step")
	s.press("down").types("Stall").line("name: Stall").press("ctrl+s").sees("not right")
	s.press("shift+tab", "tab") // back to the name
	s.line("▸ name")
	s.press("backspace", "backspace", "backspace", "backspace", "backspace").types("stall").line("name: stall")
	s.press("tab", "tab", "tab").line("▸ repository").types(repository(t, shop, "invoices"))
	s.press("tab").line("▸ branch").types("main").line("branch: main")

	t.Log("the API server checks it, and then it is made")
	s.press("ctrl+s").sees("Create workload "+namespace[:12], "through testing-by-step").press("enter").sees("nothing was done")
	s.press("ctrl+s").sees("through testing-by-step").press("y")
	s.line("workloads › "+namespace+"/stall", "3 of 3 steps ready").sees("✓ Ready: workload")
	s.press("esc").sees("1 workload").line("› stall", "✓ Ready", "3/3").press("q").ends(0)
}
