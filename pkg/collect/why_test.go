package collect

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/carto-run/carto/pkg/tree"
)

const explained = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: cart, namespace: shop, labels: {shape: a}}
spec: {params: [{name: x, value: 1}]}
status: {supplyChainRef: {kind: ClusterSupplyChain, name: chain}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: chain}
spec: {selector: {shape: a}, resources: [{name: a, templateRef: {kind: ClusterTemplate, name: there}}, {name: b, templateRef: {kind: ClusterTemplate, name: gone}}]}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: there}
spec: {template: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}}
---
apiVersion: v1
kind: Event
metadata: {name: old, namespace: shop}
type: Warning
reason: Old
lastTimestamp: "2026-01-01T00:00:00Z"
---
apiVersion: v1
kind: Event
metadata: {name: new, namespace: shop}
type: Warning
reason: New
series: {count: 7, lastObservedTime: "2026-01-01T01:00:00.000000Z"}
`

// explainedTree has a cause that ends at a pod, in an owner below.
func explainedTree() *tree.Tree {
	return &tree.Tree{
		Owner: tree.OwnerNode{
			Ref:  tree.Ref{Kind: "Workload", Namespace: "shop", Name: "cart"},
			Read: &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{"name": "cart"}}},
		},
		Blueprint: &tree.Ref{Kind: "ClusterSupplyChain", Name: "chain"},
		RootCause: &tree.RootCause{
			Path:   []tree.Link{{Ref: tree.Ref{Kind: "Deliverable", Namespace: "shop", Name: "cart"}}},
			Nested: &tree.RootCause{Path: []tree.Link{{Ref: tree.Ref{Kind: "Pod", Namespace: "shop", Name: "p"}, UID: "u1"}}},
		},
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	client := clientOf(t, explained)
	facts, err := Facts(t.Context(), client, explainedTree(), true)
	if err != nil {
		t.Fatal(err)
	}
	if len(facts.Blueprints) != 1 || facts.Owner == nil || len(facts.Unread) != 0 {
		t.Errorf("got %+v", facts)
	}
	there, gone := 0, 0
	for use, template := range facts.Templates {
		if template != nil && use.Name == "there" {
			there++
		} else if template == nil && use.Name == "gone" {
			gone++
		}
	}
	if there != 1 || gone != 1 {
		t.Errorf("templates: %v", facts.Templates)
	}
	if e := facts.Events; len(e) != 2 || e[0].Reason != "New" || e[0].Count != 7 || e[1].Count != 1 {
		t.Errorf("the newest event comes first: %+v", e)
	}
	for _, a := range client.Actions() {
		if list, ok := a.(clienttesting.ListAction); ok && a.GetResource().Resource == "events" {
			if got := list.GetListRestrictions().Fields.String(); got != "involvedObject.uid=u1,type=Warning" {
				t.Errorf("all events of the namespace are read: %q", got)
			}
		}
	}
}

// TestFactsWithoutTemplates: each would cost a request.
func TestFactsWithoutTemplates(t *testing.T) {
	t.Parallel()
	client := clientOf(t, explained)
	if facts, err := Facts(t.Context(), client, explainedTree(), false); err != nil || facts.Templates != nil {
		t.Errorf("got %v, %v", facts.Templates, err)
	}
	if n := len(client.Actions()); n != 2 {
		t.Errorf("%d requests: the blueprints and the events are two", n)
	}
}

// TestFactsForbidden: what may not be read is named, and the rest is there.
func TestFactsForbidden(t *testing.T) {
	t.Parallel()
	client := clientOf(t, explained)
	client.PrependReactor("list", "*", func(a clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(a.GetResource().GroupResource(), "", errors.New("no"))
	})
	facts, err := Facts(t.Context(), client, explainedTree(), true)
	if err != nil || facts.Owner == nil {
		t.Fatal(err)
	}
	if u := facts.Unread; len(u) != 2 || u[0].Resource != "clustersupplychains.carto.run" || u[1].Message != "no permission to list events in namespace shop" {
		t.Errorf("unread: %+v", u)
	}
}

func TestBlueprintFacts(t *testing.T) {
	t.Parallel()
	client := clientOf(t, explained)
	b := newReader(Source{Client: client}, Query{}).compiled(t.Context(), "Workload")[0]
	missing, owners, unread, err := BlueprintFacts(t.Context(), client, b)
	if err != nil || len(unread) != 0 {
		t.Fatal(err, unread)
	}
	if len(missing) != 1 || missing[0].Name != "gone" || len(owners) != 1 || owners[0].Name != "cart" {
		t.Errorf("missing %v, owners %v", missing, owners)
	}
}
