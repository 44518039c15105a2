package ytt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	yamlv2 "gopkg.in/yaml.v2"
)

const (
	// hostileEnv names the case that a child process runs.
	hostileEnv = "YTT_HOSTILE_CASE"
	// hostileMemory is what a process may have in memory at most, in KiB.
	hostileMemory = 128 << 10
	// hostileTime is the deadline that callers give.
	hostileTime = 4 * time.Second
)

func TestMain(m *testing.M) {
	if name := os.Getenv(hostileEnv); name != "" {
		runHostile(name)
		return
	}
	os.Exit(m.Run())
}

// hostile is a program that must not bring the process down.
type hostile struct {
	name string
	why  string
	// code is put behind #@, line by line, after the loads; template is a whole template.
	code, template string
	// make gives the template where it is too long to be written down.
	make   func() string
	values map[string]any
	// limit that must hit, a part of LimitError.What; anyLimit, failure for an error that
	// is no limit, or nothing for a program that must render.
	limit string
	line  int // that the error points at first; 0 for any
	// deadline instead of that of callers.
	deadline time.Duration
}

const (
	anyLimit = "any limit"
	plain    = "no limit, but an error"
	harmless = ""
	// bounded is for sources whose faults other tests look at: here it counts what it takes
	// to find them.
	bounded = "bounded"
)

// loads stand before the code of a case, on one line each.
const loads = `#@ load("@ytt:json", "json")
#@ load("@ytt:yaml", "yaml")
#@ load("@ytt:struct", "struct")
#@ load("@ytt:regexp", "regexp")
#@ load("@ytt:template", "template")
#@ load("@ytt:base64", "base64")
#@ load("@ytt:assert", "assert")
#@ load("@ytt:overlay", "overlay")
#@ load("@ytt:data", "data")
`

func (h hostile) source() string {
	switch {
	case h.make != nil:
		return h.make()
	case h.template != "":
		return loads + h.template
	}
	var b strings.Builder
	b.WriteString(loads)
	for line := range strings.SplitSeq(strings.Trim(h.code, "\n"), "\n") {
		b.WriteString("#@ " + line + "\n")
	}
	b.WriteString("done: true\n")
	return b.String()
}

// outcome is what a child says about itself.
type outcome struct {
	// Failed is the error; Limit what was limited; Line the first line that it names.
	Failed, Limit string
	Line          int
	Millis        int64
	// KiB at the peak. A child that is started with vfork takes over the peak of its
	// parent in its resource usage, so the child itself has to look.
	KiB int
}

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

func runHostile(name string) {
	all := hostiles()
	h := all[slices.IndexFunc(all, func(h hostile) bool { return h.name == name })]
	source := h.source()
	begin := time.Now()
	err := renderHostile(source, h)
	o := outcome{Millis: time.Since(begin).Milliseconds()}
	if err != nil {
		o.Failed = err.Error()
		o.Failed = o.Failed[:min(len(o.Failed), 2000)]
		var limit *LimitError
		if errors.As(err, &limit) {
			o.Limit = limit.What
		}
		var e *Error
		if errors.As(err, &e) {
			if lines := linesOf(e); len(lines) > 0 {
				o.Line = lines[0]
			}
		} else if o.Limit == "" {
			o.Failed = fmt.Sprintf("no *Error, but %T: %s", err, o.Failed)
		}
	}
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		if match := peak.FindSubmatch(status); match != nil {
			o.KiB, _ = strconv.Atoi(string(match[1]))
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(o)
}

// renderHostile does all that callers do.
func renderHostile(source string, h hostile) error {
	deadline := h.deadline
	if deadline == 0 {
		deadline = hostileTime
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	t, err := Compile([]byte(source), Options{Print: func(string) {}})
	if err != nil {
		return err
	}
	r, err := t.Render(ctx, h.values)
	if err != nil {
		return err
	}
	var limit *LimitError
	if _, err := r.Objects(); errors.As(err, &limit) { // other errors: documents that are no maps
		return err
	}
	_, err = r.YAML()
	return err
}

// isRace says that the race detector is on: it takes several times the memory and time.
var isRace = sync.OnceValue(func() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
})

// TestHostile runs each program in a process of its own: one that escapes takes that
// down, and its memory can be seen.
func TestHostile(t *testing.T) {
	if testing.Short() || isRace() {
		t.Skip("starts processes, whose time and memory mean nothing with the race detector")
	}
	names := map[string]bool{}
	for _, h := range hostiles() {
		if names[h.name] {
			t.Fatalf("two cases are called %s", h.name)
		}
		names[h.name] = true
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			processes <- struct{}{}
			defer func() { <-processes }()
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			child := exec.CommandContext(ctx, os.Args[0])
			child.Env = append(os.Environ(), hostileEnv+"="+h.name)
			var errors strings.Builder
			child.Stderr = &errors
			out, err := child.Output()
			if err != nil {
				t.Fatalf("%s: the process failed: %v\n%.2000s", h.why, err, errors.String())
			}
			var o outcome
			if err := json.Unmarshal(out, &o); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			t.Logf("%d ms, %d MiB, %s", o.Millis, o.KiB>>10, o.Failed)
			h.check(t, o)
		})
	}
}

// processes run two at once.
var processes = make(chan struct{}, 2)

func (h hostile) check(t *testing.T, o outcome) {
	t.Helper()
	switch {
	case h.limit == bounded:
	case h.limit == anyLimit && o.Limit != "":
	case h.limit == plain && o.Failed != "" && o.Limit == "":
	case h.limit == harmless && o.Failed == "":
	case o.Limit != "" && h.limit != harmless && regexp.MustCompile(h.limit).MatchString(o.Limit):
	default:
		t.Errorf("%s: want %q, got %q: %.1000s", h.why, h.limit, o.Limit, o.Failed)
	}
	if h.line != 0 && o.Line != h.line {
		t.Errorf("%s: the error is on line %d, want %d: %.1000s", h.why, o.Line, h.line, o.Failed)
	}
	if strings.Contains(o.Failed, "internal error") || strings.HasPrefix(o.Failed, "no *Error") {
		t.Errorf("%s: %s", h.why, o.Failed)
	}
	if o.KiB > hostileMemory {
		t.Errorf("%s: %d MiB of memory", h.why, o.KiB>>10)
	}
	if limit := 2 * hostileTime; o.Millis > limit.Milliseconds() {
		t.Errorf("%s: it took %d ms", h.why, o.Millis)
	}
}

