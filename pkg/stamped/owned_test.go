package stamped

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

func TestOwned(t *testing.T) {
	const carto = `{"manager":"carto","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":`
	const kubectl = `{"manager":"kubectl-patch","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":`
	const rendered = `{"metadata":{},"spec":{"ref":{"branch":"main"},"poll":"1m"}}`
	for name, tc := range map[string]struct {
		reason, managed, spec string
		want                  bool
	}{
		"untouched": {"all that was rendered is in the set", carto + `{"f:spec":{"f:poll":{},"f:ref":{"f:branch":{}}}}}`,
			`{"ref":{"branch":"main"},"poll":"1m"}`, true},
		"atomic": {"nobody has anything inside of a map that is owned as a whole", carto + `{"f:spec":{"f:poll":{},"f:ref":{}}}}`,
			`{"ref":{"branch":"main"},"poll":"1m"}`, true},
		"last field taken": {"the map stays in the set, but what was in it is another's", carto + `{"f:spec":{"f:poll":{},"f:ref":{}}}},` + kubectl + `{"f:spec":{"f:ref":{"f:branch":{}}}}}`,
			`{"ref":{"branch":"nowhere"},"poll":"1m"}`, false},
		"last field removed": {"the map stays in the set, and is empty", carto + `{"f:spec":{"f:poll":{},"f:ref":{}}}}`,
			`{"ref":{},"poll":"1m"}`, false},
		"another field beside": {"others may have more in the same map", carto + `{"f:spec":{"f:poll":{},"f:ref":{"f:branch":{}}}}},` + kubectl + `{"f:spec":{"f:ref":{"f:tag":{}}}}}`,
			`{"ref":{"branch":"main","tag":"x"},"poll":"1m"}`, true},
		"the same status": {"what others write into the status is no field of ours", carto + `{"f:spec":{"f:poll":{},"f:ref":{}}}},{"manager":"flux","operation":"Update","apiVersion":"v1","subresource":"status","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:ref":{"f:x":{}}}}}`,
			`{"ref":{"branch":"main"},"poll":"1m"}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			var live, want map[string]any
			for text, into := range map[string]*map[string]any{`{"apiVersion":"v1","kind":"X","metadata":{"managedFields":[` + tc.managed + `]},"spec":` + tc.spec + `}`: &live, rendered: &want} {
				if err := utiljson.Unmarshal([]byte(text), into); err != nil {
					t.Fatal(err)
				}
			}
			if got := Owns(Owned(&unstructured.Unstructured{Object: live}), want); got != tc.want {
				t.Errorf("got %v: %s", got, tc.reason)
			}
		})
	}
}
