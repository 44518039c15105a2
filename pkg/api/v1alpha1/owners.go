package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Workload is an owner: what a developer wants shipped (spec: api §3).
//
// A8: the name becomes a label value. Objects that exist already keep their name, and
// their status must stay writable, so only new ones are refused.
//
// +kubebuilder:validation:XValidation:rule=`oldSelf.hasValue() || self.metadata.name.size() <= 63`,message=`metadata.name must have at most 63 characters: it becomes the value of a label on stamped objects`,optionalOldSelf=true
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=workloads,shortName=wld,categories=all,scope=Namespaced
// +kubebuilder:printcolumn:name="Source",type="string",JSONPath=".spec.source['git.url','image']"
// +kubebuilder:printcolumn:name="SupplyChain",type="string",JSONPath=".status.supplyChainRef.name"
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="Reason",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].reason"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type Workload struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              WorkloadSpec `json:"spec"`
	// +optional
	Status WorkloadStatus `json:"status,omitempty"`
}

// WorkloadSpec is what a developer writes.
type WorkloadSpec struct {
	// Params offered to the supply chain.
	// +optional
	Params []OwnerParam `json:"params,omitempty"`
	// Source says where the code is.
	// +optional
	Source *Source `json:"source,omitempty"`
	// Image that is pre-built, as an alternative to source.
	// +optional
	Image *string `json:"image,omitempty"`
	// Build settings.
	// +optional
	Build WorkloadBuild `json:"build,omitempty"`
	// Env of the running application.
	// +optional
	Env []corev1.EnvVar `json:"env,omitempty"`
	// Resources of the running application.
	// +optional
	Resources *corev1.ResourceRequirements `json:"resources,omitempty"`
	// ServiceAccountName in the Workload's namespace that stamps the objects.
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`
	// ServiceClaims of the application.
	// +optional
	ServiceClaims []ServiceClaim `json:"serviceClaims,omitempty"`
}

// WorkloadBuild holds build settings.
type WorkloadBuild struct {
	// Env of the build.
	// +optional
	Env []corev1.EnvVar `json:"env,omitempty"`
}

// ServiceClaim names a service that the application uses.
type ServiceClaim struct {
	// Name of the claim.
	Name string `json:"name"`
	// Ref of the service.
	// +optional
	Ref *ServiceClaimReference `json:"ref,omitempty"`
}

// ServiceClaimReference names a service object.
type ServiceClaimReference struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
}

// WorkloadStatus is what Carto reports.
type WorkloadStatus struct {
	OwnerStatus `json:",inline"`
	// SupplyChainRef names the supply chain last selected.
	// +optional
	SupplyChainRef BlueprintRef `json:"supplyChainRef,omitempty"`
}

// WorkloadList is a list of Workloads.
//
// +kubebuilder:object:root=true
type WorkloadList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []Workload `json:"items"`
}

// Deliverable is an owner: what configuration to deploy (spec: api §4).
//
// A8: the name becomes a label value. Objects that exist already keep their name, and
// their status must stay writable, so only new ones are refused.
//
// +kubebuilder:validation:XValidation:rule=`oldSelf.hasValue() || self.metadata.name.size() <= 63`,message=`metadata.name must have at most 63 characters: it becomes the value of a label on stamped objects`,optionalOldSelf=true
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=deliverables,shortName=dlv,categories=all,scope=Namespaced
// +kubebuilder:printcolumn:name="Source",type="string",JSONPath=".spec.source['git.url','image']"
// +kubebuilder:printcolumn:name="Delivery",type="string",JSONPath=".status.deliveryRef.name"
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="Reason",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].reason"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type Deliverable struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              DeliverableSpec `json:"spec"`
	// +optional
	Status DeliverableStatus `json:"status,omitempty"`
}

// DeliverableSpec is what a developer, or a supply chain, writes.
type DeliverableSpec struct {
	// Params offered to the delivery.
	// +optional
	Params []OwnerParam `json:"params,omitempty"`
	// Source says where the configuration is.
	// +optional
	Source *Source `json:"source,omitempty"`
	// ServiceAccountName in the Deliverable's namespace that stamps the objects.
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`
}

// DeliverableStatus is what Carto reports.
type DeliverableStatus struct {
	OwnerStatus `json:",inline"`
	// DeliveryRef names the delivery last selected.
	// +optional
	DeliveryRef BlueprintRef `json:"deliveryRef,omitempty"`
}

// DeliverableList is a list of Deliverables.
//
// +kubebuilder:object:root=true
type DeliverableList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []Deliverable `json:"items"`
}

// Runnable creates a new object for each change of its inputs (spec: api §9).
//
// A8: the name becomes a label value, as that of a Workload.
//
// +kubebuilder:validation:XValidation:rule=`oldSelf.hasValue() || self.metadata.name.size() <= 63`,message=`metadata.name must have at most 63 characters: it becomes the value of a label on stamped objects`,optionalOldSelf=true
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=runnables,shortName=run,scope=Namespaced
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="Reason",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].reason"
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type Runnable struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              RunnableSpec `json:"spec"`
	// +optional
	Status RunnableStatus `json:"status,omitempty"`
}

// RunnableSpec says what to run, and with which inputs.
type RunnableSpec struct {
	// RunTemplateRef names the ClusterRunTemplate.
	RunTemplateRef RunTemplateReference `json:"runTemplateRef"`
	// Selector of one more object, offered to the template as selected.
	// +optional
	Selector *ResourceSelector `json:"selector,omitempty"`
	// Inputs for the template: any JSON by name.
	// +optional
	Inputs map[string]apiextensionsv1.JSON `json:"inputs,omitempty"`
	// ServiceAccountName in the Runnable's namespace; default when empty.
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`
	// RetentionPolicy for finished runs.
	// +optional
	// +kubebuilder:default={maxFailedRuns: 10, maxSuccessfulRuns: 10}
	RetentionPolicy *RetentionPolicy `json:"retentionPolicy,omitempty"`
}

// RunTemplateReference names a ClusterRunTemplate.
type RunTemplateReference struct {
	// Kind is ignored: it is always ClusterRunTemplate.
	// +optional
	Kind string `json:"kind,omitempty"`
	// Name of the ClusterRunTemplate.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
}

// ResourceSelector selects exactly one object.
type ResourceSelector struct {
	// Resource to look in.
	Resource ResourceType `json:"resource"`
	// MatchingLabels that the object carries.
	MatchingLabels map[string]string `json:"matchingLabels"`
}

// ResourceType is a kind of objects.
type ResourceType struct {
	// +optional
	APIVersion string `json:"apiVersion,omitempty"`
	// +optional
	Kind string `json:"kind,omitempty"`
}

// RunnableStatus is what Carto reports.
type RunnableStatus struct {
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions of the Runnable (spec: status §4).
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// Outputs of the newest run that succeeded.
	// +optional
	Outputs map[string]apiextensionsv1.JSON `json:"outputs,omitempty"`
}

// RunnableList is a list of Runnables.
//
// +kubebuilder:object:root=true
type RunnableList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []Runnable `json:"items"`
}
