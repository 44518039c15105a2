package shard

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"
)

var rounds = flag.Int("rounds", 20, "how many simulations to run")

// Times of the simulation: those of the agent.
const (
	renewEvery    = 2 * time.Second
	renewDeadline = 10 * time.Second
	lapseAfter    = 15 * time.Second
)

// cluster is an API server with Leases, whose events reach each replica in order, but
// late. Requests reach it late too, or never, and so do its answers.
type cluster struct {
	t      *testing.T
	random *rand.Rand
	now    time.Duration
	leases map[string]lease
	events []event
	// sent are the requests under way.
	sent     []*request
	replicas []*replica
	keys     []Key
	names    int
	trace    []string
	// what was seen to happen, so that the test can tell that it tests something.
	handovers, lapses, fenced int
}

type lease struct {
	record  Record
	version int
}

type event struct {
	id string
	lease
	deleted bool
}

type request struct {
	from    *replica
	sentAt  time.Duration
	id      string
	text    string
	version int // of what is to be deleted
	deletes bool
	// outcome, once it has reached the API server.
	done, found bool
}

// replica is what pkg/agent does around a Member.
type replica struct {
	id     string
	member *Member
	lapses *Lapses
	// view of the Leases, by all events before the next one.
	leases map[string]lease
	next   int
	busy   map[Key]bool
	// works is what the holding has come to, as of a view and whether it was agreed on.
	works   map[Key]bool
	worksOf string
	// fence is when it may write no more, unless it has renewed its Lease by then.
	fence  time.Duration
	renew  time.Duration
	told   string
	paused time.Duration
	// ended: the process is no more. leaving: it ends in order.
	ended, leaving bool
}

func (r *replica) String() string {
	return fmt.Sprintf("%s (view %v, agreed %t, missing %v)", r.id, r.member.View(), r.member.Agreed(), r.member.Missing())
}

func (c *cluster) logf(format string, args ...any) {
	c.trace = append(c.trace, fmt.Sprintf("%6.2fs ", c.now.Seconds())+fmt.Sprintf(format, args...))
}

func (c *cluster) failf(format string, args ...any) {
	c.t.Helper()
	for _, line := range c.trace[max(0, len(c.trace)-120):] {
		c.t.Log(line)
	}
	c.t.Fatalf(format, args...)
}

func (c *cluster) put(id, text string) {
	record, _ := Parse(text)
	l := lease{record, len(c.events)}
	c.leases[id] = l
	c.events = append(c.events, event{id, l, false})
}

func (c *cluster) remove(id string) {
	delete(c.leases, id)
	c.events = append(c.events, event{id, lease{}, true})
}

// join starts a replica: it makes its Lease, and then looks for those of the others.
func (c *cluster) join() {
	c.names++
	r := &replica{id: fmt.Sprintf("m%02d", c.names), lapses: NewLapses(lapseAfter), busy: map[Key]bool{}, fence: c.now + renewDeadline}
	r.member = NewMember(r.id)
	c.put(r.id, "")
	r.leases, r.next = maps.Clone(c.leases), len(c.events)
	c.replicas = append(c.replicas, r)
	c.logf("%s joins", r.id)
}

// working is what a replica may begin to work on.
func (c *cluster) working(r *replica) map[Key]bool {
	if of := fmt.Sprint(r.member.View(), r.member.Agreed()); r.worksOf != of {
		r.works, r.worksOf = map[Key]bool{}, of
		for _, key := range c.keys {
			if r.member.Holding().Works(key) {
				r.works[key] = true
			}
		}
	}
	return r.works
}

// effective says whether a replica can write.
func (c *cluster) effective(r *replica) bool { return !r.ended && c.now <= r.fence }

// check is the invariant: no owner is worked on by two.
func (c *cluster) check() {
	c.t.Helper()
	by := map[Key]*replica{}
	for _, r := range c.replicas {
		if !c.effective(r) {
			continue
		}
		all := maps.Clone(r.busy)
		if !r.leaving {
			maps.Copy(all, c.working(r))
		}
		for key := range all {
			if other := by[key]; other != nil {
				c.failf("%x is worked on by two: %s and %s", uint64(key), other, r)
			}
			by[key] = r
		}
	}
}

// step lets a replica do one thing.
func (c *cluster) step(r *replica, calm bool) {
	if c.now > r.fence {
		c.logf("%s was not able to renew its Lease, and ends", r.id)
		c.fenced++
		r.ended = true
		return
	}
	chance := func(percent int) bool { return calm || c.random.IntN(100) < percent }
	if chance(60) { // events
		n := len(c.events) - r.next
		if !calm && n > 0 {
			n = 1 + c.random.IntN(n)
		}
		for range n {
			e := c.events[r.next]
			r.next++
			if e.deleted {
				delete(r.leases, e.id)
			} else {
				r.leases[e.id] = e.lease
			}
		}
	}
	records := map[string]Record{}
	for id, l := range r.leases {
		records[id] = l.record
	}
	adopted, err := r.member.Observe(records)
	if errors.Is(err, ErrGone) {
		c.logf("%s sees that its Lease is gone, and ends", r.id)
		r.ended = true
		return
	}
	if adopted {
		c.logf("%s adopts %v", r.id, r.member.View())
	}
	// Passes end and begin.
	working := c.working(r)
	for _, key := range c.keys {
		switch {
		case r.busy[key] && chance(30):
			delete(r.busy, key)
		case !r.busy[key] && !r.leaving && working[key] && c.random.IntN(100) < 30:
			r.busy[key] = true
		}
	}
	idle := true
	for key := range r.busy {
		idle = idle && working[key]
	}
	if idle {
		r.member.Drained()
	}
	if chance(70) && r.member.Agree() {
		c.logf("%s agrees on %v", r.id, r.member.View())
		c.handovers++
	}
	if r.leaving && len(r.busy) == 0 {
		c.logf("%s leaves", r.id)
		c.remove(r.id)
		r.ended = true
		return
	}
	c.write(r, chance)
}

