package happenings

import (
	"cmp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/resourceversion"
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

	// Raw is the event as it was read, without managedFields.
	Raw *unstructured.Unstructured
}

// newEvent reads an event of either API: the newer one leaves the count and the last time
// of the older empty, and has a series instead.
func newEvent(raw *unstructured.Unstructured) (*Event, error) {
	e := &Event{Raw: raw}
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

// ByTime orders events; those of one second, which is as fine as most times are, by when
// they were written.
func ByTime(a, b *Event) int {
	written, err := resourceversion.CompareResourceVersion(a.ResourceVersion, b.ResourceVersion)
	if err != nil {
		written = 0 // it is no number, as in tests
	}
	return cmp.Or(a.Time.Compare(b.Time), written, strings.Compare(a.Name, b.Name))
}
