package agent

import (
	"maps"
	"slices"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/shard"
)

// viewChange takes this replica from one view to the next.
type viewChange struct {
	*membership
	since     time.Time // of the view
	idle      time.Time // when no pass was under way any more over what is lost in it
	drained   bool
	consented time.Time // when nobody's consent was missing any more
	warned    bool
	stale     string // cache of which the log tells already that it is behind
}

// underway says whether there is something to wait for that no Lease will tell.
func (c *viewChange) underway() bool { return !c.drained || !c.consented.IsZero() }

// step does what can be done now.
func (c *viewChange) step(leases map[string]*coordinationv1.Lease) error {
	records := make(map[string]shard.Record, len(leases))
	for name, lease := range leases {
		records[name] = recordOf(lease)
	}
	c.mu.Lock()
	adopted, err := c.member.Observe(records)
	holding, view := c.member.Holding(), c.member.View()
	c.mu.Unlock()
	c.agent.share.set(holding)
	if err != nil {
		return err
	}
	if adopted {
		c.agent.log.Info("the members have changed", "members", len(view), "view", strings.Join(view, " "))
		c.since, c.idle, c.drained, c.consented, c.warned = time.Now(), time.Time{}, false, time.Time{}, false
		c.stale = ""
	}
	if view == nil {
		return nil
	}
	if !c.drained {
		c.drain()
	}
	c.agree()
	return nil
}

// drain gives away what is not held any more, once nothing of it is in work.
func (c *viewChange) drain() {
	a := c.agent
	if !a.share.idle() {
		return
	}
	if c.idle.IsZero() {
		c.idle = time.Now()
	}
	lost := func(key ownerKey) bool { return !a.share.works(key) }
	if waiting := a.statuses.hurry(lost, time.Since(c.idle) > statusPatience); waiting > 0 {
		return
	}
	forgotten := 0
	for _, key := range a.depends.owners() {
		if lost(key) {
			a.forgetOwner(key)
			forgotten++
		}
	}
	c.mu.Lock()
	c.member.Drained()
	c.mu.Unlock()
	c.drained = true
	if forgotten > 0 {
		a.log.Info("gave owners away", "owners", forgotten, "took", time.Since(c.since))
	}
	ring(c.tell)
}

// agree takes what is gained, once all members consent and the caches show what they wrote.
func (c *viewChange) agree() {
	a := c.agent
	c.mu.Lock()
	agreed, missing, wrote := c.member.Agreed(), c.member.Missing(), maps.Clone(c.wrote)
	a.share.members.Store(int64(len(c.member.View())))
	c.mu.Unlock()
	waitsFor, behind := len(missing), ""
	if !agreed && waitsFor == 0 {
		if behind = a.behind(wrote, a.ownersShown); behind != "" {
			waitsFor = 1 // this replica itself
		}
	}
	a.share.missing.Store(int64(waitsFor))
	switch {
	case agreed:
		return
	case len(missing) > 0:
		c.consented = time.Time{}
		if took := time.Since(c.since); took > disagreeing && !c.warned {
			c.warned = true
			a.log.Warn("members have not agreed yet who works on what; owners that change hands wait", "missing", strings.Join(missing, " "), "since", took)
		}
		return
	case c.consented.IsZero():
		c.consented = time.Now()
	}
	late := time.Since(c.consented) >= cachePatience
	if behind != "" {
		if late && c.stale != behind {
			c.stale = behind
			a.log.Warn("a cache has not caught up with what other replicas wrote; owners that change hands wait", "cache", behind)
		}
		return
	}
	if behind := a.behind(wrote, a.watches.shown); behind != "" {
		if !late {
			return
		}
		a.log.Warn("a cache has not caught up with what other replicas wrote; going on", "cache", behind)
	}
	c.mu.Lock()
	before := c.member.Holding()
	gained := c.member.Agree()
	now := c.member.Holding()
	members := len(c.member.View())
	c.mu.Unlock()
	c.consented = time.Time{}
	if !gained {
		return
	}
	a.share.set(now)
	count := a.wakeGained(before, now)
	a.metrics.takeovers.Add(float64(count))
	a.log.Info("the members agree", "members", members, "ownersGained", count, "took", time.Since(c.since))
}

// wakeGained wakes the owners, and the blueprints, that were not held before.
func (a *Agent) wakeGained(before, now shard.Holding) int {
	count := 0
	for _, kind := range v1alpha1.Kinds {
		if kind.Role != v1alpha1.RoleOwner && kind.Role != v1alpha1.RoleBlueprint {
			continue
		}
		for _, object := range a.catalog.owners(kind.Name) {
			o := object.(metav1.Object)
			key := ownerKey{kind.Name, o.GetNamespace(), o.GetName()}
			if hashed := shardKey(key); before.Works(hashed) || !now.Works(hashed) {
				continue
			}
			if kind.Role == v1alpha1.RoleBlueprint {
				a.blueprintQueue.Add(blueprintKey{key.Kind, key.Name})
				continue
			}
			a.wake(key)
			count++
		}
	}
	return count
}

// behind names a cache that does not show yet what another replica wrote; empty when none.
// Shown tells the last version that a cache has; false when it knows none of that name, which
// then begins with what is there.
func (a *Agent) behind(wrote map[string]uint64, shown func(string) (uint64, bool)) string {
	for _, name := range slices.Sorted(maps.Keys(wrote)) {
		if version, known := shown(name); known && version < wrote[name] {
			return name
		}
	}
	return ""
}

// ownersShown is the last version that the cache of a kind of carto.run has, by the cache's
// name; false when there is no such cache.
func (a *Agent) ownersShown(name string) (uint64, bool) {
	for kind, informer := range a.catalog.informers {
		if ownersCache(kind) == name {
			return version(informer.GetStore().LastStoreSyncResourceVersion()), true
		}
	}
	return 0, false
}

// ownersCache is the name of the cache of a kind of carto.run.
func ownersCache(kind string) string { return v1alpha1.KindOf(kind).Plural }
