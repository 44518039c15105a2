package spec

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/carto-run/carto/pkg/quantity"
)

func checkName(obj *unstructured.Unstructured) []error {
	name := obj.GetName()
	if name == "" {
		return []error{fmt.Errorf("a name is needed, as argument or as metadata.name in the file")}
	}
	var faults []error
	for _, msg := range validation.IsDNS1123Subdomain(name) {
		faults = append(faults, fmt.Errorf("name %q: %s", name, msg))
	}
	// It becomes a label value on everything that is stamped.
	if len(name) > validation.LabelValueMaxLength {
		faults = append(faults, fmt.Errorf("name %q is longer than %d characters", name, validation.LabelValueMaxLength))
	}
	return faults
}

// check looks at the workload as it will be sent: what only the sum of file, cluster and
// flags shows.
func check(obj *unstructured.Unstructured) []error {
	var faults []error
	str := func(fields ...string) string {
		s, _, _ := unstructured.NestedString(obj.Object, fields...)
		return s
	}
	if _, ok, _ := unstructured.NestedMap(obj.Object, "spec", "source", "git"); ok {
		if str("spec", "source", "git", "url") == "" {
			faults = append(faults, fmt.Errorf("a git source needs a URL: --git-repo"))
		}
		ref := []string{"spec", "source", "git", "ref"}
		if str(append(ref, "branch")...) == "" && str(append(ref, "tag")...) == "" && str(append(ref, "commit")...) == "" {
			faults = append(faults, fmt.Errorf("a git source needs a ref: --git-branch, --git-tag or --git-commit"))
		}
	}
	if str("spec", "source", "subPath") != "" && !hasSource(obj) {
		faults = append(faults, fmt.Errorf("--sub-path needs a source: --git-repo, --source-image or --local-path"))
	}
	for _, name := range []string{"cpu", "memory"} {
		request, asked := quantityAt(obj, "requests", name)
		limit, limited := quantityAt(obj, "limits", name)
		if asked && limited && request.Cmp(limit) > 0 {
			faults = append(faults, fmt.Errorf("the request of %s for %s is more than the limit of %s: --request-%s, --limit-%s", request.String(), name, limit.String(), name, name))
		}
	}
	return faults
}

// quantityAt reads a quantity; one that cannot be read is left to the API server, which
// knows the schema.
func quantityAt(obj *unstructured.Unstructured, group, name string) (resource.Quantity, bool) {
	value, found, _ := unstructured.NestedFieldNoCopy(obj.Object, "spec", "resources", group, name)
	if !found || value == nil {
		return resource.Quantity{}, false
	}
	q, err := quantity.Parse(fmt.Sprint(value))
	return q, err == nil
}
