package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	coordination "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/shard"
)

// Shards makes all of several replicas active: they divide the owners among themselves.
// Each is a member as long as its Lease is there. What keeps two of them from working on
// one owner is told in package shard; what keeps them and a replica of an Election apart is
// the Lease of the election, which they hold together.
type Shards struct {
	// Namespace of the Leases, and Name of the election's, with which theirs begin.
	Namespace, Name string
}

const (
	// shardRequest is how long a request about Leases may take; the next may have more luck.
	shardRequest = 4 * time.Second
	// leaseSilence is how long the watch of the Leases may bring nothing. It shows a replica its
	// own renewals, too, one every other second: when it does not, it is dead, and a replica that
	// does not see the others come and go holds all of them up.
	leaseSilence = 6 * time.Second
	// drainLook is how often a replica that gives owners away looks whether their passes have
	// ended, and one that gains some whether its caches have caught up.
	drainLook = 25 * time.Millisecond
	// shardLook is how often a replica looks for Leases that have lapsed.
	shardLook = time.Second
	// statusPatience is how long a replica that gives owners away tries to write their
	// statuses, once no pass over them is under way; who takes them over finds them out anew.
	statusPatience = 10 * time.Second
	// cachePatience is how long a replica that gains owners waits until its caches have the
	// stamped objects that others wrote. Older ones would make it write more than is needed,
	// but nothing wrong. For the owners themselves it waits without end: with an old status it
	// would forget objects that only the newer one names, and write over that.
	cachePatience = 5 * time.Second
	// disagreeing is how long members may take to agree before this is worth a line in the log.
	disagreeing = 10 * time.Second
)

// membership is this replica's life as one of several.
type membership struct {
	agent  *Agent
	leases coordination.LeaseInterface
	seat   *seat
	id     string // the name of its Lease
	holder string // for people
	began  time.Time
	// tried is when the first request was sent that may have made the Lease without an answer.
	tried time.Time
	// tell is for news that the other members should get before the next renewal.
	tell chan struct{}
	// look is for news about their Leases.
	look chan struct{}

	mu     sync.Mutex
	member *shard.Member
	// known are the Leases of all members, by name, as the watch told of them.
	known map[string]*coordinationv1.Lease
	// wrote is the newest of what others said that they wrote, those that are gone included.
	wrote map[string]uint64
}

func (s *Shards) run(ctx context.Context, a *Agent) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("find a name for this replica: %w", err)
	}
	config := unthrottled(a.config.Client, "carto-agent-lease/"+a.config.Version)
	patience := Patience{Watch: leaseSilence, Answer: leaseDuration}
	if shorter := a.config.Patience.Watch; shorter > 0 {
		patience.Watch = min(shorter, patience.Watch)
	}
	patience.apply(config)
	client, err := coordination.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("prepare the leases in %s: %w", s.Namespace, err)
	}
	leases, id := client.Leases(s.Namespace), a.share.id
	m := &membership{
		agent: a, leases: leases, seat: &seat{leases: leases, namespace: s.Namespace, name: s.Name}, id: id, holder: host + "_" + id, began: time.Now(),
		tell: make(chan struct{}, 1), look: make(chan struct{}, 1), member: shard.NewMember(id),
		known: map[string]*coordinationv1.Lease{}, wrote: map[string]uint64{},
	}
	if err := m.join(ctx); err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // told to stop before there was anything to do
		}
		return err
	}
	a.log.Info("joined the shards", "lease", m.id, "namespace", s.Namespace)

	// The end of ctx begins an orderly end, in which the Lease is still renewed; that of
	// lost ends everything at once.
	lost, lose := context.WithCancelCause(context.WithoutCancel(ctx))
	membered, leave := context.WithCancel(lost)
	var background sync.WaitGroup
	informer, synced := m.leaseInformer()
	background.Go(func() { informer.RunWithContext(membered) })
	for _, part := range []func(context.Context) error{m.renew, func(ctx context.Context) error { return m.follow(ctx, synced) }} {
		background.Go(func() {
			if err := part(membered); err != nil {
				lose(err)
			}
		})
	}

	work, stop := context.WithCancel(ctx)
	end := context.AfterFunc(lost, stop)
	a.lead(work, lost)
	end()
	stop()
	err = context.Cause(lost)
	leave()
	background.Wait()
	lose(nil)
	if err != nil {
		return err
	}
	m.leave()
	return nil
}

