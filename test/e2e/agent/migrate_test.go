package agent

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/test/harness"
)

// originalDefinition is a definition as loose as the original's are: without rules,
// with fields that ours do not have.
const originalDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: %[1]s.carto.run, annotations: { cert-manager.io/inject-ca-from: cartographer-system/cartographer-webhook } }
spec:
  group: carto.run
  scope: %[3]s
  names: { kind: %[2]s, plural: %[1]s, singular: %[4]s }
  versions:
    - name: v1alpha1
      served: true
      storage: true
      subresources: { status: {} }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: { type: object, x-kubernetes-preserve-unknown-fields: true }
            status: { type: object, x-kubernetes-preserve-unknown-fields: true }
---
`

const originalController = `
apiVersion: v1
kind: Namespace
metadata: { name: cartographer-system }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: cartographer-controller, namespace: cartographer-system }
spec:
  replicas: 1
  selector: { matchLabels: { app: cartographer-controller } }
  template:
    metadata: { labels: { app: cartographer-controller } }
    spec: { containers: [{ name: controller, image: registry.example/cartographer }] }
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: supplychainvalidator }
webhooks:
  - name: supply-chain-validator.cartographer.com
    rules: [{ apiGroups: [carto.run], apiVersions: [v1alpha1], operations: [CREATE, UPDATE, DELETE], resources: [workloads] }]
    clientConfig: { service: { namespace: cartographer-system, name: cartographer-webhook } }
    failurePolicy: Fail
    sideEffects: None
    admissionReviewVersions: [v1]
`

// originalStatus is what the original wrote about a workload whose run has passed. It knows no condition of ours for a step
// that it does not have too.
const originalStatus = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS } }
spec: {}
status:
  observedGeneration: 1
  supplyChainRef: { kind: ClusterSupplyChain, name: tested-NS }
  conditions:
    - { type: SupplyChainReady, status: "True", reason: Ready, message: "", lastTransitionTime: "2023-01-01T00:00:00Z" }
    - { type: ResourcesSubmitted, status: "True", reason: ResourceSubmissionComplete, message: "", lastTransitionTime: "2023-01-01T00:00:00Z" }
    - { type: ResourcesHealthy, status: "True", reason: HealthyConditionRule, message: "", lastTransitionTime: "2023-01-01T00:00:00Z" }
    - { type: Ready, status: "True", reason: Ready, message: "", lastTransitionTime: "2023-01-01T00:00:00Z" }
  resources:
    - name: test
      stampedRef: { apiVersion: tekton.dev/v1, kind: TaskRun, name: cart-test-x7k2p, namespace: NS, resource: taskruns.tekton.dev }
      templateRef: { apiVersion: carto.run/v1alpha1, kind: ClusterSourceTemplate, name: test-NS }
      outputs:
        - { name: url, preview: "r1\n", digest: "sha256:4f6a1b", lastTransitionTime: "2023-01-01T00:00:00Z" }
        - { name: revision, preview: "r1\n", digest: "sha256:4f6a1b", lastTransitionTime: "2023-01-01T00:00:00Z" }
      conditions: [{ type: Ready, status: "True", reason: Ready, message: "", lastTransitionTime: "2023-01-01T00:00:00Z" }]
    - name: passed
      stampedRef: { apiVersion: v1, kind: ConfigMap, name: cart-passed, namespace: NS, resource: configmaps }
      templateRef: { apiVersion: carto.run/v1alpha1, kind: ClusterTemplate, name: passed-NS }
      inputs: [{ name: test }]
      conditions: [{ type: Ready, status: "True", reason: Ready, message: "", lastTransitionTime: "2023-01-01T00:00:00Z" }]
`

// originalStamped are the objects as the original stamps them: with its labels, and without a digest or a sequence.
const originalStamped = `
apiVersion: tekton.dev/v1
kind: TaskRun
metadata:
  name: cart-test-x7k2p
  generateName: cart-test-
  labels: { carto.run/workload-name: cart, carto.run/workload-namespace: NS, carto.run/supply-chain-name: tested-NS, carto.run/resource-name: test,
    carto.run/template-kind: ClusterSourceTemplate, carto.run/cluster-template-name: test-NS, carto.run/template-lifecycle: tekton }
  ownerReferences: [{ apiVersion: carto.run/v1alpha1, kind: Workload, name: cart, uid: UID, controller: true, blockOwnerDeletion: true }]
spec: { params: [{ name: revision, value: r1 }], timeout: 1h }
status: { conditions: [{ type: Succeeded, status: "True", reason: Succeeded, message: "", lastTransitionTime: "2023-01-01T00:00:00Z" }] }
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: cart-passed
  labels: { carto.run/workload-name: cart, carto.run/workload-namespace: NS, carto.run/supply-chain-name: tested-NS, carto.run/resource-name: passed,
    carto.run/template-kind: ClusterTemplate, carto.run/cluster-template-name: passed-NS, carto.run/template-lifecycle: mutable }
  ownerReferences: [{ apiVersion: carto.run/v1alpha1, kind: Workload, name: cart, uid: UID, controller: true, blockOwnerDeletion: true }]
data: { revision: r1 }
`