// hostiles are the programs of TestHostile. Lines of code begin after those of loads, on
// line 10.
func hostiles() []hostile {
	all := []hostile{
		{name: "while-true", why: "a loop without end", limit: "steps", code: `while True:
x = 1
end`},
		{name: "long-for", why: "a range that is as good as endless", limit: "steps", code: `for i in range(1000000000000000):
x = i
end`},
		{name: "empty-for", why: "a loop that does nothing", limit: "steps", code: `def f():
for i in range(1000000000000000):
end
return 1
end
f()`},
		{name: "recursion", why: "a function that calls itself", limit: "depth of calls", code: `def f():
return f()
end
f()`},
		{name: "mutual-recursion", why: "two functions that call each other", limit: "depth of calls", code: `def f(x):
return g([x])
end
def g(x):
return f([x])
end
f(1)`},
		{name: "lambda-recursion", why: "a lambda that calls itself", limit: "depth of calls", code: `f = lambda: f()
x = f()`},
		{name: "sorted-recursion", why: "recursion through a builtin", limit: "depth of calls", code: `def f(x):
return sorted([x], key=f)
end
f(1)`},
		{name: "bind-chain", why: "functions bound to functions, a call of which takes no steps", limit: "depth of calls", code: `f = lambda *a: 1
for i in range(100000):
f = struct.bind(f, i)
end
f()`},
		{name: "bind-recursion", why: "a bound function that calls itself", limit: "depth of calls", code: `def f(g):
return g(g)
end
f(struct.bind(f))`},
		{name: "double-string", why: "x = x + x", limit: "size of a string", line: 12, code: `x = "ab"
for i in range(60):
x = x + x
end`},
		{name: "double-in-place", why: "x += x", limit: "memory|size of a string", code: `x = "ab"
for i in range(60):
x += x
end`},
		{name: "double-list", why: "x = x + x of lists", limit: "memory|entries", code: `x = [1]
for i in range(60):
x = x + x
end`},
		{name: "double-list-in-place", why: "x += x of lists", limit: "memory|entries", code: `x = [1]
for i in range(60):
x += x
end`},
		{name: "double-element", why: "a[0] += a[0]", limit: "memory|entries", code: `a = [[1]]
for i in range(60):
a[0] += a[0]
end`},
		{name: "double-element-string", why: "a[0] += a[0] of strings", limit: "memory|size of a string", code: `a = ["ab"]
for i in range(60):
a[0] += a[0]
end`},
		{name: "double-tuple", why: "x + x of tuples", limit: "memory|entries", code: `x = (1,)
for i in range(60):
x = x + x
end`},
		{name: "double-tuple-of-strings", why: "a tuple that holds one long string again and again", limit: "compared or used as a key", code: `s = "x" * 1000000
x = (s,) * 500000`},
		{name: "double-extend", why: "x.extend(x)", limit: "memory|entries", code: `x = [1]
for i in range(60):
x.extend(x)
end`},
		{name: "double-dict", why: "| of dicts grows", limit: "memory", code: `d = {}
for i in range(100000):
d = d | {i: 1}
end`},
		{name: "double-dict-in-place", why: "|= of dicts grows", limit: "memory", code: `d = {}
for i in range(10000000):
d |= {i: 1}
end`},
		{name: "double-format", why: "format with the same argument twice", limit: "memory|size of a string", code: `x = "ab"
for i in range(60):
x = "{0}{0}".format(x)
end`},
		{name: "double-format-names", why: "format with the same name twice", limit: "memory|size of a string", code: `x = "ab"
for i in range(60):
x = "{a}{a}".format(a=x)
end`},
		{name: "double-percent", why: "% with names", limit: "memory|size of a string", code: `x = "ab"
for i in range(60):
x = "%(a)s%(a)s" % {"a": x}
end`},
		{name: "double-percent-tuple", why: "% with a tuple", limit: "memory|size of a string", code: `x = "ab"
for i in range(60):
x = "%s%s" % (x, x)
end`},
		{name: "double-join", why: "join of itself", limit: "memory|size of a string", code: `x = "ab"
for i in range(60):
x = x.join([x, x])
end`},
		{name: "double-replace", why: "replace of each byte", limit: "memory|size of a string", code: `x = "ab"
for i in range(60):
x = x.replace("a", x)
end`},
		{name: "double-replace-nothing", why: "replace of the empty string", limit: "memory|size of a string", code: `x = "ab"
for i in range(60):
x = x.replace("", x)
end`},
		{name: "double-repr", why: "repr doubles backslashes", limit: "memory|size of a string", code: `x = "\\"
for i in range(60):
x = repr(x)
end`},
		{name: "double-json", why: "json.encode of a string doubles backslashes", limit: "memory|size of", code: `x = "\\"
for i in range(60):
x = json.encode(x)
end`},
		{name: "double-yaml", why: "yaml.encode of a string", limit: "memory|size of", code: `x = "\\\n"
for i in range(60):
x = yaml.encode([x, x])
end`},
		{name: "double-base64", why: "base64 of base64", limit: "memory|size of a string", code: `x = "ab"
for i in range(100):
x = base64.encode(x)
end`},
		{name: "double-closure", why: "closures that hold each other", limit: "memory", code: `f = lambda: 1
for i in range(10000000):
f = (lambda g: lambda: g())(f)
end`},
		{name: "string-times", why: "one step makes a gigabyte", limit: "size of a string", line: 10, code: `x = "x" * 1000000000`},
		{name: "times-string", why: "the same, turned round", limit: "size of a string", line: 10, code: `x = 1000000000 * "x"`},
		{name: "string-times-equals", why: "the same in place", limit: "size of a string", line: 11, code: `x = "x"
x *= 1000000000`},
		{name: "list-times", why: "a list of a thousand million elements", limit: "entries", line: 10, code: "x = [0] * 1000000000"},
		{name: "tuple-times", why: "a tuple of a thousand million elements", limit: "entries", line: 10, code: "x = (0,) * 1000000000"},
		{name: "list-times-huge", why: "a factor above 64 bits", limit: "entries", line: 10, code: "x = [0] * 100000000000000000000000000"},
		{name: "bytes-times", why: "bytes", limit: "size of a string", line: 10, code: `x = b"x" * 1000000000`},
		{name: "join-shared", why: "a list that holds one string many times", limit: "size of a string", line: 10, code: `x = ",".join(["x" * 100000] * 100000)`},
		{name: "join-range", why: "join of a range", limit: anyLimit, line: 10, code: `x = ",".join(range(1000000000000))`},
		{name: "replace-empty", why: "replace puts text between all bytes", limit: "size of a string", line: 10, code: `x = ("x" * 1000000).replace("", "y" * 1000)`},
		{name: "format-repeated", why: "a short argument, a million times", limit: "size of a string", line: 10, code: `x = ("{0}" * 1000000).format("x" * 1000)`},
		{name: "format-repeated-name", why: "the same with a name", limit: "size of a string", line: 10, code: `x = ("{a}" * 1000000).format(a="x" * 1000)`},
		{name: "format-code", why: "!r quotes", limit: "size of a string", line: 10, code: `x = ("{0!r}" * 1000).format("\0" * 10000)`},
		{name: "format-lookups", why: "each field is looked for among all names", limit: "fields of a format", code: `d = {}
for i in range(9000):
d["a%d" % i] = 1
end
x = ("{zz}" * 1000000).format(zz=1, **d)`},
		{name: "format-list", why: "a list that is shown many times", limit: "size of a string", line: 10, code: `x = ("{0}" * 100000).format(["x"] * 1000)`},
		{name: "percent-repeated", why: "a name a million times", limit: "memory that the program allocates|size of a string", line: 10, code: `x = ("%(a)s" * 1000000) % {"a": "x" * 1000}`},
		{name: "percent-code", why: "%r quotes", limit: "size of a string", line: 10, code: `x = "%r%r" % ("\0" * 1000000, "\0" * 2000000)`},
		{name: "percent-function", why: "the name of a function is text as well", limit: "memory|size of a string", code: `def ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff():
end
x = ("%s" * 100000) % ((ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff,) * 100000)`},
		{name: "list-of-range", why: "list(range(10**12))", limit: "entries", line: 10, code: "x = list(range(1000000000000))"},
		{name: "sum-of-ranges", why: "+= of a range", limit: "entries", line: 11, code: `x = []
x += range(1000000000000)`},
		{name: "len-of-range", why: "the length of a range costs nothing", limit: "", code: "x = len(range(1000000000000))"},
		{name: "call-of-range", why: "f(*range(10**12))", limit: "entries", code: `def f(*a):
end
f(*range(1000000000000))`},
		{name: "range-in-range", why: "a range is compared with a range", limit: "", code: "x = range(1000000000000) == range(0, 1000000000000, 1)"},
		{name: "in-range", why: "in of a range", limit: "", code: "x = 5.5 in range(1000000000000)"},
		{name: "codepoints", why: "a list of the characters of a string", limit: "memory", line: 10, code: `x = [list(("x" * 900000).codepoints()) for i in range(10)]`},
		{name: "elems", why: "a list of the bytes of a string", limit: "memory", line: 10, code: `x = [list(("x" * 900000).elems()) for i in range(10)]`},
		{name: "split-characters", why: "a list of parts", limit: "memory", line: 10, code: `x = [("x," * 400000).split(",") for i in range(10)]`},
		{name: "split-blanks", why: "a list of words", limit: "memory", line: 10, code: `x = [("x " * 400000).split() for i in range(10)]`},
		{name: "split-lines", why: "a list of lines", limit: "memory", line: 10, code: `x = [("\n" * 400000).splitlines() for i in range(10)]`},
		{name: "slices", why: "slices of a list", limit: "memory", line: 11, code: `a = [1] * 1000
x = [a[1:] for i in range(1000000)]`},
		{name: "huge-int-product", why: "x = x * x", limit: "size of an integer", line: 12, code: `x = 3
for i in range(64):
x = x * x
end`},
		{name: "huge-int-shift", why: "1 << 10**9", limit: plain, line: 10, code: "x = 1 << 1000000000"},
		{name: "huge-int-shifts", why: "x << 500, again and again", limit: "size of an integer", line: 12, code: `x = 1
for i in range(1000000):
x = x << 500
end`},
		{name: "huge-int-shifts-in-place", why: "x <<= 500", limit: "size of an integer", line: 12, code: `x = 1
for i in range(1000000):
x <<= 500
end`},
		{name: "huge-int-sums", why: "a list of integers of 32 Kibit", limit: "memory", code: `x = 1
for i in range(60):
x = x << 500
end
l = []
for i in range(1000000):
l.append(x + 1)
end`},
		{name: "huge-int-elements", why: "the same in a comprehension", limit: "memory", code: `x = 1
for i in range(60):
x = x << 500
end
l = [x + i for i in range(1000000)]`},
		{name: "huge-int-literals", why: "the same in small lists", limit: "memory", code: `x = 1
for i in range(60):
x = x << 500
end
l = [[x + i] for i in range(1000000)]`},
		{name: "huge-int-values", why: "the same in dicts", limit: "memory", code: `x = 1
for i in range(60):
x = x << 500
end
l = [{1: x + i} for i in range(1000000)]`},
		{name: "huge-int-keys", why: "the same as keys", limit: "memory", code: `x = 1
for i in range(60):
x = x << 500
end
d = {}
for i in range(1000000):
d[x + i] = 1
end`},
		{name: "huge-int-bitwise", why: "the same by other operators", limit: "memory", code: `x = 1
for i in range(60):
x = x << 500
end
l = []
for i in range(1000000):
l.append(~(-x & x | x ^ i))
end`},
		{name: "huge-int-text", why: "int() of a million digits", limit: "digits", line: 10, code: `x = int("9" * 1000000)`},
		{name: "huge-float-text", why: "float() of a million digits", limit: "digits", line: 10, code: `x = float("9" * 1000000)`},
		{name: "huge-int-division", why: "division of the largest", limit: "steps|time", code: `x = 1
for i in range(60):
x = x << 500
end
for i in range(10000000):
y = x // 3 % 7
end`},
		{name: "floats", why: "a list of floats", limit: "memory|steps", line: 10, code: "x = [i * 1.5 for i in range(10000000)]"},
		{name: "large-ints", why: "integers above 32 bits", limit: "memory", line: 10, code: "x = list(range(1099511627776, 1099512627776))"},
		{name: "bound-methods", why: "a list of method values", limit: "memory", line: 10, code: "x = [[].pop for i in range(10000000)]"},
		{name: "guarded-methods", why: "a list of method values with guards", limit: "memory", line: 10, code: "x = [[].append for i in range(10000000)]"},
		{name: "ranges", why: "a list of ranges", limit: "memory", line: 10, code: "x = [range(i) for i in range(10000000)]"},
		{name: "dirs", why: "dir() in a loop", limit: "memory", line: 10, code: `x = [dir("") for i in range(10000000)]`},
		{name: "many-lists", why: "a list literal in a loop", limit: "memory|entries", code: `x = []
while True:
x.append([])
end`},
		{name: "many-dicts", why: "a dict literal in a loop", limit: "memory", line: 12, code: `x = []
while True:
x.append({})
end`},
		{name: "many-sets", why: "sets in a loop", limit: "memory", line: 10, code: "x = [set() for i in range(10000000)]"},
		{name: "many-dict-calls", why: "dict() in a loop", limit: "memory", line: 10, code: "x = [dict() for i in range(10000000)]"},
		{name: "many-structs", why: "structs in a loop", limit: "memory", line: 10, code: "x = [struct.make(a=1) for i in range(10000000)]"},
		{name: "many-structs-encoded", why: "structs in a loop", limit: "memory", line: 10, code: `x = [struct.encode({"a": 1}) for i in range(10000000)]`},
		{name: "many-binds", why: "bound functions in a loop", limit: "memory", line: 11, code: `f = lambda: 1
x = [struct.bind(f) for i in range(10000000)]`},
		{name: "many-closures", why: "closures in a loop", limit: "memory", code: `x = []
while True:
x.append(lambda: x)
end`},
		{name: "many-defs", why: "functions in a loop", limit: "memory", code: `x = []
def g(a, b, c, d=1, e=2, f=3):
def h():
return a + b + c + d + e + f
end
return h
end
while True:
x.append(g(1, 2, 3))
end`},
		{name: "many-kwargs", why: "**kwargs makes a dict", limit: "memory", code: `f = lambda **kw: kw
x = [f(a=1) for i in range(10000000)]`},
		{name: "many-kwargs-def", why: "**kwargs of a def", limit: "memory", code: `def f(**kw):
return kw
end
x = [f(a=1) for i in range(10000000)]`},
		{name: "many-varargs", why: "*args makes a tuple", limit: "memory", code: `def f(*a):
return a
end
x = [f(1, 2, 3) for i in range(10000000)]`},
		{name: "copied-kwargs", why: "**d copies d", limit: "memory", code: `d = {}
for i in range(10000):
d["a%d" % i] = 1
end
f = lambda **kw: kw
x = [f(**d) for i in range(10000)]`},
		{name: "too-many-kwargs", why: "**d of a dict that is too long", limit: "arguments of a call", code: `d = {}
for i in range(20000):
d["a%d" % i] = 1
end
f = lambda **kw: kw
f(**d)`},
		{name: "many-keys", why: "a million keys, one by one", limit: "memory", line: 12, code: `d = {}
for i in range(10000000):
d[i] = i
end`},
		{name: "many-keys-setdefault", why: "the same by setdefault", limit: "memory", line: 12, code: `d = {}
for i in range(10000000):
d.setdefault(i, i)
end`},
		{name: "many-keys-update", why: "the same by update", limit: "memory", line: 12, code: `d = {}
for i in range(10000000):
d.update([(i, i)])
end`},
		{name: "many-keys-comprehension", why: "the same by a comprehension", limit: "memory", line: 10, code: "d = {i: i for i in range(10000000)}"},
		{name: "many-elements", why: "a set that grows", limit: "memory", line: 12, code: `d = set()
for i in range(10000000):
d.add(i)
end`},
		{name: "many-elements-inserted", why: "a list that grows at its front", limit: "memory|time|entries", code: `d = []
for i in range(10000000):
d.insert(0, i)
end`},
		{name: "set-differences", why: "differences of sets are sets", limit: "memory", code: `a = set(range(1000))
x = [a - set([1]) for i in range(1000000)]`},
		{name: "set-intersections", why: "intersections of sets are sets", limit: "memory", code: `a = set(range(1000))
x = [a & a for i in range(1000000)]`},
		{name: "set-symmetric", why: "symmetric differences", limit: "memory", code: `a = set(range(1000))
x = [a ^ set([-1]) for i in range(1000000)]`},
		{name: "set-unions", why: "unions", limit: "memory", code: `a = set(range(1000))
x = [a | a for i in range(1000000)]`},
		{name: "set-union-methods", why: "unions by the method", limit: "memory", code: `a = set(range(1000))
x = [a.union(a) for i in range(1000000)]`},
		{name: "items", why: "items() copies", limit: "memory", line: 11, code: `d = {i: i for i in range(1000)}
x = [d.items() for i in range(1000000)]`},
		{name: "keys", why: "keys() copies", limit: "memory", line: 11, code: `d = {i: i for i in range(1000)}
x = [d.keys() for i in range(1000000)]`},
		{name: "shared-tuples", why: "tuples of tuples as keys", limit: "compared or used as a key", line: 12, code: `t = (1,)
for i in range(60):
t = (t, t)
end
d = {t: 1}`},
		{name: "shared-tuples-args", why: "the same by *args", limit: "compared or used as a key", code: `f = lambda *a: a
t = (1,)
for i in range(60):
t = f(t, t)
end`},
		{name: "shared-tuples-def", why: "the same by *args of a def", limit: "compared or used as a key", code: `def f(*a):
return a
end
t = (1,)
for i in range(60):
t = f(t, t)
end`},
		{name: "shared-tuples-zip", why: "the same by zip", limit: "compared or used as a key", line: 12, code: `t = (1,)
for i in range(60):
t = zip([t], [t])[0]
end`},
		{name: "shared-tuples-enumerate", why: "the same by enumerate", limit: "depth", line: 12, code: `t = (1,)
for i in range(60000):
t = enumerate([t])[0]
end`},
		{name: "shared-tuples-items", why: "the same by items()", limit: "depth", line: 12, code: `t = (1,)
for i in range(60000):
t = {1: t}.items()[0]
end`},
		{name: "shared-tuples-popitem", why: "the same by popitem()", limit: "depth", line: 12, code: `t = (1,)
for i in range(60000):
t = {1: t}.popitem()
end`},
		{name: "shared-tuples-tuple", why: "the same by tuple()", limit: "compared or used as a key", line: 12, code: `t = (1,)
for i in range(60):
t = tuple([t, t])
end`},
		{name: "shared-tuples-sum", why: "the same by +", limit: "compared or used as a key", line: 12, code: `t = (1,)
for i in range(60):
t = (t,) + (t,)
end`},
		{name: "shared-tuples-times", why: "the same by *", limit: "compared or used as a key", line: 12, code: `t = (1,)
for i in range(60):
t = (t,) * 2
end`},
		{name: "shared-tuples-method", why: "the same by a method value", limit: "depth", code: `t = (1,)
for i in range(60000):
m = getattr({1: t}, "items")
t = m()[0]
end`},
		{name: "shared-tuples-try", why: "the same by assert.try_to", limit: "depth|memory|parts", code: `t = (1,)
for i in range(60000):
t = assert.try_to(lambda: t)
end`},
		{name: "deep-tuples", why: "a tuple in a tuple", limit: "depth", line: 12, code: `t = ()
for i in range(1000000):
t = (t,)
end`},
		{name: "heavy-keys", why: "one large tuple as a key again and again", limit: "memory|compared", line: 11, code: `t = tuple(range(100000))
x = set([t] * 1000000)`},
		{name: "heavy-dict", why: "the same with pairs", limit: "compared or used as a key", line: 11, code: `t = tuple(range(100000))
x = dict([(t, 1)] * 100000)`},
		{name: "heavy-strings", why: "one long string again and again", limit: "memory|compared", line: 11, code: `s = "x" * 1000000
x = set([s] * 1000000)`},
		{name: "heavy-equal", why: "two long strings that differ at the end", limit: "compared or used as a key", line: 11, code: `a, b = "x" * 1000000 + "a", "x" * 1000000 + "b"
x = a in [b] * 900000`},
		{name: "heavy-sort", why: "a sort of them", limit: "compared or used as a key", line: 11, code: `a, b = "x" * 1000000 + "a", "x" * 1000000 + "b"
x = sorted([a, b] * 10000)`},
		{name: "heavy-lists", why: "a comparison of lists of them", limit: "compared or used as a key", line: 11, code: `a, b = ["x" * 1000000 + "a"], ["x" * 1000000 + "a"]
x = a * 10000 == b * 10000`},
		{name: "colliding-set", why: "keys that all fall into one place of the table", limit: "time|memory|keys", line: 11, code: `l = [i << 32 for i in range(100000)]
x = set(l)`},
		{name: "colliding-dict", why: "the same in a dict", limit: "time|memory|keys", line: 11, code: `l = [i << 32 for i in range(100000)]
x = dict(zip(l, l))`},
		{name: "colliding-update", why: "the same by update", limit: "time|memory|keys", code: `l = [i << 32 for i in range(100000)]
d = {}
d.update([(k, 1) for k in l])`},
		{name: "colliding-method", why: "the same by a method of sets", limit: "time|memory|keys", code: `l = [i << 32 for i in range(100000)]
s = set()
s.update(l)`},
		{name: "colliding-union", why: "the same by a method of sets", limit: "time|memory|keys", code: `l = [i << 32 for i in range(100000)]
s = set().union(l)`},
		{name: "colliding-yaml", why: "the same by yaml.decode", limit: "time|memory|nodes|keys", code: `x = yaml.decode("\n".join(["%d: 1" % (i << 32) for i in range(40000)]))`},
		{name: "colliding-copies", why: "a copy of a table that took long", limit: "time|memory|keys", code: `l = [i << 32 for i in range(20000)]
s = set(l)
for i in range(1000):
s = s | set([i])
end`},
		{name: "large-sort", why: "a sort of a million numbers", limit: "memory", code: "x = sorted([i * 7919 % 1000003 for i in range(600000)])"},
		{name: "missing-key", why: "an error that shows a key of 8 MiB", limit: "size of a key", line: 10, code: `x = {}["\0" * 8000000]`},
		{name: "missing-key-tuple", why: "an error that shows a tuple", limit: "size of a key", line: 10, code: `x = {}[("x" * 100000,) * 100]`},
		{name: "duplicate-key", why: "the same in a literal", limit: "size of a key", line: 11, code: `k = "\0" * 8000000
x = {k: 1, k: 2}`},
		{name: "missing-attribute", why: "a name of 8 MiB", limit: plain, line: 10, code: `x = getattr(1, "x" * 8000000)`},
		{name: "unexpected-argument", why: "an argument with a name of 8 MiB", limit: "size of a key", line: 11, code: `f = lambda a: a
f(**{"x" * 8000000: 1})`},
		{name: "fail-long", why: "fail() with 8 MiB", limit: plain, line: 10, code: `fail("x" * 8000000)`},
		{name: "assert-fail-long", why: "assert.fail() with 8 MiB", limit: plain, line: 10, code: `assert.fail("x" * 8000000)`},
		{name: "long-error", why: "an error that quotes its argument", limit: "size of a text that is parsed", code: `x = json.decode("x" * 8000000)`},
		{name: "repr-of-bytes", why: "repr makes four bytes of one", limit: "size of a string", line: 10, code: `x = repr("\0" * 8000000)`},
		{name: "str-of-list-of-bytes", why: "the same in a list", limit: "size of a string", line: 10, code: `x = str(["\0" * 8000000])`},
		{name: "json-of-bytes", why: "JSON makes six bytes of one", limit: "size of", line: 10, code: `x = json.encode("\0" * 4000000)`},
		{name: "yaml-of-bytes", why: "YAML makes four bytes of one", limit: "size of", line: 10, code: `x = yaml.encode("\1" * 4000000)`},
		{name: "yaml-of-smileys", why: "YAML makes ten bytes of four", limit: "size of the output", code: `x = yaml.encode(chr(128512) * 1000000)`},
		{name: "yaml-indent", why: "each line of a text is indented", limit: "size of the output", line: 14, code: `x = "a\n" * 1000000
for i in range(90):
x = [x]
end
y = yaml.encode(x)`},
		{name: "json-indent", why: "each element is indented", limit: "size of the output", line: 14, code: `x = [1] * 150000
for i in range(90):
x = [x]
end
y = json.encode(x, indent=8)`},
		{name: "print-flood", why: "print in a loop", limit: "text of print", line: 11, code: `for i in range(1000000):
print("x" * 100)
end`},
		{name: "getattr-append", why: "getattr is a way to a method", limit: "memory|entries", code: `x = []
f = getattr(x, "append")
for i in range(10000000):
f(i)
end`},
		{name: "getattr-extend", why: "and to extend", limit: "memory|entries", code: `x = [1]
f = getattr(x, "extend")
for i in range(60):
f(x)
end`},
		{name: "getattr-join", why: "and to join", limit: "size of a string", code: `f = getattr(",", "join")
x = f(["x" * 100000] * 100000)`},
		{name: "method-value", why: "a method as a value", limit: "size of a string", line: 11, code: `f = ",".join
x = f(["x" * 100000] * 100000)`},
		{name: "method-value-default", why: "a method as a default", limit: "size of a string", code: `def f(g=",".join):
return g(["x" * 100000] * 100000)
end
f()`},
		{name: "rebound-None", why: "None is a name that can be bound", limit: "size of a string", line: 12, code: `None = [1]
True = 2
x = "x" * 1000000000`},
		{name: "rebound-builtins", why: "names of builtins can be bound", limit: "size of a string", line: 12, code: `len = lambda x: 0
str = len
x = "x" * 1000000000`},
		{name: "rebound-comprehension", why: "names bound by a comprehension", limit: "size of a string", line: 11, code: `x = [len for len in [1]]
y = "x" * 1000000000`},
		{name: "own-prefix", why: "names of the machine", limit: plain, line: 10, code: "__ytt_add = lambda a, b: 1"},
		{name: "own-prefix-attribute", why: "names of the machine as attributes", limit: plain, line: 10, code: "x = [].__ytt_x"},
		{name: "own-prefix-string", why: "names of the machine by getattr", limit: plain, code: `x = getattr([], "__ytt_add")`},
		{name: "regexp-nested", why: "((a{1000}){1000})", limit: plain, line: 10, code: `x = regexp.match("((a{1000}){1000})", "a")`},
		{name: "regexp-classes", why: "\\\\pL{1000}", limit: "", code: `x = regexp.match("(\\\\pL{1000}|\\\\pN{1000})", "a")`},
		{name: "regexp-alternation", why: "a long alternation of classes", limit: "", code: `x = regexp.match("|".join(["\\\\pL"] * 2000), "a")`},
		{name: "regexp-folded", why: "a long alternation of classes in both cases", limit: "", code: `x = regexp.match("(?i)" + "|".join(["x\\\\pL"] * 1500), "a")`},
		{name: "regexp-long", why: "a pattern of 11 KiB", limit: "length of a regular expression", line: 10, code: `x = regexp.match("a" * 11000, "a")`},
		{name: "regexp-text", why: "a text that is too long for its pattern", limit: "length of a text", line: 10, code: `x = regexp.match("(a|b|c|d|e)*x", "a" * 8000000)`},
		{name: "regexp-slow", why: "many matches, each of which looks to the end", limit: "time|matches|length", code: `x = regexp.replace("a.*b|a", "a" * 90000, "y")`},
		{name: "regexp-slower", why: "the same, longer", limit: "time|matches|length", line: 10, code: `x = regexp.replace("a.*b|a", "a" * 1000000, "y")`},
		{name: "regexp-explode", why: "a replacement that repeats the match", limit: "size of a string", line: 10, code: `x = regexp.replace("a+", "a" * 100000, "$0" * 100000)`},
		{name: "regexp-explode-many", why: "a replacement of many matches", limit: "size of a string", line: 10, code: `x = regexp.replace("a", "a" * 90000, "x" * 10000)`},
		{name: "regexp-function", why: "a function as a replacement", limit: "memory|size of a string", line: 10, code: `x = regexp.replace("a", "a" * 90000, lambda s: "x" * 10000)`},
		{name: "regexp-loop", why: "patterns in a loop", limit: "memory|time", line: 10, code: `x = [regexp.match("(a{100}){%d}" % (i % 9), "b") for i in range(100000)]`},
		{name: "parentheses-in-place", why: "(x) += x is x += x", limit: "memory|entries", code: "x = [1]\nfor i in range(60):\n(x) += x\nend"},
		{name: "parentheses-element", why: "((a[0])) += a[0]", limit: "memory|entries", code: "a = [[1]]\nfor i in range(60):\n((a[0])) += a[0]\nend"},
		{name: "field-in-place", why: "x.y += z adds before it fails", limit: "memory|entries", code: "s = struct.make(l=[1])\ndef f():\ns.l += s.l\nend\nfor i in range(60):\nassert.try_to(f)\nend"},
		{name: "targets-of-assignments", why: "entries as targets of an assignment", limit: "memory", code: "d = {}\nfor i in range(10000000):\nd[i], x = i, 1\nend"},
		{name: "targets-of-loops", why: "entries as variables of a loop", limit: "memory", code: "d = {}\ni = 0\nwhile True:\nfor d[i] in [1]:\ni += 1\nend\nx = i\nend"},
		{name: "targets-of-comprehensions", why: "entries as variables of a comprehension", limit: "memory", code: "d = {}\nx = [1 for i in range(10000000) for d[i] in [1] if i < 0]"},
		{name: "code-in-targets", why: "the index of a loop variable is code as well", limit: "size of a string", line: 11, code: "d = {}\nfor d[\"x\" * 1000000000] in [1]:\nend"},
		{name: "code-in-targets-of-comprehensions", why: "the same in a comprehension", limit: "size of a string", line: 11, code: "d = {}\nx = [1 for d[\"x\" * 1000000000] in [1]]"},
		{name: "missing-key-in-place", why: "an error that shows a key of 8 MiB", limit: "size of a key", line: 11, code: "d = {}\nd[\"\\0\" * 8000000] += 1"},
	}
	return slices.Concat(all, hostileRanges(), hostileData(), hostileSources(), hostileTemplates(), hostileDeadlines())
}

