package schema

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamp"
)

func kindOf(t *testing.T, c *Catalog, apiVersion, kind string) *Kind {
	t.Helper()
	k := c.Kind(schema.FromAPIVersionAndKind(apiVersion, kind))
	if k == nil {
		t.Fatalf("there is no %s of %s", kind, apiVersion)
	}
	return k
}

const widgets = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          metadata: {type: object}
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, enum: [1, 2]}
              port: {anyOf: [{type: integer}, {type: string}], x-kubernetes-int-or-string: true}
              extra: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: string}}}
              any: {x-kubernetes-preserve-unknown-fields: true}
              template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
              labels: {type: object, additionalProperties: {type: string}}
              parts:
                type: array
                items: {type: object, properties: {name: {type: string}, count: {type: integer, nullable: true}}}
          status:
            type: object
            properties:
              conditions:
                type: array
                items: {type: object, properties: {type: {type: string}, status: {type: string}}}
  - name: v1alpha1
    served: false
    schema: {openAPIV3Schema: {type: object}}
  - name: v1beta1
    served: true
    deprecated: true
    deprecationWarning: use v1
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`

func withWidgets(t *testing.T) *Catalog {
	t.Helper()
	var definition map[string]any
	if err := yaml.Unmarshal([]byte(widgets), &definition); err != nil {
		t.Fatal(err)
	}
	c := BuiltIn()
	if err := c.AddCRD(definition); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAt(t *testing.T) {
	t.Parallel()
	c := withWidgets(t)
	for _, tc := range []struct {
		reason, apiVersion, kind, path string
		want                           Possible
		typ                            Type
		known, why, meant              string
		several                        bool
	}{
		{"a field", "apps/v1", "Deployment", ".status.availableReplicas", Yes, Integer, "status.availableReplicas", "", "", false},
		{"an inline struct", "v1", "Pod", ".spec.volumes[0].configMap.name", Yes, String, "spec.volumes[0].configMap.name", "", "", false},
		{"a typing error", "apps/v1", "Deployment", ".status.availableReplica", No, "", "status", "has no field availableReplica", "availableReplicas unavailableReplicas", false},
		{"a name at the top", "apps/v1", "Deployment", ".stats", No, "", "", "has no field stats", "status", false},
		{"a map", "v1", "ConfigMap", ".data.anything", Yes, String, "data.anything", "", "", false},
		{"a key with dots", "v1", "ConfigMap", `.data['a\.b']`, Yes, String, "data.a.b", "", "", false},
		{"bytes are text", "v1", "Secret", ".data.key", Yes, String, "data.key", "", "", false},
		{"a number or text", "v1", "Service", ".spec.ports[0].targetPort", Yes, "", "spec.ports[0].targetPort", "", "", false},
		{"nothing below a number or text", "v1", "Service", ".spec.ports[0].targetPort.name", No, "", "spec.ports[0].targetPort", "is a number or text, which has no fields", "", false},
		{"a quantity", "v1", "Pod", ".spec.containers[0].resources.limits.cpu", Yes, "", "spec.containers[0].resources.limits.cpu", "", "", false},
		{"a time", "v1", "Pod", ".metadata.creationTimestamp", Yes, String, "metadata.creationTimestamp", "", "", false},
		{"the usual filter finds one", "batch/v1", "Job", `.status.conditions[?(@.type=="Complete")].status`, Yes, String, "status.conditions[?].status", "", "", false},
		{"a filter on what items do not have", "batch/v1", "Job", `.status.conditions[?(@.typ=="Complete")].status`, No, "", "status.conditions", "is a list in which the filter finds nothing: an item has no field typ", "type", false},
		{"a filter on no list", "batch/v1", "Job", `.status[?(@.type=="Complete")].status`, No, "", "status", "is an object, but a filter needs a list", "", false},
		{"an index in no list", "batch/v1", "Job", `.status[0]`, No, "", "status", "is an object, but an index needs a list", "", false},
		{"a name in a list", "batch/v1", "Job", `.status.conditions.status`, No, "", "status.conditions", "is a list: say which item, as in [0]", "", false},
		{"all items", "v1", "Pod", ".spec.containers[*].image", Yes, String, "spec.containers[*].image", "", "", true},
		{"a slice", "v1", "Pod", ".spec.containers[0:2].image", Yes, String, "spec.containers[0:2].image", "", "", true},
		{"a slice of one", "v1", "Pod", ".spec.containers[0:1].image", Yes, String, "spec.containers[0:1].image", "", "", false},
		{"the last", "v1", "Pod", ".spec.containers[-1].image", Yes, String, "spec.containers[-1].image", "", "", false},
		{"at any depth", "v1", "Pod", "..image", Perhaps, "", "", "", "", true},
		{"everything of an object", "v1", "Pod", ".status.*", Perhaps, "", "status", "", "", true},
		{"recursion", "apiextensions.k8s.io/v1", "CustomResourceDefinition", ".spec.versions[0].schema.openAPIV3Schema.properties.a.properties.b.type", Yes, String, "spec.versions[0].schema.openAPIV3Schema.properties.a.properties.b.type", "", "", false},
		{"the whole", "v1", "ConfigMap", "{.}", Yes, Object, "", "", "", false},

		{"of a CRD", "example.com/v1", "Widget", ".spec.size", Yes, Integer, "spec.size", "", "", false},
		{"metadata is always there", "example.com/v1", "Widget", ".metadata.labels.a", Yes, String, "metadata.labels.a", "", "", false},
		{"kept as it is", "example.com/v1", "Widget", ".spec.extra.a.b", Perhaps, "", "spec.extra", "", "", false},
		{"declared in what is kept", "example.com/v1", "Widget", ".spec.extra.known", Yes, String, "spec.extra.known", "", "", false},
		{"without a type", "example.com/v1", "Widget", ".spec.any.a", Perhaps, "", "spec.any", "", "", false},
		{"all that is in what is kept", "example.com/v1", "Widget", ".spec.any[*]", Perhaps, "", "spec.any", "", "", true},
		{"an embedded object", "example.com/v1", "Widget", ".spec.template.metadata.name", Yes, String, "spec.template.metadata.name", "", "", false},
		{"the rest of an embedded object", "example.com/v1", "Widget", ".spec.template.spec.a", Perhaps, "", "spec.template", "", "", false},
		{"a misspelled condition list", "example.com/v1", "Widget", ".status.condition[0]", No, "", "status", "has no field condition", "conditions", false},
		{"a version that is open", "example.com/v1beta1", "Widget", ".spec.size", Perhaps, "", "", "", "", false},

		{"Carto's own", "carto.run/v1alpha1", "Runnable", ".status.outputs.image", Yes, "", "status.outputs.image", "", "", false},
	} {
		path, err := stamp.ParsePath(tc.path)
		if err != nil {
			t.Fatal(err)
		}
		a := kindOf(t, c, tc.apiVersion, tc.kind).Schema.At(path)
		typ := Any
		if a.Schema != nil {
			typ = a.Schema.Type
		}
		if a.Possible != tc.want || typ != tc.typ || a.Known != tc.known || a.Why != tc.why || strings.Join(a.Meant, " ") != tc.meant || a.Several != tc.several {
			t.Errorf("%s: %s of %s: %+v", tc.reason, tc.path, tc.kind, a)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	c := withWidgets(t)
	deployment, role, widget := kindOf(t, c, "apps/v1", "Deployment"), kindOf(t, c, "rbac.authorization.k8s.io/v1", "ClusterRole"), kindOf(t, c, "example.com/v1beta1", "Widget")
	if !deployment.Namespaced || deployment.Plural != "deployments" || role.Namespaced || role.Plural != "clusterroles" || !widget.Namespaced || widget.Plural != "widgets" {
		t.Error(deployment, role, widget)
	}
	if !widget.Lifecycle.IsDeprecated || widget.Lifecycle.Warning != "use v1" {
		t.Error(widget.Lifecycle)
	}
	if l := kindOf(t, c, "policy/v1beta1", "PodDisruptionBudget").Lifecycle; !l.Removed.Reached(Newest) || l.Removed != (Release{1, 25}) || l.Replacement.Version != "v1" {
		t.Error(l)
	}
	if l := kindOf(t, c, "autoscaling/v2beta2", "HorizontalPodAutoscaler").Lifecycle; l.Removed != (Release{1, 26}) {
		t.Error(l)
	}
	for _, none := range []schema.GroupVersionKind{
		{Group: "example.com", Version: "v1alpha1", Kind: "Widget"}, // not served
		{Version: "v1", Kind: "Deployment"}, {Version: "v1", Kind: "List"}, {Version: "v1", Kind: "Status"}, {Group: "apps", Version: "v1", Kind: "Scale"},
	} {
		if c.Kind(none) != nil {
			t.Errorf("%s is found", none)
		}
	}
	if got := c.InGroup("example.com"); len(got) != 2 {
		t.Error(got)
	}
	if !slices.Contains(c.InGroup("carto.run"), schema.GroupVersionKind{Group: "carto.run", Version: "v1alpha1", Kind: "Workload"}) || !IsNative("") || IsNative("example.com") {
		t.Error(c.InGroup("carto.run"))
	}
}

// TestAllKinds: whatever is in the programs can be described, and what is not is said to be
// open.
func TestAllKinds(t *testing.T) {
	t.Parallel()
	c := BuiltIn()
	for _, group := range append([]string{"carto.run"}, nativeGroupNames()...) {
		for _, gvk := range c.InGroup(group) {
			k := c.Kind(gvk)
			if _, bare := withoutType[gvk]; bare {
				continue
			}
			if k == nil || k.Schema.Type != Object || k.Schema.Properties["metadata"] == nil || k.Schema.Properties["kind"] == nil {
				t.Errorf("%s: %+v", gvk, k)
			}
		}
	}
	for kind := range withoutType {
		if nativeTypes()[kind] != nil {
			t.Errorf("%s has a type by now: take it off the table", kind)
		}
	}
}

// TestNewest: the types themselves tell of which release they are.
func TestNewest(t *testing.T) {
	t.Parallel()
	newest := Release{}
	for gvk := range nativeTypes() {
		if at := native(gvk).Lifecycle.Introduced; newest.Reached(at) || newest.IsZero() {
			newest = at
		}
	}
	if newest != Newest {
		t.Errorf("the newest kind is of release %s, but Newest is %s", newest, Newest)
	}
}

func nativeGroupNames() []string {
	var names []string
	for name := range nativeGroups() {
		names = append(names, name)
	}
	return names
}

func TestBadCRDs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{apiVersion: apiextensions.k8s.io/v1beta1}":                                                            `read a CustomResourceDefinition: its apiVersion is "apiextensions.k8s.io/v1beta1", not apiextensions.k8s.io/v1`,
		"{apiVersion: apiextensions.k8s.io/v1}":                                                                 "read a CustomResourceDefinition: it needs spec.group, spec.scope, spec.names.kind and spec.names.plural",
		"{apiVersion: apiextensions.k8s.io/v1, spec: {group: a, scope: Cluster, names: {kind: A, plural: as}}}": "read a CustomResourceDefinition: no version of it is served",
	} {
		var definition map[string]any
		if err := yaml.Unmarshal([]byte(text), &definition); err != nil {
			t.Fatal(err)
		}
		if err := BuiltIn().AddCRD(definition); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func BenchmarkCarto(b *testing.B) {
	for b.Loop() {
		for _, kind := range v1alpha1.Kinds {
			readCarto(kind)
		}
	}
}
