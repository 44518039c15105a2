package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// watchSet holds one informer for each kind of stamped objects in use. Informers start
// when a kind is first stamped and stop when nothing stamps it any more. They see only
// objects that Carto stamped: a million foreign objects of a kind cost nothing.
type watchSet struct {
	client  dynamic.Interface
	log     *slog.Logger
	metrics *metrics
	// changed is called for each change of a stamped object that this agent did not
	// write itself.
	changed func(owner ownerKey)

	mu      sync.Mutex
	watches map[schema.GroupVersionResource]*kindWatch
	group   sync.WaitGroup
}

// stampedSelector selects what Carto stamps for owners.
const stampedSelector = v1alpha1.LabelResourceName

// kindWatch is the informer of one kind, with what the agent knows beyond it.
type kindWatch struct {
	resource schema.GroupVersionResource
	informer cache.SharedIndexInformer
	cancel   context.CancelFunc
	started  time.Time

	mu sync.Mutex
	// written holds the answers to own writes until the watch has caught up with them.
	written map[objectKey]*stored
	// marks remember what was found about objects as of their last check.
	marks map[objectKey]mark
	// waiting owners asked before the first list was there.
	waiting map[ownerKey]struct{}
	// failure is why the kind can not be listed; nil while it can.
	failure error
}

// mark says that an object with this digest and this set of owned fields is as
// rendered, or as close to it as the API server lets it be: a field that a webhook or
// another controller changes while it is written does not make the agent write again.
type mark struct {
	digest  string
	owned   uint64
	version uint64
	reverts reverts
}

func newWatchSet(client dynamic.Interface, log *slog.Logger, m *metrics, changed func(ownerKey)) *watchSet {
	return &watchSet{client: client, log: log, metrics: m, changed: changed, watches: map[schema.GroupVersionResource]*kindWatch{}}
}

// watch returns the watch of a kind, and starts it on first use. It lives until the
// context ends or stop is called.
func (s *watchSet) watch(ctx context.Context, gvr schema.GroupVersionResource) *kindWatch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.watches[gvr]; w != nil {
		return w
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &kindWatch{
		resource: gvr, cancel: cancel, started: time.Now(),
		written: map[objectKey]*stored{}, marks: map[objectKey]mark{}, waiting: map[ownerKey]struct{}{},
	}
	w.informer = s.newInformer(gvr)
	s.watches[gvr] = w
	// Errors of these calls mean that the informer already runs; it does not.
	_ = w.informer.SetTransform(func(object any) (any, error) {
		if u, ok := object.(*unstructured.Unstructured); ok {
			return store(u)
		}
		return object, nil
	})
	_ = w.informer.SetWatchErrorHandlerWithContext(func(_ context.Context, _ *cache.Reflector, err error) { s.failed(w, err) })
	_, _ = w.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { s.observed(w, object, false) },
		UpdateFunc: func(_, object any) { s.observed(w, object, false) },
		DeleteFunc: func(object any) {
			if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = tombstone.Obj
			}
			s.observed(w, object, true)
		},
	})
	s.metrics.watches.Inc()
	s.log.Info("watching stamped objects", "resource", gvr.GroupResource().String(), "version", gvr.Version)
	s.group.Go(func() { w.informer.RunWithContext(ctx) })
	s.group.Go(func() {
		if cache.WaitForCacheSync(ctx.Done(), w.informer.HasSynced) {
			s.wakeWaiting(w, nil)
		}
	})
	return w
}

func (s *watchSet) newInformer(gvr schema.GroupVersionResource) cache.SharedIndexInformer {
	client := s.client.Resource(gvr)
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.LabelSelector = stampedSelector
			return client.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.LabelSelector = stampedSelector
			return client.Watch(ctx, options)
		},
	}
	return cache.NewSharedIndexInformer(cache.ToListWatcherWithWatchListSemantics(lw, s.client), &unstructured.Unstructured{}, 0, runIndexers)
}

// observed keeps the books about an object that the watch reported, and wakes its
// owner unless the change is the agent's own write, which the pass has already read.
func (s *watchSet) observed(w *kindWatch, object any, deleted bool) {
	o, ok := object.(*stored)
	if !ok {
		return
	}
	key := objectKey{o.Namespace, o.Name}
	seen := version(o.ResourceVersion)
	w.mu.Lock()
	w.failure = nil
	if own := w.written[key]; own != nil && version(own.ResourceVersion) <= seen {
		delete(w.written, key)
	}
	own := !deleted && w.marks[key].version == seen && seen != 0
	if deleted {
		delete(w.marks, key)
	}
	w.mu.Unlock()
	if own {
		return
	}
	if owner, ok := ownerOf(o); ok {
		s.changed(owner)
	}
}