// hostileRanges hand a range without end to each function that goes through its argument.
func hostileRanges() []hostile {
	var all []hostile
	for _, call := range []string{
		"any(range(0, 1000000000000))", "all(range(1, 1000000000000))", "set(range(1000000000000))", "sorted(range(1000000000000))",
		"tuple(range(1000000000000))", "reversed(range(1000000000000))", "enumerate(range(1000000000000))", "zip(range(1000000000000))",
		"bytes(range(1000000000000))", "dict(range(1000000000000))", "min(range(1000000000000))", "max(range(1000000000000))",
		"[].extend(range(1000000000000))", "set().union(range(1000000000000))", "set().issubset(range(1000000000000))", "{}.update(range(1000000000000))",
	} {
		name, _, _ := strings.Cut(call, "(range")
		all = append(all, hostile{name: "range in " + name, why: "a range takes no memory, its elements do", code: "x = " + call, limit: "entries", line: 10})
	}
	return all
}

// hostileData go through data that is deep, or shared so often that it never ends.
func hostileData() []hostile {
	var all []hostile
	for _, data := range []struct{ name, why, code string }{
		{"shared", "2^60 references to one list", "x = []\nfor i in range(60):\nx = [x, x]\nend"},
		{"deep", "a list in a list, 200 000 times", "x = []\nfor i in range(200000):\nx = [x]\nend"},
		{"cyclic", "a list that contains itself", "x = []\nx.append(x)"},
	} {
		for _, use := range []string{
			"str(x)", "repr(x)", `"%s" % (x,)`, `"%(a)r" % {"a": x}`, `"{}".format(x)`, "fail(x)", "print(x)",
			"x == x", "x != [x]", "x < x", "{1: x} == {1: x}", "(x,) == (x,)", "x in [x]", "[x].index(x)", "[[1], x].remove(x)",
			"sorted([x, x])", "min([x], [x])", "max([1, 2], key=lambda i: x)", "sorted([1, 2], key=lambda i: x)",
			"json.encode(x)", "yaml.encode(x)", "struct.encode(x)", "struct.decode(x)", "struct.decode(struct.make(a=x))",
			`overlay.apply({"a": 1}, {"a": x})`, "overlay.apply(x, [1])", "overlay.subset(x)(1, x, 1)", "assert.equals(x, x)", "assert.one_of(x).check(x)",
		} {
			code := data.code + "\ny = " + use
			all = append(all, hostile{name: data.name + " " + use, why: data.why, code: code, limit: "nodes|depth|compared", line: 10 + strings.Count(code, "\n")})
		}
		all = append(all, hostile{name: data.name + " as a value", why: data.why, template: "#@ " + strings.ReplaceAll(data.code, "\n", "\n#@ ") + "\na: #@ x\n", limit: "nodes|depth"})
	}
	return all
}

