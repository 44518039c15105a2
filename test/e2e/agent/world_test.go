// Package agent runs the agent's binary as a black box against a real control plane.
package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
	"github.com/carto-run/carto/test/harness"
)

func TestMain(m *testing.M) {
	code := harness.Main(m)
	if code == 0 && !checkRows() {
		code = 1
	}
	if w := shared.world; w != nil {
		w.agent.Kill()
		_ = w.nodes.Stop()
	}
	os.Exit(code)
}

// Resources that the tests look at.
var (
	workloads     = v1alpha1.GroupVersion.WithResource("workloads")
	deliverables  = v1alpha1.GroupVersion.WithResource("deliverables")
	runnables     = v1alpha1.GroupVersion.WithResource("runnables")
	supplyChains  = v1alpha1.GroupVersion.WithResource("clustersupplychains")
	gitRepos      = schema.GroupVersionResource{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "gitrepositories"}
	images        = schema.GroupVersionResource{Group: "kpack.io", Version: "v1alpha2", Resource: "images"}
	deployments   = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	configMaps    = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	definitions   = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	events        = schema.GroupVersionResource{Version: "v1", Resource: "events"}
	patience      = 20 * time.Second
	stubCRDFormat = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: %[1]s.%[2]s }
spec:
  group: %[2]s
  scope: Namespaced
  names: { kind: %[3]s, plural: %[1]s, singular: %[4]s }
  versions:
    - name: %[5]s
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
)

func stubCRD(plural, group, kind, version string) string {
	return fmt.Sprintf(stubCRDFormat, plural, group, kind, strings.ToLower(kind), version)
}

type gvr = schema.GroupVersionResource

// world is a control plane with CRDs, and an agent that works on it.
type world struct {
	cp     *harness.ControlPlane
	client dynamic.Interface
	agent  *process
	nodes  *harness.Kwok
}

var shared struct {
	once  sync.Once
	world *world
}

// sharedWorld is the one of all tests that harm neither control plane nor agent.
func sharedWorld(t *testing.T) *world {
	t.Helper()
	cp := harness.Shared(t)
	shared.once.Do(func() {
		w := newWorld(t, cp)
		var err error
		if w.nodes, err = cp.StartNodes(context.Background()); err != nil {
			t.Fatal(err)
		}
		w.agent = startAgent(t, cp.Kubeconfig)
		shared.world = w
	})
	if shared.world == nil {
		t.Fatal("the shared agent did not start")
	}
	return shared.world
}

func newWorld(t *testing.T, cp *harness.ControlPlane) *world {
	t.Helper()
	client, err := dynamic.NewForConfig(cp.Config)
	if err != nil {
		t.Fatal(err)
	}
	manifests, err := crds.Raw()
	if err != nil {
		t.Fatal(err)
	}
	for _, manifest := range manifests {
		harness.ApplyYAML(t, cp.Config, "", string(manifest))
	}
	harness.ApplyYAML(t, cp.Config, "", stubCRD("gitrepositories", "source.toolkit.fluxcd.io", "GitRepository", "v1")+stubCRD("images", "kpack.io", "Image", "v1alpha2"))
	return &world{cp: cp, client: client}
}

// process is a running agent.
type process struct{ *harness.Agent }

