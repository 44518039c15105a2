package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Lifecycle says how the objects of a template change.
type Lifecycle string

// Lifecycles of templates.
const (
	// LifecycleMutable keeps one object up to date.
	LifecycleMutable Lifecycle = "mutable"
	// LifecycleImmutable creates a new object for each change.
	LifecycleImmutable Lifecycle = "immutable"
	// LifecycleTekton is immutable, judged by the condition Succeeded.
	LifecycleTekton Lifecycle = "tekton"
)

// TemplateSpec is what all templates but ClusterRunTemplate have in common (spec: api
// §7).
//
// V-TPL-1; V-TPL-2; V-TPL-7, always (A4). hack/crdgen declares what the rules read of the
// template and adds V-TPL-3.
//
// +kubebuilder:validation:XValidation:rule=`has(self.template) != (has(self.ytt) && self.ytt.size() > 0)`,message=`exactly one of template and ytt must be set`,messageExpression=`has(self.template) ? 'both template and ytt are set: keep one of them' : 'neither template nor ytt is set: set one of them'`
// +kubebuilder:validation:XValidation:rule=`!has(self.template) || (has(self.template.kind) && self.template.kind.size() > 0)`,message=`template.kind is missing: a template must be a Kubernetes object`
// +kubebuilder:validation:XValidation:rule=`!has(self.retentionPolicy) || (has(self.lifecycle) && self.lifecycle != 'mutable')`,message=`retentionPolicy needs lifecycle immutable or tekton: a mutable template keeps one object`
type TemplateSpec struct {
	// Template is an object skeleton with $(...)$ tags. Either this or ytt is set.
	// +optional
	Template *FreeForm `json:"template,omitempty"`
	// Ytt is the same, written as a ytt program.
	// +optional
	Ytt string `json:"ytt,omitempty"`
	// Params with their lowest-priority values.
	// +optional
	Params []TemplateParam `json:"params,omitempty"`
	// HealthRule says how health is judged.
	// +optional
	HealthRule *HealthRule `json:"healthRule,omitempty"`
	// Lifecycle says how objects change.
	// +optional
	// +kubebuilder:default=mutable
	// +kubebuilder:validation:Enum=mutable;immutable;tekton
	Lifecycle Lifecycle `json:"lifecycle,omitempty"`
	// RetentionPolicy bounds the finished objects of the lifecycles immutable and
	// tekton; 10 each when absent.
	// +optional
	RetentionPolicy *RetentionPolicy `json:"retentionPolicy,omitempty"`
}

// ClusterSourceTemplate is a template that outputs url and revision.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:path=clustersourcetemplates,shortName=cst,scope=Cluster
type ClusterSourceTemplate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              SourceTemplateSpec `json:"spec"`
}

// SourceTemplateSpec is the spec of a ClusterSourceTemplate.
type SourceTemplateSpec struct {
	TemplateSpec `json:",inline"`
	// URLPath is where the stamped object has the output url.
	URLPath string `json:"urlPath"`
	// RevisionPath is where the stamped object has the output revision.
	RevisionPath string `json:"revisionPath"`
}

// ClusterSourceTemplateList is a list of ClusterSourceTemplates.
//
// +kubebuilder:object:root=true
type ClusterSourceTemplateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []ClusterSourceTemplate `json:"items"`
}

// ClusterImageTemplate is a template that outputs image.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:path=clusterimagetemplates,shortName=cit,scope=Cluster
type ClusterImageTemplate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              ImageTemplateSpec `json:"spec"`
}

// ImageTemplateSpec is the spec of a ClusterImageTemplate.
type ImageTemplateSpec struct {
	TemplateSpec `json:",inline"`
	// ImagePath is where the stamped object has the output image.
	ImagePath string `json:"imagePath"`
}

// ClusterImageTemplateList is a list of ClusterImageTemplates.
//
// +kubebuilder:object:root=true
type ClusterImageTemplateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []ClusterImageTemplate `json:"items"`
}

