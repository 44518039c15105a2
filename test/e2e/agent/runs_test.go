package agent

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/test/harness"
)

var (
	taskRuns = gvr{Group: "tekton.dev", Version: "v1", Resource: "taskruns"}
	jobs     = gvr{Group: "batch", Version: "v1", Resource: "jobs"}
	pods     = gvr{Version: "v1", Resource: "pods"}
)

// tested is a chain whose first step tests a revision, in a run for each, and whose second step gets what passed.
const tested = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: test-NS }
spec:
  lifecycle: tekton
  retentionPolicy: { maxFailedRuns: 1, maxSuccessfulRuns: 1 }
  params: [{ name: revision, default: r1 }]
  urlPath: .spec.params[0].value
  revisionPath: .spec.params[0].value
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: { generateName: $(workload.metadata.name)$-test- }
    spec: { params: [{ name: revision, value: $(params.revision)$ }] }
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: passed-NS }
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: $(workload.metadata.name)$-passed }
    data: { revision: $(source.revision)$ }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: tested-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: test, templateRef: { kind: ClusterSourceTemplate, name: test-NS } }
    - { name: passed, sources: [{ name: code, resource: test }], templateRef: { kind: ClusterTemplate, name: passed-NS } }
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS } }
spec: {}
`

// runs lists the objects of a kind, the oldest first by their sequence.
func (n *tenant) runs(kind gvr) []unstructured.Unstructured {
	n.t.Helper()
	return n.list(kind, "carto.run/resource-name")
}

// list reads the objects of a kind with certain labels, by their sequence.
func (n *tenant) list(kind gvr, selector string) []unstructured.Unstructured {
	n.t.Helper()
	list, err := n.client.Resource(kind).Namespace(n.ns).List(context.Background(), v1.ListOptions{LabelSelector: selector})
	if err != nil {
		n.t.Fatal(err)
	}
	slices.SortFunc(list.Items, bySequence)
	return list.Items
}

func bySequence(a, b unstructured.Unstructured) int {
	return strings.Compare(fmt.Sprintf("%9s", a.GetAnnotations()["carto.run/sequence"]), fmt.Sprintf("%9s", b.GetAnnotations()["carto.run/sequence"]))
}

// expectRuns waits until there are runs of these revisions, and returns the newest.
func (n *tenant) expectRuns(revisions ...string) string {
	n.t.Helper()
	newest := ""
	n.eventually(func() error {
		var got []string
		for _, run := range n.runs(taskRuns) {
			got = append(got, fmt.Sprint(field(&run, "spec", "params").([]any)[0].(map[string]any)["value"]))
			newest = run.GetName()
		}
		if !slices.Equal(got, revisions) {
			return fmt.Errorf("there are runs of %v, want %v", got, revisions)
		}
		return nil
	})
	return newest
}

func (n *tenant) finish(run, succeeded string) {
	n.t.Helper()
	n.report(taskRuns, run, map[string]any{"conditions": []any{condition("Succeeded", succeeded, "told so")}})
}

// TestRuns: each revision gets one run, what passed last goes on, old runs are cleaned away.
func TestRuns(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(stubCRD("taskruns", "tekton.dev", "TaskRun", "v1"))
	n.apply(tested)

	n.expect("cart", waitsAtFetch,
		"test: ResourceSubmitted=Unknown/MissingValueAtPath Healthy=Unknown/SucceededCondition Ready=Unknown/MissingValueAtPath",
		"passed: "+stepWaits+"Healthy=Unknown/NoStampedObject Ready=False/TemplateStampFailure")
	n.expectMessage("cart", "ResourcesSubmitted", "no value at path [.spec.params[0].value] yet", "cart-test-", "is Unknown")
	n.finish(n.expectRuns("r1"), "True")
	n.expect("cart", allReady,
		"test: "+stepDone+"Healthy=True/SucceededCondition Ready=True/Ready",
		"passed: "+stepDone+"Healthy=True/AlwaysHealthy Ready=True/Ready")

	n.patch(workloads, "cart", `{"spec":{"params":[{"name":"revision","value":"r2"}]}}`)
	n.finish(n.expectRuns("r1", "r2"), "False")
	n.expect("cart", unhealthy,
		"test: "+stepDone+"Healthy=False/SucceededCondition Ready=False/SucceededCondition",
		"passed: "+stepDone+"Healthy=True/AlwaysHealthy Ready=True/Ready")
	n.expectMessage("cart", "ResourcesHealthy", "told so")
	if got := field(n.mustGet(configMaps, "cart-passed"), "data", "revision"); got != "r1" {
		t.Errorf("%v went on although it failed", got)
	}

	n.plugin(2, "NAME is missing", "workload", "retry")
	n.plugin(1, `has no step "tset"; it has: test, passed`, "workload", "retry", "cart", "--step", "tset")
	n.plugin(1, "step passed of workload cart has not failed", "workload", "retry", "cart", "--step", "passed")
	n.plugin(0, "workload.carto.run/cart retried", "workload", "retry", "cart")
	n.finish(n.expectRuns("r1", "r2", "r2"), "False")
	n.expectRuns("r1", "r2") // one failed run is kept

	n.patch(workloads, "cart", `{"spec":{"params":[{"name":"revision","value":"r1"}]}}`)
	n.finish(n.expectRuns("r1", "r2", "r1"), "True")
	n.expectRuns("r2", "r1") // one successful run is kept, and one failed one
	n.patch(workloads, "cart", `{"spec":{"params":[{"name":"revision","value":"r3"}]}}`)
	third := n.expectRuns("r2", "r1", "r3")
	n.delete(taskRuns, third)
	n.finish(n.expectRuns("r2", "r1", "r3"), "True") // deleted by hand: made again
	n.expectRuns("r2", "r3")
	n.eventually(func() error {
		if got := field(n.mustGet(configMaps, "cart-passed"), "data", "revision"); got != "r3" {
			return fmt.Errorf("%v went on, not r3", got)
		}
		return nil
	})

	t.Log("the step disappears, and all of its runs with it")
	n.apply(withoutStep(tested))
	n.expectRuns()
}

// plugin runs a command of the plugin in the namespace.
func (n *tenant) plugin(code int, says string, args ...string) {
	n.t.Helper()
	cmd := exec.Command(filepath.Join("..", "..", "..", "bin", "kubectl-carto"), append(args, "-n", n.ns, "--kubeconfig", n.cp.Kubeconfig)...)
	out, _ := cmd.CombinedOutput() // the exit code says how it ended
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(out), says) {
		n.t.Errorf("%v ended with %d, want %d and %q:\n%s", args, got, code, says, out)
	}
}

// withoutStep takes the first step of the chain away, and the input of the second.
func withoutStep(documents string) string {
	documents = strings.Replace(documents, "    - { name: test, templateRef: { kind: ClusterSourceTemplate, name: test-NS } }\n", "", 1)
	documents = strings.Replace(documents, "sources: [{ name: code, resource: test }], ", "", 1)
	return strings.Replace(documents, "$(source.revision)$", "none", 1)
}

const onceFormat = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: once-%[1]s-NS }
spec:
  lifecycle: immutable
  template: { apiVersion: %[2]s, kind: %[3]s, metadata: { generateName: $(workload.metadata.name)$-%[1]s- }, %[4]s }
---
`

