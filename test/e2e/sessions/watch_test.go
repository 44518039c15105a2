package sessions

import "testing"

// TestWatchingTheShop is somebody who leaves the table open, and looks here and there.
func TestWatchingTheShop(t *testing.T) {
	t.Parallel()
	s := open(t, theShop(t).Kubeconfig, 120, 24, inShop...)
	s.line("Carto", "namespace shop", "read-only", "● live")
	s.line("workloads", "8 workloads", "✓ 5 ready", "✗ 3 failed")
	s.line("cart", "store", "✓ Ready", "7/7").line("checkout", "✗ Failed", "1/7", "TestTotal: expected")
	s.line("payment", "✗ Failed", "no ClusterSupplyChain selects").line("search", "✗ Failed", "0/4", "resolve branch")

	t.Log("filters")
	s.press("/").types("ca").sees("2 of 8").line("› cart").line("catalog").misses("checkout")
	s.press("enter").sees("filter ca").misses("/ca ")
	s.press("esc").sees("8 workloads").line("checkout")
	s.press("/").types("!ca").sees("6 of 8").line("checkout").misses("catalog")
	s.press("enter").misses("/!ca").press("esc").line("catalog")
	s.press("/").types("nothing like it").sees("None of 8 workloads matches", "esc clears the filter")
	s.press("esc").line("catalog")
	s.press("/").types("-l apps.tanzu.vmware.com/workload-type=web").sees("2 of 8").line("catalog").line("search").misses("checkout")
	s.press("esc").line("checkout")
	s.press("/").types("-f ivtr").sees("1 of 8", "best match first").line("› inventory").misses("invoices")
	s.press("enter").sees("filter -f ivtr").press("esc").line("invoices")

	t.Log("problems only, order, marks")
	s.press("ctrl+z").sees("only problems", "3 of 8").misses("catalog")
	s.press("ctrl+z").line("catalog")
	s.press("g", "s").sees("by type ↑", "TYPE ↑").press("S").sees("by type ↓", "TYPE ↓")
	s.press("space", "j", "space").sees("2 marked").press("c").sees("copied 2 names")
	s.press("esc").misses("marked").line("checkout")
	s.press("ctrl+w").sees("LABELS").press("ctrl+w").misses("LABELS")

	t.Log("the other kinds")
	s.press("tab").sees("2 deliverables").line("cart-staging", "✓ Ready", "4/4", "staging")
	s.press("tab").sees("3 runnables").line("inventory-test", "✓ Ready")
	s.press("tab").sees("4 supply chains").line("store", "✓ Ready", "7", "3")
	s.press("shift+tab").sees("3 runnables")
	s.press(":").types("dlv").press("enter").sees("2 deliverables")
	s.press(":").types("run").press("enter").sees("3 runnables")
	s.press(":").types("cdl").press("enter").sees("1 delivery").line("staging", "✓ Ready")
	s.press(":").types("csc").press("enter").sees("4 supply chains").line("› store")
	s.press("enter").sees("workloads of store", "3 workloads").line("cart").line("checkout").line("orders").misses("catalog")
	s.press("esc").sees("4 supply chains")

	t.Log("namespaces")
	s.press(":").types("wld").press("enter").sees("8 workloads")
	s.press(":").types("ns all").press("enter").line("Carto", "all namespaces").line("shop", "cart", "✓ Ready")
	s.press("1").line("Carto", "namespace shop").sees("8 workloads")
	s.press("9").sees("no namespace has the number 9 yet")
	s.press("0").line("Carto", "all namespaces").sees("in all namespaces")
	s.press(":").types("ns shoop").press("enter").sees("there is no namespace shoop", "shop")
	s.press(":").types("ns shop").press("enter").line("Carto", "namespace shop").line("checkout")

	t.Log("help, what is not understood, and the end")
	s.press("?").sees("› keys", "namespace: 0 all").press("esc").misses("› keys").sees("8 workloads")
	s.press(":").types("wdl").press("enter").sees(`there is no command :wdl`)
	s.press("q").ends(0)
}

// TestTheMouse selects a row, and leaves the terminal's own selection alone when it is off.
func TestTheMouse(t *testing.T) {
	t.Parallel()
	s := open(t, theShop(t).Kubeconfig, 100, 24, inShop...)
	s.line("› cart").line("search", "✗ Failed")
	_, y := s.at("inventory")
	s.must(s.Click(4, y))
	s.line("› inventory").misses("› cart")
	s.press("ctrl+t").sees("it selects text")
	s.press("q").ends(0)
}
