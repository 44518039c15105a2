package ytt

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestScalars types plain scalars and those with tags (spec: ytt §3.3), each as a value
// and as a key.
func TestScalars(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		text   string
		want   any
		reason string
	}{
		{"~", nil, "null has four forms"},
		{"null", nil, "null"},
		{"Null", nil, "null"},
		{"NULL", nil, "null"},
		{"nULL", "nULL", "and no more"},
		{"y", true, "YAML 1.1 has short booleans"},
		{"Y", true, "also in capitals"},
		{"yes", true, "YAML 1.1"},
		{"Yes", true, "YAML 1.1"},
		{"YES", true, "YAML 1.1"},
		{"yEs", "yEs", "only three ways to write it"},
		{"on", true, "the usual trap of GitHub workflows"},
		{"On", true, "YAML 1.1"},
		{"ON", true, "YAML 1.1"},
		{"true", true, "YAML 1.1"},
		{"True", true, "YAML 1.1"},
		{"TRUE", true, "YAML 1.1"},
		{"n", false, "YAML 1.1"},
		{"N", false, "YAML 1.1"},
		{"no", false, "the country of Norway"},
		{"No", false, "YAML 1.1"},
		{"NO", false, "YAML 1.1"},
		{"off", false, "YAML 1.1"},
		{"Off", false, "YAML 1.1"},
		{"OFF", false, "YAML 1.1"},
		{"false", false, "YAML 1.1"},
		{"False", false, "YAML 1.1"},
		{"FALSE", false, "YAML 1.1"},
		{".inf", inf, "infinity"},
		{"+.Inf", inf, "infinity with a sign"},
		{"-.INF", -inf, "minus infinity"},
		{".iNF", ".iNF", "no other capitals"},
		{".5", 0.5, "rule 4: a float after a dot"},
		{".5e3", 500.0, "rule 4"},
		{".", ".", "rule 4 does not fit"},
		{"..", "..", "no float"},
		{".x", ".x", "no float"},
		{"12", int64(12), "decimal"},
		{"-3", int64(-3), "decimal"},
		{"+4", int64(4), "a plus is dropped"},
		{"-0", int64(0), "zero has no sign"},
		{"0644", int64(420), "octal of old"},
		{"0o17", int64(15), "Go's octal"},
		{"0x1F", int64(31), "hexadecimal"},
		{"-0x1F", int64(-31), "hexadecimal"},
		{"0b11", int64(3), "binary"},
		{"0b12", "0b12", "no binary digit"},
		{"1_000", int64(1000), "underscores are dropped"},
		{"1__0_", int64(10), "wherever they are"},
		{"0_7", int64(7), "also behind the zero of an octal"},
		{"_1", "_1", "but not before the first digit"},
		{"9223372036854775807", int64(math.MaxInt64), "the greatest int64"},
		{"-9223372036854775808", int64(math.MinInt64), "the least"},
		{"9223372036854775808", uint64(math.MaxInt64 + 1), "beyond: uint64"},
		{"18446744073709551615", uint64(math.MaxUint64), "the greatest uint64"},
		{"18446744073709551616", 18446744073709551616.0, "beyond: float"},
		{"-9223372036854775809", -9223372036854775809.0, "beyond: float"},
		{"0899", 899.0, "no octal digits, so the float rule takes it"},
		{"1.", 1.0, "no digit needed behind the point"},
		{"1.50", 1.5, "float"},
		{"-1.5e-3", -0.0015, "float"},
		{"+1e3", 1000.0, "an exponent makes a float"},
		{"1e", "1e", "an exponent has digits"},
		{"1_0.5", 10.5, "underscores in floats"},
		{"-.5", -0.5, "the form allows it"},
		{"1e400", "1e400", "out of range: no float"},
		{"2001-01-01", "2001-01-01", "a timestamp stays a string"},
		{"2001-1-1", "2001-1-1", "short timestamp"},
		{"2001-01-01T10:00:00Z", "2001-01-01T10:00:00Z", "timestamp"},
		{"2001-01-01t10:0:0.5+01:00", "2001-01-01t10:0:0.5+01:00", "timestamp"},
		{"2001-01-01 10:00:00.25", "2001-01-01 10:00:00.25", "timestamp"},
		{"2001", int64(2001), "a year alone is a number"},
		{"1:30", "1:30", "no base 60"},
		{"=", "=", "no value type"},
		{"x#y", "x#y", "a # inside of a word"},
		{"-x", "-x", "a sign and no number"},
		{"+", "+", "a sign alone"},
		{"1 2", "1 2", "two words"},
		{"1.2.3", "1.2.3", "a version"},
		{"10m", "10m", "a quantity"},
		{"0x", "0x", "no digits"},
		{"'12'", "12", "quoted: a string"},
		{`"yes"`, "yes", "quoted"},
		{"''", "", "quoted"},
		{`"\u0041\n"`, "A\n", "escapes of YAML"},
		{"!!str 12", "12", "tagged"},
		{"!!str", "", "tagged, and nothing there"},
		{"!!str null", "null", "tagged"},
		{`!!int "12"`, int64(12), "the tag decides, not the quotes"},
		{"!!int 0x10", int64(16), "by the same rules"},
		{"!!float 1", 1.0, "tagged"},
		{"!!float .inf", inf, "tagged"},
		{`!!bool "yes"`, true, "tagged"},
		{`!!null ""`, nil, "tagged"},
		{"!!binary aGk=", "hi", "base64"},
		{"!foo 12", "12", "an unknown tag leaves the string"},
		{"!<tag:yaml.org,2002:int> '7'", int64(7), "a tag in full"},
		{"&a 12", int64(12), "an anchor changes nothing"},
		{"&a !!str 12", "12", "anchor and tag"},
		{"!!str &a 12", "12", "tag and anchor"},
	} {
		set := tree(t, "v: "+c.text+"\n")
		if got := set.children[0].value.(*node).children[0].value; got != c.want {
			t.Errorf("%s: value %s is %#v, want %#v", c.reason, c.text, got, c.want)
		}
		set = tree(t, "? "+c.text+"\n: v\n")
		if got := set.children[0].value.(*node).children[0].key; got != c.want {
			t.Errorf("%s: key %s is %#v, want %#v", c.reason, c.text, got, c.want)
		}
	}
	for _, text := range []string{".nan", ".NaN", ".NAN"} {
		set := tree(t, "v: "+text)
		if f, ok := set.children[0].value.(*node).children[0].value.(float64); !ok || !math.IsNaN(f) {
			t.Errorf("%s is no NaN", text)
		}
	}
	if set := tree(t, "v:"); set.children[0].value.(*node).children[0].value != nil {
		t.Error("an absent value is null")
	}
}

