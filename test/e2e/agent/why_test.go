package agent

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/test/harness"
)

// broken is a set-up in which something is wrong. What the plugin says has to name the
// true culprit, and no victim.
type broken struct {
	reason string
	// apply breaks it; the manifests of buildAndRun are usually a part of it.
	apply func(n *tenant)
	// about is what is asked about; workload/cart when empty.
	about string
	// tree and why are what these commands have to say, next is in the command that why
	// tells to run, and never are words that would blame a victim in its first sentence.
	tree, why []string
	next      string
	never     []string
	// code of why; 1 unless it is ready.
	code int
	// heals is true when the next command is the remedy: it is run, and why has to have
	// something else to say.
	heals bool
}

// victims are the later steps of buildAndRun.
var victims = []string{"step build", "step run"}

// brokenSetUps has what goes wrong most often.
var brokenSetUps = map[string]broken{
	"no blueprint matches": {
		reason: "a typo in a label: the nearest blueprint and the correction are named",
		apply:  func(n *tenant) { n.apply(buildAndRun + "---" + replace(cart, "shape: NS", "shape: NSx")) },
		tree:   []string{"SupplyChainNotFound", "labels shape=NSx", "Next: kubectl carto supplychain list"},
		why:    []string{"no supply chain selects it", "build-and-run-NS, needs label shape=NS, and the workload has shape=NSx", "Selection: which supply chain"},
		next:   "kubectl label workloads.carto.run cart -n NS shape=NS --overwrite", never: []string{"step "}, heals: true,
	},
	"two blueprints tie": {
		reason: "both are named, with their score",
		apply: func(n *tenant) {
			n.apply(buildAndRun + "---" + cart + "---\napiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: { name: twin-NS }\nspec: { selector: { shape: NS }, resources: [] }\n")
		},
		tree: []string{"MultipleSupplyChainMatches", "[build-and-run-NS, twin-NS]"},
		why:  []string{"supply chains build-and-run-NS and twin-NS select it equally well, each with score 1", "in a tie"},
		next: "kubectl carto supplychain list -o wide", never: []string{"step "},
	},
	"template missing": {
		reason: "the template is named, which the condition does not",
		apply: func(n *tenant) {
			n.apply(replace(buildAndRun, "kind: ClusterImageTemplate, name: kpack-image-NS", "kind: ClusterImageTemplate, name: lost-NS") + "---" + cart)
		},
		tree: []string{"TemplatesNotFound", "[build]"},
		why:  []string{"supply chain build-and-run-NS is not ready: ClusterImageTemplate lost-NS of step build does not exist"},
		next: "kubectl carto supplychain get build-and-run-NS", never: []string{"step run"},
	},
	"template does not render": {
		reason: "an undefined param: the template, the place, the tag, and the params that there are",
		apply: func(n *tenant) {
			n.apply(replace(buildAndRun, "$(params.poll)$", "$(params.pol)$") + "---" + cart)
		},
		tree: []string{"step fetch: TemplateStampFailure", "at spec.interval", "$(params.pol)$", "Blocks: build, run"},
		why:  []string{"step fetch failed: ClusterSourceTemplate flux-git-NS does not render: at spec.interval, tag $(params.pol)$", "Params of step fetch", "poll ="},
		next: "kubectl get clustersourcetemplate.carto.run flux-git-NS -o yaml", never: victims,
	},
	"ytt does not render": {
		reason: "the fault and its line, out of the many lines that ytt writes",
		apply: func(n *tenant) {
			n.apply(yttChain)
		},
		tree: []string{"step only: TemplateStampFailure", "no .region field"},
		why:  []string{"step only failed: ClusterTemplate one-NS does not render: struct has no .region field or method", "region: #@ data.values.params.region"},
		next: "kubectl get clustertemplate.carto.run one-NS -o yaml",
	},
	"service account missing": {
		reason: "the account, and the command that makes it",
		apply: func(n *tenant) {
			n.delete(gvr{Version: "v1", Resource: "serviceaccounts"}, "stamper")
			n.apply(buildAndRun + "---" + cart)
		},
		tree: []string{"ServiceAccountError", "service account NS/stamper: it does not exist"},
		why:  []string{"cannot act as service account NS/stamper: it does not exist"},
		next: "kubectl create serviceaccount stamper -n NS", never: append(victims, "step fetch"), heals: true,
	},
	"permission missing": {
		reason: "who may not do what, and the role that is missing",
		apply: func(n *tenant) {
			n.delete(gvr{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"}, "stamper")
			n.apply(buildAndRun + "---" + cart)
		},
		tree: []string{"step fetch: TemplateRejectedByAPIServer", "gitrepositories", "system:serviceaccount:NS:stamper"},
		why:  []string{"step fetch failed: service account NS/stamper may not", "gitrepositories.source.toolkit.fluxcd.io in namespace NS"},
		next: "--resource=gitrepositories.source.toolkit.fluxcd.io -n NS && kubectl create rolebinding carto-stamper-gitrepositories --role=carto-stamper-gitrepositories --serviceaccount=NS:stamper", never: victims, heals: true,
	},
	"kind not installed": {
		reason: "the kind, and that its definition is missing",
		apply: func(n *tenant) {
			n.apply(replace(buildAndRun, "apiVersion: kpack.io/v1alpha2\n    kind: Image", "apiVersion: nowhere.example/v1\n    kind: Oven") + "---" + cart)
			n.report(gitRepos, "cart", fetched)
		},
		tree: []string{"step build: TemplateRejectedByAPIServer", "Oven"},
		why:  []string{"step build failed: the cluster does not know kind Oven of nowhere.example/v1", "CustomResourceDefinition"},
		next: "kubectl api-resources --api-group=nowhere.example", never: []string{"step run"},
	},
	"source not found": {
		reason: "what the GitRepository says of itself",
		apply: func(n *tenant) {
			n.apply(buildAndRun + "---" + cart)
			n.report(gitRepos, "cart", map[string]any{"conditions": []any{condition("Ready", "False", "couldn't find remote ref refs/heads/main")}})
		},
		tree: []string{"step fetch", "GitRepository/cart", "couldn't find remote ref"},
		why:  []string{"step fetch failed: GitRepository cart: couldn't find remote ref refs/heads/main", "these steps wait for it: build, run"},
		next: "kubectl describe gitrepositories.source.toolkit.fluxcd.io cart -n NS", never: victims,
	},
	"nobody acts on the source": {
		reason: "an object without any status is not the same as one that works",
		apply:  func(n *tenant) { n.apply(buildAndRun + "---" + cart) },
		tree:   []string{"step fetch", "GitRepository/cart"},
		why:    []string{"step fetch is waiting: GitRepository cart: no controller has written its status yet"},
		next:   "kubectl describe gitrepositories.source.toolkit.fluxcd.io cart -n NS", never: victims,
	},
	"build failed": {
		reason: "the newest build, its pod and the container in it",
		apply:  (*tenant).failBuild,
		tree:   []string{"step build", "Pod/cart-build-1-build-pod", "container build ended with exit code 51"},
		why:    []string{"step build failed: Image cart failed: Build cart-build-1 failed: Pod cart-build-1-build-pod: container build ended with exit code 51", "these steps wait for it: run"},
		next:   "kubectl logs cart-build-1-build-pod -c build -n NS", never: []string{"step run"},
	},
	"tests failed": {
		reason: "a run of a Runnable, with its pod",
		apply: func(n *tenant) {
			n.tekton()
			n.apply(testedByRunnable)
			n.apply("apiVersion: tekton.dev/v1\nkind: Task\nmetadata: { name: unit, labels: { task: NS } }\n")
			run := n.firstRun("cart-test")
			n.report(taskRuns, run.GetName(), map[string]any{"conditions": []any{condition("Succeeded", "False", "1 test of 12 failed")}})
			n.pod(run, "cart-test-pod", `{"phase":"Failed","containerStatuses":[
				{"name":"step-unit","image":"x","imageID":"","ready":false,"restartCount":0,"state":{"terminated":{"exitCode":1,"reason":"Error"}}}]}`)
		},
		tree: []string{"step test", "TaskRun/cart-test-", "Pod/cart-test-pod", "container step-unit ended with exit code 1"},
		why:  []string{"step test failed: Runnable cart-test failed: TaskRun cart-test-", "Pod cart-test-pod: container step-unit ended with exit code 1", "these steps wait for it: note"},
		next: "kubectl logs cart-test-pod -c step-unit -n NS", never: []string{"step note"},
	},
	"image can not be pulled": {
		reason: "the pod says why the Deployment is not available",
		apply: func(n *tenant) {
			n.stuckDeployment(`{"phase":"Pending","containerStatuses":[{"name":"app","image":"x","imageID":"","ready":false,"restartCount":0,
				"state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image \"i1\""}}}]}`)
		},
		tree: []string{"step run", "ImagePullBackOff", "Back-off pulling image"},
		why:  []string{"step run", "Deployment cart", "Pod cart-", `container app: Back-off pulling image "i1" (ImagePullBackOff)`},
		next: "kubectl describe pod cart-", never: []string{"step build", "step fetch"},
	},
	"container crashes": {
		reason: "how it ended last says more than that it waits to be restarted",
		apply: func(n *tenant) {
			n.stuckDeployment(`{"phase":"Running","containerStatuses":[{"name":"app","image":"x","imageID":"","ready":false,"restartCount":4,
				"state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 5m0s restarting failed container"}},
				"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}`)
		},
		tree: []string{"step run", "CrashLoopBackOff", "exit code 137 (OOMKilled)"},
		why:  []string{"step run", "container app keeps ending, last with exit code 137 (OOMKilled)"},
		next: "-c app -n NS --previous", never: []string{"step build", "step fetch"},
	},
	"no node fits": {
		reason: "the scheduler's words",
		apply:  func(n *tenant) { n.stuckDeployment("") },
		tree:   []string{"step run", "Unschedulable"},
		why:    []string{"step run", "Pod cart-", "didn't match", "(Unschedulable)"},
		next:   "kubectl describe pod cart-",
	},
	"quota exceeded": {
		reason: "there is no pod that could say it: the Deployment has the words of the API server",
		apply: func(n *tenant) {
			n.apply("apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: tight }\nspec: { hard: { pods: 0 } }\n")
			n.eventually(func() error {
				q, err := n.get(gvr{Version: "v1", Resource: "resourcequotas"}, "tight")
				if err == nil && field(q, "status", "hard") == nil {
					err = fmt.Errorf("the quota is not in force yet")
				}
				return err
			})
			n.apply(buildAndRun + "---" + cart)
			n.report(gitRepos, "cart", fetched)
			n.report(images, "cart", builtImage)
		},
		tree: []string{"step run", "exceeded quota: tight"},
		why:  []string{"step run", "exceeded quota: tight"},
		next: "kubectl describe resourcequotas -n NS",
	},
	"no option matches": {
		reason: "the options with what each lacks",
		apply:  func(n *tenant) { n.apply(withOptions) },
		tree:   []string{"step check: TemplateOptionsMatchError", "found 0"},
		why:    []string{"step check failed: none of its 2 options selects the workload", "one-NS, needs label verify=full, and the workload has verify=ful", "which option of step check"},
		next:   "--show-labels", never: []string{"step note"},
	},
	"locked param": {
		reason: "a ready workload whose param has no effect",
		apply: func(n *tenant) {
			n.apply(buildAndRun + "---" + replace(cart, "value: 3", "value: 1"))
			n.report(gitRepos, "cart", fetched)
			n.report(images, "cart", builtImage)
			n.expect("cart", allReady)
		},
		tree: []string{"True"},
		why: []string{"3 steps of supply chain build-and-run-NS are done", "param registry", "has no effect",
			"supply chain build-and-run-NS locks it to \"registry.example/shop\"", "Params of step build", "registry = \"registry.example/shop\": from the blueprint, which locks it"},
		code: 0, never: []string{"not ready"},
	},
	"delivery fails": {
		reason: "a workload that is ready, while what it stamped for delivery is not",
		apply: func(n *tenant) {
			n.apply(delivering)
		},
		tree: []string{"Deliverable/cart", "DeliveryNotFound"},
		why:  []string{"workload NS/cart is ready, but Deliverable cart, which its step deliver stamped, is not", "no ClusterDelivery selects"},
		next: "kubectl carto why deliverable/cart -n NS", never: []string{"step config"},
	},
	"object of somebody else": {
		reason: "whose it is",
		apply: func(n *tenant) {
			n.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: boss }\n")
			n.apply(replace(`
apiVersion: v1
kind: ConfigMap
metadata: { name: cart, ownerReferences: [{ apiVersion: v1, kind: ConfigMap, name: boss, uid: UID, controller: true }] }
`, "UID", string(n.mustGet(configMaps, "boss").GetUID())))
			n.apply(withBody(configMapBody))
		},
		tree: []string{"step only: TemplateRejectedByAPIServer", "ConfigMap/boss"},
		why:  []string{"step only failed: ConfigMap NS/cart exists already and belongs to ConfigMap boss"},
		next: "kubectl get configmap cart -n NS -o yaml",
	},
	"a blueprint": {
		reason: "asked about itself, it names the template and who suffers",
		apply: func(n *tenant) {
			n.apply(replace(buildAndRun, "kind: ClusterImageTemplate, name: kpack-image-NS", "kind: ClusterImageTemplate, name: lost-NS") + "---" + cart)
		},
		about: "supplychain/build-and-run-NS",
		why:   []string{"supply chain build-and-run-NS is not ready: ClusterImageTemplate lost-NS of step build does not exist"},
		next:  "kubectl get clusterimagetemplates.carto.run",
	},
	"a pod": {
		reason: "far below, through what controls it",
		apply:  (*tenant).failBuild,
		about:  "po/cart-build-1-build-pod",
		why:    []string{"pod NS/cart-build-1-build-pod is of step build of workload NS/cart, which is not ready: step build failed"},
		next:   "kubectl logs cart-build-1-build-pod -c build -n NS",
	},
	"a stamped object": {
		reason: "asked about what is below, it explains the workload above",
		apply: func(n *tenant) {
			n.apply(buildAndRun + "---" + cart)
			n.report(gitRepos, "cart", map[string]any{"conditions": []any{condition("Ready", "False", "no such branch")}})
		},
		about: "gitrepository/cart",
		why:   []string{"gitrepository NS/cart is of step fetch of workload NS/cart, which is not ready: step fetch failed: GitRepository cart: no such branch"},
		next:  "kubectl describe gitrepositories.source.toolkit.fluxcd.io cart -n NS",
	},
}

var (
	fetched    = map[string]any{"artifact": map[string]any{"url": "u1", "revision": "r1"}, "conditions": []any{condition("Ready", "True", "")}}
	builtImage = map[string]any{"latestImage": "i1", "conditions": []any{condition("Ready", "True", "")}}
)

const yttChain = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: one-NS }
spec:
  ytt: |
    #@ load("@ytt:data", "data")
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: cart
    data:
      region: #@ data.values.params.region
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: one-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  params: [{ name: zone, default: x }]
  resources: [{ name: only, templateRef: { kind: ClusterTemplate, name: one-NS } }]
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS } }
spec: {}
`

const testedByRunnable = `
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: { name: unit-NS }
spec:
  outputs: { url: ".spec.params[0].value", revision: ".spec.params[0].value" }
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: { generateName: $(runnable.metadata.name)$- }
    spec: { taskRef: { name: $(selected.metadata.name)$ }, params: [{ name: url, value: u1 }] }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: unit-NS }
