package agent

import (
	"path/filepath"
	"testing"

	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/install"
	"github.com/carto-run/carto/test/harness"
)

// TestInstalledRights runs the agent as the account and with the roles that the plugin installs, and takes some away: what
// the agent itself may not do is told apart from what an owner's account may not do, and heals by itself.
func TestInstalledRights(t *testing.T) {
	t.Parallel()
	cp := harness.New(t, harness.Options{})
	w := newWorld(t, cp)
	installRights(t, cp, install.Config{})
	w.agent = startAgent(t, agentKubeconfig(t, cp), "--leader-elect", "--namespace", install.DefaultNamespace)
	t.Cleanup(func() { w.agent.Kill() })

	n := w.tenant(t)
	group := "unreadable.example"
	n.apply(stubCRD("onces", group, "Once", "v1"))
	once := "apiVersion: " + group + "/v1\nkind: Once\nmetadata: { generateName: a- }\nspec: {}"
	n.apply(replace(withBody(once), "  template:", "  lifecycle: immutable\n  template:") + "---" + onceBody(once))

	t.Log("the agent may not read what it should stamp")
	n.expect("cart", "SupplyChainReady=True/Ready ResourcesSubmitted=False/FailedToListCreatedObjects ResourcesHealthy=Unknown/HealthyConditionRule Ready=False/FailedToListCreatedObjects",
		"only: ResourceSubmitted=False/FailedToListCreatedObjects Healthy=Unknown/NoStampedObject Ready=False/FailedToListCreatedObjects")
	n.expectMessage("cart", "Ready", "the agent can not list onces.unreadable.example", "carto.run/aggregate-to-agent")
	n.expectOf(runnables, "cart", runNot("FailedToListCreatedObjects"))

	t.Log("it may read it, but not act for anybody")
	roles := gvr{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"}
	patch := func(name, patch string) {
		t.Helper()
		if _, err := w.client.Resource(roles).Patch(t.Context(), name, types.JSONPatchType, []byte(patch), v1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	patch("carto-agent", `[{"op":"test","path":"/rules/2/verbs/0","value":"impersonate"},{"op":"replace","path":"/rules/2/verbs","value":["get"]}]`)
	harness.ApplyYAML(t, cp.Config, "", `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: more, labels: { carto.run/aggregate-to-agent: "true" } }
rules: [{ apiGroups: [unreadable.example], resources: [onces], verbs: [get, list, watch] }]
`)
	const noToken = "SupplyChainReady=True/Ready ResourcesSubmitted=False/ServiceAccountTokenError ResourcesHealthy=Unknown/HealthyConditionRule Ready=False/ServiceAccountTokenError"
	n.expect("cart", noToken)
	n.expectMessage("cart", "Ready", "the agent may not act as this service account", "cannot impersonate")
	n.expectOf(runnables, "cart", "RunTemplateReady=False/ServiceAccountTokenError Ready=False/ServiceAccountTokenError")

	t.Log("it may")
	patch("carto-agent", `[{"op":"replace","path":"/rules/2/verbs","value":["impersonate"]}]`)
	n.expect("cart", allReady)
	n.expectOf(runnables, "cart", runBusy)
}

// installRights gives the agent the account and the roles of an installation; without nodes, none of its pods runs.
func installRights(t *testing.T, cp *harness.ControlPlane, c install.Config) {
	t.Helper()
	c.Namespace, c.Image = install.DefaultNamespace, "none"
	text, err := install.YAML(c)
	if err != nil {
		t.Fatal(err)
	}
	harness.ApplyYAML(t, cp.Config, "", string(text))
}

// agentKubeconfig is for the agent's own service account.
func agentKubeconfig(t *testing.T, cp *harness.ControlPlane) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := cp.WriteKubeconfig(t.Context(), install.DefaultNamespace, install.AgentName, path); err != nil {
		t.Fatal(err)
	}
	return path
}
