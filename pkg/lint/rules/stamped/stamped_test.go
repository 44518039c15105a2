package stamped

import (
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/linttest"
)

// template is a ClusterTemplate whose body stands on line 5.
func template(body string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n  template: " + body + "\n"
}

func of(apiVersion, kind, more string) string {
	return template("{apiVersion: " + apiVersion + ", kind: " + kind + ", metadata: {name: a}" + more + "}")
}

// crd defines kind Widget of group a.example.
const crd = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.a.example}
spec:
  group: a.example
  scope: Cluster
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    deprecated: true
    schema: {openAPIV3Schema: {type: object, required: [spec], properties: {spec: {type: object, required: [size], properties: {size: {type: integer, enum: [1, 2]}, name: {type: string, pattern: '^[a-z]+$'}}}}}}
`

// chain uses the template, with params.
func chain(params string) string {
	return "---\napiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: a}\nspec: {selector: {a: b}, params: " + params + ", resources: [{name: a, templateRef: {kind: ClusterTemplate, name: a}}]}\n"
}

func TestKinds(t *testing.T) {
	t.Parallel()
	linttest.Try(t, unknownKind, []linttest.Case{
		{Reason: "the case of letters", Text: of("apps/v1", "deployment", ""), Want: []string{"5 error there is no kind deployment in apps/v1"}},
		{Reason: "another version", Text: of("apps/v2", "Deployment", ""), Want: []string{"5 error there is no Deployment in apps/v2"}},
		{Reason: "a group without a dot is of Kubernetes, or none", Text: of("app/v1", "Deployment", ""), Want: []string{"5 error there is no group app"}},
		{Reason: "a group that is almost one of Kubernetes", Text: of("rbac.authorisation.k8s.io/v1", "Role", ""), Want: []string{"5 error there is no group rbac.authorisation.k8s.io"}},
		{Reason: "groups of others", Text: of("snapshot.storage.k8s.io/v1", "VolumeSnapshot", "")},
		{Reason: "a version that is gone is old", Text: of("autoscaling/v2beta2", "HorizontalPodAutoscaler", "")},
		{Reason: "a CRD of the group is not all of them", Text: of("a.example/v1", "Gadget", "") + crd},
		{Reason: "a letter is missing", Text: of("a.example/v1", "Wdget", "") + crd, Want: []string{"5 error there is no kind Wdget in a.example"}},
		{Reason: "a version that the CRD does not serve", Text: of("a.example/v2", "Widget", "") + crd, Want: []string{"5 error there is no Widget in a.example/v2"}},
		{Reason: "Carto's own", Text: of("carto.run/v1alpha1", "Runable", ""), Want: []string{"5 error there is no kind Runable in carto.run/v1alpha1"}},
		{Reason: "lists are for TPL021", Text: of("v1", "List", "")},
		{Reason: "by a tag", Text: of("v1", "$(params.kind)$", "")},
		{Reason: "a cluster that is newer than we are", Text: of("apps/v2", "Deployment", ""), Options: lint.Options{KubernetesVersion: "1.99"}},
		{Reason: "a version of old, for an old cluster", Text: of("storage.k8s.io/v1alpha9", "StorageClass", ""), Options: lint.Options{KubernetesVersion: "1.20"}},
	})
	linttest.Try(t, clusterScoped, []linttest.Case{
		{Reason: "by its CRD", Text: of("a.example/v1", "Widget", "") + crd, Want: []string{"5 error Widget has no namespace"}},
		{Reason: "of which nothing is known", Text: of("a.example/v1", "ClusterWidget", "")},
		{Reason: "a kind called ClusterX has one all the same", Text: of("v1", "ConfigMap", "")},
	})
	linttest.Try(t, oldVersion, []linttest.Case{
		{Reason: "gone, but the release was not named", Text: of("autoscaling/v2beta2", "HorizontalPodAutoscaler", ""), Want: []string{"5 warning autoscaling/v2beta2 HorizontalPodAutoscaler is not served since Kubernetes 1.26"}},
		{Reason: "gone in this release", Text: of("autoscaling/v2beta2", "HorizontalPodAutoscaler", ""), Options: lint.Options{KubernetesVersion: "1.30"}, Want: []string{"5 error"}},
		{Reason: "still there", Text: of("autoscaling/v2beta2", "HorizontalPodAutoscaler", ""), Options: lint.Options{KubernetesVersion: "v1.24"}, Want: []string{"5 warning autoscaling/v2beta2 HorizontalPodAutoscaler is deprecated since Kubernetes 1.23, and not served from 1.26 on"}},
		{Reason: "in good health then", Text: of("autoscaling/v2beta2", "HorizontalPodAutoscaler", ""), Options: lint.Options{KubernetesVersion: "1.19"}},
		{Reason: "not there yet", Text: of("policy/v1", "PodDisruptionBudget", ""), Options: lint.Options{KubernetesVersion: "1.20"}, Want: []string{"5 error policy/v1 PodDisruptionBudget is not served before Kubernetes 1.21"}},
		{Reason: "by its CRD", Text: of("a.example/v1", "Widget", "") + crd, Want: []string{"5 warning a.example/v1 Widget is deprecated by its CRD"}},
		{Reason: "a version without history", Text: of("apps/v1", "Deployment", ""), Options: lint.Options{KubernetesVersion: "1.20"}},
	})
}

func TestValues(t *testing.T) {
	t.Parallel()
	pod := func(container string) string {
		return of("v1", "Pod", ", spec: {containers: [{name: app, "+container+"}]}")
	}
	linttest.Try(t, brokenSchema, []linttest.Case{
		{Reason: "tags can become anything", Text: pod("image: $(image)$, ports: $(params.ports)$, args: [$(params.a)$], env: [{name: a, value: $(params.a)$}], stdin: $(params.x)$")},
		{Reason: "quantities, numbers or texts, times and nulls", Text: pod("resources: {limits: {cpu: 0.5, memory: 1Gi}, requests: {cpu: 1}}, readinessProbe: {httpGet: {port: http}, periodSeconds: 5}, command: null")},
		{Reason: "a field in a list", Text: pod("imag: a"), Want: []string{"5 error spec.containers[0] of Pod has no field imag"}},
		{Reason: "YAML takes it for a boolean", Text: pod("env: [{name: a, value: true}]"), Want: []string{"5 error spec.containers[0].env[0].value of Pod is a boolean, but has to be a text"}},
		{Reason: "status is a field", Text: of("v1", "Pod", ", status: {phase: Running}")},
		{Reason: "a map of anything", Text: of("v1", "ConfigMap", ", data: {a.b: c, $(params.k)$: d}, binaryData: {a: YQ==}")},
		{Reason: "a key with a tag is for TPL011", Text: of("v1", "ConfigMap", ", $(params.k)$: d")},
		{Reason: "of which nothing is known", Text: of("b.example/v1", "A", ", spec: {a: b}")},
		{Reason: "a required field may be filled in", Text: of("a.example/v1", "Widget", ", spec: {}") + crd, Want: []string{"5 warning spec of Widget lacks the field size"}},
		{Reason: "values of a CRD", Text: of("a.example/v1", "Widget", ", spec: {size: 3, name: A}") + crd, Want: []string{"5 error spec.size of Widget is 3", "5 error spec.name of Widget is \"A\""}},
		{Reason: "a text with tags may have any form", Text: of("a.example/v1", "Widget", ", spec: {size: $(params.size)$, name: A-$(params.name)$}") + crd},
		{Reason: "Carto's own", Text: of("carto.run/v1alpha1", "Runnable", ", spec: {runTemplateRef: {name: a}, input: {}}"), Want: []string{"5 error spec of Runnable has no field input"}},
	})
	linttest.Try(t, structuredValue, []linttest.Case{
		{Reason: "a field of the owner", Text: pod("image: $(workload.spec.source.git)$"), Want: []string{"5 warning $(workload.spec.source.git)$ is an object"}},
		{Reason: "a text of the owner", Text: pod("image: $(workload.spec.image)$")},
		{Reason: "in a text it becomes JSON", Text: pod(`image: "a $(workload.spec.source.git)$"`)},
		{Reason: "where an object belongs", Text: of("v1", "Pod", ", spec: $(workload.spec.source)$")},
		{Reason: "an item of it", Text: pod("image: $(workload.spec.env[0].value)$")},
		{Reason: "an input as a whole", Text: pod("image: $(source)$"), Want: []string{"5 warning $(source)$ is an object"}},
		{Reason: "what an image is, is not known", Text: pod("image: $(image)$")},
		{Reason: "a blueprint makes it an object", Text: pod("image: $(params.a)$") + chain("[{name: a, value: {b: c}}]"), Want: []string{"5 warning $(params.a)$ is an object in ClusterSupplyChain/a"}},
		{Reason: "a blueprint makes it a text", Text: strings.Replace(pod("image: $(params.a)$"), "  template:", "  params: [{name: a, default: [b]}]\n  template:", 1) + chain("[{name: a, default: c}]")},
		{Reason: "a default that no blueprint changes", Text: strings.Replace(pod("image: $(params.a)$"), "  template:", "  params: [{name: a, default: [b]}]\n  template:", 1) + chain("[]"), Want: []string{"6 warning $(params.a)$ is a list by its default"}},
		{Reason: "a param of which nothing is known", Text: pod("image: $(params.a)$")},
	})
	declared := func(value, text string) string {
		return strings.Replace(of("b.example/v1", "A", ", spec: {a: \""+text+"\"}"), "  template:", "  params: [{name: a, default: "+value+"}]\n  template:", 1)
	}
	const object = "{server: r, deep: {x: y}}"
	workload := func(value string) string {
		return "---\napiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: w, labels: {a: b}}\nspec: {params: [{name: a, value: " + value + "}]}\n"
	}
	linttest.Try(t, structuredValue, []linttest.Case{
		{Reason: "a word follows", Text: declared(object, "$(params.a)$/app"), Want: []string{"6 warning $(params.a)$ is an object by its default, and becomes JSON in the middle of a text in spec.a"}},
		{Reason: "a word is before it", Text: declared("[b]", "app-$(params.a)$"), Want: []string{"6 warning $(params.a)$ is a list by its default"}},
		{Reason: "another tag follows", Text: declared(object, "$(params.a)$$(workload.metadata.name)$"), Want: []string{"6 warning"}},
		{Reason: "a port", Text: declared(object, "$(params.a)$:5000"), Want: []string{"6 warning"}},
		{Reason: "one of two", Text: declared(object, "$(params.a)$ $(params.a)$/app"), Want: []string{"6 warning"}},
		{Reason: "it is the whole text", Text: declared(object, "$(params.a)$")},
		{Reason: "blanks around it", Text: declared(object, " $(params.a)$ ")},
		{Reason: "a part of longer JSON", Text: declared(object, "{'a':$(params.a)$,'b':[$(params.a)$]}")},
		{Reason: "a flag, a shell's quotes, the end of a sentence", Text: declared(object, "--a=$(params.a)$ '$(params.a)$', $(params.a)$.")},
		{Reason: "a field of it", Text: declared(object, "$(params.a.server)$/app")},
		{Reason: "a text", Text: declared("b", "$(params.a)$/app")},
		{Reason: "no default at all", Text: template("{apiVersion: b.example/v1, kind: A, metadata: {name: a}, spec: {a: $(params.a)$/app}}")},
		{Reason: "each blueprint makes it a list", Text: declared("b", "$(params.a)$/app") + chain("[{name: a, value: [c]}]"), Want: []string{"6 warning $(params.a)$ is a list in ClusterSupplyChain/a"}},
		{Reason: "a blueprint makes it a text", Text: declared(object, "$(params.a)$/app") + chain("[{name: a, value: c}]")},
		{Reason: "one of two blueprints does", Text: declared(object, "$(params.a)$/app") + chain("[]") + strings.Replace(chain("[{name: a, value: c}]"), "{name: a}", "{name: b}", 1)},
		{Reason: "an owner makes it a text", Text: declared(object, "$(params.a)$/app") + chain("[]") + workload("c")},
		{Reason: "an owner gives another object", Text: declared(object, "$(params.a)$/app") + chain("[]") + workload("{b: c}"), Want: []string{"6 warning"}},
		{Reason: "no text belongs there, which TPL022 says", Text: strings.Replace(pod(`stdin: "$(params.a)$/b"`), "  template:", "  params: [{name: a, default: [b]}]\n  template:", 1)},
	})
	linttest.Try(t, mixedText, []linttest.Case{
		{Reason: "numbers or texts take it", Text: of("v1", "Service", `, spec: {ports: [{targetPort: "a$(params.a)$"}]}`)},
		{Reason: "a list of texts", Text: pod(`args: ["a$(params.a)$"]`)},
		{Reason: "a boolean does not", Text: pod(`stdin: "$(params.a)$$(params.b)$"`), Want: []string{"5 warning spec.containers[0].stdin takes a boolean"}},
		{Reason: "quotes do no harm", Text: pod(`stdin: "$(params.a)$"`)},
	})
}

// TestFix: only what stands around the tag goes away.
func TestFix(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{`"$(params.a)$ "`: 1, `"$(params.a)$$(params.b)$"`: 0, `" $(params.a[0])$"`: 0} {
		set := lint.ReadFiles(lint.Files(of("v1", "Pod", ", spec: {containers: [{stdin: "+text+"}]}")))
		findings := lint.Run(set, []*lint.Rule{mixedText}, lint.Options{}).Findings
		if len(findings) != 1 || len(findings[0].Fix) != want || want > 0 && findings[0].Fix[0].New != "$(params.a)$" {
			t.Errorf("%s: %+v", text, findings)
		}
	}
}
