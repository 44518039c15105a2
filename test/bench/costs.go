package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/test/harness"
)

// costsScenario sends the writes that the subjects and the actor send, each kind alone, with neither of them running. What a
// write costs the API server bounds what any subject can do on a machine that it shares with it.
const costsScenario = "costs"

// costsNumber is how many of each kind are sent.
const costsNumber = 1000

var eventResource = schema.GroupVersionResource{Version: "v1", Resource: "events"}

// pricedWrite is a kind of write, and what one cost.
type pricedWrite struct {
	what string
	send func(ctx context.Context, i int) error

	server, etcd time.Duration // CPU of one
	rate         float64       // a second
}

func benchCosts(ctx context.Context) (err error) {
	fmt.Fprintf(os.Stderr, "%s %-9s %d writes of each kind\n", time.Now().Format(time.TimeOnly), costsScenario, costsNumber)
	cp, err := harness.Start(ctx, harness.Options{AuditLog: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cp.Stop()) }()
	config := rest.CopyConfig(cp.Config)
	config.QPS = -1
	if err := prepare(ctx, config, allOwners[0], costsNumber); err != nil {
		return err
	}
	writes, err := pricedWrites(ctx, config)
	if err != nil {
		return err
	}
	for i := range writes {
		if err := writes[i].measure(ctx, cp.PIDs()); err != nil {
			return fmt.Errorf("%s: %w", writes[i].what, err)
		}
	}
	return printCosts(os.Stdout, writes)
}