const mebibyte = 1 << 20

// fill repeats a text up to the size of a template.
func fill(begin, text, end string) func() string {
	return func() string {
		return begin + strings.Repeat(text, (mebibyte-len(begin)-len(end))/len(text)) + end
	}
}

// hostileSources are templates of 1 MiB: what they do to the reader, parser and compiler.
func hostileSources() []hostile {
	var all []hostile
	add := func(name, why, limit string, source func() string) {
		all = append(all, hostile{name: name, why: why, limit: limit, make: source})
	}
	// In an expression.
	for _, text := range []string{
		"(", "[", "{", "not ", "-", "~", "x.y", "x.", ".y", "1+", "1+1+", "1<", "a if b else ", "lambda: ", "lambda x: x+", "lambda *a: ", "f(", "[[", "{1:", "x[", "x[0]", "(1,", "1,", "x for x in ",
		"[x for x in ", "\"a\" ", "\"a\"+", "\"\\x", "if ", "and ", "x and ", "*", "**", "x=1,", "x:", "1 ", "aaaa", "1", "0x", "1e", "\\", "'", "é", "f()()", "()", "[]", "{}", "x()",
	} {
		add("1 MiB of "+text, "the parser and the compiler are recursive", bounded, fill("a: #@ ", text, "\n"))
		add("1 MiB of code "+text, "the same in a line of code", bounded, fill("#@ x = ", text, "\na: 1\n"))
	}
	// Lines of code.
	for _, text := range []string{
		"#@ x = 1\n", "#@ x\n", "#@ \n", "#@\n", "#@ end\n", "#@ if x:\n", "#@ if 1:\n#@ end\n", "#@ for x in []:\n", "#@ def f():\n", "#@ def f():\n#@ end\n", "#@ f(\n", "#@ x = [\n", "#@ \"\"\"\n", "#@ a = \\\n",
		"#@ load(\"@ytt:json\", \"json\")\n", "#@ load(\"x\", \"y\")\n", "#@ x = [x for x in []]\n", "#@ f = lambda: 1\n", "#@ return\n", "#@ pass\n", "#@ x.y = 1\n", "#@ x[0] += 1\n",
		"#@a/b\n", "#@a/b x=1\n", "#@overlay/match\n", "#!\n", "#\n", "#a\n", "a: #@ x\n", "a: 1 #@ x\n", "- #@ 1\n", "--- #@ 1\n", "#@ if/end x:\na: 1\n",
	} {
		add("1 MiB of "+strings.TrimSuffix(text, "\n"), "many lines of code", bounded, fill("#@ x = 1\n", text, ""))
	}
	// YAML.
	for _, text := range []string{
		"[", "{", "{a: ", "[[],", "[a,", "1,", "- ", "- a\n", "a\n", "\n", "- - - -\n", "? ", ": ", "a: ", "a: b: ", "&a ", "*a ", "!a ", "!!str ", "\"", "'", "\"a\",", "|", "|\n", "---\n", "--- a\n", "...\n", "%YAML 1.1\n", "\t", " ", "\r", "\u2028", "#", "# a\n", "a #\n", "x #b\n", "<<: ",
	} {
		add("1 MiB of YAML "+text, "the reader", bounded, fill("#@ x = 1\n", text, "\n"))
		add("1 MiB of items "+text, "the reader, in an array", bounded, fill("#@ x = 1\na: [", text, "]\n"))
	}
	add("different keys", "a map of 1 MiB", anyLimit, func() string {
		var b strings.Builder
		for i := 0; b.Len() < mebibyte-20; i++ {
			fmt.Fprintf(&b, "a%d: #@ 1\n", i)
		}
		return b.String()
	})
	add("a text template of 1 MiB", "pieces", anyLimit, fill("#@yaml/text-templated-strings\na: \"", "(@ @)", "\"\n"))
	add("a text template of lines", "a piece of many lines", anyLimit, fill("#@yaml/text-templated-strings\na: |\n  (@\n", "  x=1\n", "  @)\n"))
	add("a text template of openings", "openings without ends", anyLimit, fill("#@yaml/text-templated-strings\na: \"", "(@ ", "\"\n"))
	add("a text template of prints", "many prints", anyLimit, fill("#@yaml/text-templated-strings\na: \"", "(@= 1 @)", "\"\n"))
	add("undefined names", "each is compared with all others for a hint", plain, func() string {
		var b strings.Builder
		for i := 0; b.Len() < mebibyte/2; i++ {
			fmt.Fprintf(&b, "#@ abcd%d = 1\n", i)
		}
		for i := 0; b.Len() < mebibyte-20; i++ {
			fmt.Fprintf(&b, "#@ abce%d\n", i)
		}
		return b.String()
	})
	add("a long name that is undefined", "a hint takes the square of its length", plain, func() string {
		return "#@ " + strings.Repeat("ab", 100_000) + " = 1\na: #@ " + strings.Repeat("ba", 100_000) + "\n"
	})
	add("a long attribute that is missing", "a hint takes the square of its length", plain, func() string {
		return "#@ load(\"@ytt:struct\", \"struct\")\n#@ s = struct.make(" + strings.Repeat("ab", 100_000) + "=1)\na: #@ s." + strings.Repeat("ba", 100_000) + "\n"
	})
	add("90 000 elif", "the branches of one if are nested", anyLimit, fill("#@ if 1:\n", "#@ elif 1:\n", "#@ end\n"))
	add("nested lambdas that capture", "each hands on what the innermost needs", plain, func() string {
		var b strings.Builder
		b.WriteString("a: #@ ")
		for i := range 1900 {
			fmt.Fprintf(&b, "lambda a%d: ", i)
		}
		for i := range 1900 {
			fmt.Fprintf(&b, "a%d+", i)
		}
		return b.String() + "1\n"
	})
	add("nested functions that capture", "each hands on what the innermost needs", plain, func() string {
		var b strings.Builder
		b.WriteString("#@ def f():\n")
		for i := range 20_000 {
			fmt.Fprintf(&b, "#@ a%d = 1\n", i)
		}
		b.WriteString(strings.Repeat("#@ def f():\n", 90))
		for i := range 20_000 {
			fmt.Fprintf(&b, "#@ f(a%d)\n", i)
		}
		return b.String() + strings.Repeat("#@ end\n", 91) + "a: 1\n"
	})
	add("a function of many parameters", "named arguments are looked for one by one", anyLimit, func() string {
		var b strings.Builder
		b.WriteString("#@ def f(")
		for i := range 100_000 {
			fmt.Fprintf(&b, "a%d=1,", i)
		}
		return b.String() + "):\n#@ end\na: #@ f()\n"
	})
	add("large frames", "recursion of a function with many variables", "memory", func() string {
		var b strings.Builder
		for i := range 20_000 {
			fmt.Fprintf(&b, "#@ a%d = 1\n", i)
		}
		return "#@ def f():\n#@ f()\n" + b.String() + "#@ end\na: #@ f()\n"
	})
	add("large frames of a lambda", "recursion with a list on the stack", "memory", func() string {
		return "#@ f = lambda: [" + strings.Repeat("1,", 9000) + "f()]\na: #@ f()\n"
	})
	add("alias bomb", "aliases of aliases", anyLimit, func() string {
		var b strings.Builder
		b.WriteString("#@ x = 1\na0: &a0 [1, 2]\n")
		for i := range 60 {
			fmt.Fprintf(&b, "a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
		}
		return b.String()
	})
	add("merge bomb", "merges of merges", anyLimit, func() string {
		var b strings.Builder
		b.WriteString("#@ x = 1\na0: &a0 {b: 1, c: 2}\n")
		for i := range 10_000 {
			fmt.Fprintf(&b, "a%d: &a%d {<<: *a%d, k%d: 1}\n", i+1, i+1, i, i)
		}
		return b.String()
	})
	add("more than 1 MiB", "the text is too long", "size of a template", func() string { return strings.Repeat("a: 1\n", mebibyte) })
	return all
}

// hostileTemplates build much YAML.
func hostileTemplates() []hostile {
	return []hostile{
		{name: "fragments nested exponentially", why: "f(f, f)", limit: "nodes|size of the output", template: `#@ def g(x):
a: #@ x
b: #@ x
#@ end
#@ f = 1
#@ for i in range(60):
#@ f = g(f)
#@ end
c: #@ f
`},
		{name: "wide fragments", why: "an array of 20 000 in an array of 20 000", limit: "nodes|size of the output", template: `#@ def g():
#@ for i in range(20000):
- #@ i
#@ end
#@ end
#@ f = g()
---
c:
#@ for i in range(20000):
- #@ f
#@ end
`},
		{name: "wide fragments decoded", why: "the same as a list", limit: "nodes|memory", template: `#@ def g():
#@ for i in range(20000):
- #@ i
#@ end
#@ end
#@ f = g()
#@ x = struct.decode([f for i in range(20000)])
---
c: 1
`},
		{name: "replace doubles", why: "template.replace puts an array into an array", limit: "nodes|memory", template: `#@ def g(f):
- #@ template.replace(f)
- #@ template.replace(f)
#@ end
#@ f = [1, 2]
#@ for i in range(60):
#@ f = g(f)
#@ end
---
c: #@ f
`},
		{name: "replace with documents", why: "a document set in a document set", limit: "nodes|memory", template: `#@ def g(f):
--- #@ template.replace(f)
--- #@ template.replace(f)
#@ end
#@ f = [{}, {}]
#@ for i in range(60):
#@ f = g(f)
#@ end
--- #@ template.replace(f)
`},
		{name: "100 000 documents in a loop", why: "documents", limit: "nodes|memory", template: `#@ for i in range(100000):
---
a: 1
b: 2
#@ end
`},
		{name: "100 000 documents by replace", why: "documents", limit: "nodes|memory", template: `--- #@ template.replace([{"a": i} for i in range(100000)])
`},
		{name: "a function that calls itself in its YAML", why: "recursion", limit: "depth of calls", template: `#@ def f():
a: #@ f()
#@ end
b: #@ f()
`},
		{name: "a million items", why: "an array that grows", limit: "nodes|memory", template: `a:
#@ for i in range(1000000):
- 1
#@ end
`},
		{name: "a million keys", why: "a map that grows", limit: "nodes|memory", template: `a:
  #@ for i in range(1000000):
  #@yaml/text-templated-strings
  k(@= str(i) @): 1
  #@ end
`},
		{name: "overridden keys", why: "each removes an item from a large map", limit: "nodes|memory|time", template: `a:
  #@ for i in range(100000):
  #@yaml/map-key-override
  #@yaml/text-templated-strings
  k(@= str(i % 10000) @): 1
  #@ end
`},
		{name: "replaced twice", why: "each item replaces another: it must not take the square of their number", limit: harmless, template: `#@ load("@ytt:template", "template")
#@ d = {}
#@ for i in range(40000):
#@   d[str(i)] = i
#@ end
m:
  _: #@ template.replace(d)
  __: #@ template.replace(d)
`},
		{name: "a text template that grows", why: "text in a loop", limit: "memory|size of a string", template: `#@yaml/text-templated-strings
a: "(@ for i in range(10000000): @)xxxxxxxxxxxxxxxxxxxx(@ end @)"
`},
		{name: "a text template that doubles", why: "text of text", limit: "memory|size of a string", template: `#@ x = "ab"
#@ for i in range(60):
#@yaml/map-key-override
#@yaml/text-templated-strings
a: "(@ x = x + x @)(@= x @)"
#@ end
`},
		{name: "annotations in a loop", why: "annotations are kept until their node starts", limit: "nodes|memory", template: "a:\n#@ for i in range(100000):\n" + strings.Repeat("#@a/b [1]\n", 100) + "- 1\n#@ end\n"},
		{name: "large lists as values", why: "one list as many values", limit: "nodes|memory", template: "#@ x = [1] * 10000\na:\n#@ for i in range(10000):\n- #@ x\n#@ end\n"},
		{name: "long strings as values", why: "one string as many values", limit: "size of the output", template: "#@ x = \"x\" * 1000000\na:\n#@ for i in range(10000):\n- #@ x\n#@ end\n"},
		{name: "alias copies", why: "an alias copies what its anchor has got", limit: "nodes|memory", template: "a: &a\n#@ for i in range(1000):\n- 1\n#@ end\nb:\n#@ for i in range(1000):\n- *a\n#@ end\n"},
		{name: "overlay of many", why: "each right item is matched with each left one", limit: "time|steps|nodes|memory", template: "#@ x = overlay.apply([{\"name\": i} for i in range(3000)], overlay.apply([{\"name\": i} for i in range(3000)]))\n#@ def p():\n#@ for i in range(3000):\n#@overlay/match by=\"name\"\n- name: #@ i\n#@ end\n#@ end\n---\na: #@ overlay.apply([{\"name\": i} for i in range(3000)], p())\n"},
		{name: "matchers of matchers", why: "a call that takes no steps", limit: "depth of calls|memory", template: "#@ m = overlay.all\n#@ for i in range(100000):\n#@ m = overlay.not_op(m)\n#@ end\n#@ x = m(1, 1, 1)\na: 1\n"},
		{name: "values", why: "a field that takes long to compute", limit: harmless, template: "a: #@ data.values.x\n", values: map[string]any{"x": "y"}},
		{name: "long field names", why: "a hint takes the square of their length", limit: plain, template: "a: #@ data.values." + strings.Repeat("ab", 100) + "\n", values: map[string]any{strings.Repeat("ba", 200_000): 1}},
		{name: "numbers that collide", why: "keys that fall into one place", limit: "time|keys", template: "a: #@ dict([(i << 32, 1) for i in range(60000)])\n"},
	}
}

// hostileDeadlines take long in one call of Go: the deadline must end it, or a limit.
func hostileDeadlines() []hostile {
	var all []hostile
	for _, code := range []string{
		"sorted([i * 7919 % 1000003 for i in range(400000)])", "set([i << 32 for i in range(100000)])", "dict([(i << 32, 1) for i in range(60000)])",
		"[x for x in range(1000000000)]", "json.encode([[i] for i in range(50000)])", "yaml.encode([[i] for i in range(50000)])", "str([[i] for i in range(50000)])",
		"struct.encode([[i] for i in range(50000)])", "json.decode(\"[\" + \"1,\" * 150000 + \"1]\")", "yaml.decode(\"[\" + \"1,\" * 50000 + \"1]\")",
		"regexp.replace(\"a.*b|a\", \"a\" * 1500, \"y\")", "regexp.match(\"(a|b|c|d)*x\", \"a\" * 1000000)", "[i for i in [1] * 1000000 if i in [2] * 1000]",
		"max([1] * 1000000, key=lambda x: x)", "\",\".join([\"x\"] * 900000)", "overlay.apply([{\"a\": i} for i in range(10000)], [{\"a\": 1}])",
	} {
		all = append(all, hostile{name: "deadline in " + code, why: "a deadline of 100 ms", code: "while True:\nx = " + code + "\nend", limit: "time|memory|nodes", deadline: 100 * time.Millisecond})
	}
	return all
}

// TestLimits lowers each limit by itself: the error says which one it was, its value, and
// where the program was.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		reason, template string
		limits           Limits
		what, limit      string
		line             int
	}{
		{"input", "a: #@ 1\n", Limits{Input: 7}, "size of a template", "7 bytes", 0},
		{"steps", "#@ for i in range(100000):\n#@ x = i\n#@ end\na: 1\n", Limits{Steps: 5000}, "steps of the program", "5000", 0},
		{"few steps", "#@ for i in range(1000):\n#@ x = i\n#@ end\na: 1\n", Limits{Steps: 50}, "steps of the program", "50", 0},
		{"calls", "#@ def f():\n#@ return f()\n#@ end\na: #@ f()\n", Limits{CallDepth: 20}, "depth of calls", "20", 2},
		{"calls from Go", "#@ def f(x):\n#@ return sorted([x], key=f)\n#@ end\na: #@ f(1)\n", Limits{CallDepth: 20}, "depth of calls", "20", 2},
		{"memory", "#@ x = []\na: #@ [i for i in range(1000)]\n", Limits{Memory: 10_000}, "memory that the program allocates", "10000 bytes", 2},
		{"nodes that are started", "a:\n#@ for i in range(100):\n- 1\n#@ end\n", Limits{Nodes: 50}, "nodes of the output", "50", 3},
		{"nodes of a value", "a: 1\nb: #@ [1] * 100\n", Limits{Nodes: 50}, "nodes of a value", "50", 2},
		{"printed in the template", "#@ load(\"@ytt:yaml\", \"yaml\")\na: #@ yaml.encode([\"x\" * 10] * 10)\n", Limits{Output: 50}, "size of the output", "50 bytes", 2},
		{"printed as JSON", "#@ load(\"@ytt:json\", \"json\")\na: #@ json.encode([\"x\" * 10] * 10)\n", Limits{Output: 50}, "size of the output", "50 bytes", 2},
		{"a string", "#@ x = \"x\" * 100\na: #@ x + x\n", Limits{String: 150}, "size of a string", "150 bytes", 2},
		{"a list", "#@ x = [1] * 60\na: #@ x + x\n", Limits{Entries: 100}, "entries of a list or dict", "100", 2},
		{"a list that grows", "#@ x = []\n#@ for i in range(200):\n#@ x.append(i)\n#@ end\na: 1\n", Limits{Entries: 100}, "entries of a list or dict", "100", 3},
		{"a set", "a: 1\n#@ x = set(range(200))\n", Limits{Entries: 100}, "entries of a list or dict", "100", 2},
		{"depth", "#@ x = []\n#@ for i in range(100):\n#@ x = [x]\n#@ end\na: #@ x\n", Limits{Depth: 20}, "depth of nested values", "20", 5},
		{"depth in a comparison", "#@ x = []\n#@ for i in range(100):\n#@ x = [x]\n#@ end\na: #@ x == x\n", Limits{Depth: 20}, "depth of nested values", "20", 5},
		{"print", "#@ print(\"12345\")\n#@ print(\"12345\")\na: 1\n", Limits{Printed: 10}, "text of print()", "10 bytes", 2},
		{"a pattern", "#@ load(\"@ytt:regexp\", \"regexp\")\na: #@ regexp.match(\"aaaaaa\", \"a\")\n", Limits{Pattern: 5}, "length of a regular expression", "5 bytes", 2},
	} {
		t.Run(c.reason, func(t *testing.T) {
			_, err := renderWith(c.template, nil, Options{Limits: c.limits})
			var e *Error
			var limit *LimitError
			if !errors.As(err, &e) || !errors.As(err, &limit) {
				t.Fatalf("want an *Error of a *LimitError, got %T %v", err, err)
			}
			if limit.What != c.what || limit.Limit != c.limit {
				t.Errorf("got %q (%s), want %q (%s)", limit.What, limit.Limit, c.what, c.limit)
			}
			if !strings.Contains(err.Error(), c.what) || !strings.Contains(err.Error(), c.limit) {
				t.Errorf("the text does not name the limit and its value: %v", err)
			}
			if lines := linesOf(e); c.line != 0 && (len(lines) == 0 || lines[0] != c.line) {
				t.Errorf("lines %v, want %d:\n%v", lines, c.line, err)
			}
		})
	}
	t.Run("output", func(t *testing.T) {
		compiled, err := Compile([]byte("#@ x = \"x\" * 100\na: #@ x\n"), Options{Limits: Limits{Output: 50}})
		if err != nil {
			t.Fatal(err)
		}
		result, err := compiled.Render(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var limit *LimitError
		if _, err := result.YAML(); !errors.As(err, &limit) || limit.What != "size of the output" || limit.Limit != "50 bytes" {
			t.Errorf("YAML: %v", err)
		}
	})
}