spec:
  urlPath: .status.outputs.url
  revisionPath: .status.outputs.revision
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: { name: $(workload.metadata.name)$-test }
    spec:
      serviceAccountName: stamper
      runTemplateRef: { name: unit-NS }
      selector: { resource: { apiVersion: tekton.dev/v1, kind: Task }, matchingLabels: { task: NS } }
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: note-NS }
spec:
  template: { apiVersion: v1, kind: ConfigMap, metadata: { name: note }, data: { url: $(source.url)$ } }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: tested-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: test, templateRef: { kind: ClusterSourceTemplate, name: unit-NS } }
    - { name: note, sources: [{ name: code, resource: test }], templateRef: { kind: ClusterTemplate, name: note-NS } }
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS } }
spec: {}
`

const withOptions = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: one-NS }
spec:
  urlPath: .data.url
  revisionPath: .data.url
  template: { apiVersion: v1, kind: ConfigMap, metadata: { name: cart-code }, data: { url: u1 } }
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: note-NS }
spec:
  template: { apiVersion: v1, kind: ConfigMap, metadata: { name: note }, data: { url: $(source.url)$ } }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: checked-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: fetch, templateRef: { kind: ClusterSourceTemplate, name: one-NS } }
    - name: check
      sources: [{ name: code, resource: fetch }]
      templateRef:
        kind: ClusterSourceTemplate
        options:
          - { name: one-NS, selector: { matchLabels: { verify: full } } }
          - { passThrough: code, selector: { matchExpressions: [{ key: verify, operator: DoesNotExist }] } }
    - { name: note, sources: [{ name: code, resource: check }], templateRef: { kind: ClusterTemplate, name: note-NS } }
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS, verify: ful } }
spec: {}
`