// tree reads a text that must be right, and attaches its comments.
func tree(t *testing.T, content string) *node {
	t.Helper()
	set, comments, err := read(newText("stdin.yml", content))
	if err != nil {
		t.Fatalf("%q: %v", content, err)
	}
	attach(set, comments)
	return set
}

// dump shows a tree, a node on each line: its depth, kind, line, key, value and comments.
func dump(n *node) string {
	var b strings.Builder
	var show func(n *node, depth int)
	show = func(n *node, depth int) {
		name := map[kind]string{documentSet: "set", document: "doc", mapping: "map", mapItem: "item", sequence: "array", sequenceItem: "-"}[n.kind]
		if n.injected {
			name = "injected"
		}
		fmt.Fprintf(&b, "%s%s", strings.Repeat("  ", depth), name)
		if n.line > 0 {
			fmt.Fprintf(&b, "@%d", n.line)
		}
		if n.kind == mapItem {
			fmt.Fprintf(&b, " %v:", n.key)
		}
		below, collection := n.value.(*node)
		if !collection && n.value != nil {
			fmt.Fprintf(&b, " %#v", n.value)
		}
		for _, c := range n.source.comments {
			fmt.Fprintf(&b, " #%d%s", c.line, c.data)
		}
		b.WriteByte('\n')
		if collection {
			show(below, depth+1)
		}
		for _, child := range n.children {
			show(child, depth+1)
		}
	}
	for _, d := range n.children {
		show(d, 0)
	}
	return b.String()
}

func lines(of ...string) string { return strings.Join(of, "\n") + "\n" }

