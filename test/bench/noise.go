package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/test/harness"
)

const (
	// slowOwners are the workloads of the tenant with the slow webhook, more than the agent has workers.
	slowOwners = 64
	slowAnswer = 10 * time.Second
)

// noise begins something. Busy says whether it goes on, and end returns once it is over.
type noise = func(context.Context) (busy func() bool, end func() error, err error)

// crowd creates many workloads, and is busy until all of them are ready.
func (f *fairness) crowd(t *fairTenant) noise {
	return func(ctx context.Context) (func() bool, func() error, error) {
		f.crowded = time.Now()
		created := make(chan error, 1)
		go func() {
			created <- forSome(ctx, tenantActor, f.opts.noise, func(ctx context.Context, i int) error {
				_, err := t.developer.Resource(t.resource).Namespace(t.namespace).Create(ctx, t.object(i), metav1.CreateOptions{})
				return err
			})
		}()
		return func() bool {
			t.watcher.mu.Lock()
			defer t.watcher.mu.Unlock()
			return t.watcher.there < f.opts.noise
		}, func() error { return <-created }, nil
	}
}

// editor changes a template that all workloads of a tenant use, once a second.
func (f *fairness) editor(t *fairTenant) noise {
	return func(ctx context.Context) (func() bool, func() error, error) {
		ctx, cancel := context.WithCancel(ctx)
		edited := make(chan error, 1)
		resource := f.client.Resource(v1alpha1.KindOf(v1alpha1.KindClusterConfigTemplate).Resource())
		go func() {
			for i := 0; ; i++ {
				patch, err := json.Marshal(map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"input": fmt.Sprintf("%d-$(image)$", i)}}}})
				if err == nil {
					_, err = resource.Patch(ctx, t.namespace, types.MergePatchType, patch, metav1.PatchOptions{})
				}
				if err == nil {
					err = sleep(ctx, time.Second)
				}
				if err != nil {
					if ctx.Err() != nil {
						err = nil
					}
					edited <- err
					return
				}
			}
		}()
		always := func() bool { return true }
		return always, func() error { cancel(); return <-edited }, nil
	}
}

// slow has workloads, from the given number on, whose namespace is guarded by a webhook that answers late for everything that is
// created and updated there: the workloads, what is stamped, statuses and events.
func (f *fairness) slow(t *fairTenant, from int) noise {
	return func(ctx context.Context) (func() bool, func() error, error) {
		for i := from; i < from+slowOwners; i++ {
			w := t.object(i)
			w.SetLabels(nil) // so that nothing selects it before the webhook is there
			if _, err := t.developer.Resource(t.resource).Namespace(t.namespace).Create(ctx, w, metav1.CreateOptions{}); err != nil {
				return nil, nil, fmt.Errorf("create a workload of the slow tenant: %w", err)
			}
		}
		hook, err := harness.StartWebhook(ctx, f.config, t.namespace, "*", "*/*", func(ctx context.Context) {
			_ = sleep(ctx, slowAnswer) // ends early when nobody waits any more
		})
		if err != nil {
			return nil, nil, err
		}
		labelled := make(chan error, 1)
		go func() {
			patch := fmt.Appendf(nil, `{"metadata":{"labels":{"bench":%q}}}`, t.label)
			labelled <- forSome(ctx, slowOwners, slowOwners, func(ctx context.Context, i int) error {
				_, err := t.developer.Resource(t.resource).Namespace(t.namespace).Patch(ctx, nameOf(from+i), types.MergePatchType, patch, metav1.PatchOptions{})
				return err
			})
		}()
		err = errors.Join(<-labelled, f.quiet.watcher.await(ctx, func() bool { return hook.Asked() > slowOwners }))
		always := func() bool { return true }
		return always, func() error { return hook.Stop() }, err
	}
}
