package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/tidwall/gjson"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
)

// Times of the coalescing of statuses: a status is written once it has been quiet for
// a moment, and at the latest some time after its first change, so that a person who
// watches sees progress several times a second.
const (
	statusQuiet = 100 * time.Millisecond
	statusLate  = 400 * time.Millisecond
	// In a burst statuses wait longer, in proportion to how many others of the namespace
	// do, and how many of its owners wait for a pass: each of them costs the API server as
	// much as two stamped objects, and most are outdated within the second. That an owner
	// has become ready does not wait.
	statusesAtEase  = 20
	maxStatusFactor = 8
	// maxStatusBackoff is the longest wait before a status that could not be written is
	// tried again.
	maxStatusBackoff = 10 * time.Second
)

// statusWriter writes statuses to the status subresource.
type statusWriter struct {
	client  rest.Interface
	metrics *metrics
	share   *share
}

// write replaces the whole status, seen being the newest version of the object that the
// agent knows. That is a plain update, which costs the API server a sixth less than any
// patch; where somebody has edited the object meanwhile, it is a patch.
func (w *statusWriter) write(ctx context.Context, kind, namespace, name string, uid types.UID, seen uint64, status any) (uint64, error) {
	if seen == 0 {
		return w.patch(ctx, kind, namespace, name, uid, status)
	}
	written, err := w.update(ctx, kind, namespace, name, uid, seen, status)
	if apierrors.IsConflict(err) {
		return w.patch(ctx, kind, namespace, name, uid, status)
	}
	return written, err
}

func (w *statusWriter) update(ctx context.Context, kind, namespace, name string, uid types.UID, seen uint64, status any) (uint64, error) {
	body, err := json.Marshal(map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": kind,
		// The API server takes the rest of the object as it is.
		"metadata": map[string]any{"name": name, "namespace": namespace, "uid": uid, "resourceVersion": strconv.FormatUint(seen, 10)},
		"status":   status,
	})
	if err != nil {
		return 0, fmt.Errorf("encode status: %w", err)
	}
	return w.send(ctx, w.client.Put(), kind, namespace, name, body)
}

// patch does not mind edits at the same time: the agent is the only writer of these
// statuses, and the status says itself, by its observedGeneration, which spec it is about.
// The test makes the API server refuse the write when the object is another one by now,
// whose first pass then drops what was for the old one. A merge patch would keep the
// outputs of a Runnable that it does not name.
func (w *statusWriter) patch(ctx context.Context, kind, namespace, name string, uid types.UID, status any) (uint64, error) {
	body, err := json.Marshal([]map[string]any{
		{"op": "test", "path": "/metadata/uid", "value": uid},
		{"op": "add", "path": "/status", "value": status},
	})
	if err != nil {
		return 0, fmt.Errorf("encode status: %w", err)
	}
	return w.send(ctx, w.client.Patch(types.JSONPatchType), kind, namespace, name, body)
}

func (w *statusWriter) send(ctx context.Context, request *rest.Request, kind, namespace, name string, body []byte) (uint64, error) {
	text, err := answerOf(asOurs(request).NamespaceIfScoped(namespace, namespace != "").
		Resource(v1alpha1.KindOf(kind).Plural).Name(name).SubResource("status").
		SetHeader("Accept", metadataOnly).Body(body).Do(ctx))
	w.metrics.wrote("status", v1alpha1.KindOf(kind).Plural, err)
	if err != nil {
		return 0, err
	}
	written, err := writtenVersion(text)
	if err != nil {
		return 0, err
	}
	w.share.note(ownersCache(kind), written)
	return written, nil
}

// writtenVersion is that of the object that the API server answers to a write. Without it the
// agent would take its own write for somebody else's.
func writtenVersion(answer []byte) (uint64, error) {
	written := version(gjson.GetBytes(answer, "metadata.resourceVersion").String())
	if written == 0 {
		return 0, fmt.Errorf("decode the API server's answer: it has no version: %.100q", answer)
	}
	return written, nil
}

