package stamped

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

func decoded(t *testing.T, text string) map[string]any {
	t.Helper()
	var object map[string]any
	if err := utiljson.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestAltered(t *testing.T) {
	for name, tc := range map[string]struct {
		reason, rendered, live, want string
	}{
		"as rendered":    {"what the API server fills in is no change", `{"kind":"A","metadata":{"name":"x"},"spec":{"a":1}}`, `{"kind":"A","metadata":{"name":"x","uid":"1"},"spec":{"a":1,"b":2}}`, ""},
		"a value":        {"a webhook set another", `{"spec":{"replicas":3}}`, `{"spec":{"replicas":2}}`, "spec.replicas"},
		"an image":       {"items are told by their names, and others come in between", `{"spec":{"containers":[{"name":"app","image":"a"}]}}`, `{"spec":{"containers":[{"name":"proxy"},{"name":"app","image":"mirror/a"}]}}`, "spec.containers[app].image"},
		"gone":           {"a webhook, or the pruning of a CRD, removed it", `{"metadata":{"labels":{"a.b/c":"d"}},"spec":{"x":"y"}}`, `{"metadata":{},"spec":{}}`, "metadata.labels spec.x"},
		"a label":        {"its name has dots", `{"metadata":{"labels":{"a.b/c":"d"}}}`, `{"metadata":{"labels":{"a.b/c":"e"}}}`, "metadata.labels[a.b/c]"},
		"other forms":    {"API servers write quantities, times and durations in their own form", `{"spec":{"cpu":"1000m","mem":1,"d":"60s","t":"2026-01-01T00:00:00+00:00","f":1.0}}`, `{"spec":{"cpu":"1","mem":"1","d":"1m0s","t":"2026-01-01T00:00:00Z","f":1}}`, ""},
		"exponents":      {"to compare it would take gigabytes", `{"spec":{"a":"1","n":1}}`, `{"spec":{"a":"1e-999999999","n":"1e-999999999"}}`, "spec.a spec.n"},
		"filled in":      {"an empty value or zero asks for one", `{"spec":{"clusterIP":"","nodePort":0,"x":false,"e":{},"n":null}}`, `{"spec":{"clusterIP":"10.0.0.1","nodePort":30000}}`, ""},
		"write only":     {"a Secret's stringData becomes data", `{"stringData":{"a":"b"}}`, `{"data":{"a":"Yg=="}}`, ""},
		"a set reorders": {"the same values in another order", `{"spec":{"s":["a","b"]}}`, `{"spec":{"s":["b","a"]}}`, ""},
		"an item":        {"told by its place where it has no name", `{"spec":{"s":["a","b"]}}`, `{"spec":{"s":["a","c"]}}`, "spec.s[1]"},
		"another type":   {"a map became a text", `{"spec":{"m":{"a":"b"},"l":[1]}}`, `{"spec":{"m":"x","l":"y"}}`, "spec.l spec.m"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := paths(Altered(decoded(t, tc.live), decoded(t, tc.rendered))); got != tc.want {
				t.Errorf("got %q, want %q: %s", got, tc.want, tc.reason)
			}
		})
	}
}

func paths(fields []Field) string {
	var all []string
	for _, f := range fields {
		all = append(all, f.Path)
	}
	return strings.Join(all, " ")
}

func TestLost(t *testing.T) {
	const rendered = `{"metadata":{"labels":{"app":"cart"}},"spec":{"replicas":3,"template":{"containers":[{"name":"app","image":"i"},{"name":"log"}]}}}`
	for name, tc := range map[string]struct {
		reason, owned, theirs, want, who string
	}{
		"nothing":  {"as it was applied", `{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:replicas":{},"f:template":{}}}`, `{}`, "", ""},
		"replicas": {"kubectl scale", `{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:template":{}}}`, `{"f:spec":{"f:replicas":{}}}`, "spec.replicas", "rival"},
		"an image": {"of one container", `{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":{"f:replicas":{},"f:template":{"f:containers":{"k:{\"name\":\"app\"}":{"f:name":{}},"k:{\"name\":\"log\"}":{"f:name":{}}}}}}`,
			`{"f:spec":{"f:template":{"f:containers":{"k:{\"name\":\"app\"}":{"f:image":{}}}}}}`, "spec.template.containers[app].image", "rival"},
		"removed": {"a label that nobody owns any more", `{"f:spec":{"f:replicas":{},"f:template":{}}}`, `{"f:spec":{"f:other":{}}}`, "metadata.labels.app", ""},
		"all":     {"never applied", ``, `{"f:spec":{}}`, "metadata.labels.app spec.replicas spec.template.containers", "rival"},
	} {
		t.Run(name, func(t *testing.T) {
			object := decoded(t, rendered)
			lost := Lost([]byte(tc.owned), object)
			if got := paths(lost); got != tc.want {
				t.Errorf("got %q, want %q: %s", got, tc.want, tc.reason)
			}
			if Owns([]byte(tc.owned), object) != (len(lost) == 0) {
				t.Error("Owns says otherwise")
			}
			live := &unstructured.Unstructured{Object: decoded(t, fmt.Sprintf(`{"metadata":{"managedFields":[
				{"manager":"carto","operation":"Apply","fieldsV1":{"f:spec":{"f:replicas":{}}}},
				{"manager":"rival","operation":"Update","fieldsV1":%s}]}}`, tc.theirs))}
			if got := strings.Join(Managers(live, lost), " "); got != tc.who {
				t.Errorf("it is %q, want %q", got, tc.who)
			}
		})
	}
}
