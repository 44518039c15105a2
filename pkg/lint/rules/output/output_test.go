package output

import (
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint/linttest"
)

// source is a ClusterSourceTemplate. Its url stands on line 5, its revision on line 6.
func source(url, revision, more, body string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: ClusterSourceTemplate\nmetadata: {name: a}\nspec:\n  urlPath: " + url + "\n  revisionPath: " + revision + "\n" + more + "  template: " + body + "\n"
}

const (
	runnable = "{apiVersion: carto.run/v1alpha1, kind: Runnable, metadata: {name: a}, spec: {runTemplateRef: {name: b}, inputs: {url: $(params.url)$}}}"
	flux     = "{apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepository, metadata: {name: a}, spec: {url: https://git.example, ref: $(params.ref)$}}"
)

func TestPaths(t *testing.T) {
	t.Parallel()
	linttest.Try(t, invalidPath, []linttest.Case{
		{Reason: "each of them", Text: source(".a[", "'{.a}{.b}'", "", runnable), Want: []string{"5 error", "6 error"}},
		{Reason: "a missing path is a missing field", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterImageTemplate\nmetadata: {name: a}\nspec: {template: " + runnable + "}\n"},
		{Reason: "braces and a bare name", Text: source("'{.status.url}'", "status.revision", "", runnable)},
	})
	linttest.Try(t, impossiblePath, []linttest.Case{
		{Reason: "metadata is always there", Text: source(".metadata.name", ".metadata.labels.a", "", runnable)},
		{Reason: "of other kinds nothing is known", Text: source(".status.artefact.url", ".status", "", flux)},
		{Reason: "the usual filter", Text: source(`.status.conditions[?(@.type=="Ready")].message`, ".status.outputs.a", "", runnable)},
		{Reason: "a filter on what is not there", Text: source(`.status.conditions[?(@.typ=="Ready")].message`, ".status.outputs.a", "", runnable), Want: []string{"5 error the output url is read at"}},
		{Reason: "the kind comes from a tag", Text: source(".status.a", ".status.b", "", "{apiVersion: carto.run/v1alpha1, kind: $(params.kind)$, metadata: {name: a}}")},
		{Reason: "a key with dots in a map", Text: source(`.data.a\.b`, ".data['c']", "", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}")},
		{Reason: "a text that the API server never gives back", Text: source(".stringData.url", ".data.revision", "", "{apiVersion: v1, kind: Secret, metadata: {name: a}}"), Want: []string{"5 error the output url is read at .stringData.url, but"}},
		{Reason: "in ytt too", Text: strings.Replace(source(".statu.url", ".status.outputs.a", "", ""), "  template: \n", "  ytt: |\n    apiVersion: carto.run/v1alpha1\n    kind: Runnable\n    metadata: {name: a}\n", 1), Want: []string{"5 error the output url is read at .statu.url, which Runnable never has: the object has no field statu"}},
		{Reason: "the outputs of a run template", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterRunTemplate\nmetadata: {name: a}\nspec:\n  outputs:\n    url: .status.result\n  template: {apiVersion: batch/v1, kind: Job, metadata: {generateName: a-}, spec: {}}\n", Want: []string{"6 error the output url is read at .status.result"}},
	})
	linttest.Try(t, severalValues, []linttest.Case{
		{Reason: "of any kind", Text: source(".status.urls[*]", ".status.revisions[0]", "", flux), Want: []string{"5 error"}},
		{Reason: "a filter finds one", Text: source(`.status.urls[?(@.name=="a")].url`, ".status.urls[0:1]", "", flux)},
		{Reason: "at any depth", Text: source("..url", ".status.revision", "", flux), Want: []string{"5 error"}},
		{Reason: "what can not be has no values", Text: source(".statuses[*].url", ".status.revision", "", runnable)},
	})
}

func TestOwn(t *testing.T) {
	t.Parallel()
	const config = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {url: $(params.url)$, revision: b}}"
	linttest.Try(t, ownPath, []linttest.Case{
		{Reason: "data has no controller", Text: source(".data.url", ".data.revision", "", config)},
		{Reason: "runs are handed on when they are healthy", Text: source(".spec.inputs.url", ".spec.inputs.url", "  lifecycle: immutable\n", runnable)},
		{Reason: "the other output waits", Text: source(".spec.inputs.url", ".status.outputs.revision", "", runnable)},
		{Reason: "both", Text: source(".spec.inputs.url", ".spec.inputs.url", "", runnable), Want: []string{"5 warning", "6 warning"}},
		{Reason: "the API server, or a controller, writes it", Text: source(".spec.serviceAccountName", ".spec.inputs.other", "", runnable)},
		{Reason: "it may be only data", Text: source(".spec.url", ".spec.url", "", "{apiVersion: a.example/v1, kind: A, metadata: {name: a}, spec: {url: b}}"), Want: []string{"5 info", "6 info"}},
	})
	linttest.Try(t, twoPlaces, []linttest.Case{
		{Reason: "the url never changes", Text: source(".spec.url", ".status.artifact.revision", "", flux)},
		{Reason: "the revision is ahead", Text: source(".status.artifact.url", ".spec.ref.branch", "", flux), Want: []string{"6 warning"}},
		{Reason: "different parts of the status", Text: source(".status.url", ".status.artifact.revision", "", flux)},
		{Reason: "runs never change", Text: source(".spec.inputs.url", ".status.outputs.revision", "  lifecycle: tekton\n", runnable)},
	})
}

func TestStructured(t *testing.T) {
	t.Parallel()
	chain := func(kind, path, inputs, read string) string {
		return strings.NewReplacer("KIND", kind, "PATH", path, "INPUTS", inputs, "READ", read).Replace(`apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: a}
spec:
  selector: {a: b}
  resources:
  - {name: one, templateRef: {kind: KIND, name: one}}
  - {name: two, templateRef: {kind: ClusterTemplate, name: two}, INPUTS: [{name: in, resource: one}]}
---
apiVersion: carto.run/v1alpha1
kind: KIND
metadata: {name: one}
spec:
  PATH
  template: {apiVersion: v1, kind: Pod, metadata: {name: a}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: two}
spec:
  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: READ}}
`)
	}
	linttest.Try(t, structuredInText, []linttest.Case{
		{Reason: "a tag alone keeps the type", Text: chain("ClusterConfigTemplate", "configPath: .spec", "configs", "$(config)$")},
		{Reason: "JSON in a text can be meant", Text: chain("ClusterConfigTemplate", "configPath: .spec", "configs", "a $(config)$"), Want: []string{"21 info $(config)$ is an object"}},
		{Reason: "by the name of the input", Text: chain("ClusterConfigTemplate", "configPath: .spec", "configs", "a $(configs.in.config)$"), Want: []string{"21 info"}},
		{Reason: "a part of it", Text: chain("ClusterConfigTemplate", "configPath: .spec", "configs", "a $(config.nodeName)$")},
		{Reason: "a text", Text: chain("ClusterImageTemplate", "imagePath: .spec.nodeName", "images", "a $(image)$")},
		{Reason: "the url of a source", Text: chain("ClusterSourceTemplate", "urlPath: .spec\n  revisionPath: .status.phase", "sources", "a $(source.url)$ $(source.revision)$"), Want: []string{"22 warning $(source.url)$ is an object"}},
		{Reason: "another input", Text: chain("ClusterImageTemplate", "imagePath: .spec.containers", "images", "a $(images.other.image)$")},
		{Reason: "an image that is a list", Text: chain("ClusterImageTemplate", "imagePath: .spec.containers", "images", "a $(image)$"), Want: []string{"21 warning $(image)$ is a list"}},
	})
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	deployment := func(rule, body string) string {
		return "apiVersion: carto.run/v1alpha1\nkind: ClusterDeploymentTemplate\nmetadata: {name: a}\nspec:\n  " + rule + "\n  template: " + body + "\n"
	}
	linttest.Try(t, completionPath, []linttest.Case{
		{Reason: "a kind that does not tell which generation its status is of", Text: deployment(`observedCompletion: {succeeded: {key: '.status.conditions[?(@.type=="Complete")].status', value: "True"}}`, "{apiVersion: batch/v1, kind: Job, metadata: {name: a}}"),
			Want: []string{"5 error observedCompletion needs status.observedGeneration, which Job does not have"}},
		{Reason: "one that does", Text: deployment(`observedCompletion: {succeeded: {key: '.status.conditions[?(@.type=="Available")].status', value: "True"}}`, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}")},
		{Reason: "one of which nothing is known", Text: deployment(`observedCompletion: {succeeded: {key: .status.phase, value: "True"}}`, "{apiVersion: a.example/v1, kind: A, metadata: {name: a}}")},
		{Reason: "can not be parsed", Text: deployment(`observedMatches: [{input: ".a[", output: .b}]`, "{apiVersion: a.example/v1, kind: A, metadata: {name: a}}"), Want: []string{"5 error"}},
	})
}
