package body

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/near"
)

const inputsHead = `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: code
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: docs
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: image
    templateRef: {kind: ClusterImageTemplate, name: kaniko}
`

const inputsTail = `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kaniko}
spec:
  imagePath: .status.image
  template:
    apiVersion: kpack.io/v1alpha2
    kind: Image
    metadata: {name: $(workload.metadata.name)$}
    spec:
      tag: registry.example.com/$(workload.metadata.name)$
`

var inputRules = []*lint.Rule{
	{
		ID: "TPL006", Slug: "short-name-of-several", Level: lint.Error, Needs: lint.NeedsFiles,
		Title: "a body reads an input by its short name where the step has none of that type, or several",
		Text: `The short names ` + "`source`, `image` and `config`" + ` stand for the only input of their type. A step that is given none,
or more than one, does not have them, and its template is never stamped.

Give the step the input, or read it by its name: ` + "`$(sources.code.url)$`" + `.`,
		Bad: inputsHead + `    sources:
    - {name: code, resource: code}
    - {name: docs, resource: docs}
---
` + inputsTail + `      source: {blob: {url: $(source.url)$}} # <-
`,
		Good: inputsHead + `    sources:
    - {name: code, resource: code}
    - {name: docs, resource: docs}
---
` + inputsTail + `      source: {blob: {url: $(sources.code.url)$}, docs: $(sources.docs.url)$}
`,
		Check: shortNames,
	},
	{
		ID: "TPL007", Slug: "input-not-given", Level: lint.Error, Needs: lint.NeedsFiles,
		Title: "a body reads an input that the step is not given",
		Text: `A template can only read what the step that uses it is given. Here the name of the input, or of one of its
fields, is not among that, so the step is never stamped. Sources and deployments have ` + "`url` and `revision`" + `, images
` + "`image`" + `, configs ` + "`config`" + `.

Add the input to the step, or correct the name.`,
		Bad: inputsHead + `    sources:
    - {name: code, resource: code}
---
` + inputsTail + `      source: {blob: {url: $(sources.cdoe.url)$}} # <-
`,
		Good: inputsHead + `    sources:
    - {name: code, resource: code}
---
` + inputsTail + `      source: {blob: {url: $(sources.code.url)$}}
`,
		Check: notGiven,
	},
	{
		ID: "TPL008", Slug: "input-not-read", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a step is given an input that its templates never read",
		Text: `An input that no template of the step reads changes nothing: the step does not wait for it, and what it
makes is the same without it. Mostly the template reads another name, or the input was left behind.

Remove the input from the step, or read it in the template. Where a step only shall come after another one,
say so by reading something of it.`,
		Bad: inputsHead + `    sources:
    - {name: code, resource: code}
    - {name: docs, resource: docs} # <-
---
` + inputsTail + `      source: {blob: {url: $(sources.code.url)$}}
`,
		Good: inputsHead + `    sources:
    - {name: code, resource: code}
---
` + inputsTail + `      source: {blob: {url: $(sources.code.url)$}}
`,
		Check: notRead,
	},
}

// inputTypes by the names under which bodies read them.
var inputTypes = []struct {
	of             blueprint.InputType
	plural, single string
	fields         []string
}{
	{blueprint.InputSource, "sources", "source", []string{"url", "revision", "name"}},
	{blueprint.InputImage, "images", "image", []string{"image", "name"}},
	{blueprint.InputConfig, "configs", "config", []string{"config", "name"}},
}

// report puts a finding about a read for one use at the read, or at the step when the
// template is not in the files.
func report(p *lint.Pass, use *lint.Use, r *lint.Read, format string, args ...any) *lint.Finding {
	if use.Template.Remote {
		return p.Report(use.Blueprint.Key(use.StepPath), format, args...)
	}
	return p.Report(r.Place, format, args...).Because(use.Blueprint.Doc.Key(use.StepPath), "%s uses the template", use)
}

func shortNames(p *lint.Pass) {
	for _, t := range p.Templates {
		for _, use := range t.Uses {
			said := map[string]bool{}
			for i := range t.Reads {
				r := &t.Reads[i]
				for _, of := range inputTypes {
					n := use.Step.Declared(of.of)
					if r.Root() != of.single || r.Guarded || r.Key || n == 1 || said[of.single] {
						continue
					}
					said[of.single] = true // one cause
					if n == 0 {
						report(p, use, r, "the body reads %s, but %s is given no %s", r.Path(), use, of.single).
							Do("add the input to the step: %s: [{name: NAME, resource: STEP}]", of.plural)
						continue
					}
					names := namesOf(use, of.of)
					report(p, use, r, "the body reads %s, but %s is given %d %s (%s), so that there is no short name", r.Path(), use, n, of.plural, strings.Join(names, ", ")).
						Do("read one by its name: %s.%s", of.plural, names[0])
				}
			}
		}
	}
}

