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
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return resource.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return resource.Watch(ctx, options)
		},
	}
	informer := cache.NewSharedIndexInformer(cache.ToListWatcherWithWatchListSemantics(lw, client), &unstructured.Unstructured{}, 0, cache.Indexers{})
	_ = informer.SetTransform(func(object any) (any, error) { // fails only when the informer already runs
		if u, ok := object.(*unstructured.Unstructured); ok {
			return read(u), nil
		}
		return object, nil
	})
	return informer
}
