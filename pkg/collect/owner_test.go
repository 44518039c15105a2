package collect

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/tree"
)

// broken is an owner that an older definition of its type let through.
const broken = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: broken, namespace: shop, uid: b}
spec: {params: nothing}
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: cart, namespace: shop}
spec: {}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: of-broken, namespace: shop, uid: c, labels: {carto.run/workload-name: broken}}
`

// clientOf has the objects of a stream of documents.
func clientOf(t *testing.T, documents string) *fake.FakeDynamicClient {
	t.Helper()
	var objects []runtime.Object
	for doc := range strings.SplitSeq(documents, "\n---\n") {
		raw, err := yaml.YAMLToJSON([]byte(doc))
		obj := &unstructured.Unstructured{}
		if err == nil {
			err = obj.UnmarshalJSON(raw)
		}
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, obj)
	}
	return fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{
		{Group: "carto.run", Version: "v1alpha1", Resource: "clustersupplychains"}: "ClusterSupplyChainList",
		{Group: "carto.run", Version: "v1alpha1", Resource: "workloads"}:           "WorkloadList",
		{Version: "v1", Resource: "events"}:                                        "EventList",
		{Version: "v1", Resource: "pods"}:                                          "PodList",
		{Group: "apps", Version: "v1", Resource: "replicasets"}:                    "ReplicaSetList",
	}, objects...)
}

// TestBrokenOwner: only a root by name is indispensable.
func TestBrokenOwner(t *testing.T) {
	t.Parallel()
	named := func(unread []tree.Unread) bool {
		return len(unread) == 1 && unread[0].Name == "broken" && strings.Contains(unread[0].Message, "Workload shop/broken is not as carto.run/v1alpha1 says")
	}
	source := Source{Client: clientOf(t, broken)}
	workloads := Root{Resource: cart.Resource(), Namespace: "shop"}
	forest, err := Trees(t.Context(), source, Query{Roots: []Root{workloads}})
	if err != nil {
		t.Fatal(err)
	}
	if len(forest.Trees) != 1 || forest.Trees[0].Owner.Name != "cart" || !named(forest.Unread) {
		t.Errorf("the others are there, and it is named: %+v", forest)
	}

	path, err := Up(t.Context(), source, Root{Resource: schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}, Namespace: "shop", Name: "of-broken"})
	if err != nil {
		t.Fatal(err)
	}
	if len(path.Nodes) != 2 || path.Owner() == nil || path.Owner().Name != "broken" || !named(path.Unread) {
		t.Errorf("the way is there, and it is named: %+v", path)
	}

	workloads.Name = "broken"
	if _, err := Trees(t.Context(), source, Query{Roots: []Root{workloads}}); err == nil {
		t.Error("a root by name: no error")
	}
	if _, err := Up(t.Context(), source, workloads); err == nil {
		t.Error("the object of a way up: no error")
	}
}
