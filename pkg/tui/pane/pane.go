// Package pane holds the texts that are opened for what is selected: YAML, describe, events,
// logs, params, history, diff, and why.
package pane

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/keys"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// Target is what was selected where a pane is opened.
type Target struct {
	// Owner that it belongs to, or is.
	Owner tree.Ref
	// Step of the owner, empty for the owner itself and for the runs of a Runnable.
	Step string
	// Ref is the selected object: the owner, a stamped object, or one below; its Name is
	// empty for a step without an object.
	Ref tree.Ref
	// Object as it was read last; nil when it is not at hand.
	Object *unstructured.Unstructured
}

// Open makes the screen of a pane; nil with the reason where there is none for the target,
// such as the logs of a blueprint.
func Open(action keys.Action, t Target) (screen.Screen, string) {
	switch action {
	case keys.YAML:
		return newYAML(t)
	case keys.Describe:
		return newDescribe(t)
	case keys.Why:
		return newWhy(t)
	case keys.Params:
		return newParams(t)
	case keys.History:
		return newHistory(t)
	case keys.Diff:
		return newDiff(t)
	case keys.Logs:
		return newLogs(t)
	case keys.Events:
		return newEvents(t)
	}
	return nil, "there is nothing to show"
}
