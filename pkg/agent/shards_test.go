package agent

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	coordination "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/shard"
)

// TestJoin: a replica whose Lease may have come and gone unseen ends, because the others never take the name for a member again.
func TestJoin(t *testing.T) {
	resource := coordinationv1.Resource("leases")
	lost := errors.New("the connection was lost")
	exists := apierrors.NewAlreadyExists(resource, "carto-agent-1")
	forbidden := apierrors.NewForbidden(resource, "carto-agent-1", errors.New("no role"))
	for name, tc := range map[string]struct {
		reason string
		create func(since time.Duration) error
		// seatless is how long the seat can not be held, from the first try on.
		seatless time.Duration
		slow     time.Duration // how long each creation takes
		err      error
	}{
		"made":            {"nothing was in the way", func(time.Duration) error { return nil }, 0, 0, nil},
		"answer lost":     {"it is there, and nobody can have removed it yet", func(since time.Duration) error { return either(since > 0, exists, lost) }, 0, 0, nil},
		"never answered":  {"each of the tries may have made it", func(time.Duration) error { return lost }, 0, 0, errLeaseLost},
		"made again":      {"the first one may have lapsed when this one was made", func(since time.Duration) error { return either(since > leaseDuration, nil, lost) }, 0, 0, errLeaseLost},
		"made too late":   {"it was sent in time, and made after the first one was removed", func(since time.Duration) error { return either(since > 12*time.Second, nil, lost) }, 0, shardRequest, errLeaseLost},
		"seat out of use": {"the Lease lapses while the election's can not be renewed", func(since time.Duration) error { return either(since > 0, nil, lost) }, 20 * time.Second, 0, errLeaseLost},
		"refused":         {"what is refused has made nothing, however long it takes until a role is granted", func(since time.Duration) error { return either(since > time.Minute, nil, error(forbidden)) }, 0, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				t.Log(tc.reason)
				leases := &scriptedLeases{create: tc.create, seatless: tc.seatless, slow: tc.slow}
				m := &membership{
					agent: &Agent{log: slog.New(slog.DiscardHandler), fence: newFence()}, leases: leases, seat: &seat{leases: leases, name: "carto-agent"}, id: "carto-agent-1",
				}
				if err := m.join(t.Context()); !errors.Is(err, tc.err) || (m.agent.fence.left() > 0) != (tc.err == nil) {
					t.Errorf("%v, and may write for %s; want %v", err, m.agent.fence.left(), tc.err)
				}
			})
		})
	}
}

func either(first bool, a, b error) error {
	if first {
		return a
	}
	return b
}

// TestSlowPassLeavesTimeForItsStatus: a status gets its time to be written from when its pass has ended, however long that took.
func TestSlowPassLeavesTimeForItsStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := newStatusBook(nil, clock.RealClock{}, func(ownerKey) (realize.OwnerStatus, uint64, bool) { return realize.OwnerStatus{}, 1, true }, noBacklog, nil)
		defer book.queue.ShutDown()
		key := ownerKey{v1alpha1.KindWorkload, "shop", "cart"}
		a := &Agent{log: slog.New(slog.DiscardHandler), share: newShare("carto-agent"), statuses: book, depends: newDependencyIndex()}
		a.share.busy[key] = struct{}{}
		c := &viewChange{membership: &membership{agent: a, member: shard.NewMember(a.share.id), tell: make(chan struct{}, 1)}, since: time.Now()}
		drain := func(after time.Duration, drained bool, waiting int) {
			t.Helper()
			time.Sleep(after)
			if c.drain(); c.drained != drained || book.waiting() != waiting {
				t.Errorf("drained: %v, with %d statuses that wait; want %v, %d", c.drained, book.waiting(), drained, waiting)
			}
		}
		drain(2*statusPatience, false, 0)
		book.put(key, "u", realize.OwnerStatus{})
		a.share.end(key)
		drain(0, false, 1)
		drain(statusPatience, false, 1)
		drain(time.Second, true, 0)
	})
}

// TestGainsWaitForTheirStatuses: with an old status a replica would forget what only the newer one names, so it waits for that as
// long as it takes; and the stamped objects of kinds that it does not watch yet are nothing to wait for.
func TestGainsWaitForTheirStatuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		informers := map[string]cache.SharedIndexInformer{}
		for _, kind := range v1alpha1.Kinds {
			informers[kind.Name] = cache.NewSharedIndexInformer(&cache.ListWatch{}, nil, 0, cache.Indexers{})
		}
		kind := v1alpha1.KindWorkload
		a := &Agent{
			log: slog.New(slog.DiscardHandler), share: newShare("carto-agent"), metrics: newMetrics(), watches: &watchSet{},
			catalog: &catalog{informers: informers},
		}
		member := shard.NewMember(a.share.id)
		if _, err := member.Observe(map[string]shard.Record{a.share.id: {}}); err != nil {
			t.Fatal(err)
		}
		member.Drained()
		c := &viewChange{membership: &membership{agent: a, member: member, wrote: map[string]uint64{ownersCache(kind): 7, "deployments.apps/v1/": 9}}}
		agree := func(after time.Duration, shows string, agreed bool) {
			t.Helper()
			time.Sleep(after)
			if err := informers[kind].GetStore().Replace(nil, shows); err != nil {
				t.Fatal(err)
			}
			if c.agree(); member.Agreed() != agreed {
				t.Errorf("with a cache of version %s they agree: %v", shows, member.Agreed())
			}
		}
		agree(0, "6", false)
		agree(10*cachePatience, "6", false)
		agree(0, "7", true)
	})
}

// scriptedLeases answers as a test wants.
type scriptedLeases struct {
	coordination.LeaseInterface
	create         func(since time.Duration) error
	seatless, slow time.Duration
	first          time.Time // creation that was sent
}

func (l *scriptedLeases) Create(_ context.Context, lease *coordinationv1.Lease, _ metav1.CreateOptions) (*coordinationv1.Lease, error) {
	if l.first.IsZero() {
		l.first = time.Now()
	}
	time.Sleep(l.slow)
	return lease, l.create(time.Since(l.first))
}

func (l *scriptedLeases) Patch(context.Context, string, types.PatchType, []byte, metav1.PatchOptions, ...string) (*coordinationv1.Lease, error) {
	if !l.first.IsZero() && time.Since(l.first) < l.seatless {
		return nil, errors.New("no answer")
	}
	return &coordinationv1.Lease{}, nil
}
