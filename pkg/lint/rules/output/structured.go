package output

import (
	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/schema"
)

var structuredInText = &lint.Rule{
	ID: "OUT006", Slug: "structured-output-in-text", Level: lint.Warning, Needs: lint.NeedsSchema,
	Title: "an output that is no text is put into one",
	Text: `The path of the output leads to an object or a list. Inside of a text, such a value becomes its JSON: as a part of
an image name or a URL that is never what is meant.

Let the output path lead to a text, or give the tag a string of its own, so that the value keeps its type. A config that becomes
JSON in a text can be meant so: of that lint only informs.`,
	Bad:  chainOf(`.spec.template.spec.containers[0]`, `registry.example/$(image)$ # <-`),
	Good: chainOf(`.spec.template.spec.containers[0].image`, `registry.example/$(image)$`),
	Check: func(p *lint.Pass) {
		said := map[*lint.Read]bool{}
		for _, b := range p.Blueprints {
			for _, use := range b.Uses {
				if use.Template == nil {
					continue
				}
				for i := range use.Template.Reads {
					if read := &use.Template.Reads[i]; !said[read] {
						said[read] = structured(p, use, read)
					}
				}
			}
		}
	},
}

func chainOf(path, image string) string {
	return `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: first
    templateRef: {kind: ClusterImageTemplate, name: deployed}
  - name: second
    images: [{name: app, resource: first}]
    templateRef: {kind: ClusterTemplate, name: note}
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: deployed}
spec:
  imagePath: ` + path + `
  template:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: $(workload.metadata.name)$}
    spec: $(params.deployment)$
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data:
      image: ` + image + `
`
}

// structured reports a read in a text of an output that is an object or a list, and says
// whether it is one.
func structured(p *lint.Pass, use *lint.Use, read *lint.Read) bool {
	if !read.InText || !read.Whole || read.Key {
		return false
	}
	from, output := inputOf(use.Step, read.Names)
	if from == "" {
		return false
	}
	for _, producer := range use.Blueprint.Uses {
		if producer.Step.Name != from || producer.Template == nil {
			continue
		}
		for _, path := range producer.Template.Outputs() {
			answer := p.LeadsTo(producer.Template, path)
			if path.Name != output || answer.Schema == nil || answer.Several || answer.Schema.Type != schema.Object && answer.Schema.Type != schema.Array {
				continue
			}
			f := p.Report(read.Place, "$(%s)$ is %s, which becomes JSON in this text", read.Expression, answer.Schema.Words()).
				Because(producer.Template.At(path.Field).Range, "step %s reads it at %s", from, path.Text).
				Do("let the output path lead to a text, or make the tag the whole value")
			if output == "config" {
				f.As(lint.Info)
			}
			return true
		}
	}
	return false
}

// inputOf is the step, and its output, that a tag reads as a whole; empty when it reads
// something else.
func inputOf(step *blueprint.Resource, names []string) (from, output string) {
	if len(names) == 0 {
		return "", ""
	}
	root, rest := names[0], names[1:]
	for _, t := range []blueprint.InputType{blueprint.InputSource, blueprint.InputImage, blueprint.InputConfig} {
		var input *blueprint.Input
		switch {
		case root == string(t) && step.Declared(t) == 1:
			input = only(step, t)
		case root == string(t)+"s" && len(rest) > 0:
			input, rest = step.Input(t, rest[0]), rest[1:]
			if t != blueprint.InputSource && len(rest) == 1 && rest[0] == string(t) {
				rest = nil
			}
		}
		switch {
		case input == nil:
		case t == blueprint.InputSource && len(rest) == 1:
			return input.From, rest[0]
		case t != blueprint.InputSource && len(rest) == 0 && (root == string(t) || len(names) == 3):
			return input.From, string(t)
		}
	}
	return "", ""
}

// only is the one input of a type that a step has.
func only(step *blueprint.Resource, t blueprint.InputType) *blueprint.Input {
	for i := range step.Inputs {
		if step.Inputs[i].Type == t {
			return &step.Inputs[i]
		}
	}
	return nil
}
