package sessions

import "testing"

// TestWhyCheckoutIsStuck goes from the one line that says it to all that is known about it.
func TestWhyCheckoutIsStuck(t *testing.T) {
	t.Parallel()
	s := open(t, theShop(t).Kubeconfig, 120, 40, inShop...)
	s.line("checkout", "✗ Failed", "1/7").press("/").types("checkout").sees("1 of 8").press("enter").misses("/checkout")
	s.press("enter").line("workloads › shop/checkout", "1 of 7 steps ready")
	s.sees("✗ Failed: workload shop/checkout is not ready: step test failed: TaskRun checkout-test-", "exit status")
	s.sees("1: TestTotal: expected 4, got 5.", "next: d describes TaskRun/checkout-test-")
	s.line("─ step test ─") // at fault, so it is selected
	s.line("State", "✗ Failed").line("✓ code ← fetch").sees("◌")

	t.Log("panes of the step")
	s.press("y").sees("› yaml", "YAML of TaskRun/checkout-test-", "apiVersion: tekton.dev/v1")
	s.press("/").types("carto.run").press("enter").sees(`match 1/`, `of "carto.run"`)
	s.press("n").sees("match 2/").press("n").sees("match 3/").press("N").sees("match 2/")
	s.press("/").types("no such thing").press("enter").sees(`no match for "no such thing"`)
	s.press("esc").misses("no match for").press("esc").misses("› yaml")
	for _, pane := range []struct {
		key, title string
		shows      []string
	}{
		{"d", "› describe", []string{"Template", "ClusterSourceTemplate/testing-taskrun", "code (source), of step fetch", "Conditions", "carto.run/workload-name = checkout"}},
		{"v", "› events of test", []string{"StampedObjectApplied", "Created object [taskruns.tekton.dev/checkout-test-"}},
		{"i", "› why", []string{"Who waits for whom", "these steps wait for it: build, scan, configure, run, promote", "store (score 1): selected"}},
		{"P", "› params", []string{`registry = "registry.example/shop": from the blueprint, which locks it`, "replicas = 2"}},
		{"H", "› history", []string{"Runs of step test", "✗ failed", "TestTotal: expected 4, got 5"}},
		{"x", "› diff", []string{"Only one version was seen", "checkout-test-"}},
		{"l", "› logs of test", []string{"no pods yet; waiting for them"}},
	} {
		s.press(pane.key).sees(pane.title).sees(pane.shows...)
		s.press("esc").misses(pane.title)
	}

	t.Log("what is copied is in the clipboard")
	s.press("c").sees("copied TaskRun/checkout-test-")
	s.line("TaskRun/" + s.Clipboard())
	s.press("J").line("─ shop/checkout ─").press("c").sees("copied Workload/checkout")
	if got := s.Clipboard(); got != "checkout" {
		s.Errorf("the clipboard has %q", got)
	}
	s.press("n").line("─ step test ─").press("n").line("─ step build ─").press("N").line("─ step test ─")
	s.press("esc").sees("filter checkout").press("q").ends(0)
}

// TestFromAWorkloadToItsDeliverable: what a workload stamps may be an owner itself.
func TestFromAWorkloadToItsDeliverable(t *testing.T) {
	t.Parallel()
	s := open(t, theShop(t).Kubeconfig, 220, 40, "-n", "shop", "workload/cart")
	s.sees("✓ Ready: workload shop/cart has been ready", "7 of 7 steps ready", "─ step fetch ─")
	s.line("fetch", "code", "test", "tested", "build", "app", "scan") // from left to right
	s.press("right").line("─ step test ─").press("left").line("─ step fetch ─")
	s.press("G").line("─ Deliverable/cart-staging ─").sees("4 of 4 steps ready ▸")
	s.press("enter").line("workloads › shop/cart › shop/cart-staging", "4 of 4 steps ready").line("fetch", "deploy", "probe", "promote")
	s.press("esc").line("workloads › shop/cart", "7 of 7 steps ready").line("─ Deliverable/cart-staging ─")
	s.press("f").misses("─ Deliverable/cart-staging ─").press("f").line("─ Deliverable/cart-staging ─")
	s.press("esc").line("workloads", "8 workloads").press("q").ends(0)
}