// ignoreGone drops the error of an object that is gone. A conflict is none: the API server
// tells it of an object at which many write at once, and the status is still to be written.
func ignoreGone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// statusBook holds the statuses of owners on their way to the API server. Changes that
// follow each other closely are written as one; the last state is always written.
type statusBook struct {
	writer *statusWriter
	clock  clock.Clock
	// persisted returns the status that the informer holds, and the owner's version there.
	persisted func(ownerKey) (realize.OwnerStatus, uint64, bool)
	// backlog is how many owners of a namespace wait for a pass.
	backlog func(namespace string) int
	failed  func(ownerKey, error)
	queue   workqueue.TypedRateLimitingInterface[ownerKey]

	mu      sync.Mutex
	entries map[ownerKey]*statusEntry
	dirty   map[string]int // how many entries are, by namespace
}

type statusEntry struct {
	namespace string
	uid       types.UID
	status    realize.OwnerStatus
	// dirty: the status is not written yet. first and last tell since when.
	dirty       bool
	first, last time.Time
	// urgent: the owner is handed over to another replica, which must not write before.
	urgent bool
	// writing: a write is under way, so that the status is newer than any that was seen.
	writing bool
	// sent is the status that is being written.
	sent realize.OwnerStatus
	// wasReady is what the last status said that was written.
	wasReady bool
	// version of the owner that the last write made.
	version uint64
}

func newStatusBook(writer *statusWriter, c clock.Clock, persisted func(ownerKey) (realize.OwnerStatus, uint64, bool), backlog func(namespace string) int, failed func(ownerKey, error)) *statusBook {
	_, queue := newOwnerQueue("statuses", slotsOf(statusWorkers), maxStatusBackoff, noProgress, clock.RealClock{})
	return &statusBook{
		writer: writer, clock: c, persisted: persisted, backlog: backlog, failed: failed, queue: queue,
		entries: map[ownerKey]*statusEntry{}, dirty: map[string]int{},
	}
}

// latest returns the status that is newer than what an owner of the given version
// carries; false when there is none.
func (b *statusBook) latest(key ownerKey, uid types.UID, seen uint64) (realize.OwnerStatus, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[key]
	switch {
	case e == nil:
		return realize.OwnerStatus{}, false
	case e.uid != uid || (!e.dirty && !e.writing && e.version <= seen):
		b.drop(key)
		return realize.OwnerStatus{}, false
	}
	return e.status, true
}

// put takes a status to be written.
func (b *statusBook) put(key ownerKey, uid types.UID, status realize.OwnerStatus) {
	now := b.clock.Now()
	b.mu.Lock()
	e := b.entries[key]
	if e == nil || e.uid != uid {
		b.drop(key)
		persisted, _, _ := b.persisted(key)
		e = &statusEntry{namespace: key.Namespace, uid: uid, wasReady: isReady(persisted)}
		b.entries[key] = e
	}
	if !e.dirty {
		b.mark(e, true)
		e.first = now
	}
	e.status, e.last = status, now
	b.mu.Unlock()
	b.queue.AddAfter(key, statusQuiet)
}

// wrote says whether a version of an owner, with this status, is the one that the last write
// made. The informer has the status then, so the book need not hold it any longer.
func (b *statusBook) wrote(key ownerKey, v uint64, status realize.OwnerStatus) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[key]
	if e == nil || e.version > v {
		return false
	}
	// The watch is often faster than the answer to the write.
	if e.writing && e.version < v && apiequality.Semantic.DeepEqual(status, e.sent) {
		return true
	}
	if e.version == 0 {
		return false
	}
	own := e.version == v
	if !e.dirty && !e.writing {
		b.drop(key)
	}
	return own
}

// mark and drop keep count of the entries that are not written; the lock is held.
func (b *statusBook) mark(e *statusEntry, dirty bool) {
	if e.dirty != dirty {
		e.dirty = dirty
		if dirty {
			b.dirty[e.namespace]++
		} else if b.dirty[e.namespace]--; b.dirty[e.namespace] == 0 {
			delete(b.dirty, e.namespace)
		}
	}
}

func (b *statusBook) drop(key ownerKey) {
	if e := b.entries[key]; e != nil {
		b.mark(e, false)
		delete(b.entries, key)
	}
}

func (b *statusBook) forget(key ownerKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(key)
}

// work writes statuses until the queue is shut down.
func (b *statusBook) work(ctx context.Context) {
	workOff(b.queue, func(key ownerKey) { b.process(ctx, key) })
}

