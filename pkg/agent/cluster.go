package agent

import (
	"fmt"

	"github.com/tidwall/gjson"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/jsonread"
)

// newClusterInformer watches all objects of a resource that clusterCodec reads. Indexers can be
// added to it.
func newClusterInformer(cluster reader, resource schema.GroupVersionResource, example runtime.Object) cache.SharedIndexInformer {
	return cluster.informer(listing{
		resource: resource.GroupResource(), example: example, indexers: cache.Indexers{},
		get: func(options metav1.ListOptions) *rest.Request { return cluster.collection(resource, options) },
	})
}

// clusterCodec reads what the agent follows beside owners and what is stamped for them, and of
// that what it needs: a large cluster has tens of thousands of accounts and bindings, and a CRD
// can have a megabyte.
var clusterCodec = objectCodec{"cluster", func(text []byte) (runtime.Object, error) {
	switch gjson.GetBytes(text, "kind").String() {
	case "CustomResourceDefinition":
		return readDefinition(text)
	case "RoleBinding", "ClusterRoleBinding":
		return readBinding(text)
	}
	id, err := readIdentity(text)
	if err != nil {
		return nil, err
	}
	return &id, nil
}}

// identity is of an object which it is, and nothing else.
type identity struct{ metav1.ObjectMeta }

// GetObjectKind implements runtime.Object; who reads the object knows its kind.
func (*identity) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }

// DeepCopyObject implements runtime.Object; nobody changes what is in a cache.
func (i *identity) DeepCopyObject() runtime.Object { return i }

func readIdentity(text []byte) (identity, error) {
	var object struct {
		Metadata struct {
			Name            string    `json:"name"`
			Namespace       string    `json:"namespace"`
			UID             types.UID `json:"uid"`
			ResourceVersion string    `json:"resourceVersion"`
		} `json:"metadata"`
	}
	if err := jsonread.Into(text, &object); err != nil {
		return identity{}, fmt.Errorf("read the metadata of an object: %w", err)
	}
	m := object.Metadata
	return identity{metav1.ObjectMeta{Name: m.Name, Namespace: m.Namespace, UID: m.UID, ResourceVersion: m.ResourceVersion}}, nil
}
