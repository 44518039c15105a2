package agent

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamped"
)

// watchSet holds one informer for each kind of stamped objects in use, and for each
// selection of Runnables. Informers start when a kind is first stamped or selected, and
// stop when nothing does so any more. They see only objects that Carto stamped, or that
// are selected: a million foreign objects of a kind cost nothing.
type watchSet struct {
	reader   reader // of stored objects
	metadata metadata.Interface
	log      *slog.Logger
	metrics  *metrics
	// changed is called for each change of a stamped object that this agent did not
	// write itself.
	changed func(owner ownerKey)
	// selected is called for each change of an object in a selection.
	selected func(selection realize.Selection)
	// holdings say what is held whole.
	holdings *holdings

	mu      sync.Mutex
	watches map[watchKey]*kindWatch
	// stamped are those of kinds that templates have rendered. Other kinds only statuses name,
	// which tenants may write.
	stamped map[watchKey]bool
	group   sync.WaitGroup
}

// watchKey says what a watch sees of a kind.
type watchKey struct {
	schema.GroupVersionResource
	selector string
	// namespace of the objects; empty for those of all namespaces and of none.
	namespace string
	// selection of Runnables; zero for stamped objects. Its objects are not read from the
	// watch, which therefore sees their metadata only.
	selection realize.Selection
}

// stampedFor is the watch of what owners of a kind stamp. No selector matches two labels
// of which an object has either, so Runnables have watches of their own.
func stampedFor(ownerKind string, rest realize.Resource) watchKey {
	if ownerKind == v1alpha1.KindRunnable {
		return watchKey{GroupVersionResource: rest.GroupVersionResource, selector: v1alpha1.LabelRunnableName}
	}
	return watchKey{GroupVersionResource: rest.GroupVersionResource, selector: v1alpha1.LabelResourceName}
}

func selectedBy(selection realize.Selection, rest realize.Resource) watchKey {
	key := watchKey{GroupVersionResource: rest.GroupVersionResource, selector: selection.Labels, selection: selection}
	if rest.Namespaced {
		key.namespace = selection.Namespace
	}
	return key
}

// isOf says whether the watch is the one for what an owner stamps. Runs can carry the
// labels of both watches, when their template copies those of the Runnable.
func (k watchKey) isOf(owner ownerKey) bool {
	return (owner.Kind == v1alpha1.KindRunnable) == (k.selector == v1alpha1.LabelRunnableName)
}

func (k watchKey) isSelection() bool { return k.selection != realize.Selection{} }

// details say in the log which watch it is.
func (k watchKey) details() []any {
	d := []any{"resource", k.GroupResource().String(), "version", k.Version, "selector", k.selector}
	if k.namespace != "" {
		d = append(d, "namespace", k.namespace)
	}
	return d
}

// kindWatch is the informer of one kind, with what the agent knows beyond it.
type kindWatch struct {
	key      watchKey
	informer cache.SharedIndexInformer
	cancel   context.CancelFunc
	used     time.Time // when it was last asked for; guarded by the set's lock

	mu sync.Mutex
	// written holds the answers to own writes until the watch has caught up with them.
	written map[objectKey]*stored
	// overdue are versions of them that the watch should have shown; see forgetVanished.
	overdue map[objectKey]uint64
	// marks remember what was found about objects as of their last check.
	marks map[objectKey]mark
	// tried is closed once the first list has been heard of or refused; after any other
	// failure it may still come.
	tried chan struct{}
	// waiting owners asked before the first list was there.
	waiting map[ownerKey]struct{}
	// failure is why the kind can not be listed; nil while it can.
	failure error
	// lost: the kind is gone, or was when the informer last tried.
	lost bool
	// told: the log says that the selection could not be watched.
	told bool
}

// mark says that an object with this digest and this set of owned fields is as
// rendered, or as close to it as the API server lets it be: a field that a webhook or
// another controller changes while it is written does not make the agent write again.
type mark struct {
	digest  string
	owned   uint64
	version uint64
	reverts reverts
	// altered names fields with another value than was rendered, although nobody took
	// them over; empty when there are none.
	altered string
}

