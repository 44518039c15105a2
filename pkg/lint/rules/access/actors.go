package access

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
	kindschema "github.com/carto-run/carto/pkg/schema"
)

// actor is an account with which a blueprint's objects are stamped, and who says so.
type actor struct {
	account
	blueprint *lint.Blueprint
	// owner that is stamped for; nil when the set has none that the blueprint selects.
	owner *lint.Owner
	// named is the place that names the account.
	named lint.Place
	// fallback says that nobody names one.
	fallback bool
}

// defaultAccount is what namespaces have for those who name none (spec: reconcile §4).
const defaultAccount = "default"

// actorsOf lists the accounts of every blueprint: those of the owners in the set, or else what
// the blueprint itself says.
func actorsOf(set *lint.Set) []actor {
	var actors []actor
	served := map[*lint.Blueprint]bool{}
	for _, kind := range []string{v1alpha1.KindWorkload, v1alpha1.KindDeliverable} {
		blueprints := set.BlueprintsOf(kind)
		compiled := make([]*blueprint.Blueprint, len(blueprints))
		for i, b := range blueprints {
			compiled[i] = b.Blueprint
		}
		for _, owner := range set.Owners {
			if owner.Doc.Kind() != kind {
				continue
			}
			selected, _ := blueprint.Select(compiled, owner.Subject)
			if len(selected) != 1 {
				continue // the rules about owners say so
			}
			b := blueprints[slices.Index(compiled, selected[0])]
			served[b] = true
			actors = append(actors, actorFor(b, owner))
		}
	}
	for _, b := range set.Blueprints {
		if !served[b] {
			actors = append(actors, actorFor(b, nil))
		}
	}
	return actors
}

func actorFor(b *lint.Blueprint, owner *lint.Owner) actor {
	a := actor{blueprint: b, owner: owner}
	if owner != nil {
		a.namespace = owner.Doc.Namespace()
		a.name = accountName(owner)
		a.named = owner.Value("spec.serviceAccountName")
	}
	if a.name == "" {
		a.name = b.ServiceAccount.Name
		if a.name != "" {
			a.namespace = cmp.Or(b.ServiceAccount.Namespace, a.namespace)
			a.named = b.Value("spec.serviceAccountRef.name")
		}
	}
	if a.name == "" {
		a.name, a.fallback = defaultAccount, true
		a.named = b.At("metadata.name")
		if owner != nil {
			a.named = owner.At("metadata.name")
		}
	}
	return a
}

func accountName(o *lint.Owner) string {
	switch {
	case o.Workload != nil:
		return o.Workload.Spec.ServiceAccountName
	case o.Deliverable != nil:
		return o.Deliverable.Spec.ServiceAccountName
	}
	return ""
}

// need is what stamping with one template takes.
type need struct {
	use             *lint.Use
	kind            schema.GroupVersionKind
	group, resource string
	verbs           []string
}

func (n need) qualified() string {
	return schema.GroupResource{Group: n.group, Resource: n.resource}.String()
}

// Verbs that the agent uses with the account: server-side apply asks for create and patch, runs
// are only created, and delete is for what is left over.
var (
	verbsOfObjects = []string{"create", "patch", "delete"}
	verbsOfRuns    = []string{"create", "delete"}
)

// needsOf lists what the steps of a blueprint stamp, as far as it is known.
func needsOf(set *lint.Set, b *lint.Blueprint) []need {
	var needs []need
	for _, use := range b.Uses {
		if use.Template == nil {
			continue
		}
		kind, known := use.Template.Stamps()
		if !known {
			continue
		}
		verbs := verbsOfObjects
		if use.Template.Lifecycle != v1alpha1.LifecycleMutable {
			verbs = verbsOfRuns
		}
		n := needOf(set, kind, verbs)
		n.use = use
		needs = append(needs, n)
	}
	return needs
}

func needOf(set *lint.Set, kind schema.GroupVersionKind, verbs []string) need {
	n := need{kind: kind, group: kind.Group, verbs: verbs}
	if described := set.Schemas.Kind(kind); described != nil {
		n.resource = described.Plural
	} else {
		n.resource = kindschema.GuessPlural(kind)
	}
	return n
}

// minimalRole is the YAML of a Role that grants the needs, one line a resource.
func minimalRole(name string, needs []need) string {
	verbs := map[schema.GroupResource][]string{}
	var order []schema.GroupResource
	for _, n := range needs {
		key := schema.GroupResource{Group: n.group, Resource: n.resource}
		if verbs[key] == nil {
			order = append(order, key)
		}
		for _, verb := range n.verbs {
			if !slices.Contains(verbs[key], verb) {
				verbs[key] = append(verbs[key], verb)
			}
		}
	}
	slices.SortFunc(order, func(a, b schema.GroupResource) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Resource, b.Resource))
	})
	var text strings.Builder
	text.WriteString("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: " + name + "}\nrules:")
	for _, resource := range order {
		group := resource.Group
		if group == "" {
			group = `""`
		}
		slices.SortStableFunc(verbs[resource], func(a, b string) int {
			return cmp.Compare(slices.Index(verbsOfObjects, a), slices.Index(verbsOfObjects, b))
		})
		text.WriteString("\n- {apiGroups: [" + group + "], resources: [" + resource.Resource + "], verbs: [" + strings.Join(verbs[resource], ", ") + "]}")
	}
	return text.String()
}
