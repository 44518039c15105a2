// Package reason answers questions about selectors before there is any owner: can one owner
// match both of these, is there one that none of those takes?
//
//	answer := reason.Ask(reason.Question{Kind: "Workload", All: …, None: …})
//
// A selector is a conjunction of requirements, each of which says to what a path of the owner
// may lead: nothing, null, some texts, something else. A label is the path to it. What is
// possible at a path is known from the view of owners (stamp.View): spec.source.git.url can
// only be there when spec.source.git is, and spec.serviceAccountName always is. A selector that
// must not match fails in one of its requirements, so these are tried in turn.
//
// Both answers are certain. An owner that is found has been tried: the selectors were evaluated
// on its view, as the agent does. That there is none is proven, for owners whose params have
// different names. A path with an index, or a filter other than that of a param by its name, is
// not modelled: requirements of one text are of one place, and nothing else is known about it.
// Where that, or the limit of work, leaves a question open, the answer is Unknown.
//
// The package is pure.
package reason
