package ytt

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// at is the position of a fault that shows without running; in, that of a frame of calls.
func at(place string) string { return "    stdin.yml:" + place + "\n" }
func in(function, place string) string {
	return "    in " + function + "\n      stdin.yml:" + place + "\n"
}

const (
	aPlainComment = "\n    reason:\n     A template takes #! for comments and #@ for code; write #! here.\n"
	colonMissing  = "- got newline, want ':' (hint: a colon is missing after if, for, while or def)\n"
	neverClosed   = "- a bracket or string that is opened here is never closed\n"
	missingEnd    = "- missing end: the block that begins here is never closed (hint: write #@ end after it)\n"
	noPlace       = "- this map item has no place here: what holds it in the template begins inside of a function, or in a block that did not run (hint: put --- before it)\n"
	bothValues    = " has both a computed and a YAML value: remove one of them\n"
)

// TestErrors compares whole texts of errors: users know this layout, and it ends up in
// status conditions (spec: ytt §14).
func TestErrors(t *testing.T) {
	const load = "#@ load(\"@ytt:data\", \"data\")\n"
	for _, c := range []struct{ reason, template, want string }{
		// Classes of §14.4, in its order.
		{"YAML syntax", "a: #@ 1\nb: [1,\n",
			"- reading YAML: did not find expected node content\n" + at("2 | b: [1,")},
		{"a plain comment", "# plain\na: #@ 1\n",
			"- unknown comment: \"# plain\"\n" + at("1 | # plain") + aPlainComment},
		{"each of them, with and without a blank, and where nothing follows", "#two\na: #@ 1 # not this\nb: 1 ##\n#three\n",
			"- unknown comment: \"#two\"\n" + at("1 | #two") + aPlainComment +
				"- unknown comment: \"##\"\n" + at("3 | b: 1 ##") + aPlainComment +
				"- unknown comment: \"#three\"\n" + at("4 | #three") + aPlainComment},
		{"both values, on each kind of node", "a: 1 #@ 2\nb: #@ 3\n  c: 4\nd:\n- x #@ 5\n--- foo #@ 6\n",
			"- map item" + bothValues + at("1 | a: 1 #@ 2") + "- map item" + bothValues + at("2 | b: #@ 3") +
				"- array item" + bothValues + at("5 | - x #@ 5") + "- document" + bothValues + at("6 | --- foo #@ 6")},
		{"a condition on the line of an array item is its value", "- #@ if/end x:\n  a: 1\n",
			"- array item" + bothValues + at("1 | - #@ if/end x:")},
		{"code after an */end", "#@ if/end True:\n#@ x = 1\na: 1\n",
			"- code after an */end: a YAML node is expected there, which the block covers\n" + at("2 | #@ x = 1")},
		{"text templates: opening in code", "#@yaml/text-templated-strings\na: |\n  x\n  (@ x (@ y @)\n",
			"- text template: (@ inside of code\n" + at("4 |   (@ x (@ y @)")},
		{"closing in text", "#@yaml/text-templated-strings\na: |\n  x\n  y @)\n",
			"- text template: unexpected @)\n" + at("4 |   y @)")},
		{"missing close, in a key", "#@yaml/text-templated-strings\n(@ bad: 1\n",
			"- text template: missing @)\n" + at("2 | (@ bad: 1")},
		{"unexpected end", "#@ if True:\na: 1\n#@ end\n#@ end\nb: 1\n",
			"- unexpected end: no block is open\n" + at("4 | #@ end")},
		{"at the end of the text", "a: #@ 1\n#@ end\n",
			"- unexpected end: no block is open\n" + at("2 | #@ end")},
		{"of a one-line suite", "#@ if/end True: x = 1\na:\n  b: 1\n",
			"- unexpected end: no block is open\n" + at("1 | #@ if/end True: x = 1")},
		{"in a text", "#@yaml/text-templated-strings\na: |\n  x\n  (@ end @)\n",
			"- unexpected end: no block is open\n" + at("4 |   (@ end @)")},
		{"else without if", "#@ else:\na: 1\n", "- unexpected else: no block is open\n" + at("1 | #@ else:")},
		{"missing end: the innermost block that is open", "#@ if True:\n#@   if False:\na: 1\n", missingEnd + at("2 | #@   if False:")},
		{"in a text", "#@yaml/text-templated-strings\na: |\n  x\n  (@ if True: @)\nb: 1\n", missingEnd + at("4 |   (@ if True: @)")},
		{"pass", "#@ pass\na: 1\n", "- pass is reserved: leave the block empty\n" + at("1 | #@ pass")},
		{"end in an expression", "a: #@ x.end\n",
			"- end is reserved: it closes a block and stands alone (hint: use getattr(x, \"end\") or x[\"end\"])\n" + at("1 | a: #@ x.end")},
		{"end as a keyword argument", "a: 1\nb: #@ dict(end=1)\n",
			"- end is reserved: it closes a block and stands alone (hint: use getattr(x, \"end\") or x[\"end\"])\n" + at("2 | b: #@ dict(end=1)")},
		{"a reserved word", "#@ class = 1\na: 1\n",
			"- class is a reserved word and can not be used as a name (hint: use getattr(x, \"class\") or x[\"class\"])\n" + at("1 | #@ class = 1")},
		{"one of ours only", "a: #@ x.await\n",
			"- await is a reserved word and can not be used as a name (hint: use getattr(x, \"await\") or x[\"await\"])\n" + at("1 | a: #@ x.await")},
		{"names of the machine", "a: #@ __ytt_start(1)\n", "- names can not begin with __ytt_\n" + at("1 | a: #@ __ytt_start(1)")},
		{"Starlark syntax in code", "a: 1\n#@ x = \nb: 1\n", "- got newline, want primary expression\n" + at("2 | #@ x = ")},
		{"in a value", "a: 1\n  \nb:\n  - c: #@ 1 2\n", "- got int literal, want ')'\n" + at("4 |   - c: #@ 1 2")},
		{"in an annotation", "a: 1\n#@foo/bar x=\nb: 1\n", "- got ')', want primary expression\n" + at("2 | #@foo/bar x=")},
		{"a value that leaves its place", "a: #@ 1), (2\n", "- unexpected ')': it closes nothing\n" + at("1 | a: #@ 1), (2")},
		{"an annotation that leaves its place", "#@foo/x ) or (5\na: 1\n", "- unexpected ')': it closes nothing\n" + at("1 | #@foo/x ) or (5")},
		{"control characters do not reach terminals", "#@ fail(\"\\x1b[31mred\")\na: \"\u202e\" #@ 1\n", "- map item has both a computed and a YAML value: remove one of them\n" + at("2 | a: \"\\u202e\" #@ 1")},
		{"a long line is cut", "a: #@ [foo, \"" + strings.Repeat("x", 500) + "\"]\n", "- undefined: foo\n" + at("1 | a: #@ [foo, \""+strings.Repeat("x", 387)+" …")},
		{"a bracket too many", "a: #@ [1])\n", "- unexpected ')': it closes nothing\n" + at("1 | a: #@ [1])")},
		{"return outside", "#@ return 1\na: 1\n", "- return statement not within a function\n" + at("1 | #@ return 1")},
		{"break outside", "a: 1\n#@ break\nb: 1\n", "- break not in a loop\n" + at("2 | #@ break")},
		{"a bracket that is never closed, in a value", "a: #@ [1, 2\nb: 2\n", neverClosed + at("1 | a: #@ [1, 2")},
		{"in code, over lines", "a: 1\n#@ x = [1,\n#@   2,\nb: 2\n", neverClosed + at("2 | #@ x = [1,")},
		{"in code at the end", "a: 1\n#@ x = {\n", neverClosed + at("2 | #@ x = {")},
		{"a long string in code", "#@ x = \"\"\"abc\na: 1\n#@ y\n", neverClosed + at("1 | #@ x = \"\"\"abc")},
		{"a long string in a value", "a: 1\nb: #@ \"\"\"abc\n", neverClosed + at("2 | b: #@ \"\"\"abc")},
		{"a string in code", "a: 1\n#@ x = \"abc\nb: 1\n", "- unexpected newline in string\n" + at("2 | #@ x = \"abc")},
		{"a string in a value", "a: 1\nb: #@ 'abc\nc: 1\n", "- unexpected newline in string\n" + at("2 | b: #@ 'abc")},
		{"a bracket in an annotation", "#@foo/bar [1\na: 1\n", neverClosed + at("1 | #@foo/bar [1")},
		{"all unresolved names", "#@ def f():\n#@   return one\n#@ end\na: #@ two\n#@foo/bar three\nb: 1\n",
			"- undefined: one\n" + at("2 | #@   return one") + "- undefined: two\n" + at("4 | a: #@ two") + "- undefined: three\n" + at("5 | #@foo/bar three")},
		{"a load of a file", "a: 1\n#@ load(\"foo.star\", \"foo\")\nb: 1\n",
			"- load of \"foo.star\": only modules that begin with @ytt: can be loaded; a template has no other files\n" + at("2 | #@ load(\"foo.star\", \"foo\")")},
		{"a load of what a module has not", "#@ load(\"@ytt:json\", \"yaml\")\na: 1\n",
			"- module \"@ytt:json\" has no \"yaml\" (hint: load(\"@ytt:json\", \"json\"))\n" + at("1 | #@ load(\"@ytt:json\", \"yaml\")")},
		{"a load in a function", "#@ def f():\n#@ load(\"@ytt:json\", \"json\")\n#@ end\na: 1\n",
			"- load can not stand in a function: put it at the top of the template\n" + at("2 | #@ load(\"@ytt:json\", \"json\")")},
		{"run time, at the top level", "a: 1\nb: #@ 1 + \"x\"\n", "- unknown binary op: int + string\n" + in("<toplevel>", "2 | b: #@ 1 + \"x\"")},
		{"in code", "a: 1\n  \n#@ x = {}[\"k\"]\nb: #@ x\n", "- key \"k\" not in dict\n" + in("<toplevel>", "3 | #@ x = {}[\"k\"]")},
		{"in an annotation", "#@foo/bar 1 / 0\na: 1\n", "- floating-point division by zero\n" + in("<toplevel>", "1 | #@foo/bar 1 / 0")},
		{"in a def", "#@ def f(v):\na:\n- #@ v + \"x\"\n#@ end\n---\nout: #@ f(1)\n",
			"- unknown binary op: int + string\n" + in("f", "3 | - #@ v + \"x\"") + in("<toplevel>", "6 | out: #@ f(1)")},
		{"in a nested def", "#@ def f():\n#@   def g(v):\n#@     return v[5]\n#@   end\nk: #@ g([])\n#@ end\n---\nout:\n  deep: #@ f()\n",
			"- index 5 out of range: empty list\n" + in("g", "3 | #@     return v[5]") + in("f", "5 | k: #@ g([])") + in("<toplevel>", "9 |   deep: #@ f()")},
		{"in a lambda", "#@ f = lambda: 1 + \"a\"\na: #@ f()\n",
			"- unknown binary op: int + string\n" + in("lambda", "1 | #@ f = lambda: 1 + \"a\"") + in("<toplevel>", "2 | a: #@ f()")},
		{"through a builtin, which is no frame but names itself", "#@ load(\"@ytt:json\", \"json\")\n#@ f = lambda: json.encode(len)\na: #@ f()\n",
			"- json.encode: a value of type builtin_function_or_method is no YAML value\n" + in("lambda", "2 | #@ f = lambda: json.encode(len)") + in("<toplevel>", "3 | a: #@ f()")},
		{"through a builtin that calls code", "#@ def f(x):\n#@   return x + \"a\"\n#@ end\na: #@ sorted([1, 2], key=f)\n",
			"- unknown binary op: int + string\n" + in("f", "2 | #@   return x + \"a\"") + in("<toplevel>", "4 | a: #@ sorted([1, 2], key=f)")},
		{"on the second line of an expression in code", "#@ x = [1,\n#@   1 + \"a\",\n#@ ]\na: #@ x\n",
			"- unknown binary op: int + string\n" + in("<toplevel>", "2 | #@   1 + \"a\",")},
		{"in a text of several lines", "a: 1\n#@yaml/text-templated-strings\nb: |\n  x\n  (@= \"a\"\n    + 1 @)\n",
			"- unknown binary op: string + int\n" + in("<toplevel>", "6 |   + 1 @)")},
		{"in a function in a text", "#@yaml/text-templated-strings\na: |\n  (@ def f(x): -@)\n  (@= x @)\n  (@ end -@)\n  (@= f(1) @)\n",
			"- text template: a string is expected here, not int (hint: write str(...))\n" + in("f", "4 | (@= x @)") + in("<toplevel>", "6 | (@= f(1) @)")},
		{"in a key of text", "#@yaml/text-templated-strings\na:\n  (@= 1 @): 2\n",
			"- text template: a string is expected here, not int (hint: write str(...))\n" + in("<toplevel>", "3 | (@= 1 @)")},
		{"fail says what it is told", "a: #@ fail(\"no luck\")\n", "- fail: no luck\n" + in("<toplevel>", "1 | a: #@ fail(\"no luck\")")},
		{"a message of several lines", "#@ def f():\n#@   fail(\"one\\n two\\n\\nthree\\n\")\n#@ end\na: #@ f()\n",
			"- fail: one\n" + in("f", "2 | #@   fail(\"one\\n two\\n\\nthree\\n\")") + in("<toplevel>", "4 | a: #@ f()") + "\n    reason:\n      two\n     \n     three\n"},
		{"duplicate keys", "a: #@ 1\nb: 2\na: 3\n",
			"- duplicate key: the map item 'a' on line 1 comes again on line 3 (hint: #@yaml/map-key-override above the later one replaces the earlier)\n" + in("<toplevel>", "3 | a: 3")},
		{"in a function", "#@ def f():\na: 1\n#@ if True:\na: 2\n#@ end\n#@ end\n---\nx: #@ f()\n",
			"- duplicate key: the map item 'a' on line 2 comes again on line 4 (hint: #@yaml/map-key-override above the later one replaces the earlier)\n" + in("f", "4 | a: 2") + in("<toplevel>", "8 | x: #@ f()")},
		{"a node without its place: the usual mistake of §8.3", "#@ def docs():\n---\nkind: A\n#@ end\ntop: 1\n", noPlace + in("<toplevel>", "5 | top: 1")},
		{"in a block that does not run", "#@ if False:\n---\na: 1\n#@ end\nb: 1\n", noPlace + in("<toplevel>", "5 | b: 1")},
		{"a value of a type that YAML has not", "a: 1\nb: #@ len\n", "- a value of type builtin_function_or_method is no YAML value\n" + in("<toplevel>", "2 | b: #@ len")},
		{"a document set as a value", "#@ def f():\n---\na: 1\n#@ end\n---\nb: #@ f()\n",
			"- a document set is no value (hint: yaml.encode makes a string of it, template.replace puts its documents here)\n" + in("<toplevel>", "6 | b: #@ f()")},
		{"an integer that is too great", "a: #@ 1 << 64\n", "- integer out of range: YAML takes 64 bits\n" + in("<toplevel>", "1 | a: #@ 1 << 64")},
		{"limits, where the program was", "a: 1\nb:\n- #@ \"x\" * 10000000\n", "- limit exceeded: size of a string (8388608 bytes)\n" + in("<toplevel>", "3 | - #@ \"x\" * 10000000")},

		// Hints of §14.3, in its order.
		{"true and false", "a: #@ true\nb: #@ false\n", "- undefined: true (hint: write True)\n" + at("1 | a: #@ true") + "- undefined: false (hint: write False)\n" + at("2 | b: #@ false")},
		{"beside a suggestion", "#@ tru = 1\na: #@ true\n", "- undefined: true (did you mean tru?) (hint: write True)\n" + at("2 | a: #@ true")},
		{"null, nil and none", "a: #@ null\nb: #@ nil\nc: #@ none\n",
			"- undefined: null (hint: write None)\n" + at("1 | a: #@ null") + "- undefined: nil (hint: write None)\n" + at("2 | b: #@ nil") + "- undefined: none (hint: write None)\n" + at("3 | c: #@ none")},
		{"a colon is missing after if, whatever its end", "#@ if True\na: 1\n#@ end\n", colonMissing + at("1 | #@ if True")},
		{"after for, with the end of a node", "a: 1\n#@ for/end x in [1]\nb: #@ x\n", colonMissing + at("2 | #@ for/end x in [1]")},
		{"after def", "#@ def f()\na: 1\n#@ end\n", colonMissing + at("1 | #@ def f()")},
		{"after else", "#@ if True:\na: 1\n#@ else\nb: 1\n#@ end\n", colonMissing + at("3 | #@ else")},
		{"in a text", "#@yaml/text-templated-strings\na: |\n  x\n  (@ if True @)y(@ end @)\n", colonMissing + at("4 |   (@ if True @)y(@ end @)")},
		{"bitwise or", "a: #@ \"a\" | \"b\"\n", "- unknown binary op: string | string (hint: write or)\n" + in("<toplevel>", "1 | a: #@ \"a\" | \"b\"")},
		{"bitwise and", "a: #@ True & False\n", "- unknown binary op: bool & bool (hint: write and)\n" + in("<toplevel>", "1 | a: #@ True & False")},
		{"&&", "a: #@ True && False\n", "- got '&', want primary expression (hint: write and)\n" + at("1 | a: #@ True && False")},
		{"||", "#@ if True || False:\na: 1\n#@ end\n", "- got '|', want primary expression (hint: write or)\n" + at("1 | #@ if True || False:")},
		{"a struct with an index", load + "a: #@ data.values[0]\n", "- the index of a struct is a string, not int (hint: use a string, or getattr)\n" + in("<toplevel>", "2 | a: #@ data.values[0]")},
		{"a module that is not loaded", "a: #@ yaml.encode(1)\nb: #@ data.values\n",
			"- undefined: yaml (hint: add #@ load(\"@ytt:yaml\", \"yaml\"))\n" + at("1 | a: #@ yaml.encode(1)") + "- undefined: data (hint: add #@ load(\"@ytt:data\", \"data\"))\n" + at("2 | b: #@ data.values")},

		// Annotations that are meant as code (§5.1).
		{"no blank after #@", "#@if True:\na: 1\n#@end\n",
			"- unknown annotation @if (hint: put a space after #@ to write code: #@ if)\n" + at("1 | #@if True:") + "- unknown annotation @end (hint: put a space after #@ to write code: #@ end)\n" + at("3 | #@end")},
		{"with what stands at the word", "#@load(\"@ytt:data\", \"data\")\n#@def f():\n#@else:\n#@if/end x:\na: 1\n",
			"- unknown annotation @load (hint: put a space after #@ to write code: #@ load)\n" + at("1 | #@load(\"@ytt:data\", \"data\")") +
				"- unknown annotation @def (hint: put a space after #@ to write code: #@ def)\n" + at("2 | #@def f():") +
				"- unknown annotation @else (hint: put a space after #@ to write code: #@ else)\n" + at("3 | #@else:") +
				"- unknown annotation @if/end (hint: put a space after #@ to write code: #@ if/end)\n" + at("4 | #@if/end x:")},
		{"data values in a template", "#@data/values\n---\na: 1\n", "- @data/values is not supported: only a template is expected here; values come from outside\n" + at("1 | #@data/values")},
	} {
		_, err := render(c.template, map[string]any{})
		if err == nil {
			t.Errorf("%s: no error\n%s", c.reason, c.template)
			continue
		}
		if diff := cmp.Diff("ytt: Error: \n"+c.want, err.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s\n%s", c.reason, c.template, diff)
		}
		var failed *Error
		if !errors.As(err, &failed) {
			t.Errorf("%s: the error is a %T", c.reason, err)
		}
	}
}

