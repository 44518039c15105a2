// Package yttbody holds the rules about bodies in ytt (YTT). Some of them render a body with
// made-up inputs that it could get; how much that may cost is bounded (see lint.Sample).
package yttbody

import (
	"slices"

	"github.com/carto-run/carto/pkg/lint"
)

// Rules of the family.
var Rules = slices.Concat(codeRules, resultRules, readRules)

// head of the examples: a template whose body follows.
const head = `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  ytt: |
    #@ load("@ytt:data", "data")
`

const note = head + `    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: #@ data.values.workload.metadata.name
`

// of says for which owner a sample was rendered.
func of(sample *lint.Sample) string {
	if sample.Use == nil {
		return "an owner with " + sample.Owner
	}
	return "a " + sample.Use.Blueprint.OwnerKind() + " with " + sample.Owner
}

// because adds the use for which a sample was rendered.
func because(f *lint.Finding, sample *lint.Sample) *lint.Finding {
	if sample.Use == nil {
		return f
	}
	return f.Because(sample.Use.Blueprint.Doc.Key(sample.Use.StepPath), "%s uses the template", sample.Use)
}
