package graph

import (
	"testing"

	"github.com/carto-run/carto/pkg/lint"
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
	fetch = "  - {name: fetch, templateRef: {kind: ClusterSourceTemplate, name: git}}\n"
)

// template is a ClusterTemplate with a body.
func template(name, body string) string {
	return "---\napiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: " + name + "}\nspec:\n  template: " + body + "\n"
}

// source is a ClusterSourceTemplate with a body.
func source(name, urlPath, body string) string {
	return "---\napiVersion: carto.run/v1alpha1\nkind: ClusterSourceTemplate\nmetadata: {name: " + name + "}\nspec:\n  urlPath: " + urlPath + "\n  revisionPath: .a\n  template: " + body + "\n"
}

const object = "{apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$}}"

func TestOrder(t *testing.T) {
	t.Parallel()
	const later = `  - {name: run, templateRef: {kind: ClusterTemplate, name: run}, sources: [{name: a, resource: build}, {name: b, resource: test}]}
  - {name: build, templateRef: {kind: ClusterSourceTemplate, name: b}}
  - {name: test, templateRef: {kind: ClusterSourceTemplate, name: t}}
`
	linttest.Try(t, laterInput, []linttest.Case{
		{Reason: "Carto orders the steps itself", Text: chain + later},
		{Reason: "Cartographer does not: each input by itself", Text: chain + later, Options: lint.Options{TargetVersion: "0.7"},
			Want: []string{`7 error step "run" reads from "build"`, `7 error step "run" reads from "test"`}},
		{Reason: "in a cycle no order helps", Text: chain + "  - {name: a, templateRef: {kind: ClusterSourceTemplate, name: t}, sources: [{name: b, resource: b}]}\n  - {name: b, templateRef: {kind: ClusterSourceTemplate, name: t}, sources: [{name: a, resource: a}]}\n",
			Options: lint.Options{TargetVersion: "0.7"}},
	})
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	linttest.Try(t, unreadOutput, []linttest.Case{
		{Reason: "the name of the input is wrong, which is the cause", Text: chain + fetch + "  - {name: run, templateRef: {kind: ClusterTemplate, name: run}, sources: [{name: a, resource: fecth}]}\n"},
		{Reason: "an input of the wrong kind reads all the same", Text: chain + fetch + "  - {name: run, templateRef: {kind: ClusterTemplate, name: run}, images: [{name: a, resource: fetch}]}\n"},
		{Reason: "without any effect GRF004 speaks", Text: chain + fetch},
		{Reason: "a deployment is an effect", Text: `apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: {name: staging}
spec:
  selector: {type: web}
  resources:
` + fetch + "  - {name: deploy, templateRef: {kind: ClusterDeploymentTemplate, name: kapp}, deployment: {resource: fetch}}\n"},
	})
	linttest.Try(t, noEffect, []linttest.Case{
		{Reason: "no steps at all", Text: chain[:len(chain)-1] + " []\n", Want: []string{"3 info the blueprint has no steps"}},
		{Reason: "a kind that is not known may have an effect", Text: chain + "  - {name: a, templateRef: {kind: ClusterTemplat, name: a}}\n"},
	})
}

