package agent

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// handle tells a handler what an informer sees. What it returns is done once the handler has
// heard of the first list, which is later than that the cache has it.
func handle(informer cache.SharedIndexInformer, handler cache.ResourceEventHandler) cache.DoneChecker {
	registration, _ := informer.AddEventHandler(handler) // fails only when the informer has ended
	return registration.HasSyncedChecker()
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
