package ytt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// patched is a template that applies a patch, whose first line is line 3, to the value
// of an expression. The call stands three lines below the patch.
func patched(left, patch string) string {
	return "#@ load(\"@ytt:overlay\", \"overlay\")\n#@ def patch():\n" + patch + "\n#@ end\n---\nout: #@ overlay.apply(" + left + ", patch())\n"
}

func TestOverlayOperations(t *testing.T) {
	for _, c := range []struct{ name, why, left, patch, want string }{
		// 12.3: which left nodes match.
		{
			"map item without match", "items with an equal key match; default is merge, which keeps key and place",
			`{"a": 1, "b": 2}`, `a: 5`,
			"a: 5\nb: 2",
		},
		{
			"keys are typed", "an equal key has the same type: the string 1 is not the int 1",
			`{1: "int", "1": "string"}`, `1: changed`,
			"1: changed\n\"1\": string",
		},
		{
			"map item by string", "the string names a key that both values have, with equal leaves; the left item keeps its key",
			`{"x": {"id": 1}, "z": {"id": 2}}`, "#@overlay/match by=\"id\"\n_:\n  id: 2\n  #@overlay/match missing_ok=True\n  new: 3",
			"x:\n  id: 1\nz:\n  id: 2\n  new: 3",
		},
		{
			"map item by function", "it is called with key, left value, right value",
			`{"a": 1, "b": 2}`, "#@overlay/match by=lambda k, l, r: k == \"b\" and l == 2 and r == 9\n_: 9",
			"a: 1\nb: 9",
		},
		{
			"array item without match", "it matches nothing and expects 0, so merge appends, an equal one too",
			`[1]`, `- 1`,
			"- 1\n- 1",
		},
		{
			"array item without match, but a default", "what expects 0 takes no default",
			`{"l": [1]}`, "#@overlay/match-child-defaults expects=1\nl:\n- 2",
			"l:\n- 1\n- 2",
		},
		{
			"array item without match, removed", "it matches nothing, so nothing is removed",
			`[1]`, "#@overlay/remove\n- 1",
			"- 1",
		},
		{
			"array item by string", "by=\"name\" finds the map with the same name",
			`[{"name": "a"}, {"name": "b", "v": 1}]`, "#@overlay/match by=\"name\"\n- name: b\n  v: 2",
			"- name: a\n- name: b\n  v: 2",
		},
		{
			"by string passes over what is no map", "both values must be maps to be equal",
			`["x", {"name": "b", "v": 1}]`, "#@overlay/match by=\"name\"\n- name: b\n  v: 2",
			"- x\n- name: b\n  v: 2",
		},
		{
			"collections under the key", "only leaves are equal",
			`[{"name": ["b"]}]`, "#@overlay/match by=\"name\", missing_ok=True\n- name: [b]",
			"- name:\n  - b\n- name:\n  - b",
		},
		{
			"array item by function", "it is called with index, left value, right value",
			`[7, 8, 9]`, "#@overlay/match by=lambda i, l, r: i == 1 and l == 8 and r == 0\n- 0",
			"- 7\n- 0\n- 9",
		},
		// 12.1: matchers.
		{"all", "matches everything", `[1, 2]`, "#@overlay/match by=overlay.all, expects=2\n- 0", "- 0\n- 0"},
		{"index", "equals the number", `[1, 2]`, "#@overlay/match by=overlay.index(1)\n- 0", "- 1\n- 0"},
		{"index of a map item", "its first argument is a key, which may be a number", `{5: "a", "b": 1}`, "#@overlay/match by=overlay.index(5)\n_: 0", "5: 0\nb: 1"},
		{"map_key", "like by=\"name\"", `[{"name": "a"}, {"name": "b"}]`, "#@overlay/match by=overlay.map_key(\"name\")\n#@overlay/remove\n- name: a", "- name: b"},
		{
			"subset", "entries of maps recursively; arrays by position, may be shorter",
			`[{"m": {"k": 1, "x": 2}, "l": [1, 2]}, {"m": {"k": 1}, "l": [2, 1]}]`, "#@overlay/match by=overlay.subset({\"m\": {\"k\": 1}, \"l\": [1]})\n#@overlay/remove\n-",
			"- m:\n    k: 1\n  l:\n  - 2\n  - 1",
		},
		{"subset: longer array", "it may be shorter, not longer", `[[1]]`, "#@overlay/match by=overlay.subset([1, 2]), missing_ok=True\n#@overlay/remove\n-", "- - 1"},
		{"subset: leaves", "the int 1 is not the string 1, nor true", `["1", True, 1]`, "#@overlay/match by=overlay.subset(1)\n- found", "- \"1\"\n- true\n- found"},
		{"subset: null", "null equals null", `[1, None]`, "#@overlay/match by=overlay.subset(None)\n- found", "- 1\n- found"},
		{"and_op", "all must match", `[1, 2, 2]`, "#@overlay/match by=overlay.and_op(overlay.subset(2), overlay.index(2))\n- 0", "- 1\n- 2\n- 0"},
		{"or_op", "one must match", `[1, 2, 3]`, "#@overlay/match by=overlay.or_op(overlay.index(0), lambda i, l, r: l == 3), expects=2\n- 0", "- 0\n- 2\n- 0"},
		{"not_op", "the other way round", `[1, 2]`, "#@overlay/match by=overlay.not_op(overlay.index(0))\n- 0", "- 1\n- 0"},
		{"matchers are functions", "code can call them", `[1, 2]`, "#@overlay/match by=lambda i, l, r: overlay.index(1)(i, l, r) and overlay.all(i, l, r) and overlay.subset(2)(i, l, r)\n- 0", "- 1\n- 0"},
		{"matchers see fragments", "a left value of any origin is YAML", `[{"k": [1]}]`, "#@overlay/match by=lambda i, l, r: type(l) == \"yamlfragment\" and type(l[\"k\"]) == type(r[\"k\"])\n- k: #@ [2]", "- k:\n  - 1\n  - 2"},

		// 12.4: how many.
		{"expects a number", "", `[1, 1]`, "#@overlay/match by=overlay.all, expects=2\n#@overlay/remove\n-", "[]"},
		{"expects N+", "N or more", `[1, 1, 1]`, "#@overlay/match by=overlay.all, expects=\"2+\"\n#@overlay/remove\n-", "[]"},
		{"expects a function", "of the count", `[1, 1, 1]`, "#@overlay/match by=overlay.all, expects=lambda n: n == 3\n#@overlay/remove\n-", "[]"},
		{"expects a list", "any of them fits", `[1, 1, 1]`, "#@overlay/match by=overlay.all, expects=[1, \"5+\", lambda n: n == 3]\n#@overlay/remove\n-", "[]"},
		{"missing_ok, missing", "[0, 1] fits 0; merge appends", `{"a": 1}`, "#@overlay/match missing_ok=True\nb: 2", "a: 1\nb: 2"},
		{"missing_ok, there", "[0, 1] fits 1", `{"a": 1}`, "#@overlay/match missing_ok=True\na: 2", "a: 2"},
		{"when fits", "same values as expects", `[1, 1]`, "#@overlay/match by=overlay.all, when=[2]\n- 0", "- 0\n- 0"},
		{"when does not fit", "the node is skipped", `[1, 1]`, "#@overlay/match by=overlay.all, when=\"3+\"\n- 0", "- 1\n- 1"},
		{"when 0", "fits none, and merge appends", `{}`, "#@overlay/match when=0\na: 1", "a: 1"},
		{
			"child defaults", "they reach children of children",
			`{"m": {"k": {}}}`, "#@overlay/match-child-defaults missing_ok=True\nm:\n  k:\n    a: 1\n  b: 2",
			"m:\n  k:\n    a: 1\n  b: 2",
		},
		{
			"child defaults and match", "a child that only says by= has the default",
			`{"l": [1, 1]}`, "#@overlay/match-child-defaults expects=\"1+\"\nl:\n#@overlay/match by=overlay.all\n- 2",
			"l:\n- 2\n- 2",
		},
		{
			"child sets its own defaults", "below it these count",
			`{"m": {"k": {}}}`, "#@overlay/match-child-defaults missing_ok=False\nm:\n  #@overlay/match-child-defaults missing_ok=True\n  k:\n    a: 1",
			"m:\n  k:\n    a: 1",
		},
		{
			"child overrides the same keyword", "its own value counts",
			`{"m": {}}`, "#@overlay/match-child-defaults missing_ok=False\nm:\n  #@overlay/match missing_ok=True\n  a: 1",
			"m:\n  a: 1",
		},
		{"child defaults when", "a child that is missing is skipped", `{"m": {"a": 1}}`, "#@overlay/match-child-defaults when=1\nm:\n  a: 2\n  b: 3", "m:\n  a: 2"},

		// 12.5: merge.
		{"merge, left null", "it takes the value of the right, without its annotations", `{"a": None}`, "a:\n  #@overlay/remove\n  b: 1", "a:\n  b: 1"},
		{"merge maps", "recurses", `{"a": {"b": {"c": 1, "d": 2}}}`, "a:\n  b:\n    c: 5", "a:\n  b:\n    c: 5\n    d: 2"},
		{"merge arrays", "recurses", `{"a": [1]}`, "a:\n- 2", "a:\n- 1\n- 2"},
		{"merge scalar over collection", "the value is replaced", `{"a": {"b": 1}, "c": 2}`, "a: 1", "a: 1\nc: 2"},
		{"merge null over collection", "null is a scalar here", `{"a": {"b": 1}}`, "a:", "a: null"},
		{"merge said outright", "it is the default", `{"a": {"b": 1}}`, "#@overlay/merge\na:\n  b: 2", "a:\n  b: 2"},
		{"merge what an expression made", "maps and arrays of code are merged too", `{"a": {"b": 1, "c": 2}}`, "a: #@ {\"b\": 5}", "a:\n  b: 5\n  c: 2"},
		{"merge appends what it misses", "below it annotations mean nothing", `{}`, "#@overlay/match missing_ok=True\na:\n- b: 1\n  #@overlay/replace\n  c: 2", "a:\n- b: 1\n  c: 2"},
		// Remove.
		{"remove", "", `{"a": 1, "b": 2, "c": 3}`, "#@overlay/remove\nb:", "a: 1\nc: 3"},
		{"remove several", "", `[1, 2, 3, 4]`, "#@overlay/match by=lambda i, l, r: l % 2 == 0, expects=2\n#@overlay/remove\n-", "- 1\n- 3"},
		{"remove nothing", "allowed when the count is", `{"a": 1}`, "#@overlay/match missing_ok=True\n#@overlay/remove\nb:", "a: 1"},
		{"remove the last", "an empty map stays", `{"a": {"b": 1}}`, "a:\n  #@overlay/remove\n  b:", "a: {}"},
		{"null items", "matchers get None", `[1, 2]`, "#@overlay/match by=lambda i, l, r: r == None and l == 2\n#@overlay/remove\n-", "- 1"},
		// Replace.
		{"replace", "no merge, whatever the kinds", `{"a": {"b": 1}, "c": 1}`, "#@overlay/replace\na: [2]", "a:\n- 2\nc: 1"},
		{"replace takes the right key", "in the place of the left", `{"a": 1, "b": 2}`, "#@overlay/match by=lambda k, l, r: k == \"a\"\n#@overlay/replace\nnew: 3", "new: 3\nb: 2"},
		{"replace via", "the function makes the value", `{"a": 1}`, "#@overlay/replace via=lambda l, r: l + r\na: 2", "a: 3"},
		{"replace via, structured", "it returns any value", `{"a": {"b": 1}}`, "#@overlay/replace via=lambda l, r: {\"was\": l, \"is\": r, \"list\": [l[\"b\"]]}\na:\n  c: 2", "a:\n  was:\n    b: 1\n  is:\n    c: 2\n  list:\n  - 1"},
		{"replace nothing", "without or_add nothing is added", `{"a": 1}`, "#@overlay/match missing_ok=True\n#@overlay/replace\nb: 2", "a: 1"},
		{"replace or_add", "appends when nothing matched", `{"a": 1}`, "#@overlay/match missing_ok=True\n#@overlay/replace or_add=True\nb: 2", "a: 1\nb: 2"},
		{"replace or_add via", "the left value is None then", `{"a": 1}`, "#@overlay/match missing_ok=True\n#@overlay/replace or_add=True, via=lambda l, r: [l, r]\nb: 2", "a: 1\nb:\n- null\n- 2"},
		{"replace or_add, matched", "adds nothing then", `{"a": 1}`, "#@overlay/match missing_ok=True\n#@overlay/replace or_add=True\na: 2", "a: 2"},
		// Insert.
		{"insert before", "", `["a", "b"]`, "#@overlay/match by=overlay.index(1)\n#@overlay/insert before=True\n- x", "- a\n- x\n- b"},
		{"insert both", "a copy beside each match", `["a", "b"]`, "#@overlay/match by=overlay.all, expects=2\n#@overlay/insert before=True, after=True\n- x", "- x\n- a\n- x\n- x\n- b\n- x"},
		{"insert via", "as with replace", `[1, 2]`, "#@overlay/match by=overlay.all, expects=2\n#@overlay/insert after=True, via=lambda l, r: l * r\n- 10", "- 1\n- 10\n- 2\n- 20"},
		{
			"inserted copies are apart", "editing one leaves the other alone",
			`[{"k": 0}]`, "#@overlay/match by=overlay.all\n#@overlay/insert before=True, after=True\n- k: 1\n#@overlay/match by=overlay.index(0)\n- k: 2",
			"- k: 2\n- k: 0\n- k: 1",
		},
		// Append.
		{"append", "needs no match, and takes no notice of equal items", `[1]`, "#@overlay/append\n- 1", "- 1\n- 1"},
		// Assert.
		{"assert", "the right must be a subset of the left; then its items are handled", `{"a": {"b": 1, "c": 2}}`, "#@overlay/assert\na:\n  b: 1", "a:\n  b: 1\n  c: 2"},
		{"assert recurses", "operations below it run", `{"a": {"b": 1, "c": 2}}`, "#@overlay/assert via=lambda l, r: None\na:\n  #@overlay/remove\n  b:", "a:\n  c: 2"},
		{"assert via True", "a scalar has nothing to recurse into: the left value stays", `{"a": 5}`, "#@overlay/assert via=lambda l, r: l > r\na: 1", "a: 5"},
		{"assert via with a message", "which is not needed when it holds", `{"a": 5}`, "#@overlay/assert via=lambda l, r: (True, \"no\")\na: 1", "a: 5"},
		{"assert on nothing", "when none is allowed", `{}`, "#@overlay/match missing_ok=True\n#@overlay/assert\na: 1", "{}"},
		// All.
		{"in order", "each right item sees what those before it made", `[1]`, "- 2\n#@overlay/match by=overlay.subset(2)\n- 3", "- 1\n- 3"},
		{"annotations are removed", "applying the result again means nothing but merging it", `overlay.apply({"a": 1}, patch())`, "#@overlay/match missing_ok=True\nb: 2", "a: 1\nb: 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := render(patched(c.left, c.patch), nil)
			if err != nil {
				t.Fatalf("%s: %v", c.why, err)
			}
			want := "out:\n" + indented(c.want)
			if strings.HasPrefix(c.want, "- ") { // arrays are not indented
				want = "out:\n" + c.want + "\n"
			} else if c.want == "[]" || c.want == "{}" {
				want = "out: " + c.want + "\n"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(text, "\n", "\n  ") + "\n"
}

func TestOverlayApply(t *testing.T) {
	const load = "#@ load(\"@ytt:overlay\", \"overlay\")\n#@ load(\"@ytt:data\", \"data\")\n#@ load(\"@ytt:template\", \"template\")\n#@ load(\"@ytt:yaml\", \"yaml\")\n"
	for _, c := range []struct{ name, why, template, want string }{
		{
			"only a left value", "at least one argument is enough; the result is a fragment",
			`out: #@ type(overlay.apply({"a": 1}))`,
			"out: yamlfragment\n",
		},
		{
			"several right values", "each is applied to the result so far",
			`out: #@ overlay.apply({"a": 1, "b": 2}, {"a": 3}, {"b": 4})`,
			"out:\n  a: 3\n  b: 4\n",
		},
		{
			"a struct on the left", "data.values are a typical left value",
			"#@ def patch():\nname: new\n#@ end\nout: #@ overlay.apply(data.values.config, patch())\nwas: #@ data.values.config",
			"out:\n  name: new\n  size: 1\nwas:\n  name: old\n  size: 1\n",
		},
		{
			"the left side stays", "it is copied, not edited",
			"#@ def left():\na:\n  b: [1]\n#@ end\n#@ def patch():\na:\n  b:\n  #@overlay/match by=overlay.all\n  - 2\n#@ end\n#@ l = left()\nout: #@ overlay.apply(l, patch())\nwas: #@ l",
			"out:\n  a:\n    b:\n    - 2\nwas:\n  a:\n    b:\n    - 1\n",
		},
		{
			"the right side stays", "what is taken from it can be edited in the result alone",
			"#@ def right():\n#@overlay/match missing_ok=True\na:\n  b: 1\n#@ end\n#@ def more():\na:\n  b: 2\n#@ end\n#@ r = right()\nout: #@ overlay.apply({}, r, more())\nwas: #@ r",
			"out:\n  a:\n    b: 2\nwas:\n  a:\n    b: 1\n",
		},
		{
			"what a matcher keeps stays", "a fragment never changes",
			"#@ seen = []\n#@ def patch():\n#@overlay/match by=lambda i, l, r: seen.append(l) == None\n- k: 2\n#@overlay/match by=overlay.all\n- k: 3\n#@ end\n---\nout: #@ overlay.apply([{\"k\": 1}], patch())\nseen: #@ seen",
			"out:\n- k: 3\nseen:\n- k: 1\n",
		},
		{
			"an empty fragment on the right", "a function that makes no YAML changes nothing",
			"#@ def patch():\n#@ if False:\na: 2\n#@ end\n#@ end\nout: #@ overlay.apply({\"a\": 1}, patch())",
			"out:\n  a: 1\n",
		},
		{
			"an empty fragment on the left", "a left value that is null takes the right one",
			"#@ def left():\n#@ if False:\na: 2\n#@ end\n#@ end\n#@ def patch():\n#@overlay/remove\na: 1\n#@ end\nout: #@ overlay.apply(left(), patch())\nnone: #@ overlay.apply(None, patch())",
			"out:\n  a: 1\nnone:\n  a: 1\n",
		},
		{
			"nothing at all", "no value, no items",
			"#@ def left():\n#@ if False:\na: 2\n#@ end\n#@ end\nout: #@ overlay.apply(left(), left())",
			"out: null\n",
		},
		{
			"results are fragments all the way", "as the original makes YAML of both sides",
			`out: #@ type(overlay.apply({"a": {"b": 1}})["a"])`,
			"out: yamlfragment\n",
		},
		{
			"annotations that are for others stay", "only those of overlays are removed",
			"#@ def patch():\n#@overlay/match missing_ok=True\n#@yaml/map-key-override\na: 2\n#@ end\n_: #@ template.replace({\"a\": 1})\n__: #@ template.replace(overlay.apply({}, patch()))",
			"a: 2\n",
		},
		{
			"result items keep no meaning", "documents of a result are no overlays",
			"#@ def left():\n---\na: 1\n#@ end\n#@ def patch():\n#@overlay/match by=overlay.subset({\"none\": 1}), missing_ok=True\n---\nb: 2\n#@ end\n--- #@ template.replace(overlay.apply(left(), patch()))",
			"a: 1\n---\nb: 2\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := render(load+c.template+"\n", map[string]any{"config": map[string]any{"name": "old", "size": 1.0}})
			if err != nil {
				t.Fatalf("%s: %v", c.why, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
}

// Document sets on both sides. The left one has documents a, an empty one, and b.
func TestOverlayOfDocumentSets(t *testing.T) {
	const before = `#@ load("@ytt:overlay", "overlay")
#@ load("@ytt:yaml", "yaml")
#@ def left():
---
kind: A
v: 1
---
kind: B
v: 2
#@ end
#@ def patch():
`
	const after = "\n#@ end\n---\nout: #@ yaml.encode(overlay.apply(left(), patch()))\n"
	for _, c := range []struct{ name, why, patch, want string }{
		{"merge", "by= is a function", "#@overlay/match by=overlay.subset({\"kind\": \"B\"})\n---\nv: 3", "kind: A\nv: 1\n---\nkind: B\nv: 3\n"},
		{"index", "counts over all documents", "#@overlay/match by=overlay.index(0)\n---\nv: 3", "kind: A\nv: 3\n---\nkind: B\nv: 2\n"},
		{"function", "gets index, left and right value", "#@overlay/match by=lambda i, l, r: [i, l[\"kind\"], r[\"v\"]] == [1, \"B\", 3]\n---\nv: 3", "kind: A\nv: 1\n---\nkind: B\nv: 3\n"},
		{"remove", "", "#@overlay/match by=overlay.index(0)\n#@overlay/remove\n---", "kind: B\nv: 2\n"},
		{"replace", "the whole document", "#@overlay/match by=overlay.index(0)\n#@overlay/replace\n---\nnew: 1", "new: 1\n---\nkind: B\nv: 2\n"},
		{"replace by a scalar", "a scalar is a value of a document, too", "#@overlay/match by=overlay.index(0)\n--- text", "text\n---\nkind: B\nv: 2\n"},
		{"insert", "documents have an order", "#@overlay/match by=overlay.index(0)\n#@overlay/insert before=True\n---\nnew: 1", "new: 1\n---\nkind: A\nv: 1\n---\nkind: B\nv: 2\n"},
		{"append", "needs no match", "#@overlay/append\n---\nnew: 1", "kind: A\nv: 1\n---\nkind: B\nv: 2\n---\nnew: 1\n"},
		{"assert", "", "#@overlay/match by=overlay.index(0)\n#@overlay/assert\n---\nv: 1", "kind: A\nv: 1\n---\nkind: B\nv: 2\n"},
		{"no match", "allowed, so merge appends", "#@overlay/match by=overlay.subset({\"kind\": \"C\"}), missing_ok=True\n---\nkind: C", "kind: A\nv: 1\n---\nkind: B\nv: 2\n---\nkind: C\n"},
		{"child defaults", "of a document reach its items", "#@overlay/match by=overlay.index(0)\n#@overlay/match-child-defaults missing_ok=True\n---\nnew: 1", "kind: A\nv: 1\nnew: 1\n---\nkind: B\nv: 2\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := render(before+c.patch+after, nil)
			if err != nil {
				t.Fatalf("%s: %v", c.why, err)
			}
			if diff := cmp.Diff("out: |\n"+strings.TrimRight(indented(strings.TrimSuffix(c.want, "\n")), "\n")+"\n", got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
}

// Errors of overlay.apply point at the call, and name the items on the way to the fault
// with their lines.
func TestOverlayErrors(t *testing.T) {
	for _, c := range []struct {
		name, left, patch string
		message           string // begins with overlay.apply: and an item
	}{
		// 12.7 and 12.4.
		{
			"no match", `{"a": {"l": [1]}}`, "a:\n  l:\n  #@overlay/match by=overlay.index(4)\n  - 2",
			`Map item (key 'a') on line 3: Map item (key 'l') on line 4: Array item on line 6: expected the number of matching left array items to be 1, but it was 0 (hint: #@overlay/match missing_ok=True allows that)`,
		},
		{
			"too many", `[1, 2]`, "#@overlay/match by=overlay.all\n- 0",
			`Array item on line 4: expected the number of matching left array items to be 1, but it was 2 (hint: #@overlay/match expects="1+" takes all of them)`,
		},
		{
			"another number", `{"a": 1}`, "#@overlay/match by=overlay.all, expects=2\n_: 0",
			`Map item (key '_') on line 4: expected the number of matching left map items to be 2, but it was 1`,
		},
		{
			"none of a list", `[]`, "#@overlay/match by=overlay.all, expects=[1, \"3+\"]\n- 0",
			`Array item on line 4: expected the number of matching left array items to be one of (1, 3 or more), but it was 0`,
		},
		{
			"missing_ok with two", `[1, 2]`, "#@overlay/match by=overlay.all, missing_ok=True\n- 0",
			`Array item on line 4: expected the number of matching left array items to be one of (0, 1), but it was 2`,
		},
		{
			"missing_ok=False", `{}`, "#@overlay/match missing_ok=False\na: 0",
			`Map item (key 'a') on line 4: expected the number of matching left map items to be 1, but it was 0`,
		},
		{
			"a function that does not accept", `[]`, "#@overlay/match by=overlay.all, expects=lambda n: n > 0\n- 0",
			`Array item on line 4: expected the number of matching left array items to be what lambda accepts, but it was 0`,
		},
		{
			"two of the three", `{}`, "#@overlay/match expects=1, when=1\na: 0",
			`Map item (key 'a') on line 4: expects= and when= can not stand together (those that match-child-defaults hands down count)`,
		},
		{
			"expects below a default missing_ok", `{"m": {"a": 1}}`, "#@overlay/match-child-defaults missing_ok=True\nm:\n  #@overlay/match expects=1\n  a: 0",
			`Map item (key 'm') on line 4: Map item (key 'a') on line 6: expects= and missing_ok= can not stand together (those that match-child-defaults hands down count)`,
		},
		{
			"two in the defaults", `{"m": {}}`, "#@overlay/match-child-defaults missing_ok=True, expects=1\nm: {}",
			`Map item (key 'm') on line 4: overlay/match-child-defaults: expects= and missing_ok= can not stand together (those that match-child-defaults hands down count)`,
		},
		// 12.2.
		{
			"two operations", `{"a": 1}`, "#@overlay/merge\n#@overlay/remove\na: 1",
			`Map item (key 'a') on line 5: two operations, overlay/merge and overlay/remove: an item takes one`,
		},
		{
			"insert of a map item", `{"a": 1}`, "#@overlay/insert before=True\na: 1",
			`Map item (key 'a') on line 4: overlay/insert is for array items and documents (hint: a map item that the left map may lack takes #@overlay/match missing_ok=True)`,
		},
		{
			"append of a map item", `{"a": 1}`, "#@overlay/append\na: 1",
			`Map item (key 'a') on line 4: overlay/append is for array items and documents (hint: a map item that the left map may lack takes #@overlay/match missing_ok=True)`,
		},
		// 12.3.
		{
			"array item without by", `[1]`, "#@overlay/match missing_ok=True\n- 1",
			`Array item on line 4: overlay/match needs by= on an array item (hint: by="name", by=overlay.index(0), by=overlay.subset({...}), or a function)`,
		},
		{
			"by of a wrong type", `[1]`, "#@overlay/match by=1\n- 1",
			`Array item on line 4: by= is the name of a map key or a function, not a int`,
		},
		{
			"by None", `{"a": 1}`, "#@overlay/match by=None\na: 1",
			`Map item (key 'a') on line 4: by= is the name of a map key or a function, not a NoneType`,
		},
		{
			"matcher returns no bool", `[1]`, "#@overlay/match by=lambda i, l, r: 1\n- 1",
			`Array item on line 4: the matcher lambda returned a int, not True or False`,
		},
		{
			"map without the key, left", `[{"name": "a"}, {"nme": "b"}]`, "#@overlay/match by=\"name\"\n- name: a",
			`Array item on line 4: a left map has no key 'name' to match by`,
		},
		{
			"map without the key, right", `[{"name": "a"}]`, "#@overlay/match by=\"name\"\n- nme: a",
			`Array item on line 4: the right map has no key 'name' to match by`,
		},
		{
			"by a key of what is no map", `[{"name": "a"}]`, "#@overlay/match by=\"name\"\n#@overlay/remove\n-",
			`Array item on line 5: to match by the key 'name' the right value must be a map, and is null`,
		},
		// 12.5.
		{
			"kinds differ", `{"a": "x"}`, "a:\n  b: 1",
			`Map item (key 'a') on line 3: expected map, was string (hint: #@overlay/replace takes the right value whatever the left one is)`,
		},
		{
			"array over map", `{"a": {}}`, "a: [1]",
			`Map item (key 'a') on line 3: expected array, was map (hint: #@overlay/replace takes the right value whatever the left one is)`,
		},
		{
			"replace via no function", `{"a": 1}`, "#@overlay/replace via=1\na: 2",
			`Map item (key 'a') on line 4: via= is a function, not a int`,
		},
		{
			"replace via returns a function", `{"a": 1}`, "#@overlay/replace via=lambda l, r: len\na: 2",
			`Map item (key 'a') on line 4: what lambda of via= returned: a value of type builtin_function_or_method is no YAML value`,
		},
		{
			"replace makes a key twice", `{"old1": 1, "old2": 2}`, "#@overlay/match by=overlay.all, expects=2\n#@overlay/replace\nnew: 3",
			`Map item (key 'new') on line 5: the left map would have the key 'new' twice (hint: it has that key already, or several items matched; let by= choose the item to replace)`,
		},
		{
			"or_add of no bool", `{"a": 1}`, "#@overlay/replace or_add=1\na: 2",
			`Map item (key 'a') on line 4: or_add= is True or False, not a int`,
		},
		{
			"insert with no bool", `[1]`, "#@overlay/match by=overlay.all\n#@overlay/insert before=1\n- 2",
			`Array item on line 5: before= is True or False, not a int`,
		},
		{
			"insert via no function", `[1]`, "#@overlay/match by=overlay.all\n#@overlay/insert after=True, via=1\n- 2",
			`Array item on line 5: via= is a function, not a int`,
		},
		{
			"an added key that is there", `{"a": {"id": 1}}`, "#@overlay/match by=overlay.subset({\"id\": 2}), missing_ok=True\na: 2",
			`Map item (key 'a') on line 4: the left map would have the key 'a' twice (hint: it has that key already, or several items matched; let by= choose the item to replace)`,
		},
		{
			"child defaults of a wrong keyword", `{"a": {}}`, "#@overlay/match-child-defaults by=\"x\"\na: {}",
			`Map item (key 'a') on line 4: overlay/match-child-defaults has no keyword by= (hint: it takes expects=, missing_ok=, when=)`,
		},
		{
			"insert nowhere", `[1]`, "#@overlay/match by=overlay.all\n#@overlay/insert via=lambda l, r: l\n- 2",
			`Array item on line 5: overlay/insert does not say where (hint: before=True, after=True, or both)`,
		},
		{
			"assert", `{"a": {"b": [1, 2]}}`, "#@overlay/assert\na:\n  b:\n  - 1\n  - 3",
			`Map item (key 'a') on line 4: assertion failed: at .b[1] the left value is 2, the right one 3`,
		},
		{
			"assert what is missing", `{"a": {"b": {}}}`, "#@overlay/assert\na:\n  b:\n    c: 1",
			`Map item (key 'a') on line 4: assertion failed: the left map lacks .b.c`,
		},
		{
			"assert via False", `{"a": 1}`, "#@overlay/assert via=lambda l, r: False\na: 2",
			`Map item (key 'a') on line 4: assertion failed: lambda returned False`,
		},
		{
			"assert via a message", `{"a": 1}`, "#@overlay/assert via=lambda l, r: (l > r, \"too small\")\na: 2",
			`Map item (key 'a') on line 4: assertion failed: too small`,
		},
		{
			"assert via something else", `{"a": 1}`, "#@overlay/assert via=lambda l, r: \"yes\"\na: 2",
			`Map item (key 'a') on line 4: the function lambda of via= returned neither None nor True or False, nor one of these with a message`,
		},
		// Annotations.
		{
			"unknown annotation", `{"a": 1}`, "#@overlay/mtch missing_ok=True\na: 2",
			`Map item (key 'a') on line 4: unknown annotation overlay/mtch (hint: there are overlay/append, overlay/assert, overlay/insert, overlay/match, overlay/match-child-defaults, overlay/merge, overlay/remove, overlay/replace)`,
		},
		{
			"unknown annotation where nothing meets it", `{"a": None}`, "a:\n  #@overlay/delete\n  b: 2",
			`Map item (key 'a') on line 3: Map item (key 'b') on line 5: unknown annotation overlay/delete (hint: there are overlay/append, overlay/assert, overlay/insert, overlay/match, overlay/match-child-defaults, overlay/merge, overlay/remove, overlay/replace)`,
		},
		{
			"annotation twice", `{"a": 1}`, "#@overlay/match expects=1\n#@overlay/match by=overlay.all\na: 2",
			`Map item (key 'a') on line 5: the annotation overlay/match comes twice: write its keywords in one`,
		},
		{
			"unknown keyword", `{"a": 1}`, "#@overlay/match expect=1\na: 2",
			`Map item (key 'a') on line 4: overlay/match has no keyword expect= (hint: it takes by=, expects=, missing_ok=, when=)`,
		},
		{
			"keyword of an annotation without", `{"a": 1}`, "#@overlay/remove via=1\na: 2",
			`Map item (key 'a') on line 4: overlay/remove has no keyword via= (hint: it takes none)`,
		},
		{
			"keyword twice", `{"a": 1}`, "#@overlay/match expects=1, **{\"expects\": 2}\na: 2",
			`Map item (key 'a') on line 4: overlay/match has the keyword expects= twice`,
		},
		{
			"argument without a name", `{"a": 1}`, "#@overlay/match \"a\"\na: 2",
			`Map item (key 'a') on line 4: overlay/match takes no arguments without a name (hint: it takes by=, expects=, missing_ok=, when=)`,
		},
		{
			"expects of a wrong type", `{"a": 1}`, "#@overlay/match expects=True\na: 2",
			`Map item (key 'a') on line 4: expects= is a number, a string such as "1+", a function, or a list of these, not a bool`,
		},
		{
			"expects a text", `{"a": 1}`, "#@overlay/match expects=\"2\"\na: 2",
			`Map item (key 'a') on line 4: expects="2" is no number of matches (hint: "1+" means one or more)`,
		},
		{
			"expects a list of lists", `{"a": 1}`, "#@overlay/match expects=[[1]]\na: 2",
			`Map item (key 'a') on line 4: expects= is a number, a string such as "1+", a function, or a list of these, not a list`,
		},
		{
			"expects a function of no bool", `{"a": 1}`, "#@overlay/match expects=lambda n: n\na: 2",
			`Map item (key 'a') on line 4: the function lambda of expects= returned a int, not True or False`,
		},
		{
			"missing_ok of no bool", `{"a": 1}`, "#@overlay/match missing_ok=1\na: 2",
			`Map item (key 'a') on line 4: missing_ok= is True or False, not a int`,
		},
		{
			"when of a wrong type", `{"a": 1}`, "#@overlay/match when=None\na: 2",
			`Map item (key 'a') on line 4: when= is a number, a string such as "1+", a function, or a list of these, not a NoneType`,
		},
		// Arguments.
		{"scalar on the left", `"x"`, "a: 1", `the left value: expected a map, array or document set, was string`},
		{"function on the left", `len`, "a: 1", `the left value: a value of type builtin_function_or_method is no YAML value`},
		{"array on the left", `[1]`, "a: 1", `expected map, was array`},
		{"documents on the right", `{"a": 1}`, "---\na: 1", `expected document set, was map (hint: the overlay begins with ---, so it wants documents on the left; write it without ---)`},
		{"None on the right", `{"a": 1}, None`, "a: 1", `argument 2: None can not be applied (hint: does the function return before its YAML?)`},
		{"scalar on the right", `{"a": 1}, 7`, "a: 1", `argument 2: expected a map, array or document set, was integer`},
		{"function on the right", `{"a": 1}, patch`, "a: 1", `argument 2: a value of type function is no YAML value`},
		{"dict that lacks lines", `{"a": 1}, {"b": 1}`, "a: 1", `Map item (key 'b'): expected the number of matching left map items to be 1, but it was 0 (hint: #@overlay/match missing_ok=True allows that)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			template := patched(c.left, c.patch)
			got, err := render(template, nil)
			var failed *Error
			if !errors.As(err, &failed) {
				t.Fatalf("want an error, got %v and\n%s", err, got)
			}
			if diff := cmp.Diff("overlay.apply: "+c.message, failed.Problems[0].Message); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if lines := linesOf(failed); !slices.Equal(lines, []int{strings.Count(c.patch, "\n") + 6}) {
				t.Errorf("lines %v, want that of the call:\n%v", lines, err)
			}
		})
	}
}

func TestOverlayErrorsElsewhere(t *testing.T) {
	for _, c := range []struct {
		name, why, template string
		lines               []int
		mentions            string
	}{
		{
			"left lines", "the lines that matched are listed",
			"#@ load(\"@ytt:overlay\", \"overlay\")\n#@ def left():\n- 1\n- 2\n- 1\n#@ end\n---\n#@ def patch():\n#@overlay/match by=overlay.subset(1)\n- 0\n#@ end\n---\nout: #@ overlay.apply(left(), patch())\n",
			[]int{13}, "Array item on line 10: expected the number of matching left array items to be 1, but it was 2 (lines: 3, 5)",
		},
		{
			"left line of a fault", "what a matcher can not take is named",
			"#@ load(\"@ytt:overlay\", \"overlay\")\n#@ def left():\n- name: 1\n- nme: 2\n#@ end\n---\n#@ def patch():\n#@overlay/match by=\"name\"\n- name: 2\n#@ end\n---\nout: #@ overlay.apply(left(), patch())\n",
			[]int{12}, "Array item on line 9: a left map has no key 'name' to match by (on the left: line 4)",
		},
		{
			"matcher fails", "the error of code is passed on as it is, with its frames",
			"#@ load(\"@ytt:overlay\", \"overlay\")\n#@ def broken(i, left, right):\n#@   return left + \"x\"\n#@ end\n#@ def patch():\n#@overlay/match by=broken\n- 0\n#@ end\n---\nout: #@ overlay.apply([1], patch())\n",
			[]int{3, 10}, "- unknown binary op: int + string\n    in broken\n",
		},
		{
			"matcher inside and_op fails", "the same, through matchers of the module",
			"#@ load(\"@ytt:overlay\", \"overlay\")\n#@ broken = lambda i, l, r: l + \"x\"\n#@ def patch():\n#@overlay/match by=overlay.not_op(overlay.and_op(overlay.all, broken))\n- 0\n#@ end\n---\nout: #@ overlay.apply([1], patch())\n",
			[]int{2, 8}, "- unknown binary op: int + string\n    in lambda\n",
		},
		{
			"matcher of the wrong arity", "is an error of its call",
			"#@ load(\"@ytt:overlay\", \"overlay\")\n#@ def patch():\n#@overlay/match by=lambda l: True\n- 0\n#@ end\n---\nout: #@ overlay.apply([1], patch())\n",
			[]int{3, 7}, "lambda accepts 1 positional argument",
		},
		{
			"via fails", "",
			"#@ load(\"@ytt:overlay\", \"overlay\")\n#@ load(\"@ytt:assert\", \"assert\")\n#@ def patch():\n#@overlay/replace via=lambda l, r: assert.fail(\"not this\")\na: 0\n#@ end\nout: #@ overlay.apply({\"a\": 1}, patch())\n",
			[]int{4, 7}, "- fail: not this\n",
		},
		{
			"no arguments", "",
			"#@ load(\"@ytt:overlay\", \"overlay\")\nout: #@ overlay.apply()\n",
			[]int{2}, "overlay.apply: want the left value",
		},
		{
			"keywords", "",
			"#@ load(\"@ytt:overlay\", \"overlay\")\nout: #@ overlay.apply({}, right={})\n",
			[]int{2}, "overlay.apply: want the left value",
		},
		{
			"documents on the left alone", "",
			"#@ load(\"@ytt:overlay\", \"overlay\")\n#@ def left():\n---\na: 1\n#@ end\n---\nout: #@ overlay.apply(left(), {\"a\": 1})\n",
			[]int{7}, "overlay.apply: expected map, was document set (hint: the left value holds documents; begin the overlay with --- and #@overlay/match by=...)",
		},
		{
			"a document without match", "by= is required",
			"#@ load(\"@ytt:overlay\", \"overlay\")\n#@ def docs():\n---\na: 1\n#@ end\n---\nout: #@ overlay.apply(docs(), docs())\n",
			[]int{7}, "overlay.apply: Document on line 3: it does not say which left documents it means (hint: #@overlay/match by=overlay.subset({...}), or by=overlay.all)",
		},
		{
			"a document by name", "by= is a function only",
			"#@ load(\"@ytt:overlay\", \"overlay\")\n#@ def docs():\n#@overlay/match by=\"a\"\n---\na: 1\n#@ end\n---\nout: #@ overlay.apply(docs(), docs())\n",
			[]int{8}, "overlay.apply: Document on line 4: by= of a document is a function, not a string (hint: by=overlay.subset({...}))",
		},
		{
			"index below 0", "would match nothing",
			"#@ load(\"@ytt:overlay\", \"overlay\")\na: #@ overlay.index(-1)\n",
			[]int{2}, "overlay.index: an index counts from 0; -1 matches nothing",
		},
		{
			"and_op of something else", "",
			"#@ load(\"@ytt:overlay\", \"overlay\")\na: #@ overlay.and_op(overlay.all, \"name\")\n",
			[]int{2}, "overlay.and_op: want matchers, that is functions of index, left and right value; argument 2 is a string",
		},
		{
			"not_op of two", "",
			"#@ load(\"@ytt:overlay\", \"overlay\")\na: #@ overlay.not_op(overlay.all, overlay.all)\n",
			[]int{2}, "overlay.not_op: want one matcher, got 2",
		},
		{
			"or_op of nothing", "",
			"#@ load(\"@ytt:overlay\", \"overlay\")\na: #@ overlay.or_op()\n",
			[]int{2}, "overlay.or_op: want one matcher or more",
		},
		{
			"subset of a function", "",
			"#@ load(\"@ytt:overlay\", \"overlay\")\na: #@ overlay.subset(len)\n",
			[]int{2}, "overlay.subset: a value of type builtin_function_or_method is no YAML value",
		},
		{
			"a matcher as a value", "is no YAML",
			"#@ load(\"@ytt:overlay\", \"overlay\")\na: #@ overlay.all\n",
			[]int{2}, "a value of type builtin_function_or_method is no YAML value",
		},
		{
			"a matcher called wrongly", "",
			"#@ load(\"@ytt:overlay\", \"overlay\")\na: #@ overlay.all(1)\nb: 1\n",
			[]int{2}, "overlay.all: got 1 argument",
		},
		{
			"a matcher called with no key", "",
			"#@ load(\"@ytt:overlay\", \"overlay\")\na: #@ overlay.all([], 1, 2)\n",
			[]int{2}, "overlay.all: the first argument is an index or a key, not a list",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkFailure(t, c.why, c.template, c.lines, c.mentions)
		})
	}
}

func checkFailure(t *testing.T, why, template string, lines []int, mentions string) {
	got, err := render(template, nil)
	var failed *Error
	if !errors.As(err, &failed) {
		t.Fatalf("%s: want an error, got %v and\n%s", why, err, got)
	}
	if got := linesOf(failed); !slices.Equal(got, lines) {
		t.Errorf("%s: lines %v, want %v:\n%v", why, got, lines, err)
	}
	if !strings.Contains(err.Error(), mentions) {
		t.Errorf("%s: the error does not mention %q:\n%v", why, mentions, err)
	}
}

func TestOverlayDocuments(t *testing.T) {
	const load = "#@ load(\"@ytt:overlay\", \"overlay\")\n#@ load(\"@ytt:template\", \"template\")\n"
	for _, c := range []struct{ name, why, template, want string }{
		{
			"merge", "the overlay document is no output",
			"---\nkind: A\nv: 1\n---\nkind: B\n#@overlay/match by=overlay.subset({\"kind\": \"A\"})\n---\nv: 2\n",
			"kind: A\nv: 2\n---\nkind: B\n",
		},
		{
			"before the others", "it is applied after evaluation, wherever it stands",
			"#@overlay/match by=overlay.all\n---\nv: 2\n---\nkind: A\nv: 1\n",
			"kind: A\nv: 2\n",
		},
		{
			"in order", "each on the result so far",
			"---\nv: 1\n#@overlay/match by=overlay.all\n---\nv: 2\n#@overlay/match by=overlay.subset({\"v\": 2})\n---\nv: 3\n",
			"v: 3\n",
		},
		{
			"empty documents", "do not count",
			"---\n---\nkind: A\n---\n---\nkind: B\n#@overlay/match by=overlay.index(1)\n#@overlay/remove\n---\n",
			"kind: A\n",
		},
		{
			"overlay documents", "are not applied to each other",
			"---\nkind: A\n#@overlay/match by=overlay.all\n#@overlay/match-child-defaults missing_ok=True\n---\na: 1\n#@overlay/match by=overlay.all, expects=1\n#@overlay/match-child-defaults missing_ok=True\n---\nb: 2\n",
			"kind: A\na: 1\nb: 2\n",
		},
		{
			"removes all", "nothing is left to print",
			"---\nkind: A\n#@overlay/match by=overlay.all\n#@overlay/remove\n---\n",
			"",
		},
		{
			"without match", "is a document as any other",
			"---\nkind: A\n#@overlay/append\n---\nv: 2\n",
			"kind: A\n---\nv: 2\n",
		},
		{
			"computed empty map", "is printed, with overlays or without",
			"--- #@ {}\n---\nkind: A\n#@overlay/match by=overlay.index(1)\n---\nkind: B\n",
			"{}\n---\nkind: B\n",
		},
		{
			"no document", "nothing to apply to, and that is allowed",
			"#@overlay/match by=overlay.all, when=1\n---\nv: 2\n",
			"",
		},
		{
			"from a function", "documents that come by template.replace count as well",
			"#@ def docs():\n---\nv: 1\n#@overlay/match by=overlay.all\n---\nv: 2\n#@ end\n--- #@ template.replace(docs())\n",
			"v: 2\n",
		},
		{
			"functions that make YAML", "can be matchers and via",
			"#@ def both(left, right):\nwas: #@ left\nis: #@ right\n#@ end\n---\nv: 1\n#@overlay/match by=overlay.all\n---\n#@overlay/replace via=both\nv: 2\n",
			"v:\n  was: 1\n  is: 2\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := render(load+c.template, nil)
			if err != nil {
				t.Fatalf("%s: %v", c.why, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
}

func TestOverlayDocumentErrors(t *testing.T) {
	const load = "#@ load(\"@ytt:overlay\", \"overlay\")\n"
	for _, c := range []struct {
		name, why, template string
		lines               []int
		mentions            string
	}{
		{
			"no match", "the line is that of the overlay document",
			"---\nkind: A\n#@overlay/match by=overlay.subset({\"kind\": \"B\"})\n---\nv: 2\n",
			[]int{5}, "- Document on line 5: expected the number of matching left documents to be 1, but it was 0",
		},
		{
			"inside", "each level is named",
			"---\nkind: A\n#@overlay/match by=overlay.all\n---\nspec:\n  a: 1\n",
			[]int{5}, "- Document on line 5: Map item (key 'spec') on line 6: expected the number of matching left map items to be 1, but it was 0",
		},
		{
			"matched lines", "",
			"---\nkind: A\n---\nkind: A\n#@overlay/match by=overlay.all\n---\nkind: B\n",
			[]int{7}, "but it was 2 (lines: 2, 4)",
		},
		{
			"no by", "by= is required",
			"---\nkind: A\n#@overlay/match missing_ok=True\n---\nkind: B\n",
			[]int{5}, "Document on line 5: it does not say which left documents it means",
		},
		{
			"code fails", "its lines come first",
			"---\nkind: A\n#@overlay/match by=lambda i, l, r: l[\"none\"]\n---\nkind: B\n",
			[]int{4, 5}, "key \"none\" not in",
		},
		{
			"unknown annotation", "",
			"---\nkind: A\n#@overlay/match by=overlay.all\n---\n#@overlay/reomve\nkind: B\n",
			[]int{5}, "Document on line 5: Map item (key 'kind') on line 7: unknown annotation overlay/reomve",
		},
		{
			"template.replace in a function", "has no node to replace, and does not crash",
			"#@ load(\"@ytt:template\", \"template\")\n---\nkind: A\n#@overlay/match by=overlay.all\n---\n#@overlay/replace via=lambda l, r: template.replace([])\nkind: B\n",
			[]int{7, 6}, "template.replace",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkFailure(t, c.why, load+c.template, c.lines, c.mentions)
		})
	}
}

// What overlays cost is bounded, in time and memory, whatever the template does.
func TestOverlayLimits(t *testing.T) {
	const load = "#@ load(\"@ytt:overlay\", \"overlay\")\n"
	for _, c := range []struct{ name, why, template string }{
		{
			"many matches", "items times items",
			"#@ left = [{\"name\": i} for i in range(6000)]\n#@ def patch():\n#@ for i in range(6000):\n#@overlay/match by=\"name\"\n- name: #@ i\n#@ end\n#@ end\n---\nout: #@ overlay.apply(left, patch())\n",
		},
		{
			"matchers of matchers", "they double at each level",
			"#@ f = overlay.all\n#@ for i in range(60):\n#@ f = overlay.and_op(f, f)\n#@ end\n#@ def patch():\n#@overlay/match by=f\n- 1\n#@ end\n---\nout: #@ overlay.apply([1], patch())\n",
		},
		{
			"deep matchers", "they are called one in another",
			"#@ f = overlay.all\n#@ for i in range(100000):\n#@ f = overlay.not_op(f)\n#@ end\n",
		},
		{
			"shared parts", "a tree that doubles at each level",
			"#@ def two(v):\na: #@ v\nb: #@ v\n#@ end\n#@ v = two(1)\n#@ for i in range(100):\n#@ v = two(v)\n#@ end\nout: #@ len(overlay.apply(v, v))\n",
		},
		{
			"a deep tree", "deeper than values may be",
			"#@ def one(v):\na: #@ v\n#@ end\n#@ v = one(1)\n#@ for i in range(10000):\n#@ v = one(v)\n#@ end\nout: #@ len(overlay.apply(v, v))\n",
		},
		{
			"a list in itself", "",
			"#@ x = []\n#@ x.append(x)\nout: #@ overlay.apply(x, [1])\n",
		},
		{
			"inserts that double", "each beside all before it",
			"#@ def patch():\n#@ for i in range(40):\n#@overlay/match by=overlay.all, expects=\"1+\"\n#@overlay/insert after=True\n- 1\n#@ end\n#@ end\n---\nout: #@ len(overlay.apply([1], patch()))\n",
		},
		{
			"an endless matcher", "is code like other code",
			"#@ def forever(i, l, r):\n#@ while True:\n#@ end\n#@ end\n#@ def patch():\n#@overlay/match by=forever\n- 1\n#@ end\n---\nout: #@ overlay.apply([1], patch())\n",
		},
		{
			"a recursive matcher", "calls pass through the module",
			"#@ def again(i, l, r):\n#@ overlay.apply([1], patch())\n#@ return True\n#@ end\n#@ def patch():\n#@overlay/match by=again\n- 1\n#@ end\n---\nout: #@ overlay.apply([1], patch())\n",
		},
		{
			"an endless matcher of a document", "after evaluation",
			"#@ def forever(i, l, r):\n#@ while True:\n#@ end\n#@ end\n---\na: 1\n#@overlay/match by=forever\n---\na: 2\n",
		},
		{
			"long strings", "comparing them takes time",
			"#@ left = [\"x\" * 4000000 + \"a\"] * 10000\n#@ f = overlay.subset(\"x\" * 4000000 + \"b\")\n#@ def patch():\n#@overlay/match by=f, missing_ok=True\n- 1\n#@ end\n---\nout: #@ overlay.apply(left, patch())\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			begun := spent()
			_, err := render(load+c.template, nil)
			var limit *LimitError
			if !errors.As(err, &limit) {
				t.Errorf("%s: want a limit error, got %v", c.why, err)
			}
			if took := spent() - begun; took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestOverlayStopsInTime(t *testing.T) {
	compiled, err := Compile([]byte("#@ load(\"@ytt:overlay\", \"overlay\")\n#@ left = [{\"name\": i} for i in range(6000)]\n#@ def patch():\n#@ for i in range(6000):\n#@overlay/match by=\"name\"\n- name: #@ i\n#@ end\n#@ end\n---\nout: #@ overlay.apply(left, patch())\n"), Options{Limits: Limits{Steps: 1 << 40, Memory: 1 << 30}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := compiled.Render(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("want the deadline, got %v", err)
	}
}

// No value in any place of an annotation, and of no argument, makes the engine fail
// otherwise than with an error that has a line.
func TestOverlayNeverPanics(t *testing.T) {
	values := []string{"None", "True", "1", "1.5", "\"x\"", "\"1+\"", "[]", "[None]", "{}", "{\"a\": 1}", "(1,)", "()", "set([1])", "len", "lambda: 1", "lambda *a: None", "lambda *a: (True,)", "lambda *a: (False, 1)", "lambda *a: len", "lambda *a: patch()", "lambda *a: docs()", "overlay.all", "overlay.subset({})", "docs()", "nothing()", "data.values", "data", "range(3)"}
	patches := []string{
		"#@overlay/match by=V\n- a: 1", "#@overlay/match by=V\na: 1", "#@overlay/match expects=V\na: 1", "#@overlay/match missing_ok=V\na: 1", "#@overlay/match when=V\na: 1",
		"#@overlay/match-child-defaults expects=V\na:\n  b: 1", "#@overlay/match-child-defaults missing_ok=V\na:\n  b: 1",
		"#@overlay/replace via=V\na: 1", "#@overlay/replace or_add=V\na: 1", "#@overlay/assert via=V\na: 1", "#@overlay/assert via=V\na:\n  b: 1", "#@overlay/assert\na: #@ V",
		"#@overlay/match by=overlay.all, expects=\"0+\"\n#@overlay/insert before=V, via=V\n- 1", "#@overlay/match V\na: 1", "#@overlay/merge V\na: 1", "#@overlay/match **V\na: 1",
		"a: #@ V", "- #@ V", "#@overlay/match by=overlay.subset(V)\n- #@ V", "#@overlay/match by=V\n---\na: 1", "#@overlay/match by=overlay.all, expects=\"0+\"\n---\na: #@ V",
	}
	lefts := []string{"V", "{\"a\": 1}", "{\"a\": V}", "[V]", "[{\"a\": 1}]", "docs()"}
	for _, patch := range patches {
		for _, value := range values {
			for _, left := range lefts {
				template := "#@ load(\"@ytt:overlay\", \"overlay\")\n#@ load(\"@ytt:data\", \"data\")\n#@ def docs():\n---\na: 1\n---\n#@ end\n#@ def nothing():\n#@ if False:\na: 1\n#@ end\n#@ end\n#@ def patch():\n" +
					patch + "\n#@ end\n---\nout: #@ overlay.apply(" + left + ", patch(), V)\n"
				template = strings.ReplaceAll(template, "V", value)
				_, err := render(template, map[string]any{"k": "v"})
				if err == nil {
					continue
				}
				var failed *Error
				if !errors.As(err, &failed) || strings.Contains(err.Error(), "internal error") || slices.Contains(linesOf(failed), 0) {
					t.Errorf("%v\nin\n%s", err, template)
				}
			}
		}
	}
}

func BenchmarkOverlay(b *testing.B) {
	for _, items := range []int{10, 1000} {
		b.Run(fmt.Sprint(items), func(b *testing.B) {
			compiled, err := Compile([]byte(fmt.Sprintf("#@ load(\"@ytt:overlay\", \"overlay\")\n#@ left = [{\"name\": i, \"value\": 1} for i in range(%d)]\n#@ def patch():\n#@overlay/match by=\"name\"\n- name: 5\n  value: 7\n#@ end\n---\nout: #@ overlay.apply(left, patch())\n", items)), Options{})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := compiled.Render(context.Background(), nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
