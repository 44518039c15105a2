// Package file holds the rules about files and single documents (SYN).
package file

import "github.com/carto-run/carto/pkg/lint"

// Rules of the family.
var Rules = []*lint.Rule{
	{
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
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata:
  name: kaniko
spec:
  imagePath: .status.latestImage
`,
		Check: duplicateKey,
	},
}

func duplicateKey(p *lint.Pass) {
	for _, fault := range p.Faults {
		if fault.Duplicate {
			p.Report(lint.Place{Range: fault.Range}, "%s", fault.Message).Because(fault.First, "first set here")
		}
	}
}
