package sessions

import "testing"

// TestTheLogsOfCart: they come by themselves, until somebody wants to read.
func TestTheLogsOfCart(t *testing.T) {
	t.Parallel()
	s := open(t, theShop(t).Kubeconfig, 100, 16, inShop...)
	s.line("› cart", "7/7").press("l").line("workloads › logs", "following").sees("GET /cart").misses("no lines yet")

	t.Log("reading stops them, f goes on")
	s.press("g").sees("line 1 of", "not following")
	s.line("  starting, version") // after the name of the pod, as there are two
	still := s.line4()
	s.sees(" new")
	if now := s.line4(); now != still {
		s.Errorf("it moves while somebody reads: %q was where %q is", still, now)
	}
	s.press("f").misses("not following").misses("listening on")
	s.press("k").sees("not following").press("G").misses("not following")

	t.Log("what they look like")
	s.press("g").sees("not following", "listening on")
	s.press("t").line(":", ".", "starting, version")
	s.press("t").sees(still)
	s.press("w").sees("wrapped").press("w").misses("wrapped")

	t.Log("search")
	s.press("/").types("sku=").press("enter").sees(`of "sku="`, "match 1/").press("n").sees("match 2/").press("N").sees("match 1/")
	s.press("esc").misses("match 1/")

	t.Log("the instances before")
	s.press("p").sees("previous logs", "no container has restarted", "the logs end here")
	s.press("p").misses("previous logs").sees("GET /cart")
	s.press("c").sees("copied the logs of cart")
	s.press("esc").sees("8 workloads").press("q").ends(0)
}
