package agent

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/realize"
)

// handleOwners wakes owners for what happens to them.
func (a *Agent) handleOwners(kind string) {
	key := func(object any) ownerKey {
		o := object.(metav1.Object)
		return ownerKey{kind, o.GetNamespace(), o.GetName()}
	}
	a.catalog.follow(kind, cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { a.wake(key(object)) },
		UpdateFunc: func(before, now any) {
			b, n := before.(metav1.Object), now.(metav1.Object)
			if b.GetResourceVersion() == n.GetResourceVersion() {
				return // a re-list that brought nothing new
			}
			// A re-list can show the agent's own status write and an edit before it as one.
			if a.statuses.wrote(key(now), version(n.GetResourceVersion()), realize.StatusOf(now.(runtime.Object))) && !edited(b, n) {
				return
			}
			a.wake(key(now))
		},
		DeleteFunc: func(object any) {
			if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = tombstone.Obj
			}
			if _, ok := object.(metav1.Object); ok {
				a.wake(key(object))
			}
		},
	})
}

// edited says whether anything but the status differs.
func edited(before, now metav1.Object) bool {
	return before.GetUID() != now.GetUID() || before.GetGeneration() != now.GetGeneration() ||
		!before.GetDeletionTimestamp().Equal(now.GetDeletionTimestamp()) ||
		!maps.Equal(before.GetLabels(), now.GetLabels()) || !maps.Equal(before.GetAnnotations(), now.GetAnnotations())
}

// wake puts an owner into the queue. Wakes that come before its turn are one.
func (a *Agent) wake(key ownerKey) {
	if !a.share.works(key) {
		return // whoever gains it wakes it
	}
	a.changes.note(key, a.clock.Now())
	a.queue.Add(key)
}

// wakeAll wakes the owners that depend on a thing.
func (a *Agent) wakeAll(thing any) {
	for _, owner := range a.depends.of(thing) {
		a.wake(owner)
	}
}

// changeTimes remembers when the oldest change of each waiting owner was noticed.
type changeTimes struct {
	mu sync.Mutex
	at map[ownerKey]time.Time
}

func (c *changeTimes) note(key ownerKey, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.at[key]; !known {
		c.at[key] = now
	}
}

func (c *changeTimes) take(key ownerKey) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.at[key]
	delete(c.at, key)
	return at
}

// workOwners processes owners until the queue is shut down.
func (a *Agent) workOwners(ctx context.Context) {
	workOff(a.queue, func(key ownerKey) {
		if a.stopping.Load() || !a.share.begin(key) {
			a.changes.take(key)
			return // the next one to work on it starts from the informers anyway
		}
		defer a.share.end(key)
		a.processOwner(ctx, key)
	})
}

// processOwner gathers, decides, and writes: one pass over one owner.
func (a *Agent) processOwner(ctx context.Context, key ownerKey) {
	log := a.log.With("kind", key.Kind, "namespace", key.Namespace, "name", key.Name)
	changedAt := a.changes.take(key)
	epoch := a.epoch.Load()
	object := a.catalog.owner(key)
	if object == nil {
		a.forgetOwner(key)
		return
	}
	owner, err := realize.NewOwner(object)
	if err != nil {
		log.Error("cannot read the owner", "err", err) // a defect: it was decoded from JSON
		return
	}
	owner.Unread = whyUnread(object.(metav1.Object))
	if status, ok := a.statuses.latest(key, owner.UID, resourceVersion(object)); ok {
		owner.Status = status
	}

	view := &clusterView{agent: a, key: key, owner: owner, changedAt: changedAt}
	started := a.clock.Now()
	result, err := a.pass(inNamespace(ctx, key.Namespace), owner, started, view)
	if err != nil {
		a.metrics.passFailures.WithLabelValues(key.Kind).Inc()
		log.Error("a pass broke down, which is a defect of Carto: please report it; the owner will be tried again", "err", err)
		a.queue.AddRateLimited(key)
		return
	}
	a.passed.Add(1)
	a.metrics.passes.WithLabelValues(key.Kind).Observe(a.clock.Since(started).Seconds())

	if a.register(key, &result) && a.epoch.Load() != epoch {
		// Something changed while the pass ran that did not know yet whom it concerns.
		a.wake(key)
	}
	for _, event := range result.Events {
		a.events.record(ownerReference(key, owner.UID), event.Reason, event.Step, event.Message)
	}
	for _, fault := range result.Faults {
		log.Warn("fault in a pass", "err", fault)
	}
	for _, broken := range result.Broken {
		a.reportBroken(key, broken)
	}
	if result.Pending || result.Skipped {
		return
	}
	a.progress.set(key, result.Done)
	if result.Changed {
		a.statuses.put(key, owner.UID, result.Status)
	}
	if result.Retry != nil && ctx.Err() == nil {
		a.metrics.passFailures.WithLabelValues(key.Kind).Inc()
		log.Info("pass failed, will be tried again", "err", result.Retry)
		a.queue.AddRateLimited(key)
		return
	}
	a.queue.Forget(key)
	if result.Depends.Forbidden {
		a.queue.AddAfter(key, forbiddenAgain)
	}
	log.Debug("pass", "done", result.Done, "changed", result.Changed, "took", a.clock.Since(started))
}

