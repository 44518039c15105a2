package agent

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
)

func readyStatus(ready metav1.ConditionStatus) realize.OwnerStatus {
	return realize.OwnerStatus{OwnerStatus: v1alpha1.OwnerStatus{
		Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: ready}},
	}}
}

// noBacklog is of an agent without any owner that waits for a pass.
func noBacklog(string) int { return 0 }

// newTestBook is a book without a writer: nothing leaves it, and every owner carries the same status in the informer.
func newTestBook(t *testing.T, persisted metav1.ConditionStatus) (*statusBook, *clocktesting.FakeClock) {
	t.Helper()
	clock := clocktesting.NewFakeClock(time.Unix(1000, 0))
	book := newStatusBook(nil, clock, func(ownerKey) (realize.OwnerStatus, uint64, bool) { return readyStatus(persisted), 1, true }, noBacklog, nil)
	t.Cleanup(book.queue.ShutDown)
	return book, clock
}

// TestWrittenVersion: the agent knows its own writes by it, when its watch brings them.
func TestWrittenVersion(t *testing.T) {
	const answer = `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"cart","uid":"1","resourceVersion":"4711"}}`
	if got, err := writtenVersion([]byte(answer)); got != 4711 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	for _, text := range []string{``, `{}`, `{"metadata":{"name":"cart"}}`, `{"metadata":{"resourceVersion":"x"}}`, `{"Metadata":{"ResourceVersion":"1"}}`} {
		if got, err := writtenVersion([]byte(text)); err == nil {
			t.Errorf("%s: got %d, want an error", text, got)
		}
	}
}

// TestOwnWrite: which version of an owner that the watch brings is the agent's own write.
func TestOwnWrite(t *testing.T) {
	ours, theirs := readyStatus(metav1.ConditionTrue), readyStatus(metav1.ConditionFalse)
	for name, tc := range map[string]struct {
		reason string
		entry  *statusEntry
		status realize.OwnerStatus
		own    bool
		held   bool // the book goes on holding the status
	}{
		"nothing known":          {"the agent wrote nothing", nil, ours, false, false},
		"the answer came first":  {"as it mostly does over a network", &statusEntry{version: 7}, ours, true, false},
		"the watch came first":   {"as it often does on one machine", &statusEntry{version: 5, writing: true, sent: ours}, ours, true, true},
		"the very first write":   {"no version is known of any", &statusEntry{writing: true, sent: ours}, ours, true, true},
		"somebody else's":        {"while a write is under way", &statusEntry{version: 5, writing: true, sent: ours}, theirs, false, true},
		"later than our last":    {"an edit or a status of somebody else", &statusEntry{version: 5}, ours, false, false},
		"older than our last":    {"the watch is behind", &statusEntry{version: 9}, ours, false, true},
		"one that is not begun":  {"nothing was sent yet", &statusEntry{dirty: true}, ours, false, true},
		"another one is waiting": {"it is newer than what was written", &statusEntry{version: 7, dirty: true}, ours, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			book, _ := newTestBook(t, metav1.ConditionUnknown)
			key := ownerKey{Kind: v1alpha1.KindWorkload, Name: "cart"}
			if tc.entry != nil {
				book.entries[key] = tc.entry
			}
			if got := book.wrote(key, 7, tc.status); got != tc.own {
				t.Errorf("own: %v: %s", got, tc.reason)
			}
			if held := book.entries[key] != nil; held != tc.held {
				t.Errorf("held: %v", held)
			}
		})
	}
}

// TestStatusDue: when a status is written, by what else waits and what it says.
func TestStatusDue(t *testing.T) {
	for _, tc := range []struct {
		name      string
		persisted metav1.ConditionStatus
		now       metav1.ConditionStatus
		others    int
		elsewhere int           // others in another namespace
		backlog   int           // owners of the namespace that wait for a pass
		busyFor   time.Duration // it has changed all the time for so long
		due       time.Duration // after the last change
	}{
		{"alone: a moment of quiet", metav1.ConditionUnknown, metav1.ConditionUnknown, 0, 0, 0, 0, 100 * time.Millisecond},
		{"alone, changing all the time: some progress is seen", metav1.ConditionUnknown, metav1.ConditionUnknown, 0, 0, 0, 350 * time.Millisecond, 50 * time.Millisecond},
		{"a few others do not slow it down", metav1.ConditionUnknown, metav1.ConditionUnknown, 30, 0, 0, 0, 100 * time.Millisecond},
		{"in a burst it waits longer", metav1.ConditionUnknown, metav1.ConditionUnknown, 99, 0, 0, 0, 500 * time.Millisecond},
		{"however large the burst, not for ever", metav1.ConditionUnknown, metav1.ConditionUnknown, 5000, 0, 0, 0, 800 * time.Millisecond},
		{"changing all the time in a burst", metav1.ConditionUnknown, metav1.ConditionUnknown, 5000, 0, 0, 3 * time.Second, 200 * time.Millisecond},
		{"owners that wait for a pass will want a status, too", metav1.ConditionUnknown, metav1.ConditionUnknown, 0, 0, 100, 0, 500 * time.Millisecond},
		{"the burst of another namespace does not slow it down", metav1.ConditionUnknown, metav1.ConditionUnknown, 0, 5000, 0, 0, 100 * time.Millisecond},
		{"becoming ready does not wait", metav1.ConditionUnknown, metav1.ConditionTrue, 5000, 0, 0, 0, 100 * time.Millisecond},
		{"staying ready with new outputs waits", metav1.ConditionTrue, metav1.ConditionTrue, 5000, 0, 0, 0, 800 * time.Millisecond},
		{"becoming ready does not wait for passes either", metav1.ConditionUnknown, metav1.ConditionTrue, 0, 0, 5000, 0, 100 * time.Millisecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			book, clock := newTestBook(t, tc.persisted)
			for i := range tc.others {
				book.put(ownerKey{Kind: v1alpha1.KindWorkload, Name: fmt.Sprint(i)}, "u", readyStatus(metav1.ConditionUnknown))
			}
			for i := range tc.elsewhere {
				book.put(ownerKey{Kind: v1alpha1.KindWorkload, Namespace: "other", Name: fmt.Sprint(i)}, "u", readyStatus(metav1.ConditionUnknown))
			}
			book.backlog = func(namespace string) int {
				if namespace == "" {
					return tc.backlog
				}
				return 0
			}
			key := ownerKey{Kind: v1alpha1.KindWorkload, Name: "cart"}
			book.put(key, "u", readyStatus(tc.now))
			clock.Step(tc.busyFor)
			book.put(key, "u", readyStatus(tc.now))
			book.mu.Lock()
			defer book.mu.Unlock()
			if due := book.due(book.entries[key]).Sub(clock.Now()); due != tc.due {
				t.Errorf("due after %s, want %s", due, tc.due)
			}
		})
	}
}