// TestTrees reads texts into trees: lines of nodes, and where comments are attached.
func TestTrees(t *testing.T) {
	for _, c := range []struct{ reason, text, want string }{
		// §3.2
		{"no marker: the first document has no line while comments are attached, and line 1 afterwards",
			"#@ a\nx: 1\n", lines("doc@1", "  map", "    item@2 x: 1 #1@ a")},
		{"with a marker the document takes the comment before it",
			"---\n#@ a\nx: 1\n", lines("doc@1", "  map", "    item@3 x: 1 #2@ a")},
		{"comments before a marker make an empty first document, and go to the second",
			"#@ a\n---\nx: 1\n", lines("doc@1", "doc@2 #1@ a", "  map", "    item@3 x: 1")},
		{"blanks before the marker do not matter",
			"\n \n---\nx: 1\n", lines("doc@3", "  map", "    item@4 x: 1")},
		{"... ends a document", "a\n...\n---\nb\n...\n", lines(`doc@1 "a"`, `doc@3 "b"`)},
		{"a value on the marker line", "--- foo\n--- #@ x\n", lines(`doc@1 "foo"`, "doc@2 #2@ x")},
		{"empty documents are null", "---\n---\n\n---\na: 1\n", lines("doc@1", "doc@2", "doc@4", "  map", "    item@5 a: 1")},
		{"an empty text is one empty document", "", lines("doc@1")},
		{"only comments: no node is there, so they are injected", "#@ a\n#@ b\n", lines("doc@1", "injected #1@ a #2@ b")},
		{"the marker needs a white-space character behind it, also at the end of the text", "---", lines("doc@1", "doc@1")},
		{"directives come before the marker", "---\na\n...\n%YAML 1.1\n---\nb\n", lines(`doc@1 "a"`, `doc@5 "b"`)},
		{"a byte order mark at the beginning is not part of the text", "\ufeff---\na: 1 #@ x\n", lines("doc@1", "  map", "    item@2 a: 1 #2@ x")},

		// §4.2
		{"two nodes on a line: a comment above goes to the outer, a comment on it to the inner",
			"#@ up\n- a: 1 #@ on\n", lines("doc@1", "  array", "    -@2 #1@ up", "      map", "        item@2 a: 1 #2@ on")},
		{"code on the line of an array item is the value of that item",
			"- #@ if/end x:\n  a: 1\n", lines("doc@1", "  array", "    -@1 #1@ if/end x:", "      map", "        item@2 a: 1")},
		{"comments after the last node of a document go to the next document, first",
			"---\na: 1\n#@ end\n#@ b\n---\n#@ c\nd: 1\n", lines("doc@1", "  map", "    item@2 a: 1", "doc@5 #3@ end #4@ b", "  map", "    item@7 d: 1 #6@ c")},
		{"comments that the next document has no node for go on with it to the one after",
			"---\na: 1\n#@ b\n---\n#@ c\n---\nd\n", lines("doc@1", "  map", "    item@2 a: 1", "doc@4 #3@ b", `doc@6 "d" #5@ c`)},
		{"at the end of the text they are injected",
			"a: 1\n#@ end\n", lines("doc@1", "  map", "    item@1 a: 1", "injected #2@ end")},
		{"indentation and blank lines play no role",
			"a:\n        #@ x\n\n\n  b: 1\n#@ y\n  c: 1\n", lines("doc@1", "  map", "    item@1 a:", "      map", "        item@5 b: 1 #2@ x", "        item@7 c: 1 #6@ y")},
		{"comments keep the order of their lines",
			"#@ 1\n#@ 2\na: #@ 3\n", lines("doc@1", "  map", "    item@3 a: #1@ 1 #2@ 2 #3@ 3")},
		{"a comment in the lines of a scalar that began before has no node there",
			"a: >\n  x\n  y\n#@ c\nb: 1\n", lines("doc@1", "  map", `    item@1 a: "x y\n"`, "    item@5 b: 1 #4@ c")},
		{"a comment behind a scalar of several lines stands on its last line",
			"a: 'x\n\n  y' #@ c\nb: 1\n", lines("doc@1", "  map", `    item@1 a: "x\ny"`, "    item@4 b: 1 #3@ c")},

		// §4.1
		{"directly after quotes", "a: \"x\"#@ y\nb: 'x'#@ z\n", lines("doc@1", "  map", `    item@1 a: "x" #1@ y`, `    item@2 b: "x" #2@ z`)},
		{"not in quotes", "a: \"x #@ y\"\nb: 'it''s #@ z'\nc: \"\\\" #@ d\"\n", lines("doc@1", "  map", `    item@1 a: "x #@ y"`, `    item@2 b: "it's #@ z"`, `    item@3 c: "\" #@ d"`)},
		{"not in quotes of several lines", "a: \"x\n  #@ y\n  z\" #@ c\n", lines("doc@1", "  map", `    item@1 a: "x #@ y z"`, "injected #3@ c")},
		{"directly after brackets", "a: []#@ x\nb: {}#@ y\nc: [1]#@ z\n", lines("doc@1", "  map",
			"    item@1 a: #1@ x", "      array", "    item@2 b: #2@ y", "      map", "    item@3 c:", "      array", "        -@3 1 #3@ z")},
		{"a bracket in a plain scalar closes nothing", "a: b]#c\nd: e}#f\n- #g\n"[:16], lines("doc@1", "  map", `    item@1 a: "b]#c"`, `    item@2 d: "e}#f"`)},
		{"also in a plain scalar of several lines", "a: b]#c\n  d]#e\n", lines("doc@1", "  map", `    item@1 a: "b]#c d]#e"`)},
		{"not inside of a plain scalar", "a#b: c#d #@ e\n", lines("doc@1", "  map", `    item@1 a#b: "c#d" #1@ e`)},
		{"a quote in a plain scalar opens nothing", "a: it's #@ x\nb: 5\" #@ y\n", lines("doc@1", "  map", `    item@1 a: "it's" #1@ x`, `    item@2 b: "5\"" #2@ y`)},
		{"after a tab", "a:\t#@ x\nb: 1\t#@ y\n", lines("doc@1", "  map", "    item@1 a: #1@ x", "    item@2 b: 1 #2@ y")},
		{"a carriage return is not part of it", "a: 1 #@ x\r\n#@ y\r\nb: 2\r\n", lines("doc@1", "  map", "    item@1 a: 1 #1@ x", "    item@3 b: 2 #2@ y")},
		{"a comment after a key in quotes", "\"a\": #@ x\n'b' : #@ y\n", lines("doc@1", "  map", "    item@1 a: #1@ x", "    item@2 b: #2@ y")},

		// Block scalars.
		{"a comment on the header is dropped", "a: | # c\n  x\nb: >- #@ y\n  z\n", lines("doc@1", "  map", `    item@1 a: "x\n"`, `    item@3 b: "z"`)},
		{"lines inside are no comments", "a: |\n  # x\n  #@ y\n\n  z\nb: 1 #@ c\n", lines("doc@1", "  map", `    item@1 a: "# x\n#@ y\n\nz\n"`, "    item@6 b: 1 #6@ c")},
		{"a comment with less indentation is one", "a:\n  b: |\n    x\n  #@ c\n  d: 1\n", lines("doc@1", "  map", "    item@1 a:", "      map", `        item@2 b: "x\n"`, "        item@5 d: 1 #4@ c")},
		{"also at the beginning of the line", "a: |\n  x\n#@ c\nb: 1\n", lines("doc@1", "  map", `    item@1 a: "x\n"`, "    item@4 b: 1 #3@ c")},
		{"an empty block is followed by a comment", "a: |\n#@ c\nb: 1\n", lines("doc@1", "  map", `    item@1 a: ""`, "    item@3 b: 1 #2@ c")},
		{"a digit says the indentation", "a: |2\n    # x\n  # y\n #@ c\nb: 1\n", lines("doc@1", "  map", `    item@1 a: "  # x\n# y\n"`, "    item@5 b: 1 #4@ c")},
		{"a digit with a chomping sign, either first", "a: |1-\n  # x\nb: >+1\n # y\n\nc: 1\n", lines("doc@1", "  map", `    item@1 a: " # x"`, `    item@3 b: "# y\n\n"`, "    item@6 c: 1")},
		{"the digit counts from the parent", "- a:\n    b: |1\n      # x\n     # y\n    #@ c\n    d: 1\n", lines("doc@1", "  array", "    -@1", "      map", "        item@1 a:", "          map", `            item@2 b: " # x\n# y\n"`, "            item@6 d: 1 #5@ c")},
		{"in an array the parent is the dash", "- |1\n  # x\n#@ c\n- z\n", lines("doc@1", "  array", `    -@1 " # x\n"`, `    -@4 "z" #3@ c`)},
		{"in an array that is not indented, too", "a:\n- |1\n  # x\n#@ c\n- z\n", lines("doc@1", "  map", "    item@1 a:", "      array", `        -@2 " # x\n"`, `        -@5 "z" #4@ c`)},
		{"at the level of the document", "--- |\n  # x\n #@ c\n", lines(`doc@1 "# x\n"`, "injected #3@ c")},
		{"there a # at the beginning of the line is a comment, even as the first", "--- |\n#@ c\n", lines(`doc@1 ""`, "injected #2@ c")},
		{"blank lines before the text may be wider than it is not", "a: |\n\n  \n  # x\nb: 1\n", lines("doc@1", "  map", `    item@1 a: "\n\n# x\n"`, "    item@5 b: 1")},
		{"blank lines that are wider than a comment keep it out", "a: |\n    \n  #@ c\nb: 1\n", lines("doc@1", "  map", `    item@1 a: ""`, "    item@4 b: 1 #3@ c")},
		{"with a tag and an anchor the header is behind them", "a: &x !!str | # c\n  # y\nb: !!str\n  |\n  # z\n", lines("doc@1", "  map", `    item@1 a: "# y\n"`, `    item@3 b: "# z\n"`)},
		{"as a key the question mark is the parent", "? |\n  # x\n: |\n  # y\n", lines("doc@1", "  map", "    item@1 # x\n: \"# y\\n\"")},
		{"the next document ends it", "--- |\n # x\n--- #@ c\n", lines(`doc@1 "# x\n"`, "doc@3 #3@ c")},

		// Arrays.
		{"null items have the lines of their dashes", "-\n- #@ a\n-\n\n-\n", lines("doc@1", "  array", "    -@1", "    -@2 #2@ a", "    -@3", "    -@5")},
		{"a value may stand on a later line than its dash", "-\n\n  a\n- #@ x\n", lines("doc@1", "  array", `    -@1 "a"`, "    -@4 #4@ x")},
		{"an anchor comes before the first dash", "a: &k\n#@ x\n- 1\n- 2\n", lines("doc@1", "  map", "    item@1 a:", "      array", "        -@3 1 #2@ x", "        -@4 2")},
		{"a tag with a dash, and a comment with one", "a: !a-b # - c\n  # - d\n  - 1\n  - 2 #@ x\n", lines("doc@1", "  map", "    item@1 a: #1 - c", "      array", "        -@3 1 #2 - d", "        -@4 2 #4@ x")},
		{"compact nested arrays", "- - a\n  - b #@ x\n- - - c\n    - d\n", lines("doc@1", "  array",
			"    -@1", "      array", `        -@1 "a"`, `        -@2 "b" #2@ x`, "    -@3", "      array", "        -@3", "          array", `            -@3 "c"`, `            -@4 "d"`)},
		{"a dash in the text of a scalar is no item", "- \"a\n- b\"\n- 'c\n\n- d'\n- e\n", lines("doc@1", "  array", `    -@1 "a - b"`, `    -@3 "c\n- d"`, `    -@6 "e"`)},
		{"nor in a block", "- |\n  - a\n  -\n- b\n", lines("doc@1", "  array", `    -@1 "- a\n-\n"`, `    -@4 "b"`)},
		{"nor in a plain scalar", "- a\n - b\n- c\n", lines("doc@1", "  array", `    -@1 "a - b"`, `    -@3 "c"`)},
		{"arrays in arrays at the same dash column do not mix", "a:\n- b:\n  - 1\n  - 2\n- c\n", lines("doc@1", "  map", "    item@1 a:", "      array", "        -@2", "          map", "            item@2 b:", "              array", "                -@3 1", "                -@4 2", `        -@5 "c"`)},

		// Flow collections (§3.1, §4.3).
		{"items have the line of the bracket, then of the comma before them", "a: [1,\n  2\n  , 3,\n  4]\n", lines("doc@1", "  map", "    item@1 a:", "      array", "        -@1 1", "        -@1 2", "        -@3 3", "        -@3 4")},
		{"the bracket may stand below its key", "a:\n  [\n  1,\n  2,\n  ]\n", lines("doc@1", "  map", "    item@1 a:", "      array", "        -@2 1", "        -@3 2")},
		{"nested brackets have their own commas", "[[1,\n2],\n{a: [3,\n4], b: 5},\n6]\n", lines("doc@1", "  array",
			"    -@1", "      array", "        -@1 1", "        -@1 2", "    -@2", "      map", "        item@3 a:", "          array", "            -@3 3", "            -@3 4", "        item@4 b: 5", "    -@4 6")},
		{"commas and brackets in quotes do not count", "[\"a,]\",\n'b,['\n, it's\n, \"x\"]\n", lines("doc@1", "  array", `    -@1 "a,]"`, `    -@1 "b,["`, `    -@3 "it's"`, `    -@4 "x"`)},
		{"nor do quotes in plain scalars", "[a \"b,\n c's,\n d]\n", lines("doc@1", "  array", `    -@1 "a \"b"`, `    -@1 "c's"`, `    -@2 "d"`)},
		{"nor commas in comments", "[a, # x, [ ] \"\n b,\n c]\n", lines("doc@1", "  array", `    -@1 "a"`, `    -@1 "b" #1 x, [ ] "`, `    -@2 "c"`)},
		{"a comment may follow a sign without a blank", "a: [1,#@ x\n2]\n", lines("doc@1", "  map", "    item@1 a:", "      array", "        -@1 1", "        -@1 2 #1@ x")},
		{"a # in a flow scalar is text", "[a#b, c,\n d]#@ x\n", lines("doc@1", "  array", `    -@1 "a#b"`, `    -@1 "c"`, `    -@1 "d"`, "injected #2@ x")},
		{"code in a flow map is a value", "d: {e: #@ 3\n}\n", lines("doc@1", "  map", "    item@1 d:", "      map", "        item@1 e: #1@ 3")},
		{"a comment of its own before the closing bracket goes to the next node", "a: [1,\n  2,\n  #@ x\n]\nb: 1\n", lines("doc@1", "  map", "    item@1 a:", "      array", "        -@1 1", "        -@1 2", "    item@5 b: 1 #3@ x")},
		{"pairs in an array are maps", "[a: 1,\n b: 2]\n", lines("doc@1", "  array", "    -@1", "      map", "        item@1 a: 1", "    -@1", "      map", "        item@2 b: 2")},
		{"an anchor with a comment before the bracket", "a: &x # [,\n  [1,\n  2]\n", lines("doc@1", "  map", "    item@1 a: #1 [,", "      array", "        -@2 1", "        -@2 2")},

		// Columns are runes.
		{"letters of several bytes before quotes", "é: \"ü # x\" #@ y\n", lines("doc@1", "  map", `    item@1 é: "ü # x" #1@ y`)},
		{"letters of several bytes before brackets", "ключ: {ä: [ö,\n ü], \"😀\": \"#\"} #@ y\n", lines("doc@1", "  map", "    item@1 ключ:", "      map", "        item@1 ä:", "          array", `            -@1 "ö"`, `            -@1 "ü"`, `        item@2 😀: "#" #2@ y`)},

		// Line breaks of YAML.
		{"U+2028, U+2029 and U+0085 are line breaks", "a: 1 # x\u2028b: 2 # y\u2029c: 3\u0085d: 4\n", lines("doc@1", "  map", "    item@1 a: 1 #1 x", "    item@2 b: 2 #2 y", "    item@3 c: 3", "    item@4 d: 4")},
		{"so is a lone carriage return", "a: 1 # x\rb: 2\r\nc: 3\n", lines("doc@1", "  map", "    item@1 a: 1 #1 x", "    item@2 b: 2", "    item@3 c: 3")},

		// §3.4
		{"an alias is a copy with the lines of the original, and comments are not its own", "a: &x\n  b: 1 #@ c\nd: *x\n", lines("doc@1", "  map", "    item@1 a:", "      map", "        item@2 b: 1 #2@ c", "    item@3 d:", "      map", "        item@2 b: 1")},
		{"a merge key puts the items in its place", "a: &x {b: 1, c: 2}\nd:\n  e: 0\n  <<: *x\n  f: 3\n", lines("doc@1", "  map", "    item@1 a:", "      map", "        item@1 b: 1", "        item@1 c: 2", "    item@2 d:", "      map", "        item@3 e: 0", "        item@1 b: 1", "        item@1 c: 2", "        item@5 f: 3")},
		{"quoted it is a key like others", "\"<<\": {a: 1}\n", lines("doc@1", "  map", "    item@1 <<:", "      map", "        item@1 a: 1")},
		{"a key may have an anchor, and be an alias", "&k a: *k\n*k : 1\nb: *k\n", lines("doc@1", "  map", `    item@1 a: "a"`, "    item@2 a: 1", `    item@3 b: "a"`)},
		{"the last anchor of a name counts", "a: &x 1\nb: *x\nc: &x 2\nd: *x\n", lines("doc@1", "  map", "    item@1 a: 1", "    item@2 b: 1", "    item@3 c: 2", "    item@4 d: 2")},
		{"an anchor on nothing is null", "a: &x\nb: *x\n", lines("doc@1", "  map", "    item@1 a:", "    item@2 b:")},
		{"complex keys may be scalars", "? a\n: 1\n? 'b #'\n: 2 #@ x\n", lines("doc@1", "  map", "    item@1 a: 1", "    item@3 b #: 2", "injected #4@ x")},
	} {
		if diff := cmp.Diff(c.want, dump(tree(t, c.text))); diff != "" {
			t.Errorf("%s (-want +got):\n%s\n%s", c.reason, c.text, diff)
		}
	}
}

