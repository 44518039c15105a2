package suite

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// now stands still.
func now() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// files of a text in the form of txtar.
func files(text string) fstest.MapFS {
	all := fstest.MapFS{}
	for _, file := range txtar.Parse([]byte(text)).Files {
		all[file.Name] = &fstest.MapFile{Data: file.Data}
	}
	return all
}

func runAll(t *testing.T, fsys fs.FS, dir string, o Options) *Report {
	t.Helper()
	f := Files{FS: fsys}
	tests, err := f.Find(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	o.Now = now
	report, err := f.Run(t.Context(), tests, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestSuites runs the suites of testdata: one in the form of cartotest, with each option
// at least once, and one of what is Carto's own.
func TestSuites(t *testing.T) {
	t.Parallel()
	report := runAll(t, os.DirFS("testdata"), ".", Options{Parallel: 4})
	if len(report.Tests) < 12 {
		t.Errorf("only %d tests were found", len(report.Tests))
	}
	for _, r := range report.Tests {
		if r.Status != Passed || len(r.Warnings) > 0 {
			t.Errorf("%s: %s %v %v", r.Test, r.Status, r.Failures, r.Warnings)
		}
	}
}

// TestSettingsMatter takes each setting of the suites away: a test that passes without it
// would not test it.
func TestSettingsMatter(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ file, old, new string }{
		{"existing/info.yaml", "ignoreOwnerRefs: true", "ignoreOwnerRefs: false"},
		{"existing/workload.yaml", "value: full", "value: other"},
		{"existing/image/info.yaml", "main@sha1:77aa", "other"},
		{"existing/image/params/info.yaml", "value: registry.example/bank", "default: registry.example/other"},
		{"existing/image/no-metadata/info.yaml", "ignoreMetadata: true", "ignoreMetadata: false"},
		{"existing/image/some-metadata/info.yaml", "ignoreLabels: true, ", ""},
		{"existing/image/some-metadata/info.yaml", "ignoreMetadataFields: [annotations], ", ""},
		{"existing/image/some-metadata/expected.yaml", "kind: Workload", "kind: Other"}, // which is inherited as ignored
		{"existing/ytt/info.yaml", "sha256:1b", "sha256:2c"},
		{"existing/ytt/live/template-ytt-values.yaml", "live", "test"},
		{"existing/ytt/trial/info.yaml", "yttPath: ../../../shared/trial-values.yaml", ""},
		{"existing/paths/info.yaml", "template: {path: ../../shared/config-template.yaml}", ""},
		{"existing/paths/info.yaml", "workload: ../../shared/refund.yaml", ""},
		{"existing/paths/info.yaml", "expected: refund-config.yaml", ""},
		{"existing/paths/info.yaml", "config: one", "config: two"},
		{"existing/paths/info.yaml", "namedCMPOptionFuncs: [ConvertNumbersToFloatsDuringComparison]", ""},
		{"existing/chain/supply-chain-ytt-values.yaml", "registry: registry.example/bank", "x: y"},
		{"existing/chain/git/info.yaml", "targetResourceName: fetch", "targetResourceName: build"},
		{"existing/by-paths/info.yaml", ", ../chain/supply-chain-templates.yaml", ", ../image/template.yaml"},
		{"existing/by-paths/info.yaml", "yttPath: ../chain/supply-chain-ytt-values.yaml", ""},
		{"existing/by-paths/info.yaml", "source: {url", "image: {url"},
		{"ours/info.yaml", "ignoreLabels: true", "ignoreLabels: false"},
		{"ours/delivery/deliverable.yaml", "name: pay,", "name: other,"},
		{"ours/delivery/mocked/info.yaml", "resource: deploy", "resource: other"},
		{"ours/delivery/mocked/info.yaml", "name: stage", "name: other"},
		{"ours/run/selected.yaml", "grype", "other"},
		{"ours/run/runnable.yaml", "sha256:1b", "sha256:2c"},
	} {
		t.Run(tc.file+" "+tc.old, func(t *testing.T) {
			t.Parallel()
			fsys := fstest.MapFS{}
			err := fs.WalkDir(os.DirFS("testdata"), ".", func(name string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					var data []byte
					data, err = os.ReadFile(path.Join("testdata", name))
					fsys[name] = &fstest.MapFile{Data: data}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			data := string(fsys[tc.file].Data)
			if !strings.Contains(data, tc.old) {
				t.Fatalf("nothing to take away in\n%s", data)
			}
			fsys[tc.file].Data = []byte(strings.Replace(data, tc.old, tc.new, 1))
			if s := runAll(t, fsys, ".", Options{}).Summary; tc.file != "existing/by-paths/info.yaml" && s.Failed+s.Broken == 0 || s.Passed == 0 {
				t.Errorf("it makes no difference: %+v", s)
			}
		})
	}
}

const (
	aTemplate = `
-- t/template.yaml --
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: app}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data: {replicas: $(params.replicas)$}
  params: [{name: replicas, default: "1"}]
`
	aWorkload = `
-- t/workload.yaml --
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: cart, namespace: shop, labels: {type: web}}
spec: {}
`
	someInfo = `
-- t/info.yaml --
# why
compareOptions: {ignoreMetadata: true}
`
	anExpected = `
-- t/expected.yaml --
# what a person wrote stays
apiVersion: v1
kind: ConfigMap
data:
  replicas: "1" # one is enough
`
	aChain = `
-- t/supply-chain.yaml --
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: run
    sources: [{name: code, resource: fetch}]
    templateRef: {kind: ClusterTemplate, name: app}
`
)

// TestFaults: what is wrong with a test, or with what it tests, is told with its place.
func TestFaults(t *testing.T) {
	t.Parallel()
	base := aTemplate + aWorkload + someInfo + anExpected
	for _, tc := range []struct {
		reason, text string
		status       Status
		want         []string
	}{
		{"as it should be", base, Passed, nil},
		{"another value", strings.Replace(base, `default: "1"`, `default: "2"`, 1), Failed, []string{"the stamped object is not as expected"}},
		{"no template", aWorkload + someInfo + anExpected, Broken, []string{"no template is given"}},
		{"no owner", aTemplate + someInfo + anExpected, Broken, []string{"no owner is given: a workload.yaml, a deliverable.yaml, a runnable.yaml"}},
		{"nothing is expected", aTemplate + aWorkload + someInfo, Broken, []string{"there is no t/expected.yaml", "--update writes it"}},
		{"two owners", base + "-- t/deliverable.yaml --\n", Broken, []string{"t holds several owners: workload.yaml, deliverable.yaml"}},
		{"a field that is not known", base + "-- t/info.yaml --\nfocsu: true\n", Broken, []string{"t/info.yaml:1:", `unknown field "focsu"`}},
		{"the older, flat form", base + "-- t/info.yaml --\nname: x\nblueprintInputs: {}\n", Broken, []string{"t/info.yaml:1:", "t/info.yaml:2:", "older, flat form"}},
		{"a field of another type", base + "-- t/info.yaml --\nfocus: maybe\n", Broken, []string{"t/info.yaml:1: focus: type string where it must be boolean"}},
		{"a field twice", base + "-- t/info.yaml --\nfocus: true\nfocus: false\n", Broken, []string{"t/info.yaml:2:", "already"}},
		{"no YAML", base + "-- t/info.yaml --\na: [\n", Broken, []string{"t/info.yaml:"}},
		{"two documents of settings", base + "-- t/info.yaml --\nfocus: true\n---\nfocus: true\n", Broken, []string{"t/info.yaml:3: a second document"}},
		{"a path that leaves the files", base + "-- t/info.yaml --\nexpected: ../../etc/passwd\n", Broken, []string{"t/info.yaml:1: expected:", "leads out of the files of the tests"}},
		{"an absolute path", base + "-- t/info.yaml --\ngiven:\n  template: {path: /etc/passwd}\n", Broken, []string{"t/info.yaml:2: given.template.path:", "leads out"}},
		{"a path of a chain that leaves", base + "-- t/info.yaml --\ngiven: {supplyChain: {paths: [../../x]}}\n", Broken, []string{"given.supplyChain.paths[0]:", "leads out"}},
		{"a file that is not there", base + "-- t/info.yaml --\ngiven: {workload: nope.yaml}\n", Broken, []string{"cannot read t/nope.yaml"}},
		{"a directory for a file", base + "-- t/info.yaml --\ngiven: {workload: ../t}\n", Broken, []string{"cannot read t: it is a directory; name the files in it"}},
		{"an unknown way to compare", base + "-- t/info.yaml --\ncompareOptions: {namedCMPOptionFuncs: [Nope]}\n", Broken, []string{`"Nope" is not known`, numbersAsFloats}},
		{"a mock and a chain", base + "-- t/info.yaml --\ngiven: {mockSupplyChain: {}, supplyChain: {}}\n", Broken, []string{"given.mockSupplyChain: there is a real supply chain as well"}},
		{"a mock beside the files of a chain", base + aChain + "-- t/info.yaml --\ngiven: {mockSupplyChain: {}}\n", Broken, []string{"there is a real supply chain as well"}},
		{"two owners by path", base + "-- t/info.yaml --\ngiven: {workload: workload.yaml, runnable: x.yaml}\n", Broken, []string{"given.runnable: given.workload names an owner already"}},
		{"an input with two names", base + "-- t/info.yaml --\ngiven: {mockSupplyChain: {blueprintInputs: {images: {a: {image: x, name: b}}}}}\n", Broken, []string{`another name below: "b"`}},
		{"several templates in one file", base + "-- t/template.yaml --\na: b\n---\nc: d\n", Broken, []string{"t/template.yaml holds 2 objects; one is needed"}},
		{"no template of Carto", base + "-- t/template.yaml --\napiVersion: v1\nkind: ConfigMap\n", Broken, []string{"is no template of Carto"}},
		{"a list for a template", base + "-- t/template.yaml --\napiVersion: carto.run/v1alpha1\nkind: WorkloadList\nmetadata: {}\nitems: []\n", Broken, []string{"t/template.yaml:2: carto.run/v1alpha1 has no kind \"WorkloadList\""}},
		{"a kind that there is not", base + "-- t/template.yaml --\napiVersion: carto.run/v1alpha1\nkind: ClusterImagesTemplate\n", Broken, []string{`t/template.yaml:2:`, `no kind "ClusterImagesTemplate"`}},
		{"a misspelled field of the template", strings.Replace(base, "  params:", "  parms:", 1), Broken, []string{"t/template.yaml:10:", `unknown field "spec.parms"`}},
		{"a template that would be refused", strings.Replace(base, "  params:", "  lifecycle: nope\n  healthRule: {}\n  params:", 1), Failed, []string{"the template would be refused", "spec.lifecycle", "spec.healthRule"}},
		{"a namespace in a template", strings.Replace(base, "metadata: {name: $(", "metadata: {namespace: x, name: $(", 1), Failed, []string{"t/template.yaml:8: spec.template.metadata.namespace"}},
		{"a tag that fails", strings.Replace(base, "params.replicas", "params.nope", 1), Failed, []string{"t/template.yaml:9: cannot render ClusterTemplate app", "tag $(params.nope)$"}},
		{"no name", strings.Replace(base, "{name: $(workload.metadata.name)$}", "{generateName: x-}", 1), Failed, []string{"metadata.name is empty"}},
		{"ytt that fails", base + "-- t/template-ytt-values.yaml --\na: [\n", Broken, []string{"cannot read the ytt values"}},
		{"a chain without the template", strings.Replace(base, "t/template.yaml", "t/other.yaml", 1) + aChain + "-- t/info.yaml --\ngiven: {supplyChain: {targetResourceName: run}}\n", Failed, []string{"ClusterTemplate app is not there", "templates that are given: none"}},
		{"a step that is not there", base + aChain + "-- t/info.yaml --\ngiven:\n  supplyChain:\n    targetResourceName: rnu\n", Broken, []string{"t/info.yaml:3:", "has no step rnu; there are: fetch, run"}},
		{"outputs of a step that is not there", base + aChain + "-- t/info.yaml --\ngiven: {supplyChain: {targetResourceName: run, previousOutputs: {fetsch: {image: x}}}}\n", Broken, []string{"has no step fetsch"}},
		{"the step of the template is found", base + aChain, Passed, nil},
		{"an output that is not given", strings.Replace(base, "$(params.replicas)$", "$(source.url)$", 1) + aChain, Failed, []string{"it waits for the output of step fetch", "previousOutputs"}},
		{"another kind of owner", base + aChain + "-- t/info.yaml --\ngiven: {deliverable: d.yaml}\n-- t/d.yaml --\napiVersion: carto.run/v1alpha1\nkind: Deliverable\nmetadata: {name: x}\nspec: {}\n", Broken, []string{"hold no blueprint of a Deliverable"}},
		{"a run template without a Runnable", strings.Replace(strings.Replace(base, "ClusterTemplate", "ClusterRunTemplate", 1), "  params: [{name: replicas, default: \"1\"}]\n", "", 1), Broken, []string{"is for a Runnable"}},
		{"a blueprint that can not work", base + strings.Replace(aChain, "name: run", "name: fetch", 1) + "-- t/info.yaml --\ngiven: {supplyChain: {targetResourceName: fetch}}\n", Failed, []string{"t/supply-chain.yaml:9:", "names of resources must be unique"}},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			report := runAll(t, files(tc.text), "t", Options{})
			if len(report.Tests) != 1 {
				t.Fatalf("%d tests", len(report.Tests))
			}
			r := report.Tests[0]
			said := ""
			for _, f := range r.Failures {
				said += f.Message + "\n"
			}
			if r.Status != tc.status {
				t.Errorf("%s, want %s: %s", r.Status, tc.status, said)
			}
			for _, want := range tc.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not in:\n%s", want, said)
				}
			}
		})
	}
}