const delivering = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: config-NS }
spec:
  template: { apiVersion: v1, kind: ConfigMap, metadata: { name: config } }
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: deliver-NS }
spec:
  template:
    apiVersion: carto.run/v1alpha1
    kind: Deliverable
    metadata: { name: $(workload.metadata.name)$, labels: { target: NS-nowhere } }
    spec: { serviceAccountName: stamper }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: delivering-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: config, templateRef: { kind: ClusterTemplate, name: config-NS } }
    - { name: deliver, templateRef: { kind: ClusterTemplate, name: deliver-NS } }
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS } }
spec: {}
`

// below makes an object that another one owns.
func (n *tenant) below(owner *unstructured.Unstructured, apiVersion, kind, name string) {
	n.t.Helper()
	n.apply(fmt.Sprintf(`
apiVersion: %s
kind: %s
metadata:
  name: %s
  labels: { image.kpack.io/image: %s } # as kpack sets it
  ownerReferences: [{ apiVersion: %s, kind: %s, name: %s, uid: %s, controller: true }]
`, apiVersion, kind, name, owner.GetName(), owner.GetAPIVersion(), owner.GetKind(), owner.GetName(), owner.GetUID()))
}

// pod makes a pod below an object that no node takes, and gives it a status.
func (n *tenant) pod(owner *unstructured.Unstructured, name, status string) {
	n.t.Helper()
	n.apply(fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata:
  name: %[1]s
  labels: { kpack.io/build: %[2]s, tekton.dev/taskRun: %[2]s } # as kpack and Tekton set them
  ownerReferences: [{ apiVersion: %[3]s, kind: %[4]s, name: %[2]s, uid: %[5]s, controller: true }]
spec:
  nodeSelector: { nowhere: "yes" }
  containers: [{ name: app, image: x }]
`, name, owner.GetName(), owner.GetAPIVersion(), owner.GetKind(), owner.GetUID()))
	n.patch(pods, name, `{"status":`+status+`}`, "status")
}

