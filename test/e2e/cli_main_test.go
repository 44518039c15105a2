// Package e2e runs the programs of this repository as black boxes against a real
// control plane.
package e2e

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/carto-run/carto/pkg/cli"
	"github.com/carto-run/carto/test/harness"
)

// TestMain registers the real main of the plugin as a program, so that scripts need no
// binary and coverage counts, around the one control plane of all tests.
func TestMain(m *testing.M) {
	testscript.Main(runner{m}, map[string]func(){
		"kubectl-carto": func() { os.Exit(cli.Main(os.Args)) },
	})
}

type runner struct{ m *testing.M }

func (r runner) Run() int { return harness.Main(r.m) }
