package v1alpha1

import (
	"slices"
	"strings"
)

// SelectablePaths are the fields of an owner by which blueprints and options may select
// (spec: api V-SEL-6).
//
// +kubebuilder:object:generate=false
type SelectablePaths struct {
	// Owner may stand before a path, with a dot; what is selected is the same.
	Owner string
	// Exact paths, and Prefixes, behind which paths may go on.
	Exact, Prefixes []string
}

var sourcePaths = []string{
	"spec.source", "spec.source.git", "spec.source.git.url", "spec.source.git.ref", "spec.source.git.ref.branch",
	"spec.source.git.ref.tag", "spec.source.git.ref.commit", "spec.source.image", "spec.source.subPath", "spec.serviceAccountName",
}

// What can be selected by, for each kind of owner.
var (
	SelectableInWorkloads = SelectablePaths{
		Owner:    "workload",
		Exact:    slices.Concat(sourcePaths, []string{"spec.build", "spec.image"}),
		Prefixes: []string{"spec.params", "spec.build.env", "spec.env", "spec.resources", "spec.serviceClaims", "metadata"},
	}
	SelectableInDeliverables = SelectablePaths{
		Owner:    "deliverable",
		Exact:    sourcePaths,
		Prefixes: []string{"spec.params", "metadata"},
	}
)

// Allows says whether a key, without what may stand before it, can be selected by.
func (s SelectablePaths) Allows(key string) bool {
	if slices.Contains(s.Exact, key) {
		return true
	}
	for _, prefix := range s.Prefixes {
		if rest, ok := strings.CutPrefix(key, prefix); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}
