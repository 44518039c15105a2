// Captures writes the pictures in docs/tui.md: it opens the full-screen view on the shop,
// goes through it, and puts what the terminal shows into the page, as text and as SVG. Run
// it by make captures, in the repository's root.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/carto-run/carto/test/demo/scene"
	"github.com/carto-run/carto/test/terminal"
)

// page has a place for each picture: what is between its two comments is replaced.
const (
	page   = "docs/tui.md"
	folder = "docs/tui"
)

// patience is how long a picture may take.
const patience = 30 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "captures:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "carto-captures-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := scene.Start(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // docs are for all to read
		return fmt.Errorf("make %s: %w", folder, err)
	}
	for _, p := range pictures {
		fmt.Println(p.name)
		if err := p.take(ctx, s); err != nil {
			return fmt.Errorf("take %s: %w", p.name, err)
		}
	}
	return nil
}

// take goes through the steps of a picture in a terminal of its own.
func (p *picture) take(ctx context.Context, s *scene.Scene) (err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	args := append([]string{"tui", "-n", scene.Namespace}, p.args...)
	t, err := terminal.Start(ctx, terminal.Options{
		Width: p.width, Height: p.height, Light: p.light, Env: []string{"KUBECONFIG=" + s.Kubeconfig},
	}, filepath.Join("bin", "kubectl-carto"), args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	for _, step := range p.steps {
		if err := step(ctx, s, t); err != nil {
			return err
		}
	}
	title := "kubectl carto " + strings.Join(args, " ")
	if err := os.WriteFile(filepath.Join(folder, p.name+".svg"), []byte(t.SVG(title)), 0o644); err != nil { //nolint:gosec // docs are for all to read
		return fmt.Errorf("write the picture: %w", err)
	}
	return insert(p.name, t.Screen())
}

// insert puts a text into its place on the page.
func insert(name, text string) error {
	data, err := os.ReadFile(page)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	begin, end := "<!-- capture "+name+" -->\n", "<!-- end -->"
	before, rest, found := strings.Cut(string(data), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no place for %s: put %q and %q where it belongs", page, name, strings.TrimSpace(begin), end)
	}
	all := before + begin + "```text\n" + strings.TrimRight(text, "\n") + "\n```\n" + end + after
	if err := os.WriteFile(page, []byte(all), 0o644); err != nil { //nolint:gosec // docs are for all to read
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
