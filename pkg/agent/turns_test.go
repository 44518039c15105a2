package agent

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Unix(43200, 0)

// newTestTurns takes things by "NAMESPACE/NAME".
func newTestTurns(s slots, progress map[string]int) *turns[ownerKey] {
	return newTurns(s, func(key ownerKey) string { return key.Namespace }, func(key ownerKey) int { return progress[key.Name] })
}

func (t *turns[K]) takeAll(now time.Time) []K {
	var all []K
	for {
		key, ok := t.next(now)
		if !ok {
			return all
		}
		all = append(all, key)
	}
}

func owners(namespace string, n int) []ownerKey {
	keys := make([]ownerKey, n)
	for i := range keys {
		keys[i] = ownerKey{Namespace: namespace, Name: fmt.Sprint(i)}
	}
	return keys
}

func namespacesOf(keys []ownerKey) string {
	counts := map[string]int{}
	for _, key := range keys {
		counts[key.Namespace]++
	}
	return fmt.Sprint(counts)
}

func TestTurnsOrder(t *testing.T) {
	tests := map[string]struct {
		reason   string
		push     []ownerKey
		progress map[string]int
		want     []string
	}{
		"namespaces take turns": {
			reason: "a tenant with many owners does not keep the others waiting",
			push:   []ownerKey{{Namespace: "big", Name: "1"}, {Namespace: "big", Name: "2"}, {Namespace: "big", Name: "3"}, {Namespace: "small", Name: "1"}},
			want:   []string{"big/1", "small/1", "big/2", "big/3"},
		},
		"furthest first": {
			reason:   "within a namespace the owner that is furthest along comes first, so that few are under way at a time and each needs few statuses",
			push:     []ownerKey{{Namespace: "a", Name: "new"}, {Namespace: "a", Name: "newer"}, {Namespace: "a", Name: "two"}, {Namespace: "a", Name: "three"}, {Namespace: "a", Name: "three-later"}, {Namespace: "a", Name: "two-later"}},
			progress: map[string]int{"two": 2, "two-later": 2, "three": 3, "three-later": 3},
			want:     []string{"a/three", "a/three-later", "a/two", "a/two-later", "a/new", "a/newer"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			q := newTestTurns(slotsOf(16), tc.progress)
			for _, key := range tc.push {
				q.push(key, noon)
			}
			var order []string
			for key, ok := q.next(noon); ok; key, ok = q.next(noon) {
				order = append(order, key.Namespace+"/"+key.Name)
				q.done(key, false)
			}
			if diff := cmp.Diff(tc.want, order); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if len(q.namespaces) > 0 || len(q.order) > 0 || q.length > 0 || q.quick > 0 {
				t.Errorf("something is left when all is done: %+v", q)
			}
		})
	}
}

func TestTurnsStarveNobody(t *testing.T) {
	q := newTestTurns(slotsOf(16), map[string]int{"far": 3})
	q.push(ownerKey{Namespace: "a", Name: "patient"}, noon)
	for i := range oldestEvery {
		q.push(ownerKey{Kind: fmt.Sprint(i), Namespace: "a", Name: "far"}, noon)
		key, _ := q.next(noon)
		if last := i == oldestEvery-1; (key.Name == "patient") != last {
			t.Fatalf("%v came as number %d, want the owner without progress as number %d while others keep coming, and only then", key, i+1, oldestEvery)
		}
		q.done(key, false)
	}
}

// TestTurnsShares: how much of which namespace is under way.
func TestTurnsShares(t *testing.T) {
	type step struct {
		reason string
		after  time.Duration // since the step before
		push   map[string]int
		linger int    // how many of those under way have become slow
		want   string // what can be taken then
	}
	for name, steps := range map[string][]step{
		"a namespace alone": {
			{"gets three quarters of the slots", 0, map[string]int{"big": 100}, 0, "map[big:12]"},
			{"so that another one finds room at once", 0, map[string]int{"small": 3}, 0, "map[small:3]"},
			{"no slot is left beyond the last", 0, map[string]int{"third": 9}, 0, "map[third:1]"},
		},
		"namespaces that share": {
			{"go one by one in the first second: neither is known to want much", 0, map[string]int{"a": 100, "b": 100}, 0, "map[a:1 b:1]"},
			{"then each has a quarter of the slots", 2 * time.Second, nil, 0, "map[a:3 b:3]"},
		},
		"a namespace that was in company": {
			{"", 0, map[string]int{"small": 1}, 0, "map[small:1]"},
			{"some seconds later the other still counts", 10 * time.Second, map[string]int{"big": 100}, 0, "map[big:4]"},
			{"minutes later no more", 2 * time.Minute, nil, 0, "map[big:8]"},
		},
		"a namespace with a backlog": {
			{"goes one by one while one that wants little is in the midst of something", 0, map[string]int{"big": 100, "small": 3}, 0, "map[big:1 small:3]"},
			{"and faster when that has gone on", 2 * time.Second, nil, 0, "map[big:3]"},
		},
		"a namespace whose webhook hangs": {
			{"", 0, map[string]int{"slow": 100}, 0, "map[slow:12]"},
			{"its slots are free again, but it gets few more: the slow ones are still under way", time.Second, nil, 12, "map[slow:2]"},
			{"", 0, map[string]int{"a": 100, "b": 100, "c": 100, "d": 100}, 2, "map[a:1 b:1 c:1 d:1]"},
			{"the others have all slots", 2 * time.Second, nil, 0, "map[a:3 b:3 c:3 d:3]"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			q, now := newTestTurns(slotsOf(16), nil), noon
			for _, s := range steps {
				now = now.Add(s.after)
				for namespace, n := range s.push {
					for _, key := range owners(namespace, n) {
						q.push(key, now)
					}
				}
				for range s.linger {
					q.linger(ownerKey{Namespace: "slow"})
				}
				if got := namespacesOf(q.takeAll(now)); got != s.want {
					t.Errorf("%s: %s, want %s", s.reason, got, s.want)
				}
			}
		})
	}
}

// TestTurnsManySlow: forty tenants whose webhooks all hang leave slots for one that works,
// and each of them is served.
func TestTurnsManySlow(t *testing.T) {
	q := newTestTurns(slotsOf(16), nil)
	served := map[string]int{}
	for i := range 40 {
		for _, key := range owners(fmt.Sprintf("slow-%02d", i), 50) {
			q.push(key, noon)
		}
	}
	now := noon
	for range 60 { // seconds, in which none of them is answered
		now = now.Add(time.Second)
		for _, key := range q.takeAll(now) {
			served[key.Namespace]++
			q.linger(key)
		}
	}
	if len(served) != 40 {
		t.Errorf("%d of 40 slow tenants were served", len(served))
	}
	if q.slow > 128 || q.quick > 0 {
		t.Errorf("%d are slow and %d hold a slot; want at most 128, and none", q.slow, q.quick)
	}
	q.push(ownerKey{Namespace: "quiet", Name: "cart"}, now)
	if all := q.takeAll(now); !slices.Contains(all, ownerKey{Namespace: "quiet", Name: "cart"}) {
		t.Error("the one tenant that works waits for the others")
	}
}
