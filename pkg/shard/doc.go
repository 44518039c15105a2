// Package shard decides which of several replicas works on which owner, and when an owner
// may change hands. It is data in, data out: it knows no Leases, no clock and no cluster,
// so that all of it can be tried out by a simulation.
//
// Each replica is a member as long as its Lease exists, and for no longer: a name that is
// gone never comes back. A View is the set of members that one of them sees; rendezvous
// hashing gives each owner to one member of a view, and moves as few as possible when
// members come and go.
//
// Members see different views for a while, so a view alone would let two of them work on
// one owner. Each therefore publishes a Record, and follows three rules:
//
//  1. A member that adopts a new view takes no new work on what it does not win there, and
//     publishes the view once its work on that has ended.
//  2. It works on what it gains only when every other member of the view has published the
//     same view.
//  3. Until then it works on what it wins in all views that it has adopted since the members
//     last agreed.
//
// Why that suffices: say that p works on an owner by the view V that it has agreed on, and q
// by W. If q is in V, then it had published V, with nothing of p's in work, and stays within
// what it wins in V until it agrees on another view, which takes p's consent or p's end. If
// q is not in V, p did not see q's Lease. Each makes its Lease before it looks for those of
// others, so q saw p's, and does nothing before p has published a view with q in it. No
// member comes to the same view twice, because no name comes back, so that what was
// published is never about an earlier time in the same view.
//
// A Lease goes when its member has ended its work, or is removed by another member after it
// has not changed for a whole duration by that member's own clock; a member that could not
// renew its Lease for a shorter time stops on its own account. Clocks of different machines
// are never compared.
package shard
