// Package v1alpha1 is the wire contract of group carto.run: the eleven kinds
// that operators and developers write, their statuses, and every label,
// annotation, condition type and reason that Carto puts on objects.
//
// The fields are Cartographer's, so that existing blueprints work unchanged
// (spec: api). Go types mark optional values as pointers exactly where their
// absence is visible to templates as null (spec: reconcile §6.4).
//
// +kubebuilder:object:generate=true
// +groupName=carto.run
package v1alpha1
