package actors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// newGit stands in for Flux's source-controller: it publishes the head of a GitRepository's branch.
func newGit() *actor {
	return &actor{
		resource: schema.GroupVersionResource{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "gitrepositories"},
		observe:  observeBranch, verdict: ready,
	}
}

func observeBranch(ctx context.Context, object *unstructured.Unstructured) (map[string]any, error) {
	repo, _, _ := unstructured.NestedString(object.Object, "spec", "url")
	branch, _, _ := unstructured.NestedString(object.Object, "spec", "ref", "branch")
	if repo == "" || branch == "" {
		return nil, errors.New("spec.url and spec.ref.branch are needed")
	}
	// The -- keeps a URL from being taken for a flag.
	out, err := git(ctx, "ls-remote", "--exit-code", "--", repo, "refs/heads/"+branch)
	if err != nil {
		return nil, fmt.Errorf("resolve branch %s: %w", branch, err)
	}
	head, _, _ := strings.Cut(string(out), "\t")
	return map[string]any{"artifact": map[string]any{"url": artifactURL(repo, head), "revision": branch + "@sha1:" + head}}, nil
}

// artifactURL names a commit of a repository; parseArtifact is its reverse.
func artifactURL(repo, commit string) string { return repo + "#" + commit }

func parseArtifact(url string) (repo, commit string, err error) {
	repo, commit, found := strings.Cut(url, "#")
	if !found || repo == "" || commit == "" {
		return "", "", fmt.Errorf("%q is no URL of the git actor, REPOSITORY#COMMIT", url)
	}
	return repo, commit, nil
}

// checkout writes the tree of an artifact into a folder that is not there yet.
func checkout(ctx context.Context, url, dir string) error {
	repo, commit, err := parseArtifact(url)
	if err != nil {
		return err
	}
	repo = strings.TrimPrefix(repo, "file://")
	if _, err := git(ctx, "clone", "--quiet", "--no-checkout", "--", repo, dir); err != nil {
		return err
	}
	_, err = git(ctx, "-C", dir, "-c", "advice.detachedHead=false", "checkout", "--quiet", commit)
	return err
}

func git(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}
