package install

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
)

// watchPrefix begins the names of the roles that let the agent read one more kind.
const watchPrefix = "carto-watch-"

// watchRole grants what agents need to follow a kind that supply chains stamp, by the label
// whose roles are added up.
const watchRole = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: ` + watchPrefix + `$(NAME)
  labels:
    app.kubernetes.io/part-of: carto
    ` + LabelInstalledIn + `: ` + DefaultNamespace + `
    carto.run/aggregate-to-agent: "true"
rules:
  - apiGroups: ["$(GROUP)"]
    resources: ["$(PLURAL)"]
    verbs: [get, list, watch]
`

// ParseKinds reads kinds written as plural.group, such as taskruns.tekton.dev, or as plural
// alone in the core group. Each is kept once, in their order; all faults come together.
func ParseKinds(texts []string) ([]schema.GroupResource, error) {
	var kinds []schema.GroupResource
	var faults []error
	for _, text := range texts {
		kind := schema.ParseGroupResource(text)
		switch {
		case text == "": // --watch-kinds= takes all away
		case !pluralPattern.MatchString(kind.Resource), kind.Group != "" && len(validation.IsDNS1123Subdomain(kind.Group)) > 0:
			faults = append(faults, fmt.Errorf("kind %q is not written as plural.group, such as taskruns.tekton.dev", text))
		case !slices.Contains(kinds, kind):
			kinds = append(kinds, kind)
		}
	}
	return kinds, errors.Join(faults...)
}

// Kinds are named without dots and stars; a subresource is not watched.
var pluralPattern = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

func watchRoles(kinds []schema.GroupResource) []string {
	roles := make([]string, len(kinds))
	for i, k := range kinds {
		roles[i] = strings.NewReplacer("$(NAME)", k.String(), "$(GROUP)", k.Group, "$(PLURAL)", k.Resource).Replace(watchRole)
	}
	return roles
}

// kindOfRole is the kind that a role of ours lets the agent watch.
func kindOfRole(role *unstructured.Unstructured) (schema.GroupResource, bool) {
	name, ok := strings.CutPrefix(role.GetName(), watchPrefix)
	if !ok || role.GetKind() != "ClusterRole" || role.GetLabels()[LabelInstalledIn] == "" {
		return schema.GroupResource{}, false
	}
	return schema.ParseGroupResource(name), true
}