func TestNever(t *testing.T) {
	t.Parallel()
	run := func(input string) string {
		return "  - {name: run, templateRef: {kind: ClusterTemplate, name: run}, sources: [{name: code, resource: " + input + "}]}\n"
	}
	reading := func(tag string) string {
		return template("run", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: "+tag+"}}")
	}
	broken := source("git", ".a[", object)
	linttest.Try(t, neverStamped, []linttest.Case{
		{Reason: "by the name of the input", Text: chain + fetch + run("fetch") + reading("$(sources.code.url)$") + broken, Want: []string{`8 warning step "run" can never be stamped: it waits for "fetch"`}},
		{Reason: "the template does not read the input", Text: chain + fetch + run("fetch") + reading("b") + broken},
		{Reason: "nobody knows whether it does", Text: chain + fetch + run("fetch") + broken},
		{Reason: "the alias means nothing with two inputs, which is another fault", Text: chain + fetch + "  - {name: run, templateRef: {kind: ClusterTemplate, name: run}, sources: [{name: code, resource: fetch}, {name: b, resource: fetch}]}\n" + reading("$(source.url)$") + broken},
		{Reason: "the step itself reads from nowhere, which REF003 says", Text: chain + run("ghost") + reading("$(source.url)$")},
		{Reason: "through a step that waits, and one that passes on", Text: chain + fetch + `  - name: test
    sources: [{name: code, resource: fetch}]
    templateRef:
      kind: ClusterSourceTemplate
      options:
      - {passThrough: code, selector: {matchLabels: {a: b}}}
      - {name: test, selector: {matchExpressions: [{key: a, operator: DoesNotExist}]}}
` + run("test") + reading("$(source.url)$") + broken + source("test", ".a", "{apiVersion: v1, kind: ConfigMap, metadata: {name: t}, data: {a: $(source.url)$}}"),
			Want: []string{`9 warning step "test"`, `15 warning step "run"`}},
		{Reason: "one option can give an output", Text: chain + fetch + `  - name: test
    sources: [{name: code, resource: fetch}]
    templateRef:
      kind: ClusterSourceTemplate
      options:
      - {passThrough: code, selector: {matchLabels: {a: b}}}
      - {name: test, selector: {matchExpressions: [{key: a, operator: DoesNotExist}]}}
` + run("test") + reading("$(source.url)$") + broken + source("test", ".a", object)},
		{Reason: "no option can match", Text: chain + `  - name: fetch
    templateRef:
      kind: ClusterSourceTemplate
      options:
      - {name: git, selector: {matchLabels: {type: api}}}
      - {name: git2, selector: {matchExpressions: [{key: type, operator: DoesNotExist}]}}
` + run("fetch") + reading("$(source.url)$"), Want: []string{`13 warning step "run"`}},
		{Reason: "behind a cycle", Text: chain + "  - {name: a, templateRef: {kind: ClusterSourceTemplate, name: t}, sources: [{name: a, resource: a}]}\n" + run("a") + reading("$(source.url)$"), Want: []string{`8 warning step "run"`}},
	})
}

func TestSameObject(t *testing.T) {
	t.Parallel()
	const two = "  - {name: a, templateRef: {kind: ClusterTemplate, name: a}}\n  - {name: b, templateRef: {kind: ClusterTemplate, name: b}}\n"
	named := func(name string) string { return "{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + "}}" }
	linttest.Try(t, sameObject, []linttest.Case{
		{Reason: "one name in two ways", Text: chain + two + template("a", named("$(workload.metadata.name)$-x")) + template("b", named("$(.deliverable.metadata.name)$-x")), Want: []string{"8 error"}},
		{Reason: "one template in two steps", Text: chain + "  - {name: a, templateRef: {kind: ClusterTemplate, name: a}}\n  - {name: b, templateRef: {kind: ClusterTemplate, name: a}}\n" + template("a", object), Want: []string{"8 error"}},
		{Reason: "the version does not part objects, the group does", Text: chain + two + template("a", "{apiVersion: a/v1, kind: X, metadata: {name: nm}}") + template("b", "{apiVersion: a/v2, kind: X, metadata: {name: nm}}"), Want: []string{"8 error"}},
		{Reason: "another group", Text: chain + two + template("a", "{apiVersion: a/v1, kind: X, metadata: {name: nm}}") + template("b", "{apiVersion: b/v1, kind: X, metadata: {name: nm}}")},
		{Reason: "runs have names of their own", Text: chain + two + template("a", "{apiVersion: a/v1, kind: X, metadata: {generateName: n}}") + template("b", "{apiVersion: a/v1, kind: X, metadata: {generateName: n}}")},
		{Reason: "inputs differ", Text: chain + two + template("a", named("$(source.revision)$")) + template("b", named("$(source.revision)$"))},
		{Reason: "a param of the step makes the names differ", Text: chain + "  - {name: a, templateRef: {kind: ClusterTemplate, name: a}, params: [{name: n, value: x}]}\n  - {name: b, templateRef: {kind: ClusterTemplate, name: a}, params: [{name: n, value: z}]}\n" + template("a", named("$(params.n)$"))},
		{Reason: "a param that all share does not", Text: chain + two + template("a", named("$(params.n)$")) + template("b", named("$(params.n)$")), Want: []string{"8 error"}},
		{Reason: "options of one step exclude each other", Text: chain + `  - name: a
    templateRef:
      kind: ClusterTemplate
      options:
      - {name: a, selector: {matchLabels: {x: b}}}
      - {name: b, selector: {matchLabels: {x: c}}}
` + template("a", object) + template("b", object)},
		{Reason: "options of two steps that exclude each other", Text: chain + `  - name: a
    templateRef: {kind: ClusterTemplate, options: [{name: a, selector: {matchLabels: {x: b}}}, {name: c, selector: {matchLabels: {x: c}}}]}
  - name: b
    templateRef: {kind: ClusterTemplate, options: [{name: d, selector: {matchLabels: {x: b}}}, {name: b, selector: {matchLabels: {x: c}}}]}
` + template("a", object) + template("b", object)},
		{Reason: "options of two steps that fit together", Text: chain + `  - name: a
    templateRef: {kind: ClusterTemplate, options: [{name: a, selector: {matchLabels: {x: b}}}, {name: c, selector: {matchLabels: {x: c}}}]}
  - name: b
    templateRef: {kind: ClusterTemplate, options: [{name: d, selector: {matchLabels: {x: c}}}, {name: b, selector: {matchLabels: {x: b}}}]}
` + template("a", object) + template("b", object), Want: []string{"10 error"}},
	})
}

