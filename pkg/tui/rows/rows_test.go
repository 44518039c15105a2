package rows

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
)

const (
	head     = "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: { name: cart, namespace: shop, generation: 2 }\n"
	readyCon = "conditions: [{ type: Ready, status: 'True', reason: Ready }]"
)

// summary of a row: state, ready of all steps, step at fault, cause, output.
func summary(r feed.Row) string {
	return fmt.Sprintf("%s %d/%d [%s] %s | %s", r.State, r.StepsReady, r.Steps, r.Step, r.Cause, r.Output)
}

func TestOf(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ reason, object, want string }{
		{"ready, for the generation that there is", head + "status: { observedGeneration: 2, " + readyCon + " }", "Ready 0/0 []  | "},
		{"what is said of an older generation is not true of this one", head + "status: { observedGeneration: 1, " + readyCon + " }",
			"Waiting 0/0 [] the status is of generation 1, the Workload of generation 2 | "},
		{"an agent that does not run writes no status", head, "Waiting 0/0 [] the agent has written no status yet; is it running? | "},
		{"deletion is told whatever else is true", strings.Replace(head, "generation: 2", "generation: 2, deletionTimestamp: '2026-11-21T12:00:00Z', finalizers: [x]", 1) + "status: { observedGeneration: 2, " + readyCon + " }",
			"Deleting 0/0 [] it is being deleted, which the finalizers x hold up | "},
		{"a supply chain that is not found will not come by waiting", head + "status: { observedGeneration: 2, conditions: [{ type: SupplyChainReady, status: 'False', reason: SupplyChainNotFound, message: none selects it }, { type: Ready, status: 'False', reason: SupplyChainNotFound }] }",
			"Failed 0/0 [] SupplyChainNotFound: none selects it | "},
		{"the step that failed, not the earlier one that only waits; the image, not the later config", head + `
status:
  observedGeneration: 2
  supplyChainRef: { kind: ClusterSupplyChain, name: web }
  conditions: [{ type: Ready, status: Unknown, reason: MissingValueAtPath }]
  resources:
    - { name: build, outputs: [{ name: image, preview: "registry/cart@sha256:0\n" }], conditions: [{ type: Ready, status: 'True' }] }
    - { name: config, outputs: [{ name: config, preview: "a: b\nc: d\n" }], conditions: [{ type: Ready, status: 'True' }] }
    - { name: scan, conditions: [{ type: Ready, status: Unknown, reason: MissingValueAtPath, message: waits }] }
    - { name: deploy, conditions: [{ type: Ready, status: 'False', reason: TemplateRejectedByAPIServer, message: "quota\nexceeded" }] }`,
			"Failed 2/4 [deploy] quota | registry/cart@sha256:0"},
		{"the newest revision where there is no image", head + `
status:
  observedGeneration: 2
  conditions: [{ type: Ready, status: Unknown }]
  resources:
    - { name: source, outputs: [{ name: url, preview: "http://x\n" }, { name: revision, preview: "main@sha1:1\n" }], conditions: [{ type: Ready, status: 'True' }] }
    - { name: test, outputs: [{ name: url, preview: "http://x\n" }, { name: revision, preview: "main@sha1:2\n" }], conditions: [{ type: Ready, status: 'True' }] }
    - { name: build, conditions: [{ type: Ready, status: Unknown, reason: MissingValueAtPath }] }`,
			"Waiting 2/3 [build] MissingValueAtPath | main@sha1:2"},
		{"anything that came out is better than nothing", head + `
status:
  observedGeneration: 2
  conditions: [{ type: Ready, status: 'True' }]
  resources: [{ name: config, outputs: [{ name: config, preview: "a: b\nc: d\n" }], conditions: [{ type: Ready, status: 'True' }] }]`,
			"Ready 1/1 []  | a: b"},
		{"escape sequences of others do not reach the terminal", head + `
status: { observedGeneration: 2, conditions: [{ type: Ready, status: 'False', reason: Bad, message: "\e[31mred" }] }`,
			"Failed 0/0 [] Bad: \ufffd[31mred | "},
		{"an owner that is not as its type says is shown, and says so", head + "spec: { params: none }", "Failed 0/0 [] Workload shop/cart is not as carto.run/v1alpha1 says: cannot restore slice from string | "},
		{"a runnable has no steps, but outputs", "apiVersion: carto.run/v1alpha1\nkind: Runnable\nmetadata: { name: cart, namespace: shop, generation: 1 }\nstatus: { observedGeneration: 1, conditions: [{ type: Ready, status: 'True' }], outputs: { url: x, revision: main@sha1:3 } }",
			"Ready 0/0 []  | main@sha1:3"},
		{"outputs of a runnable may be anything", "apiVersion: carto.run/v1alpha1\nkind: Runnable\nmetadata: { name: cart, namespace: shop, generation: 1 }\nstatus: { observedGeneration: 1, conditions: [{ type: Ready, status: 'True' }], outputs: { all: { a: 1 } } }",
			`Ready 0/0 []  | {"a":1}`},
		{"a blueprint counts its steps", "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: { name: web, generation: 1 }\nspec: { resources: [{ name: a }, { name: b }] }\nstatus: { observedGeneration: 1, " + readyCon + " }",
			"Ready 0/2 []  | "},
		{"a blueprint says what is missing", "apiVersion: carto.run/v1alpha1\nkind: ClusterDelivery\nmetadata: { name: web, generation: 1 }\nspec: { resources: [] }\nstatus: { observedGeneration: 1, conditions: [{ type: Ready, status: 'False', reason: TemplatesNotFound, message: no git }] }",
			"Failed 0/0 [] no git | "},
		{"what lint finds in a blueprint that is ready is told", "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: { name: web, generation: 1 }\nspec: { resources: [{ name: a }] }\nstatus: { observedGeneration: 1, conditions: [{ type: Ready, status: 'True', reason: Ready, message: 'lint finds errors: ClusterTemplate git spec.x: wrong (TPL001); and 2 more' }] }",
			"Ready 0/1 [] lint finds errors: ClusterTemplate git spec.x: wrong (TPL001); and 2 more | "},
		{"a blueprint that the agent has not seen", "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: { name: web, generation: 1 }", "Waiting 0/0 [] the agent has written no status yet; is it running? | "},
		{"a blueprint that was changed", "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: { name: web, generation: 2 }\nstatus: { observedGeneration: 1, " + readyCon + " }", "Waiting 0/0 [] the agent has not looked at its last change yet | "},
		{"a blueprint that is not as its type says", "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: { name: web }\nspec: { resources: no }", "Failed 0/0 [] ClusterSupplyChain web is not as carto.run/v1alpha1 says: spec.resources is no list | "},
	} {
		row := Of(parse(t, tc.object))
		if got := summary(row); got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", tc.reason, got, tc.want)
		}
		if row.Owners != -1 {
			t.Errorf("%s: %d owners", tc.reason, row.Owners)
		}
	}
}

