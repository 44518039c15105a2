package stamped

import (
	"testing"

	utiljson "k8s.io/apimachinery/pkg/util/json"
)

func TestOwns(t *testing.T) {
	const deployment = `{"apiVersion":"apps/v1","kind":"Deployment",
		"metadata":{"name":"cart","labels":{"app":"cart"},"annotations":{"note":"x"}},
		"spec":{"replicas":3,"selector":{"matchLabels":{"app":"cart"}},
			"template":{"spec":{"containers":[{"name":"app","image":"i","args":["a","b"],"ports":[{"containerPort":80}]}]}}}}`
	const owned = `{"f:metadata":{"f:annotations":{"f:note":{},"f:carto.run/rendered-digest":{}},"f:labels":{"f:app":{}},"f:ownerReferences":{"k:{\"uid\":\"1\"}":{}}},
		"f:spec":{"f:replicas":{},"f:selector":{},
			"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:name":{},"f:image":{},"f:args":{},"f:ports":{"k:{\"containerPort\":80,\"protocol\":\"TCP\"}":{".":{},"f:containerPort":{}}}}}}}}}`
	tests := map[string]struct {
		reason          string
		owned, rendered string
		want            bool
	}{
		"untouched":         {"the set that the API server makes of this object; atomic fields and defaulted list keys count as owned", owned, deployment, true},
		"never applied":     {"an object that somebody else made is not Carto's", ``, deployment, false},
		"field taken":       {"kubectl scale takes spec.replicas over", `{"f:metadata":{"f:annotations":{"f:note":{}},"f:labels":{"f:app":{}}},"f:spec":{"f:selector":{}}}`, deployment, false},
		"label removed":     {"a label that somebody removed leaves the set", `{"f:metadata":{"f:annotations":{"f:note":{}}}}`, `{"metadata":{"labels":{"app":"cart"},"annotations":{"note":"x"}}}`, false},
		"item taken":        {"the image of one container was changed", `{"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{"f:name":{}}}}}`, `{"spec":{"containers":[{"name":"app","image":"i"}]}}`, false},
		"item gone":         {"the container was removed and another is there", `{"f:spec":{"f:containers":{"k:{\"name\":\"other\"}":{"f:name":{}}}}}`, `{"spec":{"containers":[{"name":"app"}]}}`, false},
		"set of values":     {"finalizer-like lists are tracked by value", `{"f:spec":{"f:list":{"v:\"a\"":{},"v:\"b\"":{}}}}`, `{"spec":{"list":["a","b"]}}`, true},
		"value taken":       {"one of the values is gone", `{"f:spec":{"f:list":{"v:\"a\"":{}}}}`, `{"spec":{"list":["a","b"]}}`, false},
		"empty leaves none": {"an empty map may leave no trace", `{"f:spec":{}}`, `{"spec":{"emptyDir":{}}}`, true},
		"status ignored":    {"a rendered status is not applied", `{"f:spec":{"f:a":{}}}`, `{"spec":{"a":1},"status":{"b":2}}`, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var rendered map[string]any
			if err := utiljson.Unmarshal([]byte(tc.rendered), &rendered); err != nil {
				t.Fatal(err)
			}
			if rendered["metadata"] == nil {
				rendered["metadata"] = map[string]any{}
			}
			if got := Owns([]byte(tc.owned), rendered); got != tc.want {
				t.Errorf("got %v: %s", got, tc.reason)
			}
		})
	}
}
