package install

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// all options switched on.
var all = Options{MetricsSecure: true, NetworkPolicy: true}

func testConfig() Config {
	return Config{Namespace: "elsewhere", Image: "registry.example/agent:1"}
}

func TestObjects(t *testing.T) {
	t.Parallel()
	objects, err := Objects(testConfig())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range objects {
		if _, known := resources[o.GroupVersionKind().GroupKind()]; !known {
			t.Errorf("%s: Apply knows no resource for it", Name(o))
		}
		if ns := o.GetNamespace(); ns != "" && ns != "elsewhere" {
			t.Errorf("%s is in namespace %s", Name(o), ns)
		}
		names = append(names, Name(o))
	}
	if i := slices.Index(names, "namespace/elsewhere"); i < 11 {
		t.Errorf("the namespace is at %d: definitions come first, %v", i, names)
	}
	for _, want := range []string{"deployment.apps/carto-agent", "serviceaccount/carto-agent", "clusterrole.rbac.authorization.k8s.io/carto-agent-stamped"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

// TestDefinitionsOnly: nothing but the eleven kinds.
func TestDefinitionsOnly(t *testing.T) {
	t.Parallel()
	objects, err := Objects(Config{CRDsOnly: true})
	if err != nil || len(objects) != 11 {
		t.Fatal(len(objects), err)
	}
	for _, o := range objects {
		if o.GetKind() != "CustomResourceDefinition" {
			t.Error(Name(o))
		}
	}
}

func TestAgentIsRestricted(t *testing.T) {
	t.Parallel()
	objects, err := Objects(testConfig())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if o.GetKind() != "Deployment" {
			continue
		}
		pod, _, _ := unstructured.NestedMap(o.Object, "spec", "template", "spec")
		if v, _, _ := unstructured.NestedBool(pod, "securityContext", "runAsNonRoot"); !v {
			t.Error("the pod may run as root")
		}
		if v, _, _ := unstructured.NestedString(pod, "securityContext", "seccompProfile", "type"); v != "RuntimeDefault" {
			t.Error("no seccomp profile")
		}
		containers, _, _ := unstructured.NestedSlice(pod, "containers")
		c, _ := containers[0].(map[string]any)
		if c["image"] != "registry.example/agent:1" {
			t.Errorf("image %v", c["image"])
		}
		if v, _, _ := unstructured.NestedBool(c, "securityContext", "readOnlyRootFilesystem"); !v {
			t.Error("the root file system is writable")
		}
		if v, found, _ := unstructured.NestedBool(c, "securityContext", "allowPrivilegeEscalation"); v || !found {
			t.Error("privileges can be escalated")
		}
	}
}

// TestAgentReadsNoSecrets and never writes what owners stamp: that is what
// impersonation is for.
func TestAgentReadsNoSecrets(t *testing.T) {
	t.Parallel()
	config := testConfig()
	config.Options = all
	objects, err := Objects(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if o.GetKind() != "ClusterRole" {
			continue
		}
		rules, _, _ := unstructured.NestedSlice(o.Object, "rules")
		for _, r := range rules {
			rule, _ := r.(map[string]any)
			res, _, _ := unstructured.NestedStringSlice(rule, "resources")
			verbs, _, _ := unstructured.NestedStringSlice(rule, "verbs")
			if slices.Contains(res, "secrets") || slices.Contains(verbs, "*") || slices.Contains(verbs, "delete") {
				t.Errorf("%s: rule %v", o.GetName(), rule)
			}
			// CRDs are the one group where everything may be read.
			if slices.Contains(res, "*") && slices.Contains(verbs, "patch") {
				t.Errorf("%s: rule %v", o.GetName(), rule)
			}
		}
	}
}

func TestConfigFaultsComeTogether(t *testing.T) {
	t.Parallel()
	if n := len((Config{Namespace: "No", Image: "a\nb"}).Validate()); n != 2 {
		t.Errorf("%d faults, want 2", n)
	}
}

// TestShards: the flag of the agent goes with the number of replicas, and drift is found in
// either mode.
func TestShards(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		config   Config
		replicas float64
		flag     string
	}{
		{Config{}, DefaultReplicas, "--leader-elect"},
		{Config{Replicas: 1}, 1, "--leader-elect"},
		{Config{Shards: 3}, 3, ModeShards},
		{Config{Shards: 3, Replicas: 2}, 3, ModeShards},
	} {
		tc.config.Namespace, tc.config.Image = "elsewhere", "registry.example/agent:1"
		objects, err := Objects(tc.config)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == "Deployment" })
		replicas, _, _ := unstructured.NestedFieldNoCopy(objects[i].Object, "spec", "replicas")
		containers, _, _ := unstructured.NestedSlice(objects[i].Object, "spec", "template", "spec", "containers")
		args, _, _ := unstructured.NestedStringSlice(containers[0].(map[string]any), "args")
		if replicas != tc.replicas || args[0] != tc.flag || Sharded(objects[i]) != (tc.flag == ModeShards) {
			t.Errorf("%+v: %d replicas with %v", tc.config, replicas, args)
		}
	}
	for _, shards := range []int{-1, 1} {
		if faults := (Config{Namespace: "elsewhere", Image: "x", Shards: shards}).Validate(); len(faults) != 1 {
			t.Errorf("%d shards: %v", shards, faults)
		}
	}
}

