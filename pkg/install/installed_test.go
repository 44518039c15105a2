package install

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	"sigs.k8s.io/yaml"
)

const binding = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: carto-agent, labels: {carto.run/installed-in: carto-system}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: carto-agent}
subjects: [{kind: ServiceAccount, name: carto-agent, namespace: carto-system}]
`

// looksLikeAgent has all that an installation writes on its Deployment.
const looksLikeAgent = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: carto-agent, namespace: carto-system, labels: {app.kubernetes.io/name: carto-agent, carto.run/installed-in: carto-system}}
`

// cluster is one with the objects of a text.
func cluster(t *testing.T, text string) *fake.FakeDynamicClient {
	t.Helper()
	var objects []runtime.Object
	for _, doc := range strings.Split(text, "\napiVersion:")[1:] {
		raw, err := yaml.YAMLToJSON([]byte("apiVersion:" + doc))
		if err != nil {
			t.Fatal(err)
		}
		o := &unstructured.Unstructured{}
		if err := o.UnmarshalJSON(raw); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, o)
	}
	lists := map[schema.GroupVersionResource]string{}
	for kind, resource := range resources {
		lists[resource] = kind.Kind + "List"
	}
	return fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), lists, objects...)
}

// TestRead: an agent is what an installation has given rights to; what a tenant calls so keeps nobody from anything.
func TestRead(t *testing.T) {
	t.Parallel()
	in := func(namespace, text string) string { return strings.ReplaceAll(text, "carto-system", namespace) }
	for _, tc := range []struct {
		reason, cluster string
		elsewhere       []string // than carto-system
		here            bool
		warns           string
	}{
		{"nothing", "", nil, false, ""},
		{"an installation", binding + looksLikeAgent, nil, true, ""},
		{"one in another namespace", in("other", binding+looksLikeAgent), []string{"other"}, false, ""},
		{"a tenant copies all labels of a Deployment", binding + looksLikeAgent + in("tenant", looksLikeAgent), nil, true, "in the namespace tenant: no ClusterRoleBinding"},
		{"before anything is installed", in("tenant", looksLikeAgent), nil, false, "in the namespace tenant: "},
		{"a tenant waits where it is going to be installed: nothing of it is to be remembered", looksLikeAgent, nil, false, "in the namespace carto-system: "},
		{"a tenant with the agent's name alone", binding + looksLikeAgent + strings.Replace(in("tenant", looksLikeAgent), ", carto.run/installed-in: tenant", "", 1), nil, true, "in the namespace tenant: "},
		{"many tenants", in("a", looksLikeAgent) + in("b", looksLikeAgent) + in("c", looksLikeAgent) + in("d", looksLikeAgent) + in("e", looksLikeAgent), nil, false, "in the namespace a, b, c and 2 more: "},
		{"several in one namespace are told once", in("a", looksLikeAgent) + strings.Replace(in("a", looksLikeAgent), "name: carto-agent,", "name: another,", 1), nil, false, "in the namespace a: "},
		{"a binding of somebody else", in("tenant", looksLikeAgent) + strings.Replace(in("tenant", binding), ", labels: {carto.run/installed-in: tenant}", "", 1), nil, false, "in the namespace tenant: "},
		{
			"installed before there was a label", strings.Replace(binding, "labels: {carto.run/installed-in: carto-system}", "managedFields: [{manager: carto-install, operation: Apply}]", 1) +
				strings.Replace(looksLikeAgent, ", carto.run/installed-in: carto-system", "", 1), nil, true, "",
		},
		{"rights without an agent", in("other", binding), nil, false, ""},
	} {
		found, err := Read(t.Context(), cluster(t, tc.cluster))
		if err != nil {
			t.Errorf("%s: %v", tc.reason, err)
			continue
		}
		if diff := cmp.Diff(tc.elsewhere, found.Elsewhere(DefaultNamespace)); diff != "" {
			t.Errorf("%s: agents elsewhere:\n%s", tc.reason, diff)
		}
		if here := found.Agent(DefaultNamespace) != nil; here != tc.here {
			t.Errorf("%s: an agent is in %s: %v", tc.reason, DefaultNamespace, here)
		}
		if warning := found.Warning(); (tc.warns == "") != (warning == "") || !strings.Contains(warning, tc.warns) {
			t.Errorf("%s: it warns %q, want %q", tc.reason, warning, tc.warns)
		}
	}
}
