package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/test/harness"
)

var tasks = gvr{Group: "tekton.dev", Version: "v1", Resource: "tasks"}

// scan is the third example of the specification: a Runnable with a selected Task.
const scan = `
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: { name: one-task-NS }
spec:
  outputs:
    verdict: .status.results[?(@.name=="verdict")].value
    image: .spec.params[?(@.name=="image")].value
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata:
      generateName: $(runnable.metadata.name)$-
      labels: $(runnable.metadata.labels)$
    spec:
      taskRef: { name: $(selected.metadata.name)$ }
      params: $(runnable.spec.inputs.params)$
`

const scanRunnable = `
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: { name: NAME, labels: { carto.run/resource-name: scan, mine: "yes" } }
spec:
  serviceAccountName: stamper
  runTemplateRef: { name: one-task-NS }
  retentionPolicy: { maxFailedRuns: 1, maxSuccessfulRuns: 1 }
  selector:
    resource: { apiVersion: tekton.dev/v1, kind: Task }
    matchingLabels: { task: scan-NS }
  inputs: { params: [{ name: image, value: i1 }] }
`

const scanTask = `
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: NAME, labels: { task: scan-NS } }
`

func (n *tenant) tekton() {
	n.t.Helper()
	n.apply(stubCRD("taskruns", "tekton.dev", "TaskRun", "v1") + stubCRD("tasks", "tekton.dev", "Task", "v1"))
}

const (
	runBusy   = "RunTemplateReady=True/Ready StampedObjectCondition=Unknown/Unknown Ready=Unknown/Unknown"
	runDone   = "RunTemplateReady=True/Ready StampedObjectCondition=True/SucceededCondition Ready=True/Ready"
	runFailed = "RunTemplateReady=True/Ready StampedObjectCondition=False/SucceededCondition Ready=False/SucceededCondition"
)

// runNot is a Runnable without a run for a reason.
func runNot(reason string) string {
	return "RunTemplateReady=False/" + reason + " StampedObjectCondition=Unknown/Unknown Ready=False/" + reason
}

// runsOf lists the runs of a Runnable, the oldest first.
func (n *tenant) runsOf(kind gvr, runnable string) []unstructured.Unstructured {
	n.t.Helper()
	return n.list(kind, "carto.run/runnable-name="+runnable)
}

// expectRunsOf waits until there are runs of these images, and returns the newest.
func (n *tenant) expectRunsOf(runnable string, images ...string) *unstructured.Unstructured {
	n.t.Helper()
	var newest *unstructured.Unstructured
	n.eventually(func() error {
		var got []string
		for _, run := range n.runsOf(taskRuns, runnable) {
			got = append(got, fmt.Sprint(field(&run, "spec", "params").([]any)[0].(map[string]any)["value"]))
			newest = &run
		}
		if !slices.Equal(got, images) {
			return fmt.Errorf("there are runs of %v, want %v", got, images)
		}
		return nil
	})
	return newest
}

// verdict ends a run with a result.
func (n *tenant) verdict(run *unstructured.Unstructured, succeeded string, results ...any) {
	n.t.Helper()
	n.report(taskRuns, run.GetName(), map[string]any{"conditions": []any{condition("Succeeded", succeeded, "told so")}, "results": results})
}

func (n *tenant) scanOf(runnable, image string) {
	n.t.Helper()
	n.patch(runnables, runnable, `{"spec":{"inputs":{"params":[{"name":"image","value":"`+image+`"}]}}}`)
}

func (n *tenant) expectOutputs(runnable string, want map[string]any) {
	n.t.Helper()
	n.eventually(func() error {
		if diff := cmp.Diff(want, field(n.mustGet(runnables, runnable), "status", "outputs")); diff != "" {
			return fmt.Errorf("outputs (-want +got):\n%s", diff)
		}
		return nil
	})
}