func startAgent(t *testing.T, kubeconfig string, flags ...string) *process {
	t.Helper()
	// Not the test's folder: the shared agent outlives the test that started it.
	log := filepath.Join(filepath.Dir(kubeconfig), fmt.Sprintf("agent-%d.log", logs.Add(1)))
	agent, err := harness.StartAgent(kubeconfig, log, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return &process{agent}
}

var logs atomic.Int32

// tenant is a namespace with its own blueprints: every NS in manifests becomes its
// name, so that cluster-scoped objects of different tests do not meet.
type tenant struct {
	*world
	t  *testing.T
	ns string
}

const account = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: stamper }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: stamper }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: ServiceAccount, name: stamper, namespace: NS }]
`

// awaitRest waits until the agent has sent nothing but watches and what keeps its lease for a while: events trickle behind its work,
// so ready owners do not mean that it has written everything.
func awaitRest(t *testing.T, cp *harness.ControlPlane) {
	t.Helper()
	harness.Eventually(t, 3*time.Minute, func() error {
		before, err := cp.Mark(t.Context())
		if err != nil {
			return err
		}
		time.Sleep(3 * time.Second) // how long silence has to last to count
		requests, err := cp.Requests(t.Context(), harness.Filter{UserAgent: "carto-agent", Since: before})
		if err != nil {
			return err
		}
		for _, r := range requests {
			if r.Verb != "watch" && r.Resource != "leases" {
				return fmt.Errorf("the agent is not at rest: %s %s", r.Verb, r.URI)
			}
		}
		return nil
	})
}

func (w *world) tenant(t *testing.T) *tenant {
	t.Helper()
	n := &tenant{world: w, t: t, ns: harness.Namespace(t, w.cp)}
	n.apply(account)
	t.Cleanup(func() {
		if t.Failed() && w.agent != nil {
			t.Logf("the agent's log:\n%s", linesAbout(w.agent.Log(), n.ns))
		}
	})
	return n
}

// linesAbout picks what the log says of a namespace, the last lines only.
func linesAbout(log, namespace string) string {
	var lines []string
	for line := range strings.Lines(log) {
		if strings.Contains(line, namespace) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-10):], "")
}

func (n *tenant) apply(documents string) {
	n.t.Helper()
	harness.ApplyYAML(n.t, n.cp.Config, n.ns, strings.ReplaceAll(documents, "NS", n.ns))
}

func (n *tenant) get(gvr schema.GroupVersionResource, name string) (*unstructured.Unstructured, error) {
	return n.client.Resource(gvr).Namespace(n.ns).Get(context.Background(), name, v1.GetOptions{})
}

func (n *tenant) mustGet(gvr schema.GroupVersionResource, name string) *unstructured.Unstructured {
	n.t.Helper()
	var object *unstructured.Unstructured
	n.eventually(func() (err error) {
		object, err = n.get(gvr, name)
		return err
	})
	return object
}

func (n *tenant) patch(gvr schema.GroupVersionResource, name, patch string, subresource ...string) {
	n.t.Helper()
	_, err := n.client.Resource(gvr).Namespace(n.ns).Patch(context.Background(), name, types.MergePatchType, []byte(patch), v1.PatchOptions{FieldManager: "somebody"}, subresource...)
	if err != nil {
		n.t.Fatalf("patch %s %s: %v", gvr.Resource, name, err)
	}
}

// report plays a third-party controller: it writes the status of an object.
func (n *tenant) report(gvr schema.GroupVersionResource, name string, status map[string]any) {
	n.t.Helper()
	n.mustGet(gvr, name)
	text, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		n.t.Fatal(err)
	}
	n.patch(gvr, name, string(text), "status")
}

func condition(conditionType, status, message string) map[string]any {
	return map[string]any{
		"type": conditionType, "status": status, "reason": "Told", "message": message,
		"lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
	}
}

func (n *tenant) delete(gvr schema.GroupVersionResource, name string) {
	n.t.Helper()
	if err := n.client.Resource(gvr).Namespace(n.ns).Delete(context.Background(), name, v1.DeleteOptions{}); err != nil {
		n.t.Fatalf("delete %s %s: %v", gvr.Resource, name, err)
	}
}

func (n *tenant) deleteCluster(resource, name string) {
	n.t.Helper()
	err := n.client.Resource(v1alpha1.GroupVersion.WithResource(resource)).Delete(context.Background(), strings.ReplaceAll(name, "NS", n.ns), v1.DeleteOptions{})
	if err != nil {
		n.t.Fatalf("delete %s %s: %v", resource, name, err)
	}
}

func (n *tenant) eventually(check func() error) {
	n.t.Helper()
	harness.Eventually(n.t, patience, check)
}

func (n *tenant) workload(name string) (*v1alpha1.Workload, error) {
	w := &v1alpha1.Workload{}
	return w, n.into(workloads, name, w)
}

// into reads an object as its type.
func (n *tenant) into(gvr gvr, name string, object any) error {
	u, err := n.get(gvr, name)
	if err != nil {
		return err
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, object)
}

// owner is what owners of all kinds have in common.
type owner struct {
	v1.ObjectMeta `json:"metadata"`
	Status        v1alpha1.OwnerStatus `json:"status"`
}

// summary shows conditions as TYPE=STATUS/REASON.
func summary(conditions []v1.Condition) string {
	texts := make([]string, len(conditions))
	for i, c := range conditions {
		texts[i] = fmt.Sprintf("%s=%s/%s", c.Type, c.Status, c.Reason)
	}
	return strings.Join(texts, " ")
}

// expect waits until a workload and its steps have these conditions, and returns the
// workload. Steps are "NAME: CONDITIONS"; the owner's line comes first.
func (n *tenant) expect(name, want string, steps ...string) *v1alpha1.Workload {
	n.t.Helper()
	n.expectOf(workloads, name, want, steps...)
	w, err := n.workload(name)
	if err != nil {
		n.t.Fatal(err)
	}
	return w
}

// expectOf does so for an owner of any kind.
func (n *tenant) expectOf(kind gvr, name, want string, steps ...string) *owner {
	n.t.Helper()
	var seen *owner
	n.eventually(func() error {
		o := &owner{}
		if err := n.into(kind, name, o); err != nil {
			return err
		}
		seen = o
		if o.Status.ObservedGeneration != o.Generation {
			return fmt.Errorf("generation %d is observed, not %d", o.Status.ObservedGeneration, o.Generation)
		}
		if got := summary(o.Status.Conditions); got != want {
			return fmt.Errorf("conditions\n got: %s\nwant: %s\n%s", got, want, messages(o.Status.Conditions))
		}
		if len(steps) == 0 {
			return nil
		}
		var got []string
		for _, r := range o.Status.Resources {
			got = append(got, r.Name+": "+summary(r.Conditions))
		}
		if strings.Join(got, "\n") != strings.Join(steps, "\n") {
			return fmt.Errorf("steps\n got: %s\nwant: %s", strings.Join(got, "\n      "), strings.Join(steps, "\n      "))
		}
		return nil
	})
	reached.note(kind.Resource, want)
	for _, step := range steps {
		_, conditions, _ := strings.Cut(step, ": ")
		reached.note(kind.Resource, conditions)
	}
	return seen
}

func messages(conditions []v1.Condition) string {
	var texts []string
	for _, c := range conditions {
		texts = append(texts, c.Type+": "+c.Message)
	}
	return strings.Join(texts, "\n")
}

// expectMessage waits until a condition of a workload says something.
func (n *tenant) expectMessage(name, conditionType string, parts ...string) {
	n.t.Helper()
	n.expectMessageOf(workloads, name, conditionType, parts...)
}

// expectMessageOf does so for an owner of any kind.
func (n *tenant) expectMessageOf(kind gvr, name, conditionType string, parts ...string) {
	n.t.Helper()
	n.eventually(func() error {
		o := &owner{}
		if err := n.into(kind, name, o); err != nil {
			return err
		}
		for _, c := range o.Status.Conditions {
			if c.Type != conditionType {
				continue
			}
			for _, part := range parts {
				if !strings.Contains(c.Message, strings.ReplaceAll(part, "NS", n.ns)) {
					return fmt.Errorf("%s: %q does not say %q", conditionType, c.Message, part)
				}
			}
			return nil
		}
		return fmt.Errorf("there is no condition %s", conditionType)
	})
}

// field reads a value of an object by its path.
func field(u *unstructured.Unstructured, path ...string) any {
	value, _, _ := unstructured.NestedFieldNoCopy(u.Object, path...)
	return value
}

// expectGone waits until an object is deleted.
func (n *tenant) expectGone(gvr schema.GroupVersionResource, name string) {
	n.t.Helper()
	n.eventually(func() error {
		if _, err := n.get(gvr, name); err == nil {
			return fmt.Errorf("%s %s is still there", gvr.Resource, name)
		}
		return nil
	})
}
