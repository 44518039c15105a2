package reference

import "github.com/carto-run/carto/pkg/lint"

var duplicateStep = &lint.Rule{
	ID: "REF005", Slug: "duplicate-step", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "two steps of a blueprint have the same name",
	Text: `Inputs, statuses and the labels of stamped objects go by the name of the step. With two steps of one name the
inputs of others read from the first, and the two overwrite each other's status.

Rename one of them, and the inputs that mean it.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: build
    templateRef: {kind: ClusterImageTemplate, name: kpack}
  - name: build # <-
    templateRef: {kind: ClusterImageTemplate, name: kaniko}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: build
    templateRef: {kind: ClusterImageTemplate, name: kpack}
  - name: build-tools
    templateRef: {kind: ClusterImageTemplate, name: kaniko}
`,
	Check: (*lint.Pass).Diagnosed,
}

var templateOrOptions = &lint.Rule{
	ID: "REF013", Slug: "template-or-options", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "a step does not say clearly which template it uses",
	Text: `A ` + "`templateRef`" + ` has either the ` + "`name`" + ` of a template, or ` + "`options`" + `: at least two, of which exactly one has to
fit each owner. An option has either the name of a template or a ` + "`passThrough`" + `; no two have the same name, and at most one
passes through.

With both, Carto uses the name; with neither, the step can never be stamped. Keep the one that was meant.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef:
      kind: ClusterSourceTemplate
      options: # <-
      - name: git
        selector: {matchFields: [{key: spec.source.git, operator: Exists}]}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef:
      kind: ClusterSourceTemplate
      name: git
`,
	Check: (*lint.Pass).Diagnosed,
}
