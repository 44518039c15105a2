package ytt

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPrintedDocuments checks which documents are printed, and what is between them (spec:
// ytt §13.1).
func TestPrintedDocuments(t *testing.T) {
	for _, c := range []struct{ reason, template, want string }{
		{"an empty text", "", ""},
		{"nothing but comments in a plain file", "# a\n# b\n", ""},
		{"nothing but code: the injected document is not printed", "#@ x = 1\n", ""},
		{"null", "--- null\n--- ~\n---\n", ""},
		{"empty collections of YAML", "--- {}\n--- []\n--- #@ 1\n", "1\n"},
		{"empty collections of expressions", "--- #@ {}\n--- #@ []\n--- #@ ()\n", "{}\n---\n[]\n---\n[]\n"},
		{"a collection that lost all its items", "---\n#@ if/end False:\na: 1\n--- #@ 2\n", "2\n"},
		{"scalars", "--- a\n--- 1\n--- \"\"\n--- false\n#@ x = 1\n", "a\n---\n1\n---\n\"\"\n---\nfalse\n"},
		{"separators stand only between printed ones", "---\n---\na: 1\n---\n---\nb: 1\n---\n", "a: 1\n---\nb: 1\n"},
		{"documents in a loop", "#@ for i in range(3):\n---\ni: #@ i\n#@ end\n", "i: 0\n---\ni: 1\n---\ni: 2\n"},
		{"a fragment that is empty", "#@ def f():\n#@ if False:\na: 1\n#@ end\n#@ end\n--- #@ f()\n--- #@ 1\n", "1\n"},
	} {
		got, err := render(c.template, nil)
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
}

// TestLayout checks how collections are printed (spec: ytt §13.2).
func TestLayout(t *testing.T) {
	long := strings.Repeat("long words ", 50) + "end"
	for _, c := range []struct{ reason, template, want string }{
		{"flow becomes block, two spaces a level", "a: {b: {c: 1}}\n", "a:\n  b:\n    c: 1\n"},
		{"items are not indented below their key", "a:\n    - 1\n    - b: 2\n      c: 3\n", "a:\n- 1\n- b: 2\n  c: 3\n"},
		{"arrays in arrays begin on the same line", "- - 1\n  - - 2\n- []\n", "- - 1\n  - - 2\n- []\n"},
		{"empty collections below others", "a: {}\nb: []\nc: {d: {}}\n", "a: {}\nb: []\nc:\n  d: {}\n"},
		{"no folding", "a: " + long + "\n", "a: " + long + "\n"},
		{"no folding of quotes", "a: '" + long + ": x'\n", "a: '" + long + ": x'\n"},
		{"the order of keys", "b: 1\na: 2\nc: 3\n", "b: 1\na: 2\nc: 3\n"},
		{"comments vanish", "a: 1 #! x\n#! y\n#@ z = 1\nb: 2\n", "a: 1\nb: 2\n"},
		{"a block in an array", "- |\n  a\n  b\n", "- |\n  a\n  b\n"},
		{"a null item, and a null value", "- \n- a:\n", "- null\n- a: null\n"},
	} {
		got, err := render(c.template, nil)
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
}

// printed is a result of one document.
func printed(value any) (string, *Result, error) {
	result := &Result{documents: []*node{{kind: document, value: value}}, limits: Limits{}.withDefaults()}
	out, err := result.YAML()
	return string(out), result, err
}

func mapOf(key, value any) *node {
	return &node{kind: mapping, computed: true, children: []*node{{kind: mapItem, key: key, value: value}}}
}

func arrayOf(values ...any) *node {
	n := &node{kind: sequence, computed: true}
	for _, v := range values {
		n.add(&node{kind: sequenceItem, value: v})
	}
	return n
}

// TestPrintedScalars prints scalars as values and as keys (spec: ytt §13.3), and reads them again.
func TestPrintedScalars(t *testing.T) {
	for _, c := range []struct {
		reason string
		value  any
		want   string
	}{
		{"null", nil, "null"},
		{"bool", true, "true"},
		{"bool", false, "false"},
		{"int", int64(-42), "-42"},
		{"the least", int64(math.MinInt64), "-9223372036854775808"},
		{"the greatest", uint64(math.MaxUint64), "18446744073709551615"},
		{"a float without a fraction has no point", 2.0, "2"},
		{"a fraction", 0.5, "0.5"},
		{"shortest digits", 0.30000000000000004, "0.30000000000000004"},
		{"six digits", 123456.0, "123456"},
		{"more have an exponent", 1234567.0, "1.234567e+06"},
		{"a million", 1e6, "1e+06"},
		{"small", 0.0001, "0.0001"},
		{"smaller", 0.00001, "1e-05"},
		{"great", 1e21, "1e+21"},
		{"greatest", math.MaxFloat64, "1.7976931348623157e+308"},
		{"infinite", math.Inf(1), ".inf"},
		{"minus", math.Inf(-1), "-.inf"},
		{"NaN", math.NaN(), ".nan"},

		{"a word", "abc", "abc"},
		{"words", "a b  c", "a b  c"},
		{"a word that is no English", "日本 é", "日本 é"},
		{"an URL", "https://x.y/z?a=b#c", "https://x.y/z?a=b#c"},
		{"a version", "1.2.3", "1.2.3"},
		{"a quantity", "10Mi", "10Mi"},
		{"a path", "/a/b", "/a/b"},
		{"a sign inside", "a-b", "a-b"},
		{"a colon inside", "a:b", "a:b"},
		{"a # inside", "a#b", "a#b"},
		{"empty", "", `""`},
		{"would be a bool", "yes", `"yes"`},
		{"short", "n", `"n"`},
		{"in capitals", "ON", `"ON"`},
		{"would be null", "~", `"~"`},
		{"null", "null", `"null"`},
		{"would be a number", "1", `"1"`},
		{"octal", "0644", `"0644"`},
		{"hexadecimal", "0x1F", `"0x1F"`},
		{"with underscores", "1_000", `"1_000"`},
		{"a float", "1e3", `"1e3"`},
		{"a dot", ".5", `".5"`},
		{"infinite", ".inf", `".inf"`},
		{"a timestamp", "2001-01-01", `"2001-01-01"`},
		{"base 60", "1:30", `"1:30"`},
		{"a colon and a blank", "a: b", "'a: b'"},
		{"a colon at the end", "a:", "'a:'"},
		{"a dash and a blank", "- x", "'- x'"},
		{"a dash alone", "-", `'-'`},
		{"a blank before", " x", "' x'"},
		{"and behind", "x ", "'x '"},
		{"an at", "@a", "'@a'"},
		{"a back quote", "`a", "'`a'"},
		{"an ampersand", "&a", "'&a'"},
		{"a star", "*a", "'*a'"},
		{"an exclamation mark", "!a", "'!a'"},
		{"a percent sign", "%a", "'%a'"},
		{"a bar", "|", "'|'"},
		{"a greater sign", ">", "'>'"},
		{"brackets", "[a]", "'[a]'"},
		{"braces", "{a}", "'{a}'"},
		{"a comment", "# a", "'# a'"},
		{"a comment behind", "a # b", "'a # b'"},
		{"a single quote", "'a'", `'''a'''`},
		{"a double quote", `"a"`, `'"a"'`},
		{"a quote inside", "it's", "it's"},
		{"a marker", "---", "'---'"},
		{"control characters", "a\x00b", `"a\0b"`},
		{"escape", "\x1b", `"\e"`},
		{"carriage return", "a\r\nb", `"a\r\nb"`},
		{"a blank before a break", "a \nb", `"a \nb"`},
		{"a tab after a break", "a\n\tb", `"a\n\tb"`},
		{"beyond the basic plane", "\U0001F600", `"\U0001F600"`},
		{"no UTF-8", "\xff\xfe", "!!binary //4="},
	} {
		got, _, err := printed(arrayOf(c.value))
		if want := "- " + c.want + "\n"; err != nil || got != want {
			t.Errorf("%s: value %#v is printed %q, want %q (%v)", c.reason, c.value, got, want, err)
		}
		requireSame(t, c.reason, arrayOf(c.value), got)
		got, _, err = printed(mapOf(c.value, "v"))
		want := c.want + ": v\n"
		if s, ok := c.value.(string); ok && strings.Contains(s, "\n") {
			want = "? " + c.want + "\n: v\n" // a key of several lines, though they are escaped
		}
		if err != nil || got != want {
			t.Errorf("%s: key %#v is printed %q, want %q (%v)", c.reason, c.value, got, want, err)
		}
		requireSame(t, c.reason, mapOf(c.value, "v"), got)
	}
	for _, c := range []struct{ reason, value, want string }{
		{"a break at the end", "a\nb\n", "v: |\n  a\n  b\n"},
		{"none", "a\nb", "v: |-\n  a\n  b\n"},
		{"several", "a\n\n\n", "v: |+\n  a\n\n\n"},
		{"a blank at the beginning", " a\nb", "v: |2-\n   a\n  b\n"},
		{"an empty line in the middle", "a\n\nb\n", "v: |\n  a\n\n  b\n"},
		{"what looks like YAML", "a: 1\n# b\n---\n- c\n", "v: |\n  a: 1\n  # b\n  ---\n  - c\n"},
	} {
		got, _, err := printed(mapOf("v", c.value))
		if err != nil || got != c.want {
			t.Errorf("%s: %q is printed %q, want %q (%v)", c.reason, c.value, got, c.want, err)
		}
		requireSame(t, c.reason, mapOf("v", c.value), got)
	}
}

func requireSame(t *testing.T, reason string, value *node, out string) {
	t.Helper()
	set, _, err := read(newText("printed", out))
	if err != nil || len(set.children) != 1 || !sameTree(value, set.children[0].value) {
		t.Errorf("%s: read again, %q is another tree (%v)", reason, out, err)
	}
}

// TestObjects converts trees as printing and reading them would (spec: ytt §1.2).
func TestObjects(t *testing.T) {
	for _, c := range []struct {
		reason      string
		value, want any
	}{
		{"null", nil, nil},
		{"bool", true, true},
		{"string", "1", "1"},
		{"int", int64(math.MinInt64), int64(math.MinInt64)},
		{"int above int64", uint64(math.MaxUint64), float64(math.MaxUint64)},
		{"float", 1.5, 1.5},
		{"integral float", 2.0, int64(2)},
		{"minus zero", math.Copysign(0, -1), int64(0)},
		{"integral float that is printed with an exponent", 1e18, int64(1e18)},
		{"integral float whose shortest digits are fewer than it has", 27233531864334528.0, int64(27233531864334530)},
		{"the least integral float: its shortest digits are beyond int64", -9223372036854775808.0, -9223372036854775808.0},
		{"the first that is too great", 9223372036854775808.0, 9223372036854775808.0},
		{"great float", 1e300, 1e300},
		{"empty map", &node{kind: mapping}, map[string]any{}},
		{"empty array", &node{kind: sequence}, []any{}},
		{"array", arrayOf("a", int64(1), nil), []any{"a", int64(1), nil}},
		{"map", mapOf("k", arrayOf(mapOf("l", true))), map[string]any{"k": []any{map[string]any{"l": true}}}},
		{"int key", mapOf(int64(-1), "v"), map[string]any{"-1": "v"}},
		{"great int key", mapOf(uint64(math.MaxUint64), "v"), map[string]any{"18446744073709551615": "v"}},
		{"bool key", mapOf(false, "v"), map[string]any{"false": "v"}},
		{"float key as it is printed", mapOf(1.5, "v"), map[string]any{"1.5": "v"}},
		{"great float key", mapOf(1e6, "v"), map[string]any{"1e+06": "v"}},
		{"integral float key", mapOf(2.0, "v"), map[string]any{"2": "v"}},
		{"no UTF-8, which JSON replaces", "a\xff\xfe", "a\ufffd\ufffd"},
	} {
		_, result, err := printed(mapOf("v", c.value))
		if err != nil {
			t.Fatal(err)
		}
		got, err := result.Objects()
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
			continue
		}
		if diff := cmp.Diff([]map[string]any{{"v": c.want}}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
	}
	for _, c := range []struct {
		reason, mentions string
		value            any
	}{
		{"NaN", "document 1: v: the number NaN", mapOf("v", math.NaN())},
		{"infinite, below", "document 1: v: [1]: the number +Inf", mapOf("v", arrayOf("a", math.Inf(1)))},
		{"minus infinite as a key", "document 1: the number -Inf", mapOf(math.Inf(-1), "v")},
		{"null as a key", "null", mapOf(nil, "v")},
		{"a document that is an array", "document 1 is no map", arrayOf("a")},
		{"a document that is a scalar", "document 1 is no map", "a"},
	} {
		_, result, err := printed(c.value)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := result.Objects(); err == nil || !strings.Contains(err.Error(), c.mentions) {
			t.Errorf("%s: want an error that mentions %q: %v", c.reason, c.mentions, err)
		}
	}
}

// TestObjectsOfDocuments gives those that are printed, in order; the number in an error is among these.
func TestObjectsOfDocuments(t *testing.T) {
	rendered := func(template string) *Result {
		t.Helper()
		compiled, err := Compile([]byte(template), Options{})
		if err != nil {
			t.Fatal(err)
		}
		result, err := compiled.Render(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	result := rendered("---\n---\na: #@ 1.0\n--- {}\n---\ny: 0644\n#@ if True:\n#@ end\n")
	got, err := result.Objects()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]map[string]any{{"a": int64(1)}, {"true": int64(420)}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, err := rendered("").Objects(); len(got) > 0 || err != nil {
		t.Errorf("no document, no object: %v, %v", got, err)
	}
	if _, err := rendered("---\n---\na: 1\n---\n- b\n").Objects(); err == nil || err.Error() != "document 2 is no map" {
		t.Errorf("the second that is printed is an array: %v", err)
	}
}

// TestLimitOfOutput stops printing before it takes memory.
func TestLimitOfOutput(t *testing.T) {
	template := "#@ s = \"x\" * 1000\na: #@ [s for i in range(200)]\n"
	_, err := renderWith(template, nil, Options{Limits: Limits{Output: 100_000}})
	var limit *LimitError
	if !errors.As(err, &limit) || limit.Limit != "100000 bytes" {
		t.Errorf("200 KB are more than 100 KB: %v", err)
	}
	if _, err := renderWith(template, nil, Options{Limits: Limits{Output: 300_000}}); err != nil {
		t.Errorf("and less than 300 KB: %v", err)
	}
}
