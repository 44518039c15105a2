package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// inFlight is how many requests of the bench itself are under way at a time.
const inFlight = 16

// forAll calls f for 0…n-1, some at a time, until the first error.
func forAll(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	return forSome(ctx, inFlight, n, f)
}

// forSome is forAll with another number of calls at a time.
func forSome(ctx context.Context, atOnce, n int, f func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range n {
		g.Go(func() error { return f(ctx, i) })
	}
	return g.Wait()
}

// actor stands in for the controllers of the stamped kinds: as soon as an object's spec has changed, its output is its input,
// and it is ready.
type actor struct {
	client dynamic.Interface
	work   chan job
}

type job struct {
	kind       string
	namespace  string
	name       string
	generation int64
	input      string
}

// startActor has so many requests under way at a time. It returns the function that stops it and waits for its end.
func startActor(ctx context.Context, config *rest.Config, w *watcher, atOnce int) (func(), error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for the actor: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	a := &actor{client: client, work: make(chan job, 100_000)}
	var group sync.WaitGroup
	for range atOnce {
		group.Go(func() { a.run(ctx) })
	}
	for _, kind := range w.owners.kinds {
		observe := func(object any) {
			u, ok := object.(*unstructured.Unstructured)
			if !ok {
				return
			}
			observed, _, _ := unstructured.NestedInt64(u.Object, "status", "observedGeneration")
			if observed == u.GetGeneration() {
				return
			}
			input, _, _ := unstructured.NestedString(u.Object, "spec", "input")
			select {
			case a.work <- job{kind, u.GetNamespace(), u.GetName(), u.GetGeneration(), input}:
			case <-ctx.Done():
			}
		}
		if err := w.handle(resourceOf(kind), observe); err != nil {
			cancel()
			return nil, err
		}
	}
	return func() { cancel(); group.Wait() }, nil
}

func (a *actor) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-a.work:
			// A conflict or a lost object shows as a run that never settles.
			_ = setStatus(ctx, a.client, j.kind, j.namespace, j.name, map[string]any{
				"observedGeneration": j.generation, "output": j.input,
				"conditions": []any{done("Ready"), done("Succeeded")},
			})
		}
	}
}

func done(condition string) map[string]any {
	return map[string]any{"type": condition, "status": "True", "reason": "Done"}
}

// setStatus merges fields into the status of a stamped object.
func setStatus(ctx context.Context, client dynamic.Interface, kind, namespace, name string, fields map[string]any) error {
	patch, err := json.Marshal(map[string]any{"status": fields})
	if err != nil {
		return fmt.Errorf("encode a status: %w", err)
	}
	_, err = client.Resource(resourceOf(kind)).Namespace(namespace).Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}

func onChange(observe func(any)) cache.ResourceEventHandlerFuncs {
	return cache.ResourceEventHandlerFuncs{AddFunc: observe, UpdateFunc: func(_, object any) { observe(object) }}
}