// TestLimitsAreNotCaught hands programs that exceed limits to assert.try_to, and to
// functions that lose the errors of what they call.
func TestLimitsAreNotCaught(t *testing.T) {
	for _, c := range []struct{ reason, code, what string }{
		{"memory", `assert.try_to(lambda: [[i] for i in range(10000000)])`, "memory"},
		{"a string", `assert.try_to(lambda: "x" * 1000000000)`, "size of a string"},
		{"steps", `assert.try_to(lambda: [1 for i in range(10000000) if i < 0])`, "steps"},
		{"calls", `assert.try_to(lambda: f(1))`, "depth of calls"},
		{"nested", `assert.try_to(lambda: [assert.try_to(lambda: "x" * 1000000000)])`, "size of a string"},
		{"a key function of max", `assert.try_to(lambda: max([1, 2], key=lambda x: "x" * 1000000000))`, "size of a string"},
		{"a method value", `assert.try_to(lambda: getattr(",", "join")(["x" * 1000000] * 100))`, "size of a string"},
		{"a bound function", `assert.try_to(struct.bind(lambda x: x * 1000000000, "x"))`, "size of a string"},
		{"getattr with a default", `getattr(struct.make(), "x", "y" * 1000000000)`, "size of a string"},
	} {
		template := loads + "#@ def f(x):\n#@   return f(x)\n#@ end\n#@ r = " + c.code + "\na: #@ fail(\"went on\")\n"
		_, err := render(template, nil)
		var limit *LimitError
		if !errors.As(err, &limit) || !strings.Contains(limit.What, c.what) {
			t.Errorf("%s: want the limit %q, got %v", c.reason, c.what, err)
		}
	}
}

