// Package cluster puts up what demo and sandbox need: a control plane with one node, Carto installed by the plugin, and the
// agent as a process under the account and roles that the plugin installs.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/carto-run/carto/test/harness"
)

// Cluster is a running control plane with Carto.
type Cluster struct {
	*harness.ControlPlane
	Client kubernetes.Interface
	Dir    string // logs and kubeconfigs
	root   string // of the repository
	kwok   *harness.Kwok
	agent  *harness.Agent
}

// Start puts everything up. On an error, what was started is stopped again; the files in dir stay.
func Start(ctx context.Context, dir string) (*Cluster, error) {
	return start(ctx, dir, harness.Options{})
}

// StartAudited is Start with an audit log, for tests that count requests.
func StartAudited(ctx context.Context, dir string) (*Cluster, error) {
	return start(ctx, dir, harness.Options{AuditLog: true})
}

func start(ctx context.Context, dir string, opts harness.Options) (_ *Cluster, err error) {
	root, err := harness.Root()
	if err != nil {
		return nil, err
	}
	c := &Cluster{Dir: dir, root: root}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	opts.DataDir = filepath.Join(dir, "controlplane")
	c.ControlPlane, err = harness.Start(ctx, opts)
	if err != nil {
		return nil, err
	}
	if c.kwok, err = c.StartNodes(ctx); err != nil {
		return nil, err
	}
	if c.Client, err = kubernetes.NewForConfig(c.Config); err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	if out, err := c.Plugin(ctx, "install", "--wait=false").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("install Carto: %w: %s", err, out)
	}
	// The node only pretends to run pods: the agent is a process beside it.
	none := []byte(`{"spec":{"replicas":0}}`)
	_, err = c.Client.AppsV1().Deployments(namespace).Patch(ctx, account, types.MergePatchType, none, metav1.PatchOptions{})
	if err != nil {
		return nil, fmt.Errorf("scale the agent's Deployment to 0: %w", err)
	}
	return c, c.startAgent(ctx)
}

// Plugin is a command of bin/kubectl-carto for this cluster.
func (c *Cluster) Plugin(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.root, "bin", "kubectl-carto"), append(args, "--kubeconfig", c.Kubeconfig)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	return cmd
}

// Stop stops what was started, in reverse order.
func (c *Cluster) Stop() error {
	var errs []error
	if c.agent != nil {
		errs = append(errs, c.agent.Stop())
	}
	if c.kwok != nil {
		errs = append(errs, c.kwok.Stop())
	}
	if c.ControlPlane != nil {
		errs = append(errs, c.ControlPlane.Stop())
	}
	return errors.Join(errs...)
}