// TestBadYAML reads texts that are no YAML, or not what we take: the message, and the line.
func TestBadYAML(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	bomb := "a0: &a0 [" + strings.Repeat("x, ", 9) + "x]\n"
	for i := 1; i < 10; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	for _, c := range []struct {
		reason, text, mentions string
		line                   int
	}{
		{"a tab is no indentation", "a:\n  b: 1\n\tc: 2\n", "tab", 3},
		{"before a key", "a:\n  b: \"x\"\n\tc: 2\n", "cannot start any token", 3},
		{"in the first line", "\ta: 1\n", "cannot start any token", 1},
		{"in a block scalar", "a: 1\nb: |\n\tx\n", "tab", 3},
		{"a quote that is not closed is told where it opens", "a: 1\nb: \"x\nc: 2\nd: 3\n", "end of stream", 2},
		{"a single one", "a: 1\n\nb: 'x\nc: 2\n", "end of stream", 3},
		{"on the first line", "a: 'x\nb: 1\n", "end of stream", 1},
		{"on the line of the marker", "--- 'x\nb: 1\n", "end of stream", 1},
		{"a bracket that is not closed, too", "a: 1\nb: [1,\n  2\nc\n", "',' or ']'", 2},
		{"on the first line", "a: [1, 2\nb: 1\n", "',' or ']'", 1},
		{"a brace", "---\na: 1\nb: {c: 1,\n  d: 2\n\n", "',' or '}'", 3},
		{"a bracket too many", "a: 1\nb: 2]\nc: ]\n", "expected", 3},
		{"a key that is indented less", "a:\n  b: 1\n c: 2\n", "did not find expected key", 3},
		{"a key among array items", "a: 1\nb:\n- x\n- y\nc: 1\n d: 2\n", "mapping values", 6},
		{"an item among keys", "a:\n  b: 1\n  - c\n", "expected", 3},
		{"a key in an array", "- a\n- b\nc: 1\n", "'-' indicator", 3},
		{"two values on a line", "a: 1\nb: c: d\n", "mapping values", 2},
		{"text after quotes", "a: 1\nb: \"x\" y\n", "did not find expected key", 2},
		{"an escape that YAML does not know", "a: \"x\n  \\q\"\nb: 1\n", "unknown escape", 2},
		{"a percent sign", "a: 1\nb: %x\n", "cannot start any token", 2},
		{"a back quote", "a: 1\nb: `x`\n", "cannot start any token", 2},
		{"an alias without an anchor", "a: 1\nb:\n  c: *x\nd: *y\n", "unknown anchor 'x'", 3},
		{"an alias before its anchor", "a: *x\nb: &x 1\n", "unknown anchor 'x'", 1},
		{"an alias of another document", "a: &x 1\n---\nb: *x\n", "unknown anchor 'x'", 3},
		{"an alias inside of its value", "a: 1\nb: &x\n  c: *x\n", "*x stands inside the value", 3},
		{"the same in an array", "&x [*x]\n", "*x stands inside the value", 1},
		{"a map as a key", "a: 1\n? {b: c}\n: 2\n", "map key must be a scalar", 2},
		{"an array as a key", "a: 1\n? - b\n: 2\n", "map key must be a scalar", 2},
		{"Helm's braces are a map with a map as its key", "a: 1\nb: {{ .Values.x }}\n", "map key must be a scalar", 2},
		{"an alias of a map as a key", "a: &x {}\n*x : 1\n", "map key must be a scalar", 2},
		{"a merge of a list", "a: &x {b: 1}\nc:\n  <<: [*x]\n", "<< must be given a map", 3},
		{"a merge of a scalar", "<<: 1\n", "<< must be given a map", 1},
		{"a tag that does not fit", "a: 1\nb: !!int x\n", `"x" is no !!int`, 2},
		{"bool", "a: !!bool 1\n", `"1" is no !!bool`, 1},
		{"float", "a: !!float x\n", `"x" is no !!float`, 1},
		{"null", "a: !!null x\n", `"x" is no !!null`, 1},
		{"binary", "a: 1\nb: !!binary '*'\n", "!!binary", 2},
		{"no marker after ...", "a: 1\n...\nb: 1\n", "<document start>", 3},
		{"an undefined tag handle", "a: 1\nb: !x!y z\n", "undefined tag handle", 2},
		{"no UTF-8", "a: 1\nb: \"\xff\"\n", "byte 0xFF is no valid UTF-8", 2},
		{"in a comment", "a: 1\n# \xc3\n", "byte 0xC3 is no valid UTF-8", 2},
		{"a control character", "a: 1\nb: \x01\n", "U+0001", 2},
		{"NUL", "a: 1\n\nb: \"x\x00\"\n", "U+0000", 3},
		{"escape", "a: \x1b[0m\n", "U+001B", 1},
		{"delete", "a: \x7f\n", "U+007F", 1},
		{"a byte order mark elsewhere", "a: 1\n\ufeffb: 2\n", "U+FEFF", 2},
		{"200 levels are enough", "a: 1\nb: " + deep(202), "depth of nested maps and arrays of a text (200)", 2},
		{"10,000 levels are too many for yaml.v3", "a: 1\nb: " + deep(20000), "depth", 2},
		{"aliases of aliases", bomb, "nodes of a text (100000)", 5},
	} {
		_, _, err := read(newText("stdin.yml", c.text))
		var shown *Error
		if err != nil {
			shown = err.(*Error)
		}
		switch {
		case err == nil:
			t.Errorf("%s: no error\n%s", c.reason, c.text)
		case !strings.Contains(shown.Problems[0].Message, c.mentions):
			t.Errorf("%s: %q is not mentioned: %v", c.reason, c.mentions, err)
		case shown.Problems[0].Frames[0].Line != c.line:
			t.Errorf("%s: want line %d: %v", c.reason, c.line, err)
		}
	}
}

