package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// owners are a kind of owners, with what they go through.
type owners struct {
	name      string // as on the command line, and in tables
	namespace string
	label     string // by which the blueprint selects them
	kind      string
	resource  schema.GroupVersionResource
	// kinds of what is stamped, in the order of the steps; the value travels from the first to the last.
	kinds []string
	// manifests are the blueprint and its templates.
	manifests string
	// edited is a template with another body, by which every last object gets editedMark before its value.
	edited string
	spec   map[string]any
	// changeInput: the value begins in the owner, at spec.inputs.value, and not in the first object's output.
	changeInput bool
}

var workloadSpec = map[string]any{"source": map[string]any{"git": map[string]any{"url": "https://git.example/cart", "ref": map[string]any{"branch": "main"}}}}

// allOwners are the kinds that can be measured; the yardstick knows the first only.
var allOwners = []*owners{
	{
		name: "workloads", namespace: namespace, label: "yes", kind: v1alpha1.KindWorkload, resource: v1alpha1.GroupVersion.WithResource("workloads"),
		kinds: []string{"Source", "Image", "Config", "Run"}, manifests: supplyChain,
		edited: strings.Replace(configTemplate, "input: $(image)$", "input: "+editedMark+"$(image)$", 1),
		spec:   workloadSpec,
	},
	{
		name: "workloads-ytt", namespace: namespace, label: "yes", kind: v1alpha1.KindWorkload, resource: v1alpha1.GroupVersion.WithResource("workloads"),
		kinds: []string{"Source", "Image", "Config", "Run"}, manifests: yttTemplates(supplyChain),
		edited: yttTemplates(strings.Replace(configTemplate, "input: $(image)$", "input: "+editedMark+"$(image)$", 1)),
		spec:   workloadSpec,
	},
	{
		name: "deliverables", namespace: namespace, label: "yes", kind: v1alpha1.KindDeliverable, resource: v1alpha1.GroupVersion.WithResource("deliverables"),
		kinds: []string{"Source", "Image", "Config", "Run"}, manifests: delivery,
		edited: strings.Replace(noteTemplate, "input: $(source.url)$", "input: "+editedMark+"$(source.url)$", 1),
		spec:   map[string]any{"source": map[string]any{"git": map[string]any{"url": "https://git.example/ops"}}},
	},
	{
		name: "runnables", namespace: namespace, label: "yes", kind: v1alpha1.KindRunnable, resource: v1alpha1.GroupVersion.WithResource("runnables"),
		kinds: []string{"Run"}, manifests: runTemplate, changeInput: true,
		edited: strings.Replace(runTemplate, "input: $(runnable", "input: "+editedMark+"$(runnable", 1),
		spec: map[string]any{
			"runTemplateRef": map[string]any{"name": "bench"}, "serviceAccountName": "stamper", "inputs": map[string]any{"value": "seed"},
			"retentionPolicy": map[string]any{"maxFailedRuns": int64(1), "maxSuccessfulRuns": int64(1)},
		},
	},
}

func (o *owners) object(i int) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": o.kind,
		"metadata": map[string]any{"name": nameOf(i), "namespace": o.namespace, "labels": map[string]any{"bench": o.label}},
		"spec":     o.spec,
	}}
}

// ownerOf is the name of the owner of a stamped object: runs have names of their own.
func (o *owners) ownerOf(object *unstructured.Unstructured) string {
	if o.kind == v1alpha1.KindRunnable {
		return object.GetLabels()[v1alpha1.LabelRunnableName]
	}
	return object.GetName()
}

// change gives one owner another value, to be carried to its last object.
func (o *owners) change(ctx context.Context, client dynamic.Interface, name, value string) error {
	if !o.changeInput {
		return setStatus(ctx, client, o.kinds[0], o.namespace, name, map[string]any{"output": value})
	}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"inputs": map[string]any{"value": value}}})
	if err != nil {
		return fmt.Errorf("encode a change: %w", err)
	}
	_, err = client.Resource(o.resource).Namespace(o.namespace).Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}
