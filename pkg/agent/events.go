package agent

import (
	"container/list"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Limits of the recorder. Events are worth less than the work that they tell of: in a
// burst they trickle, and what does not fit is counted and dropped. A namespace gets at
// most as much of both numbers as it leaves for others.
const (
	eventInterval = 40 * time.Millisecond
	// eventRest is how long news wait, so that telling of a step does not take the API
	// server's time from the next one. What repeats meanwhile is told once.
	eventRest    = time.Second
	eventWorkers = 2
	maxEvents    = 2048
	// maxKnownEvents are remembered, to be counted up when they repeat; 800 bytes each.
	maxKnownEvents  = 16384
	rememberedFor   = 30 * time.Minute // less than the API server's usual hour
	eventMessageMax = 1024
)

// recorder writes Kubernetes events off the path of the work. There is one event object
// for each owner, reason and step; repetitions count it up (spec: reconcile §20).
type recorder struct {
	client  rest.Interface
	clock   clock.Clock
	log     *slog.Logger
	metrics *metrics
	// run tells this process's events from those of earlier ones, whose counts it does
	// not know.
	run string

	queue *fairQueue[eventKey]
	rests workqueue.TypedDelayingInterface[eventKey] // in front of the queue

	mu      sync.Mutex
	known   map[eventKey]*eventRecord
	tenants map[string]*tenantEvents
	waiting int // how many are queued
	swept   time.Time
	// forgotten is how many records have left the map of known ones since it was made.
	forgotten int
}

// tenantEvents is what is known of the events of one namespace.
type tenantEvents struct {
	waiting int
	recent  *list.List // of *eventRecord, the one that happened last first
}

type eventKey struct {
	about        reference
	reason, step string
}

type eventRecord struct {
	key         eventKey
	place       *list.Element // in the list of its namespace
	warning     bool
	message     string
	count       int32
	first, last time.Time
	queued      bool
	// written is the name of the event object; empty before the first write.
	written string
}

func newRecorder(client rest.Interface, c clock.WithTickerAndDelayedExecution, log *slog.Logger, m *metrics) *recorder {
	queue := newFairQueue(slotsOf(eventWorkers), func(key eventKey) string { return key.about.namespace }, noProgress, c)
	return &recorder{
		client: client, clock: c, log: log, metrics: m, run: fmt.Sprintf("%x", c.Now().UnixNano()), queue: queue,
		rests: workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[eventKey]{Clock: c, Queue: queue}),
		known: map[eventKey]*eventRecord{}, tenants: map[string]*tenantEvents{},
	}
}

func (r *recorder) record(about reference, reason, step, message string) {
	r.note(about, reason, step, message, false)
}

func (r *recorder) warn(about reference, reason, step, message string) {
	r.note(about, reason, step, message, true)
}

func (r *recorder) note(about reference, reason, step, message string, warning bool) {
	if len(message) > eventMessageMax {
		message = message[:eventMessageMax-3] + "..."
	}
	key, now := eventKey{about, reason, step}, r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.known[key]
	if e == nil {
		if e = r.remember(key, now); e == nil {
			r.metrics.eventsLost.Inc()
			return
		}
	}
	e.warning, e.message, e.last = warning, message, now
	e.count++
	tenant := r.tenants[about.namespace]
	tenant.recent.MoveToFront(e.place)
	if e.queued {
		return
	}
	if r.waiting >= maxEvents || tenant.waiting >= fairShare(maxEvents, r.waiting, 1) {
		r.metrics.eventsLost.Inc()
		return
	}
	e.queued = true
	r.waiting++
	tenant.waiting++
	r.rests.AddAfter(key, eventRest)
}

// remember begins the record of an event, for which the namespace may have to forget an
// older one; nil when there is no room.
func (r *recorder) remember(key eventKey, now time.Time) *eventRecord {
	tenant := r.tenants[key.about.namespace]
	if tenant == nil {
		tenant = &tenantEvents{recent: list.New()}
		r.tenants[key.about.namespace] = tenant
	}
	if len(r.known) >= maxKnownEvents || tenant.recent.Len() >= fairShare(maxKnownEvents, len(r.known), 1) {
		for place := tenant.recent.Back(); place != nil; place = place.Prev() {
			if e := place.Value.(*eventRecord); !e.queued {
				r.forget(tenant, e)
				break
			}
		}
	}
	if len(r.known) >= maxKnownEvents {
		return nil
	}
	e := &eventRecord{key: key, first: now}
	e.place = tenant.recent.PushFront(e)
	r.known[key] = e
	return e
}

