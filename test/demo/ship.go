package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/test/harness"
)

// ship takes two commits into the Deployment.
func (d *demo) ship(ctx context.Context) error {
	var commit string
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"Make a git repository with a first commit", func() (err error) {
			if d.repo, err = harness.NewRepo(ctx, d.dir); err != nil {
				return err
			}
			commit, err = d.commit(ctx, "first version")
			return err
		}},
		{"Create the Workload", func() error {
			return d.plugin(ctx, "workload", "create", "cart", "--git-repo", d.repo.URL(), "--git-branch", "main", "--yes")
		}},
		{"Watch it become ready", func() error {
			return d.plugin(ctx, "tree", "workload/cart", "--watch", "--until", "ready", "--timeout", "2m")
		}},
		{"Check that the Deployment runs the first commit", func() error { return d.awaitImage(ctx, commit) }},
		{"Commit again", func() (err error) {
			commit, err = d.commit(ctx, "second version")
			return err
		}},
		{"Wait until the Deployment runs the second commit", func() error { return d.awaitImage(ctx, commit) }},
		{"Show the tree", func() error { return d.plugin(ctx, "tree", "workload/cart") }},
	} {
		if err := d.step(s.what, s.do); err != nil {
			return err
		}
	}
	return nil
}

// commit pushes a new state of the application and returns the commit.
func (d *demo) commit(ctx context.Context, version string) (string, error) {
	return d.repo.Commit(ctx, version, map[string]string{"main.go": version})
}

// image is what the Deployment must run for a commit, computed from the clone and without the actors' code.
func (d *demo) image(ctx context.Context, commit string) (string, error) {
	archive, err := d.repo.Archive(ctx, commit)
	return fmt.Sprintf("registry.example/shop/cart@sha256:%x", sha256.Sum256([]byte(archive))), err
}

func (d *demo) plugin(ctx context.Context, args ...string) error {
	cmd := d.cluster.Plugin(ctx, append(args, "-n", "shop")...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("kubectl carto %s: %w", args[0], err)
	}
	return nil
}

// awaitImage returns when the Deployment has rolled out the image of a commit.
func (d *demo) awaitImage(ctx context.Context, commit string) error {
	want, err := d.image(ctx, commit)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		deployment, err := d.cluster.Client.AppsV1().Deployments("shop").Get(ctx, "cart", metav1.GetOptions{})
		if err == nil && runs(deployment, want) {
			fmt.Printf("   commit %.12s -> %s, available\n", commit, want)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Deployment does not run %s: %w", want, errors.Join(context.Cause(ctx), err))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func runs(d *appsv1.Deployment, image string) bool {
	if d.Spec.Template.Spec.Containers[0].Image != image || d.Status.ObservedGeneration != d.Generation || d.Status.UpdatedReplicas != d.Status.Replicas {
		return false
	}
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentAvailable {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
