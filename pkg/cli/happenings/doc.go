// Package happenings reads the events about an owner and all below it: those of its stamped
// objects and of what Kubernetes made of them, pods included. Each knows its step.
package happenings