// join waits until no agent with --leader-elect is at work, and makes the Lease. The error is
// that of the context, or says that the name may be used up: the Lease may be there without
// an answer, and once it could have lapsed, the others may have removed it. They never take
// one that is made again under the same name for a member.
func (m *membership) join(ctx context.Context) error {
	said := ""
	for {
		sent := time.Now()
		other, err := m.sit(ctx)
		if m.usedUp() {
			return errLeaseLost
		}
		if err == nil && other == "" {
			err = m.create(ctx)
			if m.usedUp() {
				return errLeaseLost
			}
			if err == nil {
				m.agent.fence.extend(sent, renewDeadline)
				return nil
			}
		}
		if news := fmt.Sprint(other, err); news != said && ctx.Err() == nil {
			said = news
			if err != nil {
				m.agent.log.Warn("cannot join the shards; trying again", "err", err)
			} else {
				m.agent.log.Info("waiting for the lease, which an agent with --leader-elect holds", "namespace", m.seat.namespace, "lease", m.seat.name, "holder", other)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryPeriod):
		}
	}
}

func (m *membership) sit(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, shardRequest)
	defer cancel()
	return m.seat.hold(ctx)
}

// usedUp says whether the Lease may have been there long enough to have lapsed.
func (m *membership) usedUp() bool {
	return !m.tried.IsZero() && time.Since(m.tried) >= leaseDuration
}

func (m *membership) create(ctx context.Context) error {
	sent := time.Now()
	ctx, cancel := context.WithTimeout(ctx, shardRequest)
	defer cancel()
	now := metav1.NewMicroTime(time.Now())
	_, err := m.leases.Create(ctx, &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: m.id, Namespace: m.seat.namespace, Labels: map[string]string{v1alpha1.LabelAgentShard: m.seat.name}},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: &m.holder, LeaseDurationSeconds: ptr.To(int32(leaseDuration / time.Second)), AcquireTime: &now, RenewTime: &now,
		},
	}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil // the answer to an earlier try was lost
	}
	var answer apierrors.APIStatus
	refused := errors.As(err, &answer) && answer.Status().Code/100 == 4
	if err != nil && !refused && m.tried.IsZero() {
		m.tried = sent
	}
	return err
}

// leaseInformer watches the Leases of the members. Its first list is no older than this
// replica's own Lease, because it is taken as news only when it has that.
func (m *membership) leaseInformer() (cache.SharedIndexInformer, cache.InformerSynced) {
	lw := selecting(v1alpha1.LabelAgentShard+"="+m.seat.name,
		func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.ResourceVersion, options.ResourceVersionMatch = "", "" // never an old one from a cache
			return m.leases.List(ctx, options)
		},
		func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return m.leases.Watch(ctx, options)
		})
	informer := cache.NewSharedIndexInformer(lw, &coordinationv1.Lease{}, 0, cache.Indexers{})
	handler, _ := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{ // fails only when the informer has ended
		AddFunc:    func(object any) { m.hear(object, false) },
		UpdateFunc: func(_, now any) { m.hear(now, false) },
		DeleteFunc: func(object any) { m.hear(object, true) },
	})
	return informer, handler.HasSynced
}

// ring leaves word that something has happened, for whoever looks next.
func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// hear takes news of a Lease. What its member wrote is kept even if the Lease is gone.
func (m *membership) hear(object any, gone bool) {
	if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = tombstone.Obj
	}
	lease, ok := object.(*coordinationv1.Lease)
	if !ok {
		return
	}
	defer ring(m.look)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known[lease.Name] = lease; gone {
		delete(m.known, lease.Name)
	}
	if lease.Name == m.id {
		return
	}
	for cache, version := range recordOf(lease).Wrote {
		m.wrote[cache] = max(m.wrote[cache], version)
	}
}

// recordOf is what a member has told; nothing, to which nobody agrees, when it has told
// nothing yet or is of another version.
func recordOf(lease *coordinationv1.Lease) shard.Record {
	record, _ := shard.Parse(lease.Annotations[v1alpha1.AnnotationShard])
	return record
}

