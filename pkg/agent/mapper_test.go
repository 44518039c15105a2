package agent

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/utils/clock"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
)

// halfDiscovery knows ConfigMaps, and fails for a group until told otherwise.
type halfDiscovery struct {
	discovery.DiscoveryInterface
	fails error
	asked int
}

func (d *halfDiscovery) ServerGroupsAndResources() ([]*metav1.APIGroup, []*metav1.APIResourceList, error) {
	d.asked++
	version := func(group, version string) *metav1.APIGroup {
		v := metav1.GroupVersionForDiscovery{GroupVersion: strings.TrimPrefix(group+"/"+version, "/"), Version: version}
		return &metav1.APIGroup{Name: group, Versions: []metav1.GroupVersionForDiscovery{v}, PreferredVersion: v}
	}
	groups := []*metav1.APIGroup{version("", "v1"), version("tekton.dev", "v1")}
	lists := []*metav1.APIResourceList{{GroupVersion: "v1", APIResources: []metav1.APIResource{{Name: "configmaps", Kind: "ConfigMap", Namespaced: true}}}}
	if d.fails == nil {
		lists = append(lists, &metav1.APIResourceList{GroupVersion: "tekton.dev/v1", APIResources: []metav1.APIResource{{Name: "taskruns", Kind: "TaskRun", Namespaced: true}}})
		return groups, lists, nil
	}
	return groups, lists, &discovery.ErrGroupDiscoveryFailed{Groups: map[schema.GroupVersion]error{{Group: "tekton.dev", Version: "v1"}: d.fails}}
}

// TestKindWithoutDefinition: owners wait for a kind that an aggregated API server brings, of which no CRD tells.
func TestKindWithoutDefinition(t *testing.T) {
	d := &halfDiscovery{fails: errors.New("not there yet")}
	cart, other := ownerKey{v1alpha1.KindWorkload, "shop", "cart"}, ownerKey{v1alpha1.KindWorkload, "shop", "other"}
	var woken []ownerKey
	a := &Agent{mapper: newKindMapper(d), depends: newDependencyIndex()}
	a.wakes = newWakes(clock.RealClock{}, func(thing any) { woken = append(woken, a.depends.of(thing)...) })
	a.lookForKinds()
	if d.asked != 0 {
		t.Errorf("discovery was asked %d times while nobody waits", d.asked)
	}
	taskRun := schema.GroupVersionKind{Group: "tekton.dev", Version: "v1", Kind: "TaskRun"}
	a.depends.set(cart, v1alpha1.KindClusterSupplyChain, realize.Dependencies{UnknownKinds: []schema.GroupVersionKind{taskRun}})
	a.depends.set(other, v1alpha1.KindClusterSupplyChain, realize.Dependencies{UnknownKinds: []schema.GroupVersionKind{{Group: "never", Version: "v1", Kind: "Seen"}}})
	a.lookForKinds()
	if len(woken) > 0 {
		t.Errorf("woken for a kind that is not there: %v", woken)
	}
	d.fails = nil
	a.lookForKinds()
	if !slices.Equal(woken, []ownerKey{cart}) {
		t.Errorf("woken are %v", woken)
	}
	if rest, err := a.mapper.resource(taskRun); err != nil || rest.Resource != "taskruns" {
		t.Errorf("TaskRun: %+v, %v", rest, err)
	}
}

// TestPartialDiscovery: what discovery fails to tell of is asked for again, and is no unknown kind; the rest is not asked for twice.
func TestPartialDiscovery(t *testing.T) {
	configMap, taskRun := schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}, schema.GroupVersionKind{Group: "tekton.dev", Version: "v1", Kind: "TaskRun"}
	d := &halfDiscovery{fails: errors.New("the server is currently unable to handle the request")}
	m := newKindMapper(d)
	for range 3 {
		if rest, err := m.resource(configMap); err != nil || rest.Resource != "configmaps" || !rest.Namespaced {
			t.Fatalf("ConfigMap: %+v, %v", rest, err)
		}
		if _, err := m.resource(schema.GroupVersionKind{Version: "v1", Kind: "Nothing"}); !meta.IsNoMatchError(err) {
			t.Errorf("a kind that is not there: %v", err)
		}
	}
	if d.asked != 1 {
		t.Errorf("discovery was asked %d times for what it tells", d.asked)
	}
	for range 3 {
		if _, err := m.resource(taskRun); !errors.Is(err, d.fails) || meta.IsNoMatchError(err) {
			t.Errorf("a kind of a group that fails: %v", err)
		}
	}
	if d.asked != 1 {
		t.Errorf("discovery was asked %d times within a moment", d.asked)
	}
	d.fails = nil
	m.read = m.read.Add(-rereadAfter)
	_, _ = m.resource(taskRun) // which has discovery asked again
	if rest, err := m.resource(taskRun); err != nil || rest.Resource != "taskruns" {
		t.Errorf("TaskRun: %+v, %v", rest, err)
	}
}
