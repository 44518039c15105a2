package install

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilversion "k8s.io/apimachinery/pkg/util/version"
)

// LabelInstalledIn marks what an installation consists of, with the namespace of its agent.
// It is what pruning and uninstalling go by: nothing without it is ever deleted.
//
// A label of our own, and not an ApplySet (KEP-3659): that needs a parent object which
// keeps the list of kinds, and so a write before and after each apply, and a repair when
// they disagree. The kinds that Carto installs are a closed table, so a selector finds
// everything; and because the label stands in the printed manifests, what kubectl or a
// pipeline applied is found as well. The definitions of the kinds do not carry it: they
// belong to all of the cluster, and deleting them deletes every owner.
const LabelInstalledIn = "carto.run/installed-in"

// AnnotationVersion on the agent's Deployment and on the definitions is the version of
// Carto that they are of.
const AnnotationVersion = "carto.run/version"

// Unversioned is the version of a build that knows none. It is neither older nor newer
// than any other.
const Unversioned = "v0.0.0-dev"

// Marked tells whether an object is part of an installation of Carto: by the label, or
// because an earlier version applied it, which wrote none.
func Marked(obj *unstructured.Unstructured) bool {
	return obj.GetLabels()[LabelInstalledIn] != "" ||
		slices.ContainsFunc(obj.GetManagedFields(), func(f metav1.ManagedFieldsEntry) bool { return f.Manager == FieldManager })
}

// VersionOf an installed object; empty when it tells none.
func VersionOf(obj *unstructured.Unstructured) string { return obj.GetAnnotations()[AnnotationVersion] }

// Newer tells whether version a is newer than b. What is no version is not.
func Newer(a, b string) bool {
	if a == Unversioned || b == Unversioned {
		return false
	}
	first, err := utilversion.ParseSemantic(a)
	if err != nil {
		return false
	}
	second, err := utilversion.ParseSemantic(b)
	return err == nil && second.LessThan(first)
}
