package install

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
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

func options(version string) *Options {
	return &Options{
		Session: cmdutil.Session{Program: "kubectl carto"},
		Config:  install.Config{Namespace: "carto-system", Image: "registry.example/agent:1", Version: version, Replicas: 2}, DryRun: "none", Timeout: time.Minute,
	}
}

// definition is one of ours as a version installed it, with or without other fields.
func definition(t *testing.T, version string, differs bool) map[string]*unstructured.Unstructured {
	t.Helper()
	objects, err := install.Objects(install.Config{CRDsOnly: true, Version: version})
	if err != nil {
		t.Fatal(err)
	}
	crd := objects[0]
	if differs {
		if err := unstructured.SetNestedStringSlice(crd.Object, []string{"other"}, "spec", "names", "shortNames"); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]*unstructured.Unstructured{crd.GetName(): crd}
}

func agentIn(namespaces ...string) []unstructured.Unstructured {
	agents := make([]unstructured.Unstructured, len(namespaces))
	for i, ns := range namespaces {
		agents[i].Object = map[string]any{}
		agents[i].SetNamespace(ns)
		agents[i].SetName(install.AgentName)
	}
	return agents
}

// TestRefuse: everything that speaks against an installation is said at once, with what to do.
func TestRefuse(t *testing.T) {
	t.Parallel()
	running := install.Original{There: true, Replicas: 1}
	for _, tc := range []struct {
		reason   string
		version  string
		migrate  bool
		force    bool
		before   install.Installed
		original install.Original
		want     []string
	}{
		{reason: "nothing is there", version: "v0.5.0"},
		{reason: "the original works", version: "v0.5.0", original: running, want: []string{"cartographer-system/cartographer-controller (replicas: 1)", "kubectl carto install --migrate"}},
		{reason: "the original is to be stopped", version: "v0.5.0", original: running, migrate: true},
		{reason: "the original is stopped", version: "v0.5.0", original: install.Original{There: true}},
		{
			reason: "the original is gone, but not its webhook", version: "v0.5.0",
			original: install.Original{Hooks: []install.Hook{{Kind: "validatingwebhookconfiguration", Configuration: "x"}}}, want: []string{"found the validatingwebhookconfiguration x;"},
		},
		{reason: "an agent here", version: "v0.5.0", before: install.Installed{Agents: agentIn("carto-system")}},
		{reason: "an agent elsewhere", version: "v0.5.0", before: install.Installed{Agents: agentIn("other")}, want: []string{"in the namespace other already", "-n other"}},
		{reason: "newer definitions that differ", version: "v0.5.0", before: install.Installed{Definitions: definition(t, "v0.6.0", true)}, want: []string{"v0.5.0 is older than v0.6.0", "--force"}},
		{reason: "the same, with --force", version: "v0.5.0", force: true, before: install.Installed{Definitions: definition(t, "v0.6.0", true)}},
		{reason: "newer definitions that are alike", version: "v0.5.0", before: install.Installed{Definitions: definition(t, "v0.6.0", false)}},
		{reason: "older definitions", version: "v0.5.0", before: install.Installed{Definitions: definition(t, "v0.4.0", true)}},
		{reason: "definitions of the original", version: "v0.5.0", before: install.Installed{Definitions: definition(t, "", true)}},
		{
			reason: "all of it", version: "v0.5.0", original: running, before: install.Installed{Agents: agentIn("a", "b"), Definitions: definition(t, "v0.6.0", true)},
			want: []string{"3 reasons not to install:\n  - the original", "\n  - an agent is in the namespace a, b", "\n  - v0.5.0"},
		},
	} {
		o := options(tc.version)
		o.Migrate, o.Force = tc.migrate, tc.force
		err := o.refuse(&tc.before, &tc.original)
		var finding *cmdutil.FindingError
		if (len(tc.want) > 0) != errors.As(err, &finding) {
			t.Errorf("%s: %v", tc.reason, err)
			continue
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v\nlacks %s", tc.reason, err, want)
			}
		}
	}
}

// agent is one that was installed, as the cluster has it.
func agent(t *testing.T, config install.Config) install.Installed {
	t.Helper()
	config.Namespace = "carto-system"
	objects, err := install.Objects(config)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == "Deployment" })
	text, err := objects[i].MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	live := unstructured.Unstructured{}
	if err := live.UnmarshalJSON(text); err != nil { // with whole numbers
		t.Fatal(err)
	}
	return install.Installed{Agents: []unstructured.Unstructured{live}, WatchKinds: config.WatchKinds}
}