// failed notes that a kind can not be listed or watched. Owners that wait for it are
// woken, so that their status says so; the informer goes on trying.
func (s *watchSet) failed(w *kindWatch, err error) {
	if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) || errors.Is(err, context.Canceled) {
		return // ordinary life of a watch: the informer lists again
	}
	s.log.Warn("cannot watch stamped objects; trying again", "resource", w.resource.GroupResource().String(), "err", err)
	if w.informer.HasSynced() {
		return // what is in the cache stays of use
	}
	s.wakeWaiting(w, err)
}

func (s *watchSet) wakeWaiting(w *kindWatch, failure error) {
	w.mu.Lock()
	w.failure = failure
	waiting := w.waiting
	w.waiting = map[ownerKey]struct{}{}
	w.mu.Unlock()
	for owner := range waiting {
		s.changed(owner)
	}
}

// stop ends the watch of a kind that nothing stamps any more.
func (s *watchSet) stop(gvr schema.GroupVersionResource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.watches[gvr]; w != nil {
		w.cancel()
		delete(s.watches, gvr)
		s.metrics.watches.Dec()
		s.log.Info("stopped watching stamped objects", "resource", gvr.GroupResource().String(), "version", gvr.Version)
	}
}

// restart replaces the watch of every resource in a group: its CRD was removed or made
// anew, and the informer's back-off would make owners wait.
func (s *watchSet) restart(ctx context.Context, group, plural string) {
	s.mu.Lock()
	var stale []schema.GroupVersionResource
	for gvr, w := range s.watches {
		if gvr.Group == group && gvr.Resource == plural && !w.informer.HasSynced() {
			stale = append(stale, gvr)
		}
	}
	s.mu.Unlock()
	for _, gvr := range stale {
		s.mu.Lock()
		old := s.watches[gvr]
		s.mu.Unlock()
		s.stop(gvr)
		if old != nil {
			s.watch(ctx, gvr)
			s.wakeWaiting(old, nil)
		}
	}
}

// wait returns once all informers have ended; their contexts must have.
func (s *watchSet) wait() { s.group.Wait() }

// resources lists the kinds that are watched, with the time since which they are.
func (s *watchSet) resources() map[schema.GroupVersionResource]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[schema.GroupVersionResource]time.Time, len(s.watches))
	for gvr, w := range s.watches {
		all[gvr] = w.started
	}
	return all
}

// ready says whether the cache of the kind can be relied on. If not, the owner is
// woken when it can, and the error says whether that is merely a matter of time.
func (w *kindWatch) ready(owner ownerKey, pending error) error {
	if w.informer.HasSynced() {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting[owner] = struct{}{}
	if w.informer.HasSynced() {
		return nil // just now: whoever wakes the waiting may not have seen this owner
	}
	if w.failure != nil {
		return fmt.Errorf("the agent can not list %s, and so would not notice what becomes of the object: %w (grant it get, list and watch through a ClusterRole with the label carto.run/aggregate-to-agent: \"true\")",
			w.resource.GroupResource(), w.failure)
	}
	return pending
}

// live returns the newest known state of an object; nil when there is none.
func (w *kindWatch) live(key objectKey) *stored {
	var cached *stored
	if object, exists, _ := w.informer.GetStore().GetByKey(key.Namespace + "/" + key.Name); exists {
		cached, _ = object.(*stored)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if own := w.written[key]; own != nil && (cached == nil || version(own.ResourceVersion) > version(cached.ResourceVersion)) {
		return own
	}
	return cached
}

// wrote remembers the answer to an own write.
func (w *kindWatch) wrote(key objectKey, answer *stored, r reverts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marks[key] = mark{digest: answer.digest, owned: fingerprint(answer.owned), version: version(answer.ResourceVersion), reverts: r}
	if object, exists, _ := w.informer.GetStore().GetByKey(key.Namespace + "/" + key.Name); exists {
		if cached, ok := object.(*stored); ok && version(cached.ResourceVersion) >= version(answer.ResourceVersion) {
			return // the watch was faster
		}
	}
	w.written[key] = answer
}

func (w *kindWatch) mark(key objectKey) mark {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.marks[key]
}

func (w *kindWatch) setMark(key objectKey, m mark) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marks[key] = m
}
