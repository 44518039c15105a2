package agent

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/restmapper"

	"github.com/carto-run/carto/pkg/realize"
)

// kindMapper maps kinds to REST resources. What discovery said is kept until a CRD
// changes: an unknown kind costs nothing, however often a pass asks for it.
type kindMapper struct {
	discovery discovery.DiscoveryInterface

	mu     sync.Mutex
	mapper meta.RESTMapper // nil when stale
	// found are its answers: each of its look-ups sorts and filters anew, and passes ask
	// for the same few kinds several times each.
	found map[schema.GroupVersionKind]realize.Resource
}

func newKindMapper(client discovery.DiscoveryInterface) *kindMapper {
	return &kindMapper{discovery: client}
}

// invalidate makes the next look-up read discovery again.
func (m *kindMapper) invalidate() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mapper = nil
}

func (m *kindMapper) resource(kind schema.GroupVersionKind) (realize.Resource, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.fill(); err != nil {
		return realize.Resource{}, err
	}
	if found, ok := m.found[kind]; ok {
		return found, nil
	}
	mapping, err := m.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return realize.Resource{}, err // not kept: tenants could name kinds without end
	}
	found := realize.Resource{GroupVersionResource: mapping.Resource, Namespaced: mapping.Scope.Name() == meta.RESTScopeNameNamespace}
	m.found[kind] = found
	return found, nil
}

// fill reads discovery unless it is known; the lock is held.
func (m *kindMapper) fill() error {
	if m.mapper != nil {
		return nil
	}
	groups, err := restmapper.GetAPIGroupResources(m.discovery)
	// Discovery is partial when an aggregated API is down; the rest is of use.
	if err != nil && len(groups) == 0 {
		return fmt.Errorf("read which kinds the API server has: %w", err)
	}
	m.mapper, m.found = restmapper.NewDiscoveryRESTMapper(groups), map[schema.GroupVersionKind]realize.Resource{}
	return nil
}
