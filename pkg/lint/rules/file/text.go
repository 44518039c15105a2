package file

import "github.com/carto-run/carto/pkg/lint"

var unreadable = &lint.Rule{
	ID: "SYN001", Slug: "unreadable-text", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "a file is no YAML or JSON",
	Text: `Nothing of the document can be checked, or applied: kubectl refuses it too. Other documents of the same file are
read all the same.

Frequent causes are a tab in the indentation, a text with a colon and a blank in it that needs quotes, a tag ` + "`$(…)$`" + ` behind
a bracket without quotes, and a bracket that is not closed.`,
	Bad: "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata:\n  name: cart\nspec:\n\tserviceAccountName: stamper # <-\n",
	Good: `apiVersion: carto.run/v1alpha1
kind: Workload
metadata:
  name: cart
spec:
  serviceAccountName: stamper
`,
	Check: func(p *lint.Pass) {
		for _, fault := range p.Faults {
			if !fault.Duplicate && !fault.List {
				p.Report(lint.Place{Range: fault.Range}, "the document can not be read: %s", fault.Message)
			}
		}
	},
}

var duplicateKey = &lint.Rule{
	ID: "SYN002", Slug: "duplicate-key", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "a mapping has the same key twice",
	Text: `Decoders keep the last of two equal keys, and say nothing. What the author wrote first is gone.

Remove one of the two.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata:
  name: kaniko
spec:
  imagePath: .status.image
  imagePath: .status.latestImage # <-
  template: {apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {name: $(workload.metadata.name)$}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata:
  name: kaniko
spec:
  imagePath: .status.latestImage
  template: {apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {name: $(workload.metadata.name)$}}
`,
	Check: func(p *lint.Pass) {
		for _, fault := range p.Faults {
			if fault.Duplicate {
				p.Report(lint.Place{Range: fault.Range}, "%s", fault.Message).Because(fault.First, "first set here").
					Do("remove one of the two; the last one is in force now")
			}
		}
	},
}
