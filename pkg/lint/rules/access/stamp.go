package access

import (
	"strings"

	"github.com/carto-run/carto/pkg/lint"
)

var mayNotStamp = &lint.Rule{
	ID: "ACC001", Slug: "may-not-stamp", Level: lint.Error, Needs: lint.NeedsCluster,
	Title: "the service account may not write what a step stamps",
	Text: `Carto stamps with the rights of the service account that the owner names, else the blueprint, else ` + "`default`" + `. An
object needs create, patch and delete; a run (lifecycle immutable or tekton) needs create and delete. Without them the
step fails with TemplateRejectedByAPIServer. A Runnable makes its runs with the account that it names itself, else ` + "`default`" + `, and
needs list for what it selects.

Add the verbs to the account's Role. ACC006 prints the whole Role that a blueprint needs. The rule looks only at accounts whose roles
are in the set.`,
	Bad:   strings.Replace(example, "    templateRef: {kind: ClusterConfigTemplate, name: settings}", "    templateRef: {kind: ClusterConfigTemplate, name: settings} # <-", 1) + bound(`{apiGroups: [""], resources: [configmaps], verbs: [get]}`),
	Good:  example + bound(`{apiGroups: [""], resources: [configmaps], verbs: [create, patch, delete]}`),
	Check: checkMayNotStamp,
}

func checkMayNotStamp(p *lint.Pass) {
	g := grantsOf(p.Set)
	type finding struct {
		account
		use      *lint.Use
		resource string
	}
	told := map[finding]bool{}
	for _, a := range actorsOf(p.Set) {
		rights := g.rightsOf(a.account)
		if rights.open || len(rights.bindings) == 0 && !g.exists(a.account) {
			continue // nothing, or not everything, is known of it
		}
		for _, n := range needsOf(p.Set, a.blueprint) {
			lacking := rights.missing(n.group, n.resource, n.verbs)
			key := finding{a.account, n.use, n.resource}
			if len(lacking) == 0 || told[key] {
				continue
			}
			told[key] = true
			f := p.Report(a.blueprint.Key(n.use.Path), "service account %s may not %s %s, which step %s stamps by %s %s",
				a.account, strings.Join(lacking, ", "), n.qualified(), n.use.Step.Name, n.use.Kind, n.use.Name)
			if !a.fallback {
				f.Because(a.named.Range, "the account is named here")
			}
			g.advise(f, rights, n)
		}
	}
	checkRunners(p, g)
}

// advise shows what the account may do, and the rule that is missing.
func (g *grants) advise(f *lint.Finding, rights rights, n need) {
	for _, b := range rights.bindings {
		at := b.object
		if r := g.role(b); r != nil {
			at = r.object
		}
		f.Because(at.Key("rules").Range, "%s grants other rights", at)
	}
	if len(rights.bindings) == 0 {
		f.Do("bind the account to a Role with this rule:\n%s", ruleOf(n))
		return
	}
	f.Do("add this rule to a Role of the account:\n%s", ruleOf(n))
}

func ruleOf(n need) string {
	lines := strings.Split(minimalRole("", []need{n}), "\n")
	return lines[len(lines)-1]
}

var roleNeeded = &lint.Rule{
	ID: "ACC006", Slug: "role-needed", Level: lint.Info, Needs: lint.NeedsFiles,
	Title: "the rights that the service account of a blueprint's owners needs",
	Text: `This is no fault: it is the smallest Role with which everything that a blueprint stamps can be written. Owners act with their own
service account, so each namespace with owners needs such a Role and a RoleBinding.

Kinds that a ytt body computes are not in the list. The rule is silent where the roles in the set are enough already.`,
	Bad:   strings.Replace(example, "metadata: {name: web}", "metadata: {name: web} # <-", 1),
	Good:  example + bound(`{apiGroups: [""], resources: [configmaps], verbs: ["*"]}`),
	Check: checkRoleNeeded,
}

func checkRoleNeeded(p *lint.Pass) {
	g := grantsOf(p.Set)
	enough := map[*lint.Blueprint]bool{}
	for _, a := range actorsOf(p.Set) {
		rights, needs := g.rightsOf(a.account), needsOf(p.Set, a.blueprint)
		covered := rights.open || len(rights.bindings) > 0
		for _, n := range needs {
			covered = covered && (rights.open || len(rights.missing(n.group, n.resource, n.verbs)) == 0)
		}
		if covered || len(needs) == 0 {
			enough[a.blueprint] = true
		}
	}
	for _, b := range p.Blueprints {
		if enough[b] || !b.Complete() {
			continue
		}
		needs := needsOf(p.Set, b)
		if len(needs) == 0 {
			continue
		}
		p.Report(b.At("metadata.name"), "the service accounts of the owners of %s need rights on %s", b.Object, resourcesOf(needs)).
			Do("grant them in each namespace with owners:\n%s", minimalRole(b.Name, needs))
	}
}

func resourcesOf(needs []need) string {
	var names []string
	seen := map[string]bool{}
	for _, n := range needs {
		if name := n.qualified(); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
