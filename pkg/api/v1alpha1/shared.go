package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// OwnerParam is a value that an owner supplies to its blueprint.
type OwnerParam struct {
	// Name of the parameter.
	Name string `json:"name"`
	// Value supplied by the owner: any JSON.
	Value apiextensionsv1.JSON `json:"value"`
}

// BlueprintParam is a value that a blueprint supplies to its templates: exactly one
// of Value and Default is set; JSON null counts as unset (spec: api A9).
type BlueprintParam struct {
	// Name of the parameter.
	Name string `json:"name"`
	// Value that owners cannot change.
	// +optional
	Value *apiextensionsv1.JSON `json:"value,omitempty"`
	// Default that owners may replace.
	// +optional
	Default *apiextensionsv1.JSON `json:"default,omitempty"`
}

// TemplateParam is a parameter of a template, with the value used when nobody else
// supplies one.
type TemplateParam struct {
	// Name of the parameter.
	Name string `json:"name"`
	// Default value: any JSON.
	Default apiextensionsv1.JSON `json:"default"`
}

// FieldSelectorOperator relates a field to values.
//
// +kubebuilder:validation:Enum=In;NotIn;Exists;DoesNotExist
type FieldSelectorOperator string

// Operators of field requirements.
const (
	FieldSelectorOpIn           FieldSelectorOperator = "In"
	FieldSelectorOpNotIn        FieldSelectorOperator = "NotIn"
	FieldSelectorOpExists       FieldSelectorOperator = "Exists"
	FieldSelectorOpDoesNotExist FieldSelectorOperator = "DoesNotExist"
)

// FieldRequirement is a requirement on one field of an object.
type FieldRequirement struct {
	// Key is a path into the object, for example spec.source.git.url.
	// +kubebuilder:validation:MinLength=1
	Key string `json:"key"`
	// Operator relates the field to the values.
	Operator FieldSelectorOperator `json:"operator"`
	// Values for In and NotIn.
	// +optional
	Values []string `json:"values,omitempty"`
}

// Selector decides whether something applies to an owner. All requirements are ANDed.
//
// V-SEL-1. The rules for single requirements differ between blueprints: hack/crdgen adds
// them.
//
// +kubebuilder:validation:XValidation:rule=`(has(self.matchLabels) && self.matchLabels.size() > 0) || (has(self.matchExpressions) && self.matchExpressions.size() > 0) || (has(self.matchFields) && self.matchFields.size() > 0)`,message=`selector is empty: give it at least one of matchLabels, matchExpressions, matchFields`
type Selector struct {
	metav1.LabelSelector `json:",inline"`
	// MatchFields are requirements on fields of the owner.
	// +optional
	// +kubebuilder:validation:MaxItems=12
	MatchFields []FieldRequirement `json:"matchFields,omitempty"`
}

// LegacySelector is a Selector as blueprints write it, inlined at the top of spec.
//
// V-BP-1.
//
// +kubebuilder:validation:XValidation:rule=`(has(self.selector) && self.selector.size() > 0) || (has(self.selectorMatchExpressions) && self.selectorMatchExpressions.size() > 0) || (has(self.selectorMatchFields) && self.selectorMatchFields.size() > 0)`,message=`the blueprint selects nothing: give at least one of selector, selectorMatchExpressions, selectorMatchFields`
type LegacySelector struct {
	// Selector holds labels that the owner must carry.
	// +optional
	// +kubebuilder:validation:MaxProperties=64
	Selector map[string]string `json:"selector,omitempty"`
	// SelectorMatchExpressions are requirements on labels of the owner.
	// +optional
	// +kubebuilder:validation:MaxItems=64
	SelectorMatchExpressions []metav1.LabelSelectorRequirement `json:"selectorMatchExpressions,omitempty"`
	// SelectorMatchFields are requirements on fields of the owner.
	// +optional
	// +kubebuilder:validation:MaxItems=64
	SelectorMatchFields []FieldRequirement `json:"selectorMatchFields,omitempty"`
}

// TemplateOption is one candidate template of a resource.
//
// V-OPT-2.
//
// +kubebuilder:validation:XValidation:rule=`has(self.name) != has(self.passThrough)`,message=`option must set exactly one of name and passThrough`,messageExpression=`has(self.name) ? 'option ' + self.name + ' sets passThrough too: keep one of name and passThrough' : 'option sets neither name nor passThrough: set one of them'`
type TemplateOption struct {
	// Name of a template of the kind of the templateRef.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
	// PassThrough names an input of the resource that becomes its output; nothing is
	// stamped.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	PassThrough string `json:"passThrough,omitempty"`
	// Selector says for which owners this option applies.
	Selector Selector `json:"selector"`
}