// pass is one pass of the engine. Where that breaks down, it is the one owner that goes wrong, and
// not the work for all others, which would meet it again after each start.
func (a *Agent) pass(ctx context.Context, owner *realize.Owner, now time.Time, view *clusterView) (result realize.Result, err error) {
	defer func() {
		if broke := recover(); broke != nil {
			err = fmt.Errorf("%v\n%s", broke, debug.Stack())
		}
	}()
	return realize.Pass(ctx, owner, a.catalog.all(v1alpha1.BlueprintKind(owner.Kind)), now, view), nil
}

// forbiddenAgain is when an owner whose account lacks rights is tried again though no role and no
// binding has changed: rights can come from another authorizer than RBAC.
const forbiddenAgain = 10 * time.Minute

// register records what the owner depends on; true when there is something new.
func (a *Agent) register(key ownerKey, result *realize.Result) bool {
	for _, kind := range result.Depends.Kinds {
		if rest, err := a.mapper.resource(kind); err == nil { // else there is no watch
			a.watches.stamps(stampedFor(key.Kind, rest))
		}
	}
	for i := range result.Status.Resources {
		if ref := result.Status.Resources[i].StampedRef; ref != nil {
			result.Depends.Kinds = append(result.Depends.Kinds, ref.GroupVersionKind())
		}
	}
	return a.depends.set(key, v1alpha1.BlueprintKind(key.Kind), result.Depends)
}

func (a *Agent) forgetOwner(key ownerKey) {
	a.depends.forget(key, v1alpha1.BlueprintKind(key.Kind))
	a.statuses.forget(key)
	a.progress.forget(key)
	a.queue.Forget(key)
}

func resourceVersion(object runtime.Object) uint64 {
	return version(object.(metav1.Object).GetResourceVersion())
}

// reference identifies the object that an event is about.
type reference struct {
	kind, namespace, name string
	uid                   types.UID
}

func ownerReference(key ownerKey, uid types.UID) reference {
	return reference{key.Kind, key.Namespace, key.Name, uid}
}

// preloadWatches starts the watches of all kinds that owners have stamped before, so
// that after a restart the caches are full before the first pass, and returns their lists.
// What Runnables ran is not in their status; they wait for their watches when their turn
// comes. A kind that can not be listed at all is not waited for: who may write a status
// could name one in it.
func (a *Agent) preloadWatches(ctx context.Context) firstLists {
	seen := map[string]bool{}
	var lists firstLists
	for _, kind := range v1alpha1.KindsOf(v1alpha1.RoleOwner) {
		for _, object := range a.catalog.owners(kind.Name) {
			for _, resource := range realize.StatusOf(object).Resources {
				ref := resource.StampedRef
				if ref == nil || seen[ref.APIVersion+ref.Kind] {
					continue
				}
				seen[ref.APIVersion+ref.Kind] = true
				if rest, err := a.mapper.resource(ref.GroupVersionKind()); err == nil && rest.Namespaced {
					lists = append(lists, firstList{rest.Qualified(), a.watches.watch(ctx, stampedFor(kind.Name, rest)).tried})
				}
				if len(lists) == maxPreloads { // kinds that there are: others cost nothing, and anybody can invent some
					return lists
				}
			}
		}
	}
	return lists
}

// stopUnused ends the watches of kinds that no owner stamps or selects any more.
func (a *Agent) stopUnused() {
	needed := map[watchKey]bool{}
	// A kind that can not be looked up just now is not unused.
	need := func(kind schema.GroupVersionKind, key func(realize.Resource) watchKey) bool {
		rest, err := a.mapper.resource(kind)
		if err == nil {
			needed[key(rest)] = true
		}
		return err == nil || meta.IsNoMatchError(err)
	}
	stamped, selections := a.depends.watched()
	for kind := range stamped {
		if !need(kind.GroupVersionKind, func(rest realize.Resource) watchKey { return stampedFor(kind.owner, rest) }) {
			return
		}
	}
	for selection := range selections {
		if !need(selection.Kind, func(rest realize.Resource) watchKey { return selectedBy(selection, rest) }) {
			return
		}
	}
	a.watches.stopUnused(needed, a.clock.Now())
}

// unusedFor is how long a watch lives after it was last asked for: owners that come and go
// should not make it start anew each time.
const unusedFor = 5 * time.Minute

// selectorReason is the reason of the event on a blueprint whose selector fails.
const selectorReason = "SelectorNotEvaluable"

func (a *Agent) reportBroken(key ownerKey, broken blueprint.BrokenSelector) {
	b := broken.Blueprint
	a.events.warn(reference{kind: b.Kind, name: b.Name, uid: b.UID}, selectorReason, "",
		"the selector can not be evaluated on "+key.String()+" and is taken as not matching: "+broken.Err.Error())
}
