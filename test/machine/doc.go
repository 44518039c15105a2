// Package machine runs a test binary once more as the first process of a machine of its own: with its own processes, mounts,
// network and host name, on the same kernel and the same files. A node with real containers mounts, makes network devices and
// leaves processes behind by the dozen; here all of it ends with that first process, in whatever way the test ends.
//
// It needs root, and Linux. A package of tests uses it in TestMain:
//
//	if !machine.Inside() {
//		os.Exit(machine.Run())
//	}
//	os.Exit(m.Run())
package machine
