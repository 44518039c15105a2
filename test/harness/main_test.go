package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// childVariable makes this test binary a process that only starts a control plane, for the tests that kill it.
const childVariable = "CARTO_HARNESS_TEST_CHILD"

// childReport is what such a process prints.
type childReport struct {
	Supervisor int
	Components map[string]int
	DataDir    string
}

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		runChild()
	}
	os.Exit(Main(m))
}

func runChild() {
	cp, err := Start(context.Background(), Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	err = json.NewEncoder(os.Stdout).Encode(childReport{Supervisor: cp.PID(), Components: cp.PIDs(), DataDir: cp.DataDir})
	if err != nil {
		os.Exit(1)
	}
	select {} // until it is killed
}
