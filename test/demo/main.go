// Demo shows the main job from nothing: a commit in a real git repository travels through a supply chain into a Deployment,
// and again after the next commit. Run it by make demo, in the repository's root.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/carto-run/carto/test/actors"
	"github.com/carto-run/carto/test/demo/cluster"
	"github.com/carto-run/carto/test/harness"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "carto-demo-")
	if err == nil {
		err = (&demo{dir: dir}).run(ctx)
	}
	if err == nil || ctx.Err() != nil {
		err = errors.Join(err, os.RemoveAll(dir)) // on Ctrl-C nobody wants the logs
	}
	if ctx.Err() != nil {
		fmt.Fprintln(os.Stderr, "\ndemo: interrupted, and cleaned up")
		os.Exit(130)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "\ndemo: %v\n", err)
		if _, gone := os.Stat(dir); gone == nil {
			fmt.Fprintf(os.Stderr, "The logs are in %s\n", dir)
		}
		os.Exit(1)
	}
}

type demo struct {
	dir     string
	cluster *cluster.Cluster
	repo    *harness.Repo
	steps   []step
}

type step struct {
	what string
	took time.Duration
}

func (d *demo) run(ctx context.Context) (err error) {
	if err := d.step("Start a Kubernetes control plane with one node, install Carto, start the agent", func() (err error) {
		d.cluster, err = cluster.Start(ctx, d.dir)
		return err
	}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.cluster.Stop()) }()
	if err := d.step("Apply docs/examples/web: kinds, templates, supply chain, roles", func() error { return d.apply(ctx) }); err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	stopActors, err := d.startActors(ctx, fail)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopActors()) }()
	if err := d.ship(ctx); err != nil {
		return err
	}
	d.summary()
	return nil
}

func (d *demo) apply(ctx context.Context) error {
	for _, name := range []string{"stand-ins", "web/rbac", "web/templates", "web/supply-chain"} {
		data, err := os.ReadFile(filepath.Join("docs/examples", name+".yaml"))
		if err != nil {
			return fmt.Errorf("read the example: %w", err)
		}
		if _, err := harness.Apply(ctx, d.cluster.Config, "shop", string(data)); err != nil {
			return fmt.Errorf("apply %s.yaml: %w", name, err)
		}
	}
	return nil
}

// startActors returns the function that stops them and waits for their end. Without them nothing goes on, so that the first
// of them that fails is told at once.
func (d *demo) startActors(ctx context.Context, fail context.CancelCauseFunc) (func() error, error) {
	file, err := os.Create(filepath.Join(d.dir, "actors.log"))
	if err != nil {
		return nil, fmt.Errorf("start the actors: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		err := actors.Run(ctx, d.cluster.Config, "", log.New(file, "", log.LstdFlags))
		fail(err)
		done <- err
	}()
	return func() error {
		cancel()
		return errors.Join(<-done, file.Close())
	}, nil
}

// step tells what is done and remembers how long it took.
func (d *demo) step(what string, f func() error) error {
	fmt.Printf("\n%d. %s\n", len(d.steps)+1, what)
	start := time.Now()
	err := f()
	d.steps = append(d.steps, step{what, time.Since(start)})
	if err != nil {
		return fmt.Errorf("step %d, %s: %w", len(d.steps), what, err)
	}
	return nil
}

func (d *demo) summary() {
	fmt.Println("\nWhat happened, and how long it took:")
	for i, s := range d.steps {
		fmt.Printf("  %d. %-82s %6.2fs\n", i+1, s.what, s.took.Seconds())
	}
}
