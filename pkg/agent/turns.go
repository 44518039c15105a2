package agent

import (
	"slices"
	"time"
)

// oldestEvery is how often, within a namespace, what has waited longest is served instead
// of what is furthest along, so that nothing waits for ever. That is seldom: an owner that is
// begun while others are under way makes all of them need more statuses.
const oldestEvery = 16

// othersFor is how long a namespace counts after it last wanted something. It is long
// enough that in a cluster with several tenants, somebody mostly does. One that wants little
// is in the midst of something for smallFor: a change travels from step to step with short
// rests, in which other controllers work.
const (
	othersFor = time.Minute
	smallFor  = time.Second
)

// slots says how much is done at once, all namespaces together, and how much of it for one.
// What takes long no longer fills a slot: it waits for somebody else, and costs next to
// nothing meanwhile.
type slots struct {
	total int
	// alone is the share of a namespace while no other has wanted anything for a while,
	// shared its share while others do. Behind is that of one with a backlog while another
	// with little to do is in the midst of something. Requests compete in the API server: a
	// few at a time are as much as it makes use of, and each more of one tenant's makes
	// those of the others slower.
	alone, shared, behind int
	// slow is how much may be under way without a slot, after slowAfter.
	slow      int
	slowAfter time.Duration
	// slowPart of the room for slow ones that is left is what one namespace may have under
	// way: the more of it is taken, the less any namespace gets, so that the first to come
	// leave something for the last. None is refused altogether.
	slowPart int
}

// slotsOf are the slots of a kind of requests. The slow ones are so few that all that the
// agent sends stays below what API servers work on at once (600 by default, of which
// requests of service accounts get 245 when others need the rest).
func slotsOf(total int) slots {
	return slots{total: total, alone: max(1, total*3/4), shared: max(1, total/4), behind: max(1, total/16), slow: 8 * total, slowAfter: time.Second, slowPart: 8}
}

// fairShare is how much of something scarce one may have: a part of what nobody has taken,
// so that those who take much leave something for others.
func fairShare(most, taken, part int) int { return max(1, (most-taken)/part) }

// turns decides what is done next. Namespaces take turns, so that a tenant with ten
// thousand owners does not keep one with three waiting, and each has a share of the slots,
// so that a tenant whose webhook does not answer holds up nobody but itself. Within a
// namespace what is furthest along comes first: in a burst, first-in-first-out would make
// all owners finish at the end, and with more status writes on the way.
//
// It knows no clock and no lock.
type turns[K comparable] struct {
	slots     slots
	namespace func(K) string
	// progress is how far along something is, a small number of steps.
	progress func(K) int

	namespaces map[string]*turn[K] // with anything that waits or is under way
	order      []string            // namespaces with something that waits, the next one first
	length     int                 // how much waits
	quick      int                 // how much is under way in a slot
	slow       int                 // how much is under way without one
	sequence   uint64

	all   recency // the last two namespaces that wanted something
	small recency // likewise, of those that did not want much
}

// recency tells for each namespace when another one last wanted something.
type recency struct{ last, before wanted }

type wanted struct {
	namespace string
	at        time.Time
}

func (r *recency) note(namespace string, now time.Time) {
	if r.last.namespace != namespace {
		r.before = r.last
	}
	r.last = wanted{namespace, now}
}

// within says whether one other than the namespace wanted something so recently.
func (r *recency) within(namespace string, d time.Duration, now time.Time) bool {
	other := r.last
	if other.namespace == namespace {
		other = r.before
	}
	return !other.at.IsZero() && other.namespace != namespace && now.Sub(other.at) < d
}

// turn is one namespace's part.
type turn[K comparable] struct {
	// byProgress holds first-in-first-out lists of what waits.
	byProgress map[int][]waiting[K]
	length     int
	served     int
	quick      int // under way in a slot
	slow       int // under way without one
}

type waiting[K comparable] struct {
	key      K
	sequence uint64
}

func newTurns[K comparable](s slots, namespace func(K) string, progress func(K) int) *turns[K] {
	return &turns[K]{slots: s, namespace: namespace, progress: progress, namespaces: map[string]*turn[K]{}}
}

// push adds what is to be done. It must not be there already.
func (t *turns[K]) push(key K, now time.Time) {
	name := t.namespace(key)
	t.all.note(name, now)
	n := t.namespaces[name]
	if n == nil {
		n = &turn[K]{byProgress: map[int][]waiting[K]{}}
		t.namespaces[name] = n
	}
	if n.length == 0 {
		t.order = append(t.order, name)
	}
	t.sequence++
	t.length++
	n.length++
	p := t.progress(key)
	n.byProgress[p] = append(n.byProgress[p], waiting[K]{key, t.sequence})
	if n.length <= t.slots.total {
		t.small.note(name, now)
	}
}

// next takes what is to be done now; false when there is nothing, or no slot for it.
func (t *turns[K]) next(now time.Time) (key K, ok bool) {
	if t.quick >= t.slots.total {
		return key, false
	}
	// Those that are passed over have something under way, which bounds their number. They
	// stay at the head.
	for i, name := range t.order {
		n := t.namespaces[name]
		if n.quick >= t.most(name, now) || n.quick+n.slow >= fairShare(t.slots.slow, t.slow, t.slots.slowPart) {
			continue
		}
		key = n.pop()
		t.length--
		t.quick++
		n.quick++
		t.order = slices.Delete(t.order, i, i+1)
		if n.length > 0 {
			t.order = append(t.order, name)
		}
		return key, true
	}
	return key, false
}

// most is how many slots one namespace may have.
func (t *turns[K]) most(name string, now time.Time) int {
	most := t.slots.alone
	switch {
	case t.namespaces[name].length > t.slots.total && t.small.within(name, smallFor, now):
		most = t.slots.behind
	case t.all.within(name, othersFor, now):
		most = t.slots.shared
	}
	return most
}

// linger says that something under way is slow, and frees its slot if there is room for
// one more of these.
func (t *turns[K]) linger(key K) bool {
	if t.slow >= t.slots.slow {
		return false
	}
	n := t.namespaces[t.namespace(key)]
	t.quick--
	n.quick--
	t.slow++
	n.slow++
	return true
}

// done says that something is no longer under way; lingered when linger has freed its slot.
func (t *turns[K]) done(key K, lingered bool) {
	name := t.namespace(key)
	n := t.namespaces[name]
	if lingered {
		t.slow--
		n.slow--
	} else {
		t.quick--
		n.quick--
	}
	if n.quick+n.slow+n.length == 0 {
		delete(t.namespaces, name)
	}
}

// waitingOf is how much of a namespace waits.
func (t *turns[K]) waitingOf(name string) int {
	if n := t.namespaces[name]; n != nil {
		return n.length
	}
	return 0
}

func (n *turn[K]) pop() K {
	n.served++
	oldest := n.served%oldestEvery == 0
	chosen, first := 0, true
	for p, all := range n.byProgress {
		if first || (oldest && all[0].sequence < n.byProgress[chosen][0].sequence) || (!oldest && p > chosen) {
			chosen, first = p, false
		}
	}
	all := n.byProgress[chosen]
	if len(all) == 1 {
		delete(n.byProgress, chosen)
	} else {
		n.byProgress[chosen] = all[1:]
	}
	n.length--
	return all[0].key
}
