package ytt

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLanguage: the code language as a whole (spec: ytt §6). Each template prints what
// its code computes.
func TestLanguage(t *testing.T) {
	cases := []struct{ why, template, want string }{
		// Blocks (§6.2)
		{"indentation of code lines means nothing", `
#@ if True:
        #@     x = 1
  #@ end
a: #@ x
`, "a: 1\n"},
		{"blocks nest, and each end closes the innermost", `
#@ out = []
#@ for i in range(3):
#@ if i != 1:
#@ for j in range(i):
#@ out.append((i, j))
#@ end
#@ end
#@ end
a: #@ [str(p) for p in out]
`, "a:\n- (2, 0)\n- (2, 1)\n"},
		{"an empty block needs no statement", `
#@ if True:
#@ end
#@ for i in [1]:
#@ end
#@ def f():
#@ end
a: #@ f()
`, "a: null\n"},
		{"nor does one that else follows, or the else", `
#@ if False:
#@ elif True:
#@ else:
#@ end
a: 1
`, "a: 1\n"},
		{"a one-line suite opens nothing", `
#@ def f(): return 2
#@ if f() == 2: x = 1
#@ for i in [1, 2]: x += i
#@ while x < 10: x += 10
a: #@ x
`, "a: 14\n"},
		{"else after a one-line if", `
#@ if False: x = 1
#@ else: x = 2
a: #@ x
`, "a: 2\n"},
		{"an else with a block after a one-line if", `
#@ if False: x = 1
#@ elif False: x = 2
#@ else:
#@   x = 3
#@ end
a: #@ x
`, "a: 3\n"},
		{"a one-line if in a block: the else of the block is not its own", `
#@ if False:
#@   if True: x = 1
#@ end
#@ if False:
#@   y = 1
#@ else:
#@   y = 2
#@ end
a: #@ y
`, "a: 2\n"},
		{"a chain of elif: the first that holds", `
#@ def name(n):
#@   if n == 0:
#@     return "none"
#@   elif n == 1:
#@     return "one"
#@   elif n < 10:
#@     return "few"
#@   else:
#@     return "many"
#@   end
#@ end
a: #@ [name(n) for n in [0, 1, 5, 10]]
`, "a:\n- none\n- one\n- few\n- many\n"},
		{"else without a colon is the operator", `
#@ x = (1 if False
#@   else 2)
a: #@ x
`, "a: 2\n"},
		{"a colon in brackets, of a slice or a lambda opens no block", `
#@ d = {"k":
#@   1}
#@ s = "abc"[1:]
#@ f = lambda: 7
a: #@ [d["k"], s, f()]
`, "a:\n- 1\n- bc\n- 7\n"},
		{"break, continue and while", `
#@ n = 0
#@ out = []
#@ while True:
#@   n += 1
#@   if n == 2: continue
#@   if n > 4: break
#@   out.append(n)
#@ end
a: #@ out
`, "a:\n- 1\n- 3\n- 4\n"},
		{"a logical line goes on in brackets and after a backslash", `
#@ x = [
#@   1, # one
#@   2]
#@ y = 1 + \
#@   2
a: #@ x + [y]
`, "a:\n- 1\n- 2\n- 3\n"},
		{"a comment in code, with brackets, a colon and a quote", `
#@ x = 1 # if [ " :
#@ # end
#@ s = "#" # not in a string
a: #@ [x, s] # the value
`, "a:\n- 1\n- '#'\n"},
		{"end inside of names and strings is no end", `
#@ endless, the_end = "end", 1
a: #@ [endless, the_end, {"end": 2}["end"]]
`, "a:\n- end\n- 1\n- 2\n"},
		{"a field that is called end is read with getattr or an index", `
#@ load("@ytt:struct", "struct")
#@ s = struct.encode({"end": 3, "class": 4})
a: #@ [getattr(s, "end"), s["end"], s["class"]]
`, "a:\n- 3\n- 3\n- 4\n"},

		// Strings (§6.3)
		{"lines of a text in code lose their indentation; where a backslash goes before, they keep it", `
#@ x = """one
#@   two"""
#@ y = "three \
#@   four"
a: #@ x
b: #@ y
`, "a: |-\n  one\n  two\nb: three   four\n"},
		{"known escapes", `
a: #@ "\\ \' \" \t|\101\x41"
b: #@ [ord(c) for c in "\a\b\f\n\r\v".elems()]
`, "a: \"\\\\ ' \\\" \\t|AA\"\nb:\n- 7\n- 8\n- 12\n- 10\n- 13\n- 11\n"},
		{"other pairs stay, both characters", `
a: #@ "\/\d\@\.\u0041\U"
`, "a: \\/\\d\\@\\.\\u0041\\U\n"},
		{"a doubled backslash before such a character is one", `
a: #@ "\\d" == "\d"
b: #@ len("\\\d")
`, "a: true\nb: 3\n"},
		{"raw strings are as they are written", `
a: #@ r"\n\d\\"
b: #@ r'a\'b'
`, "a: \\n\\d\\\\\nb: a\\'b\n"},
		{"quotes of the other kind, and triple ones", `
a: #@ 'say "x"' + "it's" + '''a'b"c'''
`, "a: say \"x\"it'sa'b\"c\n"},

		// Names and loads (§6.4, §6.5)
		{"a load under another name, and twice", `
#@ load("@ytt:json", j="json")
#@ load("@ytt:json", "json")
#@ load("@ytt:json", "json")
a: #@ j.encode(1) + json.encode(2)
`, "a: \"12\"\n"},
		{"a load in a block at the top", `
#@ if True:
#@   load("@ytt:json", "json")
#@ end
#@ for i in [1]:
#@   load("@ytt:base64", "base64")
#@ end
a: #@ json.encode([1]) + base64.encode("x")
`, "a: '[1]eA=='\n"},
		{"a loaded name may be assigned again", `
#@ load("@ytt:json", "json")
#@ json = json.encode("x")
a: #@ json
`, "a: '\"x\"'\n"},

		// Statements and calls (§6.1, §6.6)
		{"an assignment in a function makes a local", `
#@ x = 1
#@ def f():
#@   x = 2
#@   return x
#@ end
a: #@ [f(), x]
`, "a:\n- 2\n- 1\n"},
		{"augmented assignments of names", `
#@ x = 7
#@ x += 3
#@ x -= 1
#@ x *= 4
#@ x //= 5
#@ x %= 4
#@ y = 6
#@ y |= 1
#@ y &= 5
#@ y ^= 1
#@ y <<= 3
#@ y >>= 1
#@ z = 1
#@ z /= 2
#@ s = "a"
#@ s += "b"
#@ s *= 2
#@ s += "%s"
#@ s %= "c"
a: #@ [x, y, z, s]
`, "a:\n- 3\n- 16\n- 0.5\n- ababc\n"},
		{"of elements: the collection and the index are evaluated once", `
#@ calls = []
#@ def at(i):
#@   calls.append(i)
#@   return i
#@ end
#@ def of(x):
#@   calls.append("of")
#@   return x
#@ end
#@ a, d = [1, 2, 3], {"k": "v"}
#@ of(a)[at(1)] += 10
#@ a[at(2)] *= 2
#@ a[at(0)] -= 1
#@ d["k"] += "w"
a: #@ a
d: #@ d
calls: #@ calls
`, "a:\n- 0\n- 12\n- 6\nd:\n  k: vw\ncalls:\n- of\n- 1\n- 2\n- 0\n"},
		{"nested: the value of an augmented assignment may hold another call that does one", `
#@ a = [0, 0]
#@ def inner():
#@   a[1] += 5
#@   return 1
#@ end
#@ a[0] += inner()
a: #@ a
`, "a:\n- 1\n- 5\n"},
		{"+= extends a list in place, + makes another", `
#@ a = [1]
#@ b = a
#@ b += [2]
#@ c = a
#@ c = c + [3]
a: #@ a
c: #@ c
`, "a:\n- 1\n- 2\nc:\n- 1\n- 2\n- 3\n"},
		{"keywords may follow *args", `
#@ def f(*args, **kwargs): return [list(args), kwargs]
#@ x, d = [1, 2], {"m": 4}
a: #@ f(*x, k=3)
b: #@ f(0, *x, k=3, **d)
c: #@ f(*x, **d)
`, "a:\n- - 1\n  - 2\n- k: 3\nb:\n- - 0\n  - 1\n  - 2\n- k: 3\n  m: 4\nc:\n- - 1\n  - 2\n- m: 4\n"},
		{"defaults and keywords", `
#@ def f(a, b=2, *, c=3): return [a, b, c]
a: #@ f(1) + f(1, c=5, b=4)
`, "a:\n- 1\n- 2\n- 3\n- 1\n- 4\n- 5\n"},
		{"sets", `
#@ s = set([3, 1, 3])
#@ s = s | set([5])
a: #@ s
b: #@ [1 in s, 2 in s, len(s), type(s), s == set([5, 3, 1])]
c: #@ set([1, 2]) & set([2, 3])
`, "a:\n- 3\n- 1\n- 5\nb:\n- true\n- false\n- 3\n- set\n- true\nc:\n- 2\n"},
		{"recursion, of two functions as well", `
#@ def even(n): return True if n == 0 else odd(n - 1)
#@ def odd(n): return False if n == 0 else even(n - 1)
a: #@ [even(10), even(7)]
`, "a:\n- true\n- false\n"},
		{"recursion of a function that returns YAML", `
#@ def tree(n):
depth: #@ n
#@   if/end n > 1:
below: #@ tree(n - 1)
#@ end
a: #@ tree(2)
`, "a:\n  depth: 2\n  below:\n    depth: 1\n"},
		{"lambdas close over what is around them", `
#@ def adder(n): return lambda x, m=1: x + n * m
a: #@ [adder(2)(3), adder(2)(3, m=10)]
b: #@ (lambda *a, **k: [len(a), sorted(k)])(1, 2, z=1, y=2)
`, "a:\n- 5\n- 23\nb:\n- 2\n- - \"y\"\n  - z\n"},
		{"comprehensions, with several clauses", `
a: #@ [x * 10 + y for x in range(3) if x for y in range(x)]
b: #@ {k.upper(): v for k, v in [("p", 1), ("q", 2)]}
#@ x = "kept"
#@ n = [x for x in [1]]
c: #@ x
`, "a:\n- 10\n- 20\n- 21\nb:\n  P: 1\n  Q: 2\nc: kept\n"},
		{"unpacking and chained conditions", `
#@ (a, b), c = [1, 2], 3
#@ for i, (k, v) in enumerate([("x", 1)]):
#@ d = [i, k, v]
#@ end
a: #@ [a, b, c] + d + [1 < 2 and not (2 < 1) or False]
`, "a:\n- 1\n- 2\n- 3\n- 0\n- x\n- 1\n- true\n"},
		{"dicts can be joined", `
a: #@ {"x": 1, "y": 1} | {"y": 2}
`, "a:\n  x: 1\n  \"y\": 2\n"},

		// Texts of values (§6.6)
		{"floats have six digits and no forced point", `
a: #@ [str(2.0), str(0.123456789), str(1e10), str(100000.0), str(1234567.0), str(-0.5)]
b: #@ [repr(2.0), "%s" % 2.0, "%r" % 0.123456789, "{}".format(2.0), "{x!r}".format(x=2.5)]
`, "a:\n- \"2\"\n- \"0.123457\"\n- \"1e+10\"\n- \"100000\"\n- \"1.23457e+06\"\n- \"-0.5\"\nb:\n- \"2\"\n- \"2\"\n- \"0.123457\"\n- \"2\"\n- \"2.5\"\n"},
		{"inside of collections as well", `
#@ load("@ytt:struct", "struct")
#@ v = [1.0, (2.0,), {"a": 3.0, 4.0: None}, struct.make(x=5.0), set([6.0])]
a: #@ str(v)
b: #@ str(v) == repr(v) and "%s" % (v,) == "{}".format(v) and "%s" % (v,) == str(v)
c: #@ "%(k)s" % {"k": [1.0]}
`, "a: '[1, (2,), {\"a\": 3, 4: None}, struct(x = 5), set([6])]'\nb: true\nc: '[1]'\n"},
		{"a value keeps all digits: only its text is short", `
a: #@ 0.123456789
b: #@ 1 / 3
`, "a: 0.123456789\nb: 0.3333333333333333\n"},
		{"a text of strings: str is the string, repr is its literal", `
a: #@ str("x") + repr("y\n") + str(["z"]) + str(None) + str(True) + str(7)
`, "a: x\"y\\n\"[\"z\"]NoneTrue7\n"},
		{"%d and %% in between", `
a: #@ "%d%% of %s, %x, %s" % (5, "x", 255, 1.0)
`, "a: 5% of x, ff, 1\n"},
		{"type names", `
#@ load("@ytt:struct", "struct")
#@ load("@ytt:json", "json")
#@ def f():
x: 1
#@ end
a: #@ [type(v) for v in [None, True, 1, 1.0, "", [], (), {}, set(), f, len, struct.make(), f(), json]]
`, "a:\n- NoneType\n- bool\n- int\n- float\n- string\n- list\n- tuple\n- dict\n- set\n- function\n- builtin_function_or_method\n- struct\n- yamlfragment\n- module\n"},
		{"the universe", `
a: #@ [any([0, 1]), all([0, 1]), bool(""), chr(65), ord("A"), max(1, 2), min([3, 2]), len("abc"), int("12"), float("1.5"), hasattr("", "upper")]
b: #@ [list(range(1, 6, 2)), reversed([1, 2]), sorted([2, 1]), list(zip([1], [2])), dict(a=1), tuple([1]), getattr({}, "nope", 5), "upper" in dir("")]
c: #@ hash("") == hash("")
`, "a:\n- true\n- false\n- false\n- A\n- 65\n- 2\n- 2\n- 3\n- 12\n- 1.5\n- true\nb:\n- - 1\n  - 3\n  - 5\n- - 2\n  - 1\n- - 1\n  - 2\n- - - 1\n    - 2\n- a: 1\n- - 1\n- 5\n- true\nc: true\n"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := render(c.template, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestLanguageErrors: every fault points at its line (spec: ytt §14.4). The templates
// begin on line 1.
func TestLanguageErrors(t *testing.T) {
	cases := []struct {
		why, template string
		lines         []int
		mentions      []string
	}{
		{"an end too many", "#@ if True:\n#@ end\n#@ end\na: 1\n", []int{3}, []string{"unexpected end"}},
		{"an end that is missing: the innermost block is named", "#@ if True:\n#@ for i in [1]:\na: 1\n", []int{2}, []string{"missing end"}},
		{"a one-line suite takes no end", "#@ if True: x = 1\n#@ end\na: 1\n", []int{2}, []string{"unexpected end"}},
		{"else where no block is open", "a: 1\n#@ else:\nb: 1\n#@ end\n", []int{2}, []string{"unexpected else"}},
		{"end stands alone", "#@ if True:\n#@ end x\na: 1\n", []int{2}, []string{"end"}},
		{"pass is not there", "#@ if True:\n#@   pass\n#@ end\na: 1\n", []int{2}, []string{"pass", "reserved"}},
		{"end is no field", "#@ x = {}\na: #@ x.end\n", []int{2}, []string{"end is reserved"}},
		{"end is no keyword", "#@ def f(**k): return k\na: #@ f(end=1)\n", []int{2}, []string{"end is reserved"}},
		{"a reserved word is no name", "a: 1\n#@ class = 1\n", []int{2}, []string{"class", "reserved"}},
		{"a keyword is no name", "a: 1\n#@ lambda = 1\n", []int{2}, nil},
		{"there is no try", "#@ try:\n#@ end\na: 1\n", []int{1}, []string{"try", "reserved"}},
		{"names of the machine are its own", "#@ __ytt_start(1)\na: 1\n", []int{1}, []string{"names can not begin"}},
		{"a bracket that is never closed", "#@ x = [1,\na: 1\n", []int{1}, []string{"never closed"}},
		{"a text that is never closed", "a: 1\n#@ x = \"\"\"\nb: 1\n", []int{2}, []string{"never closed"}},
		{"a string ends on its line", "#@ x = \"a\na: 1\n", []int{1}, nil},
		{"a value is whole", "a: #@ (1\nb: 2\n", []int{1}, nil},
		{"all names that are not there", "a: #@ x\nb: 1\nc: #@ y\n", []int{1, 3}, []string{"undefined: x", "undefined: y"}},
		{"true is written True", "a: #@ true\n", []int{1}, []string{"(hint: write True)"}},
		{"none is written None", "a: 1\nb: #@ none\n", []int{2}, []string{"(hint: write None)"}},
		{"a module that was not loaded", "a: #@ json.encode(1)\n", []int{1}, []string{`load("@ytt:json", "json")`}},
		{"a colon is missing", "a: 1\n#@ if True\nb: 1\n#@ end\n", []int{2}, nil},
		{"and is no sign", "a: #@ True && False\n", []int{1}, []string{"write and"}},
		{"an unknown module: which there are", "#@ load(\"@ytt:xml\", \"xml\")\na: 1\n", []int{1}, []string{"@ytt:xml", "json", "url"}},
		{"a module has one name", "a: 1\n#@ load(\"@ytt:json\", \"encode\")\n", []int{2}, []string{"encode"}},
		{"files can not be loaded", "#@ load(\"values.star\", \"x\")\na: 1\n", []int{1}, []string{"values.star", "@ytt:"}},
		{"libraries load files", "#@ load(\"@ytt:library\", \"library\")\na: 1\n", []int{1}, []string{"not supported"}},
		{"load in a function", "#@ def f():\n#@ load(\"@ytt:json\", \"json\")\n#@ end\na: 1\n", []int{2}, []string{"function"}},
		{"return outside of a function", "a: 1\n#@ return 1\n", []int{2}, []string{"return"}},
		{"break outside of a loop", "a: 1\n#@ break\n", []int{2}, []string{"break"}},
		{"an error in a function: its line, then that of the call", "#@ def f(x):\n#@   y = 1\n#@   return x + y\n#@ end\na: 1\nb: #@ f(\"x\")\n", []int{3, 6}, []string{"in f", "in <toplevel>"}},
		{"an error in a text of several lines: the line of the statement", "#@ x = \"\"\"\n#@ a\n#@ \"\"\"\n#@ y = x + 1\na: 1\n", []int{4}, nil},
		{"an error in an annotation", "a: 1\n#@overlay/match by=nope\nb: 1\n", []int{2}, []string{"undefined: nope"}},
		{"a local is not read before it is set", "#@ x = 1\n#@ def f():\n#@   y = x\n#@   x = 2\n#@   return y\n#@ end\na: #@ f()\n", []int{3, 7}, []string{"x"}},
		{"too many arguments", "#@ def f(x): return x\na: #@ f(1, 2)\n", []int{1, 2}, []string{"f"}},
		{"an augmented assignment of an element that is not there", "#@ d = {}\n#@ d[\"k\"] += 1\na: 1\n", []int{2}, []string{`"k"`}},
		{"structs can not be assigned to", "#@ load(\"@ytt:data\", \"data\")\n#@ data.values.x = 1\na: 1\n", []int{2}, nil},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := render(c.template, nil)
			var failed *Error
			if !errors.As(err, &failed) {
				t.Fatalf("want an error, got %v and\n%s", err, got)
			}
			if lines := linesOf(failed); !slices.Equal(lines, c.lines) {
				t.Errorf("lines %v, want %v:\n%v", lines, c.lines, err)
			}
			for _, mention := range c.mentions {
				if !strings.Contains(err.Error(), mention) {
					t.Errorf("the error does not mention %q:\n%v", mention, err)
				}
			}
		})
	}
}

// TestPrint: print and its sink; the text is that of str, with a separator.
func TestPrint(t *testing.T) {
	var printed []string
	out, err := renderWith("#@ print(\"x\", 2.0, [1.0])\n#@ print(1, 2, sep=\"-\")\n#@ print()\na: 1\n", nil, Options{Print: func(line string) { printed = append(printed, line) }})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"x 2 [1]", "1-2", ""}, printed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if out != "a: 1\n" {
		t.Errorf("print is no part of the output:\n%s", out)
	}
}
