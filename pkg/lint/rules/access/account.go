package access

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/carto-run/carto/pkg/lint"
)

const ownerOfExample = `apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: cart, namespace: shop, labels: {type: web}}
spec:
  serviceAccountName: ACCOUNT
---
`

func ownerActingAs(name string) string { return strings.Replace(ownerOfExample, "ACCOUNT", name, 1) }

var noAccount = &lint.Rule{
	ID: "ACC002", Slug: "unknown-service-account", Level: lint.Error, Needs: lint.NeedsCluster,
	Title: "the service account does not exist",
	Text: `Owners act with a service account of their namespace. When it does not exist, nothing at all is stamped for them: the owner's
condition ResourcesSubmitted says ServiceAccountError.

Create the account, or correct the name. The rule looks only at namespaces of which the set has accounts; ` + "`default`" + ` exists in every namespace.`,
	Bad:   example + bound(`{apiGroups: [""], resources: [configmaps], verbs: ["*"]}`) + "---\n" + ownerActingAs("stampr # <-"),
	Good:  example + bound(`{apiGroups: [""], resources: [configmaps], verbs: ["*"]}`) + "---\n" + ownerActingAs("stamper"),
	Check: checkNoAccount,
}

func checkNoAccount(p *lint.Pass) {
	g := grantsOf(p.Set)
	told := map[string]bool{}
	for _, a := range actorsOf(p.Set) {
		if a.fallback || a.name == defaultAccount || g.exists(a.account) {
			continue
		}
		known := slices.ContainsFunc(g.accounts, func(o *lint.Object) bool {
			return a.namespace != "" && o.Doc.Namespace() == a.namespace || a.namespace == "" && !o.Remote
		})
		if !known || told[a.named.Range.String()] {
			continue
		}
		told[a.named.Range.String()] = true
		p.Report(a.named, "there is no service account %s", a.account).
			Do("create it, or name one that exists: %s", strings.Join(g.names(a.namespace), ", "))
	}
}

// names are the accounts of a namespace.
func (g *grants) names(namespace string) []string {
	var names []string
	for _, o := range g.accounts {
		if sameNamespace(o.Doc.Namespace(), namespace) {
			names = append(names, o.Doc.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

var defaultUsed = &lint.Rule{
	ID: "ACC003", Slug: "default-service-account", Level: lint.Warning, Needs: lint.NeedsOwner,
	Title: "an owner acts with the service account default",
	Text: `Neither the owner nor its blueprint names a service account, so Carto stamps with ` + "`default`" + `. Every pod of the namespace runs
with that account unless it asks for another one: what is granted to Carto is granted to all of them.

Name an account of its own in spec.serviceAccountRef of the blueprint, or in spec.serviceAccountName of the owner.`,
	Bad:   strings.Replace(example, "  serviceAccountRef: {name: stamper}\n", "", 1) + strings.Replace(ownerActingAs("\"\""), "metadata: {name: cart, namespace: shop, labels: {type: web}}", "metadata: {name: cart, namespace: shop, labels: {type: web}} # <-", 1),
	Good:  example + ownerActingAs(`""`),
	Check: checkDefaultUsed,
}

func checkDefaultUsed(p *lint.Pass) {
	for _, a := range actorsOf(p.Set) {
		if a.fallback && a.owner != nil {
			p.Report(a.named, "%s acts with the service account %q of its namespace, as every pod there does", a.owner.Object, defaultAccount).
				Because(a.blueprint.Key("spec").Range, "%s names none either", a.blueprint.Object)
		}
	}
}

var tooMuch = &lint.Rule{
	ID: "ACC004", Slug: "too-many-rights", Level: lint.Warning, Needs: lint.NeedsCluster,
	Title: "the service account of owners may do everything",
	Text: `Whoever may write an owner can have anything stamped that its service account may write, within what templates allow. An account that is
bound to cluster-admin, or to wildcards, makes each template with an owner's value in it a way to take over the cluster.

Grant what the blueprint needs: ACC006 prints that Role.`,
	Bad:   example + strings.Replace(bound(`{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}`), "metadata: {name: stamper, namespace: shop}\nroleRef: {", "metadata: {name: stamper, namespace: shop}\nroleRef: { # <-\n  ", 1),
	Good:  example + bound(`{apiGroups: [""], resources: [configmaps], verbs: ["*"]}`),
	Check: checkTooMuch,
}

func checkTooMuch(p *lint.Pass) {
	g := grantsOf(p.Set)
	told := map[*lint.Object]bool{}
	for _, a := range actorsOf(p.Set) {
		for _, b := range g.bindings {
			if told[b.object] || !b.names(a.account) {
				continue
			}
			rules, _ := g.rulesOf(b)
			wild := slices.ContainsFunc(rules, func(r rbacv1.PolicyRule) bool {
				return slices.Contains(r.APIGroups, "*") && slices.Contains(r.Resources, "*") && slices.Contains(r.Verbs, "*")
			})
			if !wild {
				continue
			}
			told[b.object] = true
			f := p.Report(b.object.Key("roleRef"), "service account %s, with which %s stamps, may do everything: %s %s has wildcards for groups, resources and verbs",
				a.account, a.blueprint.Object, b.ref.Kind, b.ref.Name)
			if r := g.role(b); r != nil {
				f.Because(r.object.Key("rules").Range, "the wildcards")
			}
		}
	}
}
