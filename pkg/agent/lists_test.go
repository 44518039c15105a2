package agent

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/rest/fake"
)

// TestLister: a list is asked for page by page, by smaller ones after one that broke off, and is complete or an error.
func TestLister(t *testing.T) {
	const expired = `{"apiVersion":"v1","kind":"Status","status":"Failure","code":410,"reason":"Expired","message":"too old"}`
	const first, last = `{"items":[{"metadata":{"name":"a"}}],"metadata":{"resourceVersion":"5","continue":"more"}}`, `{"items":[{"metadata":{"name":"b"}}],"metadata":{"resourceVersion":"5"}}`
	for name, c := range map[string]struct {
		// answers by what of the list is asked for.
		answers map[string]string
		want    string
		fails   string
	}{
		"one page":    {answers: map[string]string{"limit=50000": last}, want: "b at 5"},
		"two pages":   {answers: map[string]string{"limit=50000": first, "continue=more&limit=50000": last}, want: "a b at 5"},
		"nothing":     {answers: map[string]string{"limit=50000": `{"items":null,"metadata":{"resourceVersion":"7"}}`}, want: " at 7"},
		"old page":    {answers: map[string]string{"limit=50000": first, "continue=more&limit=50000": expired}, fails: "too old"},
		"no JSON":     {answers: map[string]string{"limit=50000": first, "continue=more&limit=50000": `{"items":[{"meta`}, fails: "read an item of a list: unexpected EOF"},
		"no object":   {answers: map[string]string{"limit=50000": first, "continue=more&limit=50000": `{"items":[1]}`}, fails: "it is no JSON object"},
		"first wrong": {answers: map[string]string{"limit=50000": `{"items":[{}],"metadata":{"continue":"more"}}`}, fails: "it has no metadata"},
	} {
		t.Run(name, func(t *testing.T) {
			unasked := maps.Clone(c.answers)
			client := &fake.RESTClient{NegotiatedSerializer: storedCodec, Client: fake.CreateHTTPClient(func(r *http.Request) (*http.Response, error) {
				answer, ok := c.answers[r.URL.RawQuery]
				if !ok {
					t.Errorf("asked for %q", r.URL.RawQuery)
				}
				delete(unasked, r.URL.RawQuery)
				code := http.StatusOK
				if answer == expired {
					code = http.StatusGone
				}
				return &http.Response{StatusCode: code, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer))}, nil
			})}
			l := &lister{codec: storedCodec, keep: whole, limit: pageSize, get: func(options metav1.ListOptions) *rest.Request {
				return client.Get().AbsPath("api", "v1", "configmaps").SpecificallyVersionedParams(&options, metav1.ParameterCodec, metav1.SchemeGroupVersion)
			}}
			list, err := l.list(t.Context())
			if len(unasked) > 0 {
				t.Errorf("not asked for %q", slices.Collect(maps.Keys(unasked)))
			}
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) || list != nil {
					t.Errorf("%+v, %v; want an error with %q", list, err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, item := range list.Items {
				names = append(names, item.(*stored).Name)
			}
			if got := strings.Join(names, " ") + " at " + list.ResourceVersion; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestListerShrinks: after a list that broke off, or took too long to begin, less is asked for at once, until a list is complete.
func TestListerShrinks(t *testing.T) {
	var asked []string
	answers := []string{
		`{"items":[{"metadata":{"name":"a"}}`, `{"items":[`, "timeout", `{"metadata":{"continue":"more"},"items":[]}`, `{"items":[]}`, `{"items":[]}`,
	}
	client := &fake.RESTClient{NegotiatedSerializer: storedCodec, Client: fake.CreateHTTPClient(func(r *http.Request) (*http.Response, error) {
		answer, code := answers[len(asked)], http.StatusOK
		if answer == "timeout" {
			answer, code = `{"apiVersion":"v1","kind":"Status","status":"Failure","code":504,"reason":"Timeout"}`, http.StatusGatewayTimeout
		}
		asked = append(asked, r.URL.Query().Get("limit"))
		return &http.Response{StatusCode: code, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer))}, nil
	})}
	l := &lister{codec: storedCodec, keep: whole, limit: pageSize, get: func(options metav1.ListOptions) *rest.Request {
		return client.Get().AbsPath("api", "v1", "configmaps").SpecificallyVersionedParams(&options, metav1.ParameterCodec, metav1.SchemeGroupVersion)
	}}
	for i, complete := range []bool{false, false, false, true, true} {
		if _, err := l.list(t.Context()); (err == nil) != complete {
			t.Errorf("list %d: %v", i, err)
		}
	}
	if got, want := strings.Join(asked, " "), "50000 5000 500 500 500 50000"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}

// FuzzReadList: a list of JSON objects is read as the standard library reads it, however it is written and cut into pieces. Members
// called items elsewhere than in the list itself are none that the API server writes.
func FuzzReadList(f *testing.F) {
	for _, text := range []string{
		`{"kind":"XList","apiVersion":"v1","metadata":{"resourceVersion":"5"},"items":[{"a":1},{"kind":"X"}]}`,
		`{"items":[{"kind":"]"}, {"kind":{}}],"metadata":{"continue":"c"}}`, `{"items":null}`, `{"items" : [ ] }`, `{"items":[{"kind":1}`, `{"items":[[]]}`, ``,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got []json.RawMessage
		metadata, err := readList(iotest.OneByteReader(bytes.NewReader(text)), func(item []byte) error {
			got = append(got, bytes.Clone(item))
			return nil
		})
		var want struct {
			Items    []map[string]json.RawMessage `json:"items"`
			Metadata json.RawMessage              `json:"metadata"`
		}
		if json.Unmarshal(text, &want) != nil || bytes.Count(text, []byte("tems")) != 1 || slices.ContainsFunc(want.Items, func(item map[string]json.RawMessage) bool { return item == nil }) {
			return
		}
		if !bytes.Contains(text, []byte(`"items"`)) || bytes.Contains(text, []byte(`\`)) {
			return // names are written plainly
		}
		if err != nil || len(got) != len(want.Items) || metadata.Raw != string(want.Metadata) {
			t.Fatalf("%q: %d items with %s, %v; want %d with %s", text, len(got), metadata.Raw, err, len(want.Items), want.Metadata)
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

// whole keeps objects as they are.
func whole(object runtime.Object) runtime.Object { return object }

// TestReadList: a list is read item by item, however it is written; an item knows its kind, which those of a built-in kind come
// without; and what is cut off or no list is an error.
func TestReadList(t *testing.T) {
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
			text: "{\n  \"metadata\": {\"resourceVersion\": \"5\"},\n  \"items\" : [\n    {\n \"kind\": \"X\"\n}\n ,\n {\"kind\":\"Y\"} ]\n}",
			want: "{\n \"kind\": \"X\"\n} {\"kind\":\"Y\"} at 5",
		},
		"brackets elsewhere":  {text: `{"metadata":{"a":["items",[]],"resourceVersion":"5"},"items":[{"kind":"]}"}]}`, want: `{"kind":"]}"} at 5`},
		"none":                {text: `{"items":[],"metadata":{"resourceVersion":"5"}}`, want: " at 5"},
		"none as Go says":     {text: `{"items":null,"metadata":{"resourceVersion":"5"}}`, want: " at 5"},
		"empty answer":        {text: ``, fails: "it is no JSON"},
		"no JSON":             {text: `<html>[1]</html>`, fails: "it is no JSON"},
		"ends in an item":     {text: `{"items":[{"kind":"X"},{"ki`, fails: "unexpected EOF"},
		"ends after an item":  {text: `{"items":[{"kind":"X"}`, fails: "it ends within its items"},
		"ends after items":    {text: `{"items":[{"kind":"X"}]`, fails: "it is no JSON"},
		"no object":           {text: `{"items":[3]}`, fails: "it is no JSON object"},
		"brackets mixed":      {text: `{"items":[{"kind":"X"]]}`, fails: "it is no JSON object"},
		"nothing but a head":  {text: "[" + strings.Repeat(" ", maxListHead), fails: "there are no items in its first 1024 KiB"},
		"an item without end": {text: `{"items":[{"a":"` + strings.Repeat("x", maxFrame), fails: "longer than 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			metadata, err := readList(iotest.HalfReader(strings.NewReader(c.text)), func(item []byte) error {
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
			if got := strings.Join(got, " ") + " at " + metadata.Get("resourceVersion").String(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
