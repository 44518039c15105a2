package shard

import "time"

// Lapses finds the Leases that nobody renews. All times are of one clock that never goes
// back, since any moment.
type Lapses struct {
	after time.Duration
	seen  map[string]sighting
}

type sighting struct {
	version string
	since   time.Duration
}

// NewLapses is for Leases that lapse when they have not changed for some time.
func NewLapses(after time.Duration) *Lapses {
	return &Lapses{after: after, seen: map[string]sighting{}}
}

// Lapsed takes the resourceVersions of all Leases as they are known now, and returns the
// names of those that have lapsed. Knowledge may be old, so a Lease must be removed only if
// it still has that version.
func (l *Lapses) Lapsed(versions map[string]string, now time.Duration) []string {
	var lapsed []string
	for name, version := range versions {
		switch s, known := l.seen[name]; {
		case !known || s.version != version:
			l.seen[name] = sighting{version, now}
		case now-s.since >= l.after:
			lapsed = append(lapsed, name)
		}
	}
	for name := range l.seen {
		if _, there := versions[name]; !there {
			delete(l.seen, name)
		}
	}
	return lapsed
}