// TestRunnable is the third example of the specification, with two Runnables on one run template.
func TestRunnable(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.tekton()
	n.apply(replace(scanRunnable, "NAME", "cart"))

	t.Log("nothing is there: each thing that appears is noticed")
	n.expectOf(runnables, "cart", runNot("RunTemplateNotFound"))
	n.expectMessageOf(runnables, "cart", "Ready", "one-task-NS does not exist")
	n.apply(scan)
	n.expectOf(runnables, "cart", runNot("TemplateStampFailure"))
	n.expectMessageOf(runnables, "cart", "Ready", "it matches 0 of kind Task.tekton.dev with labels task=scan-NS")
	n.apply(replace(scanTask, "NAME", "grype"))
	n.expectOf(runnables, "cart", runBusy)
	first := n.expectRunsOf("cart", "i1")
	want := map[string]string{"carto.run/runnable-name": "cart", "carto.run/run-template-name": "one-task-" + n.ns, "carto.run/resource-name": "scan", "mine": "yes"}
	if diff := cmp.Diff(want, first.GetLabels()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if got := field(first, "spec", "taskRef", "name"); got != "grype" || !strings.HasPrefix(first.GetName(), "cart-") {
		t.Errorf("run %s is of task %v", first.GetName(), got)
	}
	n.apply(replace(scanRunnable, "NAME", "other"))
	n.expectRunsOf("other", "i1")

	t.Log("it is at work, then succeeds")
	n.report(taskRuns, first.GetName(), map[string]any{"conditions": []any{condition("Succeeded", "Unknown", "at work")}})
	n.expectOf(runnables, "cart", "RunTemplateReady=True/Ready StampedObjectCondition=Unknown/SucceededCondition Ready=Unknown/SucceededCondition")
	clean := map[string]any{"name": "verdict", "value": "clean"}
	n.verdict(first, "True", clean)
	n.expectOf(runnables, "cart", runDone)
	outputs := map[string]any{"verdict": "clean", "image": "i1"}
	n.expectOutputs("cart", outputs)
	n.expectOf(runnables, "other", runBusy)

	t.Log("the next fails: its outputs stay")
	n.scanOf("cart", "i2")
	n.verdict(n.expectRunsOf("cart", "i1", "i2"), "False")
	n.expectOf(runnables, "cart", runFailed)
	n.expectOutputs("cart", outputs)
	n.plugin(0, "runnable.carto.run/cart retried", "runnable", "retry", "cart")
	n.verdict(n.expectRunsOf("cart", "i1", "i2", "i2"), "True", clean)
	n.expectOutputs("cart", map[string]any{"verdict": "clean", "image": "i2"})
	n.expectRunsOf("cart", "i2", "i2") // one failed, one successful
	n.plugin(1, "nothing to retry", "runnable", "retry", "cart")
	n.expectEvent("Runnable", "RunRetried", "the Runnable is run again")
	n.expectEvent("Runnable", "ResourceOutputChanged", "outputs in [taskruns.tekton.dev/cart-")
	n.expectEvent("Runnable", "StampedObjectRemoved", "Deleted object [taskruns.tekton.dev/cart-")

	t.Log("a second Task, and the first again")
	n.apply(replace(scanTask, "NAME", "trivy"))
	n.expectOf(runnables, "cart", runNot("TemplateStampFailure"))
	n.expectMessageOf(runnables, "cart", "Ready", "it matches 2", "[grype, trivy]")
	n.expectOutputs("cart", map[string]any{"verdict": "clean", "image": "i2"})
	n.delete(tasks, "trivy")
	n.expectOf(runnables, "cart", runDone)

	t.Log("a run without the result that is an output")
	n.scanOf("cart", "i3")
	n.verdict(n.expectRunsOf("cart", "i2", "i2", "i3"), "True")
	n.expectOf(runnables, "cart", "RunTemplateReady=False/OutputPathNotSatisfied StampedObjectCondition=True/SucceededCondition Ready=False/OutputPathNotSatisfied")
	n.expectMessageOf(runnables, "cart", "Ready", "taskruns.tekton.dev/cart-", "namespace NS", `[.status.results[?(@.name=="verdict")].value]`)

	t.Log("runs within the same second, one of which never ends")
	for _, image := range []string{"i4", "i5", "i6"} {
		n.scanOf("cart", image)
		n.eventually(func() error {
			if all := n.runsOf(taskRuns, "cart"); field(&all[len(all)-1], "spec", "params").([]any)[0].(map[string]any)["value"] != image {
				return fmt.Errorf("no run of %s", image)
			}
			return nil
		})
	}
	all := n.runsOf(taskRuns, "cart")
	n.verdict(&all[len(all)-1], "True", clean)
	n.expectOutputs("cart", map[string]any{"verdict": "clean", "image": "i6"})
	n.expectRunsOf("cart", "i2", "i4", "i5", "i6") // what is at work is never cleaned away
	n.verdict(&all[len(all)-2], "True", clean)
	n.expectRunsOf("cart", "i2", "i4", "i6")
	n.expectOutputs("cart", map[string]any{"verdict": "clean", "image": "i6"})

	t.Log("the account goes and comes")
	n.delete(gvr{Version: "v1", Resource: "serviceaccounts"}, "stamper")
	n.expectOf(runnables, "cart", "RunTemplateReady=False/ServiceAccountError Ready=False/ServiceAccountError")
	n.expectOutputs("cart", map[string]any{"verdict": "clean", "image": "i6"})
	n.apply(account)
	n.expectOf(runnables, "cart", runDone)

	t.Log("an output that the template no longer has disappears")
	n.apply(replace(scan, `    verdict: .status.results[?(@.name=="verdict")].value`+"\n", ""))
	n.expectOutputs("cart", map[string]any{"image": "i6"})
}

// expectEvent waits for an event about an owner.
func (n *tenant) expectEvent(kind, reason, says string) {
	n.t.Helper()
	n.eventually(func() error {
		list, err := n.client.Resource(events).Namespace(n.ns).List(n.t.Context(), v1.ListOptions{FieldSelector: "involvedObject.kind=" + kind + ",reason=" + reason})
		if err != nil {
			return err
		}
		var all []string
		for _, e := range list.Items {
			all = append(all, fmt.Sprint(field(&e, "message")))
			if strings.Contains(all[len(all)-1], says) {
				return nil
			}
		}
		return fmt.Errorf("no event %s %s says %q: %q", kind, reason, says, all)
	})
}

// onceRun is a Runnable that needs nothing else. A ClusterRunTemplate must have a spec, also for a ConfigMap, which drops it.
const onceRun = `
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: { name: once-NS }
spec:
  template:
BODY
---
apiVersion: carto.run/v1alpha1
kind: Runnable
metadata: { name: cart }
spec: { serviceAccountName: stamper, runTemplateRef: { name: once-NS }, inputs: { of: a } }
`

func onceBody(body string) string {
	return replace(onceRun, "BODY", "    "+replace(strings.TrimSpace(body), "\n", "\n    "))
}

// TestRunnablesThatCanNotRun: each says why.
func TestRunnablesThatCanNotRun(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		why, body, selector, want string
		says                      []string
	}{
		"no such input":   {"the path is named", "apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: $(runnable.spec.inputs.none.deeper)$- }\nspec: {}", "", "TemplateStampFailure", []string{"at metadata.generateName", "once-NS"}},
		"cluster-scoped":  {"the garbage collector would delete it", "apiVersion: v1\nkind: Namespace\nmetadata: { generateName: a- }\nspec: {}", "", "TemplateStampFailure", []string{"cluster-scoped"}},
		"invalid":         {"the API server's words", "apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: Not_A_Name- }\nspec: {}", "", "StampedObjectRejectedByAPIServer", []string{"ConfigMap NS/Not_A_Name-", "once-NS", "RFC 1123"}},
		"unknown kind":    {"its CRD may come", "apiVersion: nowhere.example/v1\nkind: Thing\nmetadata: { generateName: a- }\nspec: {}", "", "StampedObjectRejectedByAPIServer", []string{"no matches for kind"}},
		"a Runnable":      {"it would never end, or make others without end", "apiVersion: carto.run/v1alpha1\nkind: Runnable\nmetadata: { generateName: a- }\nspec: { runTemplateRef: { name: once-NS } }", "", "TemplateStampFailure", []string{"can not be the run of another"}},
		"no label":        {"it could read as another selector", "apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: a- }\nspec: {}", "resource: { apiVersion: v1, kind: ConfigMap }, matchingLabels: { \"a!\": \"\" }", "TemplateStampFailure", []string{"spec.selector.matchingLabels", "a!"}},
		"selects nothing": {"it is said what was looked for", "apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: a- }\nspec: {}", "resource: { apiVersion: nowhere.example/v1, kind: Thing }, matchingLabels: { a: b }", "TemplateStampFailure", []string{"spec.selector", "no matches for kind"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := sharedWorld(t).tenant(t)
			documents := onceBody(tc.body)
			if tc.selector != "" {
				documents = replace(documents, "inputs: {", "selector: { "+tc.selector+" }, inputs: {")
			}
			n.apply(documents)
			n.expectOf(runnables, "cart", runNot(tc.want))
			n.expectMessageOf(runnables, "cart", "Ready", tc.says...)
		})
	}
}

