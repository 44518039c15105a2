package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/clock"

	"github.com/carto-run/carto/pkg/jsonread"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamped"
)

// contested says whether somebody keeps changing what is put back: not at the first
// changes, and not once there has been peace for a while.
func (r reverts) contested(now time.Time) bool {
	return r.rivals != "" && now.Sub(r.last) <= revertsForget
}

// remark is what the owner's status says of a contest. It is a function of what only a
// revert changes, so that the status is not written more often than the object; and once
// reverts have become rare, it stays as it is.
func (r reverts) remark() string {
	if r.interval() == maxInterval {
		return fmt.Sprintf("%s; put back %d times and more, from now on every %v at most", r.rivals, countTo(maxInterval), maxInterval)
	}
	return fmt.Sprintf("%s; put back %d times, next at %s", r.rivals, r.count, r.last.Add(r.interval()).UTC().Format(time.TimeOnly+" MST"))
}

// countTo is how many reverts it takes until the interval is this long.
func countTo(interval time.Duration) int {
	r := reverts{count: freeReverts}
	for r.interval() < interval {
		r.count++
	}
	return r.count
}

// noteRivals finds out who has changed what, once for each revert: by a read of the live
// object, because the caches do not hold what belongs to others.
func (c *clusterView) noteRivals(ctx context.Context, w *kindWatch, rest realize.Resource, key objectKey, rendered map[string]any) {
	m := w.mark(key)
	if m.reverts.rivals != "" && m.reverts.noted == m.reverts.count {
		return
	}
	text, err := c.agent.read(ctx, rest, key)
	if err != nil {
		return // the next pass asks again
	}
	var live unstructured.Unstructured
	if jsonread.Into(text, &live.Object) != nil {
		return
	}
	lost := stamped.Lost(stamped.Owned(&live), rendered)
	if len(lost) == 0 {
		return // put back already, by whoever it was
	}
	who := "somebody else"
	if managers := stamped.Managers(&live, lost); len(managers) > 0 {
		who = strings.Join(managers, " and ")
	}
	m.reverts.rivals = fmt.Sprintf("%s %s is set by %s too: %s", rest.Qualified(), key.Name, who, fieldNames(lost))
	m.reverts.noted = m.reverts.count
	w.setMark(key, m)
}

// maxFields is how many fields a remark names.
const maxFields = 5

func fieldNames(fields []stamped.Field) string {
	names := make([]string, 0, maxFields)
	for _, f := range fields[:min(len(fields), maxFields)] {
		names = append(names, f.Path)
	}
	text := strings.Join(names, ", ")
	if more := len(fields) - maxFields; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// altered names the fields that have another value than was rendered, although they are
// still counted as Carto's: a mutating webhook changed them while they were written.
func altered(live *stored, rendered map[string]any) string {
	object, err := live.object()
	if err != nil {
		return ""
	}
	return fieldNames(stamped.Altered(object, rendered))
}

// remark is what is to be said about a stamped object. The owner of a contested object is
// looked at again when the contest is forgotten.
func (c *clusterView) remark(w *kindWatch, rest realize.Resource, key objectKey) string {
	m, now := w.mark(key), c.agent.clock.Now()
	var remarks []string
	if m.reverts.contested(now) {
		remarks = append(remarks, m.reverts.remark())
		c.agent.queue.AddAfter(c.key, m.reverts.last.Add(revertsForget).Sub(now)+time.Second)
	}
	if m.altered != "" {
		remarks = append(remarks, fmt.Sprintf("%s %s has other values than were rendered, changed on their way by an admission webhook or by the API server: %s", rest.Qualified(), key.Name, m.altered))
	}
	return strings.Join(remarks, "; ")
}

// contests counts the objects that are not, or do not stay, as they were rendered.
type contests struct {
	watches *watchSet
	clock   clock.PassiveClock
}

var contestedObjects = prometheus.NewDesc("carto_contested_objects",
	"Stamped objects of which somebody keeps changing a field that their template sets.", []string{"resource"}, nil)

var alteredObjects = prometheus.NewDesc("carto_altered_objects",
	"Stamped objects that were written with other values than their template renders, by an admission webhook or the API server.", []string{"resource"}, nil)

// Describe implements prometheus.Collector.
func (c contests) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- contestedObjects
	descriptions <- alteredObjects
}

// Collect implements prometheus.Collector.
func (c contests) Collect(metrics chan<- prometheus.Metric) {
	contested, altered := map[string]int{}, map[string]int{}
	now := c.clock.Now()
	for _, w := range c.watches.all() {
		resource := w.key.GroupResource().String()
		w.mu.Lock()
		for _, m := range w.marks {
			if m.reverts.contested(now) {
				contested[resource]++
			}
			if m.altered != "" {
				altered[resource]++
			}
		}
		w.mu.Unlock()
	}
	for resource, n := range contested {
		metrics <- prometheus.MustNewConstMetric(contestedObjects, prometheus.GaugeValue, float64(n), resource)
	}
	for resource, n := range altered {
		metrics <- prometheus.MustNewConstMetric(alteredObjects, prometheus.GaugeValue, float64(n), resource)
	}
}
