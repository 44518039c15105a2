package suite

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	someTemplates = `
-- t/supply-chain-templates.yaml --
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: git}
spec:
  urlPath: .status.url
  revisionPath: .status.revision
  template: {apiVersion: shop.example/v1, kind: Repository, metadata: {name: $(workload.metadata.name)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data: {url: $(source.url)$}
`
	fetched = `
-- t/steps.yaml --
version: 1
moments:
- name: nothing is there
  expected:
    conditions: {Ready: Unknown}
    steps:
      run: {object: null}
- observed:
    fetch: {status: {url: here, revision: one}}
  expected:
    conditions:
      Ready: {status: True, reason: Ready}
      ResourcesHealthy: True
    steps:
      fetch: {outputs: {url: here, revision: one}}
      run: {object: run.yaml}
-- t/run.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: cart, namespace: shop}
data: {url: here}
-- t/info.yaml --
compareOptions: {ignoreLabels: true, ignoreOwnerRefs: true}
`
)

// TestExamples runs the tests of the examples, as their readers would.
func TestExamples(t *testing.T) {
	t.Parallel()
	report := runAll(t, os.DirFS("../../docs"), "tests", Options{Parallel: 4})
	if len(report.Tests) < 10 {
		t.Errorf("only %d tests were found", len(report.Tests))
	}
	for _, r := range report.Tests {
		if r.Status != Passed || len(r.Warnings) > 0 {
			t.Errorf("%s: %s %v %v", r.Test, r.Status, r.Failures, r.Warnings)
		}
	}
}

