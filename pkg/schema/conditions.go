package schema

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// published are the types of conditions in the status of objects.
type published struct {
	types []string
	// all says that there are no others.
	all bool
}

// conditionTypes of kinds, whatever their version.
//
// Of the kinds of others only the conditions are here that their documentation promises;
// there may be more.
var conditionTypes = map[schema.GroupKind]published{
	// Source: the constants of k8s.io/api.
	{Group: "apps", Kind: "Deployment"}:                     {[]string{"Available", "Progressing", "ReplicaFailure"}, true},
	{Group: "apps", Kind: "ReplicaSet"}:                     {[]string{"ReplicaFailure"}, true},
	{Group: "apps", Kind: "StatefulSet"}:                    {[]string{"Progressing"}, false},
	{Group: "batch", Kind: "Job"}:                           {[]string{"Complete", "Failed", "FailureTarget", "Suspended", "SuccessCriteriaMet"}, true},
	{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}: {[]string{"AbleToScale", "ScaledToZero", "ScalingActive", "ScalingLimited"}, true},
	{Group: "policy", Kind: "PodDisruptionBudget"}:          {[]string{"DisruptionAllowed"}, true},
	{Kind: "Pod"}: {[]string{"ContainersReady", "DisruptionTarget", "Initialized", "PodReadyToStartContainers", "PodScheduled", "Ready"}, false},

	// Source: pkg/api/v1alpha1/conditions.go.
	{Group: "carto.run", Kind: "Workload"}:    {[]string{"Ready", "ResourcesHealthy", "ResourcesSubmitted", "SupplyChainReady"}, true},
	{Group: "carto.run", Kind: "Deliverable"}: {[]string{"DeliveryReady", "Ready", "ResourcesHealthy", "ResourcesSubmitted"}, true},
	{Group: "carto.run", Kind: "Runnable"}:    {[]string{"Ready", "RunTemplateReady", "StampedObjectCondition"}, true},

	// Source: Flux, documentation of its API, "Conditions" of each kind.
	{Group: "source.toolkit.fluxcd.io", Kind: "GitRepository"}:        flux("ArtifactInStorage", "FetchFailed", "SourceVerified"),
	{Group: "source.toolkit.fluxcd.io", Kind: "OCIRepository"}:        flux("ArtifactInStorage", "FetchFailed", "SourceVerified"),
	{Group: "source.toolkit.fluxcd.io", Kind: "Bucket"}:               flux("ArtifactInStorage", "FetchFailed"),
	{Group: "source.toolkit.fluxcd.io", Kind: "HelmRepository"}:       flux("ArtifactInStorage", "FetchFailed"),
	{Group: "source.toolkit.fluxcd.io", Kind: "HelmChart"}:            flux("ArtifactInStorage", "FetchFailed"),
	{Group: "kustomize.toolkit.fluxcd.io", Kind: "Kustomization"}:     flux("Healthy"),
	{Group: "helm.toolkit.fluxcd.io", Kind: "HelmRelease"}:            flux("Released", "Remediated", "TestSuccess"),
	{Group: "image.toolkit.fluxcd.io", Kind: "ImageRepository"}:       flux(),
	{Group: "image.toolkit.fluxcd.io", Kind: "ImagePolicy"}:           flux(),
	{Group: "image.toolkit.fluxcd.io", Kind: "ImageUpdateAutomation"}: flux(),

	// Source: kpack, docs/image.md, docs/build.md, docs/builders.md.
	{Group: "kpack.io", Kind: "Image"}:          {types: []string{"BuilderReady", "Ready"}},
	{Group: "kpack.io", Kind: "Build"}:          {types: []string{"Succeeded"}},
	{Group: "kpack.io", Kind: "Builder"}:        {types: []string{"Ready"}},
	{Group: "kpack.io", Kind: "ClusterBuilder"}: {types: []string{"Ready"}},

	// Source: Tekton, docs/taskruns.md and docs/pipelineruns.md, "Monitoring execution status".
	{Group: "tekton.dev", Kind: "TaskRun"}:     {types: []string{"Succeeded"}},
	{Group: "tekton.dev", Kind: "PipelineRun"}: {types: []string{"Succeeded"}},
	{Group: "tekton.dev", Kind: "CustomRun"}:   {types: []string{"Succeeded"}},

	// Source: Knative Serving, specs/serving/knative-api-specification-1.0.md, "Status".
	{Group: "serving.knative.dev", Kind: "Service"}:       {types: []string{"ConfigurationsReady", "Ready", "RoutesReady"}},
	{Group: "serving.knative.dev", Kind: "Configuration"}: {types: []string{"Ready"}},
	{Group: "serving.knative.dev", Kind: "Route"}:         {types: []string{"Ready"}},
	{Group: "serving.knative.dev", Kind: "Revision"}:      {types: []string{"Ready"}},

	// Source: kapp-controller, docs/app-spec and packaging, "status.conditions".
	{Group: "kappctrl.k14s.io", Kind: "App"}:                   kapp,
	{Group: "packaging.carvel.dev", Kind: "PackageInstall"}:    kapp,
	{Group: "packaging.carvel.dev", Kind: "PackageRepository"}: kapp,

	// Source: cert-manager, API reference, CertificateConditionType.
	{Group: "cert-manager.io", Kind: "Certificate"}: {types: []string{"Issuing", "Ready"}},
}

func flux(more ...string) published {
	return published{types: append([]string{"Ready", "Reconciling", "Stalled"}, more...)}
}

var kapp = published{types: []string{"DeleteFailed", "Deleting", "ReconcileFailed", "ReconcileSucceeded", "Reconciling"}}

// usual are the words that kinds use to say how they fare. A kind that says it by one of
// them does not publish the others, as far as it is known.
var usual = []string{"Available", "Complete", "Completed", "Failed", "Finished", "Healthy", "Ready", "Reconciled", "ReconcileSucceeded", "Succeeded", "Success", "Successful"}

// Publishes says whether objects of a kind get conditions of a type, and which ones they do
// get, as far as that is known.
func (c *Catalog) Publishes(kind schema.GroupVersionKind, conditionType string) (Possible, []string) {
	known, ok := conditionTypes[kind.GroupKind()]
	if !ok {
		if k := c.Kind(kind); k != nil && k.Schema.Field("status", "conditions").Possible == No {
			return No, nil
		}
		return Perhaps, nil
	}
	switch {
	case slices.Contains(known.types, conditionType):
		return Yes, known.types
	case strings.ContainsAny(conditionType, "./"): // that of another controller
		return Perhaps, known.types
	case known.all, slices.Contains(usual, conditionType), slices.ContainsFunc(known.types, func(t string) bool { return strings.EqualFold(t, conditionType) }):
		return No, known.types
	}
	return Perhaps, known.types
}

// HasStatus says whether objects of a kind get a status: No for those that are only data,
// Perhaps for kinds of which nothing is known.
func (c *Catalog) HasStatus(kind schema.GroupVersionKind) Possible {
	if _, ok := conditionTypes[kind.GroupKind()]; ok {
		return Yes
	}
	if k := c.Kind(kind); k != nil {
		return k.Schema.Field("status").Possible
	}
	return Perhaps
}
