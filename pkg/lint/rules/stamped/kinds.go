package stamped

import (
	"slices"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"
	kubeschema "k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/schema"
)

var unknownKind = &lint.Rule{
	ID: "TPL014", Slug: "unknown-stamped-kind", Level: lint.Error, Needs: lint.NeedsSchema,
	Title: "a template stamps a kind that does not exist",
	Text: `The API server has no such kind in this group and version, so nothing can be stamped.

Correct ` + "`apiVersion` or `kind`" + `. Lint knows all kinds of Kubernetes and of Carto, and those of the CRDs that it is given. About groups of
which it knows nothing it says nothing; of a group of which it has a CRD it reports other versions of the same kind, and names that are
one letter off.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deploy}
spec:
  healthRule: {singleConditionType: Available}
  template:
    apiVersion: v1 # <-
    kind: Deployment
    metadata: {name: $(workload.metadata.name)$}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deploy}
spec:
  healthRule: {singleConditionType: Available}
  template:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: $(workload.metadata.name)$}
`,
	Check: func(p *lint.Pass) {
		elsewhere := sync.OnceValue(func() map[string][]kubeschema.GroupVersionKind { return natives(p.Schemas) })
		for _, t := range p.Templates {
			kind, known := t.Stamps()
			if !known || p.StampedKind(t) != nil || strings.HasSuffix(kind.Kind, "List") { // TPL021
				continue
			}
			at, message, remedy := unknown(p, t, kind, elsewhere())
			if message != "" {
				p.Report(at, "%s", message).Do("%s", remedy)
			}
		}
	},
}

// natives are the kinds of Kubernetes by name.
func natives(catalog *schema.Catalog) map[string][]kubeschema.GroupVersionKind {
	kinds := map[string][]kubeschema.GroupVersionKind{}
	for _, group := range schema.NativeGroups() {
		for _, kind := range catalog.InGroup(group) {
			kinds[kind.Kind] = append(kinds[kind.Kind], kind)
		}
	}
	return kinds
}

// unknown says what is wrong with a kind of which the catalog has nothing; empty when it can
// exist all the same.
func unknown(p *lint.Pass, t *lint.Template, kind kubeschema.GroupVersionKind, elsewhere map[string][]kubeschema.GroupVersionKind) (at lint.Place, message, remedy string) {
	inGroup := p.Schemas.InGroup(kind.Group)
	native := schema.IsNative(kind.Group)
	var versions, names []string
	for _, k := range inGroup {
		names = append(names, k.Kind)
		if k.Kind == kind.Kind {
			versions = append(versions, k.GroupVersion().String())
		}
	}
	names = slices.Compact(names)
	switch {
	case len(versions) > 0 && native && otherRelease(p, kind.Version):
		return at, "", ""
	case len(versions) > 0:
		return t.StampsVersion(), "there is no " + kind.Kind + " in " + kind.GroupVersion().String(), "it is in " + strings.Join(versions, ", ")
	case native || kind.Group == v1alpha1.Group:
		if native && later(p) {
			return at, "", ""
		}
		message = "there is no kind " + kind.Kind + " in " + kind.GroupVersion().String()
		if others := served(p.Schemas, elsewhere[kind.Kind]); others != "" {
			return t.StampsVersion(), message, "it is in " + others
		}
		if meant := near.Names(kind.Kind, names); len(meant) > 0 {
			return t.StampsKind(), message, "write " + meant[0] + ", if that is what was meant"
		}
		return t.StampsKind(), message, "correct apiVersion or kind"
	case !strings.Contains(kind.Group, "."):
		// The group of a CRD is a domain.
		message = "there is no group " + kind.Group
		if others := served(p.Schemas, elsewhere[kind.Kind]); others != "" {
			return t.StampsVersion(), message, "the kind " + kind.Kind + " is in " + others
		}
		return t.StampsVersion(), message, "correct apiVersion: groups that are not of Kubernetes have a dot"
	}
	for _, name := range names {
		if slip(kind.Kind, name) {
			return t.StampsKind(), "there is no kind " + kind.Kind + " in " + kind.Group + ", as far as its CRDs are given", "write " + name + ", if that is what was meant"
		}
	}
	for _, k := range elsewhere[kind.Kind] {
		if strings.Contains(k.Group, ".") && levenshtein.ComputeDistance(k.Group, kind.Group) == 1 {
			return t.StampsVersion(), "there is no group " + kind.Group, "write " + k.GroupVersion().String() + ", if that is what was meant"
		}
	}
	return at, "", ""
}

// slip says whether a name was meant by another one for certain: only the case of letters is
// different, or one letter of a long one.
func slip(written, meant string) bool {
	return written != meant && (strings.EqualFold(written, meant) || min(len(written), len(meant)) >= 5 && levenshtein.ComputeDistance(written, meant) == 1)
}

