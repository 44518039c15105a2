package access

import (
	"cmp"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/component-helpers/auth/rbac/validation"

	"github.com/carto-run/carto/pkg/lint"
)

// account is a service account. Files often leave the namespace to the one who applies them:
// an empty one stands for any.
type account struct{ namespace, name string }

func (a account) String() string {
	if a.namespace == "" {
		return a.name
	}
	return a.namespace + "/" + a.name
}

// sameNamespace compares namespaces of which the files may not tell all.
func sameNamespace(a, b string) bool { return a == "" || b == "" || a == b }

// grants are the accounts, roles and bindings of a set.
type grants struct {
	accounts []*lint.Object
	roles    []role
	bindings []binding
}

type role struct {
	object *lint.Object
	rules  []rbacv1.PolicyRule
	labels labels.Set
	// others is set for a ClusterRole that gathers its rules from others; which, the cluster
	// alone knows for sure.
	others []labels.Selector
}

type binding struct {
	object   *lint.Object
	ref      rbacv1.RoleRef
	subjects []rbacv1.Subject
}

func grantsOf(set *lint.Set) *grants {
	g := &grants{}
	for _, object := range set.OfKind("ServiceAccount") {
		if object.Doc.APIVersion() == "v1" {
			g.accounts = append(g.accounts, object)
		}
	}
	for _, kind := range []string{"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"} {
		for _, object := range set.OfKind(kind) {
			if object.Doc.APIVersion() == rbacv1.SchemeGroupVersion.String() {
				g.add(object)
			}
		}
	}
	return g
}

// add reads a role or a binding. One that can not be decoded grants nothing.
func (g *grants) add(object *lint.Object) {
	switch object.Doc.Kind() {
	case "Role":
		var r rbacv1.Role
		if object.Doc.IntoKnown(&r) == nil {
			g.roles = append(g.roles, role{object: object, rules: r.Rules, labels: r.Labels})
		}
	case "ClusterRole":
		var r rbacv1.ClusterRole
		if object.Doc.IntoKnown(&r) != nil {
			return
		}
		read := role{object: object, rules: r.Rules, labels: r.Labels}
		if r.AggregationRule != nil && !object.Remote {
			for i := range r.AggregationRule.ClusterRoleSelectors {
				if selector, err := metav1.LabelSelectorAsSelector(&r.AggregationRule.ClusterRoleSelectors[i]); err == nil {
					read.others = append(read.others, selector)
				}
			}
		}
		g.roles = append(g.roles, read)
	case "RoleBinding":
		var b rbacv1.RoleBinding
		if object.Doc.IntoKnown(&b) == nil {
			g.bindings = append(g.bindings, binding{object, b.RoleRef, b.Subjects})
		}
	case "ClusterRoleBinding":
		var b rbacv1.ClusterRoleBinding
		if object.Doc.IntoKnown(&b) == nil {
			g.bindings = append(g.bindings, binding{object, b.RoleRef, b.Subjects})
		}
	}
}

// names says whether a binding is about an account, by itself or by a group it is in.
func (b binding) names(a account) bool {
	if b.object.Doc.Kind() == "RoleBinding" && !sameNamespace(b.object.Doc.Namespace(), a.namespace) {
		return false
	}
	return slices.ContainsFunc(b.subjects, func(s rbacv1.Subject) bool {
		switch s.Kind {
		case rbacv1.ServiceAccountKind:
			return s.Name == a.name && sameNamespace(cmp.Or(s.Namespace, b.object.Doc.Namespace()), a.namespace)
		case rbacv1.GroupKind:
			return s.Name == "system:serviceaccounts" || s.Name == "system:authenticated" ||
				a.namespace != "" && s.Name == "system:serviceaccounts:"+a.namespace
		}
		return false
	})
}

// exists says whether the set has the account.
func (g *grants) exists(a account) bool {
	return slices.ContainsFunc(g.accounts, func(o *lint.Object) bool {
		return o.Doc.Name() == a.name && sameNamespace(o.Doc.Namespace(), a.namespace)
	})
}

// role finds what a binding refers to; nil when it is not in the set.
func (g *grants) role(b binding) *role {
	for i, r := range g.roles {
		if r.object.Doc.Kind() == b.ref.Kind && r.object.Doc.Name() == b.ref.Name &&
			(b.ref.Kind == "ClusterRole" || sameNamespace(r.object.Doc.Namespace(), b.object.Doc.Namespace())) {
			return &g.roles[i]
		}
	}
	return nil
}

// everything is what cluster-admin may do.
var everything = []rbacv1.PolicyRule{{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}}}

// rights are what an account may do in its namespace, as far as the set tells.
type rights struct {
	rules []rbacv1.PolicyRule
	// bindings from which they come.
	bindings []binding
	// open says that there may be more: a role is not in the set.
	open bool
}

func (g *grants) rightsOf(a account) rights {
	var r rights
	for _, b := range g.bindings {
		if !b.names(a) {
			continue
		}
		r.bindings = append(r.bindings, b)
		rules, open := g.rulesOf(b)
		r.rules = append(r.rules, rules...)
		r.open = r.open || open
	}
	return r
}

func (g *grants) rulesOf(b binding) (rules []rbacv1.PolicyRule, open bool) {
	bound := g.role(b)
	switch {
	case bound == nil && b.ref.Kind == "ClusterRole" && b.ref.Name == "cluster-admin":
		return everything, false
	case bound == nil:
		return nil, true
	}
	rules = bound.rules
	for _, selector := range bound.others {
		for _, r := range g.roles {
			if r.object.Doc.Kind() == "ClusterRole" && selector.Matches(r.labels) {
				rules = append(rules[:len(rules):len(rules)], r.rules...)
			}
		}
	}
	return rules, len(bound.others) > 0
}

// missing are the verbs on a resource that the rights lack.
func (r rights) missing(group, resource string, verbs []string) []string {
	var lacking []string
	for _, verb := range verbs {
		wanted := []rbacv1.PolicyRule{{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}}}
		if covered, _ := validation.Covers(r.rules, wanted); !covered {
			lacking = append(lacking, verb)
		}
	}
	return lacking
}
