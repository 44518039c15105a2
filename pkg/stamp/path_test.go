package stamp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

func decodeObject(t testing.TB, text string) map[string]any {
	t.Helper()
	var object map[string]any
	if err := utiljson.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestLookup(t *testing.T) {
	object := decodeObject(t, `{
		"a": {"b": {"c": 1}}, "n": null, "big": 9007199254740993,
		"labels": {"shop.example/x": "dotted", "team/size-limit": "slash"},
		"list": [{"t":"x","v":"one"},{"t":"y","v":"two"},{"t":"y","v":"three"}], "empty": [], "nums": [1,2,3]}`)
	object["typedList"] = unsetList
	tests := []struct {
		path, reason string
		want         any
		found        Found
		wantErr      string
	}{
		{path: "a.b.c", reason: "the braces and the dot may be left out", want: int64(1), found: Present},
		{path: ".a.b.c", reason: "the same with a dot", want: int64(1), found: Present},
		{path: "{.a.b.c", reason: "the same with an opening brace", want: int64(1), found: Present},
		{path: "{.a.b.c}", reason: "the same in full", want: int64(1), found: Present},
		{path: "big", reason: "integers keep all digits (Q32)", want: int64(9007199254740993), found: Present},
		{path: "n", reason: "an explicit null", found: Null},
		{path: "n.x", reason: "below null there is nothing", found: Missing},
		{path: "a.b.c.d", reason: "below a scalar there is nothing", found: Missing},
		{path: "nope", reason: "an absent key", found: Missing},
		{path: `labels.shop\.example/x`, reason: "a backslash escapes the dot", want: "dotted", found: Present},
		{path: `labels['shop\.example/x']`, reason: "dots in quotes still separate levels, so they are escaped", want: "dotted", found: Present},
		{path: `labels.team/size-limit`, reason: "slashes and dashes need no quotes", want: "slash", found: Present},
		{path: "list[0].v", reason: "an index", want: "one", found: Present},
		{path: "list[-1].v", reason: "an index from the end", want: "three", found: Present},
		{path: "list[3]", reason: "an index out of range is an error, not nothing", wantErr: "index out of range: 3 in a list of length 3"},
		{path: "empty[0]", reason: "an empty list has no index", wantErr: "index out of range"},
		{path: "typedList[0]", reason: "nor has an unset one", wantErr: "index out of range"},
		{path: "typedList", reason: "an unset list is null", found: Null},
		{path: `typedList[?(@.t=="x")]`, reason: "a filter on an unset list finds nothing", found: Missing},
		{path: "n[0]", reason: "an index on an explicit null is missing", found: Missing},
		{path: `n[?(@.t=="x")]`, reason: "a filter on an explicit null is an error", wantErr: "a filter needs a list, but found null"},
		{path: "a[0]", reason: "an index on an object is an error", wantErr: "an index needs a list, but found an object"},
		{path: "nope[0]", reason: "on an absent path it is missing", found: Missing},
		{path: `list[?(@.t=="x")].v`, reason: "a filter", want: "one", found: Present},
		{path: `list[?(@.t=='x')].v`, reason: "single quotes", want: "one", found: Present},
		{path: `list[?(@.t=="z")].v`, reason: "a filter that nothing passes", found: Missing},
		{path: `list[?(@.t=="y")].v`, reason: "several results are an error", wantErr: "it has 2 results, but must have one"},
		{path: `nums[?(@>2)]`, reason: "an order of numbers", want: int64(3), found: Present},
		{path: "nums[0:2]", reason: "a slice with two results", wantErr: "2 results"},
		{path: "nums[0,2]", reason: "a union has several results", wantErr: "2 results"},
		{path: "nums[1:2:9223372036854775807]", reason: "a step beyond all numbers", want: int64(2), found: Present},
		{path: "nums[1:2]", reason: "a slice with one result", want: int64(2), found: Present},
		{path: "list[*].nope", reason: "a wildcard without results", found: Missing},
		{path: "..c", reason: "recursive descent", want: int64(1), found: Present},
		{path: "a.*.c", reason: "a wildcard over a map", want: int64(1), found: Present},
	}
	for _, tc := range tests {
		t.Run(tc.path, func(t *testing.T) {
			p, err := ParsePath(tc.path)
			if err != nil {
				t.Fatal(err)
			}
			got, found, err := p.Lookup(object)
			if tc.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
					t.Fatalf("%s: error %v, want %q", tc.reason, err, tc.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", tc.reason, err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || found != tc.found {
				t.Errorf("%s: found %v, want %v (-want +got):\n%s", tc.reason, found, tc.found, diff)
			}
		})
	}
}

func TestParsePathRefuses(t *testing.T) {
	for path, reason := range map[string]string{
		"":                "empty",
		"  ":              "blank",
		"spec.env[":       "an index that is not closed",
		"{.a}{.b}":        "two blocks",
		"{range .a[*]}":   "kubectl's loops are no paths",
		"{.a}text":        "text around the block",
		"a[?(@.x ~ 'y')]": "an unknown comparison",
		"a['b'":           "a quote that is not closed",
		"{.a} {.b}":       "two blocks with a blank",
		"a[one]":          "an index that is no number",
	} {
		if p, err := ParsePath(path); err == nil {
			t.Errorf("%q was taken as %v: %s", path, p, reason)
		}
	}
}

// TestFieldOperators is the table of reconcile §3.1, with Q1.
func TestFieldOperators(t *testing.T) {
	object := decodeObject(t, `{"s":"a","n":11,"b":true,"null":null,"list":[]}`)
	tests := []struct {
		key                             string
		in, notIn, exists, doesNotExist any // true, false, or "error"
		reason                          string
	}{
		{"s", true, false, true, false, "a string among the values"},
		{"n", true, false, true, false, "the JSON text of a number (Q1)"},
		{"b", true, false, true, false, "the JSON text of a boolean (Q1)"},
		{"list", false, true, true, false, "a list is never among the values"},
		{"null", false, true, false, true, "null"},
		{"missing", false, false, false, true, "NotIn does not match a missing path (Q2)"},
		{"list[0]", "error", "error", "error", "error", "a path that can not be evaluated"},
	}
	for _, tc := range tests {
		for operator, want := range map[v1alpha1.FieldSelectorOperator]any{
			v1alpha1.FieldSelectorOpIn: tc.in, v1alpha1.FieldSelectorOpNotIn: tc.notIn,
			v1alpha1.FieldSelectorOpExists: tc.exists, v1alpha1.FieldSelectorOpDoesNotExist: tc.doesNotExist,
		} {
			f, err := CompileField(v1alpha1.FieldRequirement{Key: tc.key, Operator: operator, Values: []string{"a", "11", "true"}})
			if err != nil {
				t.Fatal(err)
			}
			var got any
			if got, err = f.Matches(object); err != nil {
				got = "error"
			}
			if got != want {
				t.Errorf("%s %s: got %v, want %v: %s", tc.key, operator, got, want, tc.reason)
			}
		}
	}
	if _, err := CompileField(v1alpha1.FieldRequirement{Key: "a", Operator: "Near"}); err == nil {
		t.Error("an unknown operator was accepted")
	}
}

// TestPathsAreBounded: paths and what they are evaluated on come from tenants. Without a bound of its steps, the first of
// these would take an hour.
func TestPathsAreBounded(t *testing.T) {
	flat := make([]any, 30_000)
	for i := range flat {
		flat[i] = map[string]any{"x": int64(i)}
	}
	list := map[string]any{"list": flat}
	union := "{..['" + strings.Repeat("no','", 50_000) + "no']}"
	for why, tc := range map[string]struct{ path, says string }{
		"a union that finds nothing, below a recursive descent": {union, "limit exceeded: steps"},
		"descents in each item of a filter":                     {`{.list[?(@..x==@..y)]` + strings.Repeat(`['a','b']`, 100) + `}`, ""},
	} {
		p, err := ParsePath(tc.path)
		if err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		began := time.Now()
		_, found, err := p.Lookup(list)
		switch {
		case tc.says == "" && (err != nil || found != Missing):
			t.Errorf("%s: found %v, %v", why, found, err)
		case tc.says != "" && (err == nil || !strings.Contains(err.Error(), tc.says)):
			t.Errorf("%s: the error is %.2000v, not %q", why, err, tc.says)
		case err != nil && len(err.Error()) > 1000:
			t.Errorf("%s: the path of %d bytes is told whole, so that its fault would be cut off a condition", why, len(tc.path))
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s: it took %v", why, took)
		}
	}

	t.Log("many tags share what they may cost")
	body := `{"apiVersion":"v1","kind":"ConfigMap","data":{` + strings.TrimSuffix(strings.Repeat(`"KEY":"$(params.list[?(@.x==1)].x)$",`, 2000), ",") + `}}`
	for i := range 2000 {
		body = strings.Replace(body, "KEY", fmt.Sprint("k", i), 1)
	}
	template := Compile(&v1alpha1.ClusterTemplate{Spec: v1alpha1.TemplateSpec{Template: &v1alpha1.FreeForm{Raw: []byte(body)}}})
	_, err := template.Render(t.Context(), &Context{Params: map[string]any{"list": list["list"]}})
	if err == nil || !strings.Contains(err.Error(), "limit exceeded: steps") {
		t.Errorf("2000 tags that look through 30000 items each: %v", err)
	}
}

func FuzzPath(f *testing.F) { // also of writing to paths
	for _, seed := range []string{"a.b", `{.list[?(@.t=="x")].v}`, "a[0:2:1]", "..x", `a\.b['c\.d']`, "[", "{", "a[*].*", "{.a}{.b}", "@", "$", "a[?(@.b<1.5)]"} {
		f.Add(seed)
	}
	object := map[string]any{"a": map[string]any{"b": []any{int64(1), "x", nil}}, "list": []any{map[string]any{"t": "x", "v": 1.5}}}
	f.Fuzz(func(t *testing.T, expression string) {
		p, err := ParsePath(expression)
		if err != nil {
			return
		}
		value, found, err := p.Lookup(object)
		if err == nil && found == Present && value == nil {
			t.Errorf("%q found nothing, but says that it did", expression)
		}
		splitTags("$("+expression+")$", "")
		_ = p.assign(runtime.DeepCopyJSON(object), "x") // it may fail, but ends
	})
}
