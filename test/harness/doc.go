// Package harness gives tests, benchmarks and demonstrations a real Kubernetes control plane: it starts bin/controlplane (see
// test/controlplane) as a child process, and has the few helpers that nearly every test against a cluster needs.
//
// A package of tests shares one control plane, and each test has a namespace in it:
//
//	func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
//
//	func TestSomething(t *testing.T) {
//		cp := harness.Shared(t)
//		namespace := harness.Namespace(t, cp)
//		…
//	}
//
// Nothing stays behind however the test process ends: the control plane lives only as long as a pipe to it is open.
package harness