func (b *statusBook) process(ctx context.Context, key ownerKey) {
	b.mu.Lock()
	e := b.entries[key]
	if e == nil || !e.dirty {
		b.mu.Unlock()
		b.queue.Forget(key) // the last write may have failed, of an owner that is gone now
		return
	}
	due := b.due(e)
	b.mu.Unlock()
	if wait := due.Sub(b.clock.Now()); wait > 0 {
		b.queue.AddAfter(key, wait)
		return
	}
	if err := b.flush(ctx, key); err != nil && ctx.Err() == nil {
		b.failed(key, err)
		b.queue.AddRateLimited(key)
		return
	}
	b.queue.Forget(key)
}

// due is when a status is to be written; the lock is held.
func (b *statusBook) due(e *statusEntry) time.Time {
	if e.urgent {
		return e.first
	}
	factor := 1
	if !isReady(e.status) || e.wasReady {
		factor = min(max(1, (b.dirty[e.namespace]+b.backlog(e.namespace))/statusesAtEase), maxStatusFactor)
	}
	due, late := e.last.Add(time.Duration(factor)*statusQuiet), e.first.Add(time.Duration(factor)*statusLate)
	if late.Before(due) {
		return late
	}
	return due
}

func isReady(s realize.OwnerStatus) bool {
	return apimeta.IsStatusConditionTrue(s.Conditions, v1alpha1.ConditionReady)
}

// flush writes the status of an owner now, if there is anything to write.
func (b *statusBook) flush(ctx context.Context, key ownerKey) error {
	b.mu.Lock()
	e := b.entries[key]
	if e == nil || !e.dirty {
		b.mu.Unlock()
		return nil
	}
	b.mark(e, false)
	e.writing, e.sent = true, e.status
	uid, status, before := e.uid, e.status, e.version
	b.mu.Unlock()

	// A status that changed and changed back needs no write, provided that nothing else
	// was written in between.
	persisted, seen, ok := b.persisted(key)
	needless := before == 0 && ok && apiequality.Semantic.DeepEqual(persisted, status)
	var written uint64
	var err error
	if !needless {
		written, err = b.writer.write(ctx, key.Kind, key.Namespace, key.Name, uid, max(before, seen), realize.WireStatus(key.Kind, status))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	e.writing, e.sent = false, realize.OwnerStatus{}
	switch {
	case needless:
		if b.entries[key] == e && !e.dirty {
			b.drop(key) // the informer has it
		}
		return nil
	case b.entries[key] != e: // forgotten, or another owner by now
		return nil
	case err == nil:
		e.version, e.wasReady = written, isReady(status)
		return nil
	case ignoreGone(err) == nil:
		b.drop(key)
		return nil
	}
	if !e.dirty {
		b.mark(e, true)
		e.first, e.last = b.clock.Now(), b.clock.Now()
	}
	return fmt.Errorf("write the status of %s: %w", key, err)
}

// flushAll writes everything that is waiting, with a few requests at a time.
func (b *statusBook) flushAll(ctx context.Context) {
	queue := newFairQueue(slotsOf(statusWorkers), func(key ownerKey) string { return key.Namespace }, noProgress, clock.RealClock{})
	b.mu.Lock()
	for key, e := range b.entries {
		if e.dirty {
			queue.Add(key)
		}
	}
	b.mu.Unlock()
	queue.ShutDownWithDrain()
	workOff(queue, func(key ownerKey) {
		if err := b.flush(ctx, key); err != nil {
			b.failed(key, err)
		}
	})
}

// hurry has the statuses of some owners written at once, or drops those that wait when they
// are to be abandoned. It returns how many are not written yet.
func (b *statusBook) hurry(concerned func(ownerKey) bool, abandon bool) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := 0
	for key, e := range b.entries {
		switch {
		case !e.dirty && !e.writing, !concerned(key):
		case e.writing:
			left++
		case abandon:
			b.drop(key)
		default:
			if !e.urgent {
				e.urgent = true
				b.queue.Add(key)
			}
			left++
		}
	}
	return left
}

// waiting is the number of statuses that are not written yet.
func (b *statusBook) waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, dirty := range b.dirty {
		n += dirty
	}
	return n
}