// TestTelling: of a cause the words come first that tell it from others; none are lost.
func TestTelling(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ reason, message, want string }{
		{"what stands in the template, not whose it is", "cannot stamp resource deploy of ClusterSupplyChain web, ClusterTemplate app: at spec.x, tag $(params.pol)$: it leads to nothing",
			"at spec.x, tag $(params.pol)$: it leads to nothing (cannot stamp, ClusterTemplate app)"},
		{"what the API server says, then of which object", `cannot apply Deployment.apps shop/cart for resource deploy of ClusterSupplyChain web as service account shop/stamper: quota "a" exceeded`,
			`quota "a" exceeded (cannot apply Deployment.apps shop/cart)`},
		{"the step is named once", "resource deploy: exit status 1", "exit status 1"},
		{"another step is not taken away", "resource build: exit status 1", "resource build: exit status 1"},
		{"words of others stay as they are", "cannot apply: no", "cannot apply: no"},
	} {
		row := Of(parse(t, head+fmt.Sprintf("status: { observedGeneration: 2, conditions: [{ type: Ready, status: 'False', reason: Bad }], resources: [{ name: deploy, conditions: [{ type: Ready, status: 'False', reason: Bad, message: %q }] }] }", tc.message)))
		if row.Cause != tc.want || row.Step != "deploy" {
			t.Errorf("%s: got %q of step %q, want %q", tc.reason, row.Cause, row.Step, tc.want)
		}
	}
}

// TestGolden shows a whole row.
func TestGolden(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "workload.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(Of(parse(t, string(text))), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	screentest.Golden(t, "workload.golden", string(got)+"\n")
}

// FuzzOf: whatever an API server holds, there is a row, and nothing panics.
func FuzzOf(f *testing.F) {
	f.Add(head)
	f.Add("kind: ClusterSupplyChain\nstatus: { conditions: [1, {}, { type: Ready }] }")
	f.Add("kind: Runnable\nstatus: { outputs: [] }")
	f.Fuzz(func(t *testing.T, text string) {
		obj, err := decode(text)
		if err != nil {
			t.Skip()
		}
		if row := Of(obj); row.State == "" || strings.ContainsAny(row.Cause+row.Output, "\n\x1b") {
			t.Errorf("got %+v", row)
		}
	})
}

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	obj, err := decode(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return obj
}

// decode does as a client does: whole numbers are no floats.
func decode(text string) (*unstructured.Unstructured, error) {
	obj := &unstructured.Unstructured{}
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return nil, err
	}
	return obj, obj.UnmarshalJSON(data)
}