// failBuild brings buildAndRun to its Image, and plays a build that fails.
func (n *tenant) failBuild() {
	n.t.Helper()
	n.apply(stubCRD("builds", "kpack.io", "Build", "v1alpha2"))
	n.apply(buildAndRun + "---" + cart)
	n.report(gitRepos, "cart", fetched)
	n.report(images, "cart", map[string]any{"conditions": []any{condition("Ready", "False", "")}})
	image := n.mustGet(images, "cart")
	n.below(image, "kpack.io/v1alpha2", "Build", "cart-build-1")
	builds := gvr{Group: "kpack.io", Version: "v1alpha2", Resource: "builds"}
	n.report(builds, "cart-build-1", map[string]any{"conditions": []any{condition("Succeeded", "False", "")}})
	n.pod(n.mustGet(builds, "cart-build-1"), "cart-build-1-build-pod", `{"phase":"Failed","initContainerStatuses":[
		{"name":"detect","image":"x","imageID":"","ready":true,"restartCount":0,"state":{"terminated":{"exitCode":0,"reason":"Completed"}}},
		{"name":"build","image":"x","imageID":"","ready":false,"restartCount":0,"state":{"terminated":{"exitCode":51,"reason":"Error"}}}]}`)
}

// firstRun waits for the first run of a Runnable.
func (n *tenant) firstRun(runnable string) *unstructured.Unstructured {
	n.t.Helper()
	var run unstructured.Unstructured
	n.eventually(func() error {
		runs := n.runsOf(taskRuns, runnable)
		if len(runs) == 0 {
			return fmt.Errorf("there is no run")
		}
		run = runs[0]
		return nil
	})
	return &run
}

