package harness

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Repo is a real git repository: a bare one, as on a server, and a clone in which to commit.
type Repo struct{ bare, clone string }

// NewRepo makes an empty repository in a folder.
func NewRepo(ctx context.Context, dir string) (*Repo, error) {
	r := &Repo{bare: filepath.Join(dir, "cart.git"), clone: filepath.Join(dir, "cart")}
	if _, err := runGit(ctx, dir, "init", "--quiet", "--bare", "--initial-branch=main", r.bare); err != nil {
		return nil, err
	}
	_, err := runGit(ctx, dir, "init", "--quiet", "--initial-branch=main", r.clone)
	return r, err
}

// URL of the repository.
func (r *Repo) URL() string { return "file://" + r.bare }

// Commit pushes files, by their names, and returns the commit.
func (r *Repo) Commit(ctx context.Context, message string, files map[string]string) (string, error) {
	for name, content := range files {
		path := filepath.Join(r.clone, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return "", fmt.Errorf("write %s: %w", name, err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return "", fmt.Errorf("write %s: %w", name, err)
		}
	}
	for _, args := range [][]string{
		{"add", "."},
		{"-c", "user.name=carto", "-c", "user.email=carto@example.com", "-c", "commit.gpgsign=false", "commit", "--quiet", "--allow-empty", "-m", message},
		{"push", "--quiet", r.bare, "main"},
	} {
		if _, err := runGit(ctx, r.clone, args...); err != nil {
			return "", err
		}
	}
	head, err := runGit(ctx, r.clone, "rev-parse", "HEAD")
	return strings.TrimSpace(head), err
}

// Archive is the tree of a commit, as tar.
func (r *Repo) Archive(ctx context.Context, commit string) (string, error) {
	return runGit(ctx, r.clone, "archive", "--format=tar", commit)
}

func runGit(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}
