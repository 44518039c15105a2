package yttbody

import (
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/rules/body"
)

var resultRules = []*lint.Rule{
	{
		ID: "YTT002", Slug: "not-one-document", Level: lint.Error, Needs: lint.NeedsFiles,
		Title: "a ytt body renders no document, or several",
		Text: `A template makes one object. Of several documents Cartographer takes the first one and silently drops the
others; Carto refuses them. From none nothing can be stamped.

Put each object into a template and a step of its own. A document that only holds functions is none, but one
whose functions are not closed with ` + "`#@ end`" + ` before a ` + "`---`" + ` may be.`,
		Bad: note + `    --- #! <-
    apiVersion: v1
    kind: Secret
    metadata:
      name: #@ data.values.workload.metadata.name
`,
		Good:  note,
		Check: notOneDocument,
	},
	{
		ID: "YTT008", Slug: "renders-nothing", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a ytt body renders nothing for some owners",
		Text: `For some owners that the selectors admit, all of the body is left out, and the step fails with an empty result.

Where a step is not needed for all owners, say so in the blueprint: options with selectors, and one that passes
its input through. Where only owners with another source than Git are concerned, and nothing in the blueprint shows
that it is for them, the finding is for information: a label may keep them away.`,
		Bad: head + `    #@ if hasattr(data.values.workload.spec, "env"):
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: #@ data.values.workload.metadata.name
    #@ end
`,
		Good:  note,
		Check: rendersNothing,
	},
}

func notOneDocument(p *lint.Pass) {
	for _, t := range p.Templates {
		samples := t.Samples()
		rendered, empty := 0, 0
		for i := range samples {
			sample := &samples[i]
			if sample.Err != nil {
				continue
			}
			rendered++
			if len(sample.Documents) == 0 {
				empty++
			}
			if len(sample.Documents) < 2 {
				continue
			}
			at := t.Key(lint.YttPath)
			if line := sample.Lines[1]; line > 0 {
				at = t.Line(lint.YttPath, line)
			}
			because(p.Report(at, "for %s, the body renders %d documents; a template makes one object", of(sample), len(sample.Documents)), sample).
				Do("put the others into templates of their own")
			empty = 0
			break
		}
		if empty > 0 && empty == rendered && empty == len(samples) {
			p.Report(t.Key(lint.YttPath), "the body renders nothing; a template makes one object")
		}
	}
}

var gitSource = []string{"spec", "source", "git"}

func rendersNothing(p *lint.Pass) {
	for _, t := range p.Templates {
		samples := t.Samples()
		var empty *lint.Sample
		rendered := false
		for i := range samples {
			switch sample := &samples[i]; {
			case sample.Err != nil:
			case len(sample.Documents) == 0 && empty == nil:
				empty = sample
			case len(sample.Documents) > 0:
				rendered = true
			}
		}
		if empty != nil && rendered {
			f := because(p.Report(t.Key(lint.YttPath), "for %s, the body renders nothing, so its step fails", of(empty)), empty).
				Do("choose the template with an option, and pass the input through for other owners")
			if empty.OtherSource && (empty.Use == nil || !body.AdmitsOthers(empty.Use, gitSource)) {
				f.As(lint.Info)
			}
		}
	}
}
