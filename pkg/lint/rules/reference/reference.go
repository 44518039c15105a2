// Package reference holds the rules about what refers to what (REF).
package reference

import "github.com/carto-run/carto/pkg/lint"

// Rules of the family.
var Rules = []*lint.Rule{
	{
		ID: "REF003", Slug: "unknown-input-step", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
		Title: "an input reads from a step that the blueprint does not have",
		Text: `An input names the step whose output it is. When the blueprint has no step of that name, the input never
arrives, and the step that reads it is never stamped.

Correct the name, or add the step.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  resources:
  - name: source
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: image # <-
    templateRef: {kind: ClusterImageTemplate, name: kaniko}
    sources:
    - {name: source, resource: srce}
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  resources:
  - name: source
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: image
    templateRef: {kind: ClusterImageTemplate, name: kaniko}
    sources:
    - {name: source, resource: source}
`,
		Check: (*lint.Pass).Diagnosed,
	},
}
