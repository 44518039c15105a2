package owner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/linttest"
)

// written is a supply chain with a selector, and one step by a templateRef.
func written(name, selector, ref string) string {
	return "---\napiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: " + name + "}\nspec:\n  selector: " + selector +
		"\n  resources:\n  - {name: fetch, templateRef: {kind: ClusterTemplate, " + ref + "}}\n"
}

// template reads a text.
func template(name, params, reads string) string {
	return "---\napiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: " + name + "}\nspec:\n  params: " + params +
		"\n  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: \"" + reads + "\"}}\n"
}

// cart is a Workload, the first of the files.
func cart(labels, spec string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata:\n  name: cart\n  labels: " + labels + "\nspec: " + spec + "\n"
}

func rule(t *testing.T, id string) *lint.Rule {
	t.Helper()
	i := slices.IndexFunc(Rules, func(r *lint.Rule) bool { return r.ID == id })
	if i < 0 {
		t.Fatal(id)
	}
	return Rules[i]
}

func TestSelected(t *testing.T) {
	t.Parallel()
	web, job := written("web", "{type: web}", "name: t"), written("job", "{type: job, size: big}", "name: t")
	options := written("web", "{type: web}", "options: [{name: a, selector: {matchLabels: {size: small}}}, {name: b, selector: {matchFields: [{key: spec.image, operator: Exists}]}}]")
	linttest.Try(t, rule(t, "OWN001"), []linttest.Case{
		{Reason: "it matches", Text: cart("{type: web}", "{}") + web},
		{Reason: "the nearest by what it lacks", Text: cart("{type: wep}", "{}") + web + job,
			Want: []string{"5 error no ClusterSupplyChain matches Workload/cart; the nearest is web, which needs label type=web"}},
		{Reason: "no blueprint is among the files", Text: cart("{type: web}", "{}") + template("t", "[]", "x")},
		{Reason: "only one for deliverables is", Text: cart("{type: web}", "{}") + strings.Replace(web, "ClusterSupplyChain", "ClusterDelivery", 1)},
		{Reason: "a tie is another fault", Text: cart("{type: web}", "{}") + web + written("b", "{type: web}", "name: t")},
		{Reason: "no option", Text: cart("{type: web}", "{}") + options, Want: []string{"5 error no option of step fetch of ClusterSupplyChain/web matches Workload/cart; the nearest is"}},
		{Reason: "an option that can not be evaluated", Text: cart("{type: web}", "{}") + written("web", "{type: web}", "options: [{name: a, selector: {matchFields: [{key: 'spec.env[0].name', operator: Exists}]}}, {name: b, selector: {matchLabels: {type: web}}}]"),
			Want: []string{"5 error the options of step fetch of ClusterSupplyChain/web can not be evaluated for Workload/cart"}},
	})
	linttest.Try(t, rule(t, "OWN002"), []linttest.Case{
		{Reason: "blueprints", Text: cart("{type: web}", "{}") + web + written("b", "{type: web}", "name: t"), Want: []string{"5 error Workload/cart matches ClusterSupplyChains equally well: web, b"}},
		{Reason: "the more specific one", Text: cart("{type: web, size: big}", "{}") + web + written("b", "{type: web, size: big}", "name: t")},
		{Reason: "options", Text: cart("{type: web, size: small}", "{image: 'a:1'}") + options, Want: []string{"5 error Workload/cart matches options of step fetch of ClusterSupplyChain/web equally well: a, b"}},
	})
	linttest.Try(t, rule(t, "OWN009"), []linttest.Case{
		{Reason: "the option that is chosen", Text: cart("{type: web, size: small}", "{}") + options, Want: []string{"4 info Workload/cart goes through ClusterSupplyChain/web: fetch by a"}},
	})
}

