// Package actors stands in for the controllers that a supply chain leans on. They do real work on real input: the Git actor
// resolves branches of real repositories, the Builder actor digests the tree of a commit. Only the cluster parts of Flux and
// kpack are left out.
package actors

import (
	"context"
	"fmt"
	"log"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// resync is how often an actor looks at everything, besides whenever an object changes. Nobody tells it of a commit.
const resync = time.Second

// actor brings the status of every object of one resource to what observe makes of it.
type actor struct {
	resource schema.GroupVersionResource
	client   dynamic.Interface
	logger   *log.Logger
	observe  func(ctx context.Context, object *unstructured.Unstructured) (map[string]any, error)
}

// Run runs both actors until the context ends, and returns when they have stopped.
func Run(ctx context.Context, config *rest.Config, logger *log.Logger) error {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client for the actors: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	actors := []*actor{newGit(client, logger), newBuilder(client, logger)}
	errs := make(chan error, len(actors))
	for _, a := range actors {
		group.Go(func() { errs <- a.run(ctx) })
	}
	err = <-errs // one that ends takes the other with it
	cancel()
	group.Wait()
	return err
}

func (a *actor) run(ctx context.Context) error {
	factory := dynamicinformer.NewDynamicSharedInformerFactory(a.client, 0)
	informer := factory.ForResource(a.resource)
	wake := make(chan struct{}, 1)
	poke := func(any) {
		select {
		case wake <- struct{}{}:
		default: // a look is due already
		}
	}
	_, err := informer.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: poke, UpdateFunc: func(_, object any) { poke(object) },
	})
	if err != nil {
		return fmt.Errorf("watch %s: %w", a.resource.Resource, err)
	}
	factory.Start(ctx.Done())
	defer factory.Shutdown()
	if !cache.WaitForCacheSync(ctx.Done(), informer.Informer().HasSynced) {
		return nil // the context ended
	}
	ticker := time.NewTicker(resync)
	defer ticker.Stop()
	for {
		for _, object := range informer.Informer().GetStore().List() {
			object, ok := object.(*unstructured.Unstructured)
			if !ok {
				continue
			}
			if err := a.settle(ctx, object); err != nil && ctx.Err() == nil {
				a.logger.Printf("%s %s/%s: %v", a.resource.Resource, object.GetNamespace(), object.GetName(), err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-ticker.C:
		}
	}
}

// settle writes the status of one object if it is not what it should be.
func (a *actor) settle(ctx context.Context, object *unstructured.Unstructured) error {
	old, _, err := unstructured.NestedMap(object.Object, "status") // a deep copy
	if err != nil {
		return fmt.Errorf("read its status: %w", err)
	}
	status := runtime.DeepCopyJSON(old)
	if status == nil {
		status = map[string]any{}
	}
	seen, err := a.observe(ctx, object)
	ready, message := "True", "done"
	if err != nil {
		ready, message = "False", err.Error()
	}
	for key, value := range seen {
		status[key] = value
	}
	status["observedGeneration"] = object.GetGeneration()
	status["conditions"] = []any{condition(old, ready, message)}
	if equality.Semantic.DeepEqual(old, status) {
		return nil
	}
	changed := object.DeepCopy()
	changed.Object["status"] = status
	_, writeErr := a.client.Resource(a.resource).Namespace(object.GetNamespace()).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
	if writeErr != nil && !apierrors.IsConflict(writeErr) && !apierrors.IsNotFound(writeErr) { // the next event brings the newer object
		return fmt.Errorf("write its status: %w", writeErr)
	}
	return err
}

// condition keeps the time of a condition whose status stays, as controllers do.
func condition(old map[string]any, status, message string) map[string]any {
	since := time.Now().UTC().Format(time.RFC3339)
	conditions, _, _ := unstructured.NestedSlice(old, "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == "Ready" && c["status"] == status {
			if t, ok := c["lastTransitionTime"].(string); ok {
				since = t
			}
		}
	}
	reason := "Succeeded"
	if status != "True" {
		reason = "Failed"
	}
	return map[string]any{"type": "Ready", "status": status, "reason": reason, "message": message, "lastTransitionTime": since}
}
