package tree

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Reasons of objects that no condition carries.
const (
	// ReasonNoStatus: no controller has acted on the object.
	ReasonNoStatus = "NoStatus"
	// ReasonTerminating: the object is being deleted.
	ReasonTerminating = "Terminating"
	// reasonFailedCreate is that of a ReplicaSet whose pods are refused.
	reasonFailedCreate = "FailedCreate"
)

// slow is after how long an object without a status is suspicious.
const slow = time.Minute

// link says how an object is, with what a person would find out about it next.
func link(obj *unstructured.Unstructured, ref Ref, in Input) Link {
	l := Link{Ref: ref, UID: obj.GetUID(), Ready: ObjectState(obj)}
	switch kind := obj.GroupVersionKind().GroupKind(); {
	case kind.Group == "" && kind.Kind == "Pod":
		l.Container, l.Ready = container(obj, l.Ready)
	case kind.Group == "apps":
		// Quotas and admission refuse pods, of which nothing is left then.
		if s, ok := condition(obj, "ReplicaFailure"); ok && s.Status == "True" {
			s.Status = "False"
			l.Ready = s
		}
	case kind.Group == "kappctrl.k14s.io":
		// An App has one condition for each outcome, and the words of kapp beside them.
		if s, ok := condition(obj, "ReconcileFailed"); ok && s.Status == "True" {
			s.Status = "False"
			if useful, _, _ := unstructured.NestedString(obj.Object, "status", "usefulErrorMessage"); useful != "" {
				s.Message = useful
			}
			l.Ready = s
		}
	case l.Ready == State{} && untouched(obj):
		l.Ready = noStatus(obj, in)
	}
	if since := obj.GetDeletionTimestamp(); since != nil {
		l.Ready = State{Status: "Unknown", Reason: ReasonTerminating, Message: terminating(obj.GetFinalizers()), Since: at(*since)}
	}
	return l
}

// terminating says what holds up a deletion.
func terminating(finalizers []string) string {
	if len(finalizers) == 0 {
		return "it is being deleted"
	}
	return "it is being deleted, which the finalizers " + strings.Join(finalizers, ", ") + " hold up"
}

// untouched tells an object of a custom kind without a status. Those of Kubernetes itself
// may never have one.
func untouched(obj *unstructured.Unstructured) bool {
	group := obj.GroupVersionKind().Group
	if !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io") {
		return false
	}
	status, found, _ := unstructured.NestedMap(obj.Object, "status")
	return !found || len(status) == 0
}

func noStatus(obj *unstructured.Unstructured, in Input) State {
	s := State{Status: "Unknown", Reason: ReasonNoStatus, Message: "no controller has written its status yet"}
	age := in.Now.Sub(obj.GetCreationTimestamp().Time)
	if in.Now.IsZero() || age < slow {
		return s
	}
	who := fmt.Sprintf("is the controller that handles %s (%s) installed and running?", obj.GetKind(), obj.GroupVersionKind().Group)
	if obj.GroupVersionKind().Group == v1alpha1.Group {
		who = "is the agent running?"
	}
	s.Message = fmt.Sprintf("nobody has acted on it for %s: %s", duration.HumanDuration(age), who)
	return s
}

// container finds the container that keeps a pod from being ready. One that keeps ending
// says why by how it ended last.
func container(pod *unstructured.Unstructured, s State) (string, State) {
	if s.Status == "True" {
		return "", s
	}
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		list, _, _ := unstructured.NestedSlice(pod.Object, "status", field)
		for _, c := range list {
			m, ok := c.(map[string]any)
			if !ok {
				continue
			}
			name, _ := m["name"].(string)
			code, ended, _ := unstructured.NestedInt64(m, "state", "terminated", "exitCode")
			if ended && code != 0 {
				return name, s
			}
			reason, waits, _ := unstructured.NestedString(m, "state", "waiting", "reason")
			if !waits || reason == "ContainerCreating" || reason == "PodInitializing" {
				continue
			}
			if code, ended, _ := unstructured.NestedInt64(m, "lastState", "terminated", "exitCode"); ended {
				last, _, _ := unstructured.NestedString(m, "lastState", "terminated", "reason")
				s.Message = fmt.Sprintf("container %s keeps ending, last with exit code %d", name, code)
				if last != "" {
					s.Message += " (" + last + ")"
				}
			}
			s.Message = strings.TrimSuffix(s.Message, ": ")
			return name, s
		}
	}
	return "", s
}

// ContainerState is the state of a pod with what its container said last, which ObjectState
// leaves to whoever shows one pod in full.
func ContainerState(pod *unstructured.Unstructured) State {
	_, s := container(pod, ObjectState(pod))
	return s
}