func TestMissing(t *testing.T) {
	t.Parallel()
	web := written("web", "{type: web}", "name: t")
	reads := func(text string) string { return web + template("t", "[]", text) }
	linttest.Try(t, missingField, []linttest.Case{
		{Reason: "there", Text: cart("{type: web}", "{image: a}") + reads("$(workload.spec.image)$")},
		{Reason: "null as a whole value is left out", Text: cart("{type: web}", "{}") + reads("$(workload.spec.image)$")},
		{Reason: "null in a text is a failure", Text: cart("{type: web}", "{}") + reads("a $(workload.spec.image)$"), Want: []string{"6 error Workload/cart lacks spec.image"}},
		{Reason: "a part of what is not set", Text: cart("{type: web}", "{}") + reads("$(workload.spec.source.git.url)$"), Want: []string{"6 error Workload/cart lacks spec.source.git.url, which the templates on its way read: $(workload.spec.source.git.url)$ leads to nothing"}},
		{Reason: "half of a git source is said elsewhere", Text: cart("{type: web}", "{source: {git: {url: a}}}") + reads("$(workload.spec.source.git.ref.branch)$")},
		{Reason: "but not the wrong half", Text: cart("{type: web}", "{source: {git: {url: a, ref: {tag: b}}}}") + reads("x $(workload.spec.source.git.ref.branch)$"), Want: []string{"6 error"}},
		{Reason: "a label", Text: cart("{type: web}", "{}") + reads(`$(workload.metadata.labels.team)$`), Want: []string{"5 error Workload/cart lacks metadata.labels.team"}},
		{Reason: "what the API server sets", Text: cart("{type: web}", "{}") + reads("$(workload.metadata.uid)$ $(workload.metadata.creationTimestamp)$ $(workload.status.x)$")},
		{Reason: "a field that there never is, is a fault of the template", Text: cart("{type: web}", "{}") + reads("$(workload.spec.sorce.git.url)$")},
		{Reason: "so is another kind", Text: cart("{type: web}", "{}") + reads("$(deliverable.spec.source.git.url)$")},
		{Reason: "an item by position", Text: cart("{type: web}", "{env: [{name: a}]}") + reads("$(workload.spec.env[1].name)$"), Want: []string{"6 error"}},
		{Reason: "an option that is not chosen", Text: cart("{type: web}", "{}") + written("web", "{type: web}", "options: [{name: t, selector: {matchLabels: {type: job}}}, {name: u, selector: {matchLabels: {type: web}}}]") + template("t", "[]", "x $(workload.spec.image)$") + template("u", "[]", "x")},
		{Reason: "a condition of ytt is not known", Text: cart("{type: web}", "{}") + web + "---\napiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: t}\nspec:\n  ytt: |\n    #@ load(\"@ytt:data\", \"data\")\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: x}\n    #@ if data.values.workload.metadata.name == \"other\":\n    data: {a: #@ data.values.workload.spec.image\n    }\n"},
		{Reason: "a param that nobody declares is said of the template", Text: cart("{type: web}", "{}") + reads("$(params.a)$")},
		{Reason: "unless another owner supplies it", Text: cart("{type: web}", "{}") + reads("$(params.a)$") + "---\n" + strings.Replace(cart("{type: web}", "{params: [{name: a, value: b}]}"), "name: cart", "name: shop", 1),
			Want: []string{"6 error Workload/cart lacks params.a"}},
		{Reason: "a part of its own param", Text: cart("{type: web}", "{params: [{name: a, value: {b: c}}]}") + web + template("t", "[{name: a, default: {x: z}}]", "$(params.a.x)$"), Want: []string{"6 error Workload/cart lacks params.a.x"}},
		{Reason: "a part of a default is a fault of others", Text: cart("{type: web}", "{}") + web + template("t", "[{name: a, default: {b: c}}]", "$(params.a.x)$")},
	})
	run := "---\napiVersion: carto.run/v1alpha1\nkind: ClusterRunTemplate\nmetadata: {name: r}\nspec:\n  template: {apiVersion: v1, kind: Pod, metadata: {generateName: x}, spec: {a: $(runnable.spec.inputs.url)$}}\n"
	runnable := func(name, inputs string) string {
		return "---\napiVersion: carto.run/v1alpha1\nkind: Runnable\nmetadata: {name: " + name + "}\nspec: {runTemplateRef: {name: r}, inputs: " + inputs + "}\n"
	}
	linttest.Try(t, missingField, []linttest.Case{
		{Reason: "no Runnable has the input: a fault of the template", Text: run + runnable("a", "{b: c}")},
		{Reason: "another one has it", Text: run + runnable("a", "{b: c}") + runnable("b", "{url: c}"), Want: []string{"11 error Runnable/a lacks spec.inputs.url"}},
	})
}