// TestChainValues: values for a chain are inherited, and replaced, without its files.
func TestChainValues(t *testing.T) {
	t.Parallel()
	text := aTemplate + aWorkload + strings.Replace(aChain, "metadata: {name: web}", "metadata:\n  name: #@ data.values.name", 1) + `
-- t/supply-chain-ytt-values.yaml --
name: far
-- t/near/supply-chain-ytt-values.yaml --
name: near
-- t/near/expected.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: cart, namespace: shop, labels: {carto.run/supply-chain-name: near}}
-- t/far/expected.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: cart, namespace: shop, labels: {carto.run/supply-chain-name: far}}
`
	text = strings.Replace(text, "-- t/supply-chain.yaml --\n", "-- t/supply-chain.yaml --\n#@ load(\"@ytt:data\", \"data\")\n", 1)
	for _, r := range runAll(t, files(text), "t", Options{}).Tests {
		if len(r.Failures) != 1 || strings.Contains(fmt.Sprint(r.Failures[0].Differences), "supply-chain-name") {
			t.Errorf("%+v", r)
		}
	}
}

// TestUnselected: an owner that its blueprint does not select is stamped all the same.
func TestUnselected(t *testing.T) {
	t.Parallel()
	text := strings.Replace(aTemplate+aWorkload+someInfo+anExpected+aChain, "labels: {type: web}", "labels: {type: job}", 1)
	r := runAll(t, files(text), "t", Options{}).Tests[0]
	if r.Status != Passed || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "does not select the Workload") {
		t.Errorf("%+v", r)
	}
}