// served lists the versions of kinds that are in use today.
func served(catalog *schema.Catalog, kinds []kubeschema.GroupVersionKind) string {
	var versions []string
	for _, kind := range kinds {
		if l := catalog.Kind(kind).Lifecycle; !l.Removed.Reached(schema.Newest) && !l.Deprecated.Reached(schema.Newest) {
			versions = append(versions, kind.GroupVersion().String())
		}
	}
	return strings.Join(versions, ", ")
}

// later says that the files are for a release of Kubernetes of which not all kinds are known.
func later(p *lint.Pass) bool {
	release, err := schema.ParseRelease(p.KubernetesVersion)
	return err == nil && !release.Reached(schema.Newest)
}

// otherRelease says that the files are for a release which can serve a version that is not
// known any more, or not yet.
func otherRelease(p *lint.Pass, version string) bool {
	release, err := schema.ParseRelease(p.KubernetesVersion)
	return err == nil && release != schema.Newest && (later(p) || strings.Contains(version, "alpha") || strings.Contains(version, "beta"))
}

var clusterScoped = &lint.Rule{
	ID: "TPL015", Slug: "cluster-scoped-kind", Level: lint.Error, Needs: lint.NeedsSchema,
	Title: "a template stamps a kind that has no namespace",
	Text: `Stamped objects are owned by the Workload, Deliverable or Runnable, and an object without a namespace can not be
owned by one that has it: the garbage collector would delete it at once. Carto stamps into the namespace of the owner only.

Stamp a kind with a namespace, such as a Role for a ClusterRole, or create the object elsewhere.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: place}
spec:
  template:
    apiVersion: v1
    kind: Namespace # <-
    metadata: {name: $(workload.metadata.name)$}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: place}
spec:
  template:
    apiVersion: v1
    kind: ServiceAccount
    metadata: {name: $(workload.metadata.name)$}
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			if kind := p.StampedKind(t); kind != nil && !kind.Namespaced {
				p.Report(t.StampsKind(), "%s has no namespace, so a stamped one can not be owned by a %s", kind.Kind, owners(t)).
					Do("stamp a kind that has a namespace")
			}
		}
	},
}

func owners(t *lint.Template) string {
	if t.IsRun() {
		return "Runnable"
	}
	return "Workload or Deliverable"
}

var oldVersion = &lint.Rule{
	ID: "TPL019", Slug: "old-api-version", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a template stamps an API version that is deprecated, removed, or not there yet",
	Text: `Kubernetes removes API versions some releases after it deprecates them. From then on nothing can be stamped by them. Lint looks at
the release that ` + "`--kubernetes-version`" + ` names, else at the newest one that it knows; that a version is gone is an error when the release was
named, and a warning otherwise.

Use the version that replaces it, and look what has changed in its fields. For kinds of others, the CRD says what is deprecated.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: budget}
spec:
  template:
    apiVersion: policy/v1beta1 # <-
    kind: PodDisruptionBudget
    metadata: {name: $(workload.metadata.name)$}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: budget}
spec:
  template:
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: $(workload.metadata.name)$}
`,
	Check: func(p *lint.Pass) {
		release, err := schema.ParseRelease(p.KubernetesVersion)
		named := err == nil
		if !named {
			release = schema.Newest
		}
		for _, t := range p.Templates {
			kind := p.StampedKind(t)
			if kind == nil {
				continue
			}
			of := kind.GroupVersion().String() + " " + kind.Kind
			l := kind.Lifecycle
			var f *lint.Finding
			switch {
			case l.Removed.Reached(release):
				f = p.Report(t.StampsVersion(), "%s is not served since Kubernetes %s", of, l.Removed)
			case named && !l.Introduced.IsZero() && !l.Introduced.Reached(release):
				f = p.Report(t.StampsVersion(), "%s is not served before Kubernetes %s", of, l.Introduced)
			case l.Deprecated.Reached(release) && !l.Removed.IsZero():
				f = p.Report(t.StampsVersion(), "%s is deprecated since Kubernetes %s, and not served from %s on", of, l.Deprecated, l.Removed)
			case l.Deprecated.Reached(release):
				f = p.Report(t.StampsVersion(), "%s is deprecated since Kubernetes %s", of, l.Deprecated)
			case l.IsDeprecated && l.Warning != "":
				f = p.Report(t.StampsVersion(), "%s is deprecated: %s", of, l.Warning)
			case l.IsDeprecated:
				f = p.Report(t.StampsVersion(), "%s is deprecated by its CRD", of)
			default:
				continue
			}
			if named && (l.Removed.Reached(release) || !l.Introduced.Reached(release) && !l.Introduced.IsZero()) {
				f.As(lint.Error)
			}
			if !l.Replacement.Empty() {
				f.Do("use %s %s", l.Replacement.GroupVersion(), l.Replacement.Kind)
			}
		}
	},
}
