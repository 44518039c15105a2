package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

// shared is the one control plane of this test process, started by the first test that wants it.
var shared struct {
	once sync.Once
	cp   *ControlPlane
	err  error
}

// Main runs a package's tests, then stops the control plane that they shared. It returns the code to exit with.
func Main(m *testing.M) int {
	code := m.Run()
	shared.once.Do(func() { shared.err = errors.New("the tests are over") })
	if shared.cp == nil {
		return code
	}
	if err := shared.cp.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "harness:", err)
		return max(code, 1)
	}
	return code
}

// Shared returns the control plane of this test process, with an audit log, and starts it if this is the first call. Under
// -short the test is skipped. Tests that stop components must not share: they start one of their own.
func Shared(t testing.TB) *ControlPlane {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a control plane, which takes some seconds to start")
	}
	shared.once.Do(func() {
		shared.cp, shared.err = Start(context.Background(), Options{AuditLog: true})
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cp
}

// New starts a control plane for one test and stops it at its end. Under -short the test is skipped.
func New(t testing.TB, opts Options) *ControlPlane {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a control plane, which takes some seconds to start")
	}
	cp, err := Start(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cp
}
