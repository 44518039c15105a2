// Package owner holds the rules about Workloads, Deliverables and Runnables (OWN). Which way an
// owner takes is known from the blueprints of the set (lint.Route).
package owner

import (
	"slices"

	"github.com/carto-run/carto/pkg/lint"
)

// Rules of the family.
var Rules = slices.Concat(selected, []*lint.Rule{missingField}, fields)

// The blueprint and the owner of the examples.
const (
	chain = `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  selectorMatchExpressions: [{key: has-tests, operator: Exists}]
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
---
apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata:
  name: git
spec:
  urlPath: .status.url
  revisionPath: .status.revision
  template:
    apiVersion: source.toolkit.fluxcd.io/v1
    kind: GitRepository
    metadata:
      name: $(workload.metadata.name)$
    spec:
      url: $(workload.spec.source.git.url)$
---
`
	workload = `apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: cart
`
	labels = `  labels: {type: web, has-tests: "yes"}
`
	gitSource = `spec:
  source:
    git:
      url: https://git.example/cart.git
      ref: {branch: main}
`
)

// labelled is the place of what selectors look at first.
func labelled(o *lint.Owner) lint.Place {
	if o.Doc.Has("metadata.labels") {
		return o.Key("metadata.labels")
	}
	return o.Value("metadata.name")
}
