package agent

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
)

// newDynamicInformer watches all objects of a kind and keeps of each only what read
// returns, which must implement metav1.Object.
func newDynamicInformer(client dynamic.Interface, gvr schema.GroupVersionResource, read func(*unstructured.Unstructured) any) cache.SharedIndexInformer {
	resource := client.Resource(gvr)
	lw := selecting("", resource.List, resource.Watch)
	informer := cache.NewSharedIndexInformer(cache.ToListWatcherWithWatchListSemantics(lw, client), &unstructured.Unstructured{}, 0, cache.Indexers{})
	_ = informer.SetTransform(func(object any) (any, error) { // fails only when the informer already runs
		if u, ok := object.(*unstructured.Unstructured); ok {
			return read(u), nil
		}
		return object, nil
	})
	return informer
}

// selecting lists and watches the objects that a label selector matches; all when it is
// empty.
func selecting[L runtime.Object](
	selector string,
	list func(context.Context, metav1.ListOptions) (L, error),
	open func(context.Context, metav1.ListOptions) (watch.Interface, error),
) *cache.ListWatch {
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.LabelSelector = selector
			objects, err := list(ctx, options)
			if err != nil {
				return nil, err // not a nil list in an interface
			}
			return objects, nil
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.LabelSelector = selector
			return open(ctx, options)
		},
	}
}
