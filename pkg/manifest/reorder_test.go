package manifest

import (
	"reflect"
	"strings"
	"testing"
)

// TestReorder: items move with their comments, and nothing else does.
func TestReorder(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, text string
		order        []int
		want         string // empty when it can not be done
	}{
		{
			"comments above, beside and below an item are its own; blank lines stay where they are",
			"spec:\n  # all of them\n\n  steps:\n  # the first\n  - name: a # of a\n    x: 1\n    # below a\n\n  # the second\n  # in two lines\n  - name: b\n  - name: c\n    # below c\n# of the end\nnext: 1\n",
			[]int{2, 0, 1},
			"spec:\n  # all of them\n\n  steps:\n  - name: c\n    # below c\n\n  # the first\n  - name: a # of a\n    x: 1\n    # below a\n  # the second\n  # in two lines\n  - name: b\n# of the end\nnext: 1\n",
		},
		{
			"items that are deeper than their list, texts that look like comments, and the end of the file",
			"spec:\n  steps:\n    - name: a\n      text: |\n        # no comment\n        - b\n    -\n      name: b",
			[]int{1, 0},
			"spec:\n  steps:\n    -\n      name: b\n    - name: a\n      text: |\n        # no comment\n        - b\n",
		},
		{"brackets", "spec: {steps: [{name: a}, {name: b}]}\n", []int{1, 0}, ""},
		{"an alias must stay behind its anchor", "spec:\n  steps:\n  - name: &n a\n  - name: *n\n", []int{1, 0}, ""},
		{"blank lines that mean something", "spec:\n  steps:\n  - |+\n    a\n\n  - b\n", []int{1, 0}, ""},
		{"a list in a list", "spec:\n  steps:\n  - - a\n    - b\n", []int{0}, "spec:\n  steps:\n  - - a\n    - b\n"},
		{"no order of these items", "spec:\n  steps:\n  - a\n  - b\n", []int{1, 1}, ""},
	} {
		docs, faults := ParseAll("f.yaml", []byte(tc.text))
		if len(docs) != 1 || len(faults) > 0 {
			t.Fatalf("%s: %v", tc.reason, faults)
		}
		at, text, ok := docs[0].Reorder("spec.steps", tc.order)
		if ok != (tc.want != "") {
			t.Errorf("%s: done is %v", tc.reason, ok)
		}
		if !ok {
			continue
		}
		if got := replaceLines(tc.text, at, text); got != tc.want {
			t.Errorf("%s:\n%s\nwant:\n%s", tc.reason, got, tc.want)
		}
	}
}

// replaceLines replaces a part that begins and ends with whole lines.
func replaceLines(file string, at Range, text string) string {
	lines := strings.Split(file, "\n")
	return strings.Join(append(append(append([]string{}, lines[:at.Start.Line-1]...), text), lines[at.End.Line:]...), "\n")
}

// FuzzReorder: whatever the text, the items are what they were, in the other order, and nothing
// else has changed.
func FuzzReorder(f *testing.F) {
	f.Add("list:\n# a\n- a: 1 # b\n  # c\n\n# d\n- |\n  e\n  # f\n-\n  g\nend: 1\n")
	f.Add("list:\n  - - a\n    - b\n  - {c: d}\n  - >-\n    e\n\n    f\n")
	f.Add("list:\n- \"a\n  b\"\n- c\n# d\n...\n---\nlist: [1]\n")
	f.Fuzz(func(t *testing.T, text string) {
		docs, faults := ParseAll("f.yaml", []byte(text))
		if len(docs) == 0 || len(faults) > 0 || strings.Contains(text, "\r") {
			return
		}
		list, _ := docs[0].Object["list"].([]any)
		order := make([]int, len(list))
		want := make([]any, len(list))
		for i := range order {
			order[i] = len(list) - 1 - i
			want[i] = list[order[i]]
		}
		at, replaced, ok := docs[0].Reorder("list", order)
		if !ok {
			return
		}
		changed := replaceLines(strings.TrimPrefix(text, "\ufeff"), at, replaced)
		again, faults := ParseAll("f.yaml", []byte(changed))
		if len(again) != len(docs) || len(faults) > 0 {
			t.Fatalf("%q became %q, which can not be read: %v", text, changed, faults)
		}
		docs[0].Object["list"] = want
		for i := range docs {
			if !reflect.DeepEqual(again[i].Object, docs[i].Object) {
				t.Errorf("%q became %q, which says %v, not %v", text, changed, again[i].Object, docs[i].Object)
			}
		}
	})
}
