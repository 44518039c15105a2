package collect

import (
	"errors"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/carto-run/carto/pkg/tree"
)

const cluster = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: cart, namespace: shop}
spec: {}
status:
  supplyChainRef: {kind: ClusterSupplyChain, name: chain}
  resources:
    - {name: a, stampedRef: {apiVersion: apps/v1, kind: Deployment, namespace: shop, name: cart, resource: deployments.apps}}
    - {name: b, stampedRef: {apiVersion: batch/v1, kind: Job, namespace: shop, name: gone, resource: jobs.batch}}
    - {name: c, stampedRef: {apiVersion: example.dev/v1, kind: Policy, namespace: shop, name: p}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: chain}
spec: {resources: [{name: a, templateRef: {kind: ClusterTemplate, name: t}}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop, uid: d}
spec: {selector: {matchLabels: {app: cart}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: old, namespace: shop, uid: r0, labels: {app: cart}, ownerReferences: [{uid: d}]}
spec: {replicas: 0}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: new, namespace: shop, uid: r1, labels: {app: cart}, ownerReferences: [{uid: d}]}
spec: {replicas: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: mine, namespace: shop, uid: p1, ownerReferences: [{uid: r1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other, namespace: shop, uid: p2, ownerReferences: [{uid: zzz}]}
---
apiVersion: example.dev/v1
kind: Policy
metadata: {name: p, namespace: shop}
`

var cart = OwnerRef{Kind: "Workload", Namespace: "shop", Name: "cart"}

// TestRequests is the budget: one request for each node that the status names, one list
// for each kind below.
func TestRequests(t *testing.T) {
	t.Parallel()
	client := clientOf(t, cluster)
	in, err := Collect(t.Context(), client, cart)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, a := range client.Actions() {
		count[a.GetVerb()]++
	}
	if count["get"] != 5 || count["list"] != 2 || len(count) != 2 {
		t.Errorf("owner, blueprint, three objects, two kinds of children: got %v", count)
	}
	d := in.Objects["a"]
	if len(d.Children) != 1 || d.Children[0].Object.GetName() != "new" {
		t.Fatalf("the retired ReplicaSet is left out: %v", d.Children)
	}
	if p := d.Children[0].Children; len(p) != 1 || p[0].Object.GetName() != "mine" {
		t.Errorf("only children by owner reference: %v", p)
	}
	if !in.Objects["b"].Missing || in.Objects["c"].Object == nil {
		t.Errorf("missing %v, guessed plural %v", in.Objects["b"], in.Objects["c"])
	}
	if len(in.Unread) != 0 {
		t.Errorf("unread: %v", in.Unread)
	}
}

// TestForbidden: a missing permission costs one node, and is named.
func TestForbidden(t *testing.T) {
	t.Parallel()
	client := clientOf(t, cluster)
	for verb, resource := range map[string]string{"list": "pods", "get": "deployments"} {
		client.PrependReactor(verb, resource, func(a clienttesting.Action) (bool, runtime.Object, error) {
			return true, nil, apierrors.NewForbidden(a.GetResource().GroupResource(), "", errors.New("no"))
		})
	}
	in, err := Collect(t.Context(), client, cart)
	if err != nil {
		t.Fatal(err)
	}
	if len(in.Unread) != 1 || in.Unread[0].Code != "Forbidden" || in.Unread[0].Message != "no permission to get deployments.apps in namespace shop" {
		t.Errorf("unread: %+v", in.Unread)
	}
	if tr := tree.Build(in); len(tr.Steps) != 1 || tr.Steps[0].Object == nil {
		t.Errorf("the rest of the tree is there: %+v", tr.Steps)
	}
}

func TestOwnerNotFound(t *testing.T) {
	t.Parallel()
	if _, err := Collect(t.Context(), clientOf(t, cluster), OwnerRef{Kind: "Deliverable", Namespace: "shop", Name: "x"}); !apierrors.IsNotFound(err) {
		t.Errorf("got %v", err)
	}
}

// TestCircle: a status is what somebody wrote. One by which owners stamp each other, or
// themselves, many times over, must not be followed for ever.
func TestCircle(t *testing.T) {
	t.Parallel()
	const steps = 20
	stamps := func(name, other string) *unstructured.Unstructured {
		var resources []any
		for i := range steps {
			resources = append(resources, map[string]any{"name": fmt.Sprintf("s%d", i), "stampedRef": map[string]any{
				"apiVersion": "carto.run/v1alpha1", "kind": "Workload", "namespace": "shop", "name": other,
			}})
		}
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "carto.run/v1alpha1", "kind": "Workload", "metadata": map[string]any{"name": name, "namespace": "shop"},
			"spec": map[string]any{}, "status": map[string]any{"resources": resources},
		}}
	}
	for reason, tc := range map[string]struct {
		objects []runtime.Object
		most    int
	}{
		"itself":     {[]runtime.Object{stamps("a", "a")}, 1 + steps},
		"each other": {[]runtime.Object{stamps("a", "b"), stamps("b", "a")}, 1 + steps + steps*steps},
	} {
		client := fake.NewSimpleDynamicClient(runtime.NewScheme(), tc.objects...)
		in, err := Collect(t.Context(), client, OwnerRef{Kind: "Workload", Namespace: "shop", Name: "a"})
		if err != nil {
			t.Fatalf("%s: %v", reason, err)
		}
		if got := len(client.Actions()); got > tc.most {
			t.Errorf("%s: %d requests, want at most %d", reason, got, tc.most)
		}
		if got := len(tree.Build(in).Steps); got != steps {
			t.Errorf("%s: %d steps", reason, got)
		}
	}
}