// ClusterConfigTemplate is a template that outputs config.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:path=clusterconfigtemplates,shortName=cct,scope=Cluster
type ClusterConfigTemplate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              ConfigTemplateSpec `json:"spec"`
}

// ConfigTemplateSpec is the spec of a ClusterConfigTemplate.
type ConfigTemplateSpec struct {
	TemplateSpec `json:",inline"`
	// ConfigPath is where the stamped object has the output config.
	ConfigPath string `json:"configPath"`
}

// ClusterConfigTemplateList is a list of ClusterConfigTemplates.
//
// +kubebuilder:object:root=true
type ClusterConfigTemplateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []ClusterConfigTemplate `json:"items"`
}

// ClusterDeploymentTemplate is a template that re-emits its deployment input once the deployment is complete.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:path=clusterdeploymenttemplates,shortName=cdt,scope=Cluster
type ClusterDeploymentTemplate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              DeploymentTemplateSpec `json:"spec"`
}

// DeploymentTemplateSpec is the spec of a ClusterDeploymentTemplate.
//
// V-DT-1.
//
// +kubebuilder:validation:XValidation:rule=`(has(self.observedMatches) && self.observedMatches.size() > 0) != has(self.observedCompletion)`,message=`exactly one of observedMatches and observedCompletion must be set`
type DeploymentTemplateSpec struct {
	TemplateSpec `json:",inline"`
	// ObservedMatches: complete when, for every entry, both paths hold equal values.
	// +optional
	ObservedMatches []ObservedMatch `json:"observedMatches,omitempty"`
	// ObservedCompletion: complete when fields of the object say so.
	// +optional
	ObservedCompletion *ObservedCompletion `json:"observedCompletion,omitempty"`
}

// ClusterDeploymentTemplateList is a list of ClusterDeploymentTemplates.
//
// +kubebuilder:object:root=true
type ClusterDeploymentTemplateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []ClusterDeploymentTemplate `json:"items"`
}

// ClusterTemplate is a template that has no outputs.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:path=clustertemplates,shortName=ct,scope=Cluster
type ClusterTemplate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              TemplateSpec `json:"spec"`
}

// ClusterTemplateList is a list of ClusterTemplates.
//
// +kubebuilder:object:root=true
type ClusterTemplateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []ClusterTemplate `json:"items"`
}

// ObservedMatch is a pair of paths in the stamped object that must hold equal values.
type ObservedMatch struct {
	Input  string `json:"input"`
	Output string `json:"output"`
}

// ObservedCompletion says by which fields a deployment has succeeded or failed.
type ObservedCompletion struct {
	// SucceededCondition completes the deployment.
	SucceededCondition ObservedCondition `json:"succeeded"`
	// FailedCondition fails it, and wins over success.
	// +optional
	FailedCondition *ObservedCondition `json:"failed,omitempty"`
}

// ObservedCondition is a path in the stamped object and the text to find there.
type ObservedCondition struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// ClusterRunTemplate is a template that only Runnables use (spec: api §8).
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:path=clusterruntemplates,shortName=crt,scope=Cluster
type ClusterRunTemplate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              RunTemplateSpec `json:"spec"`
}

// RunTemplateSpec is the spec of a ClusterRunTemplate.
//
// V-TPL-2. hack/crdgen declares what the rule reads of the template and adds V-TPL-3 and
// V-RT-1.
//
// +kubebuilder:validation:XValidation:rule=`has(self.template.kind) && self.template.kind.size() > 0`,message=`template.kind is missing: a template must be a Kubernetes object`
type RunTemplateSpec struct {
	// Template is an object skeleton with $(...)$ tags over runnable and selected.
	Template FreeForm `json:"template"`
	// Outputs by name: paths in the newest run that succeeded.
	// +optional
	Outputs map[string]string `json:"outputs,omitempty"`
}

// ClusterRunTemplateList is a list of ClusterRunTemplates.
//
// +kubebuilder:object:root=true
type ClusterRunTemplateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []ClusterRunTemplate `json:"items"`
}
