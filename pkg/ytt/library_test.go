package ytt

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.starlark.net/starlark"
)

// loadAll is one line that loads every module.
func loadAll() string {
	line := `#@ load("@ytt:data", "data")`
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		line += fmt.Sprintf("; load(%q, %q)", modulePrefix+name, name)
	}
	return line + "\n"
}

// evaluate gives the value of an expression, after lines of a template that begin on
// line 2.
func evaluate(before, expression string, values map[string]any) (any, error) {
	compiled, err := Compile([]byte(loadAll()+before+"v: #@ "+expression+"\n"), Options{})
	if err != nil {
		return nil, err
	}
	result, err := compiled.Render(context.Background(), values)
	if err != nil {
		return nil, err
	}
	objects, err := result.Objects()
	if err != nil {
		return nil, err
	}
	return objects[0]["v"], nil
}

// Wanted values are written often below.
type (
	dict = map[string]any
	list = []any
)

// yamlFunctions are functions that return fragments.
const yamlFunctions = `#@ def none():
#@   if False:
a: 1
#@   end
#@ end
#@ def labels():
app: x
tier: 1
#@ end
---
#@ def docs():
---
a: 1
---
---
b: 2
---
#@ end
---
`

func TestLibrary(t *testing.T) {
	cases := []struct {
		expression string
		want       any
		why        string
	}{
		// yaml (spec: ytt §11.1, §13)
		{`yaml.encode(None)`, "", "nothing is printed of null"},
		{`yaml.encode(none())`, "", "an empty fragment is null"},
		{`yaml.encode({})`, "{}\n", "an empty dict is printed"},
		{`yaml.encode([])`, "[]\n", "an empty list too"},
		{`yaml.encode("x")`, "x\n", "a scalar and a newline"},
		{`yaml.encode("yes")`, "\"yes\"\n", "a string that would read back as a bool is quoted"},
		{`yaml.encode(True)`, "true\n", "a bool is a scalar"},
		{`yaml.encode(4 / 2)`, "2\n", "a float is printed in its shortest form"},
		{`yaml.encode({"b": [1, {"c": None}], "a": ("x",)})`, "b:\n- 1\n- c: null\na:\n- x\n", "keys stay in order, items are not indented"},
		{`yaml.encode(labels())`, "app: x\ntier: 1\n", "a fragment is printed as what it holds"},
		{`yaml.encode(docs())`, "a: 1\n---\nb: 2\n", "only documents that hold something, with --- between"},
		{`yaml.encode(struct.make(a=1))`, "a: 1\n", "a struct is a map"},
		{`yaml.encode(data.values)`, "app: cart\nsize: 2\n", "data.values too"},
		{`yaml.decode("")`, nil, "no text is null"},
		{`yaml.decode("# nothing\n")`, nil, "neither is a comment"},
		{`yaml.decode("a: 0644\nb: [yes, ~]\n")`, dict{"a": int64(420), "b": list{true, nil}}, "types of YAML 1.1"},
		{`type(yaml.decode("a: 1"))`, "dict", "a map becomes a dict"},
		{`yaml.decode("#@ x\na: 1 #@ 2")`, dict{"a": int64(1)}, "the text is no template"},
		{`yaml.decode(yaml.encode({"a": [1.5, "1.5", {}]}))`, dict{"a": list{1.5, "1.5", dict{}}}, "what is printed reads back"},

		// json
		{`json.encode({"b": 1, "a": {"d": [], "c": {}}})`, `{"a":{"c":{},"d":[]},"b":1}`, "compact, keys sorted at each level"},
		{`json.encode("<a> & b")`, `"\u003ca\u003e \u0026 b"`, "escaped for HTML"},
		{`json.encode("<a> & b", escape_html=False)`, `"<a> & b"`, "unless it is asked not to"},
		{`json.encode({"a": [1, {}], "b": []}, indent=2)`, "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}", "indented, empty collections stay together"},
		{`json.encode([2.0, 1e21, 0.5, 1e-7])`, `[2,1e+21,0.5,1e-7]`, "floats as Go's encoding/json writes them"},
		{`json.encode([None, True, 9223372036854775808])`, `[null,true,9223372036854775808]`, "null, bools, an integer above int64"},
		{`json.encode(labels())`, `{"app":"x","tier":1}`, "a fragment is what it holds"},
		{`json.encode(none())`, "null", "an empty fragment is null"},
		{`json.decode('{"b": 1, "a": [true, null, "x"]}')`, dict{"b": int64(1), "a": list{true, nil, "x"}}, "objects, arrays, scalars"},
		{`[k for k in json.decode('{"b": 1, "a": 2}')]`, list{"a", "b"}, "keys are sorted"},
		{`[type(x) for x in json.decode("[1, 1.0, 1e2, 9223372036854775807, 9223372036854775808]")]`, list{"int", "float", "float", "int", "float"}, "literals of integers that fit are ints"},
		{`json.decode('{"a": 1, "a": 2}')`, dict{"a": int64(2)}, "the last of equal keys wins"},

		// base64
		{`base64.encode("a?>~")`, "YT8+fg==", "the standard alphabet, padded"},
		{`base64.encode("a?>~", url=True)`, "YT8-fg==", "the alphabet of URLs"},
		{`base64.encode("a?>~", raw=True)`, "YT8+fg", "without padding"},
		{`base64.encode("a?>~", url=True, raw=True)`, "YT8-fg", "both"},
		{`base64.decode("YT8+fg==")`, "a?>~", "back"},
		{`base64.decode("YT8-fg", url=True, raw=True)`, "a?>~", "back with both"},
		{`base64.decode("YT8+fh==")`, "a?>~", "surplus bits are dropped"},

		// struct
		{`struct.encode({"a": [{"b": 1}], "c": ({"d": 2},)}).a[0].b`, int64(1), "dicts become structs, in lists too"},
		{`type(struct.encode({"c": ({"d": 2},)}).c[0])`, "struct", "and in tuples"},
		{`struct.encode(labels()).app`, "x", "a map of YAML becomes a struct"},
		{`type(struct.decode(struct.make(a=struct.make(b=1)))["a"])`, "dict", "structs become dicts, deep"},
		{`struct.decode(data.values)`, dict{"app": "cart", "size": int64(2)}, "data.values too"},
		{`struct.make(b=1, a=2)`, dict{"b": int64(1), "a": int64(2)}, "a struct is a map"},
		{`struct.bind(lambda a, b, c: [a, b, c], 1, 2)(3)`, list{int64(1), int64(2), int64(3)}, "the first arguments are given"},
		{`struct.bind(lambda a, b=0: [a, b], 1)(b=2)`, list{int64(1), int64(2)}, "keywords pass through"},
		{`struct.make_and_bind({"n": 1}, get=lambda self, k: self[k], x=5).get("n")`, int64(1), "functions get the object first"},
		{`struct.make_and_bind({}, x=5).x`, int64(5), "other fields stay what they are"},
		{`len(struct.make())`, int64(0), "a struct may be empty"},

		// regexp
		{`regexp.match("b+", "abbc")`, true, "a match anywhere"},
		{`regexp.match("^b", "abbc")`, false, "unless it is anchored"},
		{`regexp.replace("(a)(?P<second>b)", "abxab", "${second}$1")`, "baxba", "groups by number and name"},
		{`regexp.replace("a", "banana", "")`, "bnn", "all matches"},
		{`regexp.replace("[a-z]+", "ab-cd", lambda s: s.upper() + "1")`, "AB1-CD1", "a function of the matched text"},
		{`regexp.replace("a", "banana", lambda s: "$1")`, "b$1n$1n$1", "the result of a function is not expanded"},
		{`regexp.replace("^x*", "ab", "-")`, "-ab", "an empty match is one"},
		{`regexp.replace("q", "ab", "-")`, "ab", "no match, no change"},

		// md5, sha256: digests of the empty text and of abc are in RFC 1321 and FIPS 180.
		{`md5.sum("")`, "d41d8cd98f00b204e9800998ecf8427e", "RFC 1321"},
		{`md5.sum("abc")`, "900150983cd24fb0d6963f7d28e17f72", "RFC 1321"},
		{`sha256.sum("abc")`, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "FIPS 180"},

		// url
		{`url.path_segment_encode("a b/c?d+e")`, "a%20b%2Fc%3Fd+e", "in a path a plus is a plus"},
		{`url.path_segment_decode("a%20b%2Fc+d")`, "a b/c+d", "and back"},
		{`url.query_param_value_encode("a b/c&d+e")`, "a+b%2Fc%26d%2Be", "in a query a blank is a plus"},
		{`url.query_param_value_decode("a+b%2Fc")`, "a b/c", "and back"},
		{`url.query_params_encode({"y": ["1", "a b"], "x": ["&"], "z": []})`, "x=%26&y=1&y=a+b", "keys sorted, one pair for each value"},
		{`url.query_params_encode({"x": ("1",)})`, "x=1", "a tuple will do"},
		{`url.query_params_decode("y=1&x=%26;y=2&z")`, dict{"y": list{"1", "2"}, "x": list{"&"}, "z": list{""}}, "a semicolon counts as &"},
		{`[k for k in url.query_params_decode("y=1&x=2")]`, list{"x", "y"}, "keys are sorted"},
		{`url.parse("https://u:p%40@h.io:8443/p?q=1#f").string()`, "https://u:p%40@h.io:8443/p?q=1#f", "as it was"},
		{`url.parse("https://u:p@h.io:8443/p").hostname()`, "h.io", "without the port"},
		{`url.parse("https://u:p@h.io/p").without_user().string()`, "https://h.io/p", "without the user"},
		{`url.parse("https://u:p%40@h.io/p").user.password`, "p@", "decoded"},
		{`url.parse("https://u:p%40@h.io/p").user.string()`, "u:p%40", "encoded"},
		{`url.parse("https://u@h.io").user.password`, nil, "no password is None"},
		{`url.parse("https://u@h.io").user.name`, "u", "the name alone"},
		{`url.parse("https://h.io").user`, nil, "no user is None"},
		{`type(url.parse("https://h.io"))`, "@ytt:url.value", "the type has a name of its own"},

		// ip
		{`[f(ip.parse_addr("10.1.2.3")) for f in [lambda a: a.is_ipv4(), lambda a: a.is_ipv6(), lambda a: a.string()]]`, list{true, false, "10.1.2.3"}, "IPv4"},
		{`[ip.parse_addr("2001:DB8::0:1").is_ipv6(), ip.parse_addr("2001:DB8::0:1").string()]`, list{true, "2001:db8::1"}, "IPv6, in its shortest form"},
		{`[x.string() for x in ip.parse_cidr("10.1.2.3/8")]`, list{"10.1.2.3", "10.0.0.0/8"}, "the address as given, the network without its host part"},
		{`ip.parse_cidr("10.1.2.3/8")[1].addr().string()`, "10.0.0.0", "the address of the network"},
		{`ip.parse_addr("::ffff:1.2.3.4").is_ipv4()`, true, "IPv4 in IPv6 clothes is IPv4"},

		// math
		{`[math.ceil(1.2), math.floor(-1.2), math.ceil(7)]`, list{int64(2), int64(-2), int64(7)}, "to integers"},
		{`type(math.floor(2.5))`, "int", "really"},
		{`[type(math.round(2.5)), str(math.round(2.5))]`, list{"float", "3"}, "round gives a float, away from zero"},
		{`[math.fabs(-2.5), math.sqrt(6.25), math.pow(2, 0.5) == math.sqrt(2)]`, list{2.5, 2.5, true}, "ints and floats"},
		{`[math.mod(-7, 4), math.remainder(7, 4)]`, list{int64(-3), int64(-1)}, "mod has the sign of the first, remainder is nearest to zero"},
		{`[math.copysign(1.5, -0.0), math.hypot(3, 4), math.log(8, 2), math.log(math.e)]`, list{-1.5, int64(5), int64(3), int64(1)}, "log has a base"},
		{`[math.degrees(math.pi), math.radians(180) == math.pi, math.gamma(5)]`, list{int64(180), true, int64(24)}, "angles, and the factorial of 4"},
		{`[math.exp(0), math.sin(0), math.cos(0), math.tan(0), math.asin(0), math.acos(1), math.atan(0), math.atan2(0, 1)]`, list{int64(1), int64(0), int64(1), int64(0), int64(0), int64(0), int64(0), int64(0)}, "values everyone knows"},
		{`[math.sinh(0), math.cosh(0), math.tanh(0), math.asinh(0), math.acosh(1), math.atanh(0)]`, list{int64(0), int64(1), int64(0), int64(0), int64(0), int64(0)}, "the same for hyperbolas"},
		{`math.ceil(1e300) == int("1" + "0" * 300)`, false, "integers of any size, exact: 1e300 is no power of ten"},

		// version, module
		{`[version.require_at_least(v) for v in ["0.49.0", "0.48.9", "0.9.10", "0.49.0-rc.1", "0.0.0"]]`, list{nil, nil, nil, nil, nil}, "what this engine can do"},
		{`module.make("m", x=1, f=lambda: 2).f()`, int64(2), "members are attributes"},
		{`type(module.make("m"))`, "module", "a module as others"},

		// toml
		{`toml.encode({"b": 1, "a": "x", "t": {"z": [1, 2], "y": True}})`, "a = \"x\"\nb = 1\n\n[t]\ny = true\nz = [1, 2]\n", "keys sorted, tables after scalars"},
		{`toml.encode({"t": {"u": {"a": 1.0}}}, indent=2)`, "[t]\n  [t.u]\n    a = 1.0\n", "indented"},
		{`toml.encode({"a": [{"b": 1}, {"b": 2}]})`, "[[a]]\nb = 1\n\n[[a]]\nb = 2\n", "an array of tables"},
		{`toml.encode({"a": None, "b": 1})`, "b = 1\n", "TOML has no null"},
		{`toml.encode({})`, "", "an empty table is an empty text"},
		{`toml.decode("b = 1\na = [1.5, 'x']\n[t.u]\nc = true\n[[v]]\nd = 1\n[[v]]\n")`, dict{"b": int64(1), "a": list{1.5, "x"}, "t": dict{"u": dict{"c": true}}, "v": list{dict{"d": int64(1)}, dict{}}}, "tables, arrays of tables, scalars"},
		{`[k for k in toml.decode("b = 1\na = 2")]`, list{"a", "b"}, "keys are sorted"},
		{`toml.decode("a = 1979-05-27T07:32:00Z\nb = 1979-05-27\nc = 07:32:00.5\nd = 1979-05-27T07:32:00\ne = 1979-05-27T07:32:00-07:00")`,
			dict{"a": "1979-05-27T07:32:00Z", "b": "1979-05-27", "c": "07:32:00.5", "d": "1979-05-27T07:32:00", "e": "1979-05-27T07:32:00-07:00"}, "times are texts, as they were written"},
		{`toml.decode("\"a.b\".c = \"\"\"x\"\"\"\"\n[x.\"]\"]\n\"#\" = '#'\n")`, dict{"a.b": dict{"c": `x"`}, "x": dict{"]": dict{"#": "#"}}}, "quotes hide what has a meaning"},
		{`toml.decode("")`, dict{}, "no text is an empty table"},

		// assert
		{`assert.equals({"a": 1.0}, struct.make(a=1))`, nil, "equal when they are printed alike"},
		{`assert.equals(labels(), {"app": "x", "tier": 1})`, nil, "a fragment and a dict"},
		{`assert.try_to(lambda: 5)`, list{int64(5), nil}, "the result"},
		{`assert.try_to(lambda: fail("no"))`, list{nil, "fail: no"}, "the message"},
		{`assert.try_to(lambda: assert.fail("no"))`, list{nil, "fail: no"}, "assert.fail says the same"},
		{`assert.try_to(lambda: json.decode("{"))[1].startswith("json.decode: ")`, true, "an error names its function"},
		{`assert.try_to(lambda: "!" + assert.try_to(lambda: 1 // 0)[1])[0]`, "!floored division by zero", "one in another"},
		{`[assert.min(2).check(2), assert.max(2).check(1.5), assert.min("b").check("c")]`, list{true, true, true}, "bounds are allowed themselves"},
		{`[assert.min_len(2).check("ab"), assert.max_len(2).check([1]), assert.min_len(2).check(labels())]`, list{true, true, true}, "lengths of strings, lists, fragments"},
		{`[assert.not_null().check(0), assert.not_null("")]`, list{true, true}, "null only is null; an argument is checked at once"},
		{`[assert.one_not_null().check({"a": None, "b": 1}), assert.one_not_null(["a", "b"]).check({"a": 0, "c": 1})]`, list{true, true}, "one of all, one of some"},
		{`[assert.one_of("a", "b").check("b"), assert.one_of([1, None]).check(None), assert.one_of([labels()]).check({"app": "x", "tier": 1})]`, list{true, true, true}, "values, a list of them, compared as they are printed"},
	}
	values := map[string]any{"app": "cart", "size": 2.0}
	for _, c := range cases {
		t.Run(c.expression, func(t *testing.T) {
			got, err := evaluate(yamlFunctions, c.expression, values)
			if err != nil {
				t.Fatalf("%s: %v", c.why, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
}

// TestLibraryErrors: each error points at the line of the call, and says which function
// failed.
func TestLibraryErrors(t *testing.T) {
	cases := []struct {
		expression string
		mentions   []string
		why        string
	}{
		{`yaml.encode()`, []string{"yaml.encode: ", "0 arguments"}, "too few arguments"},
		{`yaml.encode(1, 2)`, []string{"yaml.encode: ", "2 arguments"}, "too many"},
		{`yaml.encode(1, indent=2)`, []string{"yaml.encode: ", "keyword"}, "a keyword it does not have"},
		{`yaml.encode(len)`, []string{"yaml.encode: ", "builtin_function_or_method"}, "a function has no YAML form"},
		{`yaml.encode(1 << 64)`, []string{"yaml.encode: ", "integer out of range"}, "an integer beyond 64 bits"},
		{`yaml.decode(1)`, []string{"yaml.decode: ", "want string"}, "only a text can be decoded"},
		{`yaml.decode("a: 1\n---\nb: 2")`, []string{"yaml.decode: ", "2 documents"}, "exactly one document"},
		{`yaml.decode("a: 1\nb: 1\na: 2")`, []string{"yaml.decode: ", "line 3", "'a'"}, "a key twice"},
		{`yaml.decode("a: [")`, []string{"yaml.decode: line "}, "no YAML"},
		{`json.encode(1, 2)`, []string{"json.encode: ", "2 arguments"}, "indent is a keyword"},
		{`json.encode(1, indent=9)`, []string{"json.encode: ", "indent"}, "more than 8"},
		{`json.encode(1, indent=-1)`, []string{"json.encode: ", "indent"}, "less than 0"},
		{`json.encode(1, sort=True)`, []string{"json.encode: ", "sort"}, "a keyword it does not have"},
		{`json.encode({1: 2})`, []string{"json.encode: ", "key 1", "str("}, "JSON needs strings"},
		{`json.encode(docs())`, []string{"json.encode: ", "document set"}, "several documents are no value"},
		{`json.encode(float("nan"))`, []string{"json.encode: ", "NaN"}, "not finite"},
		{`json.encode(url.parse("http://x"))`, []string{"json.encode: ", "@ytt:url.value", ".string()"}, "objects have a text"},
		{`json.decode("[1,]")`, []string{"json.decode: "}, "no JSON"},
		{`json.decode("[1")`, []string{"json.decode: ", "end of the text"}, "it ends early"},
		{`json.decode('{"a"')`, []string{"json.decode: ", "end of the text"}, "and in an object"},
		{`json.decode("")`, []string{"json.decode: ", "end of the text"}, "nothing is no JSON"},
		{`json.decode("1 2")`, []string{"json.decode: ", "more"}, "one value only"},
		{`base64.encode(1)`, []string{"base64.encode: ", "want string"}, "a text is wanted"},
		{`base64.encode("a", True)`, []string{"base64.encode: ", "2 arguments"}, "url is a keyword"},
		{`base64.decode("a")`, []string{"base64.decode: "}, "no base64"},
		{`base64.decode("YT8+fh==", strict=True)`, []string{"base64.decode: "}, "surplus bits, when it is strict"},
		{`base64.decode("YT8+fg==", raw=True)`, []string{"base64.decode: "}, "padding where none is"},
		{`struct.encode({1: 2})`, []string{"struct.encode: ", "int"}, "fields have names"},
		{`struct.make(1)`, []string{"struct.make: ", "positional"}, "fields are keywords"},
		{`struct.bind(1)`, []string{"struct.bind: ", "want a function"}, "only functions are bound"},
		{`struct.make_and_bind()`, []string{"struct.make_and_bind: "}, "an object is wanted"},
		{`struct.make(a=1).b`, []string{"struct has no .b field"}, "a field that is not there"},
		{`regexp.match("(", "a")`, []string{"regexp.match: "}, "no pattern"},
		{`regexp.replace("a", "a", 1)`, []string{"regexp.replace: ", "int"}, "a number is no replacement"},
		{`regexp.replace("a", "a", lambda s: 1)`, []string{"regexp.replace: ", "returned a int"}, "the function returns a string"},
		{`md5.sum(1)`, []string{"md5.sum: ", "want string"}, "a text is wanted"},
		{`sha256.sum()`, []string{"sha256.sum: ", "0 arguments"}, "too few arguments"},
		{`url.path_segment_decode("%zz")`, []string{"url.path_segment_decode: ", "%zz"}, "no escape"},
		{`url.query_param_value_decode("%")`, []string{"url.query_param_value_decode: "}, "half an escape"},
		{`url.query_params_encode({"a": "b"})`, []string{"url.query_params_encode: ", `"a"`, "list"}, "values are lists"},
		{`url.query_params_encode({"a": [1]})`, []string{"url.query_params_encode: ", `"a"`, "int"}, "of strings"},
		{`url.query_params_encode({1: []})`, []string{"url.query_params_encode: ", "int"}, "names are strings"},
		{`url.query_params_encode([])`, []string{"url.query_params_encode: ", "dict"}, "a dict is wanted"},
		{`url.query_params_decode("a=%zz")`, []string{"url.query_params_decode: "}, "no escape"},
		{`url.parse("http://[")`, []string{"url.parse: "}, "no URL"},
		{`url.parse("http://h").string(1)`, []string{"url.value.string: ", "1 arguments"}, "methods count their arguments"},
		{`url.parse("http://h").host`, []string{"@ytt:url.value has no .host"}, "no such field"},
		{`url.parse("http://h")`, []string{"@ytt:url.value", ".string()"}, "no YAML value"},
		{`ip.parse_addr("10.0.0")`, []string{"ip.parse_addr: ", "10.0.0"}, "no address"},
		{`ip.parse_addr("fe80::1%eth0")`, []string{"ip.parse_addr: "}, "a zone belongs to one machine"},
		{`ip.parse_cidr("10.0.0.0")`, []string{"ip.parse_cidr: ", "10.0.0.0"}, "no network"},
		{`ip.parse_addr("10.0.0.1")`, []string{"@ytt:ip.addr", ".string()"}, "no YAML value"},
		{`math.sqrt("4")`, []string{"math.sqrt: ", "string"}, "a number is wanted"},
		{`math.pow(1)`, []string{"math.pow: ", "1 arguments"}, "two numbers are wanted"},
		{`math.floor(float("inf"))`, []string{"math.floor: "}, "infinity is no integer"},
		{`math.log(2, 1)`, []string{"math.log: ", "base"}, "no logarithm"},
		{`version.require_at_least("0.49.1")`, []string{"version.require_at_least: ", "0.49.1", "0.49.0"}, "later than this"},
		{`version.require_at_least("1.0.0-alpha")`, []string{"version.require_at_least: ", "1.0.0-alpha"}, "a pre-release of something later"},
		{`version.require_at_least("0.49")`, []string{"version.require_at_least: ", `"0.49"`}, "no version"},
		{`module.make(x=1)`, []string{"module.make: "}, "a module has a name"},
		{`toml.encode([1])`, []string{"toml.encode: ", "list"}, "TOML is a table"},
		{`toml.encode({1: 2})`, []string{"toml.encode: ", "key 1"}, "keys are strings"},
		{`toml.encode({"a": [None]})`, []string{"toml.encode: ", "null"}, "no null in arrays"},
		{`toml.encode({}, 2)`, []string{"toml.encode: ", "2 arguments"}, "indent is a keyword"},
		{`toml.decode("a = 1\nb = ")`, []string{"toml.decode: line 2"}, "no TOML"},
		{`toml.decode("a = 1\na = 2")`, []string{"toml.decode: line 2", "'a'"}, "a key twice"},
		{`assert.fail()`, []string{"assert.fail: ", "0 arguments"}, "a message is wanted"},
		{`assert.fail("a", "b")`, []string{"assert.fail: ", "2 arguments"}, "one message"},
		{`assert.equals(1, 2)`, []string{"assert.equals: \"1\" is not equal to \"2\""}, "both are shown"},
		{`assert.equals({"a": [1]}, {"a": [2]})`, []string{"assert.equals: ", "reason:\n     the first:\n     a:\n     - 1\n", "the second:\n     a:\n     - 2\n"}, "as YAML"},
		{`assert.equals(len, len)`, []string{"assert.equals: ", "builtin_function_or_method"}, "functions are refused"},
		{`assert.try_to(1)`, []string{"assert.try_to: ", "callable"}, "a function is wanted"},
		{`assert.min(2).check(1)`, []string{"assert.min.check: 1 is less than 2"}, "too small"},
		{`assert.max(2).check(3)`, []string{"assert.max.check: 3 is more than 2"}, "too large"},
		{`assert.min(2).check("a")`, []string{"assert.min.check: "}, "not comparable"},
		{`assert.min_len(2).check("a")`, []string{"assert.min_len.check: ", "1", "at least 2"}, "too short"},
		{`assert.max_len(0).check([1])`, []string{"assert.max_len.check: ", "at most 0"}, "too long"},
		{`assert.max_len(0).check(1)`, []string{"assert.max_len.check: ", "int"}, "no length"},
		{`assert.not_null(None)`, []string{"assert.not_null: "}, "null"},
		{`assert.not_null().check(none())`, []string{"assert.not_null.check: "}, "an empty fragment is null"},
		{`assert.one_not_null().check({"a": 1, "b": 2})`, []string{"assert.one_not_null.check: ", "a, b"}, "two"},
		{`assert.one_not_null().check({"a": None})`, []string{"assert.one_not_null.check: "}, "none"},
		{`assert.one_not_null().check([1])`, []string{"assert.one_not_null.check: ", "list"}, "no map"},
		{`assert.one_not_null([1])`, []string{"assert.one_not_null: ", "int"}, "names are strings"},
		{`assert.one_of("a", "b").check("c")`, []string{"assert.one_of.check: ", `"c"`, `("a", "b")`}, "another value"},
		{`assert.one_of()`, []string{"assert.one_of: "}, "nothing is allowed"},
		{`assert.min(2)`, []string{"@ytt:assert.rule"}, "a rule is no YAML value"},
		{`data.read("x")`, []string{"data.read: not supported"}, "no files"},
		{`data.list()`, []string{"data.list: not supported"}, "no files"},
		{`data.values.nope`, []string{"struct has no .nope"}, "a value that is not there"},
		{`str()`, []string{"str: ", "0 arguments"}, "builtins count their arguments too"},
		{`print(1, sep=2)`, []string{"print: ", "sep"}, "and their types"},
		{`fail("a", "b")`, []string{"fail: a b"}, "fail says all of them"},
	}
	line := 1 + strings.Count(yamlFunctions, "\n") + 1
	for _, c := range cases {
		t.Run(c.expression, func(t *testing.T) {
			got, err := evaluate(yamlFunctions, c.expression, map[string]any{})
			var failed *Error
			if !errors.As(err, &failed) {
				t.Fatalf("%s: want an error, got %v, %v", c.why, got, err)
			}
			lines := linesOf(failed)
			if len(lines) == 0 || lines[len(lines)-1] != line {
				t.Errorf("%s: lines %v, want the last to be %d", c.why, lines, line)
			}
			for _, mention := range c.mentions {
				if !strings.Contains(err.Error(), mention) {
					t.Errorf("%s: the error does not mention %q:\n%v", c.why, mention, err)
				}
			}
		})
	}
}

// TestTryToRestores: what a function had begun when it failed does not show later (spec:
// ytt §8.1).
func TestTryToRestores(t *testing.T) {
	got, err := render(`#@ load("@ytt:assert", "assert")
#@ def inner():
c: 1
d: #@ fail("half")
#@ end
#@ def broken():
a: 1
#@yaml/map-key-override
b: #@ inner()
#@ end
#@ def text():
#@yaml/text-templated-strings
x: (@ fail("in a text") @)
#@ end
kept:
  one: #@ assert.try_to(broken)[1]
  two: #@ assert.try_to(text)[1]
#@yaml/text-templated-strings
in (@= assert.try_to(text)[1] @): "(@= assert.try_to(broken)[1] @)!"
last:
- 1
`, nil)
	want := "kept:\n  one: 'fail: half'\n  two: 'fail: in a text'\n'in fail: in a text': fail: half!\nlast:\n- 1\n"
	if err != nil {
		t.Fatal(err)
	}
	want = strings.Replace(want, ": fail: half!\nlast", ": 'fail: half!'\nlast", 1) // quoted as a value with a colon
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTryToLetsLimitsPass: a template could go on beyond them.
func TestTryToLetsLimitsPass(t *testing.T) {
	for _, c := range []struct{ why, body, what string }{
		{"too many steps", "while True: x = 1", "steps"},
		{"calls without end", "return endless()", "depth of calls"},
		{"a string that is too long", `return "x" * (1 << 30)`, "size of a string"},
	} {
		t.Run(c.why, func(t *testing.T) {
			_, err := render("#@ load(\"@ytt:assert\", \"assert\")\n#@ def endless():\n#@   "+c.body+"\n#@ end\nv: #@ assert.try_to(endless)[1]\n", nil)
			var limit *LimitError
			if !errors.As(err, &limit) || !strings.Contains(limit.What, c.what) {
				t.Fatalf("want a limit on the %s, got %v", c.what, err)
			}
		})
	}
	t.Run("the time is over", func(t *testing.T) {
		compiled, err := Compile([]byte("#@ load(\"@ytt:assert\", \"assert\")\n#@ def endless():\n#@   while True: x = 1\n#@ end\nv: #@ assert.try_to(endless)[1]\n"), Options{Limits: Limits{Steps: 1 << 60}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		_, err = compiled.Render(ctx, nil)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("want the end of the time, got %v", err)
		}
	})
}

// TestLibraryBounds: small templates that would take much time, memory or stack end with
// a limit, soon.
func TestLibraryBounds(t *testing.T) {
	for _, c := range []struct{ why, before, expression string }{
		{"brackets of TOML: the library would call itself for each", "", `toml.decode("a = " + "[" * 500000)`},
		{"inline tables", "", `toml.decode("a=" + "{a=" * 100000)`},
		{"a key with many parts: its path is walked again for each", "", `toml.decode(".".join(["a"] * 200000) + " = 1")`},
		{"a header with many parts", "", `toml.decode("[" + ".".join(["a"] * 200000) + "]")`},
		{"a long header before many keys: each notes the whole path", "", `toml.decode("[" + "a" * 400000 + "]\n" + "\n".join(["k%d=1" % i for i in range(50000)]))`},
		{"the same behind a byte order mark", "", `toml.decode(chr(0xfeff) + "[" + "a" * 400000 + "]\n" + "\n".join(["k%d=1" % i for i in range(50000)]))`},
		{"the same behind a comment and blanks", "", `toml.decode("# x\n \t[" + "a" * 400000 + "]\n" + "\n".join(["k%d=1" % i for i in range(50000)]))`},
		{"a long key before many arrays", "", `toml.decode("a" * 400000 + " = [" + "[]," * 100000 + "]")`},
		{"a long key before many inline tables", "", `toml.decode("a" * 400000 + " = [" + "{b=1}," * 50000 + "]")`},
		{"headers of TOML repeat the keys above them", "#@ v = {}\n#@ for i in range(90):\n#@ v = {\"k\" * 10000: v}\n#@ end\n", `toml.encode(v)`},
		{"a text that is too long to be parsed", "", `toml.decode("#" * 2000000)`},
		{"too long for JSON", "", `json.decode(" " * 2000000)`},
		{"too long for a query", "", `url.query_params_decode("&" * 2000000)`},
		{"too long for a URL", "", `url.parse("a" * 2000000)`},
		{"escapes are longer than what they stand for", "", `url.path_segment_encode("%" * 4000000)`},
		{"a name is repeated for each value", "", `url.query_params_encode({"k" * 1000000: ["v"] * 100})`},
		{"functions bound again and again call themselves in Go", "#@ f = lambda *a: 1\n#@ for i in range(5000):\n#@ f = struct.bind(f)\n#@ end\n", `f()`},
		{"a pattern with many groups: each is noted for each match", "", `regexp.replace("(a)" * 500, "a" * 100000, "")`},
		{"a pattern that looks to the end for each match", "", `regexp.replace("(.*x)|y", "y" * 300000, "")`},
		{"matches that call many times", "", `regexp.replace("a", "a" * 300000, "")`},
		{"a value that refers to its parts again and again", "#@ v = [1]\n#@ for i in range(40):\n#@ v = [v, v]\n#@ end\n", `assert.equals(v, v)`},
		{"the same in a rule", "#@ v = [1]\n#@ for i in range(40):\n#@ v = [v, v]\n#@ end\n", `assert.one_of([1]).check(v)`},
		{"the same in a struct", "#@ v = [1]\n#@ for i in range(40):\n#@ v = [v, v]\n#@ end\n", `struct.encode(v)`},
		{"a list that holds itself", "#@ v = []\n#@ v.append(v)\n", `toml.encode({"a": v})`},
		{"a list that holds itself, as a struct", "#@ v = []\n#@ v.append(v)\n", `struct.encode(v)`},
	} {
		t.Run(c.why, func(t *testing.T) {
			begin := spent()
			_, err := evaluate(c.before, c.expression, nil)
			var limit *LimitError
			if !errors.As(err, &limit) {
				t.Fatalf("want a limit, got %v", err)
			}
			// Each takes a second at most; the race detector makes it many.
			if took := spent() - begin; took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestLongRuns: what looks like the texts above and is harmless goes through.
func TestLongRuns(t *testing.T) {
	for _, c := range []struct {
		why, expression string
		want            any
	}{
		{"a long text with many lines", `len(regexp.replace("\n", "line\n" * 20000, " "))`, int64(100000)},
		{"words of a text", `len(regexp.replace("[a-z]+", "word " * 200, "x"))`, int64(400)},
		{"a TOML of thousands of keys", `len(toml.decode("[section.part]\n" + "\n".join(["key_%d = \"value\"" % i for i in range(5000)]))["section"]["part"])`, int64(5000)},
		{"brackets in strings and comments are none", `toml.decode("a = '" + "[" * 1000 + "' # " + "[" * 1000)["a"] == "[" * 1000`, true},
		{"a function bound a few times", `struct.bind(struct.bind(lambda a, b: a + b, 1), 2)()`, int64(3)},
	} {
		t.Run(c.why, func(t *testing.T) {
			got, err := evaluate("", c.expression, nil)
			if err != nil || got != c.want {
				t.Fatalf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

// FuzzTOML: the survey of a text sees all nesting that reading it makes.
func FuzzTOML(f *testing.F) {
	for _, seed := range []string{
		"a.b.c = 1\n[x.y]\nz = [1, [2], {q = 1}]\n", "[[a]]\nb = \"\"\"x\"\"\"\"\n", "a = '''x'y''z'''''\n", "\"a\\\"b\".'c' = {}\n",
		"a = [ # [\n 1,\n]\n", "\ufeff[a]\n", "a = {b.c = [{d = {}}],\n e = 1}", "a = 1e5\nb = 1979-05-27 07:32:00Z\n",
	} {
		f.Add(seed)
	}
	const depth = 6
	f.Fuzz(func(t *testing.T, text string) {
		m := &machine{meter: meter{limits: Limits{Depth: depth}.withDefaults(), ctx: context.Background()}}
		if m.surveyTOML(strings.TrimPrefix(text, "\ufeff")) != nil {
			return
		}
		m.limits.Depth = 1000
		v, err := tomlDecode(m, starlark.Tuple{starlark.String(text)}, nil)
		if err != nil {
			return
		}
		if got := nesting(v); got > 2*depth+2 {
			t.Errorf("nested %d deep", got)
		}
	})
}

// nesting is the depth of dicts and lists.
func nesting(v starlark.Value) int {
	deepest := 0
	switch v := v.(type) {
	case *starlark.Dict:
		for _, item := range v.Entries() {
			deepest = max(deepest, nesting(item))
		}
	case *starlark.List:
		for item := range v.Elements() {
			deepest = max(deepest, nesting(item))
		}
	default:
		return 0
	}
	return deepest + 1
}