// TestChain: what is expected of each moment is looked at, and what is wrong is told with
// its moment and place.
func TestChain(t *testing.T) {
	t.Parallel()
	base := aWorkload + aChain + someTemplates + fetched
	const other = "-- t/other.yaml --\napiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: cart, namespace: shop, labels: {type: job}}\nspec: {}\n"
	steps := func(text string) string { return base + "-- t/steps.yaml --\nversion: 1\nmoments:\n" + text }
	for _, tc := range []struct {
		reason, text string
		status       Status
		want         []string
	}{
		{"as it should be", base, Passed, nil},
		{"another condition", strings.Replace(base, "Ready: Unknown", "Ready: False", 1), Failed, []string{"t/steps.yaml:4: moment 1 (nothing is there): conditions are not as expected", "5 moments[0].expected.conditions.Ready: Unknown MissingValueAtPath"}},
		{"another reason", strings.Replace(base, "reason: Ready", "reason: Other", 1), Failed, []string{"moment 2: conditions", "12 moments[1].expected.conditions.Ready.reason: True Ready, expected Other"}},
		{"a condition that is not there", steps("- owner: other.yaml\n  expected: {conditions: {ResourcesSubmitted: True}}\n") + other, Failed, []string{"ResourcesSubmitted: there is no such condition; there are: SupplyChainReady, "}},
		{"a condition that is rightly not there", steps("- owner: other.yaml\n  expected: {conditions: {ResourcesSubmitted: null}}\n") + other, Passed, nil},
		{"a condition that no owner has", steps("- expected: {conditions: {Submitted: True}}\n"), Broken, []string{"t/steps.yaml:3: an owner never has the condition Submitted; there are: SupplyChainReady, ResourcesSubmitted, ResourcesHealthy, Ready"}},
		{"a condition that no step has, not even absent", steps("- expected: {steps: {fetch: {conditions: {ResourcesSubmitted: null}}}}\n"), Broken, []string{"t/steps.yaml:3: a step never has the condition ResourcesSubmitted; there are: ResourceSubmitted, Healthy, Ready"}},
		{"a condition that should not be there", strings.Replace(base, "ResourcesHealthy: True", "SupplyChainReady: null", 1), Failed, []string{"SupplyChainReady: True Ready, expected no such condition"}},
		{"another output", strings.Replace(base, "revision: one}}\n      run", "revision: two}}\n      run", 1), Failed, []string{`steps.fetch.outputs.revision: "one", expected "two"`}},
		{"another object", strings.Replace(base, "data: {url: here}", "data: {url: there}", 1), Failed, []string{"the stamped object is not as expected", `4 data.url: "here", expected "there"`}},
		{"an object too many", strings.Replace(base, "run: {object: null}", "fetch: {object: null}", 1), Failed, []string{"step fetch has stamped an object, expected none"}},
		{"an object too few", strings.Replace(base, "run: {object: null}", "run: {object: {a: b}}", 1), Failed, []string{"step run has stamped nothing"}},
		{"nothing is expected", steps("- expected: {}\n"), Failed, []string{"moment 1: nothing is expected of this moment; --update writes what there is"}},
		{"a moment without expectations", steps("- observed: {fetch: {status: {url: here, revision: one}}}\n"), Passed, nil},
		{"what cannot be observed", steps("- observed: {run: {status: {}}}\n"), Failed, []string{"t/steps.yaml:3:", "step run of Workload shop/cart has stamped nothing yet that could be observed: "}},
		{"a step that is observed and is none", steps("- observed: {rnu: {status: {}}}\n"), Broken, []string{"has no step rnu; there are: fetch, run"}},
		{"a step that is expected and is none", steps("- expected: {steps: {rnu: {object: null}}}\n"), Broken, []string{"t/steps.yaml:3: ClusterSupplyChain web has no step rnu"}},
		{"another owner from now on", steps("- expected: {conditions: {Ready: Unknown}}\n- owner: other.yaml\n  expected: {conditions: {SupplyChainReady: {status: False, reason: SupplyChainNotFound}}}\n") +
			other, Passed, nil},
		{"a field that is not known", steps("- expcted: {}\n"), Broken, []string{"t/steps.yaml:3:", `unknown field "moments[0].expcted"`}},
		{"a condition of another form", steps("- expected: {conditions: {Ready: [True]}}\n"), Broken, []string{"t/steps.yaml:3: a condition is a status, or an object of status, reason and message, not [true]"}},
		{"a field of a condition that is not known", steps("- expected: {conditions: {Ready: {state: True}}}\n"), Broken, []string{`t/steps.yaml:3: unknown field "state" of a condition`}},
		{"another version", base + "-- t/steps.yaml --\nversion: 2\nmoments: [{}]\n", Broken, []string{"t/steps.yaml:1: version is 2; the one that there is: 1"}},
		{"no moments", base + "-- t/steps.yaml --\nversion: 1\n", Broken, []string{"there are no moments"}},
		{"an empty file", base + "-- t/steps.yaml --\n", Broken, []string{"t/steps.yaml: is empty"}},
		{"two documents", base + "-- t/steps.yaml --\nversion: 1\n---\nversion: 1\n", Broken, []string{"t/steps.yaml:3: a second document"}},
		{"an expected.yaml beside it", base + "-- t/expected.yaml --\n", Broken, []string{"t holds steps.yaml and expected.yaml; keep one"}},
		{"no chain", aWorkload + fetched, Broken, []string{"no chain is given"}},
		{"a Runnable", base + "-- t/info.yaml --\ngiven: {runnable: r.yaml}\n-- t/r.yaml --\napiVersion: carto.run/v1alpha1\nkind: Runnable\nmetadata: {name: x}\nspec: {runTemplateRef: {name: z}}\n", Broken, []string{"a Runnable goes through no chain"}},
		{"no owner", aChain + someTemplates + fetched, Broken, []string{"no owner is given"}},
		{"a path that leaves the files", steps("- expected: {steps: {fetch: {object: ../../x}}}\n"), Broken, []string{`t/steps.yaml:3: "../../x" leads out`}},
		{"a path of an observed object that leaves the files", steps("- observed: {fetch: /x}\n"), Broken, []string{`t/steps.yaml:3: "/x" leads out`}},
		{"a path of an owner that leaves the files", steps("- owner: ../../x\n"), Broken, []string{`t/steps.yaml:3: "../../x" leads out`}},
		{"an object without a kind", steps("- objects: [{a: b}]\n"), Broken, []string{"t/steps.yaml:3: an observed object needs apiVersion, kind"}},
		{"no object", steps("- objects: [7]\n"), Broken, []string{"this must be an object, or a path to one"}},
		{"a template that would be refused", strings.Replace(base, "  urlPath: .status.url\n", "  urlPath: .status[\n", 1), Failed, []string{"the template would be refused", "t/supply-chain-templates.yaml:5: spec.urlPath"}},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			r := runAll(t, files(tc.text), "t", Options{}).Tests[0]
			said := ""
			for _, f := range r.Failures {
				said += f.Message + "\n"
				for _, d := range f.Differences {
					said += strings.Join([]string{itoa(d.Line), d.Path + ":", d.Message}, " ") + "\n"
				}
			}
			if r.Status != tc.status || r.Kind != KindChain {
				t.Errorf("%s %s, want %s: %s", r.Kind, r.Status, tc.status, said)
			}
			for _, want := range tc.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not in:\n%s", want, said)
				}
			}
		})
	}
}