// TestKeepOptions: who names one option changes that one alone.
func TestKeepOptions(t *testing.T) {
	t.Parallel()
	const private = "registry.example/carto-agent"
	was := install.Config{
		Image: private + ":v0.4.0", Version: "v0.4.0", Shards: 3, WatchKinds: []schema.GroupResource{{Resource: "secrets"}},
		Options: install.Options{MetricsSecure: true},
	}
	kept := was
	kept.Namespace, kept.Replicas = "carto-system", install.DefaultReplicas
	with := func(config install.Config, change func(*install.Config)) install.Config {
		change(&config)
		return config
	}
	for _, tc := range []struct {
		reason, flags, version string
		before                 install.Config
		want                   install.Config
		refused, says          string
	}{
		{"no flag, the same version", "", "v0.4.0", was, kept, "", ""},
		{"another option", "--watch-kinds=configmaps", "v0.4.0", was, with(kept, func(c *install.Config) { c.WatchKinds = []schema.GroupResource{{Resource: "configmaps"}} }), "", "may no longer read secrets"},
		{
			"an upgrade", "", "v0.5.0", was, with(kept, func(c *install.Config) { c.Image, c.Version = private+":v0.5.0", "v0.5.0" }), "",
			"carto-system/carto-agent: from v0.4.0 to v0.5.0\ncarto-system/carto-agent: its image has to be in the repository of the one before: " + private + ":v0.5.0\n",
		},
		{
			"an upgrade to another image", "--image=" + private + ":x", "v0.5.0", was, with(kept, func(c *install.Config) { c.Image, c.Version = private+":x", "v0.5.0" }), "",
			"carto-system/carto-agent: from v0.4.0 to v0.5.0\n",
		},
		{"an upgrade from an image whose tag tells nothing", "", "v0.5.0", with(was, func(c *install.Config) { c.Image = private + ":prod" }), install.Config{}, private + ":prod; name it with --image", ""},
		{
			"back to the default image", "--image=" + install.ImageRepository + ":v0.4.0", "v0.4.0", was, with(kept, func(c *install.Config) { c.Image = install.ImageRepository + ":v0.4.0" }), "",
			"from image " + private + ":v0.4.0 to " + install.ImageRepository + ":v0.4.0",
		},
		{"more shards", "--shards=5", "v0.4.0", was, with(kept, func(c *install.Config) { c.Shards = 5 }), "", ""},
		{"back to one that works", "--replicas=1", "v0.4.0", was, with(kept, func(c *install.Config) { c.Shards, c.Replicas = 0, 1 }), "", ""},
		{"back to one that works, by no shards", "--shards=0", "v0.4.0", was, with(kept, func(c *install.Config) { c.Shards = 0 }), "", ""},
		{
			"five of which one works, and no shards said again", "--shards=0", "v0.4.0", with(was, func(c *install.Config) { c.Shards, c.Replicas = 0, 5 }),
			with(kept, func(c *install.Config) { c.Shards, c.Replicas = 0, 5 }), "", "",
		},
		{
			"several that work, out of five of which one did", "--shards=2", "v0.4.0", with(was, func(c *install.Config) { c.Shards, c.Replicas = 0, 5 }),
			with(kept, func(c *install.Config) { c.Shards = 2 }), "", "",
		},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			s, _, _, errOut := streams.Test()
			var o *Options
			cmd := NewCmdInstall(&cmdutil.Factory{
				Program: "kubectl carto", Streams: s, Namespace: func() (string, bool, error) { return "carto-system", true, nil },
			}, func(_ context.Context, parsed *Options) error {
				o = parsed
				return nil
			})
			cmd.SetArgs(strings.Fields(tc.flags))
			if err := cmd.ExecuteContext(t.Context()); err != nil {
				t.Fatal(err)
			}
			o.Config.Version = tc.version
			before := agent(t, tc.before)
			err := o.refuse(&before, &install.Original{})
			if tc.refused != "" {
				var finding *cmdutil.FindingError
				if !errors.As(err, &finding) || !strings.Contains(err.Error(), tc.refused) {
					t.Errorf("%v\nlacks %s", err, tc.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			o.keepOptions(&before)
			o.sayUpgrade(&before)
			if diff := cmp.Diff(tc.want, o.Config); diff != "" {
				t.Error(diff)
			}
			if (tc.says == "") != (errOut.Len() == 0) || !strings.Contains(errOut.String(), tc.says) {
				t.Errorf("it says %q, want %q", errOut, tc.says)
			}
		})
	}
}

const original = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: cartographer-controller, namespace: cartographer-system}
spec: {replicas: 2, selector: {matchLabels: {app: x}}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: x}
webhooks: [{name: x.carto.run, rules: [{apiGroups: [carto.run]}], clientConfig: {service: {namespace: cartographer-system, name: x}}}]
`

// originalCluster is a cluster in which the original works.
func originalCluster(t *testing.T) *fake.FakeDynamicClient {
	t.Helper()
	var objects []runtime.Object
	for _, doc := range strings.Split(original, "---") {
		text, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		o := &unstructured.Unstructured{}
		if err := o.UnmarshalJSON(text); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, o)
	}
	rbac := func(resource string) schema.GroupVersionResource {
		return schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: resource}
	}
	return fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{
		install.AdmissionResources[0]: "ValidatingWebhookConfigurationList", install.AdmissionResources[1]: "MutatingWebhookConfigurationList",
		{Version: "v1", Resource: "pods"}:                                        "PodList",
		{Group: "apps", Version: "v1", Resource: "deployments"}:                  "DeploymentList",
		{Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"}: "NetworkPolicyList",
		rbac("clusterrolebindings"):                                              "ClusterRoleBindingList",
		rbac("clusterroles"):                                                     "ClusterRoleList",
	}, objects...)
}

// TestMigrateAsks: a person reads what happens before it does, and nothing happens against their word.
func TestMigrateAsks(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string][]string{"n\n": nil, "\n": nil, "y\n": {"deployment.apps/cartographer-controller scaled to 0 (it had 2)", "validatingwebhookconfiguration x deleted"}} {
		client := originalCluster(t)
		s, in, out, errOut := streams.Test()
		s.SetTTY(80, 24)
		in.WriteString(answer)
		o := options("v0.5.0")
		o.Streams, o.Migrate = s, true
		if err := o.Validate(); err != nil {
			t.Fatal(err)
		}
		err := o.askAndStop(t.Context(), client)
		if declined := want == nil; declined != (err != nil && strings.Contains(err.Error(), "declined: nothing was changed")) {
			t.Errorf("%q: %v", answer, err)
		}
		var lines []string
		if out.Len() > 0 {
			lines = strings.Split(strings.TrimSpace(out.String()), "\n")
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Errorf("%q:\n%s", answer, diff)
		}
		for _, step := range []string{"  1. scale the controller cartographer-system/cartographer-controller from 2 to 0", "  2. delete the validatingwebhookconfiguration x", "[y/N]: "} {
			if !strings.Contains(errOut.String(), step) {
				t.Errorf("%q: it says\n%s, without %s", answer, errOut, step)
			}
		}
		found, err := install.FindOriginal(t.Context(), client)
		if err != nil || (len(found.InTheWay()) == 0) != (want != nil) {
			t.Errorf("%q: left are %v, %v", answer, found, err)
		}
	}
}

// askAndStop finds the original, asks, and stops it.
func (o *Options) askAndStop(ctx context.Context, client dynamic.Interface) error {
	found, err := install.FindOriginal(ctx, client)
	if err != nil {
		return err
	}
	if err := o.confirm(ctx, found); err != nil {
		return err
	}
	return o.stopOriginal(ctx, client, found)
}

// TestMigrateLooksFirst: what the API server refuses is found while the original works, and before anybody is asked.
// Nothing is refused that is so in a dry run alone.
func TestMigrateLooksFirst(t *testing.T) {
	t.Parallel()
	forbidden := func(kind string) error {
		return apierrors.NewForbidden(schema.GroupResource{Resource: kind}, "x", errors.New("no right"))
	}
	for _, tc := range []struct {
		reason, verb, resource string
		err                    error
		// says is what the error must; empty when the migration goes on.
		says string
	}{
		{"nothing speaks against it", "", "", nil, ""},
		{"definitions may not be written", "patch", "customresourcedefinitions", forbidden("customresourcedefinitions"), "cannot apply customresourcedefinition.apiextensions.k8s.io/"},
		{"roles may not be given", "patch", "clusterroles", forbidden("clusterroles"), "cannot apply clusterrole.rbac.authorization.k8s.io/carto-agent"},
		{"the original may not be scaled", "patch", "deployments", forbidden("deployments"), "cannot scale deployment.apps/cartographer-controller to 0"},
		{"its webhooks may not be deleted", "delete", "validatingwebhookconfigurations", forbidden("webhooks"), "cannot delete the validatingwebhookconfiguration x"},
		{"a binding of a role that is still to be made", "patch", "clusterrolebindings", apierrors.NewNotFound(schema.GroupResource{Resource: "clusterroles"}, "carto-agent"), ""},
		{"a webhook that answers no dry runs", "patch", "clusterroles", apierrors.NewBadRequest(`admission webhook "x" does not support dry run`), ""},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			client := originalCluster(t)
			client.PrependReactor("*", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
				if len(dryRunOf(action)) == 0 {
					return false, nil, nil
				}
				if action.GetVerb() == tc.verb && action.GetResource().Resource == tc.resource {
					return true, nil, tc.err
				}
				return true, &unstructured.Unstructured{Object: map[string]any{}}, nil // as a dry run should, it stores nothing
			})
			s, _, out, errOut := streams.Test()
			s.SetTTY(80, 24)
			o := options("v0.5.0")
			o.Streams, o.Migrate = s, true
			o.Client = func() (dynamic.Interface, error) { return client, nil }
			err := o.Run(t.Context())
			if err == nil {
				t.Fatal("it went on without an answer")
			}
			if tc.says == "" {
				if !strings.Contains(err.Error(), "declined") || !strings.Contains(errOut.String(), "[y/N]") {
					t.Errorf("it does not ask: %v", err)
				}
			} else if !strings.HasPrefix(err.Error(), "the original Cartographer is left as it is") || !strings.Contains(err.Error(), tc.says) || errOut.Len() > 0 {
				t.Errorf("%v\nlacks: %s\nit said before: %s", err, tc.says, errOut)
			}
			found, err := install.FindOriginal(t.Context(), client)
			if err != nil || len(found.InTheWay()) != 2 || out.Len() > 0 {
				t.Errorf("left are %v, %v; it printed %q", found, err, out)
			}
		})
	}
}

// dryRunOf is what a request says about dry runs; the fake client does not heed it.
func dryRunOf(action clienttesting.Action) []string {
	switch a := action.(type) {
	case clienttesting.PatchActionImpl:
		return a.PatchOptions.DryRun
	case clienttesting.DeleteActionImpl:
		return a.DeleteOptions.DryRun
	}
	return nil
}

// slowly reads an answer that a person thought about for a while.
type slowly struct {
	io.Reader
	thought time.Duration
}

func (s slowly) Read(p []byte) (int, error) {
	time.Sleep(s.thought)
	return s.Reader.Read(p)
}

// TestTimeToAnswer: who thinks about the question for longer than --timeout still gets all of it for the work.
func TestTimeToAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := originalCluster(t)
		client.PrependReactor("patch", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
			if len(dryRunOf(action)) > 0 {
				return true, &unstructured.Unstructured{Object: map[string]any{}}, nil
			}
			if action.GetResource().Resource == "customresourcedefinitions" {
				return true, nil, errors.New("this is far enough")
			}
			return false, nil, nil
		})
		s, _, out, _ := streams.Test()
		s.SetTTY(80, 24)
		s.In = slowly{strings.NewReader("y\n"), time.Hour}
		o := options("v0.5.0")
		o.Streams, o.Migrate = s, true
		o.Client = func() (dynamic.Interface, error) { return client, nil }
		err := o.Run(t.Context())
		for _, want := range []string{"this is far enough", "the original Cartographer is stopped", "kubectl scale deployment cartographer-controller -n cartographer-system --replicas=2"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("it lacks %q: %v", want, err)
			}
		}
		if !strings.Contains(out.String(), "scaled to 0 (it had 2)") {
			t.Errorf("it did not go on: %s", out)
		}
	})
}
