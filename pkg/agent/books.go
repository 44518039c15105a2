package agent

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/carto-run/carto/pkg/realize"
)

// countBooks serves how much each of the agent's books holds. All of them follow what the
// cluster holds; one that grows while that does not is a leak, which memory alone shows
// only after days.
func (a *Agent) countBooks() {
	for book, count := range map[string]func() int{
		"progress":     a.progress.entries,
		"changes":      a.changes.entries,
		"statuses":     a.statuses.size,
		"owners":       a.depends.size,
		"dependencies": a.depends.things,
		"accounts":     a.accounts.size,
		"events":       a.events.size,
		"marks":        func() int { return a.watches.count(func(w *kindWatch) int { return len(w.marks) }) },
		"written":      func() int { return a.watches.count(func(w *kindWatch) int { return len(w.written) }) },
		"waiting":      func() int { return a.watches.count(func(w *kindWatch) int { return len(w.waiting) }) },
		"objects":      a.watches.objects,
	} {
		a.metrics.gauge("carto_book_entries", "Entries of what the agent remembers, by book.",
			prometheus.Labels{"book": book}, func() float64 { return float64(count()) })
	}
}

func (b *progressBook) entries() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.passed)
}

func (c *changeTimes) entries() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.at)
}

func (b *statusBook) size() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.entries)
}

func (x *dependencyIndex) things() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.byThing)
}

func (c *accountClients) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.recent.Len()
}

func (r *recorder) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.known)
}

// all returns the watches that run.
func (s *watchSet) all() []*kindWatch {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*kindWatch, 0, len(s.watches))
	for _, w := range s.watches {
		all = append(all, w)
	}
	return all
}

// objects is how many the caches hold. They have locks of their own.
func (s *watchSet) objects() int {
	n := 0
	for _, w := range s.all() {
		n += len(w.informer.GetStore().ListKeys())
	}
	return n
}

// count adds up something of all watches, under the lock of each.
func (s *watchSet) count(of func(*kindWatch) int) int {
	n := 0
	for _, w := range s.all() {
		w.mu.Lock()
		n += of(w)
		w.mu.Unlock()
	}
	return n
}

// forgetVanished drops what the books of all watches hold of objects that are not in the
// caches, and wakes the owners of those that the agent believed to be there. No event
// tells of an object that was made and deleted while a watch was interrupted: without
// this, the answer to the own write would stand for it for ever.
func (s *watchSet) forgetVanished() {
	for _, w := range s.all() {
		if !w.informer.HasSynced() {
			continue
		}
		for _, owner := range w.forgetVanished() {
			s.changed(owner)
		}
	}
}

// An answer goes the second time that it is found, a sweep later: what the watch has
// received needs a moment to get into the cache.
func (w *kindWatch) forgetVanished() []ownerKey {
	received := version(w.informer.LastSyncResourceVersion())
	w.mu.Lock()
	defer w.mu.Unlock()
	var owners []ownerKey
	overdue := map[objectKey]uint64{}
	for key, own := range w.written {
		made := version(own.ResourceVersion)
		before, known := w.overdue[key]
		switch {
		case made > received: // the watch is not that far yet
		case !known || before != made:
			overdue[key] = made
		default:
			delete(w.written, key)
			if owner, owned := own.owner(); owned && w.key.isOf(owner) && w.cached(key) == nil {
				owners = append(owners, owner)
			}
		}
	}
	w.overdue = overdue
	for key := range w.marks {
		if w.written[key] == nil && w.cached(key) == nil {
			delete(w.marks, key)
		}
	}
	return owners
}

// forgetSeen drops the statuses that are written, and that the informer holds by now: when
// the watch is faster than the answer to the write, nothing else tells of it.
func (b *statusBook) forgetSeen(seen func(ownerKey) uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, e := range b.entries {
		if !e.dirty && !e.writing && e.version <= seen(key) {
			b.drop(key)
		}
	}
}

// seenVersion is that of an owner as the informer holds it; 0 when it is gone.
func (a *Agent) seenVersion(key ownerKey) uint64 {
	object := a.catalog.owner(key)
	if object == nil {
		return 0
	}
	return resourceVersion(object)
}

// forgetGone drops the clients of accounts that are gone: a pass that was under way when its
// account went has made one anew.
func (c *accountClients) forgetGone(exists func(realize.Account) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for account, element := range c.byName {
		if !exists(account) {
			c.recent.Remove(element)
			delete(c.byName, account)
		}
	}
}
