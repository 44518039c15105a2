package e2e

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/carto-run/carto/test/harness"
)

// TestInstallScripts runs every script of testdata/install, one after the other, on a control plane of their own whose nodes
// are played: installations are of the whole cluster, so they would meet. Each leaves nothing behind.
func TestInstallScripts(t *testing.T) {
	cp := harness.New(t, harness.Options{})
	nodes, err := cp.StartNodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := nodes.Stop(); err != nil {
			t.Error(err)
		}
	})
	config, err := filepath.Abs("../../config/install")
	if err != nil {
		t.Fatal(err)
	}
	testscript.RunT(inOrder{t}, testscript.Params{
		Dir:                 "testdata/install",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, "KUBECONFIG="+cp.Kubeconfig, "NS=default", "HOME="+env.WorkDir, "LANG=C.UTF-8", "CONFIG="+config)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"apply": func(ts *testscript.TestScript, _ bool, args []string) {
				_, err := harness.Apply(context.Background(), cp.Config, "default", ts.ReadFile(args[0]))
				ts.Check(err)
			},
			"exits":      exits,
			"eventually": eventually,
		},
	})
}

// inOrder runs scripts one after the other: testscript wants each to be parallel.
type inOrder struct{ *testing.T }

func (inOrder) Parallel()       {}
func (t inOrder) Verbose() bool { return testing.Verbose() }
func (t inOrder) Run(name string, f func(testscript.T)) {
	failed := t.Failed()
	t.T.Run(name, func(t *testing.T) {
		if failed {
			t.Skip("a script before has failed, and left its installation behind")
		}
		f(inOrder{t})
	})
}
