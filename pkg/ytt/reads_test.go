package ytt

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAnalyze: each read as LINE:COLUMN EXPRESSION = NAMES, with ? for one that is looked
// for first, as many as there are names that are known to be there; + for what comes after.
func TestAnalyze(t *testing.T) {
	const data = "#@ load(\"@ytt:data\", \"data\")\n"
	for name, tc := range map[string]struct {
		reason, text string
		want         []string
		all          []string
	}{
		"attributes": {"a chain is one read, and an index of a list ends its names",
			"a: #@ data.values.workload.spec.env[0].name\nb: #@ data.values.image",
			[]string{"2:7 data.values.workload.spec.env[0].name = workload.spec.env +", "3:7 data.values.image = image"}, []string{"image", "workload.spec.env"}},
		"index": {"a text in brackets is a name", `a: #@ data.values.params["app.port"]`,
			[]string{`2:7 data.values.params["app.port"] = params.app.port`}, []string{"params.app.port"}},
		"alias": {"a name stands for what it was given",
			"#@ v = data.values\n#@ p = v.params\na: #@ p.x\n",
			[]string{"3:8 v.params = params +", "4:7 p.x = params.x"}, []string{"params.x"}},
		"alias used": {"its value is used as a whole", "#@ p = data.values.params\na: #@ p\n",
			[]string{"2:8 data.values.params = params +"}, []string{"params"}},
		"other alias": {"a name of the module itself", "#@ load(\"@ytt:data\", d=\"data\")\na: #@ d.values.x\n",
			[]string{"3:7 d.values.x = x"}, []string{"x"}},
		"two values": {"after an if, a name stands for both",
			"#@ x = data.values.a\n#@ if data.values.c:\n#@   x = data.values.b\n#@ end\ny: #@ x.d\n",
			[]string{"2:8 data.values.a = a +", "3:7 data.values.c = c +", "4:10 data.values.b = b +", "6:7 x.d = a.d", "6:7 x.d = b.d"}, []string{"a.d", "b.d"}},
		"hasattr": {"what is looked for first is known to be there, and so is what is above it",
			"#@ if hasattr(data.values.w.spec, \"git\"):\na: #@ data.values.w.spec.git.url\n#@ end\nb: #@ data.values.w.spec.git.url",
			[]string{`2:7 hasattr(data.values.w.spec, "git") = w.spec.git ???`, "2:15 data.values.w.spec = w.spec +", "3:7 data.values.w.spec.git.url = w.spec.git.url ???", "5:7 data.values.w.spec.git.url = w.spec.git.url"}, []string{"w.spec.git.url"}},
		"getattr": {"a default makes it safe, no default does not",
			"a: #@ getattr(data.values.params, \"x\", 1)\nb: #@ getattr(data.values.params, \"y\")",
			[]string{`2:7 getattr(data.values.params, "x", 1) = params.x ??`, "2:15 data.values.params = params +", `3:7 getattr(data.values.params, "y") = params.y`}, []string{"params.x", "params.y"}},
		"in": {"with and, or, not",
			"a: #@ \"x\" in data.values.params and data.values.params.x\nb: #@ \"y\" not in data.values.params or data.values.params.y\nc: #@ data.values.params.z if not (not \"z\" in data.values.params) else data.values.params.z",
			[]string{
				`2:7 "x" in data.values.params = params.x ??`, "2:14 data.values.params = params +", "2:37 data.values.params.x = params.x ??",
				`3:7 "y" not in data.values.params = params.y ??`, "3:18 data.values.params = params +", "3:40 data.values.params.y = params.y ??",
				"4:7 data.values.params.z = params.z ??", `4:40 "z" in data.values.params = params.z ??`, "4:47 data.values.params = params +", "4:72 data.values.params.z = params.z +",
			}, []string{"params.x", "params.y", "params.z"}},
		"none": {"a comparison with None", "#@ if data.values.a.b != None:\nx: #@ data.values.a.b.c\n#@ end\n",
			[]string{"2:7 data.values.a.b = a.b +", "3:7 data.values.a.b.c = a.b.c ??"}, []string{"a.b.c"}},
		"early return": {"what comes after a return knows the opposite",
			"#@ def f():\n#@   if not \"x\" in data.values.params:\n#@     return None\n#@   end\n#@   return data.values.params.x\n#@ end\na: #@ f()\n",
			[]string{`3:13 "x" in data.values.params = params.x ??`, "3:20 data.values.params = params +", "6:13 data.values.params.x = params.x ??"}, []string{"params.x"}},
		"function": {"a function is looked at with what it is called with, and a name that it is given stands where it is written",
			"#@ def param(key, otherwise=None):\n#@   if key in data.values.params:\n#@     return data.values.params[key]\n#@   end\n#@   return otherwise\n#@ end\na: #@ param(\"x\")\n",
			[]string{"3:9 key in data.values.params = params.x ??", "3:16 data.values.params = params +", `8:13 "x" = params.x ??`}, []string{"params.x"}},
		"value given": {"a path that is handed on", "#@ def url(git):\n#@   return git.url\n#@ end\na: #@ url(data.values.w.git)\n",
			[]string{"3:13 git.url = w.git.url +", "5:11 data.values.w.git = w.git +"}, []string{"w.git.url"}},
		"value returned": {"a path that comes back", "#@ def w(): return data.values.w\na: #@ w().name\n",
			[]string{"2:20 data.values.w = w +", "3:7 w().name = w.name"}, []string{"w.name"}},
		"never called": {"nobody knows with what", "#@ def param(key): return data.values.params[key]\n",
			[]string{"2:27 data.values.params[key] = params +"}, []string{"params"}},
		"computed": {"a name that only a run tells", "a: #@ data.values.params[data.values.params.k]",
			[]string{"2:7 data.values.params[data.values.params.k] = params +", "2:26 data.values.params.k = params.k +"}, []string{"params"}},
		"whole": {"all of it", "#@ load(\"@ytt:struct\", \"struct\")\na: #@ struct.decode(data.values)", nil, []string{""}},
		"items": {"a loop over texts that stand there", "#@ for/end k in [\"a\", \"b\"]:\nx: #@ data.values.params[k]",
			[]string{`2:18 "a" = params.a`, `2:23 "b" = params.b`}, []string{"params.a", "params.b"}},
		"comprehension": {"conditions in it count", "a: #@ [e.name for e in data.values.w.env if \"x\" in data.values.p and data.values.p.x]",
			[]string{"2:24 data.values.w.env = w.env", `2:45 "x" in data.values.p = p.x ??`, "2:52 data.values.p = p +", "2:70 data.values.p.x = p.x ??"}, []string{"w.env"}},
		"caught": {"what is missing does no harm", "#@ load(\"@ytt:assert\", \"assert\")\na: #@ assert.try_to(lambda: data.values.a.b)[0]",
			[]string{"3:29 data.values.a.b = a.b ??"}, []string{"a.b"}},
		"text": {"in text templates, the same piece twice", "#@yaml/text-templated-strings\na: \"ü (@= data.values.a.b @) (@= data.values.a.b @)\"",
			[]string{"3:11 data.values.a.b = a.b", "3:34 data.values.a.b = a.b"}, []string{"a.b"}},
		"escapes": {"backslashes that stay in a text do not move columns", `a: #@ "\.\\\d" + data.values.a.b`, []string{"2:18 data.values.a.b = a.b"}, []string{"a.b"}},
		"lines":   {"code over several lines", "#@ x = [\n#@   data.values.a,\n#@   \"é\", data.values.b ]\n", []string{"3:6 data.values.a = a", "4:11 data.values.b = b"}, []string{"a", "b"}},
		"predicate": {"a function that looks for something answers about it",
			"#@ def has(): return \"x\" in data.values.params or False\n#@ if has():\na: #@ data.values.params.x\n#@ end\n",
			[]string{"2:22 \"x\" in data.values.params = params.x ??", "2:29 data.values.params = params +", "4:7 data.values.params.x = params.x ??"}, []string{"params.x"}},
		"predicate of": {"also with what it is given",
			"#@ def has(of, k):\n#@   if hasattr(of, k):\n#@     return True\n#@   end\n#@   return False\n#@ end\na: #@ data.values.w.x if has(data.values.w, \"x\") else 1\n",
			[]string{"3:9 hasattr(of, k) = w.x ??", "8:7 data.values.w.x = w.x ??", "8:30 data.values.w = w +"}, []string{"w.x"}},
		"answer": {"a name for an answer", "#@ has = \"x\" in data.values.params\n#@ if has:\na: #@ data.values.params.x\n#@ end\n",
			[]string{"2:10 \"x\" in data.values.params = params.x ??", "2:17 data.values.params = params +", "4:7 data.values.params.x = params.x ??"}, []string{"params.x"}},
		"later": {"a function that is called when its names stand for something else",
			"#@ k = \"a\"\n#@ f = lambda: data.values.params[k]\n#@ k = \"b\"\na: #@ f()\n",
			[]string{"2:8 \"a\" = params.a"}, []string{""}},
		"shadow": {"a name that is something else now", "#@ data = {}\na: #@ data.values.x", nil, nil},
		"recursion": {"a function that calls itself", "#@ def f(x): return f(x.y) if x.y else 1\na: #@ f(data.values.a)",
			nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			text := data + tc.text
			found, err := Analyze([]byte(text), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if name == "recursion" {
				if !found.ReadsAll("a", "y", "y", "y", "y", "y", "y", "y", "y", "y", "y", "y", "y", "y", "y", "y", "y", "y", "y") {
					t.Errorf("%s: what is too deep to follow reads anything", tc.reason)
				}
				return
			}
			var got []string
			for _, r := range found.Reads {
				line := fmt.Sprintf("%d:%d %s = %s", r.Line, r.Column, r.Expression, strings.Join(r.Names, "."))
				if r.Tested > 0 {
					line += " " + strings.Repeat("?", r.Tested)
				}
				if !r.Whole && r.Tested == 0 {
					line += " +"
				}
				got = append(got, line)
				if text[r.Offset:r.End] != r.Expression {
					t.Errorf("%s: the place holds %q", line, text[r.Offset:r.End])
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			var all []string
			for _, names := range found.whole {
				all = append(all, strings.Join(names, "."))
			}
			slices.Sort(all)
			if diff := cmp.Diff(tc.all, all); diff != "" {
				t.Errorf("%s: read as a whole (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestReadsInto: a read tells the node whose value is made of it, outside of functions.
func TestReadsInto(t *testing.T) {
	found, err := Analyze([]byte(`#@ load("@ytt:data", "data")
#@ def labels():
team: #@ data.values.params.team
#@ end
#@ def name(): return data.values.workload.metadata.name
---
metadata:
  name: #@ name()
  labels: #@ labels()
spec:
  containers:
  - name: a
  - image: #@ "{}@{}".format(data.values.params.repo, data.values.params.digest)
    args:
    - -c
    - #@ data.values.params.script
  #@yaml/text-templated-strings
  a.b: "x (@= data.values.params.text @)"
`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range found.Reads {
		got[strings.Join(r.Names, ".")] = r.Into
	}
	want := map[string]string{
		"params.team": "metadata.labels", "workload.metadata.name": "metadata.name",
		"params.repo": "spec.containers[1].image", "params.digest": "spec.containers[1].image",
		"params.script": "spec.containers[1].args[1]", "params.text": "spec['a.b']",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAnalyzeRandom writes programs that hand values about in all ways there are, and
// compares what they read with what the analysis says: see FuzzAnalyze, whose changes of
// bytes seldom make programs that run. Fields are mostly read with a default, so that the
// programs get to their ends.
func TestAnalyzeRandom(t *testing.T) {
	t.Parallel()
	leaf := func() map[string]any {
		return map[string]any{"a": map[string]any{"a": "1", "b": "2"}, "b": map[string]any{"c": "3"}, "c": "4"}
	}
	values := map[string]any{"a": leaf(), "b": leaf(), "c": map[string]any{"a": leaf(), "b": leaf(), "c": leaf()}}
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	name := func() string { return pick("x", "y", "z") }
	key := func() string { return pick(`"a"`, `"b"`, `"c"`, "k") }
	var expr func(depth int) string
	expr = func(depth int) string {
		if depth == 0 {
			return pick("data.values.a", "data.values.b.a", "data.values.c", "x", "y", "z", "None")
		}
		e := func() string { return expr(random.IntN(depth)) }
		switch random.IntN(40) {
		case 0, 1, 2, 3, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31:
			return "getattr(" + e() + ", " + key() + ", None)"
		case 32, 33, 34, 35:
			return "getattr(" + e() + ", " + key() + ", " + e() + ")"
		case 36:
			return e()
		case 4:
			return "(" + e() + " if " + e() + " else " + e() + ")"
		case 5:
			return "(" + e() + pick(" or ", " and ") + e() + ")"
		case 6:
			return "(" + e() + " if hasattr(" + e() + ", " + key() + ") else " + e() + ")"
		case 7:
			return "f(" + e() + ", " + key() + ")"
		case 8:
			return "g(" + e() + ", k=" + e() + ")"
		case 9:
			return "(lambda v, w=" + e() + ": " + pick("v", "w", "getattr(v, k, w)") + ")(" + e() + ")"
		case 10:
			return "[" + pick("v", "getattr(v, k, None)", e()) + " for v in [" + e() + "]][0]"
		case 11:
			return "f(*[" + e() + ", " + key() + "])"
		case 12:
			return "f(k=" + key() + ", v=" + e() + ")"
		default:
			return "getattr(" + e() + ", " + key() + ")"
		}
	}
	ran, exact := 0, 0
	for range 1500 {
		var b strings.Builder
		fmt.Fprintf(&b, "#@ load(\"@ytt:data\", \"data\")\n#@ x, y, z = data.values.a, None, data.values.c\n#@ k = %s\n", pick(`"a"`, `"b"`))
		fmt.Fprintf(&b, "#@ def f(v, k):\n#@   w = y\n#@   if %s:\n#@     w = %s\n#@     return %s\n#@   end\n#@   return %s\n#@ end\n",
			expr(0), pick("z", "getattr(v, k, x)"), pick("v", "getattr(v, k, None)", "w"), pick("v", "w", "getattr(w, k, v)"))
		fmt.Fprintf(&b, "#@ def g(*a, **k): return %s\n", pick("a[0]", `k["k"]`, `f(a[0], "b")`, `getattr(k["k"], "a", None)`))
		for range 3 {
			switch random.IntN(10) {
			case 8:
				fmt.Fprintf(&b, "#@ if %s:\n#@   k = getattr(%s, %s, %s)\n#@ end\n", expr(1), expr(1), key(), key())
			case 9:
				fmt.Fprintf(&b, "#@ l = [%s]\n#@ l.append(%s)\n#@ for i in l:\n#@   %s = getattr(%s, i, None)\n#@ end\n", key(), key(), name(), expr(1))
			case 0, 1, 5, 6, 7:
				fmt.Fprintf(&b, "#@ %s = %s\n", name(), expr(3))
			case 2:
				fmt.Fprintf(&b, "#@ if %s:\n#@   %s = %s\n#@ else:\n#@   %s = %s\n#@ end\n", expr(2), name(), expr(3), name(), expr(2))
			case 3:
				fmt.Fprintf(&b, "#@ for %s in [%s, %s]:\n#@   %s = %s\n#@ end\n", pick("x", "v"), expr(1), expr(0), name(), expr(3))
			case 4:
				fmt.Fprintf(&b, "#@ for k in [\"a\", %s]:\n#@   %s = %s\n#@ end\n", pick(`"c"`, `"b"`, "k"), name(), expr(2))
			}
		}
		fmt.Fprintf(&b, "a: #@ 1 if getattr(%s, k, \"\") else 2\n", expr(3))
		found, err := checkAnalysis(t, b.String(), values)
		if err == nil {
			ran++
		}
		if !found.ReadsAll("a", "b") || !found.ReadsAll("c", "a") {
			exact++
		}
	}
	if ran < 500 || exact < 100 {
		t.Errorf("%d programs ran to their ends, of %d it is known what they do not read: too few to prove something", ran, exact)
	}
}
