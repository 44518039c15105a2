package tree

import (
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// ObjectState reads how an object is from what its own controller says. Kinds without a
// condition that means ready, such as a ConfigMap, have no state.
func ObjectState(obj *unstructured.Unstructured) State {
	switch kind := obj.GroupVersionKind().GroupKind(); {
	case kind.Group == "" && kind.Kind == "Pod":
		return podState(obj)
	case kind.Group == "apps" && kind.Kind == "ReplicaSet", kind.Group == "apps" && kind.Kind == "StatefulSet":
		return replicaState(obj)
	case kind.Group == "batch" && kind.Kind == "Job":
		if s, ok := condition(obj, "Failed"); ok && s.Status == "True" {
			s.Status = "False"
			return s
		}
		if s, ok := condition(obj, "Complete"); ok {
			return s
		}
		return State{Status: "Unknown", Reason: "Running"}
	}
	// kapp-controller has a condition for each outcome, of which one is there. Of Flux, Ready is Unknown while it tries again.
	for _, kind := range []string{"ReconcileFailed", "FetchFailed"} {
		if s, ok := condition(obj, kind); ok && s.Status == "True" {
			s.Status = "False"
			return s
		}
	}
	// Most controllers follow one of these; the order is from the most to the least
	// definite.
	for _, kind := range []string{"Ready", "Succeeded", "Available", "ReconcileSucceeded"} {
		if s, ok := condition(obj, kind); ok {
			return s
		}
	}
	return State{}
}

// Sequence is the place of a run among those of its step or Runnable; 0 for all other
// objects.
func Sequence(obj *unstructured.Unstructured) int64 {
	n, err := strconv.ParseInt(obj.GetAnnotations()[v1alpha1.AnnotationSequence], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func condition(obj *unstructured.Unstructured, kind string) (State, bool) {
	list, _, _ := unstructured.NestedSlice(obj.Object, "status", "conditions")
	for _, c := range list {
		m, ok := c.(map[string]any)
		if !ok || m["type"] != kind {
			continue
		}
		text := func(key string) string { s, _ := m[key].(string); return s }
		return State{Status: text("status"), Reason: text("reason"), Message: text("message"), Since: ParseTime(text("lastTransitionTime"))}, true
	}
	return State{}, false
}

func replicaState(obj *unstructured.Unstructured) State {
	want, given, _ := unstructured.NestedInt64(obj.Object, "spec", "replicas")
	if !given {
		want = 1
	}
	have, _, _ := unstructured.NestedInt64(obj.Object, "status", "readyReplicas")
	s := State{Status: "True", Reason: fmt.Sprintf("%d/%d", have, want)}
	if have < want {
		s.Status = "Unknown"
	}
	return s
}

func podState(obj *unstructured.Unstructured) State {
	phase, _, _ := unstructured.NestedString(obj.Object, "status", "phase")
	ready, _ := condition(obj, "Ready")
	switch phase {
	case "Succeeded":
		return State{Status: "True", Reason: "Completed", Since: ready.Since}
	case "Failed":
		s := State{Status: "False", Reason: "Failed", Since: ready.Since}
		s.Message, _, _ = unstructured.NestedString(obj.Object, "status", "message")
		if reason, message := stuckContainer(obj); reason != "" {
			s.Reason, s.Message = reason, message
		}
		return s
	}
	if ready.Status == "True" {
		return State{Status: "True", Reason: phase, Since: ready.Since}
	}
	// A container that cannot start or keeps ending is what a person looks for; the
	// pod's own condition only counts the containers.
	if reason, message := stuckContainer(obj); reason != "" {
		return State{Status: "False", Reason: reason, Message: message, Since: ready.Since}
	}
	if s, ok := condition(obj, "PodScheduled"); ok && s.Status == "False" {
		return s
	}
	return State{Status: "Unknown", Reason: phase, Message: ready.Message, Since: ready.Since}
}

func stuckContainer(obj *unstructured.Unstructured) (reason, message string) {
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		list, _, _ := unstructured.NestedSlice(obj.Object, "status", field)
		for _, c := range list {
			m, ok := c.(map[string]any)
			if !ok {
				continue
			}
			name, _ := m["name"].(string)
			if r, _, _ := unstructured.NestedString(m, "state", "waiting", "reason"); r != "" && r != "ContainerCreating" && r != "PodInitializing" {
				text, _, _ := unstructured.NestedString(m, "state", "waiting", "message")
				return r, "container " + name + ": " + text
			}
			if code, found, _ := unstructured.NestedInt64(m, "state", "terminated", "exitCode"); found && code != 0 {
				r, _, _ := unstructured.NestedString(m, "state", "terminated", "reason")
				return r, fmt.Sprintf("container %s ended with exit code %d", name, code)
			}
		}
	}
	return "", ""
}
