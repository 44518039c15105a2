package overview

import (
	"cmp"
	"slices"
	"time"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/filter"
)

// entry is a row with what is expensive to make of it.
type entry struct {
	row    feed.Row
	key    feed.Key
	cells  [columns]string
	widths [columns]int
	// place among all rows, by namespace and name; the last word of every order.
	place   int
	urgency int
	// subject is made when a filter first asks for it.
	subject *filter.Subject
	score   int
	// changed is when something of the row that is shown became different.
	changed time.Time
	// stale entries are taken out of the lists; those that are queued are put in again.
	stale, queued bool
}

// rows are all there are, and which of them are shown, in order. Both lists are kept in
// order while rows come and go: sorting ten thousand anew for each delivery would be felt.
type rows struct {
	belongs func(*feed.Row) bool
	rule    rule
	entries map[feed.Key]*entry
	all     []*entry
	shown   []*entry
	// states counts rows.
	states map[feed.State]int
	widths [columns]histogram
	synced bool
}

// rule says which rows are shown, and in which order.
type rule struct {
	filter   filter.Filter
	problems bool
	by       column
	reverse  bool
}

func newRows(belongs func(*feed.Row) bool) *rows {
	return &rows{belongs: belongs, entries: map[feed.Key]*entry{}, states: map[feed.State]int{}}
}

// apply takes a delivery at a time.
func (t *rows) apply(c feed.OwnersChanged, now time.Time) {
	if c.Reset {
		fresh := newRows(t.belongs)
		fresh.rule = t.rule
		*t = *fresh
	}
	for _, key := range c.Gone {
		t.drop(key)
	}
	var fresh, added []*entry
	for i := range c.Changed {
		row := &c.Changed[i]
		if !t.belongs(row) {
			t.drop(row.Key())
			continue
		}
		e, known := t.entries[row.Key()]
		if known {
			t.count(e, -1)
		} else {
			e = &entry{key: row.Key()}
			t.entries[e.key] = e
			added = append(added, e)
		}
		if !e.queued {
			e.queued, e.stale = true, known
			fresh = append(fresh, e)
		}
		// What is read at the beginning is not news.
		if e.fill(row) && t.synced {
			e.changed = now
		}
		t.count(e, 1)
	}
	t.synced = t.synced || c.Synced
	t.all = slices.DeleteFunc(t.all, func(e *entry) bool { return e.stale && t.entries[e.key] != e })
	if len(added) > 0 {
		added = slices.DeleteFunc(added, func(e *entry) bool { return t.entries[e.key] != e })
		slices.SortFunc(added, compareKeys)
		t.all = merge(t.all, added, compareKeys)
	}
	for i, e := range t.all {
		e.place = i
	}
	t.shown = slices.DeleteFunc(t.shown, func(e *entry) bool { return e.stale })
	fresh = slices.DeleteFunc(fresh, func(e *entry) bool {
		e.stale, e.queued = false, false
		return t.entries[e.key] != e || !t.rule.takes(e)
	})
	slices.SortFunc(fresh, t.rule.compare)
	t.shown = merge(t.shown, fresh, t.rule.compare)
}

// drop forgets a row.
func (t *rows) drop(key feed.Key) {
	if e := t.entries[key]; e != nil {
		t.count(e, -1)
		delete(t.entries, key)
		e.stale = true
	}
}

// fill makes the entry of the row, and tells whether it looks different.
func (e *entry) fill(row *feed.Row) bool {
	before := e.cells
	e.row, e.cells, e.subject = *row, cellsOf(row), nil
	e.urgency = urgency[stateOf(row)]
	for c, cell := range e.cells {
		e.widths[c] = width(cell)
	}
	return e.cells != before
}

// count adds the entry to the sums, or with -1 takes it away.
func (t *rows) count(e *entry, by int) {
	t.states[stateOf(&e.row)] += by
	for c := range e.widths {
		t.widths[c].add(e.widths[c], by)
	}
}

// choose applies another rule to all rows.
func (t *rows) choose(r rule) {
	t.rule = r
	t.shown = t.shown[:0]
	for _, e := range t.all {
		if r.takes(e) {
			t.shown = append(t.shown, e)
		}
	}
	if r.by != byDefault || r.reverse || r.filter.Ranks() {
		slices.SortFunc(t.shown, r.compare)
	}
}

func (r *rule) takes(e *entry) bool {
	if r.problems && stateOf(&e.row) == feed.Ready {
		return false
	}
	if r.filter.All() {
		return true
	}
	if e.subject == nil {
		s := filter.SubjectOf(&e.row)
		e.subject = &s
	}
	score, ok := r.filter.Match(*e.subject)
	e.score = score
	return ok
}

func (r *rule) compare(a, b *entry) int {
	by := 0
	if r.filter.Ranks() {
		by = cmp.Compare(b.score, a.score)
	}
	if by == 0 {
		by = r.by.compare(a, b)
		if r.reverse {
			by = -by
		}
	}
	if by == 0 {
		return a.place - b.place
	}
	return by
}

func compareKeys(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.key.Namespace, b.key.Namespace), cmp.Compare(a.key.Name, b.key.Name))
}

// merge puts entries into others; both are in order.
func merge(into, from []*entry, compare func(a, b *entry) int) []*entry {
	if len(from) == 0 {
		return into
	}
	// From the end, so that nothing is overwritten before it was moved.
	i, j := len(into)-1, len(from)-1
	into = append(into, from...)
	for k := len(into) - 1; j >= 0; k-- {
		if i >= 0 && compare(into[i], from[j]) > 0 {
			into[k] = into[i]
			i--
		} else {
			into[k] = from[j]
			j--
		}
	}
	return into
}

// widest that a histogram tells apart; no column is made wider.
const widest = 400

// histogram counts texts by their width, so that the widest is known without looking at
// all of them.
type histogram struct {
	counts [widest + 1]int32
	max    int
}

func (h *histogram) add(width, by int) {
	width = min(width, widest)
	h.counts[width] += int32(by)
	h.max = max(h.max, width)
	for h.max > 0 && h.counts[h.max] == 0 {
		h.max--
	}
}
