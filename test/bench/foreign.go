package main

import (
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/test/harness"
)

// foreignNamespace is one that neither owners nor the actor are in.
const foreignNamespace = "foreign"

// foreignCost is what the agent needs beside objects of a stamped kind that are not Carto's.
type foreignCost struct {
	Number int `json:"number"`
	// Without and With them: a start among settled owners.
	Without started `json:"without"`
	With    started `json:"with"`
	// CPU and Requests of the agent while all of them are made, and each is changed once.
	CPU      float64 `json:"cpuSeconds"`
	Requests int     `json:"requests"`
}

// foreign makes objects of the kind of the third step without Carto's labels, changes each, and starts the agent with them
// and without. The yardstick watches all objects of a kind, as a plain controller does that knows its kinds.
func (b *bench) foreign(ctx context.Context) error {
	if b.name != cartoName || b.owners != allOwners[0] {
		return nil
	}
	c := &foreignCost{Number: b.opts.foreign}
	var err error
	if c.Without, err = b.startAnew(ctx); err != nil {
		return err
	}
	b.sayf("make and change %d foreign objects", c.Number)
	if _, err := harness.Apply(ctx, b.cp.Config, "", "apiVersion: v1\nkind: Namespace\nmetadata: { name: "+foreignNamespace+" }"); err != nil {
		return err
	}
	if err := b.begin(ctx); err != nil {
		return err
	}
	client := b.client.Resource(resourceOf("Config")).Namespace(foreignNamespace)
	err = forAll(ctx, c.Number, func(ctx context.Context, i int) error {
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": group + "/v1", "kind": "Config", "metadata": map[string]any{"name": nameOf(i)}, "spec": map[string]any{"input": strings.Repeat("x", 1_000)},
		}}
		if _, err := client.Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return err
		}
		_, err := client.Patch(ctx, nameOf(i), types.MergePatchType, []byte(`{"spec":{"input":"changed"}}`), metav1.PatchOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("make foreign objects: %w", err)
	}
	var used cost
	if err := b.end(ctx, "foreign objects", &used); err != nil {
		return err
	}
	c.CPU, c.Requests = used.CPU, b.result.total("foreign objects")
	if c.With, err = b.startAnew(ctx); err != nil {
		return err
	}
	b.result.Foreign = c
	return nil
}

// printForeign writes in Markdown what foreign objects cost.
func printForeign(w *strings.Builder, results []result) {
	for _, r := range results {
		if r.Foreign == nil {
			continue
		}
		f := r.Foreign
		fmt.Fprintf(w, "\nThe agent among %d %s and %d foreign objects of a kind that they stamp (%.2f s of CPU and %d requests while these were made and changed):\n\n",
			r.Number, r.Owners, f.Number, f.CPU, f.Requests)
		table := [][]string{{"", "without", "with", "ratio"}}
		for _, line := range []struct {
			what          string
			without, with float64
		}{
			{"start, s to ready", f.Without.Ready, f.With.Ready},
			{"· CPU, s", f.Without.CPU, f.With.CPU},
			{"· requests", float64(sum(f.Without.Requests)), float64(sum(f.With.Requests))},
			{"memory, MiB", float64(f.Without.Resident) / (1 << 20), float64(f.With.Resident) / (1 << 20)},
		} {
			table = append(table, []string{line.what, fmt.Sprintf("%.2f", line.without), fmt.Sprintf("%.2f", line.with), fmt.Sprintf("%.2f", line.with/line.without)})
		}
		printAligned(w, table)
	}
}
