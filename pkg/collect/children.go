package collect

import (
	"context"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// childKind is a kind that the objects of another kind own.
type childKind struct {
	resource schema.GroupVersionResource
	kind     schema.GroupKind
	// label holds the name of the parent, if the parent's controller sets one.
	label string
}

func child(apiVersion, kind, label string) childKind {
	gv, _ := schema.ParseGroupVersion(apiVersion)
	return childKind{guessPlural(gv.WithKind(kind)), schema.GroupKind{Group: gv.Group, Kind: kind}, label}
}

func (c childKind) labelled(label string) childKind {
	c.label = label
	return c
}

var (
	replicaSets  = child("apps/v1", "ReplicaSet", "")
	deployments  = child("apps/v1", "Deployment", "")
	pods         = child("v1", "Pod", "")
	jobs         = child("batch/v1", "Job", "")
	taskRuns     = child("tekton.dev/v1", "TaskRun", "")
	pipelineRuns = child("tekton.dev/v1", "PipelineRun", "")
)

// children are the kinds to look for below a kind. It is a closed table: finding
// children without knowing their kind means listing every kind of the API, which takes
// minutes on big clusters.
var children = map[schema.GroupKind][]childKind{
	{Group: "apps", Kind: "Deployment"}:        {replicaSets},
	{Group: "apps", Kind: "ReplicaSet"}:        {pods},
	{Group: "apps", Kind: "StatefulSet"}:       {pods},
	{Group: "apps", Kind: "DaemonSet"}:         {pods},
	{Group: "argoproj.io", Kind: "Rollout"}:    {replicaSets},
	{Group: "batch", Kind: "Job"}:              {pods},
	{Group: "batch", Kind: "CronJob"}:          {jobs},
	{Group: "kpack.io", Kind: "Image"}:         {child("kpack.io/v1alpha2", "Build", "image.kpack.io/image")},
	{Group: "kpack.io", Kind: "Build"}:         {pods.labelled("kpack.io/build")},
	{Group: "tekton.dev", Kind: "TaskRun"}:     {pods.labelled("tekton.dev/taskRun")},
	{Group: "tekton.dev", Kind: "PipelineRun"}: {taskRuns.labelled("tekton.dev/pipelineRun")},
	{Group: "serving.knative.dev", Kind: "Service"}: {
		child("serving.knative.dev/v1", "Configuration", "serving.knative.dev/service"),
		child("serving.knative.dev/v1", "Route", "serving.knative.dev/service"),
	},
	{Group: "serving.knative.dev", Kind: "Configuration"}: {child("serving.knative.dev/v1", "Revision", "serving.knative.dev/configuration")},
	{Group: "serving.knative.dev", Kind: "Revision"}:      {deployments.labelled("serving.knative.dev/revision")},
}

// ChildKinds names the kinds that are found below stamped objects, in alphabetical order.
func ChildKinds() []string {
	kinds := map[string]bool{}
	for _, below := range children {
		for _, c := range below {
			kinds[c.kind.Kind] = true
		}
	}
	return slices.Sorted(maps.Keys(kinds))
}

// childless are kinds below which nothing runs, by group; all kinds of a group with "".
var childless = map[schema.GroupKind]bool{
	{Kind: "ConfigMap"}: true, {Kind: "Secret"}: true, {Kind: "Service"}: true, {Kind: "ServiceAccount"}: true, {Kind: "Pod"}: true,
	{Kind: "PersistentVolumeClaim"}: true, {Group: "networking.k8s.io"}: true, {Group: "rbac.authorization.k8s.io"}: true,
	{Group: "source.toolkit.fluxcd.io"}: true, {Group: "gateway.networking.k8s.io"}: true, {Group: "policy"}: true,
	{Group: v1alpha1.Group}: true,
}

func hasKnownChildren(obj *unstructured.Unstructured) bool {
	kind := obj.GroupVersionKind().GroupKind()
	_, known := children[kind]
	return known || childless[kind] || kind.Group != "" && childless[schema.GroupKind{Group: kind.Group}]
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
	template, err := r.get(ctx, resource, "", name)
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
	resource, _ = r.resourceOf(gv.WithKind(kind))
	return childKind{resource, schema.GroupKind{Group: gv.Group, Kind: kind}, ""}
}
