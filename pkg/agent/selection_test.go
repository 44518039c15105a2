package agent

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/realize"
)

// TestSelectionsSeeTheirNamespace: a tenant can not make the agent hold anything about objects of
// other namespaces by selecting their labels, nor be woken by them.
func TestSelectionsSeeTheirNamespace(t *testing.T) {
	selection := realize.Selection{Namespace: "a", Labels: "app=web"}
	for _, tt := range []struct {
		reason     string
		namespaced bool
		want       string
	}{
		{"the objects are in the Runnable's namespace", true, "a"},
		{"a cluster-scoped object is in no namespace", false, ""},
	} {
		key := selectedBy(selection, realize.Resource{Namespaced: tt.namespaced})
		if key.namespace != tt.want {
			t.Errorf("%s: the watch is of namespace %q, want %q", tt.reason, key.namespace, tt.want)
		}
		if other := selectedBy(realize.Selection{Namespace: "b", Labels: "app=web"}, realize.Resource{Namespaced: tt.namespaced}); other == key {
			t.Errorf("%s: two namespaces share a watch, so that one pays for both", tt.reason)
		}
	}
}

// TestSelectionShares: a namespace that selects by ever more labels does not use up the watches
// of all; each later one gets a part of what is left, and a single one as long as there is any.
func TestSelectionShares(t *testing.T) {
	s := &watchSet{watches: map[watchKey]*kindWatch{}}
	fill := func(namespace string) (n int) {
		for {
			labels := fmt.Sprintf("app=%s-%d", namespace, n)
			key := watchKey{selector: labels, selection: realize.Selection{Namespace: namespace, Labels: labels}}
			if !s.mayWatch(key) {
				return n
			}
			s.watches[key] = &kindWatch{}
			n++
		}
	}
	s.watches[watchKey{selector: "stamped"}] = &kindWatch{} // does not count
	for i, want := range []int{32, 28, 24, 21} {
		if got := fill(fmt.Sprint("greedy-", i)); got != want {
			t.Errorf("greedy tenant %d has %d watches, want %d: an eighth of what the others leave", i, got, want)
		}
	}
	tenants := 4
	for fill(fmt.Sprint("tenant-", tenants)) > 0 {
		tenants++
	}
	if tenants < 30 {
		t.Errorf("%d tenants have used up all watches", tenants)
	}
	if len(s.watches)-1 != maxSelections {
		t.Errorf("%d selections are watched, want at most %d", len(s.watches)-1, maxSelections)
	}
	if everything := (watchKey{selection: realize.Selection{Namespace: "a"}}); s.mayWatch(everything) {
		t.Error("a selection without labels would be watched")
	}
}

// TestFailuresThatTenantsCause: what a Runnable selects is up to a tenant, and so is what a status names. That the agent may not watch
// it is not what an operator is woken for.
func TestFailuresThatTenantsCause(t *testing.T) {
	secrets := schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	selected := watchKey{GroupVersionResource: secrets, selector: "a=b", namespace: "shop", selection: realize.Selection{Namespace: "shop", Labels: "a=b"}}
	rendered, named := watchKey{GroupVersionResource: secrets, selector: "x"}, watchKey{GroupVersionResource: secrets, selector: "y"}
	forbidden := apierrors.NewForbidden(secrets.GroupResource(), "", errors.New("no role"))
	for name, tt := range map[string]struct {
		reason                    string
		key                       watchKey
		err                       error
		stamped, selection, lines int
	}{
		"stamped, forbidden":    {"changes of what Carto made go unnoticed", rendered, forbidden, 3, 0, 3},
		"named, forbidden":      {"no template renders it: anybody may have written that into a status", named, forbidden, 0, 0, 3},
		"selected, forbidden":   {"the tenant has chosen it", selected, forbidden, 0, 3, 1},
		"selected, unreachable": {"the API server is away, which other watches tell", selected, errors.New("connection refused"), 0, 3, 1},
		"selected, gone":        {"series of a kind end with it: a tenant that makes kinds would else make series for ever", selected, apierrors.NewNotFound(secrets.GroupResource(), ""), 0, 0, 0},
		"selected, too old":     {"the ordinary life of a watch", selected, apierrors.NewResourceExpired("too old"), 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Log(tt.reason)
			a := offlineAgent(t)
			var log bytes.Buffer
			a.watches.stamps(rendered)
			a.watches.log = slog.New(slog.NewTextHandler(&log, nil))
			w := &kindWatch{key: tt.key, informer: a.watches.selectionInformer(tt.key), tried: make(chan struct{})}
			for range 3 {
				a.watches.failed(w, tt.err)
			}
			got := map[string]int{
				"stamped": counted(t, a.metrics, "carto_watch_failures_total"), "selection": counted(t, a.metrics, "carto_selection_failures_total"),
				"lines": strings.Count(log.String(), "level=WARN"),
			}
			if diff := cmp.Diff(map[string]int{"stamped": tt.stamped, "selection": tt.selection, "lines": tt.lines}, got); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, log.String())
			}
		})
	}
}

// counted is the sum of all series of a counter.
func counted(t *testing.T, m *metrics, name string) int {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, family := range families {
		for _, series := range family.GetMetric() {
			if family.GetName() == name {
				sum += series.GetCounter().GetValue()
			}
		}
	}
	return int(sum)
}