// TestDepth takes 200 levels.
func TestDepth(t *testing.T) {
	tree(t, strings.Repeat("[", 200)+strings.Repeat("]", 200))
	tree(t, strings.Repeat("- ", 200)+"x")
}

// TestWideTexts reads a mebibyte that is not wide in the usual way: the time must grow
// with its length, not with the square.
func TestWideTexts(t *testing.T) {
	const size = 1 << 20
	fill := func(before, part, after string, count int) string {
		return before + strings.Repeat(part, min(count, size/len(part))) + after
	}
	for _, c := range []struct{ reason, text string }{
		{"quotes on one line", fill("[", `"é#",`, "]", 90_000)},
		{"brackets on one line", fill("[", "[1],", "]", 40_000)},
		{"maps on one line", fill("[", `{"a": 'b'},`, "]", 30_000)},
		{"long strings on one line", fill("[", `"`+strings.Repeat("x", 1000)+`", `, "]", size)},
		{"one string", fill(`"`, "x # ", `"`, size)},
		{"a comment", fill("a: 1 #@ ", "x # ", "\n", size)},
		{"comments", fill("", "# x\n", "a: 1\n", maxSigns-10)},
		{"comments behind values", fill("", "- a #@ b\n", "", maxSigns/2)},
		{"blank lines", fill("a: |\n", "\n", "b: 1\n", maxSigns-10)},
		{"blocks", fill("", "- |\n #\n", "", maxSigns/3)},
		{"alias keys on one line", fill("a: "+strings.Repeat(" ", size/2)+"&x y\nb: {", "*x : 1,", "}", 40_000)},
		{"anchors on one line", fill("[", "&a x,*a ,", "]", 40_000)},
		{"plain text of many lines", fill("a: ", "b]#c\n  ", "d", size)},
		{"lists below each other", fill("", "- -\n", "", 40_000)},
	} {
		begun := spent()
		set, comments, err := read(newText("stdin.yml", c.text))
		if err != nil {
			t.Errorf("%s: %v", c.reason, shorten(err.Error()))
			continue
		}
		attach(set, comments)
		if took := spent() - begun; took > 4*time.Second {
			t.Errorf("%s took %v", c.reason, took)
		}
	}
}

