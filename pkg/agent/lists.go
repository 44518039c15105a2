package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	goruntime "runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// How many objects a list asks for at once. Few lists have more of them than pageSize: the API
// server holds the state of a first page for the next ones only while its objects change, and
// else reads them from etcd, which takes three times as long. But it ends an answer that takes
// longer than a minute: after one that was long and broke off, pages are smaller, down to
// minPageSize, until a list has come to its end; or larger, when there are too many of them.
const (
	pageSize    = 50_000
	minPageSize = 500
	longAnswer  = 30 * time.Second
)

// batchSize is how many bytes of a list are decoded at once, while more are read.
const batchSize = 128 << 10

// reader reads objects by a codec, which its client decodes the events of watches with.
type reader struct {
	client   rest.Interface
	codec    objectCodec
	pageSize int64
	// failed hears of lists and watches that fail, and are tried again; nil when who asks for an
	// informer sets that himself.
	failed func(schema.GroupResource, error)
}

// collection asks for the objects of a resource in all namespaces.
func (r reader) collection(resource schema.GroupVersionResource, options metav1.ListOptions) *rest.Request {
	return r.client.Get().AbsPath(collectionPath(resource, "")...).
		SpecificallyVersionedParams(&options, metav1.ParameterCodec, schema.GroupVersion{Version: "v1"})
}

// listing is what an informer lists and watches.
type listing struct {
	resource schema.GroupResource
	get      func(options metav1.ListOptions) *rest.Request
	// example of the objects, for their type.
	example  runtime.Object
	indexers cache.Indexers
	// keep makes of an object what the cache holds of it, and of that the same again; nil: all.
	keep func(runtime.Object) runtime.Object
	// sift makes for each list what cuts its objects down while they are read; nil: nothing does.
	// Since keep sees a list when all of it is in memory, this is about memory only, and must
	// leave no trace elsewhere: a list can be given up at any time.
	sift func() func(runtime.Object) runtime.Object
}

// informer lists objects in pages, and watches them from there on.
func (r reader) informer(what listing) cache.SharedIndexInformer {
	if what.keep == nil {
		what.keep = whole
	}
	if what.sift == nil {
		what.sift = func() func(runtime.Object) runtime.Object { return whole }
	}
	lister := &lister{reader: r, listing: what, limit: r.pageSize, long: longAnswer}
	informer := cache.NewSharedIndexInformer(pagedLists{&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, _ metav1.ListOptions) (runtime.Object, error) {
			list, err := lister.list(ctx)
			if err != nil {
				return nil, err // not a nil list in an interface
			}
			return list, nil
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.Watch = true
			return what.get(options).Watch(ctx)
		},
	}}, what.example, 0, what.indexers)
	if r.failed != nil {
		_ = informer.SetWatchErrorHandlerWithContext(func(_ context.Context, _ *cache.Reflector, err error) { // as below
			if !ordinary(err) {
				r.failed(what.resource, err)
			}
		})
	}
	_ = informer.SetTransform(func(object any) (any, error) { // fails only when the informer already runs
		if o, ok := object.(runtime.Object); ok {
			return what.keep(o), nil
		}
		return object, nil
	})
	return informer
}

// ordinary errors are part of a watch's life: the informer lists again.
func ordinary(err error) bool {
	return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) || errors.Is(err, context.Canceled)
}

func whole(object runtime.Object) runtime.Object { return object }

// pagedLists has client-go ask for lists. Those that are streamed as events of a watch, as it
// prefers them, cost the API server two to three times as much.
type pagedLists struct{ *cache.ListWatch }

// IsWatchListSemanticsUnSupported tells client-go not to ask for a stream.
func (pagedLists) IsWatchListSemanticsUnSupported() bool { return true }

// objectList is a list of objects.
type objectList struct {
	metav1.TypeMeta
	metav1.ListMeta
	Items []runtime.Object
}

// DeepCopyObject implements runtime.Object; nobody changes a list.
func (l *objectList) DeepCopyObject() runtime.Object { return l }

// lister lists objects, one list after the other.
type lister struct {
	reader
	listing
	limit int64 // of the next page
	// long is when an answer that breaks off may have been too long.
	long time.Duration
}

// list lists all objects as they are now. Client-go would be content with what an API server has
// cached, however old: an agent that starts would not see what the one before it made, and make
// it again.
func (l *lister) list(ctx context.Context) (*objectList, error) {
	list, sift := &objectList{}, l.sift()
	var adding sync.Mutex
	add := func(object runtime.Object) {
		adding.Lock()
		defer adding.Unlock()
		list.Items = append(list.Items, sift(object))
	}
	for next := ""; ; {
		head, err := l.page(ctx, next, add)
		if apierrors.IsResourceExpired(err) && next != "" && l.limit < 1000*l.pageSize {
			// The pages took longer than the API server keeps the state of the first.
			l.limit *= 10
			return l.list(ctx)
		}
		if err != nil {
			return nil, err
		}
		if next == "" {
			list.ResourceVersion = head.version // which all pages are of
		}
		if next = head.next; next == "" {
			l.limit = l.pageSize
			return list, nil
		}
	}
}

// page reads a page of a list, adding its objects from several goroutines, and learns from what becomes of it how large pages can be.
func (l *lister) page(ctx context.Context, from string, add func(runtime.Object)) (listHead, error) {
	began := time.Now()
	head, err := l.read(ctx, from, add)
	switch {
	case err == nil, ctx.Err() != nil:
	case apierrors.IsTimeout(err), errors.Is(err, errSilent), time.Since(began) >= l.long:
		l.limit = max(l.limit/10, min(minPageSize, l.pageSize))
	}
	return head, err
}

func (l *lister) read(ctx context.Context, from string, add func(runtime.Object)) (listHead, error) {
	// Uncompressed: to compress costs the API server more than all else of a list.
	body, err := l.get(metav1.ListOptions{Limit: l.limit, Continue: from}).SetHeader("Accept-Encoding", "identity").Stream(ctx)
	if err != nil {
		return listHead{}, err
	}
	defer func() { _ = body.Close() }() // read to its end, or of no use any more
	decoding, ctx := errgroup.WithContext(ctx)
	decoding.SetLimit(goruntime.GOMAXPROCS(0))
	var batch [][]byte
	var size int
	decode := func() {
		items := batch
		decoding.Go(func() error { return l.decode(items, add) })
		batch, size = nil, 0
	}
	head, err := readPage(body, func(item []byte) error {
		batch, size = append(batch, bytes.Clone(item)), size+len(item)
		if size >= batchSize {
			decode()
		}
		return ctx.Err() // when one could not be decoded
	})
	decode()
	if failure := decoding.Wait(); failure != nil {
		return head, failure
	}
	return head, err
}

func (l *lister) decode(items [][]byte, add func(runtime.Object)) error {
	for _, item := range items {
		object, err := l.codec.read(item)
		if err != nil {
			return err
		}
		if got, want := reflect.TypeOf(object), reflect.TypeOf(l.example); got != want { // of events client-go looks at it
			return fmt.Errorf("read an item of a list: it is a %s, not a %s: %.100q", got, want, item)
		}
		add(object)
	}
	return nil
}
