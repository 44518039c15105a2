package sessions

import (
	"context"
	"testing"
)

// TestACommitTravels: what is pushed is seen in the boxes, one after the other, and stays right.
func TestACommitTravels(t *testing.T) {
	t.Parallel()
	shop := theShop(t)
	s := open(t, shop.Kubeconfig, 220, 40, "-n", "shop", "workload/orders")
	s.sees("7 of 7 steps ready", "main@sha1:", "orders@sha256")
	before := s.revision()
	s.must(shop.Commit(context.Background(), "orders", nil))
	s.misses(before).sees("7 of 7 steps ready", "main@sha1:")
	after := s.revision()
	s.press("G").line("─ Deliverable/orders-staging ─")
	s.press("g").line("─ shop/orders ─").press("right").line("─ step fetch ─").line("revision", after)
	s.press("right").line("─ step test ─").press("H").sees("› history").line("1", "orders-test-").line("2", "orders-test-", "✓ succeeded")
	s.press("x").sees("› diff", "orders-test-").line("+", after).line("-", before)
	s.press("esc").misses("› diff").press("esc").misses("› history")
	s.sees(after, "7 of 7 steps ready").misses(before)
	s.press("ctrl+r").sees(after, "7 of 7 steps ready")
	s.press("ctrl+c").ends(0)
}
