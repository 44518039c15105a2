// Package health holds the rules about health rules (HLT).
package health

import "github.com/carto-run/carto/pkg/lint"

// Rules of the family.
var Rules = []*lint.Rule{
	oneForm, emptySide, uselessRetention, unknownCondition, noMessagePath, bothSides, noRule, unknownField,
}

// head begins the examples.
const head = `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: deploy}
spec:
`

// deployment is the body of the examples.
const deployment = `  template:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: $(workload.metadata.name)$}
    spec: $(params.deployment)$
`
