package agent

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/carto-run/carto/pkg/install"
	"github.com/carto-run/carto/test/harness"
)

// attempt is one thing that one of those who do not trust each other may try. The table of attempts is the one in
// docs/security.md.
type attempt struct {
	who, what string
	// ends says how it ends, and where that is told.
	ends, told string
	try        func(f *fortress, t *testing.T)
}

// Who tries, and where it is told.
const (
	author    = "template author"
	blueprint = "blueprint author"
	tenantB   = "tenant"
	anAgent   = "the agent's token"
	scraper   = "whoever reaches the port"

	inCondition = "`ResourcesSubmitted`: "
	byServer    = "API server, 403"
	silently    = "nowhere: the object is as it should be"
)

// fortress is a control plane with RBAC on which the agent runs as what is shipped.
type fortress struct {
	*world
	agentConfig *rest.Config
}

// clerk is a tenant whose account may do little: all with ConfigMaps, and what RULES add.
const clerk = `
apiVersion: v1
kind: ServiceAccount
metadata: { name: stamper }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: stamper }
rules:
  - { apiGroups: [""], resources: [configmaps], verbs: ["*"] }
RULES
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: stamper }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: stamper }
subjects: [{ kind: ServiceAccount, name: stamper, namespace: NS }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: tenant }
rules:
  - { apiGroups: ["*"], resources: ["*"], verbs: ["*"] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: tenant }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: tenant }
subjects: [{ kind: User, name: user-of-NS }]
`

// clerk makes a tenant; rules are lines of a Role.
func (f *fortress) clerk(t *testing.T, rules ...string) *tenant {
	t.Helper()
	n := &tenant{world: f.world, t: t, ns: harness.Namespace(t, f.cp)}
	n.apply(replace(clerk, "RULES", strings.Join(rules, "\n")))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the agent's log:\n%s", linesAbout(f.agent.Log(), n.ns))
		}
	})
	return n
}

// user is a client as the one person of the tenant, who may do everything in the namespace.
func (n *tenant) user() dynamic.Interface {
	n.t.Helper()
	config := rest.CopyConfig(n.cp.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: "user-of-" + n.ns}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		n.t.Fatal(err)
	}
	return client
}

// output is what a command of the plugin says, however it ends.
func (n *tenant) output(args ...string) string {
	cmd := exec.Command(filepath.Join("..", "..", "..", "bin", "kubectl-carto"), append(args, "-n", n.ns, "--kubeconfig", n.cp.Kubeconfig)...)
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// refuses checks that a request is forbidden.
func refuses(t *testing.T, err error, says string) {
	t.Helper()
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), says) {
		t.Errorf("the answer is %v, not that it is forbidden (%s)", err, says)
	}
}

// expectStampFailure is for bodies of one step that the agent itself refuses.
func (f *fortress) expectStampFailure(t *testing.T, documents string, says ...string) {
	t.Helper()
	n := f.clerk(t)
	n.apply(documents)
	n.expect("cart", stampFailure)
	n.expectMessage("cart", "ResourcesSubmitted", says...)
}

const mapOf = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: cart }\n"