// TestDeadlines ends renders by their context.
func TestDeadlines(t *testing.T) {
	compiled, err := Compile([]byte("#@ for i in range(1000000000):\n#@ x = i\n#@ end\na: 1\n"), Options{Limits: Limits{Steps: 1 << 60}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		reason string
		begin  func() (context.Context, context.CancelFunc)
		what   string
		cause  error
	}{
		{"a deadline", func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), 30*time.Millisecond)
		}, "time", context.DeadlineExceeded},
		{"a deadline that is over", func() (context.Context, context.CancelFunc) {
			return context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
		}, "time", context.DeadlineExceeded},
		{"cancelled before", func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			return ctx, cancel
		}, "cancelled", context.Canceled},
		{"cancelled while it runs", func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(30*time.Millisecond, cancel)
			return ctx, cancel
		}, "cancelled", context.Canceled},
	} {
		ctx, cancel := c.begin()
		_, err := compiled.Render(ctx, nil)
		cancel()
		var limit *LimitError
		if !errors.As(err, &limit) || !strings.Contains(limit.What, c.what) || !errors.Is(err, c.cause) {
			t.Errorf("%s: want %q and %v, got %v", c.reason, c.what, c.cause, err)
		}
	}
}

// TestNoOutside asks for what is outside of the template.
func TestNoOutside(t *testing.T) {
	for _, c := range []struct{ reason, template, mentions string }{
		{"a file", "#@ load(\"values.star\", \"x\")\na: 1\n", "only modules"},
		{"a file of a library", "#@ load(\"@lib:values.star\", \"x\")\na: 1\n", "only modules"},
		{"an absolute path", "#@ load(\"/etc/passwd\", \"x\")\na: 1\n", "only modules"},
		{"the library module", "#@ load(\"@ytt:library\", \"library\")\na: 1\n", "not supported"},
		{"a module that is not there", "#@ load(\"@ytt:os\", \"os\")\na: 1\n", "unknown module"},
		{"the time", "#@ load(\"@ytt:time\", \"time\")\na: 1\n", "unknown module"},
		{"a module of the interpreter", "#@ load(\"time\", \"time\")\na: 1\n", "only modules"},
		{"reading", "#@ load(\"@ytt:data\", \"data\")\na: #@ data.read(\"/etc/passwd\")\n", "not supported"},
		{"listing", "#@ load(\"@ytt:data\", \"data\")\na: #@ data.list()\n", "not supported"},
		{"opening", "a: #@ open(\"/etc/passwd\")\n", "undefined: open"},
		{"the environment", "a: #@ env\n", "undefined: env"},
		{"importing", "#@ import os\na: 1\n", "reserved"},
		{"loading at run time", "#@ def f():\n#@ load(\"@ytt:json\", \"json\")\n#@ end\na: 1\n", "function"},
		{"the calls of the machine", "a: #@ __ytt_load(\"data\")\n", "__ytt_"},
	} {
		out, err := render(c.template, nil)
		if err == nil || !strings.Contains(err.Error(), c.mentions) {
			t.Errorf("%s: want %q, got %v\n%s", c.reason, c.mentions, err, out)
		}
	}
}

