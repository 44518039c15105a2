package health

import (
	"testing"

	"github.com/carto-run/carto/pkg/lint/linttest"
)

// template is a ClusterTemplate with more in its spec, from line 5 on.
func template(more, body string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n" + more + "  template: " + body + "\n"
}

func of(apiVersion, kind string) string {
	return "{apiVersion: " + apiVersion + ", kind: " + kind + ", metadata: {name: a}}"
}

func TestConditions(t *testing.T) {
	t.Parallel()
	single := func(condition string) string { return "  healthRule: {singleConditionType: " + condition + "}\n" }
	linttest.Try(t, unknownCondition, []linttest.Case{
		{Reason: "a Job says Complete", Text: template(single("Completed"), of("batch/v1", "Job")), Want: []string{"5 warning Job never has a condition Completed"}},
		{Reason: "a TaskRun says Succeeded", Text: template(single("Ready"), of("tekton.dev/v1", "TaskRun")), Want: []string{"5 warning TaskRun never has"}},
		{Reason: "in all versions", Text: template(single("Completed"), of("kpack.io/v1alpha1", "Image")), Want: []string{"5 warning Image never has"}},
		{Reason: "others may have more than we know", Text: template(single("ImageScanned"), of("kpack.io/v1alpha2", "Image"))},
		{Reason: "the case of letters counts", Text: template(single("ready"), of("kpack.io/v1alpha2", "Image")), Want: []string{"5 warning"}},
		{Reason: "conditions of other controllers have a domain", Text: template(single("example.com/Scanned"), of("apps/v1", "Deployment"))},
		{Reason: "a kind without conditions", Text: template(single("Ready"), of("v1", "ConfigMap")), Want: []string{"5 warning ConfigMap never has"}},
		{Reason: "a kind of which nothing is known", Text: template(single("Ready"), of("a.example/v1", "A"))},
		{Reason: "Carto's own", Text: template(single("Succeeded"), of("carto.run/v1alpha1", "Runnable")), Want: []string{"5 warning Runnable never has"}},
		{Reason: "by a filter in a path", Text: template("  healthRule:\n    multiMatch:\n      healthy: {matchFields: [{key: 'status.conditions[?(@.type==\"Ready\")].status', operator: In, values: ['True']}]}\n      unhealthy: {matchConditions: [{type: Failed, status: 'True'}]}\n", of("batch/v1", "Job")), Want: []string{"7 warning Job never has a condition Ready"}},
		{Reason: "in a completion", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterDeploymentTemplate\nmetadata: {name: a}\nspec:\n  observedCompletion: {succeeded: {key: '.status.conditions[?(@.type==\"Succeeded\")].status', value: 'True'}}\n  template: " + of("kappctrl.k14s.io/v1alpha1", "App") + "\n", Want: []string{"5 warning App never has a condition Succeeded"}},
		{Reason: "both sides are looked at", Text: template("  healthRule:\n    multiMatch:\n      healthy: {matchConditions: [{type: Available, status: 'True'}]}\n      unhealthy: {matchConditions: [{type: Failed, status: 'True'}]}\n", of("apps/v1", "Deployment")), Want: []string{"8 warning Deployment never has a condition Failed"}},
	})
}

func TestSides(t *testing.T) {
	t.Parallel()
	rule := func(healthy, unhealthy string) string {
		return template("  healthRule:\n    multiMatch:\n      healthy: {"+healthy+"}\n      unhealthy: {"+unhealthy+"}\n", of("a.example/v1", "A"))
	}
	field := func(operator, values string) string {
		return "matchFields: [{key: status.phase, operator: " + operator + ", values: [" + values + "], messagePath: .a}]"
	}
	linttest.Try(t, bothSides, []linttest.Case{
		{Reason: "different conditions can hold at once, and the unhealthy one counts", Text: rule("matchConditions: [{type: A, status: 'True'}]", "matchConditions: [{type: B, status: 'True'}]")},
		{Reason: "the two states of one condition", Text: rule("matchConditions: [{type: A, status: 'True'}]", "matchConditions: [{type: A, status: 'False'}]")},
		{Reason: "the same condition", Text: rule("matchConditions: [{type: A, status: 'True'}]", "matchConditions: [{type: A, status: 'True'}]"), Want: []string{"8 warning condition A True"}},
		{Reason: "other values", Text: rule(field("In", "a"), field("In", "b"))},
		{Reason: "the same value", Text: rule(field("In", "a, b"), field("In", "b, c")), Want: []string{"8 warning status.phase makes the object unhealthy by the value b"}},
		{Reason: "anything else is unhealthy", Text: rule(field("In", "a"), field("NotIn", "a"))},
		{Reason: "one of the good ones is not excepted", Text: rule(field("In", "a, b"), field("NotIn", "a")), Want: []string{"8 warning status.phase makes the object unhealthy by the value b"}},
		{Reason: "there, but not failed: unhealthy is looked at first", Text: rule(field("Exists", ""), field("In", "Failed"))},
		{Reason: "not pending, but failed: the same", Text: rule(field("NotIn", "Pending"), field("In", "Failed"))},
		{Reason: "there on both sides", Text: rule(field("Exists", ""), field("Exists", "")), Want: []string{"8 warning"}},
		{Reason: "there, or not there", Text: rule(field("Exists", ""), field("DoesNotExist", ""))},
		{Reason: "two healthy requirements on the field, which exclude b", Text: rule("matchFields: [{key: status.phase, operator: In, values: [a, b]}, {key: status.phase, operator: NotIn, values: [b]}]", field("In", "b"))},
	})
}

func TestForms(t *testing.T) {
	t.Parallel()
	linttest.Try(t, oneForm, []linttest.Case{
		{Reason: "none", Text: template("  healthRule: {}\n", of("v1", "Pod")), Want: []string{"5 error the health rule has none of"}},
		{Reason: "no rule", Text: template("", of("v1", "Pod"))},
		{Reason: "an empty form is one", Text: template("  healthRule: {alwaysHealthy: {}}\n", of("v1", "Pod"))},
	})
	linttest.Try(t, uselessRetention, []linttest.Case{
		{Reason: "mutable is the default", Text: template("  retentionPolicy: {maxFailedRuns: 1, maxSuccessfulRuns: 1}\n", of("v1", "Pod")), Want: []string{"5 error"}},
		{Reason: "runs have it", Text: template("  lifecycle: tekton\n  retentionPolicy: {maxFailedRuns: 1, maxSuccessfulRuns: 1}\n", of("v1", "Pod"))},
	})
	linttest.Try(t, noRule, []linttest.Case{
		{Reason: "only data", Text: template("", of("v1", "ConfigMap"))},
		{Reason: "rights can not fail", Text: template("", of("rbac.authorization.k8s.io/v1", "RoleBinding"))},
		{Reason: "a Service is there at once", Text: template("", of("v1", "Service"))},
		{Reason: "pods can fail", Text: template("", of("apps/v1", "StatefulSet")), Want: []string{"5 warning"}},
		{Reason: "it may be only data", Text: template("", of("a.example/v1", "A")), Want: []string{"5 info"}},
		{Reason: "a CRD without status is only data", Text: template("", of("a.example/v1", "A")) + `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: as.a.example}
spec: {group: a.example, scope: Namespaced, names: {kind: A, plural: as}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object}}}}}]}
`},
		{Reason: "runs have LIF003", Text: template("  lifecycle: immutable\n", of("v1", "Pod"))},
		{Reason: "outputs make the step wait", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterImageTemplate\nmetadata: {name: a}\nspec:\n  imagePath: .status.a\n  template: " + of("v1", "Pod") + "\n"},
	})
}

func TestFields(t *testing.T) {
	t.Parallel()
	rule := func(key, message string) string {
		return template("  healthRule:\n    multiMatch:\n      healthy: {matchConditions: [{type: A, status: 'True'}]}\n      unhealthy:\n        matchFields:\n        - key: "+key+"\n          operator: Exists\n          messagePath: "+message+"\n", of("batch/v1", "Job"))
	}
	linttest.Try(t, unknownField, []linttest.Case{
		{Reason: "both paths", Text: rule("status.fail", ".status.why"), Want: []string{"10 error health is read at status.fail, which Job never has", "12 error health is read at .status.why"}},
		{Reason: "can not be parsed", Text: rule("'status['", ".status.failed"), Want: []string{"10 error invalid path"}},
		{Reason: "fits", Text: rule("status.failed", `'.status.conditions[?(@.type=="Failed")].message'`)},
		{Reason: "an empty key breaks the CRD, and the operator too", Text: rule("''", ".status.failed")},
	})
}

func TestOneForm(t *testing.T) {
	t.Parallel()
	rule := func(text string) string { return template("  healthRule: "+text+"\n", of("apps/v1", "Deployment")) }
	linttest.Try(t, oneForm, []linttest.Case{
		{Reason: "none", Text: rule("{}"), Want: []string{"5 error the health rule has none of"}},
		{Reason: "an empty one", Text: rule("{singleConditionType: ''}"), Want: []string{"5 error"}},
		{Reason: "a field like none of them, which may stand beside what was meant", Text: rule("{other: a}"), Want: []string{"5 error"}},
		{Reason: "a slip, of which SYN003 tells", Text: rule("{singleConditonType: Ready}")},
	})
}
