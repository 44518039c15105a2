package shard

import (
	"errors"
	"maps"
	"slices"
)

// ErrGone says that the Lease of a member is gone. It is none any more, and its name is
// used up.
var ErrGone = errors.New("this replica's Lease is gone")

// Member is one of the replicas as it sees itself and the others. It is not safe for use
// by several goroutines.
type Member struct {
	id string
	// view is the one adopted last; nil before the first.
	view View
	// drained: nothing is in work any more that is not won in it.
	drained bool
	// agreed: all members of the view have consented to it.
	agreed  bool
	holding Holding
	// others is what each other member has told last.
	others map[string]Record
	gone   map[string]bool
}

// NewMember is a member whose Lease has just been made under a name that was never used.
func NewMember(id string) *Member {
	return &Member{id: id, others: map[string]Record{}, gone: map[string]bool{}}
}

// Holding says what a member may work on. The zero value is nothing.
type Holding struct {
	id string
	// views are the one agreed on last, and all adopted since. No owner outside of any.
	views []View
}

// Works says whether the member works on an owner.
func (h Holding) Works(key Key) bool {
	for _, view := range h.views {
		if view.Winner(key) != h.id {
			return false
		}
	}
	return len(h.views) > 0
}

// Holding is what this member may begin to work on now.
func (m *Member) Holding() Holding { return m.holding }

// View is the one adopted last; nil before the first.
func (m *Member) View() View { return m.view }

// Agreed says whether all members have consented to the view.
func (m *Member) Agreed() bool { return m.agreed }

// Observe takes what the Leases of all members say at one moment, this member's included;
// one that has told nothing, or nothing legible, has the zero Record. Moments must come in
// their order, though any may be left out.
//
// It returns true when a new view was adopted: then the holding has shrunk, and Drained is
// to be called once nothing else is in work. The error is ErrGone, and final.
func (m *Member) Observe(leases map[string]Record) (adopted bool, err error) {
	if _, there := leases[m.id]; !there {
		if m.view == nil {
			return false, nil // the Lease was made after this moment
		}
		m.holding = Holding{}
		return false, ErrGone
	}
	for id := range m.others {
		if _, there := leases[id]; !there {
			delete(m.others, id)
			m.gone[id] = true
		}
	}
	for id, record := range leases {
		if id != m.id && !m.gone[id] {
			m.others[id] = record
		}
	}
	view := NewView(append(slices.Collect(maps.Keys(m.others)), m.id)...)
	if slices.Equal(view, m.view) {
		return false, nil
	}
	m.view, m.drained, m.agreed = view, false, false
	m.holding = m.holding.within(view)
	return true, nil
}

// within is what a holding comes to in another view.
func (h Holding) within(view View) Holding {
	if len(h.views) == 0 || slices.ContainsFunc(h.views, func(v View) bool { return slices.Equal(v, view) }) {
		return h
	}
	return Holding{h.id, append(slices.Clone(h.views), view)}
}

// Drained says that nothing is in work that is outside of the holding.
func (m *Member) Drained() { m.drained = m.view != nil }

// Record is what to tell the others; false while there is nothing new to tell them.
func (m *Member) Record() (Record, bool) {
	return Record{View: m.view}, m.drained
}

// Missing are the members whose consent to the view is missing; the member itself as long
// as it has not drained.
func (m *Member) Missing() []string {
	var missing []string
	for _, id := range m.view {
		consents := m.drained
		if id != m.id {
			consents = slices.Equal(m.others[id].View, m.view)
		}
		if !consents {
			missing = append(missing, id)
		}
	}
	return missing
}

// Agree takes all that is won in the view, if nobody's consent is missing. It returns true
// when the holding has grown by that.
func (m *Member) Agree() bool {
	if m.agreed || m.view == nil || len(m.Missing()) > 0 {
		return false
	}
	m.agreed = true
	m.holding = Holding{m.id, []View{m.view}}
	return true
}