func TestAcross(t *testing.T) {
	t.Parallel()
	const (
		staging = `---
apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: {name: staging}
spec:
  selector: {target: staging}
  resources:
  - {name: a, templateRef: {kind: ClusterTemplate, name: ops}}
`
		one      = chain + "  - {name: a, templateRef: {kind: ClusterTemplate, name: app}}\n"
		workload = "---\napiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: cart, namespace: shop, labels: {type: web}}\nspec: {}\n"
	)
	deliverable := func(name, namespace, target string) string {
		return "---\napiVersion: carto.run/v1alpha1\nkind: Deliverable\nmetadata: {name: " + name + ", namespace: " + namespace + ", labels: {target: " + target + "}}\nspec: {}\n"
	}
	both := one + staging + template("app", object) + template("ops", "{apiVersion: v1, kind: ConfigMap, metadata: {name: $(deliverable.metadata.name)$}}")
	linttest.Try(t, sameObjectAcross, []linttest.Case{
		{Reason: "nobody knows where the owners live", Text: both},
		{Reason: "two owners of one name in one namespace", Text: both + workload + deliverable("cart", "shop", "staging"), Want: []string{"27 warning"}},
		{Reason: "another namespace", Text: both + workload + deliverable("cart", "prod", "staging")},
		{Reason: "another name", Text: both + workload + deliverable("cart-ops", "shop", "staging")},
		{Reason: "another delivery takes it", Text: both + workload + deliverable("cart", "shop", "prod")},
		{Reason: "the Deliverable that the supply chain stamps has another name", Text: chain + "  - {name: a, templateRef: {kind: ClusterTemplate, name: app}}\n  - {name: d, templateRef: {kind: ClusterTemplate, name: d}}\n" + staging + template("app", object) + template("ops", object) +
			template("d", "{apiVersion: carto.run/v1alpha1, kind: Deliverable, metadata: {name: $(workload.metadata.name)$-x, labels: {target: staging}}}")},
		{Reason: "or makes the names equal", Text: chain + "  - {name: a, templateRef: {kind: ClusterTemplate, name: app}}\n  - {name: d, templateRef: {kind: ClusterTemplate, name: d}}\n" + staging +
			template("app", "{apiVersion: v1, kind: ConfigMap, metadata: {name: $(workload.metadata.name)$-x-y}}") + template("ops", "{apiVersion: v1, kind: ConfigMap, metadata: {name: $(deliverable.metadata.name)$-y}}") +
			template("d", "{apiVersion: carto.run/v1alpha1, kind: Deliverable, metadata: {name: $(workload.metadata.name)$-x, labels: {target: staging}}}"), Want: []string{"28 warning"}},
	})
}
