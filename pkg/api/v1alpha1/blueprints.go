package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterSupplyChain is the blueprint for Workloads (spec: api §5).
//
// A8: the name becomes a label value. Objects that exist already keep their name, and
// their status must stay writable, so only new ones are refused.
//
// +kubebuilder:validation:XValidation:rule=`oldSelf.hasValue() || self.metadata.name.size() <= 63`,message=`metadata.name must have at most 63 characters: it becomes the value of a label on stamped objects`,optionalOldSelf=true
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
//
// V-BP-0, then V-IN-1 and V-IN-2 in one rule for each type of input. References may
// point forward; cycles of more than one resource are beyond the cost limit of CEL and
// are found when package blueprint compiles the graph.
//
// +kubebuilder:validation:XValidation:rule=`self.resources.all(r, self.resources.exists_one(o, o.name == r.name))`,message=`resource names must be unique`,messageExpression=`self.resources.map(r, !self.resources.exists_one(o, o.name == r.name), 'more than one resource is named ' + r.name + ': resource names must be unique in a blueprint')[0]`
// +kubebuilder:validation:XValidation:rule=`[self.resources.map(o, o.templateRef.kind == 'ClusterSourceTemplate', o.name)].all(names, self.resources.all(r, !has(r.sources) || r.sources.all(i, i.resource in names)))`,message=`sources must read resources of this blueprint with a ClusterSourceTemplate`,messageExpression=`[self.resources.map(o, o.templateRef.kind == 'ClusterSourceTemplate', o.name)].map(names, self.resources.map(r, has(r.sources) && r.sources.exists(i, !(i.resource in names)), r.sources.map(i, !(i.resource in names), 'sources must read resources of this blueprint with a ClusterSourceTemplate, but resource ' + r.name + ' reads ' + i.resource)[0])[0])[0]`
// +kubebuilder:validation:XValidation:rule=`[self.resources.map(o, o.templateRef.kind == 'ClusterImageTemplate', o.name)].all(names, self.resources.all(r, !has(r.images) || r.images.all(i, i.resource in names)))`,message=`images must read resources of this blueprint with a ClusterImageTemplate`,messageExpression=`[self.resources.map(o, o.templateRef.kind == 'ClusterImageTemplate', o.name)].map(names, self.resources.map(r, has(r.images) && r.images.exists(i, !(i.resource in names)), r.images.map(i, !(i.resource in names), 'images must read resources of this blueprint with a ClusterImageTemplate, but resource ' + r.name + ' reads ' + i.resource)[0])[0])[0]`
// +kubebuilder:validation:XValidation:rule=`[self.resources.map(o, o.templateRef.kind == 'ClusterConfigTemplate', o.name)].all(names, self.resources.all(r, !has(r.configs) || r.configs.all(i, i.resource in names)))`,message=`configs must read resources of this blueprint with a ClusterConfigTemplate`,messageExpression=`[self.resources.map(o, o.templateRef.kind == 'ClusterConfigTemplate', o.name)].map(names, self.resources.map(r, has(r.configs) && r.configs.exists(i, !(i.resource in names)), r.configs.map(i, !(i.resource in names), 'configs must read resources of this blueprint with a ClusterConfigTemplate, but resource ' + r.name + ' reads ' + i.resource)[0])[0])[0]`
type SupplyChainSpec struct {
	LegacySelector `json:",inline"`
	// Resources are the steps.
	// +kubebuilder:validation:MaxItems=100
	Resources []SupplyChainResource `json:"resources"`
	// Params for every resource.
	// +optional
	Params []BlueprintParam `json:"params,omitempty"`
	// ServiceAccountRef is used for owners that name no service account.
	// +optional
	ServiceAccountRef *ServiceAccountRef `json:"serviceAccountRef,omitempty"`
}