// TestRunnableWithFixedName: the first run can be made; neither a change nor a retry can, and the status says what to do.
func TestRunnableWithFixedName(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.tekton()
	n.apply(onceBody("apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: { name: fixed }\nspec: { of: $(runnable.spec.inputs.of)$ }"))
	n.expectOf(runnables, "cart", runBusy)
	n.report(taskRuns, "fixed", map[string]any{"conditions": []any{condition("Succeeded", "False", "no")}})
	n.expectOf(runnables, "cart", runFailed)
	for _, attempt := range []struct{ what, patch string }{
		{"a retry", `{"metadata":{"annotations":{"carto.run/retry":"1"}}}`},
		{"a change", `{"spec":{"inputs":{"of":"b"}}}`},
	} {
		t.Log(attempt.what)
		n.patch(runnables, "cart", attempt.patch)
		n.expectOf(runnables, "cart", runNot("StampedObjectRejectedByAPIServer"))
		n.expectMessageOf(runnables, "cart", "Ready", "already exists", "metadata.generateName instead of a name")
	}
	if got := field(n.mustGet(taskRuns, "fixed"), "spec", "of"); got != "a" {
		t.Errorf("the first run was changed: %v", got)
	}
}

// TestSelectionWithTheAccountsRights: what the agent may read is not what every Runnable may; a cluster-scoped kind is found
// everywhere.
func TestSelectionWithTheAccountsRights(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.delete(gvr{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"}, "stamper")
	n.apply(`
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: high-NS, labels: { of: NS } }
value: 7
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: edit }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit }
subjects: [{ kind: ServiceAccount, name: stamper, namespace: NS }]
` + "---" + replace(onceBody("apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: $(selected.metadata.name)$- }\ndata: { value: \"is $(selected.value)$\" }\nspec: {}"),
		"inputs: {", "selector: { resource: { apiVersion: scheduling.k8s.io/v1, kind: PriorityClass }, matchingLabels: { of: NS } }, inputs: {"))
	n.expectOf(runnables, "cart", runNot("UnknownError"))
	n.expectMessageOf(runnables, "cart", "Ready", "spec.selector", "as service account NS/stamper", "forbidden")
	n.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: priorities-NS }
rules: [{ apiGroups: [scheduling.k8s.io], resources: [priorityclasses], verbs: [list] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: priorities-NS }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: priorities-NS }
subjects: [{ kind: ServiceAccount, name: stamper, namespace: NS }]
`)
	n.expectOf(runnables, "cart", runBusy)
	run := n.runsOf(configMaps, "cart")[0]
	if got := field(&run, "data", "value"); got != "is 7" || !strings.HasPrefix(run.GetName(), "high-"+n.ns) {
		t.Errorf("run %s has %v", run.GetName(), got)
	}
}

// TestRunKindGoesAndComes: the CRD of the runs is removed and added again.
func TestRunKindGoesAndComes(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	group := strings.ReplaceAll(n.ns, "-", "") + ".example"
	kind := gvr{Group: group, Version: "v1", Resource: "onces"}
	n.apply(stubCRD("onces", group, "Once", "v1"))
	n.apply(onceBody("apiVersion: " + group + "/v1\nkind: Once\nmetadata: { generateName: a- }\nspec: { of: $(runnable.spec.inputs.of)$ }"))
	n.expectOf(runnables, "cart", runBusy)
	if err := n.client.Resource(definitions).Delete(t.Context(), "onces."+group, v1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	n.expectOf(runnables, "cart", runNot("StampedObjectRejectedByAPIServer"))
	n.apply(stubCRD("onces", group, "Once", "v1"))
	n.expectOf(runnables, "cart", runBusy)
	run := n.runsOf(kind, "cart")
	if len(run) != 1 {
		t.Fatalf("there are %d runs", len(run))
	}
	n.report(kind, run[0].GetName(), map[string]any{"conditions": []any{condition("Succeeded", "True", "")}})
	n.expectOf(runnables, "cart", runDone)
}

func (n *tenant) expectRunCount(runnable string, want int) {
	n.t.Helper()
	n.eventually(func() error {
		if got := len(n.runsOf(configMaps, runnable)); got != want {
			return fmt.Errorf("%s has %d runs, not %d", runnable, got, want)
		}
		return nil
	})
}

// TestSelectedKindGoesAndComes: the CRD of what is selected is removed and added again.
func TestSelectedKindGoesAndComes(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	group := strings.ReplaceAll(n.ns, "-", "") + ".example"
	picked := stubCRD("picks", group, "Pick", "v1") + "apiVersion: " + group + "/v1\nkind: Pick\nmetadata: { name: one, labels: { pick: me } }\n"
	n.apply(picked)
	n.apply(replace(onceBody("apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: $(selected.metadata.name)$- }\nspec: {}"),
		"inputs: {", "selector: { resource: { apiVersion: "+group+"/v1, kind: Pick }, matchingLabels: { pick: me } }, inputs: {"))
	n.expectOf(runnables, "cart", runBusy)
	if err := n.client.Resource(definitions).Delete(t.Context(), "picks."+group, v1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	n.expectOf(runnables, "cart", runNot("TemplateStampFailure"))
	n.expectMessageOf(runnables, "cart", "Ready", "no matches for kind")
	n.apply(picked)
	n.expectOf(runnables, "cart", runBusy)
}

// TestForegroundDeletion: while Kubernetes deletes what belongs to an owner, and then the owner, nothing is made again.
func TestForegroundDeletion(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	const many = 12
	body := "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: $(workload.metadata.name)$ }"
	n.apply(withBody(body) + "---" + onceBody("apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: $(runnable.metadata.name)$- }\ndata: { of: $(runnable.spec.inputs.of)$ }\nspec: {}"))
	for i := range many {
		n.apply(fmt.Sprintf("apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: { name: w%d, labels: { shape: NS } }\nspec: {}\n---\n", i) +
			fmt.Sprintf("apiVersion: carto.run/v1alpha1\nkind: Runnable\nmetadata: { name: r%d }\nspec: { serviceAccountName: stamper, runTemplateRef: { name: once-NS }, inputs: { of: a } }\n", i))
	}
	for i := range many {
		n.expect(fmt.Sprintf("w%d", i), allReady)
		n.expectOf(runnables, fmt.Sprintf("r%d", i), runBusy)
		n.patch(runnables, fmt.Sprintf("r%d", i), `{"spec":{"inputs":{"of":"b"}}}`)
		n.expectRunCount(fmt.Sprintf("r%d", i), 2)
	}
	// The garbage collector learns of new kinds, such as Workload, every 30 s only: it deletes in the foreground from then on.
	n.delete(workloads, "cart")
	harness.Eventually(t, 90*time.Second, func() error {
		if _, err := n.get(configMaps, "cart"); err == nil {
			return fmt.Errorf("the garbage collector has not seen it yet")
		}
		return nil
	})
	mark, err := n.cp.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	foreground := v1.DeletePropagationForeground
	for _, kind := range []gvr{workloads, runnables} {
		if err := n.client.Resource(kind).Namespace(n.ns).DeleteCollection(t.Context(), v1.DeleteOptions{PropagationPolicy: &foreground}, v1.ListOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	harness.Eventually(t, 90*time.Second, func() error {
		for _, kind := range []gvr{workloads, runnables} {
			list, err := n.client.Resource(kind).Namespace(n.ns).List(t.Context(), v1.ListOptions{})
			if err != nil || len(list.Items) > 0 {
				return fmt.Errorf("%d %s are left (%w)", len(list.Items), kind.Resource, err)
			}
		}
		return nil
	})
	writes, err := n.cp.Requests(t.Context(), harness.Filter{Namespace: n.ns, Resource: "configmaps", ImpersonatedUser: "system:serviceaccount:" + n.ns + ":stamper", Since: mark, Verbs: harness.Writes})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range writes {
		t.Errorf("made again: %s %s %d", r.Verb, r.URI, r.Code)
	}
}
