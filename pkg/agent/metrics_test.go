package agent

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

var documentedMetric = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z]+) \\| ([^|]*)\\|")

// TestMetricsAreDocumented: docs/operations.md lists every metric of the agent, with its
// type and labels, and no other. Of the usual ones of a Go process it lists some.
func TestMetricsAreDocumented(t *testing.T) {
	a, err := newAgent(Config{Client: &rest.Config{Host: "http://127.0.0.1:1"}, Templates: DefaultTemplates()})
	if err != nil {
		t.Fatal(err)
	}
	// A metric with labels is served from its first use on.
	a.metrics.passes.WithLabelValues("Workload").Observe(1)
	a.metrics.passFailures.WithLabelValues("Workload").Inc()
	a.metrics.wrote("apply", "deployments.apps", nil)
	a.metrics.reverts.WithLabelValues("deployments.apps").Inc()
	a.metrics.watchFailures.WithLabelValues("deployments.apps").Inc()
	a.metrics.selectionFailures.WithLabelValues("deployments.apps").Inc()
	w := a.watches.watch(t.Context(), watchKey{GroupVersionResource: schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}})
	w.setMark(objectKey{"shop", "cart"}, mark{reverts: reverts{count: freeReverts, last: a.clock.Now(), rivals: "x"}, altered: "spec"})

	families, err := a.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	// The usual mistakes with names and units, of which tools would make nonsense.
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	served := map[string]string{}
	for _, family := range families {
		var labels []string
		for _, pair := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, pair.GetName())
		}
		slices.Sort(labels)
		served[family.GetName()] = strings.ToLower(family.GetType().String()) + " " + strings.Join(labels, " ")
	}
	descriptions := make(chan *prometheus.Desc)
	go func() { defer close(descriptions); a.metrics.registry.Describe(descriptions) }()
	for d := range descriptions {
		if name := regexp.MustCompile(`fqName: "(carto_[^"]+)"`).FindStringSubmatch(fmt.Sprint(d)); name != nil && served[name[1]] == "" {
			t.Errorf("%s is not served yet: use it above", name[1])
		}
	}

	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, m := range documentedMetric.FindAllStringSubmatch(string(page), -1) {
		labels := strings.FieldsFunc(m[3], func(r rune) bool { return strings.ContainsRune("`, ", r) })
		slices.Sort(labels)
		documented[m[1]] = m[2] + " " + strings.Join(labels, " ")
	}
	for name := range served {
		if _, listed := documented[name]; !listed && !strings.HasPrefix(name, "carto_") {
			delete(served, name)
		}
	}
	if diff := cmp.Diff(served, documented); diff != "" {
		t.Errorf("docs/operations.md differs from what the agent serves (-served +documented):\n%s", diff)
	}
}

// TestReasonsOfWebhooksAreNoSeries: a tenant's webhook refuses with a reason that it makes up each time; the number of series does
// not follow it.
func TestReasonsOfWebhooksAreNoSeries(t *testing.T) {
	m := newMetrics()
	for i := range 3 {
		m.wrote("apply", "things", &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReason(fmt.Sprint("mine-", i))}})
	}
	m.wrote("apply", "things", apierrors.NewConflict(schema.GroupResource{Resource: "things"}, "cart", nil))
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "carto_writes_total" {
			continue
		}
		for _, series := range family.GetMetric() {
			counted[series.GetLabel()[1].GetValue()] = series.GetCounter().GetValue()
		}
	}
	if diff := cmp.Diff(map[string]float64{"error": 3, "Conflict": 1}, counted); diff != "" {
		t.Errorf("writes by result (-want +got):\n%s", diff)
	}
}

// TestMetricsForgetKinds: the series of a kind end with its CRD, and no others.
func TestMetricsForgetKinds(t *testing.T) {
	m := newMetrics()
	for _, resource := range []string{"gone.example.com", "stays.example.com"} {
		m.wrote("apply", resource, nil)
		m.wrote("create", resource, apierrors.NewBadRequest("x"))
		m.reverts.WithLabelValues(resource).Inc()
		m.watchFailures.WithLabelValues(resource).Inc()
		m.selectionFailures.WithLabelValues(resource).Inc()
	}
	m.forget("gone.example.com")
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]int{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, pair := range metric.GetLabel() {
				if pair.GetName() == "resource" {
					left[pair.GetValue()]++
				}
			}
		}
	}
	if want := map[string]int{"stays.example.com": 5}; !maps.Equal(left, want) {
		t.Errorf("series by resource: %v, want %v", left, want)
	}
}