// TestStatusBookCounts: however an entry goes, it no longer slows the others down.
func TestStatusBookCounts(t *testing.T) {
	book, _ := newTestBook(t, metav1.ConditionUnknown)
	gone, another, stays := ownerKey{Name: "gone"}, ownerKey{Name: "another"}, ownerKey{Name: "stays"}
	for _, key := range []ownerKey{gone, another, stays} {
		book.put(key, "1", readyStatus(metav1.ConditionUnknown))
		book.put(key, "1", readyStatus(metav1.ConditionTrue))
	}
	if n := book.waiting(); n != 3 {
		t.Errorf("%d statuses wait, want 3: a second status of an owner replaces the first", n)
	}
	book.forget(gone)
	book.put(another, "2", readyStatus(metav1.ConditionUnknown))
	if n := book.waiting(); n != 2 {
		t.Errorf("%d statuses wait, want 2: one owner is gone, and one was replaced by another of its name", n)
	}
	if _, ok := book.latest(another, "1", 0); ok {
		t.Error("the status of an owner that is gone was taken for that of its successor")
	}
	if status, ok := book.latest(stays, "1", 0); !ok || !isReady(status) {
		t.Errorf("the latest status is %v, %v; want the one that was put last", status, ok)
	}
}

// TestStatusInFlight: a pass that runs while a status is written works on that one, not on the older one that it replaces.
func TestStatusInFlight(t *testing.T) {
	book, _ := newTestBook(t, metav1.ConditionUnknown)
	key := ownerKey{Kind: v1alpha1.KindWorkload, Name: "cart"}
	book.put(key, "1", readyStatus(metav1.ConditionTrue))
	book.persisted = func(ownerKey) (realize.OwnerStatus, uint64, bool) { // asked in the middle of the flush
		if status, ok := book.latest(key, "1", 7); !ok || !isReady(status) {
			t.Errorf("while it is written, the latest status is %v, %v", status, ok)
		}
		return readyStatus(metav1.ConditionTrue), 7, true // so that nothing has to be written
	}
	if err := book.flush(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, ok := book.latest(key, "1", 7); ok {
		t.Error("what the informer has is still taken from the book")
	}
}

// TestEdited: an owner that differs in anything but its status has been edited.
func TestEdited(t *testing.T) {
	base := func(change func(*v1alpha1.Workload)) *v1alpha1.Workload {
		w := &v1alpha1.Workload{ObjectMeta: metav1.ObjectMeta{UID: "1", Generation: 1, ResourceVersion: "1", Labels: map[string]string{"a": "b"}}}
		change(w)
		return w
	}
	now := metav1.Now()
	for name, tc := range map[string]struct {
		change func(*v1alpha1.Workload)
		want   bool
	}{
		"status":      {func(w *v1alpha1.Workload) { w.ResourceVersion = "2"; w.Status.ObservedGeneration = 1 }, false},
		"spec":        {func(w *v1alpha1.Workload) { w.Generation = 2 }, true},
		"label":       {func(w *v1alpha1.Workload) { w.Labels = map[string]string{"a": "c"} }, true},
		"retry":       {func(w *v1alpha1.Workload) { w.Annotations = map[string]string{v1alpha1.AnnotationRetry: "1"} }, true},
		"deletion":    {func(w *v1alpha1.Workload) { w.DeletionTimestamp = &now }, true},
		"other owner": {func(w *v1alpha1.Workload) { w.UID = "2" }, true},
	} {
		if got := edited(base(func(*v1alpha1.Workload) {}), base(tc.change)); got != tc.want {
			t.Errorf("%s: edited is %v", name, got)
		}
	}
}