var attempts = []attempt{
	{author, "stamp into another namespace", "refused by the CRD; made by ytt, by the agent, and nothing is sent", inCondition + "objects are stamped into the namespace of their owner", func(f *fortress, t *testing.T) {
		other := f.clerk(t)
		f.expectStampFailure(t, withYtt("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: cart, namespace: "+other.ns+" }"), "objects are stamped into the namespace of their owner", other.ns)
		if _, err := other.get(configMaps, "cart"); !apierrors.IsNotFound(err) {
			t.Errorf("the other namespace has it: %v", err)
		}
	}},
	{author, "stamp into another namespace by a name like `../../b/configmaps/x`, or a subresource by `x/status`", "refused by the agent, nothing is sent", inCondition + "can not be a name: it may not contain '/'", func(f *fortress, t *testing.T) {
		f.expectStampFailure(t, withBody("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ../../kube-system/configmaps/cart }"), "can not be a name: it may not contain '/'")
	}},
	{author, "stamp a cluster-scoped object, a ClusterRoleBinding say", "refused by the agent, nothing is sent", inCondition + "is cluster-scoped", func(f *fortress, t *testing.T) {
		f.expectStampFailure(t, withBody("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: { name: cart }\nroleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }"), "clusterrolebindings", "is cluster-scoped")
	}},
	{author, "owner references to the objects of others, labels of other owners", "overwritten: one reference, to the owner; Carto's labels win", silently, func(f *fortress, t *testing.T) {
		n := f.clerk(t)
		n.apply(withBody("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cart\n  labels: { carto.run/workload-name: other, carto.run/resource-name: other, carto.run/template-lifecycle: immutable }\n" +
			"  ownerReferences: [{ apiVersion: v1, kind: ConfigMap, name: other, uid: 11111111-1111-1111-1111-111111111111, controller: true }]"))
		n.expect("cart", allReady)
		object := n.mustGet(configMaps, "cart")
		refs, labels := object.GetOwnerReferences(), object.GetLabels()
		if len(refs) != 1 || refs[0].Kind != "Workload" || refs[0].Name != "cart" {
			t.Errorf("owner references: %v", refs)
		}
		if labels["carto.run/workload-name"] != "cart" || labels["carto.run/resource-name"] != "only" || labels["carto.run/template-lifecycle"] != "mutable" {
			t.Errorf("labels: %v", labels)
		}
	}},
	{author, "take over an object of another owner", "refused by the agent, nothing is sent", inCondition + "is controlled by Workload other", func(f *fortress, t *testing.T) {
		n := f.clerk(t)
		both := withBody(strings.TrimSpace(mapOf) + "\ndata: { by: $(workload.metadata.name)$ }")
		n.apply(both)
		n.expect("cart", allReady)
		n.apply(strings.Replace(both, "metadata: { name: cart, labels", "metadata: { name: other, labels", 1))
		n.expect("other", rejected)
		n.expectMessage("other", "ResourcesSubmitted", "configmaps NS/cart exists and is controlled by Workload cart")
		if by := field(n.mustGet(configMaps, "cart"), "data", "by"); by != "cart" {
			t.Errorf("it is now by %v", by)
		}
	}},
	{author, "take over an object that another controller owns, a ReplicaSet of a Deployment say", "API server, 422: there is one controller", inCondition + "Only one reference can have Controller set to true", func(f *fortress, t *testing.T) {
		n := f.clerk(t)
		n.apply(mapOf + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: controlled }")
		uid := n.mustGet(configMaps, "cart").GetUID()
		n.patch(configMaps, "controlled", `{"data":{"by":"another"},"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"cart","uid":"`+string(uid)+`","controller":true}]}}`)
		n.apply(withBody("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: controlled }\ndata: { by: cart }"))
		n.expect("cart", rejected)
		n.expectMessage("cart", "ResourcesSubmitted", "Only one reference can have Controller set to true")
		if by := field(n.mustGet(configMaps, "controlled"), "data", "by"); by != "another" {
			t.Errorf("it is now by %v", by)
		}
	}},
	{author, "take over an object of the namespace that nobody controls", "allowed, with the rights of the account on that object", "event `StampedObjectApplied`", func(f *fortress, t *testing.T) {
		n := f.clerk(t)
		n.apply(mapOf + "data: { mine: yes-it-is }")
		n.apply(withBody(strings.TrimSpace(mapOf) + "\ndata: { by: cart }"))
		n.expect("cart", allReady)
		object := n.mustGet(configMaps, "cart")
		if field(object, "data", "by") != "cart" || len(object.GetOwnerReferences()) != 1 {
			t.Errorf("it was not taken over: %v", object)
		}
	}},
	{author, "stamp what the account has no right to", byServer, inCondition + "forbidden, with the account, the verb and the object", func(f *fortress, t *testing.T) {
		n := f.clerk(t)
		n.apply(withBody("apiVersion: v1\nkind: Service\nmetadata: { name: cart }\nspec: { clusterIP: None }"))
		n.expect("cart", rejected)
		n.expectMessage("cart", "ResourcesSubmitted", "forbidden", "system:serviceaccount:NS:stamper", `cannot patch resource "services"`)
	}},
	{author, "stamp a Secret and read one by a path of its output", "refused by the agent, which is not granted Secrets", inCondition + "the agent can not list secrets", func(f *fortress, t *testing.T) {
		n := f.clerk(t, `  - { apiGroups: [""], resources: [secrets], verbs: ["*"] }`)
		n.apply("apiVersion: v1\nkind: Secret\nmetadata: { name: cart }\nstringData: { token: sesame }")
		n.apply(withBody("apiVersion: v1\nkind: Secret\nmetadata: { name: cart }"))
		n.expect("cart", rejected)
		n.expectMessage("cart", "ResourcesSubmitted", "the agent can not list secrets")
	}},
	{author, "stamp a Role with more rights than the account has", byServer, inCondition + "is attempting to grant RBAC permissions not currently held", func(f *fortress, t *testing.T) {
		n := f.clerk(t, `  - { apiGroups: [rbac.authorization.k8s.io], resources: [roles, rolebindings], verbs: [get, create, patch, delete] }`)
		n.apply(withBody("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: cart }\nrules: [{ apiGroups: [\"\"], resources: [secrets], verbs: [get] }]"))
		n.expect("cart", rejected)
		n.expectMessage("cart", "ResourcesSubmitted", "is attempting to grant RBAC permissions not currently held")
	}},
	{author, "read a Secret as the `selected` object of a Runnable", byServer, "`RunTemplateReady`: cannot look for Secret as service account: forbidden", func(f *fortress, t *testing.T) {
		n := f.clerk(t)
		n.apply("apiVersion: v1\nkind: Secret\nmetadata: { name: cart, labels: { a: b } }\nstringData: { token: sesame }")
		n.apply(onceBody("apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: a- }\ndata: { x: $(selected.data.token)$ }\nspec: {}"))
		n.patch(runnables, "cart", `{"spec":{"selector":{"resource":{"apiVersion":"v1","kind":"Secret"},"matchingLabels":{"a":"b"}}}}`)
		n.expectOf(runnables, "cart", runNot("UnknownError"))
		n.expectMessageOf(runnables, "cart", "Ready", "cannot look for Secret", "NS/stamper", "forbidden")
	}},
	{author, "read a cluster-scoped object as the `selected` object of a Runnable", byServer, "`RunTemplateReady`: cannot look for Namespace as service account: forbidden", func(f *fortress, t *testing.T) {
		n := f.clerk(t)
		n.apply(onceBody("apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: a- }\nspec: {}"))
		n.patch(runnables, "cart", `{"spec":{"selector":{"resource":{"apiVersion":"v1","kind":"Namespace"},"matchingLabels":{"kubernetes.io/metadata.name":"kube-system"}}}}`)
		n.expectOf(runnables, "cart", runNot("UnknownError"))
		n.expectMessageOf(runnables, "cart", "Ready", "cannot look for Namespace", "forbidden")
	}},
	{author, "select an object of another namespace", "not found: a Runnable selects in its own namespace", "`RunTemplateReady`: it matches 0", func(f *fortress, t *testing.T) {
		n, other := f.clerk(t), f.clerk(t)
		other.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: cart, labels: { only: " + n.ns + " } }")
		n.apply(onceBody("apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: a- }\nspec: {}"))
		n.patch(runnables, "cart", `{"spec":{"selector":{"resource":{"apiVersion":"v1","kind":"ConfigMap"},"matchingLabels":{"only":"`+n.ns+`"}}}}`)
		n.expectOf(runnables, "cart", runNot("TemplateStampFailure"))
		n.expectMessageOf(runnables, "cart", "Ready", "it matches 0")
	}},
	{author, "ytt: load files, or modules other than those of the engine", "refused by the engine, which has neither files nor network", inCondition + "unable to apply ytt template", func(f *fortress, t *testing.T) {
		f.expectStampFailure(t, yttBomb(`#@ load("/etc/passwd", "x")`), "unable to apply ytt template", "/etc/passwd")
	}},
	{author, "ytt: loops without end, memory without end", "ended by the engine at its limits", inCondition + "limit exceeded", func(f *fortress, t *testing.T) {
		f.expectStampFailure(t, yttBomb("#@ x = 0\n#@ for a in range(100000):\n#@ for b in range(100000):\n#@ x += 1\n#@ end\n#@ end"), "limit exceeded: steps")
		f.expectStampFailure(t, yttBomb("#@ x = \"a\" * 1000000\n#@ y = [x + str(i) for i in range(100000)]"), "limit exceeded: memory")
	}},
	{author, "tags: objects of hundreds of megabytes", "ended by the engine at its limits", inCondition + "the rendered object would be larger than 4 MiB", func(f *fortress, t *testing.T) {
		f.expectStampFailure(t, replace(withBody(strings.TrimSpace(mapOf)+"\ndata: { x: \""+strings.Repeat("$(params.big)$", 200)+"\" }"), "default: x", "default: "+strings.Repeat("x", 100_000)), "the rendered object would be larger than 4 MiB")
	}},
	{author, "paths: recursive descents and unions that take hours", "ended by the engine at its limits", inCondition + "limit exceeded: steps", func(f *fortress, t *testing.T) {
		list := "[" + strings.TrimSuffix(strings.Repeat("{a: 1},", 10_000), ",") + "]"
		union := strings.TrimSuffix(strings.Repeat("'no',", 2_000), ",")
		f.expectStampFailure(t, replace(withBody(strings.TrimSpace(mapOf)+"\ndata: { x: \"$(params.big..["+union+"])$\" }"), "default: x", "default: "+list), "limit exceeded: steps")
	}},
	{blueprint, "`serviceAccountRef` of another namespace", "allowed: who may write blueprints may use every account, but only to stamp into the namespaces of owners", "field managers and audit log name the account", func(f *fortress, t *testing.T) {
		n, other := f.clerk(t), f.clerk(t)
		n.apply(replace(withBody(configMapBody), "serviceAccountRef: { name: stamper }", "serviceAccountRef: { name: stamper, namespace: "+other.ns+" }"))
		n.expect("cart", rejected)
		n.expectMessage("cart", "ResourcesSubmitted", "forbidden", "system:serviceaccount:"+other.ns+":stamper")
	}},
	{tenantB, "`serviceAccountName` of another namespace", "not found: the name is always of the owner's namespace", inCondition + "cannot act as service account", func(f *fortress, t *testing.T) {
		n, other := f.clerk(t), f.clerk(t)
		other.apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: mighty }")
		n.apply(withBody(configMapBody))
		for _, name := range []string{"mighty", other.ns + ":mighty", other.ns + "/mighty", "../" + other.ns + "/mighty"} {
			n.patch(workloads, "cart", `{"spec":{"serviceAccountName":"`+name+`"}}`)
			n.expect("cart", "SupplyChainReady=True/Ready ResourcesSubmitted=False/ServiceAccountError Ready=False/ServiceAccountError")
			n.expectMessage("cart", "Ready", "cannot act as service account NS/"+name, "it does not exist")
		}
	}},
	{tenantB, "`serviceAccountName`s that could be read as a user, a group, another namespace or a path: `kube-system:default`, `x,system:masters`, `../default`", "not found: there is an account of that very name, or nothing is sent", inCondition + "cannot act as service account", func(f *fortress, t *testing.T) {
		n := f.clerk(t)
		names := []string{"kube-system:default", "stamper:system:masters", "x,system:masters", "../kube-system/default", "stamper/../default", "stamper%00", "STAMPER", " stamper"}
		for i, name := range names {
			at := fmt.Sprintf("cart-%d", i)
			n.apply(strings.NewReplacer("metadata: { name: cart, labels", "metadata: { name: "+at+", labels", "spec: {}", fmt.Sprintf("spec: { serviceAccountName: %q }", name)).Replace(withBody(configMapBody)))
			n.eventually(func() error {
				w, err := n.workload(at)
				if err != nil {
					return err
				}
				if said := messages(w.Status.Conditions); !strings.Contains(said, "cannot act as service account") {
					return fmt.Errorf("%q: %s", name, said)
				}
				return nil
			})
		}
	}},
	{tenantB, "`serviceAccountName` of an account of the own namespace with more rights", "allowed, as for pods: who may create owners in a namespace may use its accounts", "field managers and audit log name the account", func(f *fortress, t *testing.T) {
		n := f.clerk(t)
		n.apply(replace(withBody("apiVersion: v1\nkind: Service\nmetadata: { name: cart }\nspec: { clusterIP: None }"), "spec: {}", "spec: { serviceAccountName: mighty }") + `
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: mighty }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: mighty }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: ServiceAccount, name: mighty, namespace: NS }]
`)
		n.expect("cart", allReady)
	}},
	{tenantB, "forge a `stampedRef` in the status of the own owner, to have the objects of others deleted", "nothing is deleted: not in another namespace, and only what the owner controls", silently, func(f *fortress, t *testing.T) {
		n, other := f.clerk(t), f.clerk(t)
		victim := "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: victim, labels: { carto.run/resource-name: gone } }"
		n.apply(victim)
		other.apply(victim)
		n.apply(withBody(configMapBody))
		n.expect("cart", allReady)
		for _, ns := range []string{n.ns, other.ns} {
			status := field(n.mustGet(workloads, "cart"), "status").(map[string]any)
			status["resources"] = append(status["resources"].([]any), map[string]any{
				"name": "gone", "conditions": []any{}, "templateRef": map[string]any{"apiVersion": "carto.run/v1alpha1", "kind": "ClusterTemplate", "name": "one-" + n.ns},
				"stampedRef": map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "namespace": ns, "name": "victim", "resource": "configmaps"},
			})
			n.report(workloads, "cart", status)
			n.eventually(func() error {
				if left := field(n.mustGet(workloads, "cart"), "status", "resources").([]any); len(left) != 1 {
					return fmt.Errorf("the forged status is still there: %v", left)
				}
				return nil
			})
		}
		for _, at := range []*tenant{n, other} {
			if _, err := at.get(configMaps, "victim"); err != nil {
				t.Errorf("it was deleted: %v", err)
			}
		}
	}},
	{tenantB, "forge `stampedRef`s in the status of the own owner, of kinds that the agent may not list, to hold up its next start or to raise an alert", "the start waits for no list that is refused, and such failures do not count", silently, tryForgedRefs},
	{tenantB, "Runnables that select what the agent may not watch, to raise an alert", "the Runnable works with the rights of its account; the failures are counted apart from those of stamped objects, of which an alert is critical", "alert [CartoSelectionsFailing](operations/CartoSelectionsFailing.md), which is `info`", func(f *fortress, t *testing.T) {
		n := f.clerk(t, `  - { apiGroups: [""], resources: [limitranges], verbs: [list] }`)
		n.apply("apiVersion: v1\nkind: LimitRange\nmetadata: { name: cart, labels: { a: b } }\nspec: { limits: [] }")
		n.apply(replace(onceBody("apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: a- }\ndata: { x: $(selected.metadata.name)$ }\nspec: {}"),
			"inputs: {", "selector: { resource: { apiVersion: v1, kind: LimitRange }, matchingLabels: { a: b } }, inputs: {"))
		n.expectOf(runnables, "cart", runBusy)

		ns, token := f.token(t)
		harness.ApplyYAML(t, f.cp.Config, "", replace(replace(reader, "metadata: { name: carto-metrics-reader }", "metadata: { name: reader-NS }"), "NS", ns))
		n.eventually(func() error {
			code, text := f.metrics(t, "/metrics", token)
			if code != http.StatusOK || !strings.Contains(text, `carto_selection_failures_total{resource="limitranges"}`) {
				return fmt.Errorf("%d, and the failure is not counted: %.200s", code, text)
			}
			if strings.Contains(text, `carto_watch_failures_total{resource="limitranges"}`) {
				t.Error("it is counted among those of stamped objects")
			}
			return nil
		})
	}},
	{tenantB, "Roles and RoleBindings in the own namespace that name the accounts of others, to have those send again what they were refused", "nothing is sent: they count in the own namespace only", "nowhere: the others' owners stay as they are", tryRightsElsewhere},
	{tenantB, "objects in the own namespace that claim, by labels and owner reference, to be runs of another tenant's owner", "not read: runs are those of the owner's namespace", silently, func(f *fortress, t *testing.T) {
		n, other := f.clerk(t), f.clerk(t)
		n.apply(immutableMap)
		n.expect("cart", allReady)
		run := n.list(configMaps, "carto.run/template-lifecycle=immutable")[0]
		forged := run.DeepCopy()
		for _, name := range []string{"creationTimestamp", "resourceVersion", "uid", "managedFields"} {
			delete(forged.Object["metadata"].(map[string]any), name)
		}
		forged.SetName("forged")
		forged.SetNamespace(other.ns)
		forged.SetFinalizers([]string{"tenant.example/stay"}) // or the garbage collector would soon have it
		annotations := forged.GetAnnotations()
		annotations["carto.run/sequence"] = "1000"
		forged.SetAnnotations(annotations)
		forged.Object["data"] = map[string]any{"image": "evil"}
		if _, err := other.user().Resource(configMaps).Namespace(other.ns).Create(t.Context(), forged, v1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_, _ = other.client.Resource(configMaps).Namespace(other.ns).Patch(context.Background(), "forged", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), v1.PatchOptions{})
		})
		other.mustGet(configMaps, "forged")
		n.patch(workloads, "cart", `{"spec":{"params":[{"name":"image","value":"i2"}]}}`)
		n.eventually(func() error {
			if got := field(n.mustGet(configMaps, "cart-goes-on"), "data", "image"); got != "i2" {
				return fmt.Errorf("%v went on, not i2", got)
			}
			return nil
		})
		n.expect("cart", allReady)
		newest := n.list(configMaps, "carto.run/template-lifecycle=immutable")
		if sequence := newest[len(newest)-1].GetAnnotations()["carto.run/sequence"]; sequence != "2" {
			t.Errorf("the second run has the number %s: the forged one was counted", sequence)
		}
	}},
	{tenantB, "objects in the own namespace with the labels of an owner, without its owner reference", "not read, never deleted", silently, func(f *fortress, t *testing.T) {
		n := f.clerk(t)
		n.apply(immutableMap)
		n.expect("cart", allReady)
		forged := n.list(configMaps, "carto.run/template-lifecycle=immutable")[0].DeepCopy()
		for _, name := range []string{"creationTimestamp", "resourceVersion", "uid", "managedFields", "ownerReferences"} {
			delete(forged.Object["metadata"].(map[string]any), name)
		}
		forged.SetName("forged")
		forged.SetAnnotations(map[string]string{"carto.run/sequence": "1000"})
		if _, err := n.user().Resource(configMaps).Namespace(n.ns).Create(t.Context(), forged, v1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		n.patch(workloads, "cart", `{"spec":{"params":[{"name":"image","value":"i2"}]}}`)
		n.eventually(func() error {
			if got := field(n.mustGet(configMaps, "cart-goes-on"), "data", "image"); got != "i2" {
				return fmt.Errorf("%v went on, not i2", got)
			}
			return nil
		})
		n.mustGet(configMaps, "forged")
	}},
	{tenantB, "owners that do not fit their type, though they fit a schema: quantities like `1e1.5`, or `1e-999999999`, which takes gigabytes to read; a status with times like `2026-11-22t10:00:00z`", "quantities are refused by the CRD; nobody else is held up by such an owner, nothing is stamped for it, and its status is written anew", "`ResourcesSubmitted`: cannot read the spec of the workload", tryUnread},
	{tenantB, "thousands of large objects with Carto's labels, without an owner reference, with a forged one, or with the right one", "held as stubs; of large objects of owners that exist, so much of each namespace as the bounds say, and a pass that needs another reads it", silently, tryForgedObjects},
	{tenantB, "read an output in the status of an owner with `carto.run/redact-previews: \"true\"`", "the preview is empty, and a digest stays", silently, func(f *fortress, t *testing.T) {
		n := f.clerk(t)
		n.apply(replace(immutableMap, "{ name: cart, labels: { shape: NS } }", `{ name: cart, labels: { shape: NS }, annotations: { carto.run/redact-previews: "true" } }`))
		w := n.expect("cart", allReady)
		if outputs := w.Status.Resources[0].Outputs; len(outputs) != 1 || outputs[0].Preview != "" || outputs[0].Digest == "" {
			t.Errorf("outputs: %+v", outputs)
		}
		if said := n.output("tree", "workload/cart", "-o", "json"); strings.Contains(said, `"i1"`) {
			t.Errorf("the plugin shows it: %s", said)
		}
	}},
	{tenantB, "change, retry or read the owners of another namespace", byServer, "the answer to the request", func(f *fortress, t *testing.T) {
		n, other := f.clerk(t), f.clerk(t)
		n.apply(withBody(configMapBody))
		at := other.user().Resource(workloads).Namespace(n.ns)
		_, err := at.Patch(t.Context(), "cart", types.MergePatchType, []byte(`{"metadata":{"annotations":{"carto.run/retry":"now"}}}`), v1.PatchOptions{})
		refuses(t, err, "cannot patch")
		_, err = at.Patch(t.Context(), "cart", types.MergePatchType, []byte(`{"status":{}}`), v1.PatchOptions{}, "status")
		refuses(t, err, "cannot patch")
		_, err = at.Get(t.Context(), "cart", v1.GetOptions{})
		refuses(t, err, "cannot get")
	}},
	{tenantB, "terminal escapes and megabytes in the messages of stamped objects and events", "cut at 32 KiB in conditions, at 1 KiB in events; the plugin prints no control characters", "`… (truncated)`", func(f *fortress, t *testing.T) {
		n := f.clerk(t)
		n.apply(replace(withBody(configMapBody), "spec:\n  template:", "spec:\n  healthRule: { singleConditionType: Told }\n  template:"))
		n.apply(stubCRD("loudmouths", "loud.example", "Loudmouth", "v1"))
		n.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: loud }
rules: [{ apiGroups: [loud.example], resources: ["*"], verbs: ["*"] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: loud }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: loud }
subjects: [{ kind: ServiceAccount, name: stamper, namespace: NS }]
`)
		harness.ApplyYAML(t, n.cp.Config, "", "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: carto-loud, labels: { carto.run/aggregate-to-agent: \"true\" } }\nrules: [{ apiGroups: [loud.example], resources: [loudmouths], verbs: [get, list, watch] }]")
		n.apply(replace(withBody("apiVersion: loud.example/v1\nkind: Loudmouth\nmetadata: { name: cart }"), "spec:\n  template:", "spec:\n  healthRule: { singleConditionType: Told }\n  template:"))
		loud := gvr{Group: "loud.example", Version: "v1", Resource: "loudmouths"}
		n.report(loud, "cart", map[string]any{"conditions": []any{condition("Told", "False", "\x1b[2J\x1b]0;owned\x07gone "+strings.Repeat("x", 1_000_000))}})
		n.expectMessage("cart", "ResourcesHealthy", "gone", "… (truncated)")
		for _, args := range [][]string{{"tree", "workload/cart"}, {"why", "workload/cart"}, {"workload", "get", "cart"}} {
			if said := n.output(args...); strings.ContainsAny(said, "\x1b\x07") || len(said) > 100_000 {
				t.Errorf("%v: control characters, or %d bytes", args, len(said))
			}
		}
	}},
	{scraper, "read metrics without a token, or with one that is none, under `--metrics-secure`", "refused by the agent, 401", "the answer to the request", func(f *fortress, t *testing.T) {
		for _, token := range []string{"", "none"} {
			if code, text := f.metrics(t, "/metrics", token); code != http.StatusUnauthorized {
				t.Errorf("token %q: %d %.200s", token, code, text)
			}
		}
	}},
	{scraper, "read metrics with a token that grants nothing, under `--metrics-secure`", "refused by the agent, 403", "the answer to the request", func(f *fortress, t *testing.T) {
		_, token := f.token(t)
		if code, text := f.metrics(t, "/metrics", token); code != http.StatusForbidden || !strings.Contains(text, "may not get /metrics") {
			t.Errorf("%d %.200s", code, text)
		}
	}},
	{scraper, "read metrics with a token whose account may get `/metrics`, under `--metrics-secure`", "allowed; no other path", "the answer to the request", func(f *fortress, t *testing.T) {
		ns, token := f.token(t)
		harness.ApplyYAML(t, f.cp.Config, "", replace(reader, "NS", ns))
		harness.Eventually(t, patience, func() error { // the API server's authorizer lags behind
			if code, text := f.metrics(t, "/metrics", token); code != http.StatusOK || !strings.Contains(text, "carto_pass_duration_seconds") {
				return fmt.Errorf("%d %.200s", code, text)
			}
			return nil
		})
		if code, text := f.metrics(t, "/debug/pprof/", token); code != http.StatusForbidden {
			t.Errorf("profiles: %d %.200s", code, text)
		}
	}},
	{anAgent, "act as a user or a group, or as anything but a service account", byServer, "the answer to the request", func(f *fortress, t *testing.T) {
		for _, as := range []rest.ImpersonationConfig{
			{UserName: "admin"},
			{UserName: "system:serviceaccount:kube-system:default", Groups: []string{"system:masters"}},
			{UserName: "system:serviceaccount:kube-system:default", Extra: map[string][]string{"scopes": {"all"}}},
		} {
			config := rest.CopyConfig(f.agentConfig)
			config.Impersonate = as
			_, err := kubernetes.NewForConfigOrDie(config).CoreV1().ConfigMaps("default").List(t.Context(), v1.ListOptions{})
			refuses(t, err, "cannot impersonate")
		}
	}},
	{anAgent, "write anything but statuses, events and leases of its own namespace; read Secrets; make tokens", byServer, "the answer to the request", func(f *fortress, t *testing.T) {
		core := kubernetes.NewForConfigOrDie(f.agentConfig).CoreV1()
		_, err := core.ConfigMaps("default").Create(t.Context(), &corev1.ConfigMap{ObjectMeta: v1.ObjectMeta{Name: "cart"}}, v1.CreateOptions{})
		refuses(t, err, "cannot create")
		_, err = core.Secrets("default").List(t.Context(), v1.ListOptions{})
		refuses(t, err, "cannot list")
		_, err = core.Pods("default").List(t.Context(), v1.ListOptions{})
		refuses(t, err, "cannot list")
		_, err = core.ServiceAccounts("default").CreateToken(t.Context(), "default", &authenticationv1.TokenRequest{}, v1.CreateOptions{})
		refuses(t, err, "cannot create")
		owners := dynamic.NewForConfigOrDie(f.agentConfig)
		_, err = owners.Resource(workloads).Namespace("default").Patch(t.Context(), "cart", types.MergePatchType, []byte(`{}`), v1.PatchOptions{})
		refuses(t, err, "cannot patch")
	}},
}

// metrics asks the agent for a path with a token, and returns the answer's code and text.
func (f *fortress) metrics(t *testing.T, path, token string) (int, string) {
	t.Helper()
	if err := f.agent.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(f.agent.URL("metrics"), "http:", "https:", 1)+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // the agent signed it itself
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// token is of the account prometheus of a new namespace.
func (f *fortress) token(t *testing.T) (namespace, token string) {
	t.Helper()
	n := &tenant{world: f.world, t: t, ns: harness.Namespace(t, f.cp)}
	n.apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: prometheus }")
	made, err := kubernetes.NewForConfigOrDie(f.cp.Config).CoreV1().ServiceAccounts(n.ns).CreateToken(t.Context(), "prometheus", &authenticationv1.TokenRequest{}, v1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return n.ns, made.Status.Token
}

// reader binds the role that is shipped for scrapers.
const reader = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: carto-metrics-reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: carto-metrics-reader }
subjects: [{ kind: ServiceAccount, name: prometheus, namespace: NS }]
`

// immutableMap is a chain whose first step makes a run of each image, and whose second step gets the newest.
const immutableMap = `
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: { name: run-NS }
spec:
  lifecycle: immutable
  params: [{ name: image, default: i1 }]
  imagePath: .data.image
  template: { apiVersion: v1, kind: ConfigMap, metadata: { generateName: cart- }, data: { image: $(params.image)$ } }
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: on-NS }
spec:
  template: { apiVersion: v1, kind: ConfigMap, metadata: { name: cart-goes-on }, data: { image: $(image)$ } }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: run-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: run, templateRef: { kind: ClusterImageTemplate, name: run-NS } }
    - { name: goes-on, images: [{ name: app, resource: run }], templateRef: { kind: ClusterTemplate, name: on-NS } }
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS } }
spec: {}
`

// yttBomb is a chain of one step in ytt that does something before its object.
func yttBomb(code string) string {
	return withYtt(code + "\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cart")
}

// TestAttempts tries each attempt of the table against a real control plane with the agent as it is shipped.
func TestAttempts(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{})
	f := &fortress{world: newWorld(t, cp)}
	installRights(t, cp, install.Config{Options: install.Options{MetricsSecure: true}})
	kubeconfig := agentKubeconfig(t, cp)
	var err error
	if f.agentConfig, err = clientcmd.BuildConfigFromFlags("", kubeconfig); err != nil {
		t.Fatal(err)
	}
	f.agent = startAgent(t, kubeconfig, "--metrics-secure")
	t.Cleanup(func() { f.agent.Kill() })
	t.Run("attempt", func(t *testing.T) {
		for _, a := range attempts {
			t.Run(a.who+": "+a.what, func(t *testing.T) {
				t.Parallel()
				a.try(f, t)
			})
		}
	})
}

// TestAttemptsAreDocumented: the table of docs/security.md is that of the attempts.
func TestAttemptsAreDocumented(t *testing.T) {
	const begin, end = "<!-- attempts: made by go test ./test/e2e/agent -run TestAttemptsAreDocumented -update -->\n", "<!-- end of attempts -->\n"
	var table strings.Builder
	table.WriteString("| who | tries | how it ends | told by |\n|---|---|---|---|\n")
	for _, a := range attempts {
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", a.who, a.what, a.ends, a.told)
	}
	path := filepath.Join("..", "..", "..", "docs", "security.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), begin)
	documented, after, ok2 := strings.Cut(rest, end)
	switch {
	case !ok || !ok2:
		t.Fatalf("%s has no place for the attempts", path)
	case documented == table.String():
	case *update:
		if err := os.WriteFile(path, []byte(before+begin+table.String()+end+after), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is stale; run: go test ./test/e2e/agent -run TestAttemptsAreDocumented -update", path)
	}
}
