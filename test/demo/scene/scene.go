// Package scene is a cluster in which something goes on: a shop with workloads that are
// fine, some that are broken in ways of their own, commits that travel, and logs. It is what
// the full-screen view is shown with.
package scene

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/carto-run/carto/test/actors"
	"github.com/carto-run/carto/test/demo/cluster"
	"github.com/carto-run/carto/test/harness"
)

//go:embed store.yaml
var store string

// Namespace of the shop.
const Namespace = "shop"

// Scene is a running one.
type Scene struct {
	*cluster.Cluster
	repos map[string]*harness.Repo
	// commits counts those of each repository.
	commits map[string]int

	group  sync.WaitGroup
	cancel context.CancelCauseFunc
	ctx    context.Context
	log    *os.File
}

// Start builds the scene; its files lie in dir.
func Start(ctx context.Context, dir string) (_ *Scene, err error) {
	root, err := harness.Root()
	if err != nil {
		return nil, err
	}
	s := &Scene{repos: map[string]*harness.Repo{}, commits: map[string]int{}}
	s.ctx, s.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if s.Cluster, err = cluster.Start(ctx, dir); err != nil {
		return nil, err
	}
	if err := s.serveLogs(ctx); err != nil {
		return nil, err
	}
	for _, name := range []string{"stand-ins", "web/rbac", "web/templates", "web/supply-chain", "testing/rbac", "testing/templates",
		"testing/supply-chains", "testing/task", "delivery/rbac", "delivery/templates", "delivery/delivery"} {
		data, err := os.ReadFile(filepath.Join(root, "docs/examples", name+".yaml"))
		if err != nil {
			return nil, fmt.Errorf("read the example: %w", err)
		}
		if err := s.apply(ctx, name, string(data)); err != nil {
			return nil, err
		}
	}
	if err := s.apply(ctx, "store.yaml", store); err != nil {
		return nil, err
	}
	if s.log, err = os.Create(filepath.Join(dir, "actors.log")); err != nil {
		return nil, fmt.Errorf("start the actors: %w", err)
	}
	s.group.Go(func() {
		if err := actors.Run(s.ctx, s.Config, "", log.New(s.log, "", log.LstdFlags)); err != nil {
			s.cancel(err)
		}
	})
	for _, app := range apps {
		if err := s.add(ctx, dir, app); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Scene) apply(ctx context.Context, what, manifests string) error {
	if _, err := harness.Apply(ctx, s.Config, Namespace, manifests); err != nil {
		return fmt.Errorf("apply %s: %w", what, err)
	}
	return nil
}

// add makes the repository of an application, and its Workload.
func (s *Scene) add(ctx context.Context, dir string, a app) error {
	home := filepath.Join(dir, "git", a.name)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return fmt.Errorf("make a repository: %w", err)
	}
	repo, err := harness.NewRepo(ctx, home)
	if err != nil {
		return err
	}
	s.repos[a.name] = repo
	if err := s.Commit(ctx, a.name, a.files); err != nil {
		return err
	}
	if a.labels == "" {
		return nil
	}
	params := ""
	if a.ops != "" {
		params = fmt.Sprintf("\n  params: [{name: ops, value: %q}]", s.repos[a.ops].URL())
	}
	branch := a.branch
	if branch == "" {
		branch = "main"
	}
	return s.apply(ctx, a.name, fmt.Sprintf(`
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: %s, labels: {%s}}
spec:
  source: {git: {url: %q, ref: {branch: %s}}}%s
`, a.name, a.labels, repo.URL(), branch, params))
}

// Commit pushes one more version of an application, with these files changed.
func (s *Scene) Commit(ctx context.Context, app string, files map[string]string) error {
	s.commits[app]++
	all := map[string]string{"version": fmt.Sprintf("%d\n", s.commits[app])}
	maps.Copy(all, files)
	_, err := s.repos[app].Commit(ctx, fmt.Sprintf("version %d", s.commits[app]), all)
	return err
}

// Alive names the applications of which new versions can be committed.
func (s *Scene) Alive() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.repos)), func(name string) bool { return strings.HasSuffix(name, "-ops") })
}

// Stop stops what goes on, and the cluster.
func (s *Scene) Stop() error {
	s.cancel(nil)
	s.group.Wait()
	var errs []error
	if cause := context.Cause(s.ctx); !errors.Is(cause, context.Canceled) {
		errs = append(errs, cause)
	}
	if s.log != nil {
		errs = append(errs, s.log.Close())
	}
	if s.Cluster != nil {
		errs = append(errs, s.Cluster.Stop())
	}
	return errors.Join(errs...)
}
