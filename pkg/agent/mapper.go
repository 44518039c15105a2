package agent

import (
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/restmapper"

	"github.com/carto-run/carto/pkg/realize"
)

// kindMapper maps kinds to REST resources. What discovery said is kept until a CRD
// changes: an unknown kind costs nothing, however often a pass asks for it. While owners wait
// for one, it is read anew every minute (lookForKinds).
type kindMapper struct {
	discovery discovery.DiscoveryInterface

	mu     sync.Mutex
	mapper meta.RESTMapper // nil when stale
	// found are its answers: each of its look-ups sorts and filters anew, and passes ask
	// for the same few kinds several times each.
	found map[schema.GroupVersionKind]realize.Resource
	// lost are groups that discovery failed to tell of, with the reason.
	lost map[string]error
	read time.Time // when discovery was
	// failed is why it could not be read.
	failed error
	// invalidated counts how often it was.
	invalidated int
}

// rereadAfter is how long discovery is not asked again for what it failed to tell of: an
// aggregated API that is down may concern a thousand owners.
const rereadAfter = 5 * time.Second

// failedFor is how long a failure of discovery is the answer for all that ask: each of them
// would wait for one of its own, one after the other.
const failedFor = time.Second

func newKindMapper(client discovery.DiscoveryInterface) *kindMapper {
	return &kindMapper{discovery: client}
}

// invalidate makes the next look-up read discovery again.
func (m *kindMapper) invalidate() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mapper, m.failed = nil, nil
	m.invalidated++
}

// refresh reads discovery anew; those who ask meanwhile get what it said before, and so they do
// when it fails.
func (m *kindMapper) refresh() {
	m.mu.Lock()
	before := m.invalidated
	m.mu.Unlock()
	mapper, lost, err := m.ask()
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil && before == m.invalidated { // else it may be of before a CRD changed
		m.take(mapper, lost)
	}
}

// has says whether the API server has a kind, in whichever version.
func (m *kindMapper) has(kind schema.GroupKind) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fill() != nil {
		return false
	}
	_, err := m.mapper.RESTMapping(kind)
	return err == nil
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
	if why := m.lost[kind.Group]; err != nil && why != nil {
		// Not an unknown kind, for which owners would wait until a CRD appears.
		if time.Since(m.read) > rereadAfter {
			m.mapper = nil
		}
		return realize.Resource{}, fmt.Errorf("find out whether the API server has %s: %w", kind, why)
	}
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
	if m.failed != nil && time.Since(m.read) < failedFor {
		return m.failed
	}
	mapper, lost, err := m.ask()
	m.read, m.failed = time.Now(), err
	if err == nil {
		m.take(mapper, lost)
	}
	return err
}

// take keeps what discovery said; the lock is held.
func (m *kindMapper) take(mapper meta.RESTMapper, lost map[string]error) {
	m.mapper, m.lost, m.read = mapper, lost, time.Now()
	m.found = map[schema.GroupVersionKind]realize.Resource{}
}

// ask reads discovery, and why it does not tell of some groups.
func (m *kindMapper) ask() (meta.RESTMapper, map[string]error, error) {
	groups, resources, err := m.discovery.ServerGroupsAndResources()
	// Discovery is partial when an aggregated API is down; the rest is of use.
	failed, partial := discovery.GroupDiscoveryFailedErrorGroups(err)
	if err != nil && !partial {
		return nil, nil, fmt.Errorf("read which kinds the API server has: %w", err)
	}
	lost := map[string]error{}
	for version, why := range failed {
		lost[version.Group] = why
	}
	return restmapper.NewDiscoveryRESTMapper(groupResources(groups, resources)), lost, nil
}

// groupResources joins the two halves of what discovery tells.
func groupResources(groups []*metav1.APIGroup, lists []*metav1.APIResourceList) []*restmapper.APIGroupResources {
	byVersion := map[string][]metav1.APIResource{}
	for _, list := range lists {
		byVersion[list.GroupVersion] = list.APIResources
	}
	joined := make([]*restmapper.APIGroupResources, len(groups))
	for i, group := range groups {
		joined[i] = &restmapper.APIGroupResources{Group: *group, VersionedResources: map[string][]metav1.APIResource{}}
		for _, version := range group.Versions {
			if resources, known := byVersion[version.GroupVersion]; known {
				joined[i].VersionedResources[version.Version] = resources
			}
		}
	}
	return joined
}
