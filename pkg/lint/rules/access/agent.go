package access

import (
	"strings"

	"github.com/carto-run/carto/pkg/lint"
)

// agentRole gathers what the agent may watch, from all ClusterRoles with the label (see
// pkg/install/manifests).
const (
	agentRole  = "carto-agent-stamped"
	agentLabel = `carto.run/aggregate-to-agent: "true"`
)

var verbsOfAgent = []string{"list", "watch"}

var notWatched = &lint.Rule{
	ID: "ACC005", Slug: "agent-may-not-watch", Level: lint.Warning, Needs: lint.NeedsCluster,
	Title: "the agent may not watch a kind that a template stamps",
	Text: `The agent sees stamped objects by a watch of its own account. Of a kind that it may not list and watch it learns neither health nor
outputs, so steps that stamp it never get further.

Add a ClusterRole with the label ` + "`" + agentLabel + "`" + `: its rules become part of the agent's. The rule needs the ClusterRole
carto-agent-stamped, in the set or from the cluster.`,
	Bad:   strings.Replace(example, "    templateRef: {kind: ClusterConfigTemplate, name: settings}", "    templateRef: {kind: ClusterConfigTemplate, name: settings} # <-", 1) + agentMay("deployments"),
	Good:  example + agentMay("configmaps"),
	Check: checkNotWatched,
}

func agentMay(resource string) string {
	return `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: carto-agent-stamped}
rules:
- {apiGroups: [""], resources: [` + resource + `], verbs: [get, list, watch]}
`
}

func checkNotWatched(p *lint.Pass) {
	g := grantsOf(p.Set)
	bound := binding{}
	bound.ref.Kind, bound.ref.Name = "ClusterRole", agentRole
	agent := g.role(bound)
	if agent == nil || len(agent.others) > 0 {
		return // what it gathers is known to the cluster alone
	}
	may := rights{rules: agent.rules}
	for _, b := range p.Blueprints {
		for _, n := range needsOf(p.Set, b) {
			lacking := may.missing(n.group, n.resource, verbsOfAgent)
			if len(lacking) == 0 {
				continue
			}
			rule := n
			rule.verbs = []string{"get", "list", "watch"}
			p.Report(b.Key(n.use.Path), "the agent may not %s %s, which step %s stamps by %s %s", strings.Join(lacking, ", "), n.qualified(), n.use.Step.Name, n.use.Kind, n.use.Name).
				Because(agent.object.Key("rules").Range, "what it may watch").
				Do("apply a ClusterRole with the label %s and this rule:\n%s", agentLabel, ruleOf(rule))
		}
	}
}
