package agent

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/test/harness"
)

func replace(text, old, replacement string) string { return strings.ReplaceAll(text, old, replacement) }
func replaceNS(text, ns string) string             { return strings.ReplaceAll(text, "NS", ns) }

// conditionsOf shows the conditions of any object as summary does.
func conditionsOf(u *unstructured.Unstructured) string {
	list, _ := field(u, "status", "conditions").([]any)
	texts := make([]string, len(list))
	for i, item := range list {
		c := item.(map[string]any)
		texts[i] = fmt.Sprintf("%s=%s/%s", c["type"], c["status"], c["reason"])
	}
	return strings.Join(texts, " ")
}

// oneStep is a chain with one step, whose template body is BODY.
const oneStep = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: one-NS }
spec:
  template:
BODY
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: one-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  params: [{ name: big, default: x }]
  resources: [{ name: only, templateRef: { kind: ClusterTemplate, name: one-NS } }]
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS } }
spec: {}
`

func withBody(body string) string {
	return replace(oneStep, "BODY", "    "+replace(strings.TrimSpace(body), "\n", "\n    "))
}

const configMapBody = `
apiVersion: v1
kind: ConfigMap
metadata: { name: cart }
data: { x: "$(params.big)$" }`

const (
	stampFailure = "SupplyChainReady=True/Ready ResourcesSubmitted=False/TemplateStampFailure ResourcesHealthy=Unknown/HealthyConditionRule Ready=False/TemplateStampFailure"
	rejected     = "SupplyChainReady=True/Ready ResourcesSubmitted=False/TemplateRejectedByAPIServer ResourcesHealthy=Unknown/HealthyConditionRule Ready=False/TemplateRejectedByAPIServer"
)

// TestBodiesThatCanNotBeStamped: each says where and why, on the owner.
func TestBodiesThatCanNotBeStamped(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason, body, conditions string
		says                     []string
	}{
		"unknown root":   {"the known ones are listed", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: $(wrkload.metadata.name)$ }", stampFailure, []string{"resource only", "ClusterTemplate one-NS", "one-NS", "at metadata.name", "$(wrkload.metadata.name)$", "workload"}},
		"out of range":   {"the path is named", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { x: \"$(workload.spec.env[3].name)$\" }", stampFailure, []string{"at data.x", "index out of range"}},
		"no name":        {"a mutable object needs one", "apiVersion: v1\nkind: ConfigMap\nmetadata: { generateName: a- }", stampFailure, []string{"metadata.name is empty"}},
		"cluster-scoped": {"the garbage collector would delete it", "apiVersion: v1\nkind: Namespace\nmetadata: { name: a }", stampFailure, []string{"namespaces is cluster-scoped"}},
		"invalid":        {"the API server's words", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: Not_A_Name }", rejected, []string{"NS/Not_A_Name", "resource only", "one-NS", "Not_A_Name"}},
		"no kind yet":    {"an unknown kind", "apiVersion: nowhere.example/v1\nkind: Thing\nmetadata: { name: a }", rejected, []string{"Thing.nowhere.example", "no matches for kind"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := sharedWorld(t).tenant(t)
			n.apply(withBody(tc.body))
			n.expect("cart", tc.conditions)
			n.expectMessage("cart", "ResourcesSubmitted", tc.says...)
		})
	}
}

// TestKindAppears: a CRD that comes later is enough.
func TestKindAppears(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	group := strings.ReplaceAll(n.ns, "-", "") + ".example"
	n.apply(withBody("apiVersion: " + group + "/v1\nkind: Late\nmetadata: { name: cart }\nspec: { a: 1 }"))
	n.expect("cart", rejected)
	n.apply(stubCRD("lates", group, "Late", "v1"))
	n.expect("cart", allReady)
	n.mustGet(gvr{Group: group, Version: "v1", Resource: "lates"}, "cart")
}

// TestRightsAppear: a RoleBinding, then only the Role, is enough.
func TestRightsAppear(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	bindings := gvr{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"}
	n.delete(bindings, "stamper")
	n.apply(withBody(configMapBody))
	n.expect("cart", rejected)
	n.expectMessage("cart", "ResourcesSubmitted", "forbidden", "system:serviceaccount:NS:stamper")

	const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: stamper }
rules: [{ apiGroups: [""], resources: [configmaps], verbs: [VERBS] }]
`
	n.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: limited }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: stamper }
