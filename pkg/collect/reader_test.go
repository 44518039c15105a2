package collect

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"
)

// TestListExpired: an API server forgets where the next page begins. What was read until
// then is not read twice.
func TestListExpired(t *testing.T) {
	t.Parallel()
	client := clientOf(t, cluster)
	page := func(next string, names ...string) *unstructured.UnstructuredList {
		list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "PodList"}}
		list.SetContinue(next)
		for _, name := range names {
			item := unstructured.Unstructured{}
			item.SetName(name)
			list.Items = append(list.Items, item)
		}
		return list
	}
	client.PrependReactor("list", "pods", func(a clienttesting.Action) (bool, runtime.Object, error) {
		switch options := a.(clienttesting.ListActionImpl).ListOptions; {
		case options.Continue != "":
			return true, nil, apierrors.NewResourceExpired("too old")
		case options.Limit > 0:
			return true, page("next", "a", "b"), nil
		}
		return true, page("", "a", "b", "c"), nil
	})
	items, err := newReader(Source{Client: client}, Query{}).list(t.Context(), target{resource: pods.resource, namespace: "shop"})
	if err != nil || len(items) != 3 || items[2].GetName() != "c" {
		t.Errorf("got %v, %v", items, err)
	}
}
