package collect

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const owned = `
apiVersion: v1
kind: Node
metadata: {name: node-1, uid: n}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: chain, uid: s}
---
apiVersion: v1
kind: Pod
metadata:
  name: static
  namespace: shop
  uid: p
  ownerReferences: [{apiVersion: v1, kind: Node, name: node-1, uid: n, controller: true}]
---
apiVersion: v1
kind: Pod
metadata:
  name: of-chain
  namespace: shop
  uid: q
  ownerReferences: [{apiVersion: carto.run/v1alpha1, kind: ClusterSupplyChain, name: chain, uid: s}]
`

// TestUpToClusterScope: an object with a namespace may be owned by one without.
func TestUpToClusterScope(t *testing.T) {
	t.Parallel()
	source := Source{Client: clientOf(t, owned), Mapper: func() (meta.RESTMapper, error) {
		m := meta.NewDefaultRESTMapper(nil)
		m.Add(schema.GroupVersionKind{Version: "v1", Kind: "Node"}, meta.RESTScopeRoot)
		return m, nil
	}}
	for _, tc := range []struct{ reason, pod, kind, name string }{
		{"the mapper knows the scope of a node", "static", "Node", "node-1"},
		{"blueprints have no namespace, whatever a mapper says", "of-chain", "ClusterSupplyChain", "chain"},
	} {
		path, err := Up(t.Context(), source, Root{Resource: pods.resource, Namespace: "shop", Name: tc.pod})
		if err != nil {
			t.Fatal(err)
		}
		if len(path.Nodes) != 2 {
			t.Fatalf("%s: %+v", tc.reason, path)
		}
		if top := path.Nodes[1]; top.Missing || top.Kind != tc.kind || top.Name != tc.name || top.Namespace != "" {
			t.Errorf("%s: %+v", tc.reason, top)
		}
	}
}