// TestOptions: each option adds objects that pruning finds, and the base has those that are off as components.
func TestOptions(t *testing.T) {
	t.Parallel()
	names := func(c Config) []string {
		objects, err := Objects(c)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, object := range objects {
			if _, known := resources[object.GroupVersionKind().GroupKind()]; !known {
				t.Errorf("%s: Apply knows no resource for it", Name(object))
			}
			names = append(names, Name(object))
			if object.GetKind() != "Deployment" {
				continue
			}
			if secure := slices.Contains(agentArgs(object), "--metrics-secure"); secure != c.MetricsSecure {
				t.Errorf("%+v: the agent's arguments are %v", c, agentArgs(object))
			}
		}
		return names
	}
	plain := names(testConfig())
	for _, tc := range []struct {
		option   string
		switchOn func(*Config)
		adds     []string
		patch    string // of the component
	}{
		{
			"metrics-secure", func(c *Config) { c.MetricsSecure = true },
			[]string{"clusterrole.rbac.authorization.k8s.io/carto-agent-metrics", "clusterrolebinding.rbac.authorization.k8s.io/carto-agent-metrics", "clusterrole.rbac.authorization.k8s.io/carto-metrics-reader"},
			"op: add\n        path: /spec/template/spec/containers/0/args/-\n        value: --metrics-secure",
		},
		{"network-policy", func(c *Config) { c.NetworkPolicy = true }, []string{"networkpolicy.networking.k8s.io/carto-agent"}, ""},
		{
			"shards", func(c *Config) { c.Shards = 2 },
			[]string{"role.rbac.authorization.k8s.io/carto-agent-shards", "rolebinding.rbac.authorization.k8s.io/carto-agent-shards"},
			"op: replace\n        path: /spec/template/spec/containers/0/args/0\n        value: --shards",
		},
	} {
		config := testConfig()
		tc.switchOn(&config)
		if more := slices.DeleteFunc(names(config), func(name string) bool { return slices.Contains(plain, name) }); !slices.Equal(more, tc.adds) {
			t.Errorf("%s adds %v, not %v", tc.option, more, tc.adds)
		}
		component := func(c Config) (text string, files int) {
			all, err := Base(c)
			if err != nil {
				t.Fatal(err)
			}
			if at := slices.IndexFunc(all, func(f File) bool { return f.Name == "components/"+tc.option+"/kustomization.yaml" }); at >= 0 {
				text = string(all[at].Text)
			}
			return text, len(all)
		}
		if text, files := component(config); text != "" || files != 3+2*(len(optional)-1) {
			t.Errorf("%s is on, and the base of %d files has it as a component: %s", tc.option, files, text)
		}
		if text, files := component(testConfig()); !strings.Contains(text, "- "+tc.option+".yaml\n") || !strings.Contains(text, tc.patch) || files != 3+2*len(optional) {
			t.Errorf("%s is off, and the base of %d files has this component:\n%s", tc.option, files, text)
		}
	}
}
