package agent

import (
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics of the agent, in a registry of their own.
type metrics struct {
	registry      *prometheus.Registry
	passes        *prometheus.HistogramVec
	writes        *prometheus.CounterVec
	reverts       *prometheus.CounterVec
	propagation   prometheus.Histogram
	watches       prometheus.Gauge
	watchFailures *prometheus.CounterVec
	// selectionFailures are those of watches that tenants cause.
	selectionFailures *prometheus.CounterVec
	eventsLost        prometheus.Counter
	leading           prometheus.Gauge
	passFailures      *prometheus.CounterVec
	takeovers         prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		passes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "carto_pass_duration_seconds", Help: "Time of one pass over an owner, writes of stamped objects included.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 9),
		}, []string{"kind"}),
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "carto_writes_total", Help: "Write requests by verb (apply, create, delete, status, event), resource and result.",
		}, []string{"verb", "resource", "result"}),
		reverts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "carto_drift_reverts_total", Help: "Stamped objects put back after somebody changed a field that their template sets.",
		}, []string{"resource"}),
		propagation: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "carto_propagation_seconds", Help: "Time from noticing a change to the answer of a write that follows from it.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}),
		watches: prometheus.NewGauge(prometheus.GaugeOpts{Name: "carto_watched_kinds", Help: "Kinds of stamped objects that are watched."}),
		watchFailures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "carto_watch_failures_total", Help: "Lists and watches that failed; they are tried again.",
		}, []string{"resource"}),
		selectionFailures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "carto_selection_failures_total", Help: "Lists and watches of what Runnables select that failed; they are tried again.",
		}, []string{"resource"}),
		eventsLost: prometheus.NewCounter(prometheus.CounterOpts{Name: "carto_events_dropped_total", Help: "Kubernetes events not recorded because too many were waiting."}),
		leading:    prometheus.NewGauge(prometheus.GaugeOpts{Name: "carto_leader", Help: "1 while this replica does the work."}),
		passFailures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "carto_pass_retries_total", Help: "Passes that ended in an error that is retried.",
		}, []string{"kind"}),
		takeovers: prometheus.NewCounter(prometheus.CounterOpts{Name: "carto_shard_takeovers_total", Help: "Owners that this replica has gained, from others or at its start."}),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.passes, m.writes, m.reverts, m.propagation, m.watches, m.watchFailures, m.selectionFailures, m.eventsLost, m.leading, m.passFailures, m.takeovers)
	return m
}

// gauge registers a value that is read when metrics are.
func (m *metrics) gauge(name, help string, labels prometheus.Labels, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, read))
}

// reasons of the API server's own. A tenant's webhook answers with any it likes, and each would
// be a series for ever.
var reasons = []metav1.StatusReason{
	metav1.StatusReasonUnauthorized, metav1.StatusReasonForbidden, metav1.StatusReasonNotFound, metav1.StatusReasonAlreadyExists,
	metav1.StatusReasonConflict, metav1.StatusReasonGone, metav1.StatusReasonInvalid, metav1.StatusReasonServerTimeout,
	metav1.StatusReasonTimeout, metav1.StatusReasonTooManyRequests, metav1.StatusReasonBadRequest, metav1.StatusReasonMethodNotAllowed,
	metav1.StatusReasonNotAcceptable, metav1.StatusReasonRequestEntityTooLarge, metav1.StatusReasonUnsupportedMediaType,
	metav1.StatusReasonInternalError, metav1.StatusReasonExpired, metav1.StatusReasonServiceUnavailable,
}

func (m *metrics) wrote(verb, resource string, err error) {
	result := "ok"
	switch {
	case err == nil:
	case slices.Contains(reasons, apierrors.ReasonForError(err)):
		result = string(apierrors.ReasonForError(err))
	default:
		result = "error"
	}
	m.writes.WithLabelValues(verb, resource, result).Inc()
}

// forget drops the series of a resource that is no longer there. Who may make kinds would else
// make series for ever, too.
func (m *metrics) forget(resource string) {
	of := prometheus.Labels{"resource": resource}
	m.writes.DeletePartialMatch(of)
	m.reverts.DeletePartialMatch(of)
	m.watchFailures.DeletePartialMatch(of)
	m.selectionFailures.DeletePartialMatch(of)
}
