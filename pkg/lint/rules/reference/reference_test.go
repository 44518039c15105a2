package reference

import (
	"testing"

	"github.com/carto-run/carto/pkg/lint/linttest"
)

// What cases begin with.
const (
	chain = `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
`
	delivery = `apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: {name: staging}
spec:
  selector: {type: web}
  resources:
`
	runTemplate = `---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: run}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
`
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	linttest.Try(t, unknownTemplate, []linttest.Case{
		{Reason: "without any template of the blueprint, they are elsewhere", Text: chain + "  - {name: a, templateRef: {kind: ClusterTemplate, name: deploy}}\n" + runTemplate, Want: []string{`7 info step "a" names the ClusterTemplate "deploy", which is not there`}},
		{Reason: "a name that is nearly right", Text: chain + "  - {name: a, templateRef: {kind: ClusterTemplate, name: rnu}}\n" + runTemplate, Want: []string{"7 error"}},
		{Reason: "where the others are, it should be too", Text: chain + "  - {name: a, templateRef: {kind: ClusterTemplate, name: deploy}}\n  - {name: b, templateRef: {kind: ClusterTemplate, name: run}}\n" + runTemplate, Want: []string{"7 error"}},
		{Reason: "each option by itself, and no pass-through", Text: chain + `  - name: a
    templateRef:
      kind: ClusterSourceTemplate
      options:
      - {name: one, selector: {matchLabels: {a: b}}}
      - {name: two, selector: {matchLabels: {a: c}}}
      - {passThrough: x, selector: {matchLabels: {a: d}}}
` + runTemplate, Want: []string{`11 info step "a" names the ClusterSourceTemplate "one"`, `12 info step "a" names the ClusterSourceTemplate "two"`}},
		{Reason: "a template that can not be decoded is there", Text: chain + "  - {name: a, templateRef: {kind: ClusterTemplate, name: broken}}\n" + runTemplate + "---\napiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: broken}\nspec: {params: 1}\n"},
		{Reason: "what is no kind of templates is wrong by itself", Text: chain + "  - {name: a, templateRef: {kind: ClusterImagTemplate, name: run}}\n" + runTemplate},
		{Reason: "REF002 says that it exists under another kind", Text: chain + "  - {name: a, templateRef: {kind: ClusterSourceTemplate, name: run}}\n" + runTemplate},
	})
	linttest.Try(t, unusedTemplate, []linttest.Case{
		{Reason: "without a blueprint nothing can be said", Text: runTemplate},
		{Reason: "with one that can not be read neither", Text: chain + "  - 1\n" + runTemplate},
		{Reason: "nor when a file can not be read", Text: "-- a.yaml --\n" + chain + "  - {name: a, templateRef: {kind: ClusterTemplate, name: other}}\n" + runTemplate + "-- b.yaml --\n\ta\n"},
		{Reason: "the step that means it has a wrong name", Text: chain + "  - {name: a, templateRef: {kind: ClusterTemplate, name: rnu}}\n" + runTemplate},
		{Reason: "or a wrong kind", Text: chain + "  - {name: a, templateRef: {kind: ClusterSourceTemplate, name: run}}\n" + runTemplate},
		{Reason: "only deliveries have deployments", Text: chain + "  - {name: a, templateRef: {kind: ClusterTemplate, name: run}}\n" + runTemplate +
			"---\napiVersion: carto.run/v1alpha1\nkind: ClusterDeploymentTemplate\nmetadata: {name: d}\nspec: {template: {kind: A}}\n---\napiVersion: carto.run/v1alpha1\nkind: ClusterRunTemplate\nmetadata: {name: r}\nspec: {template: {kind: A}}\n"},
		{Reason: "a template of an option is used", Text: chain + "  - name: a\n    templateRef: {kind: ClusterTemplate, options: [{name: run, selector: {matchLabels: {a: b}}}]}\n" + runTemplate},
	})
}