subjects: [{ kind: ServiceAccount, name: stamper, namespace: NS }]
`)
	n.apply(replace(role, "VERBS", "get"))
	n.expectMessage("cart", "ResourcesSubmitted", "forbidden")
	n.apply(replace(role, "VERBS", "create, patch"))
	n.expect("cart", allReady)
}

// TestQuotaIsRaised: what no role can help against is tried again by itself.
func TestQuotaIsRaised(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.mustGet(configMaps, "kube-root-ca.crt")
	const quota = `
apiVersion: v1
kind: ResourceQuota
metadata: { name: small }
spec: { hard: { count/configmaps: "HARD" } }
`
	n.apply(replace(quota, "HARD", "1"))
	n.eventually(func() error {
		used, err := n.get(gvr{Version: "v1", Resource: "resourcequotas"}, "small")
		if err == nil && field(used, "status", "used", "count/configmaps") != "1" {
			err = fmt.Errorf("the quota counts %v", field(used, "status", "used"))
		}
		return err
	})
	n.apply(withBody(configMapBody))
	n.expect("cart", rejected)
	n.expectMessage("cart", "ResourcesSubmitted", "forbidden: exceeded quota: small")
	n.apply(replace(quota, "HARD", "10"))
	n.expect("cart", allReady)
}

// TestWaysToRights: an owner that was refused goes on, by whichever way its account gets the rights.
func TestWaysToRights(t *testing.T) {
	t.Parallel()
	const binding = `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: way }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ROLE }
subjects: [SUBJECT]
`
	const part = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: part-NS, labels: { part-of: NS } }
rules: [{ apiGroups: [""], resources: [configmaps], verbs: [create, patch] }]
`
	subject := func(text string) string { return replace(replace(binding, "ROLE", "edit"), "SUBJECT", text) }
	for name, tc := range map[string]struct {
		reason string
		// before is applied before the owner is refused, way after it.
		before, way string
	}{
		"an account without its namespace": {"it is that of the binding", "", subject("{ kind: ServiceAccount, name: stamper }")},
		"a user":                           {"by the account's full name", "", subject("{ apiGroup: rbac.authorization.k8s.io, kind: User, name: system:serviceaccount:NS:stamper }")},
		"all accounts of the namespace":    {"each is in a group of them", "", subject("{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: system:serviceaccounts:NS }")},
		"all accounts":                     {"each is in this group, too", "", subject("{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: system:serviceaccounts }")},
		"a part of an aggregated ClusterRole": {"a controller writes its rules into the one that is bound", `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: whole-NS }
aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part-of: NS } }] }
---` + replace(replace(binding, "ROLE", "whole-NS"), "SUBJECT", "{ kind: ServiceAccount, name: stamper, namespace: NS }"), part},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Log(tc.reason)
			n := sharedWorld(t).tenant(t)
			n.delete(gvr{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"}, "stamper")
			if tc.before != "" {
				n.apply(tc.before)
			}
			n.apply(withBody(configMapBody))
			n.expect("cart", rejected)
			n.apply(tc.way)
			n.expect("cart", allReady)
		})
	}
}

