package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// repo is a real repository: a bare one, as on a server, and a clone in which to commit.
type repo struct{ bare, clone string }

func newRepo(ctx context.Context, dir string) (*repo, error) {
	r := &repo{bare: filepath.Join(dir, "cart.git"), clone: filepath.Join(dir, "cart")}
	if _, err := run(ctx, dir, "git", "init", "--quiet", "--bare", "--initial-branch=main", r.bare); err != nil {
		return nil, err
	}
	_, err := run(ctx, dir, "git", "init", "--quiet", "--initial-branch=main", r.clone)
	return r, err
}

// commit pushes a new state of the application and returns the commit.
func (r *repo) commit(ctx context.Context, content string) (string, error) {
	if err := os.WriteFile(filepath.Join(r.clone, "main.go"), []byte(content), 0o600); err != nil {
		return "", fmt.Errorf("write the source: %w", err)
	}
	for _, args := range [][]string{
		{"add", "."},
		{"-c", "user.name=demo", "-c", "user.email=demo@example.com", "-c", "commit.gpgsign=false", "commit", "--quiet", "-m", content},
		{"push", "--quiet", r.bare, "main"},
	} {
		if _, err := run(ctx, r.clone, "git", args...); err != nil {
			return "", err
		}
	}
	head, err := run(ctx, r.clone, "git", "rev-parse", "HEAD")
	return strings.TrimSpace(head), err
}

// image is what the Deployment must run for a commit, computed from the clone and without the actors' code.
func (r *repo) image(ctx context.Context, commit string) (string, error) {
	archive, err := run(ctx, r.clone, "git", "archive", "--format=tar", commit)
	return fmt.Sprintf("registry.example/shop/cart@sha256:%x", sha256.Sum256([]byte(archive))), err
}

func run(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}