func TestInputs(t *testing.T) {
	t.Parallel()
	const fetch = "  - {name: fetch, templateRef: {kind: ClusterSourceTemplate, name: git}}\n"
	linttest.Try(t, unknownInputStep, []linttest.Case{
		{Reason: "each at its place, in deliveries too", Text: delivery + fetch + `  - name: deploy
    templateRef: {kind: ClusterDeploymentTemplate, name: kapp}
    deployment:
      resource: fecth
    sources:
    - {name: a, resource: fetch}
    - name: b
      resource: other
`, Want: []string{`11 error deployment input`, `15 error source "b" input`}},
	})
	linttest.Try(t, wrongInputKind, []linttest.Case{
		{Reason: "a deployment hands on the source that it deployed", Text: delivery + fetch + `  - {name: deploy, templateRef: {kind: ClusterDeploymentTemplate, name: kapp}, deployment: {resource: fetch}}
  - {name: note, templateRef: {kind: ClusterTemplate, name: note}, sources: [{name: a, resource: deploy}]}
  - {name: next, templateRef: {kind: ClusterDeploymentTemplate, name: kapp}, deployment: {resource: deploy}}
`},
	})
	linttest.Try(t, duplicateInput, []linttest.Case{
		{Reason: "lists are apart", Text: chain + fetch + `  - {name: build, templateRef: {kind: ClusterImageTemplate, name: kpack}, sources: [{name: app, resource: fetch}]}
  - {name: run, templateRef: {kind: ClusterTemplate, name: run}, sources: [{name: app, resource: fetch}], images: [{name: app, resource: build}]}
`},
		{Reason: "a third one", Text: chain + fetch + `  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    sources:
    - {name: app, resource: fetch}
    - {name: app, resource: fetch}
    - {name: app, resource: fetch}
`, Want: []string{"12 error", "13 error"}},
	})
	linttest.Try(t, misplacedDeployment, []linttest.Case{
		{Reason: "where none belongs, and with configs", Text: delivery + fetch + `  - name: a
    templateRef: {kind: ClusterTemplate, name: a}
    deployment: {resource: fetch}
  - name: b
    templateRef: {kind: ClusterDeploymentTemplate, name: a}
    deployment: {resource: fetch}
    configs: [{name: c, resource: a}]
`, Want: []string{`10 error resource "a" has a deployment`, `14 error resource "b" has a ClusterDeploymentTemplate and configs`}},
	})
	linttest.Try(t, unknownPassThrough, []linttest.Case{
		{Reason: "kinds without an output have nothing to pass", Text: chain + fetch + `  - name: run
    sources: [{name: code, resource: fetch}]
    templateRef:
      kind: ClusterTemplate
      options:
      - {name: run, selector: {matchLabels: {a: b}}}
      - {passThrough: code, selector: {matchLabels: {a: c}}}
`, Want: []string{"14 error kind ClusterTemplate"}},
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	step := func(templateRef string) string {
		return chain + "  - name: a\n    templateRef:\n      kind: ClusterSourceTemplate\n" + templateRef
	}
	linttest.Try(t, templateOrOptions, []linttest.Case{
		{Reason: "neither", Text: step(""), Want: []string{"8 error neither name nor options is set"}},
		{Reason: "both", Text: step("      name: git\n      options: [{name: a, selector: {matchLabels: {a: b}}}]\n"), Want: []string{"8 error both name and options are set"}},
		{Reason: "options that say too much, too little, or the same", Text: step(`      options:
      - {name: a, passThrough: x, selector: {matchLabels: {a: b}}}
      - {selector: {matchLabels: {a: c}}}
      - {name: a, selector: {matchLabels: {a: d}}}
      - {passThrough: x, selector: {matchLabels: {a: e}}}
      - {passThrough: z, selector: {matchLabels: {a: f}}}
`), Want: []string{
			"11 error the option sets both", "12 error the option sets neither", `13 error two options use the template "a"`, "15 error two options pass an input through",
		}},
	})
}

func TestRunTemplates(t *testing.T) {
	t.Parallel()
	const (
		left   = "---\napiVersion: carto.run/v1alpha1\nkind: ClusterRunTemplate\nmetadata: {name: scan}\nspec: {template: {apiVersion: tekton.dev/v1, kind: TaskRun, metadata: {generateName: a-}, spec: {}}}\n"
		by     = "---\napiVersion: carto.run/v1alpha1\nkind: Runnable\nmetadata: {name: a, namespace: b}\nspec: {runTemplateRef: {name: test}}\n"
		stamps = "---\napiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n"
	)
	linttest.Try(t, unusedRunTemplate, []linttest.Case{
		{Reason: "nothing is known of who runs it", Text: left},
		{Reason: "it is left over", Text: left + by, Want: []string{"4 warning"}},
		{Reason: "the name of a Runnable only shows when it is stamped", Text: left + by + stamps + "  template: {apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {name: a}, spec: {runTemplateRef: {name: $(params.run)$}}}\n"},
		{Reason: "a body in ytt may be a Runnable", Text: left + by + stamps + "  ytt: |\n    apiVersion: carto.run/v1alpha1\n    kind: Runnable\n"},
		{Reason: "a body in ytt is one that runs it", Text: left + stamps + "  ytt: |\n    apiVersion: carto.run/v1alpha1\n    kind: Runnable\n    metadata: {name: a}\n    spec: {runTemplateRef: {name: scan}}\n"},
		{Reason: "a body in ytt runs another", Text: left + stamps + "  ytt: |\n    apiVersion: carto.run/v1alpha1\n    kind: Runnable\n    metadata: {name: a}\n    spec: {runTemplateRef: {name: other}}\n", Want: []string{"4 warning"}},
		{Reason: "or something else", Text: left + by + stamps + "  ytt: |\n    apiVersion: v1\n    kind: ConfigMap\n", Want: []string{"4 warning"}},
		{Reason: "a template stamps its Runnable", Text: left + stamps + "  template: {apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {name: a}, spec: {runTemplateRef: {name: scan}}}\n"},
	})
	linttest.Try(t, unknownStampedRunTemplate, []linttest.Case{
		{Reason: "a name with tags may be any", Text: left + stamps + "  template: {apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {name: a}, spec: {runTemplateRef: {name: $(params.run)$}}}\n"},
		{Reason: "a body in ytt", Text: left + stamps + "  ytt: |\n    #@ load('@ytt:data', 'data')\n    apiVersion: carto.run/v1alpha1\n    kind: Runnable\n    metadata:\n      name: #@ data.values.workload.metadata.name\n    spec:\n      runTemplateRef: {name: scna}\n", Want: []string{"18 error the Runnable that the template stamps names the ClusterRunTemplate \"scna\", which is not there"}},
		{Reason: "a name that code in ytt makes", Text: left + stamps + "  ytt: |\n    #@ load('@ytt:data', 'data')\n    apiVersion: carto.run/v1alpha1\n    kind: Runnable\n    metadata: {name: a}\n    spec:\n      runTemplateRef:\n        name: #@ data.values.workload.metadata.name\n"},
		{Reason: "a name that ytt has in one case", Text: left + stamps + "  ytt: |\n    #@ load('@ytt:data', 'data')\n    apiVersion: carto.run/v1alpha1\n    kind: Runnable\n    metadata: {name: a}\n    spec:\n      #@ if hasattr(data.values.workload.spec, 'image'):\n      runTemplateRef: {name: other}\n      #@ else:\n      runTemplateRef: {name: scan}\n      #@ end\n"},
		{Reason: "Runnables of others are not ours", Text: left + stamps + "  template: {apiVersion: example.com/v1, kind: Runnable, metadata: {name: a}, spec: {runTemplateRef: {name: other}}}\n"},
		{Reason: "without any run template, they are elsewhere", Text: stamps + "  template: {apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {name: a}, spec: {runTemplateRef: {name: other}}}\n", Want: []string{"6 info"}},
	})
}
