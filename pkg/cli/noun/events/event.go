package events

import (
	"cmp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/cli/tail"
	"github.com/carto-run/carto/pkg/tree"
)

// Event is an event, and what it is about.
type Event struct {
	corev1.Event
	// Time of its last occurrence.
	Time time.Time
	// Times it occurred.
	Times int32
	// Step is empty for the owner itself and for the runs of a Runnable.
	Step string
	// Object is Kind/name.
	Object string

	raw *unstructured.Unstructured
}

// newEvent reads an event of either API: the newer one leaves the count and the last time
// of the older empty, and has a series instead.
func newEvent(raw *unstructured.Unstructured) (*Event, error) {
	e := &Event{raw: raw}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw.Object, &e.Event); err != nil {
		return nil, err
	}
	raw.SetManagedFields(nil)
	e.Times = max(e.Count, 1)
	if e.Series != nil {
		e.Times = max(e.Times, e.Series.Count)
		e.Time = e.Series.LastObservedTime.Time
	}
	for _, t := range []metav1.Time{e.LastTimestamp, {Time: e.EventTime.Time}, e.FirstTimestamp, e.CreationTimestamp} {
		if e.Time.IsZero() {
			e.Time = t.Time
		}
	}
	e.Object = e.InvolvedObject.Kind + "/" + e.InvolvedObject.Name
	return e, nil
}

func byTime(a, b *Event) int {
	return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.Name, b.Name))
}

// concern is the objects whose events are shown.
type concern struct {
	// steps of the objects, by their UIDs. Names do not do: a pod of a StatefulSet, and an
	// owner that was deleted and made again, have the names of those before.
	steps map[types.UID]string
	// objects are the UIDs in each namespace in which there may be events.
	objects map[string][]types.UID
	first   []string
}

// newConcern is the owner and all below it, or only those of some steps.
func newConcern(in tree.Input, steps []string) *concern {
	c := &concern{steps: map[types.UID]string{}, objects: map[string][]types.UID{}}
	if len(steps) == 0 {
		c.add("", in.Owner.Object.Namespace, in.Owner.Object.UID)
	}
	in.Visit(func(step string, f *tree.Found) {
		if tail.InSteps(steps, step) {
			c.add(step, f.Object.GetNamespace(), f.Object.GetUID())
		}
	})
	return c
}

func (c *concern) add(step, namespace string, uid types.UID) {
	if namespace == "" {
		namespace = metav1.NamespaceDefault // where events of objects without one are kept
	}
	if _, known := c.steps[uid]; known || uid == "" {
		return
	}
	c.steps[uid] = step
	if c.objects[namespace] == nil {
		c.first = append(c.first, namespace)
	}
	c.objects[namespace] = append(c.objects[namespace], uid)
}

// inOrder are the namespaces, that of the owner first.
func (c *concern) inOrder() []string { return c.first }

// claims tells whether an event is shown, and of which step it is.
func (c *concern) claims(e *Event) bool {
	step, known := c.steps[e.InvolvedObject.UID]
	e.Step = step
	return known
}
