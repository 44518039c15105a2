package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"reflect"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
)

// yardstick is the least that does the same job for the blueprint of this bench, as a careful author of a plain controller
// writes it: everything in informers as whole objects, one write per stamped object, and a status write per change. It knows
// no templates, selectors, service accounts, drift or failures.
type yardstick struct {
	client dynamic.Interface
	stores []cache.Store // of the stamped kinds, in the order of the steps
	owners cache.Store
	queue  workqueue.TypedRateLimitingInterface[string]
}

// runYardstick works until the process is ended.
func runYardstick(kubeconfig string) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	config.UserAgent, config.QPS = userAgents[yardstickName], -1
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	y := &yardstick{client: client, queue: workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())}
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, namespace, nil)
	enqueue := onChange(func(object any) {
		if u, ok := object.(*unstructured.Unstructured); ok {
			y.queue.Add(u.GetName()) // stamped objects have their owner's name
		}
	})
	for _, kind := range kinds {
		informer := factory.ForResource(resourceOf(kind)).Informer()
		_, err = informer.AddEventHandler(enqueue)
		y.stores = append(y.stores, informer.GetStore())
	}
	informer := factory.ForResource(allOwners[0].resource).Informer()
	y.owners = informer.GetStore()
	if _, ownersErr := informer.AddEventHandler(enqueue); err != nil || ownersErr != nil {
		log.Fatal(err, ownersErr)
	}
	ctx := context.Background()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for range inFlight {
		go y.work(ctx)
	}
	select {}
}

func (y *yardstick) work(ctx context.Context) {
	for {
		name, _ := y.queue.Get()
		if err := y.pass(ctx, name); err != nil {
			if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
				log.Print(err)
			}
			y.queue.AddRateLimited(name)
		} else {
			y.queue.Forget(name)
		}
		y.queue.Done(name)
	}
}

// pass writes the objects whose inputs are there, and then the owner's status if it has changed.
func (y *yardstick) pass(ctx context.Context, name string) error {
	object, found, err := y.owners.GetByKey(namespace + "/" + name)
	if err != nil || !found {
		return err
	}
	owner, ok := object.(*unstructured.Unstructured)
	if !ok {
		return fmt.Errorf("unexpected %T in the cache", object)
	}
	input, ready := "seed", true
	var steps []any
	for step := range kinds {
		output := ""
		if ready {
			if output, err = y.stamp(ctx, owner, step, input); err != nil {
				return err
			}
		}
		ready = ready && output != ""
		steps = append(steps, stepStatus(owner, step, output))
		input = output
	}
	return y.writeStatus(ctx, owner, steps, ready)
}

// stamp brings one object to its input and returns its output, or nothing.
func (y *yardstick) stamp(ctx context.Context, owner *unstructured.Unstructured, step int, input string) (string, error) {
	name := owner.GetName()
	client := y.client.Resource(resourceOf(kinds[step])).Namespace(namespace)
	cached, found, err := y.stores[step].GetByKey(namespace + "/" + name)
	if err != nil {
		return "", err
	}
	if !found {
		_, err := client.Create(ctx, stampedLike(owner, kinds[step], input), metav1.CreateOptions{})
		return "", err
	}
	object, ok := cached.(*unstructured.Unstructured)
	if !ok {
		return "", fmt.Errorf("unexpected %T in the cache", cached)
	}
	if have, _, _ := unstructured.NestedString(object.Object, "spec", "input"); have != input {
		patch := fmt.Appendf(nil, `{"spec":{"input":%q}}`, input)
		_, err = client.Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
	}
	// Until the new output comes, the old one counts.
	output, _, _ := unstructured.NestedString(object.Object, "status", "output")
	return output, err
}

func stepStatus(owner *unstructured.Unstructured, step int, output string) map[string]any {
	status := "False"
	s := map[string]any{"name": kinds[step], "stampedRef": map[string]any{"apiVersion": group + "/v1", "kind": kinds[step], "name": owner.GetName(), "namespace": namespace}}
	if output != "" {
		status = "True"
		s["outputs"] = []any{map[string]any{"name": "output", "preview": output, "digest": digestOf(output), "lastTransitionTime": epoch}}
	}
	var conditions []any
	for _, kind := range []string{"ResourceSubmitted", "Healthy", "Ready"} {
		conditions = append(conditions, map[string]any{"type": kind, "status": status, "reason": "Output", "message": "", "lastTransitionTime": epoch})
	}
	s["conditions"] = conditions
	return s
}

// epoch stands for times, which the yardstick does not keep.
var epoch = time.Unix(0, 0).UTC().Format(time.RFC3339)

// readyStatus is an owner's status with these steps.
func readyStatus(owner *unstructured.Unstructured, steps []any, ready bool) map[string]any {
	state := "False"
	if ready {
		state = "True"
	}
	return map[string]any{
		"observedGeneration": owner.GetGeneration(), "resources": steps,
		"supplyChainRef": map[string]any{"kind": "ClusterSupplyChain", "name": "bench"},
		"conditions":     []any{map[string]any{"type": "Ready", "status": state, "reason": "Ready", "message": "", "lastTransitionTime": epoch}},
	}
}

func (y *yardstick) writeStatus(ctx context.Context, owner *unstructured.Unstructured, steps []any, ready bool) error {
	status := readyStatus(owner, steps, ready)
	if reflect.DeepEqual(owner.Object["status"], status) {
		return nil
	}
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		return err
	}
	_, err = y.client.Resource(allOwners[0].resource).Namespace(namespace).Patch(ctx, owner.GetName(), types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}
