package jsonread

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// examples of texts that readers have differed about.
var examples = map[string]string{
	"integers stay integers":        `{"replicas":3,"minus":-1,"zero":-0}`,
	"with a fraction they are none": `[1.0,1e3,0.5,-2.5E-3]`,
	"too large for an integer":      `9223372036854775808`,
	"the largest integer":           `9223372036854775807`,
	"too large for any number":      `1e999`,
	"names that are there twice":    `{"a":1,"a":{"b":2}}`,
	"twice, and then null":          `{"kind":"a","kind":null,"spec":{"image":"x"},"spec":null}`,
	"a list twice":                  `{"spec":{"params":[{"name":"a","value":1}],"params":[{}]}}`,
	"a map twice":                   `{"metadata":{"labels":{"a":"b"},"labels":{"c":"d"}}}`,
	"names in another case":         `{"Metadata":{"Name":"x"},"metadata":{"name":"y"}}`,
	"half of a surrogate":           `{"a":"\ud800"}`,
	"no UTF-8":                      "{\"a\":\"\xff\"}",
	"escapes":                       `{"\u0061":"<\/\n\u00e9\ud83d\ude00>"}`,
	"empty":                         `{"a":{},"b":[],"c":null,"d":""}`,
	"null":                          `null`,
	"nothing":                       ``,
	"two":                           `{} {}`,
	"cut off":                       `{"a":[1,2`,
	"a comma too many":              `[1,]`,
	"white space":                   " \t\r\n{ \"a\" : [ true , false ] } \n",
}

// workload is one of which each kind of field is set.
const workload = `{"apiVersion":"carto.run/v1alpha1","kind":"Workload","metadata":{"name":"cart","namespace":"shop","generation":2,` +
	`"creationTimestamp":"2026-11-22T11:19:55Z","labels":{"a":"b"}},"spec":{"params":[{"name":"port","value":{"number":8080,"names":["x"]}}],` +
	`"source":{"git":{"url":"https://git.example/cart","ref":{"branch":"main"}}},"unknown":{"deep":[1]}},` +
	`"status":{"observedGeneration":2,"conditions":[{"type":"Ready","status":"True","reason":"Ready","lastTransitionTime":"2026-11-22T11:21:57Z"}],` +
	`"resources":[{"name":"source","stampedRef":{"kind":"Source","name":"cart"},"outputs":[{"name":"url","preview":"x\n"}]}]}}`

// TestAsApimachinery: whatever the text, the values are the same, and so is what is refused.
func TestAsApimachinery(t *testing.T) {
	for name, text := range examples {
		t.Run(name, func(t *testing.T) { same(t, []byte(text)) })
	}
	t.Run("a workload", func(t *testing.T) { same(t, []byte(workload)) })
}

func same(t *testing.T, text []byte) {
	t.Helper()
	compare(t, text, new(any), new(any))
	compare(t, text, &map[string]any{}, &map[string]any{})
	for _, kind := range v1alpha1.Kinds {
		compare(t, text, kind.New(), kind.New())
	}
}

func compare(t *testing.T, text []byte, want, got any) {
	t.Helper()
	wantErr, err := utiljson.Unmarshal(text, want), Into(text, got)
	if (wantErr == nil) != (err == nil) {
		t.Fatalf("%q as a %T: error %v, want %v", text, got, err, wantErr)
	}
	if diff := cmp.Diff(want, got); err == nil && diff != "" {
		t.Errorf("%q as a %T (-want +got):\n%s", text, got, diff)
	}
}

func FuzzInto(f *testing.F) {
	for _, text := range examples {
		f.Add([]byte(text))
	}
	f.Add([]byte(workload))
	f.Fuzz(same)
}

func BenchmarkInto(b *testing.B) {
	read := map[string]func([]byte, any) error{"v2": Into, "apimachinery": utiljson.Unmarshal}
	for name, read := range read {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := read([]byte(workload), &v1alpha1.Workload{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
