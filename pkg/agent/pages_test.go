package agent

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// TestReadPage: a list is read item by item, however it is written; an item knows its kind, which those of a built-in kind come
// without; and what is cut off or no list is an error.
func TestReadPage(t *testing.T) {
	for name, c := range map[string]struct{ text, want, fails string }{
		"own kind": {
			text: `{"apiVersion":"x/v1","items":[{"kind":"X","n":1},{"kind":"X","n":2}],"kind":"XList","metadata":{"resourceVersion":"5"}}` + "\n",
			want: `{"kind":"X","n":1} {"kind":"X","n":2} at 5`,
		},
		"built-in kind": {
			text: `{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"5"},"items":[{"n":1},{"kind":"X","n":2}]}`,
			want: `{"apiVersion":"v1","kind":"ConfigMap","n":1} {"kind":"X","n":2} at 5`,
		},
		"for people": {
			text: "{\n  \"kind\": \"L\",\n  \"metadata\": {\"resourceVersion\": \"5\"},\n  \"items\" : [\n    {\n \"kind\": \"X\"\n}\n ,\n {\"kind\":\"Y\"} ]\n}",
			want: "{\n \"kind\": \"X\"\n} {\"kind\":\"Y\"} at 5",
		},
		"brackets elsewhere":  {text: `{"kind":"L","metadata":{"a":["items",[]],"resourceVersion":"5"},"items":[{"kind":"]}"}]}`, want: `{"kind":"]}"} at 5`},
		"none":                {text: `{"items":[],"kind":"L","metadata":{"resourceVersion":"5"}}`, want: " at 5"},
		"none as Go says":     {text: `{"items":null,"kind":"L","metadata":{"resourceVersion":"5"}}`, want: " at 5"},
		"empty answer":        {text: ``, fails: "it is no JSON"},
		"no JSON":             {text: `<html>[1]</html>`, fails: "it is no JSON"},
		"ends in an item":     {text: `{"items":[{"kind":"X"},{"ki`, fails: "unexpected EOF"},
		"ends after an item":  {text: `{"items":[{"kind":"X"}`, fails: "it ends within its items"},
		"ends after items":    {text: `{"items":[{"kind":"X"}]`, fails: "it is no JSON"},
		"another object":      {text: `{"message":"away"}`, fails: "it is no list of objects"},
		"null":                {text: `null`, fails: "it is no list of objects"},
		"an array":            {text: `[{"kind":"X"}]`, fails: "it is no list of objects"},
		"a status":            {text: `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure"}`, fails: "it is no list of objects"},
		"no version":          {text: `{"kind":"L","metadata":{},"items":[]}`, fails: "it is no list of objects"},
		"no kind":             {text: `{"items":[],"metadata":{"resourceVersion":"5"}}`, fails: "it is no list of objects"},
		"items of no kind":    {text: `{"apiVersion":"x/v1","items":[{"n":1}],"kind":"XList","metadata":{"resourceVersion":"5"}}`, fails: "it does not say its kind"},
		"an empty item":       {text: `{"kind":"XList","metadata":{"resourceVersion":"5"},"items":[{ }]}`, fails: "it does not say its kind"},
		"no object":           {text: `{"items":[3]}`, fails: "it is no JSON object"},
		"brackets mixed":      {text: `{"items":[{"kind":"X"]]}`, fails: "it is no JSON object"},
		"nothing but a head":  {text: "[" + strings.Repeat(" ", maxListHead), fails: "there are no items in its first 1024 KiB"},
		"an item without end": {text: `{"items":[{"a":"` + strings.Repeat("x", maxFrame), fails: "longer than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			head, err := readPage(iotest.HalfReader(strings.NewReader(c.text)), func(item []byte) error {
				got = append(got, string(item))
				return nil
			})
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Fatalf("%v, want an error with %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(got, " ") + " at " + head.version; got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// FuzzReadPage: a list of JSON objects is read as the standard library reads it, however it is written and cut into pieces. Members
// called items elsewhere than in the list itself are none that the API server writes.
func FuzzReadPage(f *testing.F) {
	for _, text := range []string{
		`{"kind":"XList","apiVersion":"v1","metadata":{"resourceVersion":"5"},"items":[{"a":1},{"kind":"X"}]}`,
		`{"items":[{"kind":"]"}, {"kind":{}}],"metadata":{"continue":"c"}}`, `{"items":null}`, `{"items" : [ ] }`, `{"items":[{"kind":1}`, `{"items":[[]]}`, ``,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got []json.RawMessage
		head, err := readPage(iotest.OneByteReader(bytes.NewReader(text)), func(item []byte) error {
			got = append(got, bytes.Clone(item))
			return nil
		})
		var want struct {
			Kind     string                       `json:"kind"`
			Items    []map[string]json.RawMessage `json:"items"`
			Metadata struct {
				ResourceVersion string `json:"resourceVersion"`
				Continue        string `json:"continue"`
			} `json:"metadata"`
		}
		if json.Unmarshal(text, &want) != nil || bytes.ContainsFunc(text, func(r rune) bool { return r == '\\' || r >= utf8.RuneSelf }) {
			return
		}
		for _, name := range []string{`"kind"`, `"items"`, `"metadata"`, `"resourceVersion"`, `"continue"`} {
			// Of these the standard library takes any case, and the last of several.
			n := bytes.Count(text, []byte(name))
			if n != bytes.Count(bytes.ToLower(text), bytes.ToLower([]byte(name))) || n > 1 && name != `"kind"` {
				return
			}
		}
		complete := want.Kind != "" && want.Metadata.ResourceVersion != "" && bytes.Contains(text, []byte(`"items"`)) &&
			!slices.ContainsFunc(want.Items, func(item map[string]json.RawMessage) bool { return item["kind"] == nil })
		if err != nil && complete {
			t.Fatalf("%q: %v", text, err)
		}
		if err != nil {
			return
		}
		if head.version != want.Metadata.ResourceVersion || head.next != want.Metadata.Continue || len(got) != len(want.Items) {
			t.Fatalf("%q: %d items, %+v; want %+v", text, len(got), head, want)
		}
		for i, item := range got {
			var members map[string]json.RawMessage
			if err := json.Unmarshal(item, &members); err != nil {
				t.Fatalf("item %d is %q: %v", i, item, err)
			}
			for name, value := range want.Items[i] {
				if string(members[name]) != string(value) {
					t.Errorf("item %d: %s is %s, want %s", i, name, members[name], value)
				}
			}
		}
	})
}