// stuckDeployment brings buildAndRun to its Deployment, whose pod no node takes, and gives
// the pod a status.
func (n *tenant) stuckDeployment(status string) {
	n.t.Helper()
	n.apply(replace(buildAndRun, "spec: { containers:", `spec: { nodeSelector: { nowhere: "yes" }, containers:`) + "---" + replace(cart, "value: 3", "value: 1"))
	n.report(gitRepos, "cart", fetched)
	n.report(images, "cart", builtImage)
	if status == "" {
		return
	}
	var name string
	n.eventually(func() error {
		list, err := n.client.Resource(pods).Namespace(n.ns).List(n.t.Context(), v1.ListOptions{})
		if err == nil && len(list.Items) == 0 {
			err = fmt.Errorf("there is no pod")
		}
		if err == nil {
			name = list.Items[0].GetName()
		}
		return err
	})
	if !json.Valid([]byte(status)) {
		n.t.Fatalf("not JSON: %s", status)
	}
	n.patch(pods, name, `{"status":`+status+`}`, "status")
}

// ask runs the plugin.
func (n *tenant) ask(args ...string) (string, int) {
	args = append(args, "-n", n.ns, "--kubeconfig", n.cp.Kubeconfig)
	cmd := exec.Command(filepath.Join("..", "..", "..", "bin", "kubectl-carto"), args...)
	out, _ := cmd.CombinedOutput() // the exit code says how it ended
	return string(out), cmd.ProcessState.ExitCode()
}

