package doctor

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/install"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var now = time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)

// patient is a cluster to examine, and who asks.
type patient struct {
	objects string
	// installed adds all that install makes, with an agent that is ready.
	installed bool
	// withoutKinds leaves out our definitions.
	withoutKinds bool
	// refused are "verb resource" of the API server; denied those that reviews deny.
	refused, denied []string
	version         string
	err             error
}

// installedObjects are what install makes, but the definitions.
func installedObjects(t *testing.T) []runtime.Object {
	t.Helper()
	all, err := install.Objects(install.Config{Namespace: install.DefaultNamespace, Image: "registry.example/carto-agent:v0.0.0-dev"})
	if err != nil {
		t.Fatal(err)
	}
	var objects []runtime.Object
	for _, o := range all {
		switch o.GetKind() {
		case "CustomResourceDefinition":
			continue
		case "Deployment":
			o.Object["status"] = map[string]any{"readyReplicas": int64(2)}
		}
		text, err := o.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		// As a cluster has it: with whole numbers.
		if err := o.UnmarshalJSON(text); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, o)
	}
	return objects
}

func (p patient) options(t *testing.T) (*Options, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	var objects []runtime.Object
	if !p.withoutKinds {
		kinds, err := install.Objects(install.Config{CRDsOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range kinds {
			objects = append(objects, k)
		}
	}
	for _, doc := range strings.Split(p.objects, "---\n") {
		if strings.TrimSpace(doc) == "" {
			continue
		}
		raw, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		obj := &unstructured.Unstructured{}
		if err := obj.UnmarshalJSON(raw); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, obj)
	}
	if p.installed {
		objects = append(objects, installedObjects(t)...)
	}
	carto := func(resource string) schema.GroupVersionResource {
		return schema.GroupVersionResource{Group: "carto.run", Version: "v1alpha1", Resource: resource}
	}
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{
		deployments: "DeploymentList", pods: "PodList", leases: "LeaseList", endpointSlices: "EndpointSliceList", services: "ServiceList",
		install.AdmissionResources[0]: "ValidatingWebhookConfigurationList", install.AdmissionResources[1]: "MutatingWebhookConfigurationList", crdResource: "CustomResourceDefinitionList",
		carto("clustersupplychains"): "ClusterSupplyChainList", carto("clusterdeliveries"): "ClusterDeliveryList",
		{Version: "v1", Resource: "serviceaccounts"}: "ServiceAccountList", {Version: "v1", Resource: "configmaps"}: "ConfigMapList",
		{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"}:                   "PodDisruptionBudgetList",
		{Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"}:             "NetworkPolicyList",
		{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"}:               "RoleList",
		{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"}:        "RoleBindingList",
		{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"}:        "ClusterRoleList",
		{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"}: "ClusterRoleBindingList",
		carto("workloads"): "WorkloadList", carto("deliverables"): "DeliverableList",
	}, objects...)
	client.PrependReactor("create", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		review := action.(clienttesting.CreateAction).GetObject().(*unstructured.Unstructured)
		attributes, _, _ := unstructured.NestedStringMap(review.Object, "spec", "resourceAttributes")
		denied := false
		for _, d := range p.denied {
			denied = denied || d == attributes["verb"]+" "+attributes["resource"]
		}
		_ = unstructured.SetNestedField(review.Object, !denied, "status", "allowed")
		return true, review, nil
	})
	client.PrependReactor("*", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		for _, r := range p.refused {
			if r == action.GetVerb()+" "+action.GetResource().Resource {
				return true, nil, apierrors.NewForbidden(action.GetResource().GroupResource(), "", errors.New("no"))
			}
		}
		return false, nil, nil
	})
	dir := t.TempDir()
	for _, file := range []string{"kubectl-carto", "kubectl_complete-carto"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := "#!/bin/sh\necho '{\"clientVersion\":{\"gitVersion\":\"v1.37.0\"}}'\n"
	if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	s, _, out, errOut := streams.Test()
	s.Getenv = func(name string) string { return map[string]string{"PATH": dir}[name] }
	version := p.version
	if version == "" {
		version = "v1.36.3"
	}
	return &Options{
		Session: cmdutil.Session{
			Streams: s, Program: "kubectl carto", Clock: func() time.Time { return now },
			Client:    func() (dynamic.Interface, error) { return client, nil },
			Namespace: func() (string, bool, error) { return "shop", false, nil },
		},
		Output:     cmdutil.NewOutputFlags("", "wide"),
		Executable: filepath.Join(dir, "kubectl-carto"), Timeout: time.Minute, quiet: time.Hour,
		Words:         error.Error,
		Server:        func() string { return "https://c.example" },
		ServerVersion: func(context.Context) (string, error) { return version, p.err },
		root:          commands(),
	}, out, errOut
}

func commands() *cobra.Command {
	root, workload := &cobra.Command{Use: "carto"}, &cobra.Command{Use: "workload", Aliases: []string{"wld"}}
	workload.AddCommand(&cobra.Command{Use: "list"})
	root.AddCommand(workload, &cobra.Command{Use: "tree"})
	return root
}

const deployed = `apiVersion: apps/v1
kind: Deployment
metadata: {name: carto-agent, namespace: carto-system, labels: {app.kubernetes.io/name: carto-agent}}
spec:
  replicas: 2
  template: {spec: {serviceAccountName: carto-agent, containers: [{name: agent, image: "r.example:5000/carto-agent:v0.0.0-dev", args: [--leader-elect]}]}}
status: {readyReplicas: 2}
---
`

var sharded = strings.Replace(deployed, "--leader-elect", install.ModeShards, 1)

// member is the Lease of a replica that works beside others, with the time of its renewal.
func member(name, renewed string) string {
	return `apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: carto-agent-` + name + `, namespace: carto-system, labels: {carto.run/agent-shard: carto-agent}}
spec: {holderIdentity: pod-` + name + `, leaseDurationSeconds: 15, renewTime: "2026-01-01T` + renewed + `.000000Z"}
---
`
}

const held = `apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: carto-agent, namespace: carto-system}
spec: {holderIdentity: carto-agent-1, leaseDurationSeconds: 15, renewTime: "2026-01-01T00:59:58.000000Z"}
---
`

const chain = `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web, generation: 2, creationTimestamp: "2026-01-01T00:00:00Z"}
status: {observedGeneration: 2}
---
`

const original = `apiVersion: apps/v1
kind: Deployment
metadata: {name: cartographer-controller, namespace: cartographer-system}
spec: {replicas: 1}
---
`

const hooks = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: clustersupplychainvalidator}
webhooks:
  - {name: a, failurePolicy: Fail, clientConfig: {service: {namespace: cartographer-system, name: cartographer-webhook}}, rules: [{apiGroups: [carto.run], resources: [workloads]}]}
  - {name: b, failurePolicy: Fail, clientConfig: {service: {namespace: cartographer-system, name: cartographer-webhook}}, rules: [{apiGroups: [carto.run], resources: [deliverables]}]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: others}
webhooks: [{name: c, clientConfig: {url: "https://x"}, rules: [{apiGroups: [apps], resources: [deployments]}]}]
---
`

const alive = `apiVersion: v1
kind: Service
metadata: {name: cartographer-webhook, namespace: cartographer-system}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: x, namespace: cartographer-system, labels: {kubernetes.io/service-name: cartographer-webhook}}
addressType: IPv4
endpoints: [{addresses: [10.0.0.1]}]
---
`

// TestChecks shows each check a cluster with something to find.
func TestChecks(t *testing.T) {
	t.Parallel()
	healthy := deployed + held + chain
	const old = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: carto-agent-of-old, namespace: carto-system, labels: {carto.run/installed-in: carto-system}}
`
	for _, tc := range []struct {
		reason, check string
		patient       patient
		want          Status
		found, remedy string
	}{
		{"all is well", "agent", patient{objects: healthy}, OK, "carto-system/carto-agent: 2 of 2 pods ready; version v0.0.0-dev; lease renewed 2s ago", ""},
		{"all replicas work", "agent", patient{objects: sharded + held + member("a", "00:59:57") + member("b", "00:59:58")}, OK, "version v0.0.0-dev; 2 replicas divide the owners among themselves; lease renewed 2s ago", ""},
		{"one of the replicas does not work", "agent", patient{objects: sharded + held + member("a", "00:59:57") + member("b", "00:40:00")}, Warning, "1 of 2 replicas take part in the work", "kubectl logs -n carto-system deployment/carto-agent --all-pods"},
		{"nothing was installed", "definitions", patient{withoutKinds: true}, Failure, "the cluster does not know carto.run/v1alpha1", "kubectl carto install"},
		{"as installed", "definitions", patient{}, OK, "11 kinds of carto.run/v1alpha1, as this plugin has them", ""},
		{
			"only one, and of another version", "definitions",
			patient{withoutKinds: true, objects: "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: workloads.carto.run}\nspec: {group: carto.run, versions: [{name: v1alpha1, served: true}]}\n"},
			Failure, "missing: clusterconfigtemplates.carto.run, ", "kubectl carto install --crds-only",
		},
		{
			"another version is served", "definitions",
			patient{withoutKinds: true, objects: "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: workloads.carto.run}\nspec: {group: carto.run, versions: [{name: v1, served: true}]}\n"},
			Failure, "v1alpha1 is not served for workloads.carto.run", "kubectl carto install --crds-only",
		},
		{"definitions may not be read", "definitions", patient{refused: []string{"get customresourcedefinitions"}}, Unknown, "carto.run/v1alpha1 is served; cannot be found out without permission to get customresourcedefinitions.apiextensions.k8s.io", "kubectl auth can-i get customresourcedefinitions.apiextensions.k8s.io"},
		{"an old cluster", "API server", patient{version: "v1.29.4-eks-1"}, Failure, "v1.29.4-eks-1 at https://c.example is too old: Carto needs 1.30", "upgrade the cluster"},
		{"a cluster of the future", "API server", patient{version: "v1.99.0"}, Warning, "is newer than this plugin was tested with: 1.30 to 1.37", "look for"},
		{"a strange cluster", "API server", patient{version: "banana"}, Unknown, "which is no version", ""},

		{"no agent", "agent", patient{}, Failure, "none in the cluster, and none holds a lease", "kubectl carto install"},
		{"no agent, and work for it", "agent", patient{objects: strings.Replace(chain, "observedGeneration: 2", "observedGeneration: 1", 1)}, Failure, "nobody has looked at supplychain web as it is now", "kubectl carto install"},
		{"no agent, and no work left", "agent", patient{objects: chain}, Warning, "statuses are current, so one may run outside of the cluster", "only if none runs outside: kubectl carto install"},
		{"the agent runs elsewhere", "agent", patient{objects: held}, OK, "it runs outside, carto-agent-1 holds the lease carto-system/carto-agent, renewed 2s ago", ""},
		{"a lease of the past", "agent", patient{objects: deployed + strings.Replace(held, "00:59:58", "00:40:00", 1)}, Failure, "the lease carto-system/carto-agent is not held (last by carto-agent-1, 20m ago): no replica works", "kubectl logs -n carto-system deployment/carto-agent"},
		{"scaled down, and one runs elsewhere", "agent", patient{objects: strings.Replace(deployed, "replicas: 2", "replicas: 0", 1) + held}, OK, "carto-system/carto-agent is scaled to 0: it runs outside, carto-agent-1 holds the lease", ""},
		{"scaled down", "agent", patient{objects: strings.Replace(deployed, "replicas: 2", "replicas: 0", 1)}, Failure, "carto-system/carto-agent is scaled to 0, and none holds a lease", "kubectl scale deployment carto-agent -n carto-system --replicas=1"},
		{"another version", "agent", patient{objects: strings.Replace(healthy, "v0.0.0-dev", "v0.1.0", 1)}, Warning, "it is v0.1.0, and the plugin is v0.0.0-dev", "kubectl carto install"},
		{"two of them", "agent", patient{objects: healthy + strings.Replace(deployed, "carto-system", "other", 1)}, Failure, "2 agents work on the same objects: in the namespaces carto-system, other", "kubectl delete deployment"},
		{"one that somebody only calls so", "agent", patient{objects: held + strings.ReplaceAll(deployed, "carto-system", "a-tenant"), installed: true}, OK, "carto-system/carto-agent: 2 of 2 pods ready", ""},
		{"and is not compared", "installation", patient{objects: held + strings.ReplaceAll(deployed, "carto-system", "a-tenant"), installed: true}, OK, "all in the namespace carto-system is as this plugin installs it", ""},
		{
			"an image that cannot be pulled", "agent",
			patient{objects: strings.Replace(deployed, "readyReplicas: 2", "readyReplicas: 0", 1) + "apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: carto-system, labels: {app.kubernetes.io/name: carto-agent}}\nstatus: {containerStatuses: [{name: agent, state: {waiting: {reason: ImagePullBackOff}}}]}\n"},
			Failure, "none of 2 pods is ready (ImagePullBackOff: container agent)", "kubectl describe pods -n carto-system -l app.kubernetes.io/name=carto-agent",
		},
		{"deployments may not be read", "agent", patient{refused: []string{"list deployments"}}, Unknown, "cannot be found out without permission to list deployments.apps in namespace carto-system", "kubectl auth can-i list deployments.apps -n carto-system"},

		{"everything is allowed", "your permissions", patient{}, OK, "all that the plugin needs in namespace shop", ""},
		{"logs are not", "your permissions", patient{denied: []string{"list pods", "watch pods", "create workloads"}}, Warning, "missing in namespace shop: create on workloads.carto.run; list,watch on pods", "kubectl auth can-i --list -n shop"},
		{"workloads are not", "your permissions", patient{denied: []string{"get workloads"}}, Failure, "get on workloads.carto.run", "ask for them"},
		{"all as installed", "installation", patient{objects: held, installed: true}, OK, "all in the namespace carto-system is as this plugin installs it", ""},
		{"only an agent", "installation", patient{objects: healthy}, Warning, "missing: namespace/carto-system, ", "kubectl carto install --image r.example:5000/carto-agent:v0.0.0-dev"},
		{"something of before", "installation", patient{objects: old, installed: true}, Warning, "of another version, and not of this plugin: role.rbac.authorization.k8s.io/carto-agent-of-old", "kubectl carto install"},
		{"what is installed may not be read", "installation", patient{objects: held, installed: true, refused: []string{"list clusterroles"}}, Unknown, "cannot be compared without permission", ""},
		{"no agent to compare", "installation", patient{}, OK, "no agent in the cluster, so none to compare", ""},
		{"the agent may not impersonate", "agent's permissions", patient{objects: healthy, denied: []string{"impersonate serviceaccounts"}}, Failure, "system:serviceaccount:carto-system:carto-agent may not impersonate on serviceaccounts", "kubectl carto install"},
		{"reviews may not be made", "agent's permissions", patient{objects: healthy, refused: []string{"create subjectaccessreviews"}}, Unknown, "cannot be found out without permission to create subjectaccessreviews.authorization.k8s.io", ""},

		{"the original", "other controller", patient{objects: original}, Failure, "the original Cartographer (cartographer-system/cartographer-controller) works on the same objects", "kubectl scale deployment cartographer-controller -n cartographer-system --replicas=0"},
		{"the original, stopped", "other controller", patient{objects: strings.Replace(original, "replicas: 1", "replicas: 0", 1)}, OK, "scaled to 0", ""},
		{"the original, elsewhere", "other controller", patient{objects: strings.ReplaceAll(held, "carto-system", install.OriginalNamespace)}, Warning, "carto-agent-1 holds the lease cartographer-system/carto-agent", "stop carto-agent-1"},
		{"no other", "other controller", patient{}, OK, "none", ""},
		{"may not be read", "other controller", patient{refused: []string{"get deployments"}}, Unknown, "permission to get deployments.apps in namespace cartographer-system", ""},

		{"a dead webhook", "webhooks", patient{objects: hooks}, Failure, "validatingwebhookconfiguration clustersupplychainvalidator is to be answered by the service cartographer-system/cartographer-webhook, which is dead: nothing of carto.run can be written", "kubectl delete validatingwebhookconfiguration clustersupplychainvalidator"},
		{"a dead one that may fail", "webhooks", patient{objects: strings.ReplaceAll(hooks, "failurePolicy: Fail", "failurePolicy: Ignore")}, Warning, "which is dead: each write waits for it", ""},
		{"one that lives", "webhooks", patient{objects: hooks + alive}, Warning, "it may refuse what Carto allows", ""},
		{
			"a conversion", "webhooks",
			patient{withoutKinds: true, objects: "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: workloads.carto.run}\nspec: {conversion: {strategy: Webhook, webhook: {clientConfig: {service: {namespace: a, name: b}}}}}\n"},
			Failure, "conversion of workloads.carto.run is to be answered by the service a/b, which is dead", "kubectl carto install --crds-only",
		},
		{"none", "webhooks", patient{objects: strings.ReplaceAll(hooks, "carto.run", "apps")}, OK, "none on carto.run", ""},
	} {
		t.Run(tc.check+"/"+tc.reason, func(t *testing.T) {
			t.Parallel()
			o, _, _ := tc.patient.options(t)
			client, err := o.Client()
			if err != nil {
				t.Fatal(err)
			}
			e := &examination{Options: o, namespace: "shop", client: client, running: map[string]bool{}}
			v := &verdict{}
			checks[slices.IndexFunc(checks, func(c check) bool { return c.name == tc.check })].run(t.Context(), e, v)
			r := v.result(tc.check)
			if r.Status != tc.want || !strings.Contains(r.Found, tc.found) || !strings.Contains(strings.Join(r.Remedies, "; "), tc.remedy) {
				t.Errorf("got  %+v\nwant %s, %s, %s", r, tc.want, tc.found, tc.remedy)
			}
			if (r.Status == Failure || r.Status == Warning) && len(r.Remedies) == 0 {
				t.Errorf("no remedy: %+v", r)
			}
		})
	}
}

// TestReport is what a person, a line reader and a program see of a cluster with faults,
// and of none.
func TestReport(t *testing.T) {
	t.Parallel()
	sick := patient{objects: strings.Replace(deployed, "readyReplicas: 2", "readyReplicas: 1", 1) + original + hooks, denied: []string{"list pods"}}
	gone := patient{err: errors.New("nothing answers at https://c.example; is the cluster running? See kubectl config get-contexts, and choose with --context")}
	well := patient{objects: held, installed: true}
	for _, tc := range []struct {
		golden, output string
		tty            bool
		patient        patient
		exit           string // what the exit code is made of
	}{
		{"sick.tty", "", true, sick, "finding"},
		{"sick", "", false, sick, "finding"},
		{"sick.wide", "wide", true, sick, "finding"},
		{"sick.json", "json", true, sick, "finding"},
		{"gone.tty", "", true, gone, "other"},
		{"gone.yaml", "yaml", false, gone, "other"},
		{"well", "", false, well, "none"},
	} {
		t.Run(tc.golden, func(t *testing.T) {
			t.Parallel()
			o, out, errOut := tc.patient.options(t)
			path := o.Streams.Getenv("PATH")
			if tc.tty {
				getenv := o.Streams.Getenv
				o.Streams.SetTTY(80, 24)
				o.Streams.Getenv, o.Streams.Color = getenv, streams.ColorNever
			}
			o.Output.Set(tc.output)
			err := o.Run(t.Context())
			exit := "none"
			if errors.Is(err, cmdutil.ErrSilent) {
				exit = "finding"
			} else if err != nil {
				exit = "other"
			}
			if exit != tc.exit {
				t.Errorf("ended with %v, want %s", err, tc.exit)
			}
			if errOut.Len() > 0 {
				t.Errorf("standard error: %q", errOut)
			}
			// Again for the golden, without what depends on the machine, which the widths do.
			out.Reset()
			report, _ := o.report(t.Context())
			neutral := strings.NewReplacer(path, "/bin", goruntime.GOOS+"/"+goruntime.GOARCH, "linux/amd64")
			for i := range report.Checks {
				report.Checks[i].Found = neutral.Replace(report.Checks[i].Found)
			}
			if err := o.print(report); err != nil {
				t.Fatal(err)
			}
			golden(t, tc.golden+".golden", out.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s differs (%v); run with -update and look at the difference\n%s", path, err, got)
	}
}

// TestProgress: who waits is told for what, and the line goes away.
func TestProgress(t *testing.T) {
	t.Parallel()
	o, _, _ := patient{}.options(t)
	o.Streams.SetTTY(80, 24)
	o.quiet = time.Millisecond
	talk := &talk{first: make(chan struct{})}
	o.Streams.ErrOut = talk
	o.ServerVersion = func(context.Context) (string, error) {
		<-talk.first // the server answers once the person is told
		return "v1.36.0", nil
	}
	o.report(t.Context())
	if said := talk.text.String(); !strings.Contains(said, "checking ") || !strings.Contains(said, "API server") || !strings.HasSuffix(said, "\r\x1b[K") {
		t.Errorf("standard error: %q", said)
	}
}

// talk is written by one goroutine, which ends before it is read.
type talk struct {
	text  bytes.Buffer
	first chan struct{}
}

func (w *talk) Write(p []byte) (int, error) {
	if w.text.Len() == 0 {
		close(w.first)
	}
	return w.text.Write(p)
}

// TestShadows: kubectl runs the longest name, and of equal names the first.
func TestShadows(t *testing.T) {
	t.Parallel()
	answer := func(version string) string { return "#!/bin/sh\necho '{\"version\": \"" + version + "\"}'\n" }
	for _, tc := range []struct {
		reason string
		files  map[string]string // path below the folder: text
		links  map[string]string
		want   Status
		found  string
	}{
		{"one", map[string]string{"a/kubectl-carto": ""}, nil, OK, "a/kubectl-carto"},
		{"a command of ours", map[string]string{"a/kubectl-carto": "", "b/kubectl-carto-tree": ""}, nil, Failure, "instead of kubectl carto tree"},
		{"a verb, by the noun's short name", map[string]string{"a/kubectl-carto": "", "b/kubectl-carto-wld-list": ""}, nil, Failure, "instead of kubectl carto wld list"},
		{"somebody's extension", map[string]string{"a/kubectl-carto": "", "b/kubectl-carto-deploy": ""}, nil, OK, "a/kubectl-carto"},
		{"not on the PATH", map[string]string{"c/kubectl-carto": ""}, nil, Warning, "is not on the PATH"},
		{"two versions", map[string]string{"a/kubectl-carto": answer("v1"), "b/kubectl-carto": answer("v2")}, nil, Warning, "there are two: kubectl runs "},
		{"one that does not answer", map[string]string{"a/kubectl-carto": answer("v1"), "b/kubectl-carto": "#!/bin/sh\nexit 1\n"}, nil, Warning, "(of unknown version)"},
		{"the same version twice", map[string]string{"a/kubectl-carto": answer("v1"), "b/kubectl-carto": answer("v1")}, nil, OK, "of the same version"},
		{"a link to the first", map[string]string{"a/kubectl-carto": ""}, map[string]string{"b/kubectl-carto": "a/kubectl-carto"}, OK, "a/kubectl-carto"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, d := range []string{"a", "b", "c"} {
				if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for file, text := range tc.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for from, to := range tc.links {
				if err := os.Symlink(filepath.Join(dir, to), filepath.Join(dir, from)); err != nil {
					t.Fatal(err)
				}
			}
			o, _, _ := patient{}.options(t)
			o.Streams.Getenv = func(string) string { return dir + "/a:" + dir + "/b:" + dir + "/nothere:" }
			v := &verdict{}
			plugins(t.Context(), &examination{Options: o}, v)
			if r := v.result("x"); r.Status != tc.want || !strings.Contains(r.Found, tc.found) {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// TestInterrupted: half a report is none.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	o, out, _ := patient{}.options(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := o.Run(ctx); !errors.Is(err, context.Canceled) || out.Len() > 0 {
		t.Errorf("%v, %q", err, out)
	}
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{"/usr/bin/kubectl-carto": "/usr/bin/kubectl-carto", "/My Files/x": "'/My Files/x'", "a'b;": `'a'\''b;'`} {
		if got := quoted(word); got != want {
			t.Errorf("%s: got %s", word, got)
		}
	}
}
