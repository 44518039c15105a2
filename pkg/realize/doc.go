// Package realize makes one pass over one owner: it selects the blueprint, stamps
// every resource whose inputs exist, reads what came out, and says what the owner's
// status, events and orphans are.
//
// A pass touches the world only through the Cluster interface. The agent implements
// it over informers and server-side apply; offline rendering implements it over a map
// of objects. So the agent, render, diff and why decide everything with the same code.
//
// A pass is level based: it remembers nothing. Whatever it needs of the past (times of
// transitions, refs of objects that can not be stamped right now) it reads from the
// owner's previous status.
package realize
