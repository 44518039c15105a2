package agent

import (
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
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
