package world

import (
	"context"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/collect"
)

// wanted says which objects: those of a kind, in a namespace, with labels.
type wanted struct {
	resource            schema.GroupVersionResource
	kind                schema.GroupVersionKind
	namespace, selector string
}

// labelled holds these objects, kept up to date by one watch.
type labelled struct {
	of       wanted
	informer cache.SharedIndexInformer
	end      context.CancelFunc
	group    sync.WaitGroup

	mu  sync.Mutex
	err error
}

// ensure has it hold what is wanted. changed is poked when something may have changed.
func (l *labelled) ensure(ctx context.Context, client dynamic.Interface, of wanted, changed chan<- struct{}) {
	if l.informer != nil && l.of == of {
		return
	}
	l.stop()
	poke := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	informer := dynamicinformer.NewFilteredDynamicInformer(client, of.resource, of.namespace, 0, cache.Indexers{},
		func(options *metav1.ListOptions) { options.LabelSelector = of.selector }).Informer()
	// All of these fail only for an informer that has been started.
	_ = informer.SetWatchErrorHandlerWithContext(func(_ context.Context, _ *cache.Reflector, err error) {
		if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || collect.MissingKind(err) {
			l.failed(err)
			poke()
		}
	})
	_ = informer.SetTransform(func(o any) (any, error) {
		if obj, ok := o.(*unstructured.Unstructured); ok {
			obj.SetGroupVersionKind(of.kind) // items of a list of a built-in kind come without
			obj.SetManagedFields(nil)
		}
		return o, nil
	})
	handler, _ := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { poke() }, UpdateFunc: func(any, any) { poke() }, DeleteFunc: func(any) { poke() },
	})
	ctx, l.end = context.WithCancel(ctx)
	l.of, l.informer, l.err = of, informer, nil
	ended := func(err error) {
		if err != nil {
			l.failed(err)
			poke()
		}
	}
	spawn(&l.group, func() error { informer.RunWithContext(ctx); return nil }, ended)
	spawn(&l.group, func() error {
		// An empty list makes no event.
		if cache.WaitFor(ctx, "", handler.HasSyncedChecker()) {
			poke()
		}
		return nil
	}, ended)
}

func (l *labelled) failed(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// stop ends the watch, and waits for its end. It is fine for one that holds nothing.
func (l *labelled) stop() {
	if l.informer == nil {
		return
	}
	l.end()
	l.group.Wait()
	l.informer = nil
}

// objects that there are; they are not to be changed. synced is false before the first list.
func (l *labelled) objects() (objects []*unstructured.Unstructured, synced bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.informer.GetStore().List() {
		if obj, ok := o.(*unstructured.Unstructured); ok {
			objects = append(objects, obj)
		}
	}
	return objects, l.informer.HasSynced(), l.err
}
