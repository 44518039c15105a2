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
	mapper, err := m.current()
	if err != nil {
		return realize.Resource{}, err
	}
	mapping, err := mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return realize.Resource{}, err
	}
	return realize.Resource{GroupVersionResource: mapping.Resource, Namespaced: mapping.Scope.Name() == meta.RESTScopeNameNamespace}, nil
}

func (m *kindMapper) current() (meta.RESTMapper, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mapper != nil {
		return m.mapper, nil
	}
	groups, err := restmapper.GetAPIGroupResources(m.discovery)
	// Discovery is partial when an aggregated API is down; the rest is of use.
	if err != nil && len(groups) == 0 {
		return nil, fmt.Errorf("read which kinds the API server has: %w", err)
	}
	m.mapper = restmapper.NewDiscoveryRESTMapper(groups)
	return m.mapper, nil
}
