package agent

import (
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

func newTestRecorder(t *testing.T) (*recorder, *clocktesting.FakeClock) {
	clock := clocktesting.NewFakeClock(noon)
	r := newRecorder(nil, clock, slog.New(slog.DiscardHandler), newMetrics())
	t.Cleanup(r.rests.ShutDown)
	return r, clock
}

// ripen lets time pass until all news have rested.
func (r *recorder) ripen(clock *clocktesting.FakeClock) {
	for r.queue.Len() < r.waiting {
		clock.Step(eventRest) // more than once, if the queue has not looked at the clock before
		runtime.Gosched()
	}
}

// TestNewsRest: what happens several times within a second is told once, and nothing is told at
// once: the API server's time is the next step's.
func TestNewsRest(t *testing.T) {
	r, clock := newTestRecorder(t)
	for range 3 {
		r.record(about("a", 0), "Stamped", "", "made")
		clock.Step(eventRest / 10)
	}
	if got := r.queue.Len(); got != 0 {
		t.Errorf("%d events are to be written at once", got)
	}
	r.ripen(clock)
	if got := r.queue.Len(); got != 1 {
		t.Errorf("%d events are to be written, want 1", got)
	}
	key, _ := r.queue.Get()
	defer r.queue.Done(key)
	if got := r.known[key].count; got != 3 {
		t.Errorf("the event tells of %d times, want 3", got)
	}
}

// lost is what the metric says.
func (r *recorder) lost(t *testing.T) float64 {
	t.Helper()
	families, err := r.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "carto_events_dropped_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	return 0
}

func about(namespace string, i int) reference {
	return reference{kind: "Workload", namespace: namespace, name: fmt.Sprint(i)}
}

// TestEventsOfManyOwners: one namespace with more events than may wait leaves room for those of
// others, and others have their turn before its backlog is written.
func TestEventsOfManyOwners(t *testing.T) {
	r, clock := newTestRecorder(t)
	for i := range 2 * maxEvents {
		r.record(about("big", i), "Stamped", "", "made")
	}
	if got := r.tenants["big"].waiting; got != maxEvents/2 {
		t.Errorf("%d events of one namespace wait, want %d: half is for others", got, maxEvents/2)
	}
	if lost := r.lost(t); lost != 2*maxEvents-maxEvents/2 {
		t.Errorf("%.0f events are counted as lost, want those that do not wait", lost)
	}
	for i := range 3 {
		r.record(about("small", i), "Stamped", "", "made")
	}
	if got := r.tenants["small"].waiting; got != 3 {
		t.Errorf("%d events of the small namespace wait, want all 3", got)
	}
	r.ripen(clock)
	for range 6 {
		key, _ := r.queue.Get()
		r.queue.Done(key)
	}
	if left := r.queue.turns.waitingOf("small"); left != 0 {
		t.Errorf("after six turns %d of the small namespace's events still wait", left)
	}
}

// TestKnownEventsAreBounded: what is remembered to be counted up has a bound, within which a
// namespace forgets its own oldest records and not those of others.
func TestKnownEventsAreBounded(t *testing.T) {
	r, clock := newTestRecorder(t)
	settle := func() {
		r.ripen(clock)
		for r.queue.Len() > 0 {
			key, _ := r.queue.Get()
			e := r.known[key]
			e.queued = false
			r.waiting--
			r.tenants[key.about.namespace].waiting--
			r.queue.Done(key)
		}
	}
	r.record(about("small", 0), "Stamped", "", "made")
	for i := range 2 * maxKnownEvents {
		r.record(about("big", i), "Stamped", "", "made")
		if i%1000 == 0 {
			settle()
		}
	}
	settle()
	if len(r.known) > maxKnownEvents/2+1 {
		t.Errorf("%d events are known, want at most half of %d and that of the other", len(r.known), maxKnownEvents)
	}
	if r.known[eventKey{about("small", 0), "Stamped", ""}] == nil {
		t.Error("the event of another namespace was forgotten")
	}
	if r.known[eventKey{about("big", 2*maxKnownEvents-1), "Stamped", ""}] == nil {
		t.Error("the newest event was forgotten, not the oldest")
	}
	clock.Step(rememberedFor + time.Minute)
	r.forgetOld()
	if len(r.known) != 0 || len(r.tenants) != 0 {
		t.Errorf("%d events of %d namespaces are still known after half an hour", len(r.known), len(r.tenants))
	}
	if r.forgotten != 0 {
		t.Error("the map of known events is not made anew, though all of its entries have changed")
	}
}
