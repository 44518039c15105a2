package cluster

import (
	"context"
	"path/filepath"

	"github.com/carto-run/carto/test/harness"
)

// What the plugin installs: the account has the roles that the agent gets everywhere.
const (
	namespace = "carto-system"
	account   = "carto-agent"
)

// startAgent runs bin/agent as its service account and waits until it is ready.
func (c *Cluster) startAgent(ctx context.Context) error {
	kubeconfig := filepath.Join(c.Dir, "agent.kubeconfig")
	err := c.WriteKubeconfig(ctx, namespace, account, kubeconfig)
	if err != nil {
		return err
	}
	if c.agent, err = harness.StartAgent(kubeconfig, filepath.Join(c.Dir, "agent.log")); err != nil {
		return err
	}
	return c.agent.AwaitReady(ctx)
}
