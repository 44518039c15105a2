package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterSupplyChain is the blueprint for Workloads (spec: api §5).
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=clustersupplychains,shortName=csc,scope=Cluster
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="Reason",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].reason"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type ClusterSupplyChain struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              SupplyChainSpec `json:"spec"`
	// +optional
	Status BlueprintStatus `json:"status,omitempty"`
}

// SupplyChainSpec is the graph of a supply chain.
type SupplyChainSpec struct {
	LegacySelector `json:",inline"`
	// Resources are the steps.
	Resources []SupplyChainResource `json:"resources"`
	// Params for every resource.
	// +optional
	Params []BlueprintParam `json:"params,omitempty"`
	// ServiceAccountRef is used for owners that name no service account.
	// +optional
	ServiceAccountRef *ServiceAccountRef `json:"serviceAccountRef,omitempty"`
}

// SupplyChainResource is one step of a supply chain.
type SupplyChainResource struct {
	// Name of the step, unique in the blueprint.
	Name string `json:"name"`
	// TemplateRef names the template.
	TemplateRef SupplyChainTemplateReference `json:"templateRef"`
	// Params for this step only.
	// +optional
	Params []BlueprintParam `json:"params,omitempty"`
	// Sources are inputs from ClusterSourceTemplate steps.
	// +optional
	Sources []ResourceReference `json:"sources,omitempty"`
	// Images are inputs from ClusterImageTemplate steps.
	// +optional
	Images []ResourceReference `json:"images,omitempty"`
	// Configs are inputs from ClusterConfigTemplate steps.
	// +optional
	Configs []ResourceReference `json:"configs,omitempty"`
}

// SupplyChainTemplateReference is a template reference with the kinds that a supply
// chain allows.
type SupplyChainTemplateReference struct {
	TemplateReference `json:",inline"`
}

// ClusterSupplyChainList is a list of ClusterSupplyChains.
//
// +kubebuilder:object:root=true
type ClusterSupplyChainList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []ClusterSupplyChain `json:"items"`
}

// ClusterDelivery is the blueprint for Deliverables (spec: api §6).
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=clusterdeliveries,shortName=cd,scope=Cluster
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="Reason",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].reason"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type ClusterDelivery struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              DeliverySpec `json:"spec"`
	// +optional
	Status BlueprintStatus `json:"status,omitempty"`
}

// DeliverySpec is the graph of a delivery.
type DeliverySpec struct {
	LegacySelector `json:",inline"`
	// Resources are the steps.
	Resources []DeliveryResource `json:"resources"`
	// Params for every resource.
	// +optional
	Params []BlueprintParam `json:"params,omitempty"`
	// ServiceAccountRef is used for owners that name no service account.
	// +optional
	ServiceAccountRef *ServiceAccountRef `json:"serviceAccountRef,omitempty"`
}

// DeliveryResource is one step of a delivery.
type DeliveryResource struct {
	// Name of the step, unique in the blueprint.
	Name string `json:"name"`
	// TemplateRef names the template.
	TemplateRef DeliveryTemplateReference `json:"templateRef"`
	// Params for this step only.
	// +optional
	Params []BlueprintParam `json:"params,omitempty"`
	// Sources are inputs from ClusterSourceTemplate and ClusterDeploymentTemplate steps.
	// +optional
	Sources []ResourceReference `json:"sources,omitempty"`
	// Deployment is the input of a ClusterDeploymentTemplate step.
	// +optional
	Deployment *DeploymentReference `json:"deployment,omitempty"`
	// Configs are inputs from ClusterConfigTemplate steps.
	// +optional
	Configs []ResourceReference `json:"configs,omitempty"`
}

// DeliveryTemplateReference is a template reference with the kinds that a delivery
// allows.
type DeliveryTemplateReference struct {
	TemplateReference `json:",inline"`
}

// ClusterDeliveryList is a list of ClusterDeliveries.
//
// +kubebuilder:object:root=true
type ClusterDeliveryList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []ClusterDelivery `json:"items"`
}
