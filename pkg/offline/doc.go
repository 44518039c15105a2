// Package offline lets the engine make its passes without a cluster: a World of objects
// stands in for it, so that what a blueprint does to an owner shows before either of them
// is applied anywhere. Nothing is decided here. Blueprints are selected, templates
// rendered, outputs and health read by the packages that the agent uses.
//
// Where only a cluster could tell, the World answers from what was observed of it and
// handed in; from what it may assume, if that is asked for; or by a guess. Whatever was
// assumed or guessed is named in the Walk.
//
// What it can not show: what admission, defaulting and quotas do to an object, whether a
// service account exists and may do what the templates ask for.
//
// The package is pure: no client, no clock, no I/O.
package offline
