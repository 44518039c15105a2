package main

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/test/harness"
)

// tenantActor is how many requests the controllers of one tenant's kinds have under way at a time.
const tenantActor = 4

// fairTenant is a namespace with a supply chain of its own, and with controllers of what it stamps.
type fairTenant struct {
	*owners
	watcher *watcher
	// developer is the account of its people and controllers: what they do counts as the tenant's. The API server puts no
	// limit on administrators.
	developer dynamic.Interface
}

// plainMap is what the bench writes without the agent.
const plainMap = `
---
apiVersion: v1
kind: ConfigMap
metadata: { name: plain }
---
`

// tenant makes a tenant without workloads.
func (f *fairness) tenant(ctx context.Context, name string) (*fairTenant, error) {
	of := *allOwners[0]
	of.namespace, of.label = name, name
	of.manifests = strings.NewReplacer("name: bench }", "name: "+name+" }", `"yes"`, name).Replace(supplyChain)
	t := &fairTenant{owners: &of}
	accounts := ownersAccount(name) + fmt.Sprintf(accountFormat, "developer", name, "cluster-admin")
	if _, err := harness.Apply(ctx, f.config, name, accounts+plainMap+of.manifests); err != nil {
		return nil, err
	}
	var err error
	if t.watcher, err = newWatcher(f.config, t.owners); err != nil {
		return nil, err
	}
	developer := harness.As(f.config, name, "developer")
	if t.developer, err = dynamic.NewForConfig(developer); err != nil {
		return nil, fmt.Errorf("make a client of the tenant %s: %w", name, err)
	}
	stopActor, err := startActor(ctx, developer, t.watcher, tenantActor)
	if err != nil {
		return nil, err
	}
	watching, stopWatching := context.WithCancel(ctx)
	f.stop = append(f.stop, func() error {
		stopWatching()
		t.watcher.factory.Shutdown()
		stopActor()
		return nil
	})
	t.watcher.start(watching)
	t.watcher.expect("seed")
	return t, nil
}

// newcomers makes new workloads of the quiet tenant, and returns when they are ready.
func (f *fairness) newcomers(ctx context.Context, n int) error {
	from := f.made
	f.made += n
	for i := from; i < f.made; i++ {
		if _, err := f.quiet.developer.Resource(f.quiet.resource).Namespace(f.quiet.namespace).Create(ctx, f.quiet.object(i), metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("create a workload of the quiet tenant: %w", err)
		}
	}
	return f.quiet.watcher.await(ctx, func() bool {
		for i := from; i < f.made; i++ {
			if !f.quiet.watcher.ready[nameOf(i)] {
				return false
			}
		}
		return true
	})
}
