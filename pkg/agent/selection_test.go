package agent

import (
	"fmt"
	"testing"

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
