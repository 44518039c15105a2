// Package agent is the loop around pkg/realize: it watches owners, blueprints,
// templates and stamped objects, runs a pass over an owner whenever something that the
// owner depends on has changed, and writes what the pass decided.
//
// Reads come from informers only, so that a pass over a settled owner sends no request.
// Writes are server-side apply with the rights of the owner's service account, by
// impersonation; the agent itself writes nothing but statuses, events and its lease.
//
// There is no controller-runtime under it: the loop is small, and that library's caches
// would hold every stamped object whole.
package agent