// TestUnknownModule lists what there is.
func TestUnknownModule(t *testing.T) {
	_, err := render("#@ load(\"@ytt:foo\", \"foo\")\na: 1\n", nil)
	first, rest, _ := strings.Cut(err.Error(), "(hint: there are ")
	if first != "ytt: Error: \n- unknown module \"@ytt:foo\" " || !strings.HasSuffix(rest, ")\n"+at("1 | #@ load(\"@ytt:foo\", \"foo\")")) {
		t.Errorf("the layout: %v", err)
	}
	for _, name := range []string{"data", "yaml", "json", "base64", "assert", "struct", "regexp", "template"} {
		if !strings.Contains(rest, name) {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
}

// TestOptionsOfErrors checks the name of the file, and the option for plain comments.
func TestOptionsOfErrors(t *testing.T) {
	const template = "# plain\na: #@ 1 # in code\n#other\n"
	got, err := renderWith(template, nil, Options{IgnoreUnknownComments: true})
	if err != nil || got != "a: 1\n" {
		t.Errorf("plain comments are dropped with the option: %q, %v", got, err)
	}
	_, err = renderWith(template, nil, Options{Name: "config/app.yml"})
	if err == nil || !strings.Contains(err.Error(), "\n    config/app.yml:1 | # plain\n") {
		t.Errorf("the name of the template is shown: %v", err)
	}
}

// TestEarlyReturn leaves functions that build YAML before and between their nodes (§7.4).
func TestEarlyReturn(t *testing.T) {
	const define = `#@ def f(n):
#@   if n == 0:
#@     return
#@   elif n == 1:
#@     return "early"
#@   end
a: 1
#@   for i in range(3):
#@     if i == n - 2:
#@       return i
#@     end
#@   end
#@   if n == 9:
#@     return
#@   end
b: 2
#@ end
`
	for _, c := range []struct{ reason, call, want string }{
		{"nothing was built", "f(0)", "x: null\n"},
		{"a value before the first node", "f(1)", "x: early\n"},
		{"a value after it wins over the YAML", "f(3)", "x: 1\n"},
		{"the YAML so far", "f(9)", "x:\n  a: 1\n"},
		{"all of it", "f(7)", "x:\n  a: 1\n  b: 2\n"},
		{"the context is left each time", "[f(0) or 5, f(1), f(2), len(f(9)), len(f(7))]", "x:\n- 5\n- early\n- 0\n- 1\n- 2\n"},
	} {
		got, err := render(define+"---\nx: #@ "+c.call+"\n", nil)
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n%s", c.reason, err, got)
		}
	}
}

// TestLargeTemplates compiles up to the limit in reasonable memory, and not beyond.
func TestLargeTemplates(t *testing.T) {
	const limit = 1 << 20
	_, err := Compile([]byte("a: #@ 1\n#! "+strings.Repeat("x", limit)), Options{})
	var exceeded *LimitError
	if !errors.As(err, &exceeded) || err.Error() != "ytt: Error: \n- limit exceeded: size of a template (1048576 bytes)\n" {
		t.Errorf("beyond the limit: %v", err)
	}
	// The size of the program is limited, too: what is beyond must be refused as soon.
	for _, c := range []struct {
		reason, part string
		count        int
	}{
		{"values", "- #@ 1\n", 90_000},
		{"code", "#@ x = [1, 2, {\"a\": 3}]\n", 40_000},
		{"few values", "- #@ 1\n", 10_000},
		{"blocks", "#@ if True:\n- a: 1\n#@ end\n", 30_000},
		{"functions", "#@ def f():\na: 1\n#@ end\n---\n", 20_000},
		{"text", "- a: 1\n", 45_000},
		{"long lines", "#@ x = \"" + strings.Repeat("x", 1000) + "\"\n", 1_000},
		{"long texts", "- " + strings.Repeat("text ", 1000) + "\n", 200},
	} {
		template := "#@ y = 1\n" + strings.Repeat(c.part, min(c.count, limit/len(c.part)-1))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Compile([]byte(template), Options{})
		runtime.ReadMemStats(&after)
		if err != nil && !errors.As(err, &exceeded) {
			t.Errorf("%s: %v", c.reason, shorten(err.Error()))
		}
		if allocated := (after.TotalAlloc - before.TotalAlloc) >> 20; allocated > 1500 {
			t.Errorf("%s took %d MiB", c.reason, allocated)
		}
	}
}
