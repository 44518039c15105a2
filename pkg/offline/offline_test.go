package offline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// set is what files hold: definitions, owners, and all else, which is observed.
type set struct {
	definitions, owners []any
	others              []map[string]any
}

func read(t *testing.T, texts ...string) *set {
	t.Helper()
	s := &set{}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, apiextensionsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range texts {
		for _, document := range strings.Split(text, "\n---\n") {
			u := unstructured.Unstructured{Object: decodeText(t, document)}
			typed, err := scheme.New(u.GroupVersionKind())
			if err != nil {
				s.others = append(s.others, u.Object)
				continue
			}
			if err := decode(u.Object, typed); err != nil {
				t.Fatal(err)
			}
			switch typed.(type) {
			case *v1alpha1.Workload, *v1alpha1.Deliverable, *v1alpha1.Runnable:
				s.owners = append(s.owners, typed)
			default:
				s.definitions = append(s.definitions, typed)
			}
		}
	}
	return s
}

func example(t *testing.T, names ...string) *set {
	t.Helper()
	var texts []string
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", "examples", name))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return read(t, texts...)
}

func (s *set) world(t *testing.T) *World {
	t.Helper()
	w, err := New(s.definitions...)
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range s.others {
		if err := w.Observe(object); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func walk(t *testing.T, w *World, owner any) *Walk {
	t.Helper()
	result, err := w.Walk(t.Context(), owner, now)
	if err != nil {
		t.Fatal(err)
	}
	if !result.Settled {
		t.Errorf("%s does not settle", result.Owner)
	}
	return result
}

// brief tells the steps: what was sent, and how far each came.
func brief(w *Walk) []string {
	var lines []string
	for i := range w.Steps {
		s := &w.Steps[i]
		line := s.Name + ":"
		if s.Sent != nil {
			u := unstructured.Unstructured{Object: s.Sent}
			line += " " + u.GetKind() + "/" + u.GetName()
		}
		if s.Name != "" {
			line += " " + string(s.Submitted().Status) + "/" + s.Submitted().Reason
		}
		for _, output := range s.Outputs {
			line += fmt.Sprintf(" %s=%v", output.Name, firstLine(output.Value))
		}
		for _, a := range s.Assumed {
			line += " !" + a.Path
		}
		lines = append(lines, line)
		if s.Inner != nil {
			for _, inner := range brief(s.Inner) {
				lines = append(lines, "  "+inner)
			}
		}
	}
	if len(w.Steps) == 0 {
		lines = append(lines, w.Submitted().Reason)
	}
	return lines
}

func firstLine(value any) string {
	line, _, _ := strings.Cut(fmt.Sprint(value), "\n")
	return line
}

func condition(w *Walk, conditionType string) string {
	c := apimeta.FindStatusCondition(w.Status.Conditions, conditionType)
	if c == nil {
		return ""
	}
	return string(c.Status) + "/" + c.Reason
}

// TestExamples: each chain of the examples, as far as it comes.
func TestExamples(t *testing.T) {
	t.Parallel()
	const flux = `
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: %s, namespace: shop, generation: 1, managedFields: [{manager: flux}]}
spec: {interval: 9m, suspend: false}
status:
  observedGeneration: 1
  artifact: {url: https://flux.example/1.tgz, revision: main@sha1:1}
  conditions: [{type: Ready, status: "True"}]`
	for name, tc := range map[string]struct {
		reason   string
		files    []string
		observed []string
		owner    int
		assume   bool
		want     []string
		ready    string
	}{
		"nothing observed": {
			reason: "the first step waits for its controller, and all others for the first",
			files:  []string{"web/supply-chain.yaml", "web/templates.yaml", "web/workload.yaml"},
			want: []string{
				"fetch: GitRepository/cart Unknown/MissingValueAtPath",
				"build: False/TemplateStampFailure", "configure: False/TemplateStampFailure", "run: False/TemplateStampFailure",
			},
			ready: "Unknown/MissingValueAtPath",
		},
		"observed source": {
			reason:   "the chain goes on with the observed outputs, and stops at what was not observed",
			files:    []string{"web/supply-chain.yaml", "web/templates.yaml", "web/workload.yaml"},
			observed: []string{fmt.Sprintf(flux, "cart")},
			want: []string{
				"fetch: GitRepository/cart True/ResourceSubmissionComplete url=https://flux.example/1.tgz revision=main@sha1:1",
				"build: Image/cart Unknown/MissingValueAtPath", "configure: False/TemplateStampFailure", "run: False/TemplateStampFailure",
			},
			ready: "Unknown/MissingValueAtPath",
		},
		"assumed": {
			reason:   "what was not observed is invented, what was stays; nothing is invented where the template's own value is there",
			files:    []string{"web/supply-chain.yaml", "web/templates.yaml", "web/workload.yaml"},
			observed: []string{fmt.Sprintf(flux, "cart")},
			assume:   true,
			want: []string{
				"fetch: GitRepository/cart True/ResourceSubmissionComplete url=https://flux.example/1.tgz revision=main@sha1:1",
				`build: Image/cart True/ResourceSubmissionComplete image=<image of step build> !.status.latestImage !.status.conditions[?(@.type=="Ready")].status`,
				"configure: ConfigMap/cart True/ResourceSubmissionComplete config=apiVersion: serving.knative.dev/v1",
				`run: Deployment/cart True/ResourceSubmissionComplete !.status.conditions[?(@.type=="Available")].status`,
			},
			ready: "True/Ready",
		},
		"run by a step": {
			reason: "a run that may be assumed to succeed gives its outputs",
			files:  []string{"testing/supply-chains.yaml", "testing/templates.yaml", "testing/workloads.yaml"},
			assume: true,
			want: []string{
				`fetch: GitRepository/by-step True/ResourceSubmissionComplete url=<url of step fetch> revision=<revision of step fetch> !.status.artifact.url !.status.artifact.revision !.status.conditions[?(@.type=="Ready")].status`,
				`test: TaskRun/by-step-test-953d8083 True/ResourceSubmissionComplete url=<url of step fetch> revision=<revision of step fetch> !.status.conditions[?(@.type=="Succeeded")].status`,
				"release: ConfigMap/by-step-release True/ResourceSubmissionComplete",
			},
			ready: "True/Ready",
		},
		"run by a Runnable": {
			reason: "the Runnable is walked as well, and its outputs are those of its run",
			files:  []string{"testing/supply-chains.yaml", "testing/templates.yaml", "testing/workloads.yaml", "testing/task.yaml"},
			owner:  1, assume: true,
			want: []string{
				`fetch: GitRepository/by-runnable True/ResourceSubmissionComplete url=<url of step fetch> revision=<revision of step fetch> !.status.artifact.url !.status.artifact.revision !.status.conditions[?(@.type=="Ready")].status`,
				"test: Runnable/by-runnable-test True/ResourceSubmissionComplete url=<url of step fetch> revision=<revision of step fetch>",
				`  : TaskRun/by-runnable-test-bdf26da6 revision=<revision of step fetch> url=<url of step fetch> !.status.conditions[?(@.type=="Succeeded")].status`,
				"release: ConfigMap/by-runnable-release True/ResourceSubmissionComplete",
			},
			ready: "True/Ready",
		},
		"selection without an object": {
			reason: "a Runnable whose selector matches nothing stops, whatever may be assumed",
			files:  []string{"testing/supply-chains.yaml", "testing/templates.yaml", "testing/workloads.yaml"},
			owner:  1, assume: true,
			want: []string{
				`fetch: GitRepository/by-runnable True/ResourceSubmissionComplete url=<url of step fetch> revision=<revision of step fetch> !.status.artifact.url !.status.artifact.revision !.status.conditions[?(@.type=="Ready")].status`,
				"test: Runnable/by-runnable-test Unknown/MissingValueAtPath",
				"  TemplateStampFailure",
				"release: False/TemplateStampFailure",
			},
			ready: "False/HealthyConditionRule",
		},
		"delivery": {
			reason: "a deployment is complete, also one that compares what it was given with what came out",
			files:  []string{"delivery/delivery.yaml", "delivery/templates.yaml", "delivery/deliverable.yaml"},
			assume: true,
			want: []string{
				`fetch: GitRepository/cart True/ResourceSubmissionComplete url=<url of step fetch> revision=<revision of step fetch> !.status.artifact.url !.status.artifact.revision !.status.conditions[?(@.type=="Ready")].status`,
				`deploy: App/cart True/ResourceSubmissionComplete url=<url of step fetch> revision=<revision of step fetch> !.status.conditions[?(@.type=="ReconcileSucceeded")].status !status.observedGeneration`,
				"probe: Runnable/cart-probe True/ResourceSubmissionComplete url=<url of step fetch> revision=<revision of step fetch> !.status.outputs.revision",
				`  : TaskRun/cart-probe-6ee150d7 revision=<revision of runnable cart-probe> !.status.results[?(@.name=="revision")].value !.status.conditions[?(@.type=="Succeeded")].status`,
				"promote: ConfigMap/cart-promoted True/ResourceSubmissionComplete",
			},
			ready: "True/Ready",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := example(t, tc.files...)
			s.others = append(s.others, read(t, tc.observed...).others...)
			w := s.world(t)
			w.Assume = tc.assume
			got := walk(t, w, s.owners[tc.owner])
			if diff := cmp.Diff(tc.want, brief(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if is := condition(got, v1alpha1.ConditionReady); is != tc.ready {
				t.Errorf("ready is %s, want %s: %s", is, tc.ready, tc.reason)
			}
			again := walk(t, w, s.owners[tc.owner])
			if len(again.Events) > 0 {
				t.Errorf("a second walk did something: %v", again.Events)
			}
			if diff := cmp.Diff(brief(got), brief(again)); diff != "" {
				t.Errorf("a second walk ends elsewhere (-first +second):\n%s", diff)
			}
		})
	}
}

func decodeText(t *testing.T, text string) map[string]any {
	t.Helper()
	encoded, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := utiljson.Unmarshal(encoded, &object); err != nil {
		t.Fatal(err)
	}
	return object
}
