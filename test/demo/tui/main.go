// Tui opens the full-screen view on a shop in which something goes on: every few seconds a
// commit travels. Run it by make demo-tui, in the repository's root; what is given after it
// goes to kubectl carto tui.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/carto-run/carto/test/demo/scene"
)

// rhythm of the commits.
const rhythm = 15 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "demo-tui:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	if !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stdout.Fd())) {
		return errors.New("this needs a terminal; make demo does not")
	}
	dir, err := os.MkdirTemp("", "carto-tui-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fmt.Println("Starting a control plane with Carto and a shop; this takes half a minute.")
	s, err := scene.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()

	ctx, cancel := context.WithCancel(ctx)
	var living sync.WaitGroup
	defer living.Wait()
	defer cancel()
	living.Go(func() { live(ctx, s) })

	command := exec.CommandContext(ctx, filepath.Join("bin", "kubectl-carto"), append([]string{"tui", "--kubeconfig", s.Kubeconfig, "-n", scene.Namespace}, args...)...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	if err := command.Run(); err != nil {
		return fmt.Errorf("kubectl carto tui: %w", err)
	}
	return nil
}

// live commits to one application after the other.
func live(ctx context.Context, s *scene.Scene) {
	ticker := time.NewTicker(rhythm)
	defer ticker.Stop()
	apps := s.Alive()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// A commit that fails leaves the shop as it was; the next one follows.
			_ = s.Commit(ctx, apps[i%len(apps)], nil)
		}
	}
}
