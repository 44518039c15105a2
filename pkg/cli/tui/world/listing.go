package world

import (
	"encoding/json"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/rows"
)

// listing is what is known of all owners of a kind. Of each only the row is kept, and the
// object as JSON: as maps they would be ten times as large.
type listing struct {
	kind, namespace string

	mu      sync.Mutex
	entries map[feed.Key]*entry
	// dirty are the keys of what is not delivered yet.
	dirty         map[feed.Key]bool
	reset, synced bool
	told          bool
	wake          chan struct{}
}

type entry struct {
	row     feed.Row
	version string
	json    []byte
}

var _ holder = (*listing)(nil)

func newListing(kind, namespace string) *listing {
	l := &listing{kind: kind, namespace: namespace, wake: make(chan struct{}, 1)}
	l.clear()
	return l
}

// clear begins anew.
func (l *listing) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries, l.dirty = map[feed.Key]*entry{}, map[feed.Key]bool{}
	l.reset, l.synced, l.told = true, false, false
}

// put notes what was read of objects, which are delivered together.
func (l *listing) put(objects ...unstructured.Unstructured) {
	read := make([]*entry, len(objects))
	for i := range objects {
		obj := &objects[i]
		withoutManagedFields(obj)
		read[i] = &entry{row: rows.Of(obj), version: obj.GetResourceVersion()}
		read[i].json, _ = json.Marshal(obj.Object) // it was JSON
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range read {
		key := e.row.Key()
		if old := l.entries[key]; old != nil {
			e.row.Owners = old.row.Owners
		}
		l.entries[key], l.dirty[key] = e, true
	}
	l.poke()
}

func (l *listing) remove(key feed.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.entries, key)
	l.dirty[key] = true
	l.poke()
}

// sync notes that everything was read.
func (l *listing) sync() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.synced = true
	l.poke()
}

// poke says that there is something to deliver. The caller holds the lock.
func (l *listing) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// take is what differs from the last time; false when nothing does.
func (l *listing) take() (any, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.dirty) == 0 && l.told == l.synced {
		return nil, false
	}
	out := feed.OwnersChanged{Reset: l.reset, Synced: l.synced}
	for key := range l.dirty {
		if e := l.entries[key]; e != nil {
			out.Changed = append(out.Changed, e.row)
		} else {
			out.Gone = append(out.Gone, key)
		}
	}
	l.dirty, l.reset, l.told = map[feed.Key]bool{}, false, l.synced
	return out, true
}

func (l *listing) find(key objectKey) (string, func() (*unstructured.Unstructured, error), bool) {
	if key.kind.Group != v1alpha1.Group || key.kind.Kind != l.kind {
		return "", nil, false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[feed.Key{Namespace: key.namespace, Name: key.name}]
	if e == nil {
		return "", nil, false
	}
	return e.version, func() (*unstructured.Unstructured, error) {
		obj := &unstructured.Unstructured{}
		return obj, obj.UnmarshalJSON(e.json)
	}, true
}

// blueprints counts the owners by the blueprint that they went through; nil while not all are
// known.
func (l *listing) blueprints() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.synced {
		return nil
	}
	counts := map[string]int{}
	for _, e := range l.entries {
		counts[e.row.Blueprint]++
	}
	return counts
}

// count sets how many owners each blueprint has; nil when that is not known.
func (l *listing) count(owners map[string]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, e := range l.entries {
		n := -1
		if owners != nil {
			n = owners[key.Name]
		}
		if e.row.Owners != n {
			e.row.Owners, l.dirty[key] = n, true
			l.poke()
		}
	}
}
