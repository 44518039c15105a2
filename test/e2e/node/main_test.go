//go:build linux

package node

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/carto-run/carto/test/harness"
	"github.com/carto-run/carto/test/machine"
)

// variable asks for the tests of this package. They are not part of `go test ./...`: root has to be meant.
const variable = "CARTO_E2E_NODE"

// TestMain runs the tests in a machine of their own, or says what they would need.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(variable) == "" {
		os.Exit(m.Run()) // they skip themselves
	}
	if missing := needs(); len(missing) > 0 {
		fmt.Println("skipped: the tests on a real node need what is not here:")
		for _, need := range missing {
			fmt.Println("  -", need)
		}
		fmt.Println("On Debian and Ubuntu: apt-get install containerd runc containernetworking-plugins iproute2")
		return
	}
	if !machine.Inside() {
		exitOn(prepare())
		os.Exit(machine.Run())
	}
	exitOn(machine.SetUp())
	os.Exit(m.Run())
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// prepare does what needs the network, which the machine has not: fetching modules.
func prepare() error {
	root, err := harness.Root()
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{"make", "--silent", "bin/controlplane", "bin/kubelet"},
		{"go", "list", "-deps", "-f", "{{with .Error}}{{.}}{{end}}", "./cmd/agent", "./cmd/kubectl-carto", "./hack/image"},
	} {
		cmd := exec.Command(args[0], args[1:]...) //nolint:gosec // these
		cmd.Dir, cmd.Stderr = root, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%v: %w", args, err)
		}
	}
	return nil
}

func needs() []string {
	missing := harness.NodeNeeds()
	if _, err := exec.LookPath("kubectl"); err != nil {
		missing = append(missing, "the program kubectl")
	}
	return missing
}
