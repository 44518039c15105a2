package noun

import "testing"

func TestNameIn(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{
		"cart": "cart", "workload/cart": "cart", "wld/cart": "cart", "workload.carto.run/cart": "cart",
		// of another kind, or no name
		"runnable/cart": "runnable/cart", "workload.apps/cart": "workload.apps/cart", "a/b": "a/b", "workload/a/b": "a/b", "workload/": "", "": "",
	} {
		if got := Workload.NameIn(arg); got != want {
			t.Errorf("%s: got %s, want %s", arg, got, want)
		}
	}
}
