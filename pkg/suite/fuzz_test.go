package suite

import (
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/carto-run/carto/pkg/stamp"
)

func itoa(n int) string { return strconv.Itoa(n) }

// FuzzInfo: whatever info.yaml says, no file outside of the tests is asked for, and what it
// says is done or refused.
func FuzzInfo(f *testing.F) {
	for _, seed := range []string{
		"focus: true", "expected: ../../x", "given: {template: {path: ../t/template.yaml, yttPath: x}}", "metadata: {name: x}\ncompareOptions: {ignoreMetadata: true, ignoreMetadataFields: [name]}",
		"given: {mockSupplyChain: {blueprintInputs: {sources: {a: {url: x}}, deployment: {url: y}}, blueprintParams: [{name: replicas, value: {a: [1]}}]}}",
		"given: {supplyChain: {paths: [supply-chain.yaml], targetResourceName: run, previousOutputs: {fetch: {source: {url: x}}}}}",
	} {
		f.Add([]byte(seed))
	}
	base := files(aTemplate + aWorkload + anExpected + strings.Replace(aChain, "t/supply-chain", "t/chain", 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys := fstest.MapFS{"t/info.yaml": {Data: data}}
		for name, file := range base {
			fsys[name] = file
		}
		for _, r := range runAll(t, fsys, "t", Options{}).Tests {
			if (r.Status == Passed) != (len(r.Failures) == 0) && r.Status != Skipped {
				t.Errorf("%+v", r)
			}
		}
	})
}

// FuzzSteps: what is written for a steps.yaml that fails passes afterwards.
func FuzzSteps(f *testing.F) {
	for _, seed := range []string{
		"version: 1\nmoments:\n- expected: {}\n", "version: 1\nmoments:\n- observed: {fetch: {status: {url: x, revision: y}}}\n  expected: {conditions: {Ready: False}, steps: {run: {object: {}}}}\n",
		"version: 1\nmoments:\n- expected: {steps: {fetch: {outputs: {url: 1}, conditions: {Healthy: null}}}}\n", "version: 1\nmoments:\n- objects: [{apiVersion: v1, kind: X, metadata: {name: y}}]\n",
		"# a\nversion: 1\n\nmoments:\n  # b\n  - expected: # c\n      conditions:\n        Ready: x # d\n",
	} {
		f.Add([]byte(seed))
	}
	base := files(aWorkload + aChain + someTemplates)
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys := fstest.MapFS{"t/steps.yaml": {Data: data}}
		for name, file := range base {
			fsys[name] = file
		}
		report := runAll(t, fsys, "t", Options{Update: true})
		if report.Tests[0].Status != Updated {
			return
		}
		for _, edit := range report.Edits {
			fsys[edit.Path] = &fstest.MapFile{Data: edit.Content}
		}
		if r := runAll(t, fsys, "t", Options{}).Tests[0]; r.Status != Passed {
			t.Errorf("%+v\n%s", r, fsys["t/steps.yaml"].Data)
		}
	})
}

// FuzzRewrite: a rewritten text means what it should, whatever it looked like.
func FuzzRewrite(f *testing.F) {
	f.Add("a: 1 # x\n\nb: [1, {c: d}]\n", "a: 2\nb: [1, {c: e}, 3]\n")
	f.Add("# x\n---\na:\n  - b\n\n  # y\n  - c\n", "a: [c]\n")
	f.Add("a: {}\n", "a: {b: {c: |\n  x\n}}\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		wanted, err := parseNode([]byte(after))
		if err != nil || len(wanted.Content) != 1 {
			return
		}
		value, err := valueOf(wanted)
		if err != nil {
			return
		}
		written, err := rewrite([]byte(before), func(root *yamlv3.Node) error { return setValue(root, value) })
		if err != nil {
			return
		}
		read, err := parseNode(written)
		if err != nil {
			t.Fatalf("%v\n%q", err, written)
		}
		got, err := valueOf(read)
		if err != nil {
			t.Fatalf("%v\n%q", err, written)
		}
		if found := differences("", stamp.WithoutNulls(value), stamp.WithoutNulls(got)); len(found) > 0 {
			t.Errorf("%v\n%q", found, written)
		}
	})
}