// TestDuplicateKeys are settled in plain files, and refused in templated ones (§2, §3.4).
func TestDuplicateKeys(t *testing.T) {
	for _, c := range []struct{ reason, text, want string }{
		{"the last value, at the place of the first", "a: 1\nb: 2\na: 3\n", "a: 3\nb: 2\n"},
		{"below as well", "- {x: 1, x: 2}\n", "- x: 2\n"},
		{"1 and \"1\" differ, y and true do not", "1: a\n\"1\": b\ny: c\ntrue: d\n", "1: a\n\"1\": b\ntrue: d\n"},
		{"merged items count as items", "a: &x {k: 1, l: 2}\nb:\n  k: 0\n  <<: *x\n", "a:\n  k: 1\n  l: 2\nb:\n  k: 1\n  l: 2\n"},
		{"comments are free", "# a\n#b\na: 1 # c\n#!d\n#@comment e\n", "a: 1\n"},
	} {
		got, err := render(c.text, nil)
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n%s", c.reason, err, got)
		}
	}
	for _, c := range []struct {
		reason, text string
		line         int
	}{
		{"a key twice", "a: #@ 1\nb: 1\na: 2\n", 3},
		{"below", "a: #@ 1\nb:\n- c: 1\n  c: 2\n", 4},
		{"y and true are equal", "y: #@ 1\ntrue: 2\n", 2},
		{"an explicit item beside a merged one: that of the line", "a: &x {k: 1}\nb:\n  <<: *x\n  k: #@ 1\n", 4},
	} {
		_, err := render(c.text, nil)
		shown, ok := err.(*Error)
		if !ok || linesOf(shown)[0] != c.line || !strings.Contains(err.Error(), "duplicate key") {
			t.Errorf("%s: %v", c.reason, err)
		}
	}
}