func namesOf(use *lint.Use, of blueprint.InputType) []string {
	var names []string
	for _, in := range use.Step.Inputs {
		if in.Type == of {
			names = append(names, in.Name)
		}
	}
	return names
}

func notGiven(p *lint.Pass) {
	for _, t := range p.Templates {
		for i := range t.Reads {
			if r := &t.Reads[i]; !r.Guarded && !r.Key && !t.IsRun() {
				unknownField(p, t, r)
				notGivenTo(p, t.Uses, r)
			}
		}
	}
}

// unknownField is about fields that no input has, whatever the step.
func unknownField(p *lint.Pass, t *lint.Template, r *lint.Read) {
	field, fields := "", []string(nil)
	switch root := r.Root(); root {
	case "source", "deployment":
		if len(r.Names) > 1 {
			field, fields = r.Names[1], inputTypes[0].fields
		}
	default:
		for _, of := range inputTypes {
			if root == of.plural && len(r.Names) > 2 {
				field, fields = r.Names[2], of.fields
			}
		}
	}
	if fields == nil || contains(fields, field) {
		return
	}
	f := p.Report(r.Place, "the body reads %s, but the input has no field %s; it has %s", r.Path(), field, strings.Join(fields, ", "))
	if meant := near.Names(field, fields); len(meant) > 0 {
		f.Do("write %s", meant[0])
	}
}

// notGivenTo reports a read once for all steps that are not given the input.
func notGivenTo(p *lint.Pass, uses []*lint.Use, r *lint.Read) {
	if len(r.Names) < 2 {
		return
	}
	if r.Root() == "deployment" {
		if without := lacking(uses, func(use *lint.Use) bool { return use.Step.Declared(blueprint.InputDeployment) == 0 }); len(without) > 0 {
			f := report(p, without[0], r, "the body reads %s, but %s is given no deployment", r.Path(), without[0]).
				Do("add the input to the step: deployment: {resource: STEP}")
			alsoUsedBy(f, without[1:])
		}
	}
	for _, of := range inputTypes {
		if r.Root() != of.plural {
			continue
		}
		without := lacking(uses, func(use *lint.Use) bool { return use.Step.Input(of.of, r.Names[1]) == nil })
		if len(without) == 0 {
			continue
		}
		f := report(p, without[0], r, "the body reads %s, but %s is given no %s %q", r.Path(), without[0], of.single, r.Names[1])
		alsoUsedBy(f, without[1:])
		names := namesOf(without[0], of.of)
		if meant := near.Names(r.Names[1], names); len(meant) > 0 {
			f.Do("read %s.%s", of.plural, meant[0])
		} else if len(names) > 0 {
			f.Do("add the input to the step, or read one that it has: %s", strings.Join(names, ", "))
		} else {
			f.Do("add the input to the step: %s: [{name: %s, resource: STEP}]", of.plural, r.Names[1])
		}
	}
}

func lacking(uses []*lint.Use, lacks func(*lint.Use) bool) []*lint.Use {
	return slices.DeleteFunc(slices.Clone(uses), func(use *lint.Use) bool { return !lacks(use) })
}

// maxOthers bounds how many further steps of the same fault one finding lists.
const maxOthers = 4

func alsoUsedBy(f *lint.Finding, uses []*lint.Use) {
	for _, use := range uses[:min(len(uses), maxOthers)] {
		f.Because(use.Blueprint.Doc.Key(use.StepPath), "%s is not given it either", use)
	}
}

func notRead(p *lint.Pass) {
	for _, b := range p.Blueprints {
		byStep := map[*blueprint.Resource][]*lint.Use{}
		for _, use := range b.Uses {
			byStep[use.Step] = append(byStep[use.Step], use)
		}
		for _, step := range b.Resources {
			for i, in := range step.Inputs {
				if in.Type == blueprint.InputDeployment || isRead(byStep[step], in) {
					continue
				}
				p.Report(b.Key(byStep[step][0].InputPath(i)), "step %s is given the %s %q, which no template of it reads", step.Name, in.Type, in.Name)
			}
		}
	}
}

// isRead says that a template of a step reads an input, or may do so.
func isRead(uses []*lint.Use, in blueprint.Input) bool {
	for _, use := range uses {
		if use.IsPassThrough() && use.Option.PassThrough == in.Name || use.Template == nil && !use.IsPassThrough() {
			return true
		}
		if use.Template == nil {
			continue
		}
		if use.Template.CanRead(string(in.Type)+"s", in.Name) || use.Step.Declared(in.Type) == 1 && use.Template.CanRead(string(in.Type)) {
			return true
		}
	}
	return len(uses) == 0
}
