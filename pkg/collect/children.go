package collect

import (
	"context"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// childKind is a kind that the objects of another kind own.
type childKind struct {
	resource schema.GroupVersionResource
	kind     schema.GroupKind
}

var (
	replicaSets  = childKind{schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}, schema.GroupKind{Group: "apps", Kind: "ReplicaSet"}}
	pods         = childKind{schema.GroupVersionResource{Version: "v1", Resource: "pods"}, schema.GroupKind{Kind: "Pod"}}
	jobs         = childKind{schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}, schema.GroupKind{Group: "batch", Kind: "Job"}}
	kpackBuilds  = childKind{schema.GroupVersionResource{Group: "kpack.io", Version: "v1alpha2", Resource: "builds"}, schema.GroupKind{Group: "kpack.io", Kind: "Build"}}
	taskRuns     = childKind{schema.GroupVersionResource{Group: "tekton.dev", Version: "v1", Resource: "taskruns"}, schema.GroupKind{Group: "tekton.dev", Kind: "TaskRun"}}
	pipelineRuns = childKind{schema.GroupVersionResource{Group: "tekton.dev", Version: "v1", Resource: "pipelineruns"}, schema.GroupKind{Group: "tekton.dev", Kind: "PipelineRun"}}
)

// children are the kinds to look for below a kind. It is a closed table: finding
// children without knowing their kind means listing every kind of the API, which takes
// minutes on big clusters.
var children = map[schema.GroupKind][]childKind{
	{Group: "apps", Kind: "Deployment"}:        {replicaSets},
	{Group: "apps", Kind: "ReplicaSet"}:        {pods},
	{Group: "apps", Kind: "StatefulSet"}:       {pods},
	{Group: "apps", Kind: "DaemonSet"}:         {pods},
	{Group: "batch", Kind: "Job"}:              {pods},
	{Group: "batch", Kind: "CronJob"}:          {jobs},
	{Group: "kpack.io", Kind: "Image"}:         {kpackBuilds},
	{Group: "kpack.io", Kind: "Build"}:         {pods},
	{Group: "tekton.dev", Kind: "TaskRun"}:     {pods},
	{Group: "tekton.dev", Kind: "PipelineRun"}: {taskRuns},
}

// childKinds are the kinds to look for below an object. What a Runnable runs is up to its
// run template, which is read once for each.
func (r *reader) childKinds(ctx context.Context, obj *unstructured.Unstructured) []childKind {
	if !isRunnable(obj) {
		return children[obj.GroupVersionKind().GroupKind()]
	}
	name, _, _ := unstructured.NestedString(obj.Object, "spec", "runTemplateRef", "name")
	kind, known := r.runs[name]
	if !known {
		kind = r.runKind(ctx, name)
		r.runs[name] = kind
	}
	if kind.resource.Resource == "" {
		return []childKind{taskRuns, pipelineRuns, jobs}
	}
	return []childKind{kind}
}

// runKind reads what a run template stamps; empty when that can not be known.
func (r *reader) runKind(ctx context.Context, name string) childKind {
	resource := v1alpha1.GroupVersion.WithResource("clusterruntemplates")
	template, err := r.client.Resource(resource).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		if !apierrors.IsNotFound(err) {
			r.note("get", resource.GroupResource().String(), "", name, err)
		}
		return childKind{}
	}
	version, _, _ := unstructured.NestedString(template.Object, "spec", "template", "apiVersion")
	kind, _, _ := unstructured.NestedString(template.Object, "spec", "template", "kind")
	gv, err := schema.ParseGroupVersion(version)
	if err != nil || kind == "" || strings.Contains(version+kind, "$(") {
		return childKind{}
	}
	return childKind{guessPlural(gv.WithKind(kind)), schema.GroupKind{Group: gv.Group, Kind: kind}}
}

func isRunnable(obj *unstructured.Unstructured) bool {
	return obj.GroupVersionKind().GroupKind() == schema.GroupKind{Group: v1alpha1.Group, Kind: v1alpha1.KindRunnable}
}