// tryRightsElsewhere: roles and bindings give nothing outside of their namespace, whomever they name. Were those who wait for
// rights woken by them, one tenant could have all others send their refused writes again, as often as it likes.
func tryRightsElsewhere(_ *fortress, t *testing.T) {
	cp := harness.New(t, harness.Options{AuditLog: true})
	w := newWorld(t, cp)
	w.agent = startAgent(t, cp.Kubeconfig)
	t.Cleanup(w.agent.Kill)
	n, other := w.tenant(t), w.tenant(t)
	n.delete(gvr{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"}, "stamper")
	n.apply(withBody(configMapBody))
	n.expect("cart", rejected)
	awaitRest(t, cp) // what it was refused at first may have been tried again

	const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: stampers }
rules: [{ apiGroups: [""], resources: [configmaps], verbs: [create, patch, VERB] }]
`
	const binding = `
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: stampers }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: stampers }
subjects:
  - { kind: ServiceAccount, name: stamper, namespace: THEIRS }
  - { apiGroup: rbac.authorization.k8s.io, kind: Group, name: system:serviceaccounts }
`
	written := func(since harness.Mark) int {
		t.Helper()
		count, err := cp.CountRequests(t.Context(), harness.Filter{UserAgent: "carto-agent", Namespace: n.ns, Resource: "configmaps", Verbs: harness.Writes, Since: since})
		if err != nil {
			t.Fatal(err)
		}
		return count
	}
	before, err := cp.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other.apply(replace(role, "VERB", "get") + replace(binding, "THEIRS", n.ns))
	other.apply(replace(role, "VERB", "list"))
	time.Sleep(4 * time.Second) // the agent wakes once more after 2 s
	if count := written(before); count > 0 {
		t.Errorf("the refused write was sent %d times again", count)
	}
	n.apply(replace(role, "VERB", "get") + replace(binding, "THEIRS", n.ns))
	n.expect("cart", allReady)
	if written(before) == 0 {
		t.Error("the audit log has no write either when there is one: the test shows nothing")
	}
}

// TestForeignObjects: an object of the same name that somebody else controls is left
// alone; one that nobody controls becomes the owner's.
func TestForeignObjects(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(`
apiVersion: v1
kind: ConfigMap
metadata: { name: boss }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: free }
data: { mine: kept }
`)
	boss := n.mustGet(configMaps, "boss")
	n.apply(replace(`
apiVersion: v1
kind: ConfigMap
metadata:
  name: cart
  ownerReferences: [{ apiVersion: v1, kind: ConfigMap, name: boss, uid: UID, controller: true }]
data: { x: theirs }
`, "UID", string(boss.GetUID())))
	n.apply(withBody(configMapBody))
	n.expect("cart", rejected, "only: ResourceSubmitted=False/TemplateRejectedByAPIServer Healthy=Unknown/NoStampedObject Ready=False/TemplateRejectedByAPIServer")
	if got := field(n.mustGet(configMaps, "cart"), "data", "x"); got != "theirs" {
		t.Errorf("the foreign object was changed: %v", got)
	}
	n.delete(configMaps, "cart")
	n.expect("cart", allReady)

	n.apply(withBody(replace(configMapBody, "name: cart", "name: free")))
	n.eventually(func() error {
		free, err := n.get(configMaps, "free")
		if err == nil && (field(free, "data", "x") != "x" || field(free, "data", "mine") != "kept" || len(free.GetOwnerReferences()) != 1) {
			err = fmt.Errorf("not adopted: %v, owners %v", field(free, "data"), free.GetOwnerReferences())
		}
		return err
	})
	n.expectGone(configMaps, "cart") // the template stamps another name now
}

// TestDrift: fields that the template sets are put back, foreign ones are left alone,
// and what the template no longer sets is removed.
func TestDrift(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(withBody(`
apiVersion: v1
kind: ConfigMap
metadata: { name: cart, labels: { mine: "yes" } }
data: { a: "1", b: "2" }`))
	n.expect("cart", allReady)
	n.patch(configMaps, "cart", `{"metadata":{"labels":{"foreign":"kept"}},"data":{"a":"changed","b":null,"theirs":"kept"}}`)
	n.eventually(func() error {
		cm, err := n.get(configMaps, "cart")
		if err == nil && fmt.Sprint(field(cm, "data")) != "map[a:1 b:2 theirs:kept]" {
			err = fmt.Errorf("data is %v", field(cm, "data"))
		}
		return err
	})
	if got := n.mustGet(configMaps, "cart").GetLabels()["foreign"]; got != "kept" {
		t.Errorf("a foreign label was removed")
	}
	n.apply(withBody(`
