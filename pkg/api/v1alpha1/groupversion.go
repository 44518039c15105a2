package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Group is the API group of all kinds of this package.
const Group = "carto.run"

// GroupVersion is the one version that is served and stored.
var GroupVersion = schema.GroupVersion{Group: Group, Version: "v1alpha1"}

// Kinds of the group.
const (
	KindWorkload                  = "Workload"
	KindDeliverable               = "Deliverable"
	KindRunnable                  = "Runnable"
	KindClusterSupplyChain        = "ClusterSupplyChain"
	KindClusterDelivery           = "ClusterDelivery"
	KindClusterSourceTemplate     = "ClusterSourceTemplate"
	KindClusterImageTemplate      = "ClusterImageTemplate"
	KindClusterConfigTemplate     = "ClusterConfigTemplate"
	KindClusterDeploymentTemplate = "ClusterDeploymentTemplate"
	KindClusterTemplate           = "ClusterTemplate"
	KindClusterRunTemplate        = "ClusterRunTemplate"
)

// SchemeBuilder registers the kinds of this package.
var SchemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

// AddToScheme adds the kinds of this package to a scheme.
var AddToScheme = SchemeBuilder.AddToScheme

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&Workload{}, &WorkloadList{},
		&Deliverable{}, &DeliverableList{},
		&Runnable{}, &RunnableList{},
		&ClusterSupplyChain{}, &ClusterSupplyChainList{},
		&ClusterDelivery{}, &ClusterDeliveryList{},
		&ClusterSourceTemplate{}, &ClusterSourceTemplateList{},
		&ClusterImageTemplate{}, &ClusterImageTemplateList{},
		&ClusterConfigTemplate{}, &ClusterConfigTemplateList{},
		&ClusterDeploymentTemplate{}, &ClusterDeploymentTemplateList{},
		&ClusterTemplate{}, &ClusterTemplateList{},
		&ClusterRunTemplate{}, &ClusterRunTemplateList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
