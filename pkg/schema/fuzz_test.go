package schema

import (
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/stamp"
)

// FuzzCRD: whatever is called a CRD, and whatever path is followed in it, nothing panics or
// hangs.
func FuzzCRD(f *testing.F) {
	f.Add([]byte(widgets), ".spec.parts[*].name")
	f.Add([]byte(widgets), `.status.conditions[?(@.type=="Ready")]['status','type']`)
	f.Add([]byte("{apiVersion: apiextensions.k8s.io/v1, spec: {group: a, scope: A, names: {kind: A, plural: a}, versions: [{name: v1, served: true, schema: {openAPIV3Schema: {type: object, properties: 1, items: {}, required: [1], additionalProperties: true}}}]}}"), "..a.*")
	f.Fuzz(func(t *testing.T, crd []byte, expression string) {
		var definition map[string]any
		if yaml.Unmarshal(crd, &definition) != nil {
			return
		}
		c := BuiltIn()
		_ = c.AddCRD(definition) // what can not be read is left out
		path, err := stamp.ParsePath(expression)
		if err != nil {
			return
		}
		for gvk := range c.added {
			k := c.Kind(gvk)
			a := k.Schema.At(path)
			if (a.Possible == Yes) != (a.Schema != nil) || (a.Possible == No) != (a.Why != "") {
				t.Errorf("%s: %+v", expression, a)
			}
			Validate(definition, k.Schema, nil)
		}
	})
}
