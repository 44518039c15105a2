package sessions

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/test/harness"
)

// People who may not see everything. Nora sees what was stamped, but no pods; Leo sees pods, but not their logs; Sam sees
// nothing outside of the shop.
const people = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: sees-stamped}
rules:
- {apiGroups: [carto.run, source.toolkit.fluxcd.io, tekton.dev, kpack.io, apps, kappctrl.k14s.io], resources: ["*"], verbs: [get, list, watch]}
- {apiGroups: [""], resources: [configmaps], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: sees-pods}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: sees-stamped}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: sees-stamped}
subjects: [{kind: User, name: nora}, {kind: ServiceAccount, name: leo, namespace: shop}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: sees-pods}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: sees-pods}
subjects: [{kind: ServiceAccount, name: leo, namespace: shop}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: sam, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: sees-stamped}
subjects: [{kind: User, name: sam}]
`

// TestFewRights: what somebody may not see is named; all else is there.
func TestFewRights(t *testing.T) {
	t.Parallel()
	shop := theShop(t)
	harness.ApplyYAML(t, shop.Config, "shop", people)
	t.Run("no pods", func(t *testing.T) {
		t.Parallel()
		s := open(t, shop.Kubeconfig, 120, 40, "-n", "shop", "--as", "nora", "workload/cart")
		s.sees("7 of 7 steps ready").press("J").sees("pods").sees("no permission to list pods")
		s.press("l").sees("› logs", "no permission to list pods in namespace shop")
		s.press("esc").misses("› logs").press("v").sees("› events").sees("events")
		s.press("esc").misses("› events").press("q").ends(0)
	})
	t.Run("no logs", func(t *testing.T) {
		t.Parallel()
		s := open(t, shop.Kubeconfig, 120, 40, "-n", "shop", "--as", "system:serviceaccount:shop:leo", "workload/cart")
		s.sees("7 of 7 steps ready").press("J").line("─ shop/cart ─").press("l").sees("› logs", "pods/log")
		s.press("esc").misses("› logs").press("q").ends(0)
	})
	t.Run("one namespace", func(t *testing.T) {
		t.Parallel()
		s := open(t, shop.Kubeconfig, 120, 24, "-n", "shop", "--as", "sam")
		s.line("› cart", "✓ Ready", "7/7")
		s.press(":").types("ns all").press("enter").line("Carto", "all namespaces").sees(":ns NAME")
		s.press("1").line("Carto", "namespace shop").line("cart", "✓ Ready")
		s.press(":").types("ns kube-system").press("enter").line("Carto", "namespace kube-system").sees("forbidden")
		s.press(":").types("csc").press("enter").sees("supply chains", "forbidden")
		s.press(":").types("wld").press("enter")
		s.press("1").line("› cart", "✓ Ready")
		s.press("enter").sees("7 of 7 steps ready").press("q").ends(0)
	})
}

// TestDeletedWhileShown: what was known stays on the screen, with the word that it is gone.
func TestDeletedWhileShown(t *testing.T) {
	t.Parallel()
	shop := theShop(t)
	namespace, client := yard(t, shop)
	opens(t, shop, namespace, "stall", "shop.example/testing: step", repository(t, shop, "invoices"))
	s := open(t, shop.Kubeconfig, 120, 40, "-n", namespace, "--write")
	s.line("› stall", "3/3").press("enter").sees("3 of 3 steps ready").press("J").line("─ " + namespace + "/stall")
	s.press("y").sees("› yaml", "YAML of Workload/stall")
	s.must(client.Delete(context.Background(), "stall", metav1.DeleteOptions{}))
	s.sees("Deleted: this is how it was last.").press("esc").misses("› yaml")
	s.sees("was deleted").line("fetch").press("J", "D").misses("to confirm")
	s.press("esc").sees("0 workloads").misses("stall ")
	opens(t, shop, namespace, "stall", "shop.example/testing: step", repository(t, shop, "invoices"))
	s.line("› stall").press("q").ends(0)
}
