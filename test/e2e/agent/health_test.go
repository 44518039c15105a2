package agent

import "testing"

// judged is a chain whose first step is judged by RULE and gives a source, whose second passes that on, and, with brokenStep,
// whose third can not tell which template it has.
const judged = `
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: { name: judged-NS }
spec:
  healthRule: { RULE }
  urlPath: .status.url
  revisionPath: .status.url
  template: { kind: GitRepository, apiVersion: source.toolkit.fluxcd.io/v1, metadata: { name: $(workload.metadata.name)$ }, spec: {} }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: judged-NS }
spec:
  selector: { shape: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: fetch, templateRef: { kind: ClusterSourceTemplate, name: judged-NS } }
    - name: skipped
      sources: [{ name: code, resource: fetch }]
      templateRef:
        kind: ClusterSourceTemplate
        options:
          - { passThrough: code, selector: { matchLabels: { shape: NS } } }
          - { name: judged-NS, selector: { matchLabels: { shape: none } } }
`

const brokenStep = `    - name: broken
      sources: [{ name: code, resource: fetch }]
      templateRef:
        kind: ClusterSourceTemplate
        options:
          - { name: judged-NS, selector: { matchFields: [{ key: "spec.env[3].name", operator: Exists }] } }
          - { passThrough: code, selector: { matchLabels: { shape: none } } }
`

const judgedOwner = `---
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: { name: cart, labels: { shape: NS } }
spec: { env: [{ name: a, value: b }] }
`

// TestHealthRules: both outcomes of a rule by conditions and fields, beside steps that wait for an input to pass on or have no
// template.
func TestHealthRules(t *testing.T) {
	t.Parallel()
	n := sharedWorld(t).tenant(t)
	n.apply(replace(judged+brokenStep+judgedOwner, "RULE", `multiMatch: {
    healthy: { matchFields: [{ key: .status.phase, operator: In, values: [Done], messagePath: .status.why }] },
    unhealthy: { matchConditions: [{ type: Stalled, status: "True" }], matchFields: [{ key: .status.phase, operator: In, values: [Lost], messagePath: .status.why }] } }`))
	expect := func(owner, fetch, skipped string) {
		t.Helper()
		n.expect("cart", owner, "fetch: "+fetch, "skipped: "+skipped,
			"broken: ResourceSubmitted=False/ResolveTemplateOptionsError Healthy=Unknown/NoResource Ready=False/ResolveTemplateOptionsError")
	}
	const (
		waits   = "ResourceSubmitted=Unknown/MissingValueAtPath "
		skips   = "ResourceSubmitted=Unknown/PassThrough Ready=Unknown/PassThrough"
		unknown = "SupplyChainReady=True/Ready ResourcesSubmitted=Unknown/MissingValueAtPath ResourcesHealthy=Unknown/HealthyConditionRule Ready=Unknown/MissingValueAtPath"
		bad     = "SupplyChainReady=True/Ready ResourcesSubmitted=Unknown/MissingValueAtPath ResourcesHealthy=False/HealthyConditionRule Ready=False/HealthyConditionRule"
	)
	expect(unknown, waits+"Healthy=Unknown/NoMatchesFulfilled Ready=Unknown/MissingValueAtPath", skips)
	n.report(gitRepos, "cart", map[string]any{"conditions": []any{condition("Stalled", "True", "no route")}})
	expect(bad, waits+"Healthy=False/MatchedCondition Ready=False/MatchedCondition", skips)
	n.expectMessage("cart", "Ready", "resource fetch", "condition Stalled is True: no route")
	n.report(gitRepos, "cart", map[string]any{"conditions": nil, "phase": "Lost", "why": "in the woods"})
	expect(bad, waits+"Healthy=False/MatchedField Ready=False/MatchedField", skips)
	n.expectMessage("cart", "Ready", "resource fetch", ".status.phase is Lost: in the woods")
	n.plugin(1, "what is not ready does not heal by another run (fetch, broken)", "workload", "retry", "cart")
	n.report(gitRepos, "cart", map[string]any{"phase": "Done", "why": "found", "url": "u1"})
	expect("SupplyChainReady=True/Ready ResourcesSubmitted=False/ResolveTemplateOptionsError ResourcesHealthy=Unknown/HealthyConditionRule Ready=False/ResolveTemplateOptionsError",
		stepDone+"Healthy=True/MatchedField Ready=True/Ready", "ResourceSubmitted=True/PassThrough Ready=True/Ready")
	n.expectMessage("cart", "Ready", "broken", "spec.env[3].name", "index out of range")

	t.Log("without the broken step, and with a rule that can not decide")
	n.apply(replace(judged+judgedOwner, "RULE", "singleConditionType: Fine"))
	n.expect("cart", "SupplyChainReady=True/Ready ResourcesSubmitted=True/ResourceSubmissionComplete ResourcesHealthy=Unknown/HealthyConditionRule Ready=Unknown/HealthyConditionRule")

	t.Log("and without any rule, where outputs decide")
	n.report(gitRepos, "cart", map[string]any{"url": nil})
	n.apply(replace(judged+judgedOwner, "  healthRule: { RULE }\n", ""))
	n.expect("cart", unknown, "fetch: "+waits+"Healthy=Unknown/OutputNotAvailable Ready=Unknown/MissingValueAtPath", "skipped: "+skips)
}
