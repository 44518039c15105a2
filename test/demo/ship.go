package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ship takes two commits into the Deployment.
func (d *demo) ship(ctx context.Context) error {
	var commit string
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"Make a git repository with a first commit", func() (err error) {
			if d.repo, err = newRepo(ctx, d.dir); err != nil {
				return err
			}
			commit, err = d.repo.commit(ctx, "first version")
			return err
		}},
		{"Create the Workload", func() error {
			return d.plugin(ctx, "workload", "create", "cart", "--git-repo", "file://"+d.repo.bare, "--git-branch", "main", "--yes")
		}},
		{"Watch it become ready", func() error {
			return d.plugin(ctx, "tree", "workload/cart", "--watch", "--until", "ready", "--timeout", "2m")
		}},
		{"Check that the Deployment runs the first commit", func() error { return d.awaitImage(ctx, commit) }},
		{"Commit again", func() (err error) {
			commit, err = d.repo.commit(ctx, "second version")
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
	want, err := d.repo.image(ctx, commit)
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
