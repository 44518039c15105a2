package yttbody

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carto-run/carto/pkg/lint"
)

// step is a chain whose only step uses the template note, and selects by what is given.
func step(selector, ref string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: web}\nspec:\n  " + selector +
		"\n  resources:\n  - name: step\n    templateRef: {kind: ClusterTemplate, " + ref + "}\n---\n"
}

// TestBodies: what is a fault of a ytt body, and what only looks like one.
func TestBodies(t *testing.T) {
	t.Parallel()
	const byType = "selector: {type: web}"
	for name, tc := range map[string]struct {
		reason, before, body string
		want                 []string // rule, level, line of the body that head begins
	}{
		"good":        {"a body that reads what all owners have", step(byType, "name: note"), "kind: A\nname: #@ data.values.workload.metadata.name", nil},
		"syntax":      {"each fault has its line", "", "kind: A\na: #@ 1 +\nb: #@ )", []string{"YTT001 error 4"}},
		"two names":   {"all names that are not known", "", "kind: A\na: #@ foo\nb: #@ bar", []string{"YTT001 error 3", "YTT001 error 4"}},
		"always":      {"what fails without any value always fails", "", "kind: A\na: #@ 1 + \"a\"", []string{"YTT001 error 3"}},
		"value":       {"what fails with a made-up value may work with others", "", "kind: A\na: #@ data.values.params.n + 1", nil},
		"assert":      {"and so may what a body demands of its values", "", "#@ load(\"@ytt:assert\", \"assert\")\nkind: A\na: #@ data.values.params.n if type(data.values.params.n) == \"int\" else assert.fail(\"no\")", nil},
		"functions":   {"documents of functions are none of the body", "", "#@ def f():\n---\nkind: B\n---\nkind: C\n#@ end\n---\nkind: A\na: #@ str(f())", nil},
		"empty":       {"a body without any document", "", "#@ a = 1", []string{"YTT002 error 0"}},
		"two":         {"the second document is told", "", "kind: A\n---\nkind: B", []string{"YTT002 error 3"}},
		"sometimes":   {"two documents for some owners are as bad", step(byType, "name: note"), "kind: A\n#@ if hasattr(data.values.workload.spec, \"env\"):\n---\nkind: B\n#@ end", []string{"YTT002 error 4"}},
		"nothing":     {"nothing for owners without env", step(byType, "name: note"), "#@ if hasattr(data.values.workload.spec, \"env\"):\n---\nkind: A\n#@ end", []string{"YTT008 warning 0"}},
		"by source":   {"a label may keep owners with another source away", step(byType, "name: note"), "#@ if hasattr(data.values.workload.spec, \"source\"):\n---\nkind: A\n#@ end", []string{"YTT008 info 0"}},
		"never":       {"owners that no selector admits do not count", step(byType+"\n  selectorMatchFields: [{key: spec.source.git.url, operator: Exists}]", "name: note"), "#@ if hasattr(data.values.workload.spec, \"source\"):\n---\nkind: A\n#@ end", nil},
		"by option":   {"nor do those of another option", step(byType, "options: [{name: note, selector: {matchFields: [{key: spec.image, operator: Exists}]}}, {name: other, selector: {matchFields: [{key: spec.source, operator: Exists}]}}]"), "#@ if hasattr(data.values.workload.spec, \"image\"):\n---\nkind: A\n#@ end", nil},
		"by label":    {"labels that a selector asks for are there", step(byType, "name: note"), "kind: A\na: #@ data.values.workload.metadata.labels[\"type\"]", nil},
		"other label": {"others may not be", step(byType, "name: note"), "kind: A\na: #@ data.values.workload.metadata.labels[\"team\"]", []string{"YTT007 warning 3"}},
		"no use":      {"of a body that nobody uses nothing is known", "", "kind: A\na: #@ data.values.workload.metadata.labels[\"team\"]", nil},
		"guarded":     {"what is looked for first", step(byType, "name: note"), "kind: A\n#@ if/end hasattr(data.values.workload.spec, \"env\"):\na: #@ data.values.workload.spec.env\nb: #@ getattr(data.values.workload.spec, \"resources\", None)", nil},
		"source":      {"a label may say where the code is", step(byType, "name: note"), "kind: A\na: #@ data.values.workload.spec.source.git.url", []string{"YTT007 info 3"}},
		"root":        {"values that there are not, unless they are looked for", "", "kind: A\na: #@ data.values.souce.url\nb: #@ hasattr(data.values, \"other\") and data.values.other", []string{"YTT003 error 3"}},
		"load":        {"a module that there is not", "", "#@ load(\"@ytt:datas\", \"datas\")\nkind: A", []string{"YTT005 error 2"}},
		"endless":     {"a loop that does not end", "", "kind: A\n#@ while True:\n#@   a = 1\n#@ end", []string{"YTT004 error 5"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := tc.before + head + "    " + strings.ReplaceAll(tc.body, "\n", "\n    ") + "\n"
			first := strings.Count(tc.before, "\n") + strings.Count(head, "\n") // the line of the load is 1 of the text
			var got []string
			for _, f := range lint.Run(lint.ReadFiles([]lint.File{{Name: "f.yaml", Data: []byte(text)}}), Rules, lint.Options{}).Findings {
				got = append(got, fmt.Sprintf("%s %s %d", f.Rule.ID, f.Level, f.At.Start.Line-first+1))
				t.Logf("%s: %s: %s (%s)", f.At, f.Rule.ID, f.Message, f.Remedy)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