// TestDifferences: each has its path, and the line of what was expected.
func TestDifferences(t *testing.T) {
	t.Parallel()
	expected := `
-- t/expected.yaml --
# a comment
apiVersion: v1
kind: ConfigMap
metadata:
  labels:
    shop.example/a: b
data:
  list: [1, {a: 1}]
  replicas: "1"
  text: |
    a
    b
`
	template := strings.Replace(aTemplate, "data: {replicas: $(params.replicas)$}", `data: {replicas: 1, list: [1, {a: 2}, 3], text: "a\nc\n"}`, 1)
	f := runAll(t, files(template+aWorkload+expected), "t", Options{}).Tests[0].Failures[0]
	var got []string
	for _, d := range f.Differences {
		got = append(got, fmt.Sprintf("%d %s: %s", d.Line, d.Path, d.Message))
	}
	for _, want := range []string{
		`8 data.list[1].a: 2, expected 1`, `8 data.list[2]: 3, expected nothing`, `9 data.replicas: 1, expected "1"`, `10 data.text: line 2 is "c", expected "b"`,
		`6 metadata.labels['shop.example/a']: nothing, expected "b"`, `4 metadata.name: "cart", expected nothing`,
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not among\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// TestFind: directories without directories are tests, and settings come from above.
func TestFind(t *testing.T) {
	t.Parallel()
	fsys := files(`
-- readme/README.md --
-- web/workload.yaml --
-- web/supply-chain.yaml --
-- a/info.yaml --
-- a/b/c/x --
-- a/b/.hidden/info.yaml --
-- a/b/d/e/x --
-- e/expected.yaml --
-- s/steps.yaml --
-- z/steps.yaml --
-- z/y/x --
`)
	f := Files{FS: fsys, Show: func(name string) string { return "/" + name }}
	tests, err := f.Find(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, test := range tests {
		names = append(names, test.Name)
	}
	if got := strings.Join(names, " "); got != "/a/b/c /a/b/d/e /e /s /z" {
		t.Error(got)
	}
	if _, err := f.Find(t.Context(), "nope"); err == nil || !strings.Contains(err.Error(), "cannot read /nope") {
		t.Error(err)
	}
}

// TestFocus: a focused test keeps others from running, and only those that are picked count.
func TestFocus(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{}
	for _, name := range []string{"a", "b", "c"} {
		text := strings.ReplaceAll(aTemplate+aWorkload+someInfo+anExpected, "-- t/", "-- t/"+name+"/")
		if name == "b" {
			text = strings.Replace(text, "# why", "focus: true", 1)
		}
		maps.Copy(fsys, files(text))
	}
	statuses := func(o Options) string {
		var all []string
		for _, r := range runAll(t, fsys, "t", o).Tests {
			all = append(all, r.Test+" "+string(r.Status))
		}
		return strings.Join(all, ", ")
	}
	if got := statuses(Options{}); got != "t/a skipped, t/b passed, t/c skipped" {
		t.Error(got)
	}
	if got := statuses(Options{Run: regexp.MustCompile("[ac]$")}); got != "t/a passed, t/c passed" {
		t.Error(got)
	}
}

// TestUpdate: what failing tests expect is rewritten with as few changes as possible, and
// then they pass.
func TestUpdate(t *testing.T) {
	t.Parallel()
	fsys := files(strings.Replace(aTemplate, "data: {replicas: $(params.replicas)$}", "data: {replicas: \"3\", list: [a], on: \"yes\"}", 1) + aWorkload + someInfo + anExpected)
	report := runAll(t, fsys, "t", Options{Update: true})
	if report.Summary.Updated != 1 || len(report.Edits) != 1 || report.Edits[0].Path != "t/expected.yaml" {
		t.Fatalf("%+v", report)
	}
	want := `# what a person wrote stays
apiVersion: v1
kind: ConfigMap
data:
  replicas: "3" # one is enough
  list:
  - a
  "true": "yes"
`
	if got := string(report.Edits[0].Content); got != want {
		t.Errorf("got\n%s", got)
	}
	windows := func(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")) }
	before := fsys["t/expected.yaml"].Data
	fsys["t/expected.yaml"] = &fstest.MapFile{Data: windows(before)}
	if got := runAll(t, fsys, "t", Options{Update: true}).Edits[0].Content; string(got) != string(windows([]byte(want))) {
		t.Errorf("with lines of Windows: got\n%q", got)
	}
	fsys["t/expected.yaml"] = &fstest.MapFile{Data: report.Edits[0].Content}
	if s := runAll(t, fsys, "t", Options{Update: true}).Summary; s.Passed != 1 {
		t.Errorf("%+v", s)
	}
	delete(fsys, "t/expected.yaml")
	report = runAll(t, fsys, "t", Options{Update: true})
	if got := string(report.Edits[0].Content); strings.Contains(got, "metadata") || !strings.Contains(got, "kind: ConfigMap") {
		t.Errorf("what is ignored is not written: %s", got)
	}
}

// TestUpdateShared: tests that share a file and do not agree are told so, and the file
// stays as it is.
func TestUpdateShared(t *testing.T) {
	t.Parallel()
	fsys := files(aTemplate + aWorkload + someInfo + anExpected + "-- t/a/x --\n-- t/b/info.yaml --\ngiven: {mockSupplyChain: {blueprintParams: [{name: replicas, value: \"2\"}]}}\n")
	report := runAll(t, fsys, "t", Options{Update: true})
	if len(report.Edits) > 0 || report.Summary.Passed != 1 || report.Summary.Failed != 1 {
		t.Errorf("%+v", report)
	}
	if said := report.Tests[1].Failures[0].Message; !strings.Contains(said, "t/expected.yaml: tests that share this file expect different objects") {
		t.Error(said)
	}
}
