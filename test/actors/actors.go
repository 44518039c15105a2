// Package actors stands in for the controllers that a supply chain leans on. They do real work on real input: Git resolves
// branches of real repositories, the Builder digests the tree of a commit, Tekton runs the scripts of its Tasks on a checkout,
// Kapp applies the manifests of a commit. Only the cluster parts of Flux, kpack, Tekton and kapp-controller are left out.
package actors

import (
	"context"
	"fmt"
	"log"
	"maps"
	"slices"
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
	observe  func(ctx context.Context, object *unstructured.Unstructured) (map[string]any, error)
	// verdict is what the conditions are, by their types, after observe.
	verdict func(err error) map[string]string
	// finished objects are never observed again; nil: there are none.
	finished func(object *unstructured.Unstructured) bool

	client dynamic.Interface
	logger *log.Logger
}

// ready is the verdict of most controllers.
func ready(err error) map[string]string { return map[string]string{"Ready": truth(err == nil)} }

func truth(yes bool) string {
	if yes {
		return "True"
	}
	return "False"
}

// Run runs all actors on one namespace, or on all when it is empty, until the context ends, and returns when they have
// stopped. An actor whose kind is not there waits for it. Those of the resources that are named stay away: real controllers
// work on them.
func Run(ctx context.Context, config *rest.Config, namespace string, logger *log.Logger, real ...schema.GroupVersionResource) error {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client for the actors: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	actors := slices.DeleteFunc([]*actor{newGit(), newBuilder(), newTekton(client), newKapp(config)}, func(a *actor) bool {
		return slices.Contains(real, a.resource)
	})
	errs := make(chan error, len(actors))
	for _, a := range actors {
		a.client, a.logger = client, logger
		group.Go(func() { errs <- a.run(ctx, namespace) })
	}
	err = <-errs // one that ends takes the others with it
	cancel()
	group.Wait()
	return err
}

// awaitKind returns once the kind is there, or the context has ended.
func (a *actor) awaitKind(ctx context.Context) {
	for {
		_, err := a.client.Resource(a.resource).List(ctx, metav1.ListOptions{Limit: 1})
		if !apierrors.IsNotFound(err) {
			return // what else is wrong, the informer will tell
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(resync):
		}
	}
}

func (a *actor) run(ctx context.Context, namespace string) error {
	a.awaitKind(ctx)
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(a.client, 0, namespace, nil)
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
	if a.finished != nil && a.finished(object) {
		return nil
	}
	old, _, err := unstructured.NestedMap(object.Object, "status") // a deep copy
	if err != nil {
		return fmt.Errorf("read its status: %w", err)
	}
	status := runtime.DeepCopyJSON(old)
	if status == nil {
		status = map[string]any{}
	}
	seen, err := a.observe(ctx, object)
	if ctx.Err() != nil {
		return ctx.Err() // told to stop: what was seen is half a truth
	}
	message := "done"
	if err != nil {
		message = err.Error()
	}
	for key, value := range seen {
		status[key] = value
	}
	status["observedGeneration"] = object.GetGeneration()
	var conditions []any
	verdict := a.verdict(err)
	for _, kind := range slices.Sorted(maps.Keys(verdict)) {
		conditions = append(conditions, condition(old, kind, verdict[kind], message))
	}
	status["conditions"] = conditions
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
func condition(old map[string]any, kind, status, message string) map[string]any {
	since := time.Now().UTC().Format(time.RFC3339)
	conditions, _, _ := unstructured.NestedSlice(old, "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == kind && c["status"] == status {
			if t, ok := c["lastTransitionTime"].(string); ok {
				since = t
			}
		}
	}
	reason := "Succeeded"
	if message != "done" {
		reason = "Failed"
	}
	return map[string]any{"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since}
}

func hasCondition(object *unstructured.Unstructured, kind, status string) bool {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == kind && c["status"] == status {
			return true
		}
	}
	return false
}
