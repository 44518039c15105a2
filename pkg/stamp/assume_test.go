package stamp

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// compileYAML compiles the spec of a template.
func compileYAML[T any](t *testing.T, spec string) *Template {
	t.Helper()
	var template T
	if err := yaml.Unmarshal([]byte(spec), &template); err != nil {
		t.Fatal(err)
	}
	return Compile(&template)
}

const anyBody = "\n  template: {apiVersion: x/v1, kind: X, metadata: {name: x}}\n"

// TestAssume: what is missing is invented where the template looks for it, and nothing else.
func TestAssume(t *testing.T) {
	t.Parallel()
	source := func(spec string) *Template {
		return compileYAML[v1alpha1.ClusterSourceTemplate](t, "spec:"+anyBody+spec)
	}
	image := func(spec string) *Template {
		return compileYAML[v1alpha1.ClusterImageTemplate](t, "spec:"+anyBody+spec)
	}
	deployment := func(spec string) *Template {
		return compileYAML[v1alpha1.ClusterDeploymentTemplate](t, "spec:"+anyBody+spec)
	}
	assumed := func(list ...any) []Assumption {
		var all []Assumption
		for i := 0; i < len(list); i += 2 {
			all = append(all, Assumption{list[i].(string), list[i+1]})
		}
		return all
	}
	for name, tc := range map[string]struct {
		reason         string
		template       *Template
		object, result string
		want           []Assumption
	}{
		"outputs": {
			reason:   "a value at each path, with all that leads there",
			template: source("  urlPath: .status.artifact.url\n  revisionPath: '{.status.artifact.list[1].rev}'\n"),
			object:   "{}",
			result:   "status: {artifact: {url: <url of step fetch>, list: [null, {rev: <revision of step fetch>}]}}",
			want:     assumed(".status.artifact.url", "<url of step fetch>", "{.status.artifact.list[1].rev}", "<revision of step fetch>"),
		},
		"there already": {
			reason:   "what is observed, or rendered, stays",
			template: source("  urlPath: .spec.url\n  revisionPath: .status.revision\n"),
			object:   "{spec: {url: a}, status: {revision: b}}",
			result:   "{spec: {url: a}, status: {revision: b}}",
		},
		"filter": {
			reason:   "an item for which the filter holds is found or made",
			template: source("  urlPath: '.status.results[?(@.name==\"url\")].value'\n  revisionPath: '.status.results[?(@.name==\"rev\")].value'\n"),
			object:   "status: {results: [{name: rev, type: string}]}",
			result:   "status: {results: [{name: rev, type: string, value: <revision of step fetch>}, {name: url, value: <url of step fetch>}]}",
			want:     assumed(`.status.results[?(@.name=="url")].value`, "<url of step fetch>", `.status.results[?(@.name=="rev")].value`, "<revision of step fetch>"),
		},
		"many places": {
			reason:   "a path that could lead to several values can not be written, nor one through a text",
			template: source("  urlPath: .status.list[*].url\n  revisionPath: .spec.url.rev\n"),
			object:   "spec: {url: a}",
			result:   "spec: {url: a}",
		},
		"condition": {
			reason:   "the condition that the health rule mirrors becomes true, also one that is unknown",
			template: image("  imagePath: .spec.image\n  healthRule: {singleConditionType: Ready}\n"),
			object:   "{spec: {image: a}, status: {conditions: [{type: Ready, status: Unknown, message: busy}]}}",
			result:   "{spec: {image: a}, status: {conditions: [{type: Ready, status: 'True', reason: Assumed, message: 'assumed, not observed'}]}}",
			want:     assumed(`.status.conditions[?(@.type=="Ready")].status`, "True"),
		},
		"unhealthy": {
			reason:   "what is observed to have failed is left alone",
			template: image("  imagePath: .status.image\n  healthRule: {singleConditionType: Ready}\n"),
			object:   "{status: {conditions: [{type: Ready, status: 'False'}]}}",
			result:   "{status: {conditions: [{type: Ready, status: 'False'}]}}",
		},
		"rule of several parts": {
			reason: "every condition and field is met, where something can be added for it",
			template: image(`  imagePath: .spec.image
  healthRule:
    multiMatch:
      unhealthy: {matchConditions: [{type: Failed, status: "True"}]}
      healthy:
        matchConditions: [{type: Done, status: "True"}, {type: Busy, status: "False"}]
        matchFields:
        - {key: .status.phase, operator: In, values: [Ready, Fine]}
        - {key: .status.address, operator: Exists}
        - {key: .status.error, operator: DoesNotExist}
        - {key: .status.mood, operator: NotIn, values: [bad]}
`),
			object: "spec: {image: a}",
			result: `{spec: {image: a}, status: {phase: Ready, address: <.status.address of step fetch>, mood: <.status.mood of step fetch>,
  conditions: [{type: Done, status: "True", reason: Assumed, message: "assumed, not observed"}, {type: Busy, status: "False", reason: Assumed, message: "assumed, not observed"}]}}`,
			want: assumed(`.status.conditions[?(@.type=="Done")].status`, "True", `.status.conditions[?(@.type=="Busy")].status`, "False",
				".status.phase", "Ready", ".status.address", "<.status.address of step fetch>", ".status.mood", "<.status.mood of step fetch>"),
		},
		"completion": {
			reason:   "a deployment is observed in its present generation, and has succeeded",
			template: deployment("  observedCompletion: {succeeded: {key: .status.state, value: done}}\n"),
			object:   "{metadata: {generation: 3}, status: {observedGeneration: 2}}",
			result:   "{metadata: {generation: 3}, status: {observedGeneration: 3, state: done}}",
			want:     assumed("status.observedGeneration", int64(3), ".status.state", "done"),
		},
		"matches": {
			reason:   "what a deployment was given comes out of it",
			template: deployment("  observedMatches: [{input: .spec.rev, output: .status.rev}, {input: .spec.other, output: .status.other}]\n"),
			object:   "{spec: {rev: {a: b}}, status: {rev: old}}",
			result:   "{spec: {rev: {a: b}}, status: {rev: {a: b}}}",
			want:     assumed(".status.rev", map[string]any{"a": "b"}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object := decodeYAML(t, tc.object)
			if diff := cmp.Diff(tc.want, tc.template.Assume(object, "step fetch")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(decodeYAML(t, tc.result), object); diff != "" {
				t.Errorf("%s: object (-want +got):\n%s", tc.reason, diff)
			}
			if more := tc.template.Assume(object, "step fetch"); len(more) > 0 {
				t.Errorf("a second time assumes more: %v", more)
			}
			if health := tc.template.Health(object, true); len(tc.want) > 0 && health.Status != metav1.ConditionTrue {
				t.Errorf("then it is not healthy: %v", health)
			}
		})
	}
}

func decodeYAML(t *testing.T, text string) map[string]any {
	t.Helper()
	encoded, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return decodeObject(t, string(encoded))
}
