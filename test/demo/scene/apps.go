package scene

// app is a repository and, unless it has no labels, its Workload.
type app struct {
	name   string
	labels string
	branch string
	// ops is the repository that it is deployed from.
	ops   string
	files map[string]string
}

const (
	web   = "apps.tanzu.vmware.com/workload-type: web, app.kubernetes.io/part-of: shop"
	chain = "apps.tanzu.vmware.com/workload-type: store, app.kubernetes.io/part-of: shop"
)

// passes are the files of an application whose tests and scan pass.
var passes = map[string]string{"main.go": "package main\n", "test.sh": "echo ok\n", "scan.sh": "echo nothing found\n"}

// manifests are those of an application that is deployed by a Deliverable.
func manifests(name string) map[string]string {
	return map[string]string{
		"probe.sh": "echo it answers\n",
		"manifests/config.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: ` + name + `-staging}
data: {greeting: hello}
`,
	}
}

var apps = []app{
	{name: "cart-ops", files: manifests("cart")},
	{name: "orders-ops", files: manifests("orders")},
	{name: "cart", labels: chain, ops: "cart-ops", files: passes},
	{name: "orders", labels: chain, ops: "orders-ops", files: passes},
	{name: "checkout", labels: chain, ops: "cart-ops", files: map[string]string{
		"main.go": "package main\n", "scan.sh": "echo nothing found\n",
		"test.sh": "echo 'TestTotal: expected 4, got 5' >&2; exit 1\n",
	}},
	{name: "catalog", labels: web, files: passes},
	{name: "search", labels: web, branch: "nowhere", files: passes},
	{name: "payment", labels: "apps.tanzu.vmware.com/workload-type: wep", files: passes}, // a slip of the pen
	{name: "inventory", labels: "shop.example/testing: runnable", files: passes},
	{name: "invoices", labels: "shop.example/testing: step", files: passes},
}
