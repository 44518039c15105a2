package stamped

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

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

// TestOwnsLongLists: a list of ten thousand items, which a tenant may well stamp, is not compared item by item with all others.
func TestOwnsLongLists(t *testing.T) {
	const n = 10_000
	set, env := map[string]any{".": map[string]any{}}, make([]any, n)
	for i := range n {
		name := fmt.Sprintf("NAME_%d", i)
		set[fmt.Sprintf(`k:{"name":%q}`, name)] = map[string]any{".": map[string]any{}, "f:name": map[string]any{}, "f:value": map[string]any{}}
		env[i] = map[string]any{"name": name, "value": "x"}
	}
	owned, err := json.Marshal(map[string]any{"f:spec": map[string]any{"f:env": set}})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if !Owns(owned, map[string]any{"spec": map[string]any{"env": env}}) {
		t.Error("it is owned")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// FuzzOwns: field sets come with objects that anybody may have written.
func FuzzOwns(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"f:data":{"f:a":{}}}`, `{"data":{"a":"b"}}`},
		{`{"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{"f:port":{}}}}}`, `{"spec":{"ports":[{"port":80}]}}`},
		{`{"f:metadata":{"f:finalizers":{"v:\"a\"":{}},"f:labels":{"f:a":{}}}}`, `{"metadata":{"finalizers":["a"],"labels":{"a":"b"}}}`},
		{`{"f:a":{"i:0":{},"k:{":{},"k:null":{}}}`, `{"a":[1,{},null]}`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, owned, text []byte) {
		var rendered map[string]any
		if utiljson.Unmarshal(text, &rendered) != nil {
			return
		}
		if first := Owns(owned, rendered); first != Owns(owned, rendered) {
			t.Errorf("%s owns %s: one time yes, one time no", owned, text)
		}
		Merge(rendered, rendered) // it ends
	})
}