// write sends what a replica has to write.
func (c *cluster) write(r *replica, chance func(int) bool) {
	pending := slices.ContainsFunc(c.sent, func(q *request) bool { return q.from == r && !q.deletes })
	text := r.told
	if record, ok := r.member.Record(); ok {
		text = record.Text()
	}
	if !pending && (text != r.told || c.now >= r.renew) {
		r.renew = c.now + renewEvery
		c.sent = append(c.sent, &request{from: r, sentAt: c.now, id: r.id, text: text})
	}
	versions := map[string]string{}
	for id, l := range r.leases {
		if id != r.id {
			versions[id] = strconv.Itoa(l.version)
		}
	}
	for _, id := range r.lapses.Lapsed(versions, c.now) {
		if chance(50) {
			c.sent = append(c.sent, &request{from: r, sentAt: c.now, id: id, version: r.leases[id].version, deletes: true})
		}
	}
}

// deliver lets requests reach the API server, and answers the replicas.
func (c *cluster) deliver(calm bool) {
	var left []*request
	for _, q := range c.sent {
		switch dice := c.random.IntN(100); {
		case !calm && dice < 3:
			continue // lost, before or after it took effect
		case !calm && dice < 40:
		case !q.done:
			live, there := c.leases[q.id]
			q.done = true
			switch {
			case q.deletes && there && live.version == q.version:
				c.logf("%s removes the lapsed Lease of %s", q.from.id, q.id)
				c.lapses++
				c.remove(q.id)
			case !q.deletes && there:
				q.found = true
				c.put(q.id, q.text)
			}
		default:
			c.answer(q)
			continue
		}
		left = append(left, q)
	}
	c.sent = left
}

func (c *cluster) answer(q *request) {
	r := q.from
	switch {
	case q.deletes || r.ended || r.paused > c.now:
	case !q.found:
		c.logf("%s is told that its Lease is gone, and ends", r.id)
		r.ended = true
	case c.now <= r.fence: // an answer that comes too late does not help
		r.told = q.text
		r.fence = max(r.fence, q.sentAt+renewDeadline)
	}
}

func (c *cluster) living() []*replica {
	return slices.DeleteFunc(slices.Clone(c.replicas), func(r *replica) bool { return r.ended })
}

// TestSimulation: whatever replicas do, however late they hear of each other, and in
// whatever order requests arrive, no owner is worked on by two. When they are left in
// peace, each owner is soon worked on by one.
func TestSimulation(t *testing.T) {
	t.Parallel()
	var handovers, lapses, fenced int
	for round := range *rounds {
		c := simulate(t, uint64(round)) //nolint:gosec // small and positive
		handovers, lapses, fenced = handovers+c.handovers, lapses+c.lapses, fenced+c.fenced
	}
	t.Logf("%d agreements, %d lapses, %d replicas fenced", handovers, lapses, fenced)
	if handovers < *rounds || lapses < *rounds/10 || fenced < *rounds/10 {
		t.Error("hardly anything happened, so nothing was tested")
	}
}

func simulate(t *testing.T, seed uint64) *cluster {
	t.Helper()
	c := &cluster{t: t, random: rand.New(rand.NewPCG(seed, 1)), leases: map[string]lease{}, keys: keys(24)} //nolint:gosec // a simulation
	c.logf("seed %d", seed)
	for range 1 + c.random.IntN(4) {
		c.join()
	}
	for range 800 {
		c.now += time.Duration(c.random.IntN(250)) * time.Millisecond
		living := c.living()
		switch dice := c.random.IntN(1000); {
		case dice < 10 && len(living) < 6, len(living) == 0:
			c.join()
		case dice < 14:
			r := living[c.random.IntN(len(living))]
			c.logf("%s crashes", r.id)
			r.ended = true
		case dice < 18:
			r := living[c.random.IntN(len(living))]
			r.paused = c.now + time.Duration(c.random.IntN(25))*time.Second
			c.logf("%s is stopped until %s", r.id, r.paused)
		case dice < 22:
			living[c.random.IntN(len(living))].leaving = true
		}
		for _, r := range c.living() {
			if r.paused <= c.now {
				c.step(r, false)
				c.check()
			}
		}
		c.deliver(false)
		c.check()
	}
	return settle(c)
}

// settle leaves the replicas in peace, and expects that they divide all owners.
func settle(c *cluster) *cluster {
	c.t.Helper()
	c.logf("peace")
	c.join()
	for range 400 {
		c.now += 100 * time.Millisecond
		for _, r := range c.living() {
			if r.paused <= c.now {
				c.step(r, true)
				c.check()
			}
		}
		c.deliver(true)
		c.check()
	}
	for _, key := range c.keys {
		n := 0
		for _, r := range c.living() {
			if c.working(r)[key] {
				n++
			}
		}
		if n != 1 {
			for _, r := range c.living() {
				c.logf("%s", r)
			}
			c.failf("at the end %x is worked on by %d", uint64(key), n)
		}
	}
	return c
}
