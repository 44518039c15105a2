package sessions

import (
	"context"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
	"github.com/carto-run/carto/test/harness"
)

// install has the control plane know the kinds of Carto.
func install(t *testing.T, cp *harness.ControlPlane) {
	t.Helper()
	manifests, err := crds.Raw()
	if err != nil {
		t.Fatal(err)
	}
	for _, manifest := range manifests {
		harness.ApplyYAML(t, cp.Config, "", string(manifest))
	}
}

// steps is a supply chain of many, each of which takes what two before it made, and a workload on its way through it.
func steps(n int) string {
	var chain, status strings.Builder
	const now = `"2026-11-21T11:30:00Z"`
	for i := range n {
		inputs := ""
		if i > 1 {
			inputs = fmt.Sprintf(", configs: [{name: one, resource: step-%02d}, {name: two, resource: step-%02d}]", i-1, i-2)
		}
		_, _ = fmt.Fprintf(&chain, "  - {name: step-%02d, templateRef: {kind: ClusterConfigTemplate, name: config}%s}\n", i, inputs)
		state := `"True", reason: Ready, message: ""`
		if i >= n/2 {
			state = `Unknown, reason: MissingValueAtPath, message: "waiting to read value [.data]"`
		}
		_, _ = fmt.Fprintf(&status, "  - {name: step-%02d, templateRef: {kind: ClusterConfigTemplate, name: config}, conditions: [{type: Ready, status: %s, lastTransitionTime: %s}]}\n", i, state, now)
	}
	return fmt.Sprintf(`
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: long}
spec:
  selector: {shape: long}
  resources:
%s---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: long, labels: {shape: long}}
spec: {image: registry.example/long}
status:
  observedGeneration: 1
  supplyChainRef: {apiVersion: carto.run/v1alpha1, kind: ClusterSupplyChain, name: long}
  conditions: [{type: Ready, status: Unknown, reason: MissingValueAtPath, message: "", lastTransitionTime: %s}]
  resources:
%s`, chain.String(), now, status.String())
}

// hostile is a workload of which others wrote what they liked: wide and combining characters, two directions, control
// sequences.
const hostile = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: wide, labels: {app.kubernetes.io/part-of: shop}, annotations: {note: "構築に失敗しました 🚀👩‍👩‍👧 e\u0301 \u202Eabc \u001b[31mred\u0007"}}
spec: {image: registry.example/構築/カート}
status:
  observedGeneration: 1
  conditions:
  - {type: Ready, status: "False", reason: Broken, lastTransitionTime: "2026-11-21T11:30:00Z",
     message: "構築に失敗しました: パッケージが見つかりません 🚀👩‍👩‍👧 e\u0301 \u202Eabc \u001b[2J\u001b]0;owned\u0007 \u001b[31mred and so on, so that it is wider than any line that it may be put into"}
`

const early = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: early, labels: {shape: none}}
spec: {image: registry.example/early}
`

// TestOnABareCluster has no agent, and is broken at its end: the parts follow each other.
func TestOnABareCluster(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{})
	install(t, cp)
	client, err := dynamic.NewForConfig(cp.Config)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()

	t.Run("sixty steps", func(t *testing.T) {
		harness.ApplyYAML(t, cp.Config, "default", steps(60))
		s := open(t, cp.Kubeconfig, 300, 80)
		s.line("› long", "30/60").press("enter").sees("30 of 60 steps ready").line("─ step step-30 ─").fits(300)
		s.must(s.Resize(120, 40))
		s.press("G").sees("step-59").press("g", "n").line("─ step step-30 ─").fits(120)
		s.must(s.Resize(80, 24))
		s.line("step step-30").fits(80).press("o", "f").fits(80).press("f", "d").sees("› describe", "step-30")
		s.press("q").ends(0)
	})

	t.Run("what others wrote", func(t *testing.T) {
		harness.ApplyYAML(t, cp.Config, "default", hostile)
		s := open(t, cp.Kubeconfig, 80, 24)
		s.line("wide", "Failed", "構築に失敗しました").fits(80)
		for width := 79; width > 60; width-- { // wherever a wide character is cut
			s.must(s.Resize(width, 24))
			s.line("wide", "Failed", "構築").fits(width)
		}
		s.press("/").types("wide").sees("1 of 2").press("enter").misses("/wide")
		s.press("enter").sees("workloads › default/wide", "パッケージが見つかりません").fits(61)
		for _, key := range []string{"y", "d", "i"} {
			s.press(key).sees("default/wide › ").line("構築").fits(61)
			s.press("esc").misses("default/wide › ")
		}
		if title := s.Title(); strings.Contains(title, "owned") {
			t.Errorf("the title of the window is %q", title)
		}
		s.press("q").ends(0)
	})

	t.Run("the API server goes away and comes back", func(t *testing.T) {
		s := open(t, cp.Kubeconfig, 100, 24)
		s.line("Carto", "● live").line("› long")
		s.must(cp.StopAPIServer(ctx))
		s.line("✗ no answer for", "s").line("› long", "30/60") // what was known stays
		first := s.line1()
		s.until("a higher age than in "+first, func(screen string) bool {
			return strings.Contains(screen, "no answer for") && s.line1() != first
		})
		s.press("y").sees("› yaml").press("esc").misses("› yaml")
		s.must(cp.StartAPIServer(ctx))
		s.line("Carto", "● live")
		harness.ApplyYAML(t, cp.Config, "default", early)
		s.line("early").press("q").ends(0)
	})

	t.Run("the kinds are removed and come back", func(t *testing.T) {
		s := open(t, cp.Kubeconfig, 100, 24)
		s.line("› early").line("long", "30/60")
		definitions := schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
		for _, kind := range []string{"workloads", "clustersupplychains"} {
			s.must(client.Resource(definitions).Delete(ctx, kind+".carto.run", metav1.DeleteOptions{}))
		}
		s.sees("This cluster does not know workloads").misses("30/60")
		s.press(":").types("csc").press("enter").sees("This cluster does not know supply chains")
		s.press(":").types("wld").press("enter").sees("This cluster does not know workloads")
		install(t, cp)
		harness.Eventually(t, patience, func() error {
			_, err := harness.Apply(ctx, cp.Config, "default", early)
			return err
		})
		s.line("› early").press("q").ends(0)
	})
}

// line1 is the header.
func (s *session) line1() string { return strings.Split(s.Screen(), "\n")[0] }