// renew renews both leases and tells the members what there is to tell, until the context
// ends. The error says that this replica must not work any more.
func (m *membership) renew(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-m.tell:
		}
		err := m.renewOnce(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errLeaseLost):
			return errLeaseLost // the log says why
		case m.agent.fence.left() <= 0:
			m.agent.log.Error("could not renew the lease in time", "lease", m.id, "err", err)
			return errLeaseLost
		case err != nil:
			m.agent.log.Warn("cannot renew the lease; trying again", "lease", m.id, "left", m.agent.fence.left(), "err", err)
		}
		timer.Reset(min(retryPeriod, max(m.agent.fence.left(), 0)))
	}
}

func (m *membership) renewOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, min(shardRequest, m.agent.fence.left()))
	defer cancel()
	sent := time.Now()
	other, err := m.seat.hold(ctx)
	if err != nil {
		return err
	}
	if other != "" {
		m.agent.log.Error("another agent holds the lease of the election", "lease", m.seat.name, "holder", other)
		return errLeaseLost
	}
	if err := m.publish(ctx); err != nil {
		if apierrors.IsNotFound(err) {
			m.agent.log.Error("the lease is gone: the other replicas took this one for dead, or somebody removed it", "lease", m.id)
			return errLeaseLost
		}
		return err
	}
	m.agent.fence.extend(sent, renewDeadline)
	return nil
}

// publish renews this replica's Lease, and puts its record there when it has one. There is
// no resourceVersion in the patch: nobody else writes this Lease, and once it is removed the
// name is never used again.
func (m *membership) publish(ctx context.Context) error {
	metadata := map[string]any{}
	m.mu.Lock()
	if record, ok := m.member.Record(); ok {
		record.Wrote = m.agent.share.written()
		metadata["annotations"] = map[string]string{v1alpha1.AnnotationShard: record.Text()}
	}
	m.mu.Unlock()
	body, err := json.Marshal(map[string]any{"metadata": metadata, "spec": map[string]any{"renewTime": metav1.NewMicroTime(time.Now())}})
	if err != nil {
		return err
	}
	_, err = m.leases.Patch(ctx, m.id, types.MergePatchType, body, metav1.PatchOptions{})
	return err
}

// leave removes the Lease, with which the others take this replica's owners over.
func (m *membership) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), shardRequest)
	defer cancel()
	err := m.publish(ctx) // what was written to the end
	if err == nil {
		err = m.leases.Delete(ctx, m.id, metav1.DeleteOptions{})
	}
	if err != nil && !apierrors.IsNotFound(err) {
		m.agent.log.Warn("cannot remove the lease; the others wait until it has lapsed", "lease", m.id, "err", err)
		return
	}
	m.agent.log.Info("left the shards", "lease", m.id)
}

// follow goes along with the members as they come and go, until the context ends. The error
// says that this replica is not one of them any more.
func (m *membership) follow(ctx context.Context, synced cache.InformerSynced) error {
	lapses := shard.NewLapses(leaseDuration)
	change := &viewChange{membership: m, since: time.Now()}
	for {
		if synced() {
			m.mu.Lock()
			known := maps.Clone(m.known)
			m.mu.Unlock()
			if err := change.step(known); err != nil {
				m.agent.log.Error("this replica is no member any more", "err", err)
				return errLeaseLost
			}
			m.removeLapsed(ctx, lapses, known)
		}
		wait := shardLook
		if change.underway() {
			wait = drainLook
		}
		select {
		case <-ctx.Done():
			return nil
		case <-m.look:
		case <-time.After(wait):
		}
	}
}

// removeLapsed removes Leases that their replicas do not renew, in the version that has not
// changed for the whole duration, so that one that was renewed unnoticed stays.
func (m *membership) removeLapsed(ctx context.Context, lapses *shard.Lapses, known map[string]*coordinationv1.Lease) {
	versions := make(map[string]string, len(known))
	for name, lease := range known {
		if name != m.id {
			versions[name] = lease.ResourceVersion
		}
	}
	for _, name := range lapses.Lapsed(versions, time.Since(m.began)) {
		request, cancel := context.WithTimeout(ctx, shardRequest)
		err := m.leases.Delete(request, name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{ResourceVersion: ptr.To(versions[name])}})
		cancel()
		switch {
		case err == nil:
			m.agent.log.Warn("a replica is lost: its lease has lapsed, and its owners are taken over", "lease", name, "holder", ptr.Deref(known[name].Spec.HolderIdentity, ""))
		case !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) && ctx.Err() == nil:
			m.agent.log.Warn("cannot remove a lapsed lease; trying again", "lease", name, "err", err)
		}
	}
}