// TestNothingIsShared renders a template that tries to leave something behind, several
// times, one after the other and at once.
func TestNothingIsShared(t *testing.T) {
	const template = loads + `#@ def seen(item, all=[]):
#@   all.append(item)
#@   return all
#@ end
#@ def counted(d={}):
#@   d["n"] = d.get("n", 0) + 1
#@   return d["n"]
#@ end
#@ data.values.list.append("more")
#@ data.values.list[0] = "other"
#@ state = {}
#@ def labels():
a: #@ seen(1)
b: #@ seen(2)
#@ end
---
labels: #@ labels()
again: #@ labels()
counted: #@ [counted(), counted()]
list: #@ data.values.list
other: #@ data.values.other
order: #@ {"z": 1, "a": 2, "m": {"y": 1, "b": 2}}
struct: #@ struct.make(z=1, a=2)
names: #@ [k for k in data.values]
set: #@ [k for k in set(["z", "a", "m"])]
text: #@ str({"z": 1, "a": set([3, 1, 2])})
dir: #@ dir(data.values)
`
	values := map[string]any{"list": []any{"a", "b"}, "z": 1.0, "b": map[string]any{"y": 1.0, "a": 2.0}, "other": []any{map[string]any{"k": "v"}}}
	compiled, err := Compile([]byte(template), Options{})
	if err != nil {
		t.Fatal(err)
	}
	renderOnce := func() string {
		r, err := compiled.Render(context.Background(), values)
		if err != nil {
			t.Error(err)
			return ""
		}
		out, err := r.YAML()
		if err != nil {
			t.Error(err)
		}
		if _, err := r.Objects(); err != nil {
			t.Error(err)
		}
		return string(out)
	}
	want := renderOnce()
	if !strings.Contains(want, "counted:\n- 1\n- 2\n") || !strings.Contains(want, "list:\n- other\n- b\n- more\n") || !strings.Contains(want, "names:\n- b\n- list\n- other\n- z\n") {
		t.Errorf("the first render:\n%s", want)
	}
	if got := values["list"].([]any); len(got) != 2 || got[0] != "a" {
		t.Errorf("the values of the caller are %v", got)
	}
	for range 3 {
		if got := renderOnce(); got != want {
			t.Errorf("a later render differs:\n%s\nthe first:\n%s", got, want)
		}
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				if got := renderOnce(); got != want {
					t.Errorf("a render at the same time differs:\n%s", got)
				}
			}
		})
	}
	group.Wait()
}