// SupplyChainResource is one step of a supply chain.
//
// V-OPT-5, A7 for each type of input, A1 for the shortest cycle.
//
// +kubebuilder:validation:XValidation:rule=`!has(self.templateRef.options) || self.templateRef.options.all(o, !has(o.passThrough) || (self.templateRef.kind == 'ClusterSourceTemplate' ? has(self.sources) && o.passThrough in self.sources.map(i, i.name) : self.templateRef.kind == 'ClusterImageTemplate' ? has(self.images) && o.passThrough in self.images.map(i, i.name) : self.templateRef.kind == 'ClusterConfigTemplate' ? has(self.configs) && o.passThrough in self.configs.map(i, i.name) : false))`,message=`passThrough must name an input of this resource of the matching type: sources.name for a ClusterSourceTemplate or images.name for a ClusterImageTemplate or configs.name for a ClusterConfigTemplate`,messageExpression=`self.templateRef.options.map(o, has(o.passThrough), 'resource ' + self.name + ' passes through ' + o.passThrough + ', which is not one of its inputs of the matching type: sources.name for a ClusterSourceTemplate or images.name for a ClusterImageTemplate or configs.name for a ClusterConfigTemplate')[0]`
// +kubebuilder:validation:XValidation:rule=`!has(self.sources) || self.sources.all(i, self.sources.exists_one(j, j.name == i.name))`,message=`sources must have different names`,messageExpression=`self.sources.map(i, !self.sources.exists_one(j, j.name == i.name), 'resource ' + self.name + ' has more than one of its sources named ' + i.name + ': give each input its own name')[0]`
// +kubebuilder:validation:XValidation:rule=`!has(self.images) || self.images.all(i, self.images.exists_one(j, j.name == i.name))`,message=`images must have different names`,messageExpression=`self.images.map(i, !self.images.exists_one(j, j.name == i.name), 'resource ' + self.name + ' has more than one of its images named ' + i.name + ': give each input its own name')[0]`
// +kubebuilder:validation:XValidation:rule=`!has(self.configs) || self.configs.all(i, self.configs.exists_one(j, j.name == i.name))`,message=`configs must have different names`,messageExpression=`self.configs.map(i, !self.configs.exists_one(j, j.name == i.name), 'resource ' + self.name + ' has more than one of its configs named ' + i.name + ': give each input its own name')[0]`
// +kubebuilder:validation:XValidation:rule=`(!has(self.sources) || !self.sources.exists(i, i.resource == self.name)) && (!has(self.images) || !self.images.exists(i, i.resource == self.name)) && (!has(self.configs) || !self.configs.exists(i, i.resource == self.name))`,message=`a resource must not read its own output`,messageExpression=`'resource ' + self.name + ' reads its own output, which can never arrive'`
type SupplyChainResource struct {
	// Name of the step, unique in the blueprint; it becomes a label value (A8).
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	Name string `json:"name"`
	// TemplateRef names the template.
	TemplateRef SupplyChainTemplateReference `json:"templateRef"`
	// Params for this step only.
	// +optional
	Params []BlueprintParam `json:"params,omitempty"`
	// Sources are inputs from ClusterSourceTemplate steps.
	// +optional
	// +kubebuilder:validation:MaxItems=40
	Sources []ResourceReference `json:"sources,omitempty"`
	// Images are inputs from ClusterImageTemplate steps.
	// +optional
	// +kubebuilder:validation:MaxItems=40
	Images []ResourceReference `json:"images,omitempty"`
	// Configs are inputs from ClusterConfigTemplate steps.
	// +optional
	// +kubebuilder:validation:MaxItems=40
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
// A8: the name becomes a label value. Objects that exist already keep their name, and
// their status must stay writable, so only new ones are refused.
//
// +kubebuilder:validation:XValidation:rule=`oldSelf.hasValue() || self.metadata.name.size() <= 63`,message=`metadata.name must have at most 63 characters: it becomes the value of a label on stamped objects`,optionalOldSelf=true
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
//
// V-BP-0, then A2: V-IN-1 and V-IN-2 for deliveries. Longer cycles as in SupplyChainSpec.
//
// +kubebuilder:validation:XValidation:rule=`self.resources.all(r, self.resources.exists_one(o, o.name == r.name))`,message=`resource names must be unique`,messageExpression=`self.resources.map(r, !self.resources.exists_one(o, o.name == r.name), 'more than one resource is named ' + r.name + ': resource names must be unique in a blueprint')[0]`
// +kubebuilder:validation:XValidation:rule=`[self.resources.map(o, o.templateRef.kind == 'ClusterSourceTemplate' || o.templateRef.kind == 'ClusterDeploymentTemplate', o.name)].all(names, self.resources.all(r, !has(r.sources) || r.sources.all(i, i.resource in names)))`,message=`sources must read resources of this blueprint with a ClusterSourceTemplate or ClusterDeploymentTemplate`,messageExpression=`[self.resources.map(o, o.templateRef.kind == 'ClusterSourceTemplate' || o.templateRef.kind == 'ClusterDeploymentTemplate', o.name)].map(names, self.resources.map(r, has(r.sources) && r.sources.exists(i, !(i.resource in names)), r.sources.map(i, !(i.resource in names), 'sources must read resources of this blueprint with a ClusterSourceTemplate or ClusterDeploymentTemplate, but resource ' + r.name + ' reads ' + i.resource)[0])[0])[0]`
// +kubebuilder:validation:XValidation:rule=`[self.resources.map(o, o.templateRef.kind == 'ClusterSourceTemplate' || o.templateRef.kind == 'ClusterDeploymentTemplate', o.name)].all(names, self.resources.all(r, !has(r.deployment) || r.deployment.resource in names))`,message=`deployment must read a resource of this blueprint with a ClusterSourceTemplate or ClusterDeploymentTemplate`,messageExpression=`[self.resources.map(o, o.templateRef.kind == 'ClusterSourceTemplate' || o.templateRef.kind == 'ClusterDeploymentTemplate', o.name)].map(names, self.resources.map(r, has(r.deployment) && !(r.deployment.resource in names), 'deployment must read a resource of this blueprint with a ClusterSourceTemplate or ClusterDeploymentTemplate, but resource ' + r.name + ' reads ' + r.deployment.resource)[0])[0]`
// +kubebuilder:validation:XValidation:rule=`[self.resources.map(o, o.templateRef.kind == 'ClusterConfigTemplate', o.name)].all(names, self.resources.all(r, !has(r.configs) || r.configs.all(i, i.resource in names)))`,message=`configs must read resources of this blueprint with a ClusterConfigTemplate`,messageExpression=`[self.resources.map(o, o.templateRef.kind == 'ClusterConfigTemplate', o.name)].map(names, self.resources.map(r, has(r.configs) && r.configs.exists(i, !(i.resource in names)), r.configs.map(i, !(i.resource in names), 'configs must read resources of this blueprint with a ClusterConfigTemplate, but resource ' + r.name + ' reads ' + i.resource)[0])[0])[0]`
type DeliverySpec struct {
	LegacySelector `json:",inline"`
	// Resources are the steps.
	// +kubebuilder:validation:MaxItems=100
	Resources []DeliveryResource `json:"resources"`
	// Params for every resource.
	// +optional
	Params []BlueprintParam `json:"params,omitempty"`
	// ServiceAccountRef is used for owners that name no service account.
	// +optional
	ServiceAccountRef *ServiceAccountRef `json:"serviceAccountRef,omitempty"`
}

// DeliveryResource is one step of a delivery.
//
// V-OPT-5, A7, A1 as in SupplyChainResource; then V-DEP-1, V-DEP-2, V-DEP-3.
//
// +kubebuilder:validation:XValidation:rule=`!has(self.templateRef.options) || self.templateRef.options.all(o, !has(o.passThrough) || (self.templateRef.kind == 'ClusterSourceTemplate' ? has(self.sources) && o.passThrough in self.sources.map(i, i.name) : self.templateRef.kind == 'ClusterConfigTemplate' ? has(self.configs) && o.passThrough in self.configs.map(i, i.name) : false))`,message=`passThrough must name an input of this resource of the matching type: sources.name for a ClusterSourceTemplate or configs.name for a ClusterConfigTemplate`,messageExpression=`self.templateRef.options.map(o, has(o.passThrough), 'resource ' + self.name + ' passes through ' + o.passThrough + ', which is not one of its inputs of the matching type: sources.name for a ClusterSourceTemplate or configs.name for a ClusterConfigTemplate')[0]`
// +kubebuilder:validation:XValidation:rule=`!has(self.sources) || self.sources.all(i, self.sources.exists_one(j, j.name == i.name))`,message=`sources must have different names`,messageExpression=`self.sources.map(i, !self.sources.exists_one(j, j.name == i.name), 'resource ' + self.name + ' has more than one of its sources named ' + i.name + ': give each input its own name')[0]`
// +kubebuilder:validation:XValidation:rule=`!has(self.configs) || self.configs.all(i, self.configs.exists_one(j, j.name == i.name))`,message=`configs must have different names`,messageExpression=`self.configs.map(i, !self.configs.exists_one(j, j.name == i.name), 'resource ' + self.name + ' has more than one of its configs named ' + i.name + ': give each input its own name')[0]`
// +kubebuilder:validation:XValidation:rule=`(!has(self.sources) || !self.sources.exists(i, i.resource == self.name)) && (!has(self.configs) || !self.configs.exists(i, i.resource == self.name)) && (!has(self.deployment) || self.deployment.resource != self.name)`,message=`a resource must not read its own output`,messageExpression=`'resource ' + self.name + ' reads its own output, which can never arrive'`
// +kubebuilder:validation:XValidation:rule=`self.templateRef.kind != 'ClusterDeploymentTemplate' || has(self.deployment)`,message=`a resource with a ClusterDeploymentTemplate needs deployment`,messageExpression=`'resource ' + self.name + ' has a ClusterDeploymentTemplate and needs deployment'`
// +kubebuilder:validation:XValidation:rule=`self.templateRef.kind == 'ClusterDeploymentTemplate' || !has(self.deployment)`,message=`deployment is only for a resource with a ClusterDeploymentTemplate`,messageExpression=`'resource ' + self.name + ' has deployment, which is only for a ClusterDeploymentTemplate, but its templateRef.kind is ' + self.templateRef.kind`
// +kubebuilder:validation:XValidation:rule=`self.templateRef.kind != 'ClusterDeploymentTemplate' || !has(self.configs) || self.configs.size() == 0`,message=`a resource with a ClusterDeploymentTemplate must not have configs`,messageExpression=`'resource ' + self.name + ' has a ClusterDeploymentTemplate and must not have configs'`
type DeliveryResource struct {
	// Name of the step, unique in the blueprint; it becomes a label value (A8).
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	Name string `json:"name"`
	// TemplateRef names the template.
	TemplateRef DeliveryTemplateReference `json:"templateRef"`
	// Params for this step only.
	// +optional
	Params []BlueprintParam `json:"params,omitempty"`
	// Sources are inputs from ClusterSourceTemplate and ClusterDeploymentTemplate steps.
	// +optional
	// +kubebuilder:validation:MaxItems=40
	Sources []ResourceReference `json:"sources,omitempty"`
	// Deployment is the input of a ClusterDeploymentTemplate step.
	// +optional
	Deployment *DeploymentReference `json:"deployment,omitempty"`
	// Configs are inputs from ClusterConfigTemplate steps.
	// +optional
	// +kubebuilder:validation:MaxItems=40
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