apiVersion: v1
kind: ConfigMap
metadata: { name: cart }
data: { b: "2" }`))
	n.eventually(func() error {
		cm, err := n.get(configMaps, "cart")
		if err == nil && (fmt.Sprint(field(cm, "data")) != "map[b:2 theirs:kept]" || cm.GetLabels()["mine"] != "") {
			err = fmt.Errorf("data is %v, labels %v", field(cm, "data"), cm.GetLabels())
		}
		return err
	})
}

// TestDriftOfTheLastField: the only field of a map is put back too. What is left of it in
// the API server's books looks like a map that is owned as a whole.
func TestDriftOfTheLastField(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(withBody(`
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: cart }
spec: { interval: 1m, ref: { branch: main } }`))
	n.expect("cart", allReady)
	for _, patch := range []string{`{"spec":{"ref":{"branch":"nowhere"}}}`, `{"spec":{"ref":{"branch":null}}}`} {
		n.patch(gitRepos, "cart", patch)
		n.eventually(func() error {
			repo, err := n.get(gitRepos, "cart")
			if err == nil && fmt.Sprint(field(repo, "spec", "ref")) != "map[branch:main]" {
				err = fmt.Errorf("after %s spec.ref is %v", patch, field(repo, "spec", "ref"))
			}
			return err
		})
	}
}

// TestFightEnds: somebody who keeps changing a field does not make the agent write as
// often as they do.
func TestFightEnds(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(withBody(configMapBody))
	n.expect("cart", allReady)
	mark, err := n.cp.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		n.patch(configMaps, "cart", fmt.Sprintf(`{"data":{"x":"fight %d"}}`, i))
		time.Sleep(25 * time.Millisecond) // the rhythm of the one who fights, not a wait
	}
	writes, err := n.cp.CountRequests(t.Context(), harness.Filter{Namespace: n.ns, Resource: "configmaps", ImpersonatedUser: "system:serviceaccount:" + n.ns + ":stamper", Since: mark})
	if err != nil {
		t.Fatal(err)
	}
	if writes == 0 || writes > 6 {
		t.Errorf("%d writes against 40 changes: some are due, but not one for each", writes)
	}
}

// TestLimits: values of 1 MiB flow. (Names beyond the limits of labels are refused at
// admission, which has its own tests.)
func TestLimits(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(withBody(replace(configMapBody, "name: cart", "name: $(workload.metadata.name)$")))
	n.expect("cart", allReady)
	n.patch(workloads, "cart", `{"spec":{"params":[{"name":"big","value":"`+strings.Repeat("y", 1<<20-4096)+`"}]}}`)
	n.eventually(func() error {
		cm, err := n.get(configMaps, "cart")
		if err == nil && len(fmt.Sprint(field(cm, "data", "x"))) < 1<<20-4096 {
			err = fmt.Errorf("the value did not arrive")
		}
		return err
	})

}

// TestBlueprintEdited: a step that disappears takes its object along.
func TestBlueprintEdited(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(configMapTemplate("cm-a", "a") + configMapTemplate("cm-b", "b"))
	const chain = `
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: edited-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: a, templateRef: { kind: ClusterTemplate, name: cm-a-NS } }
`
	n.apply(chain + `    - { name: b, templateRef: { kind: ClusterTemplate, name: cm-b-NS } }
---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS } }
spec: {}
`)
	n.expect("cart", allReady)
	n.mustGet(configMaps, "cart-b")
	n.apply(chain)
	n.expectGone(configMaps, "cart-b")
	n.expect("cart", allReady, "a: ResourceSubmitted=True/ResourceSubmissionComplete Healthy=True/AlwaysHealthy Ready=True/Ready")
}