// TestWhy breaks set-ups, and asks the plugin what is wrong.
func TestWhy(t *testing.T) {
	t.Parallel()
	for name, tc := range brokenSetUps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.check(sharedWorld(t).tenant(t))
		})
	}
}

// TestWhyWithoutAgent: nothing has a status then.
func TestWhyWithoutAgent(t *testing.T) {
	t.Parallel()
	n := newWorld(t, harness.New(t, harness.Options{})).tenant(t)
	broken{
		reason: "the workload itself is not seen",
		apply:  func(n *tenant) { n.apply(buildAndRun + "---" + cart) },
		tree:   []string{"NotSeen", "the agent has written no status yet; is it running?"},
		why:    []string{"workload NS/cart is not ready: the agent has written no status for it", "is the agent running?"},
		next:   "kubectl carto doctor", never: append(victims, "step fetch"),
	}.check(n)
}

func (tc broken) check(n *tenant) {
	n.t.Helper()
	tc.apply(n)
	about := "workload/cart"
	if tc.about != "" {
		about = replaceNS(tc.about, n.ns)
	}
	n.eventually(func() error {
		out, code := n.ask("why", about, "--show", "selection,params")
		sentence, _, _ := strings.Cut(out, "\n")
		_, next, _ := strings.Cut(out, "\nNext\n")
		want := 1
		if tc.next == "" {
			want = tc.code
		}
		if code != want {
			return fmt.Errorf("%s: exit code %d, want %d:\n%s", tc.reason, code, want, out)
		}
		next, _, _ = strings.Cut(next, "\n\n")
		if part := missingPart(next, n.ns, tc.next); part != "" {
			return fmt.Errorf("%s: the next command is not %q:\n%s", tc.reason, part, out)
		}
		if part := missingPart(out, n.ns, tc.why...); part != "" {
			return fmt.Errorf("%s: why does not say %q:\n%s", tc.reason, part, out)
		}
		for _, victim := range tc.never {
			if strings.Contains(sentence, victim) {
				return fmt.Errorf("%s: %q is a victim:\n%s", tc.reason, victim, out)
			}
		}
		n.t.Logf("%s", out)
		return nil
	})
	if len(tc.tree) > 0 {
		tc.checkTree(n)
	}
	if tc.heals {
		tc.heal(n, about)
	}
}

// heal runs the first of the next commands as a person would.
func (tc broken) heal(n *tenant, about string) {
	n.t.Helper()
	if _, err := exec.LookPath("kubectl"); err != nil {
		n.t.Logf("without kubectl the remedy is not tried: %v", err)
		return
	}
	out, _ := n.ask("why", about)
	said, _, _ := strings.Cut(out, "\n")
	_, next, _ := strings.Cut(out, "\nNext\n")
	next, _, _ = strings.Cut(strings.TrimSpace(next), "\n")
	cmd := exec.Command("sh", "-c", next)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+n.cp.Kubeconfig)
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("%s: %s: %v\n%s", tc.reason, next, err, out)
	}
	n.eventually(func() error {
		if out, _ := n.ask("why", about); strings.HasPrefix(out, said) {
			return fmt.Errorf("%s: the remedy %s did not help:\n%s", tc.reason, next, out)
		}
		return nil
	})
}

func (tc broken) checkTree(n *tenant) {
	n.t.Helper()
	n.eventually(func() error {
		out, code := n.ask("tree", "workload/cart")
		if part := missingPart(out, n.ns, tc.tree...); part != "" || code != 0 {
			return fmt.Errorf("%s: exit code %d, and the tree does not say %q:\n%s", tc.reason, code, part, out)
		}
		_, cause, _ := strings.Cut(out, "\n\n")
		cause, _, _ = strings.Cut(cause, "\n")
		for _, victim := range tc.never {
			if strings.Contains(cause, victim) {
				return fmt.Errorf("%s: %q is a victim:\n%s", tc.reason, victim, out)
			}
		}
		n.t.Logf("%s", out)
		return nil
	})
}

// missingPart is the first part that a text lacks.
func missingPart(text, ns string, parts ...string) string {
	for _, part := range parts {
		if part = replaceNS(part, ns); !strings.Contains(text, part) {
			return part
		}
	}
	return ""
}
