package ytt

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTextTemplates renders strings with code in them (spec: ytt §10).
func TestTextTemplates(t *testing.T) {
	const on = "#@yaml/text-templated-strings\n"
	for _, c := range []struct{ reason, template, want string }{
		// §10.1
		{"strings of all kinds, in the node and below", on + "a:\n  b: (@= \"x\" @)\n  c: '(@= \"y\" @)'\n  d: |\n    (@= \"z\" @)\n  e: [\"(@= str(1) @)\"]\n", "a:\n  b: x\n  c: \"y\"\n  d: |\n    z\n  e:\n  - \"1\"\n"},
		{"keys, that of the node too", on + "k(@= \"1\" @):\n  l(@= \"2\" @): 3\n", "k1:\n  l2: 3\n"},
		{"not beside it", on + "a: (@= \"x\" @)\nb: (@= \"x\" @)\n", "a: x\nb: (@= \"x\" @)\n"},
		{"a whole document", on + "---\na: (@= \"x\" @)\nb: [(@= \"y\" @)]\n---\nc: (@= \"z\" @)\n", "a: x\nb:\n- \"y\"\n---\nc: (@= \"z\" @)\n"},
		{"array items", on + "- (@= \"x\" @)\n- (@= \"y\" @)\n", "- x\n- (@= \"y\" @)\n"},
		{"values of expressions are not touched", on + "a: #@ \"(@= 1 @)\"\n", "a: (@= 1 @)\n"},
		{"a result is a string, whatever it looks like", on + "a:\n- (@= \"1\" @)\n- \"(@ x = 1 @)\"\n", "a:\n- \"1\"\n- \"\"\n"},
		{"other types stay", on + "a: {b: 1, c: yes, d: ~, e: x}\n", "a:\n  b: 1\n  c: true\n  d: null\n  e: x\n"},
		{"without the annotation nothing happens", "#@ x = 1\na: (@= x @)\nb: \"@)\"\n", "a: (@= x @)\nb: '@)'\n"},
		{"keys of a templated text may become equal to others only where maps allow it", "#@ n = \"a\"\n" + on + "x:\n  (@= n @): 1\n  b: 2\n", "x:\n  a: 1\n  b: 2\n"},

		// §10.2
		{"text on both sides", on + "a: 1(@= \"2\" @)3(@= \"4\" @)5\n", "a: \"12345\"\n"},
		{"a return leaves its text behind", "#@ def f():\n" + on + "x: \"in(@ return 'R' @)\"\n#@ end\n---\n" + on + "a: out (@= f() @) tail\n", "a: out R tail\n"},
		{"so does a continue", "a:\n#@ for x in [1, 2]:\n" + on + "- \"n(@ if x == 1: @)(@ continue @)(@ end @)\"\n#@ end\n" + on + "b: (@= \"t\" @)\n", "a:\n- null\n- \"n\"\nb: t\n"},
		{"code that is empty", on + "a: x(@ @)y(@@)z\n", "a: xyz\n"},
		{"code runs before what follows", on + "a: \"(@ x = 'q' @)(@= x @)\"\nb: #@ x\n", "a: q\nb: q\n"},
		{"if and else", "#@ on = False\n" + on + "a: \"(@ if on: @)yes(@ else: @)no(@ end @)!\"\n", "a: no!\n"},
		{"for", on + "a: \"(@ for i in range(3): @)<(@= str(i) @)>(@ end @)\"\n", "a: <0><1><2>\n"},
		{"code over several lines", on + "a: |\n  (@ x = [\n    \"p\",\n    \"q\",\n  ]\n  y = x[1] @)\n  (@= x[0] +\n   y @)\n", "a: |2\n\n  pq\n"},
		{"blocks over several pieces of code", on + "a: |\n  (@ if True:\n   x = 'in'\n  end @)(@= x @)\n", "a: |\n  in\n"},
		{"- before trims the text before", on + "a: |\n  x  \n\n  (@-= \"y\" @) z\n", "a: |\n  xy z\n"},
		{"- behind trims the text after", on + "a: |\n  x (@= \"y\" -@)\n\n   z\n", "a: |\n  x yz\n"},
		{"both", on + "a: |\n  x\n  (@-= \"y\" -@)\n  z\n", "a: |\n  xyz\n"},
		{"only the text next to the code is trimmed", on + "a: |\n  x\n  (@ q = 1 @)(@- r = 1 @) z\n", "a: |\n  x\n   z\n"},
		{"what is printed is not trimmed", on + "a: |-\n  (@= \" x \" -@)\n  (@-= \" y \" @)\n", "a: ' x  y '\n"},
		{"trimming takes all white space, tabs and wide blanks too", on + "a: \"x\\t\\u00a0 \\n(@-= 'y' @)\"\n", "a: xy\n"},
		{"a closing sign can be printed", on + "a: (@= \"@\" + \")\" @)\n", "a: '@)'\n"},
		{"letters of several bytes", on + "a: é(@= \"ü\" @)日本\n", "a: éü日本\n"},
		{"comments in code", on + "a: |\n  (@ x = \"v\" # why\n  @)(@= x @)\n", "a: |\n  v\n"},

		// §10.3
		{"a function in the text returns its string", on + "a: |\n  (@ def f(x): -@)\n  <(@= x @)>\n  (@- end -@)\n  (@= f(\"p\") + f(\"q\") @)\n", "a: |\n  <p><q>\n"},
		{"with an early return", on + "a: \"(@ def f(x): @)(@ if x: @)(@ return 'r' @)(@ end @)t(@ end @)(@= f(True) + f(False) @)\"\n", "a: rt\n"},
		{"a YAML function that is called from text", "#@ def m():\nk: v\n#@ end\n---\n" + on + "a: (@= m()[\"k\"] @)\n", "a: v\n"},
		{"a YAML function with templated strings", "#@ def m(x):\n" + on + "k: <(@= x @)>\n#@ end\n---\na: #@ m(\"p\")\nb: #@ m(\"q\")\n", "a:\n  k: <p>\nb:\n  k: <q>\n"},
		{"a text function that is called from a value", "#@ def t(x):\n" + on + "_: \"(@ def f(y): @)[(@= x + y @)](@ end @)\"\n#@   return f(\"2\")\n#@ end\n---\na: #@ t(\"1\")\n", "a: '[12]'\n"},
		{"texts in texts do not mix", on + "a: \"x(@ def f(): @)y(@ end @)(@= f() + '-' + f() @)z\"\n", "a: xy-yz\n"},
	} {
		got, err := render(c.template, nil)
		if err != nil {
			t.Errorf("%s: %v\n%s", c.reason, err, c.template)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s\n%s", c.reason, c.template, diff)
		}
	}
}

