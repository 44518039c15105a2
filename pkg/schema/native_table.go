package schema

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// clusterScoped are the kinds of Kubernetes without namespaces, which their Go types do not
// tell. A test compares them with what an API server says.
var clusterScoped = kindSet{
	"":                             {"ComponentStatus", "Namespace", "Node", "PersistentVolume"},
	"admissionregistration.k8s.io": {"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration"},
	"apiextensions.k8s.io":         {"CustomResourceDefinition"},
	"apiregistration.k8s.io":       {"APIService"},
	"authentication.k8s.io":        {"SelfSubjectReview", "TokenReview"},
	"authorization.k8s.io":         {"SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"},
	"certificates.k8s.io":          {"CertificateSigningRequest", "ClusterTrustBundle"},
	"extensions":                   {"PodSecurityPolicy"},
	"flowcontrol.apiserver.k8s.io": {"FlowSchema", "PriorityLevelConfiguration"},
	"internal.apiserver.k8s.io":    {"StorageVersion"},
	"networking.k8s.io":            {"IPAddress", "IngressClass", "ServiceCIDR"},
	"node.k8s.io":                  {"RuntimeClass"},
	"policy":                       {"PodSecurityPolicy"},
	"rbac.authorization.k8s.io":    {"ClusterRole", "ClusterRoleBinding"},
	"resource.k8s.io":              {"DeviceClass", "DeviceTaintRule", "ResourcePoolStatusRequest", "ResourceSlice"},
	"scheduling.k8s.io":            {"PriorityClass"},
	"storage.k8s.io":               {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"},
	"storagemigration.k8s.io":      {"StorageVersionMigration"},
}

// noObject are kinds that only occur below others, as their subresources.
var noObject = kindSet{
	"":                      {"RangeAllocation"},
	"apps":                  {"Scale"},
	"authentication.k8s.io": {"TokenRequest"},
	"autoscaling":           {"Scale"},
	"extensions":            {"Scale"},
	"lifecycle.k8s.io":      {"Eviction"},
	"policy":                {"Eviction"},
}

// kindSet has kinds by group.
type kindSet map[string][]string

func (s kindSet) has(kind schema.GroupVersionKind) bool {
	return slices.Contains(s[kind.Group], kind.Kind)
}

// withoutType are kinds of Kubernetes whose Go types are not in the programs: gone, or made
// elsewhere. Source: the deprecated API migration guide of Kubernetes.
var withoutType = map[schema.GroupVersionKind]Lifecycle{
	{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService"}: {},
	{Group: "apiregistration.k8s.io", Version: "v1beta1", Kind: "APIService"}: {
		Removed: Release{1, 22}, Replacement: schema.GroupVersionKind{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService"},
	},
	{Group: "apiextensions.k8s.io", Version: "v1beta1", Kind: "CustomResourceDefinition"}: {
		Deprecated: Release{1, 16}, Removed: Release{1, 22}, Replacement: schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"},
	},
	{Group: "autoscaling", Version: "v2beta1", Kind: "HorizontalPodAutoscaler"}: {
		Deprecated: Release{1, 22}, Removed: Release{1, 25}, Replacement: schema.GroupVersionKind{Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler"},
	},
	{Group: "autoscaling", Version: "v2beta2", Kind: "HorizontalPodAutoscaler"}: {
		Deprecated: Release{1, 23}, Removed: Release{1, 26}, Replacement: schema.GroupVersionKind{Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler"},
	},
	{Group: "batch", Version: "v2alpha1", Kind: "CronJob"}: {
		Removed: Release{1, 21}, Replacement: schema.GroupVersionKind{Group: "batch", Version: "v1", Kind: "CronJob"},
	},
	{Group: "extensions", Version: "v1beta1", Kind: "PodSecurityPolicy"}: {
		Deprecated: Release{1, 10}, Removed: Release{1, 16},
	},
	{Group: "policy", Version: "v1beta1", Kind: "PodSecurityPolicy"}: {
		Deprecated: Release{1, 21}, Removed: Release{1, 25},
	},
}
