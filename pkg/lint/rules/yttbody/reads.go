package yttbody

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/rules/body"
	"github.com/carto-run/carto/pkg/near"
)

var readRules = []*lint.Rule{
	{
		ID: "YTT003", Slug: "unknown-data-value", Level: lint.Error, Needs: lint.NeedsFiles,
		Title: "a ytt body reads a data value that there is not",
		Text: `The values of a body are ` + "`workload`, `deliverable`, `params`, `sources`, `source`, `images`, `image`, `configs`, `config`,\n`deployment` and `labels`" + `. Reading another one fails for every owner.

Correct the name. Values of your own come as params: ` + "`data.values.params.NAME`" + `.`,
		Bad: head + `    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: #@ data.values.workloa.metadata.name #! <-
`,
		Good:  note,
		Check: unknownValue,
	},
	{
		ID: "YTT007", Slug: "unchecked-field", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a ytt body reads a field that not every selected owner has, without looking first",
		Text: `A field that an owner does not set is not there in ytt: reading it fails, and the step is not stamped for owners
without it.

Look first, as in ` + "`#@ if hasattr(data.values.workload.spec, \"env\"):`" + `, read it with a default, as in
` + "`getattr(data.values.workload.spec, \"env\", [])`" + `, or ask for it in the selector of the blueprint or option. The finding is
only for information where a label may tell the owners with Git, an image or a built image apart.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: note
    templateRef: {kind: ClusterTemplate, name: note}
---
` + note + `    data:
      first: #@ data.values.workload.spec.env[0].name #! <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: note
    templateRef: {kind: ClusterTemplate, name: note}
---
` + note + `    data:
      #@ if/end hasattr(data.values.workload.spec, "env"):
      first: #@ data.values.workload.spec.env[0].name
`,
		Check: unchecked,
	},
}

func unknownValue(p *lint.Pass) {
	for _, t := range p.Templates {
		if t.Ytt == nil {
			continue
		}
		for _, r := range t.Reads {
			if r.Guarded || slices.Contains(body.Roots(t), r.Root()) {
				continue
			}
			f := p.Report(r.Place, "the body reads %s, but there is no data value %q", r.Expression, r.Root())
			if meant := near.Names(r.Root(), body.Roots(t)); len(meant) > 0 {
				f.Do("write %s", meant[0])
			} else {
				f.Do("read one of: %s", strings.Join(body.Roots(t), ", "))
			}
		}
	}
}

// unset are fields that an owner leaves out without being of another sort.
var unset = [][]string{
	{"spec", "env"}, {"spec", "build", "env"}, {"spec", "resources"}, {"spec", "serviceClaims"}, {"spec", "params"}, {"spec", "serviceAccountName"},
	{"metadata", "annotations"}, {"metadata", "labels"},
}

func unchecked(p *lint.Pass) {
	for _, t := range p.Templates {
		if t.Ytt == nil {
			continue
		}
		said := map[string]bool{}
		for i := range t.Reads {
			r := &t.Reads[i]
			if r.Guarded || r.Root() != "workload" && r.Root() != "deliverable" || len(r.Names) < 3 {
				continue
			}
			needed, choice := body.Needed(r, true), true
			for _, field := range unset {
				if rest := r.Names[1:]; len(rest) >= len(field) && slices.Equal(rest[:len(field)], field) {
					needed, choice = field, false
					if field[0] == "metadata" && len(rest) > len(field) {
						needed = rest[:len(field)+1]
					}
				}
			}
			body.ReportNeeded(p, t, r, needed, said, choice)
		}
	}
}