// TestMigrate: an owner that the original Cartographer brought to its goal is taken over as it is: nothing is made anew, and
// no test runs once more. What changes later is stamped by us.
func TestMigrate(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{})
	w := newWorld(t, cp)
	// The world has our definitions; the original's take their place.
	nodes, err := cp.StartNodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nodes.Stop() })
	for _, kind := range [][3]string{{"workloads", "Workload", "Namespaced"}, {"clustersupplychains", "ClusterSupplyChain", "Cluster"}} {
		harness.ApplyYAML(t, cp.Config, "", fmt.Sprintf(originalDefinition, kind[0], kind[1], kind[2], strings.ToLower(kind[1])))
	}
	n := w.tenant(t)
	n.tekton()
	n.apply(strings.Split(tested, "---\napiVersion: carto.run/v1alpha1\nkind: Workload")[0])
	n.apply(originalStatus)
	uid := string(n.mustGet(workloads, "cart").GetUID())
	n.apply(strings.ReplaceAll(originalStamped, "UID", uid))
	harness.ApplyYAML(t, cp.Config, "", originalController)
	run, passed := n.mustGet(taskRuns, "cart-test-x7k2p"), n.mustGet(configMaps, "cart-passed")

	plugin := func(args ...string) (string, error) {
		out, err := exec.Command(filepath.Join("..", "..", "..", "bin", "kubectl-carto"), append(args, "--kubeconfig", cp.Kubeconfig)...).CombinedOutput()
		return string(out), err
	}
	out, err := plugin("install", "--image", "registry.example/agent:v1")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(out, "does not run beside it") {
		t.Fatalf("beside the original: %v: %s", err, out)
	}
	if out, err = plugin("install", "--image", "registry.example/agent:v1", "--migrate", "--yes"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.agent = startAgent(t, agentKubeconfig(t, cp))
	t.Cleanup(func() { w.agent.Kill() })

	t.Log("the agent reconciles the owner, and leaves what it finds")
	n.expect("cart", allReady)
	harness.Eventually(t, patience, func() error {
		o := &owner{}
		if err := n.into(workloads, "cart", o); err != nil {
			return err
		}
		if c := o.Status.Resources[0].Conditions; len(c) < 3 {
			return fmt.Errorf("the step has the status of before: %s", summary(c))
		}
		return nil
	})
	harness.Never(t, 2*time.Second, func() error {
		runs := n.runs(taskRuns)
		if len(runs) != 1 || runs[0].GetUID() != run.GetUID() || runs[0].GetResourceVersion() != run.GetResourceVersion() {
			return fmt.Errorf("the run of before was touched: there are %d", len(runs))
		}
		return nil
	})
	if now := n.mustGet(configMaps, "cart-passed"); now.GetUID() != passed.GetUID() || field(now, "data", "revision") != "r1" {
		t.Error("the object of before was made anew")
	}
	since := map[string]v1.Time{}
	o := &owner{}
	if err := n.into(workloads, "cart", o); err != nil {
		t.Fatal(err)
	}
	for _, c := range o.Status.Conditions {
		since[c.Type] = c.LastTransitionTime
	}
	if got := since["Ready"].UTC().Year(); got != 2023 {
		t.Errorf("the owner is ready since %d: nothing has changed in 2023's status", got)
	}

	t.Log("a change makes one more run")
	n.patch(workloads, "cart", `{"spec":{"params":[{"name":"revision","value":"r2"}]}}`)
	n.finish(n.expectRuns("r1", "r2"), "True")
	n.eventually(func() error {
		if got := field(n.mustGet(configMaps, "cart-passed"), "data", "revision"); got != "r2" {
			return fmt.Errorf("downstream has %v", got)
		}
		return nil
	})
}
