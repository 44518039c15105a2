package e2e

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"

	builtin "github.com/carto-run/carto/pkg/schema"
	"github.com/carto-run/carto/test/harness"
)

// TestBuiltInKinds compares what lint knows of the kinds of Kubernetes with what the API
// server says.
func TestBuiltInKinds(t *testing.T) {
	t.Parallel()
	client, err := discovery.NewDiscoveryClientForConfig(harness.Shared(t).Config)
	if err != nil {
		t.Fatal(err)
	}
	version, err := client.ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := builtin.ParseRelease(version.Major + "." + version.Minor); err != nil || !got.Reached(builtin.Newest) {
		t.Errorf("the API server is of release %s (%v), newer than the built-in kinds, which are of %s", got, err, builtin.Newest)
	}
	_, lists, err := client.ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	catalog := builtin.BuiltIn()
	served := 0
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			t.Fatal(err)
		}
		// Other tests install CRDs on the same control plane.
		if !builtin.IsNative(gv.Group) {
			if gv.Group == "" || strings.HasSuffix(gv.Group, ".k8s.io") && !strings.Contains(gv.Group, ".x-") {
				t.Errorf("group %s is not known", gv.Group)
			}
			continue
		}
		for _, resource := range list.APIResources {
			if strings.Contains(resource.Name, "/") {
				continue
			}
			gvk := gv.WithKind(resource.Kind)
			served++
			switch kind := catalog.Kind(gvk); {
			case kind == nil:
				t.Errorf("%s is not known", gvk)
			case kind.Plural != resource.Name || kind.Namespaced != resource.Namespaced:
				t.Errorf("%s: known as %s, namespaced %v; the server says %s, %v", gvk, kind.Plural, kind.Namespaced, resource.Name, resource.Namespaced)
			}
		}
	}
	if served < 50 {
		t.Fatalf("the API server serves only %d kinds", served)
	}
}