// TestRunsSurviveARestart: kinds without a spec, and kinds whose spec the API server fills in, are created once, also when the
// agent starts anew and remembers nothing.
func TestRunsSurviveARestart(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{AuditLog: true})
	w := newWorld(t, cp)
	w.agent = startAgent(t, cp.Kubeconfig)
	t.Cleanup(func() { w.agent.Kill() })
	n := w.tenant(t)
	const body = "spec: { template: { spec: { restartPolicy: Never, containers: [{ name: a, image: a }] } } }"
	n.apply(fmt.Sprintf(onceFormat, "map", "v1", "ConfigMap", "data: { a: b }") +
		fmt.Sprintf(onceFormat, "job", "batch/v1", "Job", body) +
		fmt.Sprintf(onceFormat, "pod", "v1", "Pod", "spec: { containers: [{ name: a, image: a }] }") + `
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: once-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: map, templateRef: { kind: ClusterTemplate, name: once-map-NS } }
    - { name: job, templateRef: { kind: ClusterTemplate, name: once-job-NS } }
    - { name: pod, templateRef: { kind: ClusterTemplate, name: once-pod-NS } }
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS } }
spec: {}
`)
	n.expect("cart", allReady)
	awaitRest(t, cp) // the first agent's events trickle behind its work
	before, err := cp.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.agent.Kill()
	w.agent = startAgent(t, cp.Kubeconfig)
	if err := w.agent.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	once := func() error {
		for _, kind := range []gvr{configMaps, jobs, pods} {
			if runs := n.runs(kind); len(runs) != 1 {
				return fmt.Errorf("there are %d %s", len(runs), kind.Resource)
			}
		}
		return nil
	}
	harness.Never(t, 2*time.Second, once)
	writes, err := cp.Requests(t.Context(), harness.Filter{UserAgent: "carto-agent", Since: before, Verbs: harness.Writes})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range writes {
		t.Errorf("a restart wrote: %s %s", r.Verb, r.URI)
	}
	n.patch(workloads, "cart", `{"metadata":{"labels":{"other":"label"}}}`)
	harness.Never(t, time.Second, once)
}
