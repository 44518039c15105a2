package file

import (
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/linttest"
)

func TestText(t *testing.T) {
	t.Parallel()
	linttest.Try(t, unreadable, []linttest.Case{
		{Reason: "duplicates can be read; the other documents are", Text: "a: 1\na: 2\n---\n[\n---\nb: 1\n", Want: []string{"4 error the document can not be read"}},
	})
}

func TestFields(t *testing.T) {
	t.Parallel()
	const workload = "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: cart}\n"
	linttest.Try(t, unknownField, []linttest.Case{
		{Reason: "each of them, at its place", Text: workload + "spec:\n  imag: a\n  source:\n    git: {uri: x, url: u}\n", Want: []string{"5 error spec has no field imag", "7 error spec.source.git has no field uri"}},
		{Reason: "in the object itself", Text: workload + "spce: {}\nspec: {}\n", Want: []string{"4 error the Workload has no field spce"}},
		{Reason: "what a cluster adds", Text: "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: cart, uid: a, resourceVersion: '1', generation: 2, creationTimestamp: '2026-01-01T00:00:00Z', managedFields: [{manager: a, fieldsV1: {'f:spec': {}}}], ownerReferences: [{apiVersion: v1, kind: a, name: b, uid: c}]}\nspec: {}\nstatus: {newer: 1}\n"},
		{Reason: "bodies and params may hold anything", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n  params: [{name: a, default: {b: {c: 1}}}]\n  template: {apiVersion: v1, kind: X, metadata: {name: a, whatever: b}, spec: {c: d}}\n"},
		{Reason: "other kinds are not ours", Text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {nam: a}\n"},
	})
	linttest.Try(t, brokenValue, []linttest.Case{
		{Reason: "a word of YAML 1.1", Text: workload + "spec:\n  env:\n  - {name: DEBUG, value: on}\n", Want: []string{"6 error spec.env[0].value is a boolean, but has to be a text"}},
		{Reason: "labels too", Text: "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: cart, labels: {v: 1.10}}\nspec: {}\n", Want: []string{"3 error metadata.labels.v is a number"}},
		{Reason: "a required field, at the object that lacks it", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterImageTemplate\nmetadata: {name: a}\nspec:\n  template: {apiVersion: v1, kind: X, metadata: {name: a}}\n", Want: []string{"4 error spec lacks the field imagePath"}},
		{Reason: "a required field with a slip in its name, of which SYN003 tells", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterSourceTemplate\nmetadata: {name: a}\nspec:\n  urlPath: .a\n  revsionPath: .b\n  template: {apiVersion: v1, kind: X, metadata: {name: a}}\n"},
		{Reason: "a slip elsewhere", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterSourceTemplate\nmetadata: {name: a}\nrevsionPath: .b\nspec:\n  urlPath: .a\n  template: {apiVersion: v1, kind: X, metadata: {name: a}}\n", Want: []string{"5 error spec lacks the field revisionPath"}},
		{Reason: "an object without spec", Text: workload, Want: []string{"1 error the Workload lacks the field spec"}},
		{Reason: "a kind that the blueprint does not allow", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: a}\nspec:\n  selector: {a: b}\n  resources:\n  - {name: a, templateRef: {kind: ClusterDeploymentTemplate, name: b}}\n", Want: []string{"7 error spec.resources[0].templateRef.kind is ClusterDeploymentTemplate, but has to be one of"}},
		{Reason: "what other rules say better", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: a}\nspec:\n  selectorMatchExpressions: [{key: '?', operator: Exist}]\n  resources:\n  - {name: '?', templateRef: {kind: ClusterTemplate, options: [{name: a, selector: {matchFields: [{key: '', operator: Is}]}}]}}\n"},
		{Reason: "and of bodies", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec: {template: {apiVersion: v1, metadata: {name: a, namespace: b}}}\n"},
		{Reason: "nothing says when a deployment is complete", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterDeploymentTemplate\nmetadata: {name: a}\nspec:\n  template: {apiVersion: v1, kind: X, metadata: {name: a}}\n", Want: []string{"4 error neither observedMatches nor observedCompletion"}},
		{Reason: "two say it", Text: "apiVersion: carto.run/v1alpha1\nkind: ClusterDeploymentTemplate\nmetadata: {name: a}\nspec:\n  template: {apiVersion: v1, kind: X, metadata: {name: a}}\n  observedMatches: [{input: .a, output: .b}]\n  observedCompletion: {succeeded: {key: .a, value: b}}\n", Want: []string{"7 error observedMatches and observedCompletion are both set"}},
		{Reason: "nulls are dropped, and quantities may be numbers", Text: workload + "spec:\n  params:\n  image: null\n  resources: {limits: {cpu: 1, memory: 1Gi}}\n"},
	})
}

// TestUnseen: a value that hides its object from other rules says so.
func TestUnseen(t *testing.T) {
	t.Parallel()
	const workload = "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: cart}\n"
	for _, tc := range []struct{ reason, text, want string }{
		{"a list for a text", "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: a}\nspec:\n  selector: {type: [lst]}\n  resources: []\n", "correct it; until then other rules do not see the ClusterSupplyChain"},
		{"a boolean for a text", workload + "spec: {image: on}\n", "write it in quotes; until then other rules do not see the Workload"},
		{"a value that is not allowed hides nothing", "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec: {lifecycle: mutabel, template: {kind: A}}\n", `write "mutable", if that is what was meant`},
	} {
		findings := lint.Run(lint.ReadFiles(lint.Files(tc.text)), []*lint.Rule{brokenValue}, lint.Options{}).Findings
		if len(findings) != 1 || findings[0].Remedy != tc.want {
			t.Errorf("%s: %+v", tc.reason, findings)
		}
	}
}

func TestObjects(t *testing.T) {
	t.Parallel()
	object := func(kind, metadata, spec string) string {
		return "apiVersion: carto.run/v1alpha1\nkind: " + kind + "\nmetadata: " + metadata + "\nspec: " + spec + "\n"
	}
	one, other := object("ClusterTemplate", "{name: a}", "{template: {kind: A}}"), object("ClusterTemplate", "{name: a}", "{template: {kind: B}}")
	linttest.Try(t, duplicateObject, []linttest.Case{
		{Reason: "in one file, and in one folder", Text: "-- a/x.yaml --\n" + one + "-- a/y.yaml --\n" + other, Want: []string{"a/y.yaml:3 error"}},
		{Reason: "folders may be for different clusters", Text: "-- a/x.yaml --\n" + one + "-- b/x.yaml --\n" + other, Want: []string{"b/x.yaml:3 warning"}},
		{Reason: "the same text does no harm yet", Text: one + "---\n" + one, Want: []string{"8 warning"}},
		{Reason: "owners in several folders, such as those of tests", Text: "-- a/x.yaml --\n" + object("Workload", "{name: a}", "{}") + "-- b/x.yaml --\n" + object("Workload", "{name: a}", "{image: b}")},
		{Reason: "owners in several namespaces", Text: object("Workload", "{name: a, namespace: b}", "{}") + "---\n" + object("Workload", "{name: a, namespace: c}", "{image: b}")},
		{Reason: "kinds have names of their own", Text: one + "---\n" + object("ClusterImageTemplate", "{name: a}", "{imagePath: .a}")},
		{Reason: "other objects are not ours", Text: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"},
	})
	list := "- hosts: all\n  tasks: []\n"
	linttest.Try(t, skipped, []linttest.Case{{Reason: "files of other programs", Text: list, Want: []string{"1 info the document is a list"}}})
	linttest.Try(t, unreadable, []linttest.Case{
		{Reason: "files of other programs", Text: list},
		{Reason: "blanks are missing, which makes one text of it", Text: "apiVersion:v1\nkind:Workload\n", Want: []string{"1 error"}},
	})
	linttest.Try(t, unknownKind, []linttest.Case{
		{Reason: "another version", Text: "apiVersion: carto.run/v1beta1\nkind: Workload\nmetadata: {name: a}\n", Want: []string{`1 warning Carto has no version "carto.run/v1beta1"`}},
		{Reason: "another group", Text: "apiVersion: conventions.carto.run/v1alpha1\nkind: PodIntent\nmetadata: {name: a}\n"},
	})
	long := strings.Repeat("long-", 13) + "name"
	linttest.Try(t, unusableName, []linttest.Case{
		{Reason: "63 characters fit", Text: object("Workload", "{name: "+long[:63]+"}", "{}")},
		{Reason: "64 do not", Text: object("Workload", "{name: "+long[:64]+"}", "{}"), Want: []string{"3 error the name of the Workload has 64 characters"}},
		{Reason: "templates give a label too", Text: object("ClusterRunTemplate", "{name: "+long[:64]+"}", "{template: {kind: A, spec: {}}}"), Want: []string{"3 error"}},
		{Reason: "capitals", Text: object("Workload", "{name: Cart}", "{}"), Want: []string{`3 error the Workload can not be called "Cart"`}},
		{Reason: "dots are fine, and the server makes names of some", Text: object("Workload", "{name: a.b}", "{}") + "---\n" + object("Workload", "{generateName: a-}", "{}")},
		{Reason: "no name", Text: object("Workload", "{namespace: a}", "{}"), Want: []string{"3 error the Workload has no name"}},
		{Reason: "steps", Text: object("ClusterSupplyChain", "{name: a}", `{selector: {a: b}, resources: [{name: "a b", templateRef: {kind: ClusterTemplate, name: a}}, {name: A_b.c, templateRef: {kind: ClusterTemplate, name: b}}]}`), Want: []string{`4 error the step's name "a b"`}},
	})
}