// TemplateReference names the template of a resource, or the candidates for it.
//
// V-REF-1; V-OPT-0: option names are unique; V-OPT-1: one option may pass through;
// V-OPT-4: selectors differ. hack/crdgen adds the kinds that each blueprint allows.
//
// +kubebuilder:validation:XValidation:rule=`has(self.name) != has(self.options)`,message=`templateRef must set exactly one of name and options`,messageExpression=`has(self.name) ? 'templateRef sets both name (' + self.name + ') and options: keep one of them' : 'templateRef sets neither name nor options: set one of them'`
// +kubebuilder:validation:XValidation:rule=`!has(self.options) || self.options.all(o, !has(o.name) || self.options.exists_one(p, has(p.name) && p.name == o.name))`,message=`options must have different names`,messageExpression=`self.options.map(o, has(o.name) && !self.options.exists_one(p, has(p.name) && p.name == o.name), 'more than one option is named ' + o.name + ': options must have different names')[0]`
// +kubebuilder:validation:XValidation:rule=`!has(self.options) || self.options.filter(o, has(o.passThrough)).size() <= 1`,message=`at most one option may have passThrough`,messageExpression=`'options pass through ' + self.options.map(o, has(o.passThrough), o.passThrough)[0] + ' and ' + self.options.map(o, has(o.passThrough), o.passThrough)[1] + ': at most one option may have passThrough'`
// +kubebuilder:validation:XValidation:rule=`!has(self.options) || self.options.all(o, self.options.exists_one(p, p.selector == o.selector))`,message=`options must have different selectors`,messageExpression=`self.options.map(o, !self.options.exists_one(p, p.selector == o.selector), 'option ' + (has(o.name) ? o.name : has(o.passThrough) ? o.passThrough : '?') + ' has the same selector as another: exactly one option may select an owner')[0]`
type TemplateReference struct {
	// Kind of the template.
	Kind string `json:"kind"`
	// Name of the template.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name,omitempty"`
	// Options are candidates, of which exactly one must select the owner.
	// +optional
	// +kubebuilder:validation:MinItems=2
	// +kubebuilder:validation:MaxItems=30
	Options []TemplateOption `json:"options,omitempty"`
}

// ResourceReference is an input: the output of another resource of the blueprint.
type ResourceReference struct {
	// Name by which the template refers to the input.
	// +kubebuilder:validation:MaxLength=128
	Name string `json:"name"`
	// Resource of the same blueprint whose output is read.
	// +kubebuilder:validation:MaxLength=128
	Resource string `json:"resource"`
}

// DeploymentReference is the deployment input of a resource of a delivery.
type DeploymentReference struct {
	// Resource of the same blueprint whose output is read.
	// +kubebuilder:validation:MaxLength=128
	Resource string `json:"resource"`
}

// ServiceAccountRef names the service account that stamps for owners that name none.
type ServiceAccountRef struct {
	// Name of the service account; empty equals absent.
	Name string `json:"name"`
	// Namespace of the service account; the owner's when empty.
	// +optional
	Namespace string `json:"namespace,omitempty"`
}

// RetentionPolicy bounds how many finished runs are kept.
type RetentionPolicy struct {
	// MaxFailedRuns to keep.
	// +kubebuilder:validation:Minimum=1
	MaxFailedRuns int64 `json:"maxFailedRuns"`
	// MaxSuccessfulRuns to keep.
	// +kubebuilder:validation:Minimum=1
	MaxSuccessfulRuns int64 `json:"maxSuccessfulRuns"`
}

// HealthRule says how the health of a stamped object is judged: exactly one member is
// set (V-TPL-4, V-TPL-5).
//
// +kubebuilder:validation:XValidation:rule=`(has(self.alwaysHealthy) ? 1 : 0) + (has(self.singleConditionType) && self.singleConditionType.size() > 0 ? 1 : 0) + (has(self.multiMatch) ? 1 : 0) == 1`,message=`healthRule must set exactly one of alwaysHealthy, singleConditionType, multiMatch`
type HealthRule struct {
	// AlwaysHealthy: healthy as soon as the object exists. Write {}.
	// +optional
	AlwaysHealthy *FreeForm `json:"alwaysHealthy,omitempty"`
	// SingleConditionType mirrors one condition of the object.
	// +optional
	SingleConditionType string `json:"singleConditionType,omitempty"`
	// MultiMatch combines conditions and fields of the object.
	// +optional
	MultiMatch *MultiMatchHealthRule `json:"multiMatch,omitempty"`
}

