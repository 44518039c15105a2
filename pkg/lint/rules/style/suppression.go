package style

import "github.com/carto-run/carto/pkg/lint"

// The engine reports it: pkg/lint/suppress.go.
var idleSuppression = &lint.Rule{
	ID: lint.SuppressionRule, Slug: "idle-suppression", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a suppression gives no reason, names no rule, or suppresses nothing",
	Text: `A comment can say that a finding is to be left as it is:

    ` + lint.SuppressionForm + `

It counts for its own line; where it stands alone, for the line below; and above the first line of an object, for the
object. Without a reason it does not count, since nobody could tell later whether it may go. One that suppresses
nothing is left over from a fault that was healed, and would hide the next one.

Write the reason, correct the ID, or remove the comment (--fix removes those that suppress nothing).`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  resources:
  - name: source
    templateRef: {kind: ClusterSourceTemplate, name: git}
  # carto-lint: ignore REF003 because the step was renamed # <-
  - name: image
    templateRef: {kind: ClusterImageTemplate, name: kaniko} # carto-lint: ignore REF003 # <-
    sources:
    - {name: source, resource: source} # carto-lint: ignore REF999 because it is fine # <-
`,
	Good: `# carto-lint: ignore STY001 because the README of its folder describes it
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  resources:
  - name: image
    templateRef: {kind: ClusterImageTemplate, name: kaniko}
`,
}