// TestChainUpdate: an empty expectation is filled, a wrong one corrected where it is wrong,
// and all else stays as a person wrote it.
func TestChainUpdate(t *testing.T) {
	t.Parallel()
	text := aWorkload + aChain + someTemplates + `
-- t/info.yaml --
compareOptions: {ignoreLabels: true, ignoreOwnerRefs: true}
-- t/steps.yaml --
version: 1
moments:

- name: 'nothing is there' # yet
  expected: {}

- observed: {fetch: {status: {url: here, revision: one}}}
  expected:
    conditions:
      Ready: False # wrong
      SupplyChainReady: {status: True, reason: Wrong}
      ResourcesSubmitted: null
    steps:
      fetch:
        outputs: {} # there are some
      run: {object: run.yaml}

- observed: {fetch: {status: {url: here, revision: two}}}
`
	fsys := files(text)
	report := runAll(t, fsys, "t", Options{Update: true})
	if len(report.Edits) != 2 || report.Tests[0].Status != Updated {
		t.Fatalf("%+v", report)
	}
	for _, edit := range report.Edits {
		fsys[edit.Path] = &fstest.MapFile{Data: edit.Content}
	}
	want := `version: 1
moments:

- name: 'nothing is there' # yet
  expected:
    conditions:
      SupplyChainReady: {status: "True", reason: Ready}
      ResourcesSubmitted: {status: Unknown, reason: MissingValueAtPath}
      ResourcesHealthy: {status: Unknown, reason: HealthyConditionRule}
      Ready: {status: Unknown, reason: MissingValueAtPath}
    steps:
      fetch:
        object:
          apiVersion: shop.example/v1
          kind: Repository
          metadata:
            name: cart
            namespace: shop
        conditions:
          Ready: {status: Unknown, reason: MissingValueAtPath}
      run:
        object: null
        conditions:
          Ready: {status: "False", reason: TemplateStampFailure}

- observed: {fetch: {status: {url: here, revision: one}}}
  expected:
    conditions:
      Ready: "True" # wrong
      SupplyChainReady: {status: True, reason: Ready}
      ResourcesSubmitted: {status: "True", reason: ResourceSubmissionComplete}
    steps:
      fetch:
        # there are some
        outputs:
          revision: one
          url: here
      run: {object: run.yaml}

- observed: {fetch: {status: {url: here, revision: two}}}
`
	if got := string(fsys["t/steps.yaml"].Data); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := string(fsys["t/run.yaml"].Data); got != "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cart\n  namespace: shop\ndata:\n  url: here\n" {
		t.Errorf("got\n%s", got)
	}
	if r := runAll(t, fsys, "t", Options{Update: true}).Tests[0]; r.Status != Passed {
		t.Errorf("%+v", r)
	}
}

// TestAnchors: a change behind an anchor would show elsewhere, so it is left to people.
func TestAnchors(t *testing.T) {
	t.Parallel()
	text := aWorkload + aChain + someTemplates + `
-- t/steps.yaml --
version: 1
moments:
- expected: &same {conditions: {Ready: Unknown}}
- observed: {fetch: {status: {url: here, revision: one}}}
  expected: *same
`
	r := runAll(t, files(text), "t", Options{Update: true}).Tests[0]
	if r.Status != Failed || !strings.Contains(r.Failures[0].Message, "cannot rewrite t/steps.yaml: what has to change is an anchor or an alias") {
		t.Errorf("%+v", r)
	}
}