// TestNothingCanBeChanged tries to assign to what all renders share.
func TestNothingCanBeChanged(t *testing.T) {
	for _, c := range []struct{ reason, code, mentions string }{
		{"a field of data.values", `data.values.a = 1`, "assign"},
		{"an entry of data.values", `data.values["a"] = 1`, "assignment"},
		{"a member of a module", `json.encode = 1`, "assign"},
		{"an entry of a module", `json["encode"] = 1`, "assignment"},
		{"the values of data", `data.values = 1`, "assign"},
		{"a struct", `struct.make(a=1).a = 2`, "assign"},
		{"a string", `x = "abc"
x[0] = "b"`, "assignment"},
		{"a tuple", `x = (1, 2)
x[0] = 3`, "assignment"},
		{"a list while it is iterated", `x = [1]
for i in x:
x.append(2)
end`, "during iteration"},
		{"a dict while it is iterated", `x = {1: 2}
for i in x:
x[i + 1] = 2
end`, "during iteration"},
		{"an index out of range", `x = [1]
x[-2] = 2`, "out of range"},
		{"an index that is no number", `x = [1]
x["a"] = 2`, "int"},
	} {
		_, err := render(hostile{code: c.code}.source(), map[string]any{"a": "b"})
		if err == nil || !strings.Contains(err.Error(), c.mentions) {
			t.Errorf("%s: want %q, got %v", c.reason, c.mentions, err)
		}
	}
}

// TestGuardsChangeNothing runs ordinary code through the guards: they must not show.
func TestGuardsChangeNothing(t *testing.T) {
	for _, c := range []struct{ reason, code, want string }{
		{"the value is evaluated before the target", "l = []\ndef f(x):\nl.append(x)\nreturn x\nend\nd = {}\nd[f(2)] = f(1)\nx = l", "[1, 2]"},
		{"the target of += is evaluated once", "l = []\ndef f(x):\nl.append(x)\nreturn x\nend\nd = {1: [1]}\nd[f(1)] += [f(2)]\nx = [l, d]", "[[1, 2], {1: [1, 2]}]"},
		{"+= changes a list in place", "a = [1]\nb = a\nb += (2,)\nx = a", "[1, 2]"},
		{"+ does not", "a = [1]\nb = a\nb = b + [2]\nx = a", "[1]"},
		{"|= changes a dict in place", "a = {1: 2}\nb = a\nb |= {3: 4}\nx = a", "{1: 2, 3: 4}"},
		{"negative indexes", "a = [1, 2, 3]\na[-1] = 4\na[-3] += 5\nx = a", "[6, 2, 4]"},
		{"operators without guards", "a = [7, 7]\na[0] //= 2\na[1] >>= 1\na[1] -= 1\nb = 9\nb //= 2\nb -= 1\n(b) += 2\nx = [a, b]", "[[3, 2], 5]"},
		{"entries as variables of a loop", "d = {}\nfor d[\"k\"], (d[\"l\"]) in [(1, 2), (3, 4)]:\nend\nx = d", "{\"k\": 3, \"l\": 4}"},
		{"an assignment to several targets", "a = [1, 2]\na[0], a[1] = a[1], a[0]\nx = a", "[2, 1]"},
		{"a sort is stable", "x = sorted([\"bb\", \"a\", \"aa\", \"b\"], key=len)", "[\"a\", \"b\", \"bb\", \"aa\"]"},
		{"a reverse sort is stable", "x = sorted([\"bb\", \"a\", \"aa\", \"b\"], key=len, reverse=True)", "[\"bb\", \"aa\", \"a\", \"b\"]"},
		{"extremes", "x = [min(3, 1, 2), max([3, 1, 2]), min([\"aa\", \"b\"], key=len), max({\"k\": 1, \"l\": 2})]", "[1, 3, \"b\", \"l\"]"},
		{"dicts", "x = [dict(), dict(a=1), dict([(1, 2)], b=3), dict({1: 2}), dict([[1, 2]])]", "[{}, {\"a\": 1}, {1: 2, \"b\": 3}, {1: 2}, {1: 2}]"},
		{"comprehensions of dicts", "x = {str(i): i * i for i in range(3) if i != 1}", "{\"0\": 0, \"2\": 4}"},
		{"nested comprehensions", "x = [[i * j for j in range(i)] for i in range(3)]", "[[], [0], [0, 2]]"},
		{"sets", "a = set([1, 2])\nb = set([2, 3])\nx = [a | b, a & b, a - b, a ^ b, a == b, 1 in a]", "[set([1, 2, 3]), set([2]), set([1]), set([1, 3]), False, True]"},
		{"methods of sets", "a = set([1, 2])\na.add(3)\nx = [a.union([4]), a.issubset([1, 2, 3]), a.difference([1])]", "[set([1, 2, 3, 4]), True, set([2, 3])]"},
		{"method values", "a = []\nf = a.append\nf(1)\ng = \"-\".join\nx = [a, g([\"a\", \"b\"]), getattr({1: 2}, \"items\")()]", "[[1], \"a-b\", [(1, 2)]]"},
		{"functions that have the names of methods", "s = struct.make(append=lambda x: x + 1, items=lambda: 7)\nx = [s.append(1), s.items()]", "[2, 7]"},
		{"fields that have the names of methods", "s = struct.make(items=[1], values=2)\nx = [s.items[0], s.values]", "[1, 2]"},
		{"rests of arguments", "def f(a, *b, **c):\nreturn [a, b, c]\nend\nx = f(1, 2, 3, k=4)", "[1, (2, 3), {\"k\": 4}]"},
		{"rests of arguments of a lambda", "f = lambda a, *b, **c: [a, b, c]\nx = f(*[1, 2], **{\"k\": 4})", "[1, (2,), {\"k\": 4}]"},
		{"defaults", "def f(a, b=[1], c=\"x\" + \"y\"):\nreturn [a, b, c]\nend\nx = f(0)", "[0, [1], \"xy\"]"},
		{"closures", "def f():\nn = [0]\ndef g():\nn[0] += 1\nreturn n[0]\nend\nreturn g\nend\ng = f()\ng()\nx = g()", "2"},
		{"formats", "x = \"{} {}\".format(1.0, [2.0]) + \"{1}{0}\".format(\"a\", \"b\") + \"{a!r}{{}}\".format(a=\"q\")", "1 [2]ba\"q\"{}"},
		{"formats with %", "x = \"%s %d%% %r %x %f\" % (1.5, 3, \"a\", 255, 0.5) + \"%(a)s-%(a)r\" % {\"a\": [1.0]} + \"%s\" % {\"k\": 1}", "1.5 3% \"a\" ff 0.500000[1]-[1]{\"k\": 1}"},
		{"text of long strings", "x = len(repr(\"\\\"\" * 200000))", "400002"},
		{"numbers", "x = [7 - 2, 7 - 2.5, -(3 - 5), 1 << 3, 6 & 3, 6 | 1, 6 ^ 3, 7 % 4, 2 * 3.5, 1 << 100]", "[5, 4.5, 2, 8, 2, 7, 5, 3, 7, 1267650600228229401496703205376]"},
		{"comparisons", "x = all([1 < 2 and 2 < 3, [1] == [1.0], (1, 2) < (1, 3), \"a\" not in [\"b\"], \"a\" in \"abc\", \"k\" in {\"k\": 1}])", "True"},
		{"slices and words", "x = [\"a b  c\".split(), \"a,b\".split(\",\", 1), \"abc\"[::-1], \"a\\nb\".splitlines(), \"abab\".replace(\"b\", \"cc\")]", "[[\"a\", \"b\", \"c\"], [\"a\", \"b\"], \"cba\", [\"a\", \"b\"], \"accacc\"]"},
		{"setdefault, pop and update", "d = {}\nd.setdefault(\"a\", []).append(1)\nd.update([(\"b\", 2)], c=3)\nd.update(struct.make(e=5))\nx = [d.pop(\"b\"), d.popitem(), d]", "[2, (\"a\", [1]), {\"c\": 3, \"e\": 5}]"},
		{"long keys that are not too long", "d = {}\nd[\"k\" * 10000] = 1\nx = d[\"k\" * 10000]", "1"},
	} {
		out, err := render(strings.TrimSuffix(hostile{code: c.code}.source(), "done: true\n")+"#@ print_it = str(x)\nout: #@ json.encode(print_it)\n", nil)
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
			continue
		}
		var doc struct{ Out string }
		var got string
		if err := yamlv2.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(doc.Out), &got); err != nil {
			t.Fatal(err)
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.reason, got, c.want)
		}
	}
}
