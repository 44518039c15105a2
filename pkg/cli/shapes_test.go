package cli

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	kubetesting "k8s.io/client-go/testing"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/table"
)

// manySteps is how many steps the largest owner has that is thought of.
const manySteps = 60

// large is a workload of many steps, each of which reads the one before, with its supply
// chain. What people wrote is in scripts of two cells a character, from right to left, and
// with marks on top of letters.
func large() []runtime.Object {
	const said = "購物車 עגלת קניות kořenový koš"
	var declared, stamped []any
	for i := range manySteps {
		name := fmt.Sprintf("step-%02d", i)
		step := map[string]any{"name": name, "templateRef": map[string]any{"kind": "ClusterConfigTemplate", "name": name}}
		if i > 0 {
			step["configs"] = []any{map[string]any{"name": "text", "resource": fmt.Sprintf("step-%02d", i-1)}}
		}
		declared = append(declared, step)
		status := "True"
		if i == manySteps-1 {
			status = "False"
		}
		stamped = append(stamped, map[string]any{
			"name": name, "stampedRef": map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "name": "cart-" + name, "namespace": "shop", "resource": "configmaps"},
			"templateRef": map[string]any{"kind": "ClusterConfigTemplate", "name": name},
			"outputs":     []any{map[string]any{"name": "config", "preview": said + "\n", "digest": "sha256:0123456789abcdef"}},
			"conditions": []any{map[string]any{
				"type": "Ready", "status": status, "reason": "ReadyCondition", "message": said, "lastTransitionTime": "2026-01-01T00:00:00Z",
			}},
		})
	}
	return []runtime.Object{
		&unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "carto.run/v1alpha1", "kind": "ClusterSupplyChain", "metadata": map[string]any{"name": "large"},
			"spec": map[string]any{"selector": map[string]any{"large": "yes"}, "resources": declared},
		}},
		&unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "carto.run/v1alpha1", "kind": "Workload",
			"metadata": map[string]any{"name": "large", "namespace": "wide", "labels": map[string]any{"large": "yes"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
			"spec":     map[string]any{"image": "x", "env": []any{map[string]any{"name": "שם", "value": said}}},
			"status": map[string]any{
				"supplyChainRef": map[string]any{"kind": "ClusterSupplyChain", "name": "large"}, "resources": stamped,
				"conditions": []any{map[string]any{
					"type": "Ready", "status": "False", "reason": "HealthyConditionRule", "message": said, "lastTransitionTime": "2026-01-01T00:00:00Z",
				}},
			},
		}},
	}
}

// tables are commands whose lines are cut, or broken, to the width of a terminal.
var tables = []string{
	"workload list -A", "workload list -n wide -L large --show-labels", "supplychain list", "delivery list", "dlv list -A", "runnable list",
	"workload events cart", "tree workload -A --no-headers", "tree supplychain/large --no-headers", "tree workload/large -n wide --no-headers",
	"tree workload/shop --no-headers", "tree pod/shop-1-a --up --no-headers",
}

// TestWidths: whatever the terminal, no line of a table is longer than it.
func TestWidths(t *testing.T) {
	t.Parallel()
	for _, args := range tables {
		for _, width := range []int{20, 40, 80, 300} {
			t.Run(fmt.Sprintf("%s at %d", args, width), func(t *testing.T) {
				t.Parallel()
				f, out, errOut := newFactory(t, true, append(objects(t), large()...)...)
				f.Streams.SetTTY(width, 24)
				f.Streams.Color = "never"
				if code := Run(t.Context(), f, strings.Fields(args)); code > ExitFinding {
					t.Fatalf("exit code %d: %s", code, errOut)
				}
				for l := range strings.Lines(out.String()) {
					if w := table.Width(strings.TrimSuffix(l, "\n")); w > width {
						t.Errorf("%d columns: %s", w, l)
					}
				}
			})
		}
	}
}

// TestManySteps: each of 60 steps is there, in order and once, in every view of an owner, and
// costs one request.
func TestManySteps(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"tree workload/large", "tree workload/large -o wide", "workload get large", "tree workload/large -o json", "tree workload/large -o mermaid", "tree supplychain/large"} {
		f, out, errOut := newFactory(t, true, append(objects(t), large()...)...)
		f.Streams.SetTTY(300, 24)
		counted := requestsOf(t, f)
		if code := Run(t.Context(), f, append(strings.Fields(args), "-n", "wide", "--color", "never")); code != ExitOK {
			t.Fatalf("%s: exit code %d: %s", args, code, errOut)
		}
		rest := out.String()
		for i := range manySteps {
			_, after, found := strings.Cut(rest, fmt.Sprintf("step-%02d", i))
			if !found {
				t.Fatalf("%s: no step %d in order in\n%s", args, i, out)
			}
			rest = after
		}
		if n := counted(); n > manySteps+5 {
			t.Errorf("%s: %d requests for %d steps", args, n, manySteps)
		}
	}
}

// TestPlainLocale: where the locale is not known to be UTF-8 nothing beyond ASCII is drawn.
// What others wrote stays as they wrote it, and so do the agent's own words, which it writes
// into statuses; pictures are files of UTF-8 for other programs.
func TestPlainLocale(t *testing.T) {
	t.Parallel()
	notOurs := map[string]bool{"tree-dot": true, "tree-mermaid": true, "chain-faults": true}
	for name, tc := range goldens {
		if notOurs[name] {
			continue
		}
		for _, locale := range []string{"C", "de_DE.ISO-8859-1"} {
			t.Run(name+" "+locale, func(t *testing.T) {
				t.Parallel()
				f, out, errOut := newFactory(t, true, objects(t)...)
				f.Streams.Getenv = func(name string) string {
					return map[string]string{"LC_ALL": locale, "LANG": "en_US.UTF-8", "TERM": "xterm"}[name]
				}
				if code := Run(t.Context(), f, strings.Fields(tc.args)); code != tc.code {
					t.Errorf("exit code %d, want %d", code, tc.code)
				}
				for _, glyph := range "├└│─←…→✓✗•▶" {
					if strings.ContainsRune(out.String()+errOut.String(), glyph) {
						t.Errorf("%c is drawn:\n%s%s", glyph, out, errOut)
					}
				}
			})
		}
	}
}

// requestsOf counts the requests that a command sends.
func requestsOf(t *testing.T, f *cmdutil.Factory) func() int {
	t.Helper()
	client, err := f.Dynamic()
	if err != nil {
		t.Fatal(err)
	}
	return func() int { return len(client.(interface{ Actions() []kubetesting.Action }).Actions()) }
}
