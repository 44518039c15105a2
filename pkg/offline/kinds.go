package offline

import (
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
)

// kinds maps kinds to REST resources: those of definitions that were handed in, those of
// Kubernetes and of Carto, and all others by a guess.
type kinds struct {
	defined map[schema.GroupKind]definition
}

// definition is what is known of a kind.
type definition struct {
	plural     string // empty: the regular one
	namespaced bool
	versions   []string
}

func (k *kinds) define(crd *apiextensionsv1.CustomResourceDefinition) {
	d := definition{plural: crd.Spec.Names.Plural, namespaced: crd.Spec.Scope != apiextensionsv1.ClusterScoped}
	for _, v := range crd.Spec.Versions {
		if v.Served {
			d.versions = append(d.versions, v.Name)
		}
	}
	k.defined[schema.GroupKind{Group: crd.Spec.Group, Kind: crd.Spec.Names.Kind}] = d
}

// find is nil for a kind of which nothing is known.
func (k *kinds) find(kind schema.GroupKind) *definition {
	if d, ok := k.defined[kind]; ok {
		return &d
	}
	if own := v1alpha1.KindOf(kind.Kind); own != nil && kind.Group == v1alpha1.Group {
		return &definition{plural: own.Plural, namespaced: own.Namespaced(), versions: []string{v1alpha1.GroupVersion.Version}}
	}
	if d, ok := builtIn[kind]; ok {
		return &d
	}
	return nil
}

// guessed says that a kind is taken for namespaced, with a regular plural, without anything
// that says so.
func (k *kinds) guessed(kind schema.GroupVersionKind) bool { return k.find(kind.GroupKind()) == nil }

// resource is a *meta.NoKindMatchError for a kind that Kubernetes, or a definition that was
// handed in, does not have in this version.
func (k *kinds) resource(kind schema.GroupVersionKind) (realize.Resource, error) {
	plural, _ := meta.UnsafeGuessKindToResource(kind)
	d := k.find(kind.GroupKind())
	switch {
	case d == nil && builtInGroup(kind.Group),
		d != nil && !slices.Contains(d.versions, kind.Version):
		return realize.Resource{}, &meta.NoKindMatchError{GroupKind: kind.GroupKind(), SearchedVersions: []string{kind.Version}}
	case d == nil:
		return realize.Resource{GroupVersionResource: plural, Namespaced: true}, nil
	case d.plural != "":
		plural.Resource = d.plural
	}
	return realize.Resource{GroupVersionResource: plural, Namespaced: d.namespaced}, nil
}

// builtInGroup tells the groups that no definition can add kinds to; those with a domain
// of Kubernetes hold kinds of add-ons, too.
func builtInGroup(group string) bool {
	return slices.Contains([]string{"", "apps", "batch", "autoscaling", "policy"}, group)
}

// builtIn are the kinds of Kubernetes itself, in the versions that API servers of today
// serve.
var builtIn = func() map[schema.GroupKind]definition {
	table := map[schema.GroupKind]definition{}
	for _, row := range []struct {
		group      string
		versions   []string
		namespaced bool
		kinds      string
	}{
		{"", []string{"v1"}, true, "Binding ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount"},
		{"", []string{"v1"}, false, "ComponentStatus Namespace Node PersistentVolume"},
		{"apps", []string{"v1"}, true, "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"},
		{"batch", []string{"v1"}, true, "CronJob Job"},
		{"autoscaling", []string{"v1", "v2"}, true, "HorizontalPodAutoscaler"},
		{"policy", []string{"v1"}, true, "PodDisruptionBudget"},
		{"networking.k8s.io", []string{"v1"}, true, "Ingress NetworkPolicy"},
		{"networking.k8s.io", []string{"v1"}, false, "IngressClass IPAddress ServiceCIDR"},
		{"rbac.authorization.k8s.io", []string{"v1"}, true, "Role RoleBinding"},
		{"rbac.authorization.k8s.io", []string{"v1"}, false, "ClusterRole ClusterRoleBinding"},
		{"coordination.k8s.io", []string{"v1"}, true, "Lease"},
		{"discovery.k8s.io", []string{"v1"}, true, "EndpointSlice"},
		{"events.k8s.io", []string{"v1"}, true, "Event"},
		{"storage.k8s.io", []string{"v1"}, true, "CSIStorageCapacity"},
		{"storage.k8s.io", []string{"v1"}, false, "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass"},
		{"scheduling.k8s.io", []string{"v1"}, false, "PriorityClass"},
		{"node.k8s.io", []string{"v1"}, false, "RuntimeClass"},
		{"resource.k8s.io", []string{"v1"}, true, "ResourceClaim ResourceClaimTemplate"},
		{"resource.k8s.io", []string{"v1"}, false, "DeviceClass ResourceSlice"},
		{"certificates.k8s.io", []string{"v1"}, false, "CertificateSigningRequest"},
		{"admissionregistration.k8s.io", []string{"v1"}, false, "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration"},
		{"flowcontrol.apiserver.k8s.io", []string{"v1"}, false, "FlowSchema PriorityLevelConfiguration"},
		{"apiextensions.k8s.io", []string{"v1"}, false, "CustomResourceDefinition"},
		{"apiregistration.k8s.io", []string{"v1"}, false, "APIService"},
	} {
		for kind := range strings.FieldsSeq(row.kinds) {
			table[schema.GroupKind{Group: row.group, Kind: kind}] = definition{namespaced: row.namespaced, versions: row.versions}
		}
	}
	return table
}()
