package collect

import "k8s.io/apimachinery/pkg/runtime/schema"

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
	{Group: "carto.run", Kind: "Runnable"}:     {taskRuns, pipelineRuns, jobs},
}
