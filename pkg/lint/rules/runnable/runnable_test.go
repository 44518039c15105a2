package runnable

import (
	"testing"

	"github.com/carto-run/carto/pkg/lint/linttest"
)

// run is a run template whose run has a param; the value stands on line 5.
func run(value string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: ClusterRunTemplate\nmetadata: {name: run}\nspec:\n  template: {apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: a-}, spec: {params: [{name: a, value: " + value + "}]}}\n---\n"
}

// object is a Runnable from line 7 on; its spec stands on line 10.
func object(spec string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: Runnable\nmetadata: {name: a, namespace: b}\nspec: {runTemplateRef: {name: run}" + spec + "}\n"
}

// stamping is a template that stamps a Runnable; its body stands on line 11.
func stamping(spec string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n  template: {apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {name: a}, spec: {runTemplateRef: {name: run}" + spec + "}}\n"
}

// stampingInYtt is the same with a body in ytt, whose spec begins on line 16.
func stampingInYtt(spec string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n  ytt: |\n    #@ load('@ytt:data', 'data')\n    apiVersion: carto.run/v1alpha1\n    kind: Runnable\n    metadata: {name: a}\n    spec:\n      runTemplateRef: {name: run}\n      " + spec + "\n"
}

// TestInYtt: Runnables that ytt bodies stamp are known as far as that is certain.
func TestInYtt(t *testing.T) {
	t.Parallel()
	const url, more = "$(runnable.spec.inputs.url)$", "inputs:\n        url: #@ data.values.source.url\n        branch: a"
	const maybe = "inputs:\n        #@ if hasattr(data.values.workload.spec, 'image'):\n        url: a\n        #@ end\n        branch: a"
	linttest.Try(t, missingInput, []linttest.Case{
		{Reason: "given by code", Text: run(url) + stampingInYtt(more)},
		{Reason: "not given", Text: run(url) + stampingInYtt("inputs: {uri: a}"), Want: []string{"5 error the run template reads the input url, which the Runnable that ClusterTemplate/a stamps does not give"}},
		{Reason: "no inputs at all", Text: run(url) + stampingInYtt("serviceAccountName: a"), Want: []string{"5 error"}},
		{Reason: "given by code as a whole", Text: run(url) + stampingInYtt("inputs: #@ data.values.params.inputs")},
		{Reason: "given in some cases", Text: run(url) + stampingInYtt(maybe)},
		{Reason: "one of two does not give it", Text: run(url) + object(", inputs: {url: a}") + "---\n" + stampingInYtt("inputs: {uri: a}"), Want: []string{"23 error the Runnable that ClusterTemplate/a stamps does not give the input url"}},
	})
	linttest.Try(t, unreadInput, []linttest.Case{
		{Reason: "one is not read", Text: run(url) + stampingInYtt(more), Want: []string{"20 warning the run template run never reads the input branch"}},
		{Reason: "only certain inputs are looked at", Text: run(url) + stampingInYtt(maybe)},
	})
	linttest.Try(t, selector, []linttest.Case{
		{Reason: "read and not selected", Text: run("$(selected.data.a)$") + stampingInYtt("inputs: {}"), Want: []string{"17 error"}},
		{Reason: "read and selected in some cases", Text: run("$(selected.data.a)$") + stampingInYtt("#@ if hasattr(data.values.workload.spec, 'image'):\n      selector: {resource: {apiVersion: v1, kind: ConfigMap}, matchingLabels: {a: b}}\n      #@ end")},
	})
}

func TestInputs(t *testing.T) {
	t.Parallel()
	const url = "$(runnable.spec.inputs.url)$"
	linttest.Try(t, missingInput, []linttest.Case{
		{Reason: "nobody is known who uses it", Text: run(url)},
		{Reason: "none gives it", Text: run(url) + object(""), Want: []string{"5 error the run template reads the input url, which Runnable/a does not give"}},
		{Reason: "given by a tag", Text: run(url) + stamping(", inputs: {url: $(source.url)$}")},
		{Reason: "what is given only shows when it is stamped", Text: run(url) + stamping(", inputs: $(params.inputs)$")},
		{Reason: "one of two does not give it", Text: run(url) + object(", inputs: {url: a}") + "---\n" + stamping(", inputs: {uri: a}"), Want: []string{"16 error the Runnable that ClusterTemplate/a stamps does not give the input url"}},
		{Reason: "null is a value", Text: run(url) + object(", inputs: {url: null}")},
		{Reason: "its name comes from a tag", Text: run(url) + "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n  template: {apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {name: a}, spec: {runTemplateRef: {name: $(params.run)$}}}\n"},
	})
	linttest.Try(t, unreadInput, []linttest.Case{
		{Reason: "all are read at once", Text: run("$(runnable.spec.inputs)$") + object(", inputs: {url: a}")},
		{Reason: "the whole spec is", Text: run("$(runnable.spec)$") + object(", inputs: {url: a}")},
		{Reason: "a part of it is", Text: run("$(runnable.spec.inputs.url.host)$") + object(", inputs: {url: {host: a}}")},
		{Reason: "each is looked for", Text: run(url) + object(", inputs: {url: a, branch: b, tag: c}"), Want: []string{"10 warning the run template run never reads the input branch", "10 warning the run template run never reads the input tag"}},
		{Reason: "its name is wrong, of which RUN002 speaks", Text: run(url) + object(", inputs: {uri: a}")},
		{Reason: "the run template is not there", Text: object(", inputs: {url: a}")},
		{Reason: "a key with a tag is never read", Text: run("a") + object(", inputs: {url: a}"), Want: []string{"10 warning"}},
	})
}

func TestSelector(t *testing.T) {
	t.Parallel()
	const selects = ", selector: {resource: {apiVersion: v1, kind: ConfigMap}, matchingLabels: {a: b}}"
	linttest.Try(t, selector, []linttest.Case{
		{Reason: "read and selected", Text: run("$(selected.data.a)$") + object(selects)},
		{Reason: "selected, which makes it wait, but not read", Text: run("a") + stamping(selects), Want: []string{"11 warning"}},
		{Reason: "read and not selected", Text: run("$(selected.data.a)$") + stamping(""), Want: []string{"11 error"}},
		{Reason: "neither", Text: run("a") + object("")},
	})
	linttest.Try(t, noOutputs, []linttest.Case{
		{Reason: "a kind of which nothing is known", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterRunTemplate\nmetadata: {name: a}\nspec:\n  outputs: {a: .status.a}\n  template: {apiVersion: a.example/v1, kind: A, metadata: {generateName: a-}, spec: {}}\n"},
		{Reason: "no outputs", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterRunTemplate\nmetadata: {name: a}\nspec:\n  template: {apiVersion: batch/v1, kind: Job, metadata: {generateName: a-}, spec: {}}\n"},
	})
}
