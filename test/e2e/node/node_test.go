//go:build linux

package node

import (
	"os"
	"testing"
	"time"

	"github.com/carto-run/carto/test/harness"
	"github.com/carto-run/carto/test/machine"
)

// TestNode lives through the life of an installation. Each part goes on from where the one before it has ended.
func TestNode(t *testing.T) {
	if os.Getenv(variable) == "" {
		t.Skip("needs root and a container runtime: make e2e-node runs it")
	}
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{root: root, dir: machine.Dir()}
	defer func() {
		if t.Failed() {
			w.explain(t)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	}()
	for _, part := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"build the images", w.build},
		{"start a control plane and a node", w.start},
		{"install", w.install},
		{"the agent is restricted", w.restricted},
		{"doctor finds nothing", w.doctor},
		{"a chain really runs", w.chain},
		{"logs", w.logs},
		{"a run that fails holds back what is downstream", w.failingRun},
		{"the leader's pod is deleted", w.deleteLeader},
		{"the leader is killed", w.killLeader},
		{"upgrade writes nothing", w.upgrade},
		{"uninstall", w.uninstall},
	} {
		begin := time.Now()
		if !t.Run(part.name, part.run) {
			t.Fatalf("stopped at: %s", part.name)
		}
		t.Logf("%-50s %6.1fs", part.name, time.Since(begin).Seconds())
	}
}