// forget drops a record: the event, should it happen again, becomes an object of its own.
func (r *recorder) forget(tenant *tenantEvents, e *eventRecord) {
	tenant.recent.Remove(e.place)
	delete(r.known, e.key)
	r.forgotten++
}

// work writes events, at a bounded rate, until the context ends.
func (r *recorder) work(ctx context.Context) {
	defer context.AfterFunc(ctx, r.rests.ShutDown)()
	workOff(pacedEvents{r.queue, ctx, r.clock}, func(key eventKey) { r.write(ctx, key) })
}

// pacedEvents hands out what is in the recorder's queue, with a pause before each.
type pacedEvents struct {
	*fairQueue[eventKey]
	ctx   context.Context //nolint:containedctx // that of the call to work, for which this is made
	clock clock.Clock
}

func (p pacedEvents) Get() (eventKey, bool) {
	select {
	case <-p.ctx.Done():
	case <-p.clock.After(eventInterval):
	}
	return p.fairQueue.Get()
}

// write writes one event.
func (r *recorder) write(ctx context.Context, key eventKey) {
	r.mu.Lock()
	r.forgetOld()
	e := r.known[key] // what is queued is never forgotten
	e.queued = false
	r.waiting--
	r.tenants[key.about.namespace].waiting--
	event := r.event(key, e)
	exists := e.written != ""
	r.mu.Unlock()

	err := r.send(ctx, event, exists)
	if apierrors.IsNotFound(err) && exists {
		err = r.send(ctx, event, false) // the API server forgets events after a while
	}
	if apierrors.IsAlreadyExists(err) {
		err = r.send(ctx, event, true) // it was made before, but the answer was lost
	}
	r.metrics.wrote("event", "events", err)
	if err != nil {
		// The namespace may be going away; an event is not worth a retry.
		r.log.Debug("cannot record an event", "reason", key.reason, "name", key.about.name, "err", err)
		return
	}
	r.mu.Lock()
	e.written = event.Name
	r.mu.Unlock()
}

func (r *recorder) send(ctx context.Context, event *corev1.Event, exists bool) error {
	resource := schema.GroupVersionResource{Version: "v1", Resource: "events"}
	if !exists {
		body, err := json.Marshal(event)
		if err != nil {
			return err
		}
		return r.client.Post().AbsPath(collectionPath(resource, event.Namespace)...).SetHeader("Accept", metadataOnly).Body(body).Do(ctx).Error()
	}
	body, err := json.Marshal(map[string]any{"count": event.Count, "message": event.Message, "type": event.Type, "lastTimestamp": event.LastTimestamp})
	if err != nil {
		return err
	}
	return r.client.Patch(types.MergePatchType).AbsPath(objectPath(resource, event.Namespace, event.Name)...).SetHeader("Accept", metadataOnly).Body(body).Do(ctx).Error()
}

func (r *recorder) event(key eventKey, e *eventRecord) *corev1.Event {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s/%s/%s/%s/%s", key.about.uid, key.reason, key.step, r.run, e.first) // a hash takes everything
	namespace := key.about.namespace
	if namespace == "" {
		namespace = metav1.NamespaceDefault // where events of cluster-scoped objects are kept
	}
	kind := corev1.EventTypeNormal
	if e.warning {
		kind = corev1.EventTypeWarning
	}
	return &corev1.Event{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Event"},
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%.200s.%x", key.about.name, h.Sum64()), Namespace: namespace},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: key.about.kind,
			Namespace: key.about.namespace, Name: key.about.name, UID: key.about.uid,
		},
		Reason: key.reason, Message: e.message, Type: kind, Count: e.count,
		FirstTimestamp: metav1.NewTime(e.first), LastTimestamp: metav1.NewTime(e.last),
		Source:              corev1.EventSource{Component: key.about.kind},
		ReportingController: "carto.run/agent",
	}
}

// forgetOld drops the records of events that the API server is about to forget too.
func (r *recorder) forgetOld() {
	now := r.clock.Now()
	if now.Sub(r.swept) < time.Minute {
		return
	}
	r.swept = now
	limit := now.Add(-rememberedFor)
	for name, tenant := range r.tenants {
		for place := tenant.recent.Back(); place != nil; place = tenant.recent.Back() {
			e := place.Value.(*eventRecord)
			if e.queued || !e.last.Before(limit) {
				break
			}
			r.forget(tenant, e)
		}
		if tenant.recent.Len() == 0 {
			delete(r.tenants, name)
		}
	}
	if r.forgotten > len(r.known) {
		// A map whose entries come and go grows to twice its size, though it holds no more of them.
		known := make(map[eventKey]*eventRecord, len(r.known))
		maps.Copy(known, r.known)
		r.known, r.forgotten = known, 0
	}
}
