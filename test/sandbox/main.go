// Sandbox is a cluster with Carto to try things in. Run it by make sandbox, in the repository's root.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/carto-run/carto/test/demo/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "carto-sandbox-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() {
		if err == nil {
			err = os.RemoveAll(dir)
		} else {
			err = fmt.Errorf("%w (the logs are in %s)", err, dir)
		}
	}()
	c, err := cluster.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	path := filepath.Join(".sandbox", "kubeconfig")
	data, err := os.ReadFile(c.Kubeconfig)
	if err != nil {
		return fmt.Errorf("read the kubeconfig: %w", err)
	}
	if err := os.MkdirAll(".sandbox", 0o700); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, os.Remove(path)) }() // it leads nowhere any more
	fmt.Printf("A cluster with Carto is running; the agent's log is %s/agent.log.\n\n  export KUBECONFIG=$PWD/%s\n  bin/kubectl-carto workload list -A\n\nCtrl-C ends it.\n", dir, path)
	<-ctx.Done()
	return nil
}
