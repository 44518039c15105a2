package impact

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic/fake"
	kubetesting "k8s.io/client-go/testing"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// blueprints of the tests: text gives its output at once, which copy reads; run has nothing
// to do with either.
const blueprints = `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: text}
spec:
  configPath: .data.text
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$}, data: {text: hello}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: copy}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$-copy}, data: {copy: $(config)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: run}
spec:
  template: {apiVersion: apps/v1, kind: Deployment, metadata: {name: $(workload.metadata.name)$}, spec: {replicas: 1}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: chain}
spec:
  selector: {shape: round}
  resources:
  - name: text
    templateRef: {kind: ClusterConfigTemplate, name: text}
  - name: copy
    configs: [{name: text, resource: text}]
    templateRef: {kind: ClusterTemplate, name: copy}
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: shop}
`

// changedText is the file of most tests.
const changedText = `
apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: text}
spec:
  configPath: .data.text
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$}, data: {text: bye}}
`

var (
	configMaps  = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
)

// cluster is one without an API server: server-side apply merges what is sent, and a dry run
// leaves no trace.
type cluster struct {
	*fake.FakeDynamicClient
	t *testing.T

	mu sync.Mutex
	// settling keeps the first state of each object that is asked for, as the agent's work.
	settling bool
	// fail answers a request instead.
	fail func(kubetesting.Action) error
}

func newCluster(t *testing.T, workloads int) *cluster {
	t.Helper()
	lists := map[schema.GroupVersionResource]string{configMaps: "ConfigMapList", deployments: "DeploymentList"}
	for _, k := range v1alpha1.Kinds {
		lists[k.Resource()] = k.Name + "List"
	}
	objects := parse(t, blueprints)
	for i := range workloads {
		objects = append(objects, parse(t, fmt.Sprintf("apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: w%03d, namespace: shop, uid: u%d, labels: {shape: round}}\nspec: {}", i, i))...)
	}
	all := make([]runtime.Object, len(objects))
	for i, o := range objects {
		all[i] = o
	}
	c := &cluster{FakeDynamicClient: fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), lists, all...), t: t}
	c.PrependReactor("patch", "*", c.patch)
	c.PrependReactor("*", "*", func(action kubetesting.Action) (bool, runtime.Object, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.fail != nil {
			if err := c.fail(action); err != nil {
				return true, nil, err
			}
		}
		return false, nil, nil
	})
	return c
}

func (c *cluster) patch(action kubetesting.Action) (bool, runtime.Object, error) {
	p := action.(kubetesting.PatchActionImpl)
	if len(p.PatchOptions.DryRun) != 1 || p.PatchType != types.ApplyPatchType {
		c.t.Errorf("a patch that is no dry run of an apply: %v", p)
	}
	sent := &unstructured.Unstructured{}
	if err := json.Unmarshal(p.Patch, &sent.Object); err != nil {
		return true, nil, err
	}
	made := sent.DeepCopy()
	if live, err := c.Tracker().Get(p.Resource, p.Namespace, p.Name); err == nil {
		made = live.(*unstructured.Unstructured).DeepCopy()
		made.Object = overlaid(made.Object, sent.Object)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.Tracker().Get(p.Resource, p.Namespace, p.Name); err != nil && c.settling {
		owned := metav1.NewFieldsV1(`{"f:metadata":{"f:labels":{},"f:annotations":{}},"f:data":{},"f:spec":{}}`)
		made.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: "carto", Operation: metav1.ManagedFieldsOperationApply, FieldsV1: owned}})
		return true, made, c.Tracker().Create(p.Resource, made, p.Namespace)
	}
	return true, made, nil
}

// settle lets the agent's work be done.
func (c *cluster) settle() {
	c.t.Helper()
	c.settling = true
	if _, err := c.of(changedText, Query{}); err != nil {
		c.t.Fatal(err)
	}
	c.settling = false
	c.ClearActions()
}

func (c *cluster) source() Source {
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, meta.RESTScopeNamespace)
	mapper.Add(schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, meta.RESTScopeNamespace)
	mapper.Add(v1alpha1.GroupVersion.WithKind(v1alpha1.KindDeliverable), meta.RESTScopeNamespace)
	return Source{Client: c, Mapper: mapper, FieldManager: "person", Parallel: 4}
}

// of foretells the effect of a file.
func (c *cluster) of(file string, query Query) (*Impact, error) {
	c.t.Helper()
	for _, object := range parse(c.t, file) {
		query.Given = append(query.Given, Given{File: "f.yaml", Line: 1, Object: object, Errorf: func(field, format string, args ...any) error {
			return fmt.Errorf("f.yaml: "+field+": "+format, args...)
		}})
	}
	return Of(c.t.Context(), c.source(), query)
}

// requests counts those of each verb and resource.
func (c *cluster) requests() map[string]int {
	counts := map[string]int{}
	for _, a := range c.Actions() {
		counts[a.GetVerb()+" "+a.GetResource().Resource]++
	}
	return counts
}

func parse(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for _, doc := range strings.Split(text, "\n---\n") {
		raw, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		u := &unstructured.Unstructured{}
		if err := u.UnmarshalJSON(raw); err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
	}
	return all
}