// MultiMatchHealthRule is healthy when all of Healthy match and unhealthy when any of
// Unhealthy matches.
type MultiMatchHealthRule struct {
	// Healthy: all entries must hold.
	Healthy HealthMatchRule `json:"healthy"`
	// Unhealthy: any single entry suffices.
	Unhealthy HealthMatchRule `json:"unhealthy"`
}

// HealthMatchRule lists what is looked for on a stamped object (V-TPL-6).
//
// +kubebuilder:validation:XValidation:rule=`(has(self.matchConditions) && self.matchConditions.size() > 0) || (has(self.matchFields) && self.matchFields.size() > 0)`,message=`at least one entry in matchConditions or matchFields is needed`
type HealthMatchRule struct {
	// MatchConditions are conditions of the object with their status.
	// +optional
	MatchConditions []ConditionRequirement `json:"matchConditions,omitempty"`
	// MatchFields are requirements on fields of the object.
	// +optional
	MatchFields []HealthMatchFieldRequirement `json:"matchFields,omitempty"`
}

// ConditionRequirement asks for a condition with a status.
type ConditionRequirement struct {
	// Type of the condition.
	Type string `json:"type"`
	// Status that the condition must have.
	Status metav1.ConditionStatus `json:"status"`
}

// HealthMatchFieldRequirement is a field requirement with a path to a message.
type HealthMatchFieldRequirement struct {
	FieldRequirement `json:",inline"`
	// MessagePath is a path in the object to a text that explains the value.
	// +optional
	MessagePath string `json:"messagePath,omitempty"`
}

// Source says where the code is.
type Source struct {
	// Git location.
	// +optional
	Git *GitSource `json:"git,omitempty"`
	// Image that contains source code.
	// +optional
	Image *string `json:"image,omitempty"`
	// SubPath to treat as the root.
	// +optional
	SubPath *string `json:"subPath,omitempty"`
}

// GitSource is a git location.
type GitSource struct {
	// URL of the repository.
	// +optional
	URL *string `json:"url,omitempty"`
	// Ref within the repository.
	// +optional
	Ref *GitRef `json:"ref,omitempty"`
}

// GitRef names a revision of a repository.
type GitRef struct {
	// +optional
	Branch *string `json:"branch,omitempty"`
	// +optional
	Tag *string `json:"tag,omitempty"`
	// +optional
	Commit *string `json:"commit,omitempty"`
}

// OwnerStatus is what Workload and Deliverable statuses have in common.
type OwnerStatus struct {
	// ObservedGeneration of the owner that this status reflects.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions of the owner (spec: status §2.2).
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// Resources has one entry for each resource of the blueprint, in its order.
	// +optional
	Resources []ResourceStatus `json:"resources,omitempty"`
}

// BlueprintRef names the blueprint that was last selected for an owner.
type BlueprintRef struct {
	// +optional
	Kind string `json:"kind,omitempty"`
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// +optional
	Name string `json:"name,omitempty"`
	// +optional
	APIVersion string `json:"apiVersion,omitempty"`
}

// ResourceStatus is the state of one resource of the blueprint for one owner.
type ResourceStatus struct {
	// Name of the resource in the blueprint.
	Name string `json:"name"`
	// StampedRef names the stamped object.
	// +optional
	StampedRef *StampedRef `json:"stampedRef,omitempty"`
	// TemplateRef names the template that was selected.
	// +optional
	TemplateRef *corev1.ObjectReference `json:"templateRef,omitempty"`
	// Inputs are the resources that feed this one.
	// +optional
	Inputs []Input `json:"inputs,omitempty"`
	// Outputs that were read from the stamped object.
	// +optional
	Outputs []Output `json:"outputs,omitempty"`
	// Conditions of the resource (spec: status §2.3).
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// StampedRef names a stamped object and its REST resource.
type StampedRef struct {
	corev1.ObjectReference `json:",inline"`
	// Resource is plural.group, or only the plural for the core group.
	// +optional
	Resource string `json:"resource,omitempty"`
}

// Input names a resource that feeds another.
type Input struct {
	// Name of the resource.
	Name string `json:"name"`
}

// Output is a value that a resource gives to others.
type Output struct {
	// Name of the output: url, revision, image or config.
	Name string `json:"name"`
	// Preview is the beginning of the value as YAML, at most 1024 bytes.
	Preview string `json:"preview"`
	// Digest of the whole value: sha256:HEX.
	Digest string `json:"digest"`
	// LastTransitionTime is when the digest last changed.
	LastTransitionTime metav1.Time `json:"lastTransitionTime"`
}

// BlueprintStatus is the status of ClusterSupplyChain and ClusterDelivery.
type BlueprintStatus struct {
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions of the blueprint (spec: status §3).
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
