package e2e

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

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

// TestSchemasAgree holds objects against the schemas of lint and against the API server, which
// gets them as the agent writes them.
func TestSchemasAgree(t *testing.T) {
	t.Parallel()
	client, err := dynamic.NewForConfig(newAdmission(t).cp.Config)
	if err != nil {
		t.Fatal(err)
	}
	catalog := builtin.BuiltIn()
	const pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a, "
	for _, tc := range []struct {
		reason, object string
		fits           bool
	}{
		{"quantities as numbers and texts", pod + "resources: {limits: {cpu: 0.5, memory: 64Mi}, requests: {cpu: 0.25}}}]}}", true},
		{"a port by its name or number", pod + "ports: [{name: http, containerPort: 80}], readinessProbe: {httpGet: {port: http}}, livenessProbe: {httpGet: {port: 80}}}]}}", true},
		{"a number that is written with a point", pod + "readinessProbe: {periodSeconds: 5.0, tcpSocket: {port: 80}}}]}}", true},
		{"an unknown field", pod + "imag: b}]}}", false},
		{"a boolean where a text has to be", pod + "env: [{name: a, value: true}]}]}}", false},
		{"a number where a text has to be", pod + "env: [{name: a, value: 1}]}]}}", false},
		{"a text where a number has to be", pod + "ports: [{containerPort: '80'}]}]}}", false},
		{"a text where a boolean has to be", pod + "stdin: 'true'}]}}", false},
		{"an object where a list has to be", pod + "args: {a: b}}]}}", false},
		{"a list where a map has to be", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: [a]}", false},
		{"a label that is a number", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {a: 1}}}", false},
		{"bytes", "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {a: YQ==}, stringData: {b: c}}", true},
		{"an unknown field at the top", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spce: {}}", false},
		{"an unknown field of metadata", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, lables: {}}}", false},
		{"Carto's own", "{apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {name: a}, spec: {runTemplateRef: {name: a}, inputs: {a: {b: [1]}}}}", true},
		{"an unknown field of Carto's", "{apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {name: a}, spec: {runTemplateRef: {name: a}, input: {}}}", false},
		{"a missing field of Carto's", "{apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {name: a}, spec: {runTemplateRef: {}}}", false},
	} {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(tc.object), &object); err != nil {
			t.Fatal(err)
		}
		o := &unstructured.Unstructured{Object: object}
		kind := catalog.Kind(o.GroupVersionKind())
		faults := builtin.Validate(object, kind.Schema, nil)
		_, err := client.Resource(kind.GroupVersion().WithResource(kind.Plural)).Namespace("default").
			Apply(t.Context(), "a", o, metav1.ApplyOptions{FieldManager: "lint", DryRun: []string{metav1.DryRunAll}})
		if (len(faults) == 0) != tc.fits || (err == nil) != tc.fits {
			t.Errorf("%s: lint finds %v, the API server says %v", tc.reason, faults, err)
		}
	}
}
