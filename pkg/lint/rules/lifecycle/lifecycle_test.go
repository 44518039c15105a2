package lifecycle

import (
	"testing"

	"github.com/carto-run/carto/pkg/lint/linttest"
)

// template is a ClusterTemplate with more in its spec, from line 5 on.
func template(more, body string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n" + more + "  template: " + body + "\n"
}

// inYtt is a ClusterTemplate in ytt.
func inYtt(more, metadata string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n" + more +
		"  ytt: |\n    #@ load('@ytt:data', 'data')\n    apiVersion: v1\n    kind: ConfigMap\n    metadata:\n\n      " + metadata + "\n"
}

func TestNames(t *testing.T) {
	t.Parallel()
	run := func(metadata, spec string) string {
		return "{apiVersion: tekton.dev/v1, kind: TaskRun, metadata: " + metadata + ", spec: " + spec + "}"
	}
	const tekton, changing = "  lifecycle: tekton\n", "{params: [{name: a, value: $(source.url)$}]}"
	linttest.Try(t, fixedName, []linttest.Case{
		{Reason: "the name changes with the input", Text: template(tekton, run("{name: a-$(source.revision)$}", changing))},
		{Reason: "a name and a beginning of one: the name counts", Text: template(tekton, run("{name: a, generateName: b-}", changing)), Want: []string{"6 error all objects that an owner gets by the template are called a,"}},
		{Reason: "nothing else changes, as long as the template does not", Text: template(tekton, run("{name: $(workload.metadata.name)$}", "{}")), Want: []string{"6 warning"}},
		{Reason: "mutable", Text: template("", run("{name: a}", changing))},
		{Reason: "runs of Runnables", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterRunTemplate\nmetadata: {name: a}\nspec:\n  template: " + run("{name: $(runnable.metadata.name)$}", "{params: [{name: a, value: $(runnable.spec.inputs.a)$}]}") + "\n", Want: []string{"5 error all runs of a Runnable"}},
	})
	const immutable, reads = "  lifecycle: immutable\n", "\n    data: {a: #@ data.values.source.url\n    }"
	linttest.Try(t, fixedName, []linttest.Case{
		{Reason: "a body in ytt, in plain words", Text: inYtt(immutable, "name: a"+reads), Want: []string{"12 error all objects that an owner gets by the template are called a,"}},
		{Reason: "nothing in it changes", Text: inYtt(immutable, "name: a"), Want: []string{"12 warning"}},
		{Reason: "by the name of the owner", Text: inYtt(immutable, "name: #@ data.values.workload.metadata.name + '-run'"+reads), Want: []string{"12 error all objects that an owner gets by the template are called data.values.workload.metadata.name + '-run',"}},
		{Reason: "by an input", Text: inYtt(immutable, "name: #@ 'a-' + data.values.source.revision")},
		{Reason: "by a function", Text: inYtt(immutable, "name: #@ str(data.values.workload.metadata.name)"+reads)},
		{Reason: "by a variable", Text: inYtt(immutable, "#@ name = data.values.source.revision\n      name: #@ name")},
		{Reason: "by code in the text", Text: inYtt(immutable, "name: a-(@= data.values.source.revision @)")},
		{Reason: "chosen by the API server", Text: inYtt(immutable, "generateName: a-"+reads)},
		{Reason: "chosen by it for some", Text: inYtt(immutable, "#@ if hasattr(data.values.params, 'a'):\n      name: a\n      #@ else:\n      generateName: a-\n      #@ end"+reads)},
		{Reason: "a name for each case", Text: inYtt(immutable, "#@ if data.values.source.url:\n      name: a\n      #@ else:\n      name: b\n      #@ end")},
		{Reason: "the name of something else", Text: inYtt(immutable, "generateName: a-\n    spec:\n      name: a"+reads)},
		{Reason: "mutable", Text: inYtt("", "name: a"+reads)},
	})
	linttest.Try(t, generatedName, []linttest.Case{
		{Reason: "a name is there too", Text: template("", run("{name: a, generateName: b-}", changing))},
		{Reason: "a body in ytt", Text: inYtt("", "generateName: #@ data.values.workload.metadata.name + '-'"), Want: []string{"11 error the template keeps one object up to date"}},
		{Reason: "which is made anew", Text: inYtt("  lifecycle: immutable\n", "generateName: a-")},
		{Reason: "which has a name", Text: inYtt("", "name: a")},
		{Reason: "runs of Runnables are never mutable", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterRunTemplate\nmetadata: {name: a}\nspec:\n  template: " + run("{generateName: a-}", changing) + "\n"},
	})
	linttest.Try(t, frozenSpec, []linttest.Case{
		{Reason: "nothing in the spec changes", Text: template("", run("{name: a}", "{taskRef: {name: $(workload.metadata.name)$}}"))},
		{Reason: "labels can be changed", Text: template("", run("{name: a, labels: {a: $(source.revision)$}}", "{}"))},
		{Reason: "each change makes another name", Text: template("", run("{name: a-$(source.revision)$}", changing))},
		{Reason: "the whole spec", Text: template("", "{apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: $(params.spec)$}"), Want: []string{"5 warning the spec of Job can not be changed"}},
		{Reason: "a CronJob can be changed", Text: template("", "{apiVersion: batch/v1, kind: CronJob, metadata: {name: a}, spec: $(params.spec)$}")},
	})
}

func TestJudging(t *testing.T) {
	t.Parallel()
	linttest.Try(t, noRun, []linttest.Case{
		{Reason: "a rule of its own", Text: template("  lifecycle: tekton\n  healthRule: {singleConditionType: Complete}\n", "{apiVersion: batch/v1, kind: Job, metadata: {generateName: a-}}")},
		{Reason: "a run", Text: template("  lifecycle: tekton\n", "{apiVersion: tekton.dev/v1beta1, kind: PipelineRun, metadata: {generateName: a-}}")},
		{Reason: "a kind of which nothing is known", Text: template("  lifecycle: tekton\n", "{apiVersion: a.example/v1, kind: A, metadata: {generateName: a-}}")},
		{Reason: "a kpack Image is Ready", Text: template("  lifecycle: tekton\n", "{apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {generateName: a-}}"), Want: []string{"5 warning"}},
	})
	linttest.Try(t, unjudged, []linttest.Case{
		{Reason: "said to be meant so", Text: template("  lifecycle: immutable\n  healthRule: {alwaysHealthy: {}}\n", "{apiVersion: v1, kind: Pod, metadata: {generateName: a-}}")},
		{Reason: "only data", Text: template("  lifecycle: immutable\n", "{apiVersion: v1, kind: ConfigMap, metadata: {generateName: a-}}")},
		{Reason: "tekton has a rule", Text: template("  lifecycle: tekton\n", "{apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: a-}}")},
	})
}