// TestLinesOfTexts counts the lines of pieces from where the text of the scalar begins.
func TestLinesOfTexts(t *testing.T) {
	const on = "#@yaml/text-templated-strings\n"
	for _, c := range []struct {
		reason, template string
		lines            []int
	}{
		{"a plain scalar", on + "a: x (@= 1 @)\n", []int{2}},
		{"on the line below its key", on + "a:\n\n  x (@= 1 @)\n", []int{4}},
		{"a block begins below its header", on + "a: |\n  x\n  (@= 1 @)\n", []int{4}},
		{"below its tag, too", on + "a: &x\n  |\n  x\n  (@= 1 @)\n", []int{5}},
		{"trimming moves no lines", on + "a: |\n  x\n\n  (@- y = 1 -@)\n\n\n  (@= 1 @)\n", []int{8}},
		{"code of several lines", on + "a: |\n  (@ y = [\n  1,\n  2]\n  @)\n  (@= 1 @)\n", []int{7}},
		{"the line in the code", on + "a: |\n  x\n  (@ y = 1\n  z = y + \"\"\n  @)\n", []int{5}},
		{"a key", on + "a:\n  b: 1\n  (@= 1 @): 2\n", []int{4}},
		{"an opening in code", on + "a: |\n  x\n  (@ y\n  (@ z @)\n", []int{4}},
		{"a closing in text", on + "a: |\n  (@ x = 1\n  @)\n  @)\n", []int{5}},
		{"a missing closing", on + "a: |\n  (@ x = 1\n  @)\n  (@ y\n  z\n", []int{5}},
		{"an end too many", on + "a: |\n\n  (@ end @)\n", []int{4}},
		{"a missing end", on + "a: |\n\n  (@ for x in []: @)\n  y\nb: 1\n", []int{4}},
		{"syntax", on + "a: |\n  x\n  (@ y = @)\n", []int{4}},
	} {
		_, err := render(c.template, nil)
		failed, ok := err.(*Error)
		if !ok {
			t.Errorf("%s: no error: %v\n%s", c.reason, err, c.template)
		} else if diff := cmp.Diff(c.lines, linesOf(failed)); diff != "" {
			t.Errorf("%s (-want +got):\n%s%v", c.reason, diff, err)
		}
	}
}
