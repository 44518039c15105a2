package owner

import (
	"testing"

	"github.com/carto-run/carto/pkg/why"
)

// TestNext: a key is named where one does what the command does; others stay, to be copied.
func TestNext(t *testing.T) {
	t.Parallel()
	const pod = "Pod/cart-build-1-build-pod"
	for _, tc := range []struct {
		reason, command string
		press           []string
		want            string
	}{
		{"what is below the step at fault is in the detail", "kubectl describe pod cart-build-1-build-pod -n shop", nil, "tab to " + pod + ", d describes it"},
		{"the object of the step is selected", "kubectl describe images.kpack.io cart -n shop", nil, "d describes Image/cart"},
		{"of another step it is not", "kubectl describe images.kpack.io cart -n shop", []string{"k"}, "kubectl describe images.kpack.io cart -n shop"},
		{"the logs of a step are those of its pods", "kubectl logs cart-build-1-build-pod -c build -n shop", nil, "l shows its logs"},
		{"those before are a key further", "kubectl logs cart-build-1-build-pod -c build -n shop --previous", nil, "l shows its logs, then p those of the instance before"},
		{"why is i", "kubectl carto why workload/cart -n shop", nil, "i says more"},
		{"what was not read can not be selected", "kubectl describe resourcequotas -n shop", nil, "kubectl describe resourcequotas -n shop"},
		{"of another namespace neither", "kubectl describe pod cart-build-1-build-pod -n other", nil, "kubectl describe pod cart-build-1-build-pod -n other"},
		{"remedies are commands, by the name of the program", "kubectl carto supplychain list -o wide", nil, "kubectl-carto supplychain list -o wide"},
		{"a hostile one breaks nothing", "kubectl", nil, "kubectl"},
		{"nothing", "", nil, ""},
	} {
		s := failed()
		s.Why = &why.Why{Subject: s.Why.Subject, Cause: s.Why.Cause, Next: []string{tc.command}}
		d, m := show(t, cart, s, 120, 37)
		d.Env.Program = "kubectl-carto"
		d.Press(tc.press...)
		if got := m.next(d.Env); got != tc.want {
			t.Errorf("%s:\n got %q\nwant %q", tc.reason, got, tc.want)
		}
	}
}