func TestFields(t *testing.T) {
	t.Parallel()
	spec := func(s string) string { return cart("{type: web}", s) }
	linttest.Try(t, rule(t, "OWN004"), []linttest.Case{
		{Reason: "of the build too", Text: spec("{build: {env: [{name: a}, {name: a}]}}"), Want: []string{`6 warning spec.build.env has the variable "a" twice`}},
		{Reason: "in different lists it is no fault", Text: spec("{env: [{name: a}], build: {env: [{name: a}]}}")},
	})
	web := written("web", "{type: web}", "name: t")
	linttest.Try(t, rule(t, "OWN005"), []linttest.Case{
		{Reason: "complete", Text: spec("{source: {git: {url: a, ref: {tag: b}}, subPath: c}}")},
		{Reason: "an image alone", Text: spec("{source: {image: a, subPath: c}}")},
		{Reason: "no ref", Text: spec("{source: {git: {url: a}}}"), Want: []string{"6 error the git source of Workload/cart names no branch, tag or commit"}},
		{Reason: "an empty ref is none", Text: spec("{source: {git: {url: a, ref: {branch: ''}}}}"), Want: []string{"6 error"}},
		{Reason: "no template reads it", Text: spec("{source: {git: {url: a}}}") + web + template("t", "[]", "$(workload.spec.source.git.url)$")},
		{Reason: "a template may read it", Text: spec("{source: {git: {url: a}}}") + web + template("t", "[]", "$(workload.spec.source)$"), Want: []string{"6 error"}},
		{Reason: "git and image", Text: spec("{source: {git: {url: a, ref: {tag: b}}, image: c}}"), Want: []string{"6 error Workload/cart has both a git source and an image with source"}},
		{Reason: "two images", Text: spec("{image: a, source: {image: c}}"), Want: []string{"6 error Workload/cart has both an image that is built and an image with source"}},
	})
	linttest.Try(t, rule(t, "OWN006"), []linttest.Case{
		{Reason: "a commit of a branch", Text: spec("{source: {git: {url: a, ref: {branch: b, commit: c}}}}"), Want: []string{"6 info"}},
		{Reason: "all three", Text: spec("{source: {git: {url: a, ref: {branch: b, tag: d, commit: c}}}}"), Want: []string{"6 warning the git source of Workload/cart names a branch and a tag and a commit"}},
	})
	linttest.Try(t, rule(t, "OWN007"), []linttest.Case{
		{Reason: "the port of a registry is no tag", Text: spec("{image: 'registry:5000/a'}"), Want: []string{"6 warning"}},
		{Reason: "a tag", Text: spec("{image: 'registry:5000/a:v1'}")},
		{Reason: "a digest beside latest", Text: spec("{image: 'a:latest@sha256:e3b0'}")},
		{Reason: "of the source too", Text: spec("{source: {image: 'a:latest'}}"), Want: []string{"6 warning"}},
	})
	linttest.Try(t, rule(t, "OWN008"), []linttest.Case{
		{Reason: "equal", Text: spec("{resources: {requests: {cpu: 1}, limits: {cpu: 1000m}}}")},
		{Reason: "above, in other units", Text: spec("{resources: {requests: {memory: 1Gi}, limits: {memory: 1023Mi}}}"), Want: []string{"6 error Workload/cart requests 1Gi of memory, which is above the limit of 1023Mi"}},
		{Reason: "no limit", Text: spec("{resources: {requests: {memory: 1Gi}, limits: {cpu: 1}}}")},
		{Reason: "unreadable", Text: spec("{resources: {limits: {cpu: 1 core}}}"), Want: []string{`6 error "1 core" is no quantity of cpu`}},
		{Reason: "a Workload of another group", Text: strings.Replace(spec("{resources: {limits: {cpu: 1 core}}}"), "carto.run", "example.com", 1)},
	})
}

// TestManyOwners: owners and blueprints by the hundreds are compared in little time.
func TestManyOwners(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for i := range 300 {
		label := fmt.Sprintf("{type: t%d}", i)
		all.WriteString(written(fmt.Sprintf("b%d", i), label, "name: t"))
		all.WriteString("---\n" + strings.Replace(cart(label, "{}"), "name: cart", fmt.Sprintf("name: w%d", i), 1))
	}
	all.WriteString(template("t", "[]", "x $(workload.spec.image)$"))
	if n := len(lint.Run(lint.ReadFiles(lint.Files(all.String())), []*lint.Rule{missingField}, lint.Options{}).Findings); n != 300 {
		t.Errorf("%d findings", n)
	}
}
