package agent

import (
	"maps"
	"sync"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/util/uuid"

	"github.com/carto-run/carto/pkg/shard"
)

// share is which owners this replica works on, and which passes are under way. A nil share
// is all owners. Blueprints are divided in the same way, by keys without a namespace.
type share struct {
	// id is the name of this replica's Lease. It is never used again.
	id string
	// members of this replica's view, and how many of them have not consented to it.
	members, missing atomic.Int64

	mu      sync.Mutex
	holding shard.Holding
	busy    map[ownerKey]struct{}
	// wrote is, for each cache by its name, the last version that this replica wrote.
	wrote map[string]uint64
}

func newShare(name string) *share {
	return &share{id: name + "-" + string(uuid.NewUUID())[:13], busy: map[ownerKey]struct{}{}, wrote: map[string]uint64{}}
}

func shardKey(key ownerKey) shard.Key { return shard.KeyOf(key.Kind, key.Namespace, key.Name) }

// works says whether the owner is one of this replica's.
func (s *share) works(key ownerKey) bool {
	if s == nil {
		return true
	}
	s.mu.Lock()
	holding := s.holding
	s.mu.Unlock()
	return holding.Works(shardKey(key))
}

// begin says whether a pass may begin. If so, the owner is not handed over before end.
func (s *share) begin(key ownerKey) bool {
	if s == nil {
		return true
	}
	hashed := shardKey(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.holding.Works(hashed) {
		return false
	}
	s.busy[key] = struct{}{}
	return true
}

func (s *share) end(key ownerKey) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, key)
}

// set replaces what this replica may work on.
func (s *share) set(holding shard.Holding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holding = holding
}

// idle says whether no pass is under way over what is not held any more.
func (s *share) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.busy {
		if !s.holding.Works(shardKey(key)) {
			return false
		}
	}
	return true
}

// note remembers the version that a write of this replica made, for the cache that will
// show it.
func (s *share) note(cache string, version uint64) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrote[cache] = max(s.wrote[cache], version)
}

// written is the last version for each cache.
func (s *share) written() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.wrote)
}

// shareGauges registers what the metrics tell of the members; all are 0 without shards.
func (a *Agent) shareGauges() {
	gauge := func(name, help string, read func() int64) {
		a.metrics.gauge(name, help, nil, func() float64 {
			if a.share == nil {
				return 0
			}
			return float64(read())
		})
	}
	gauge("carto_shard_members", "Replicas that divide the owners among themselves, as this one sees it.", func() int64 { return a.share.members.Load() })
	gauge("carto_shard_disagreements", "Members whose consent this replica waits for before it works on the owners that it gains.", func() int64 { return a.share.missing.Load() })
	gauge("carto_shard_owners", "Owners that this replica works on, as one of several.", func() int64 { return int64(a.depends.size()) })
}