func (w *pricedWrite) measure(ctx context.Context, pids map[string]int) error {
	if err := w.send(ctx, 0); err != nil { // whatever the first of a kind makes ready is not its price
		return err
	}
	var before, after [2]usage
	read := func(into *[2]usage) (err error) {
		for i, name := range []string{harness.APIServer, harness.Etcd} {
			if into[i], err = usageOf(pids[name]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := read(&before); err != nil {
		return err
	}
	began := time.Now()
	if err := forAll(ctx, costsNumber-1, func(ctx context.Context, i int) error { return w.send(ctx, i+1) }); err != nil {
		return err
	}
	w.rate = (costsNumber - 1) / since(began)
	if err := read(&after); err != nil {
		return err
	}
	w.server = (after[0].cpu - before[0].cpu) / (costsNumber - 1)
	w.etcd = (after[1].cpu - before[1].cpu) / (costsNumber - 1)
	return nil
}

// pricedWrites are the kinds of writes, of which later ones need the objects of earlier ones.
func pricedWrites(ctx context.Context, config *rest.Config) ([]pricedWrite, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	account, err := dynamic.NewForConfig(harness.As(config, namespace, "stamper"))
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	owners, err := client.Resource(allOwners[0].resource).Namespace(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the owners: %w", err)
	}
	of := func(c dynamic.Interface, kind string) dynamic.ResourceInterface {
		return c.Resource(resourceOf(kind)).Namespace(namespace)
	}
	applyLike := func(like func(*unstructured.Unstructured, string, string) *unstructured.Unstructured, c dynamic.Interface, kind, input string) func(context.Context, int) error {
		return func(ctx context.Context, i int) error {
			_, err := of(c, kind).Apply(ctx, nameOf(i), like(&owners.Items[i], kind, input), metav1.ApplyOptions{FieldManager: "bench", Force: true})
			return err
		}
	}
	apply := func(c dynamic.Interface, kind, input string) func(context.Context, int) error {
		return applyLike(stampedLike, c, kind, input)
	}
	answer := func(kind string) func(context.Context, int) error {
		return func(ctx context.Context, i int) error {
			return setStatus(ctx, client, kind, namespace, nameOf(i), map[string]any{
				"observedGeneration": 2, "output": "b", "conditions": []any{done("Ready"), done("Succeeded")},
			})
		}
	}
	statuses := client.Resource(allOwners[0].resource).Namespace(namespace)
	return []pricedWrite{
		{what: "create a stamped object", send: func(ctx context.Context, i int) error {
			_, err := of(client, "Source").Create(ctx, stampedLike(&owners.Items[i], "Source", "a"), metav1.CreateOptions{})
			return err
		}},
		{what: "create it by server-side apply", send: apply(client, "Image", "a")},
		{what: "the same as a service account", send: apply(account, "Config", "a")},
		{what: "change it by merge patch", send: func(ctx context.Context, i int) error {
			_, err := of(client, "Source").Patch(ctx, nameOf(i), types.MergePatchType, []byte(`{"spec":{"input":"b"}}`), metav1.PatchOptions{})
			return err
		}},
		{what: "change it by server-side apply", send: apply(client, "Image", "b")},
		{what: "the same as a service account", send: apply(account, "Config", "b")},
		{what: "an actor's status of it", send: answer("Source")},
		{what: "create one with all that Carto adds, as a service account", send: applyLike(cartoStamped, account, "Run", "a")},
		{what: "change it likewise", send: applyLike(cartoStamped, account, "Run", "b")},
		{what: "an actor's status of it, with Carto's additions", send: answer("Run")},
		{what: "update an owner's status, of four steps", send: func(ctx context.Context, i int) error {
			owner := owners.Items[i].DeepCopy()
			owner.Object["status"] = ownerStatus(owner, "a")
			_, err := statuses.UpdateStatus(ctx, owner, metav1.UpdateOptions{})
			return err
		}},
		{what: "the same by merge patch", send: func(ctx context.Context, i int) error {
			patch, err := json.Marshal(map[string]any{"status": ownerStatus(&owners.Items[i], "b")})
			if err != nil {
				return err
			}
			_, err = statuses.Patch(ctx, nameOf(i), types.MergePatchType, patch, metav1.PatchOptions{}, "status")
			return err
		}},
		{what: "update it as Carto writes it", send: func(ctx context.Context, i int) error {
			var err error
			if i == 0 { // once, before the others: their versions are those of the patches by now
				if owners, err = statuses.List(ctx, metav1.ListOptions{}); err != nil {
					return err
				}
			}
			owner := owners.Items[i].DeepCopy()
			if owner.Object["status"], err = cartoStatus(owner, "c"); err != nil {
				return err
			}
			_, err = statuses.UpdateStatus(ctx, owner, metav1.UpdateOptions{})
			return err
		}},
		{what: "create an event", send: func(ctx context.Context, i int) error {
			_, err := client.Resource(eventResource).Namespace(namespace).Create(ctx, eventLike(&owners.Items[i]), metav1.CreateOptions{})
			return err
		}},
	}, nil
}

// stampedLike is an object as both subjects stamp it.
func stampedLike(owner *unstructured.Unstructured, kind, input string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": group + "/v1", "kind": kind,
		"metadata": map[string]any{
			"name": owner.GetName(), "namespace": namespace, "labels": map[string]any{"carto.run/workload-name": owner.GetName()},
			"ownerReferences": []any{map[string]any{"apiVersion": owner.GetAPIVersion(), "kind": owner.GetKind(), "name": owner.GetName(), "uid": string(owner.GetUID()), "controller": true}},
		},
		"spec": map[string]any{"input": input},
	}}
}

// ownerStatus is the status of a workload all of whose steps have an output.
func ownerStatus(owner *unstructured.Unstructured, output string) map[string]any {
	var steps []any
	for step := range kinds {
		steps = append(steps, stepStatus(owner, step, output))
	}
	return readyStatus(owner, steps, true)
}

func eventLike(owner *unstructured.Unstructured) *unstructured.Unstructured {
	now := time.Now().UTC().Format(time.RFC3339)
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Event",
		"metadata":       map[string]any{"generateName": owner.GetName() + ".", "namespace": namespace},
		"involvedObject": map[string]any{"apiVersion": owner.GetAPIVersion(), "kind": owner.GetKind(), "namespace": namespace, "name": owner.GetName(), "uid": string(owner.GetUID())},
		"reason":         "StampedObjectApplied", "message": "Created object [sources.bench.carto.run/" + owner.GetName() + "]", "type": "Normal", "count": int64(1),
		"firstTimestamp": now, "lastTimestamp": now, "source": map[string]any{"component": "Workload"}, "reportingComponent": "carto.run/agent",
	}}
}

func printCosts(out io.Writer, writes []pricedWrite) error {
	table := [][]string{{"one write", "CPU of the API server, ms", "of etcd, ms", "a second"}}
	for _, w := range writes {
		table = append(table, []string{w.what, perWrite(w.server), perWrite(w.etcd), fmt.Sprintf("%.0f", w.rate)})
	}
	text := &strings.Builder{}
	printAligned(text, table)
	_, err := io.WriteString(out, text.String())
	return err
}

func perWrite(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000) }
