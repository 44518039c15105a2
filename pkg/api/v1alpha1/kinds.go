package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Role says what the objects of a kind are for.
type Role int

// Owners ask for something, blueprints say in what steps it is made, templates what a step
// stamps.
const (
	RoleOwner Role = iota
	RoleBlueprint
	RoleTemplate
)

// Object is one of any kind of the group.
//
// +kubebuilder:object:generate=false
type Object interface {
	metav1.Object
	runtime.Object
}

// Kind is what is known of a kind of the group.
//
// +kubebuilder:object:generate=false
type Kind struct {
	Name string
	// Plural is what the API server calls the resource.
	Plural string
	Role   Role
	// New makes an empty object.
	New func() Object
}

// Resource of the kind, for clients.
func (k *Kind) Resource() schema.GroupVersionResource { return GroupVersion.WithResource(k.Plural) }

// Namespaced tells whether objects of the kind live in namespaces: owners do.
func (k *Kind) Namespaced() bool { return k.Role == RoleOwner }

// Kinds are all kinds of the group; the last is the template of Runnables.
var Kinds = []*Kind{
	{KindWorkload, "workloads", RoleOwner, func() Object { return &Workload{} }},
	{KindDeliverable, "deliverables", RoleOwner, func() Object { return &Deliverable{} }},
	{KindRunnable, "runnables", RoleOwner, func() Object { return &Runnable{} }},
	{KindClusterSupplyChain, "clustersupplychains", RoleBlueprint, func() Object { return &ClusterSupplyChain{} }},
	{KindClusterDelivery, "clusterdeliveries", RoleBlueprint, func() Object { return &ClusterDelivery{} }},
	{KindClusterSourceTemplate, "clustersourcetemplates", RoleTemplate, func() Object { return &ClusterSourceTemplate{} }},
	{KindClusterImageTemplate, "clusterimagetemplates", RoleTemplate, func() Object { return &ClusterImageTemplate{} }},
	{KindClusterConfigTemplate, "clusterconfigtemplates", RoleTemplate, func() Object { return &ClusterConfigTemplate{} }},
	{KindClusterDeploymentTemplate, "clusterdeploymenttemplates", RoleTemplate, func() Object { return &ClusterDeploymentTemplate{} }},
	{KindClusterTemplate, "clustertemplates", RoleTemplate, func() Object { return &ClusterTemplate{} }},
	{KindClusterRunTemplate, "clusterruntemplates", RoleTemplate, func() Object { return &ClusterRunTemplate{} }},
}

// KindOf finds a kind by its name; nil when there is none.
func KindOf(name string) *Kind {
	for _, k := range Kinds {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// KindsOf are the kinds of a role.
func KindsOf(role Role) []*Kind {
	var kinds []*Kind
	for _, k := range Kinds {
		if k.Role == role {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// IsOwnerKind tells whether a kind of the group is one of owners.
func IsOwnerKind(name string) bool {
	k := KindOf(name)
	return k != nil && k.Role == RoleOwner
}

// IsTemplateKind tells whether a kind of the group is one of templates.
func IsTemplateKind(name string) bool {
	k := KindOf(name)
	return k != nil && k.Role == RoleTemplate
}

// BlueprintKind is the kind of the blueprints that serve owners of a kind; empty for
// Runnables, which need none.
func BlueprintKind(owner string) string {
	switch owner {
	case KindWorkload:
		return KindClusterSupplyChain
	case KindDeliverable:
		return KindClusterDelivery
	}
	return ""
}

// SpecOf is what all templates have in common, of a pointer to one; that of a
// ClusterRunTemplate has only the body. It is nil for what is no template.
func SpecOf(template any) *TemplateSpec {
	switch t := template.(type) {
	case *ClusterSourceTemplate:
		return &t.Spec.TemplateSpec
	case *ClusterImageTemplate:
		return &t.Spec.TemplateSpec
	case *ClusterConfigTemplate:
		return &t.Spec.TemplateSpec
	case *ClusterDeploymentTemplate:
		return &t.Spec.TemplateSpec
	case *ClusterTemplate:
		return &t.Spec
	case *ClusterRunTemplate:
		return &TemplateSpec{Template: &t.Spec.Template}
	}
	return nil
}
