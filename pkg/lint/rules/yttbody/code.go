package yttbody

import (
	"errors"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/ytt"
)

var codeRules = []*lint.Rule{
	{
		ID: "YTT001", Slug: "broken-ytt", Level: lint.Error, Needs: lint.NeedsFiles,
		Title: "a ytt body does not compile, or always fails",
		Text: `The code of the body has a fault that does not depend on its values, so nothing is ever stamped. The message is
that of ytt, and the line is that of the file.`,
		Bad: note + `    data:
      a: #@ undefined_name #! <-
`,
		Good: note + `    data:
      a: #@ data.values.params.a
`,
		Check: broken,
	},
	{
		ID: "YTT004", Slug: "slow-ytt", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a ytt body needs far more steps than bodies do",
		Text: `Bodies are rendered again at each change, and the time for it is limited: to 10 million steps of the interpreter
and 4 seconds. This body needs more than half a million steps even for small inputs. It holds up the steps of other owners,
and with larger inputs it may not be stamped at all. It is an error when even 10 million do not suffice.

Look for loops in loops over the same list, and for loops that do not end.`,
		Bad: note + `    data:
      #@ for i in range(500):
      #@ for j in range(500):
      #@ n = i + j #! <-
      #@ end
      #@ end
      n: #@ str(n)
`,
		Good: note + `    data:
      n: #@ str(499 + 499)
`,
		Check: slow,
	},
	{
		ID: "YTT005", Slug: "impossible-load", Level: lint.Error, Needs: lint.NeedsFiles,
		Title: "a ytt body loads a file or module that there is not",
		Text: `A body is one text without files beside it. It can load the modules of ytt, such as ` + "`@ytt:data` or `@ytt:overlay`" + `,
but no files and no libraries.

Copy the functions that are needed into the body.`,
		Bad: head + `    #@ load("labels.lib.yml", "labels") #! <-
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: #@ data.values.workload.metadata.name
      labels: #@ labels()
`,
		Good: head + `    #@ def labels():
    shop.example/team: core
    #@ end
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: #@ data.values.workload.metadata.name
      labels: #@ labels()
`,
		Check: impossibleLoad,
	},
}

func broken(p *lint.Pass) {
	p.Diagnosed()
	for _, t := range p.Templates {
		if t.Ytt == nil || len(t.Ytt.Reads) > 0 || t.Ytt.ReadsAll() {
			continue // what fails may be the fault of the values
		}
		for _, sample := range t.Samples() {
			var failed *ytt.Error
			if sample.Err == nil || !errors.As(sample.Err, &failed) || isLimit(sample.Err) {
				continue
			}
			at := t.Key(lint.YttPath)
			if frames := failed.Problems[0].Frames; len(frames) > 0 && frames[0].Line > 0 {
				at = t.Line(lint.YttPath, frames[0].Line)
			}
			p.Report(at, "%s", failed.Problems[0].Message)
			break
		}
	}
}

func isLimit(err error) bool {
	var limit *ytt.LimitError
	return errors.As(err, &limit)
}

func slow(p *lint.Pass) {
	for _, t := range p.Templates {
		samples := t.Samples()
		for i := range samples {
			sample := &samples[i]
			if !sample.TooLong() {
				continue
			}
			at := t.Key(lint.YttPath)
			var failed *ytt.Error
			if errors.As(sample.Err, &failed) && len(failed.Problems[0].Frames) > 0 {
				at = t.Line(lint.YttPath, failed.Problems[0].Frames[0].Line)
			}
			f := p.Report(at, "for %s, the body needs more than %d steps", of(sample), lint.SampleSteps)
			if sample.Endless {
				f.Message = "for " + of(sample) + ", the body needs more than the 10000000 steps that it may take, so it is never stamped"
				f.As(lint.Error)
			}
			because(f, sample)
			break
		}
	}
}

func impossibleLoad(p *lint.Pass) {
	for _, t := range p.Templates {
		for _, problem := range t.Problems() {
			if problem.Rule != "YTT005" {
				continue
			}
			at := t.Line(problem.Field, problem.Line)
			if t.Ytt != nil {
				for _, load := range t.Ytt.Loads {
					if load.Line == problem.Line {
						at = t.InYtt(load.Place)
					}
				}
			}
			p.Report(at, "%s", problem.Message)
		}
	}
}