func newWatchSet(reader reader, metadata metadata.Interface, log *slog.Logger, m *metrics, changed func(ownerKey), selected func(realize.Selection)) *watchSet {
	return &watchSet{
		reader: reader, metadata: metadata, log: log, metrics: m, changed: changed, selected: selected, holdings: newHoldings(),
		watches: map[watchKey]*kindWatch{}, stamped: map[watchKey]bool{},
	}
}

// watch returns a watch, and starts it on first use. It lives until the context ends, or
// until nothing has needed it for a while.
func (s *watchSet) watch(ctx context.Context, key watchKey) *kindWatch {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watches[key]
	if w == nil {
		w = s.start(ctx, key)
	}
	w.used = time.Now()
	return w
}

// start starts a watch; the lock is held.
func (s *watchSet) start(ctx context.Context, key watchKey) *kindWatch {
	ctx, cancel := context.WithCancel(ctx)
	w := &kindWatch{
		key: key, cancel: cancel, tried: make(chan struct{}),
		written: map[objectKey]*stored{}, marks: map[objectKey]mark{}, waiting: map[ownerKey]struct{}{},
	}
	if key.isSelection() {
		w.informer = s.selectionInformer(key)
	} else {
		w.informer = s.stampedInformer(w)
	}
	s.watches[key] = w
	// It fails only when the informer already runs.
	_ = w.informer.SetWatchErrorHandlerWithContext(func(_ context.Context, _ *cache.Reflector, err error) { s.failed(w, err) })
	heard := handle(w.informer, cache.ResourceEventHandlerFuncs{
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
	s.log.Info("watching objects", key.details()...)
	s.group.Go(func() {
		w.informer.RunWithContext(ctx)
		s.holdings.forgetAll(w)
	})
	s.group.Go(func() {
		cache.WaitFor(ctx, "", w.informer.HasSyncedChecker())
		s.wakeWaiting(w, nil) // also when the watch has ended: who needs it asks for another one
		// After a start, owners whose objects are heard of later than their first pass would
		// have another.
		cache.WaitFor(ctx, "", heard)
		w.settled() // also when it has ended: another one takes its place, or none
	})
	return w
}

func (s *watchSet) stampedInformer(w *kindWatch) cache.SharedIndexInformer {
	return s.reader.informer(listing{
		example: &stored{}, indexers: runIndexers,
		get: func(options metav1.ListOptions) *rest.Request {
			options.LabelSelector = w.key.selector
			return s.reader.collection(w.key.GroupVersionResource, options)
		},
		keep: func(object runtime.Object) runtime.Object { return s.holdings.store(w, object.(*stored)) },
		sift: func() func(runtime.Object) runtime.Object {
			sift := s.holdings.sift(w)
			return func(object runtime.Object) runtime.Object { return sift(object.(*stored)) }
		},
	})
}

func (s *watchSet) selectionInformer(key watchKey) cache.SharedIndexInformer {
	client := s.metadata.Resource(key.GroupVersionResource).Namespace(key.namespace)
	lw := selecting(key.selector, client.List, client.Watch)
	informer := cache.NewSharedIndexInformer(cache.ToListWatcherWithWatchListSemantics(lw, s.metadata), &metav1.PartialObjectMetadata{}, 0, cache.Indexers{})
	_ = informer.SetTransform(func(object any) (any, error) { // as in start
		if o, ok := object.(*metav1.PartialObjectMetadata); ok {
			return &stored{Name: o.Name, Namespace: o.Namespace, UID: o.UID, ResourceVersion: o.ResourceVersion}, nil
		}
		return object, nil
	})
	return informer
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
	w.failure, w.lost = nil, false
	if own := w.written[key]; own != nil && version(own.ResourceVersion) <= seen {
		delete(w.written, key)
	}
	own := !deleted && w.marks[key].version == seen && seen != 0
	if deleted {
		delete(w.marks, key)
	}
	w.mu.Unlock()
	if deleted {
		s.holdings.forget(w, o)
	}
	switch owner, owned := o.owner(); {
	case own:
	case w.key.isSelection():
		s.selected(w.key.selection)
	case owned && w.key.isOf(owner):
		s.changed(owner)
	}
}

// stamps notes that a template has rendered an object of a kind.
func (s *watchSet) stamps(key watchKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stamped[key] = true
}

func (s *watchSet) isStamped(key watchKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stamped[key]
}

// failed notes that a kind can not be listed or watched. Owners that wait for it are
// woken, so that their status says so; the informer goes on trying.
func (s *watchSet) failed(w *kindWatch, err error) {
	if ordinary(err) {
		return
	}
	if w.key.isSelection() {
		s.selectionFailed(w, err)
	} else {
		if s.isStamped(w.key) { // an alert is critical, and not for tenants to raise
			s.metrics.watchFailures.WithLabelValues(w.key.GroupResource().String()).Inc()
		}
		s.log.Warn("cannot watch objects; trying again", append(w.key.details(), "err", err)...)
	}
	w.mu.Lock()
	w.lost = apierrors.IsNotFound(err)
	w.mu.Unlock()
	if apierrors.IsForbidden(err) || apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err) {
		w.settled()
	}
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

// stopUnused ends the watches that nothing needs, and that nobody has asked for in a
// while: a pass that has begun with one has not said yet that it needs it.
func (s *watchSet) stopUnused(needed map[watchKey]bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, w := range s.watches {
		if !needed[key] && now.Sub(w.used) > unusedFor {
			s.end(key)
		}
	}
	maps.DeleteFunc(s.stamped, func(key watchKey, _ bool) bool { return !needed[key] })
}

// end ends a watch; the lock is held.
func (s *watchSet) end(key watchKey) {
	if w := s.watches[key]; w != nil {
		w.cancel()
		delete(s.watches, key)
		s.metrics.watches.Dec()
		s.log.Info("stopped watching objects", key.details()...)
	}
}

// restart replaces the watches of a resource that do not work: its CRD was removed or
// made anew, and the informer's back-off would make owners wait.
func (s *watchSet) restart(ctx context.Context, group, plural string) {
	var stale []*kindWatch
	s.mu.Lock()
	for key, w := range s.watches {
		w.mu.Lock()
		if key.Group == group && key.Resource == plural && (w.lost || !w.informer.HasSynced()) {
			stale = append(stale, w)
		}
		w.mu.Unlock()
	}
	s.mu.Unlock()
	for _, old := range stale {
		s.renew(ctx, old)
		s.wakeWaiting(old, nil)
	}
}

// renew replaces a watch by a new one.
func (s *watchSet) renew(ctx context.Context, old *kindWatch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(old.key)
	w := s.start(ctx, old.key)
	w.used = time.Now()
}

// name of a watch among those of all replicas.
func (k watchKey) name() string {
	return k.GroupVersionResource.GroupResource().String() + "/" + k.Version + "/" + k.selector
}

// shown is the last version that a watch of stamped objects has seen, by the watch's name;
// false when there is no such watch.
func (s *watchSet) shown(name string) (uint64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, w := range s.watches {
		if !key.isSelection() && key.name() == name {
			return version(w.informer.GetStore().LastStoreSyncResourceVersion()), w.informer.HasSynced()
		}
	}
	return 0, false
}

// wait returns once all informers have ended; their contexts must have.
func (s *watchSet) wait() { s.group.Wait() }

// ready says whether the cache of the kind can be relied on. If not, the owner is
// woken when it can; the error is realize.ErrPending if that is merely a matter of time.
func (w *kindWatch) ready(owner ownerKey) error {
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
			w.key.GroupResource(), w.failure)
	}
	return realize.ErrPending
}

// settled notes that it is known what becomes of the first list.
func (w *kindWatch) settled() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.tried:
	default:
		close(w.tried)
	}
}

// live returns the newest known state of an object; nil when there is none.
func (w *kindWatch) live(key objectKey) *stored {
	cached := w.cached(key)
	w.mu.Lock()
	defer w.mu.Unlock()
	if own := w.written[key]; own.newerThan(cached) {
		return own
	}
	return cached
}

func (w *kindWatch) cached(key objectKey) *stored {
	object, exists, _ := w.informer.GetStore().GetByKey(key.Namespace + "/" + key.Name)
	if !exists {
		return nil
	}
	s, _ := object.(*stored)
	return s
}

// wrote remembers the answer to an own write.
func (w *kindWatch) wrote(key objectKey, answer *stored, r reverts, altered string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marks[key] = mark{digest: answer.digest, owned: stamped.Fingerprint(answer.owned), version: version(answer.ResourceVersion), reverts: r, altered: altered}
	if answer.newerThan(w.cached(key)) { // else the watch was faster
		w.written[key] = answer
	}
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