// TestAliasesOfTemplates evaluates code in anchored values once, and repeats the outcome (§4.4).
func TestAliasesOfTemplates(t *testing.T) {
	for _, c := range []struct{ reason, text, want string }{
		{"a computed value", "a: &x #@ 1 + 1\nb: *x\n", "a: 2\nb: 2\n"},
		{"below a map", "a: &x\n  k: #@ 1 + 1\nb: *x\n", "a:\n  k: 2\nb:\n  k: 2\n"},
		{"through a merge key", "a: &x\n  k: #@ 1 + 1\n  l: 5\nb:\n  <<: *x\n  m: 6\n", "a:\n  k: 2\n  l: 5\nb:\n  k: 2\n  l: 5\n  m: 6\n"},
		{"through an alias of an alias", "b: &b\n  k: #@ 1 + 1\na: &a\n  x: *b\nc: *a\n", "b:\n  k: 2\na:\n  x:\n    k: 2\nc:\n  x:\n    k: 2\n"},
		{"through a merge key in an anchor", "b: &b\n  k: #@ 1 + 1\na: &a\n  <<: *b\n  z: 3\nc: *a\n", "b:\n  k: 2\na:\n  k: 2\n  z: 3\nc:\n  k: 2\n  z: 3\n"},
		{"a literal in a templated file", "#@ x = 1\na: &x {k: 1}\nb: *x\nc: #@ x\n", "a:\n  k: 1\nb:\n  k: 1\nc: 1\n"},
	} {
		got, err := render(c.text, nil)
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n%s", c.reason, err, got)
		}
	}
}
