package reference

import (
	"strings"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/lint"
)

var unknownInputStep = &lint.Rule{
	ID: "REF003", Slug: "unknown-input-step", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "an input reads from a step that the blueprint does not have",
	Text: `An input names the step whose output it is. When the blueprint has no step of that name, the input never
arrives, and the step that reads it is never stamped.

Correct the name, or add the step.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  resources:
  - name: source
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: image
    templateRef: {kind: ClusterImageTemplate, name: kaniko}
    sources:
    - {name: source, resource: srce} # <-
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
spec:
  selector: {type: web}
  resources:
  - name: source
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: image
    templateRef: {kind: ClusterImageTemplate, name: kaniko}
    sources:
    - {name: source, resource: source}
`,
	Check: func(p *lint.Pass) {
		p.DiagnosedWith(func(b *lint.Blueprint, f *lint.Finding) {
			in := inputAt(b, f.Field)
			names := make([]string, len(b.Resources))
			for i, step := range b.Resources {
				names[i] = step.Name
			}
			proposeName(f, in.From, names, "add a step of that name")
		})
	},
}

// inputAt finds the input of a blueprint that has a field; the zero value when there is none.
func inputAt(b *lint.Blueprint, field string) blueprint.Input {
	for _, step := range b.Resources {
		for _, in := range step.Inputs {
			if strings.HasPrefix(field, in.Path) {
				return in
			}
		}
	}
	return blueprint.Input{}
}

var wrongInputKind = &lint.Rule{
	ID: "REF004", Slug: "wrong-input-kind", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "an input reads from a step that has no output of its kind",
	Text: `What a step gives to others follows from the kind of its template: a ClusterSourceTemplate gives a source, a
ClusterImageTemplate an image, a ClusterConfigTemplate a config, and a ClusterDeploymentTemplate hands on the source that it
deployed. An input below ` + "`images`" + ` that reads from a step with a source never arrives.

Move the input into the list that fits the step, or name the step that was meant.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    images:
    - {name: app, resource: fetch} # <-
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    sources:
    - {name: app, resource: fetch}
`,
	Check: func(p *lint.Pass) {
		p.DiagnosedWith(func(b *lint.Blueprint, f *lint.Finding) {
			in := inputAt(b, f.Field)
			if step := b.Resource(in.From); step != nil {
				if list := lists[step.TemplateKind]; list != "" && list != string(in.Type)+"s" {
					f.Do("move the input to %s, or read from a step that gives %s", list, word(in.Type))
					return
				}
			}
			f.Do("read from a step that gives %s", word(in.Type))
		})
	},
}

// lists are where the output of a kind of templates can be read.
var lists = map[string]string{
	"ClusterSourceTemplate": "sources", "ClusterImageTemplate": "images", "ClusterConfigTemplate": "configs", "ClusterDeploymentTemplate": "sources",
}

// word names what an input of a type takes: a deployment is a source.
func word(t blueprint.InputType) string {
	switch t {
	case blueprint.InputImage:
		return "an image"
	case blueprint.InputConfig:
		return "a config"
	}
	return "a source"
}

var duplicateInput = &lint.Rule{
	ID: "REF006", Slug: "duplicate-input", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "two inputs of a step have the same name in one list",
	Text: `A template knows an input by its name. Of two inputs of one name in the same list only the later one can be read;
the other one is gone, and nothing says so while the chain runs.

Give each its own name, and read that in the template.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: app
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: ops
    templateRef: {kind: ClusterSourceTemplate, name: git-ops}
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    sources:
    - {name: code, resource: app}
    - {name: code, resource: ops} # <-
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: app
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: ops
    templateRef: {kind: ClusterSourceTemplate, name: git-ops}
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    sources:
    - {name: code, resource: app}
    - {name: ops, resource: ops}
`,
	Check: (*lint.Pass).Diagnosed,
}

var misplacedDeployment = &lint.Rule{
	ID: "REF007", Slug: "misplaced-deployment", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "a deployment is missing, is where none belongs, or has configs beside it",
	Text: `A ClusterDeploymentTemplate has one input, the ` + "`deployment`" + `: it deploys that, and hands it on once it runs. So a
step with such a template needs a deployment and takes no configs, and a step with any other template takes none.

Give the step a ` + "`deployment: {resource: STEP}`" + `; in a step of another kind use ` + "`sources`" + `.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: {name: staging}
spec:
  selector: {target: staging}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: deploy # <-
    templateRef: {kind: ClusterDeploymentTemplate, name: kapp}
    sources:
    - {name: code, resource: fetch}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterDelivery
metadata: {name: staging}
spec:
  selector: {target: staging}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: deploy
    templateRef: {kind: ClusterDeploymentTemplate, name: kapp}
    deployment: {resource: fetch}
`,
	Check: (*lint.Pass).Diagnosed,
}

var unknownPassThrough = &lint.Rule{
	ID: "REF012", Slug: "unknown-pass-through", Level: lint.Error, Needs: lint.NeedsFiles, Admission: true,
	Title: "an option passes an input through that the step does not have, or can not pass",
	Text: `An option with ` + "`passThrough`" + ` stamps nothing: the input of that name becomes the output of the step. So the name
has to be that of an input (not that of the step it comes from), and the input has to be what the kind gives: a source for a
ClusterSourceTemplate, an image for a ClusterImageTemplate, a config for a ClusterConfigTemplate. Other kinds pass nothing
through.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: test
    sources:
    - {name: code, resource: fetch}
    templateRef:
      kind: ClusterSourceTemplate
      options:
      - name: test
        selector: {matchExpressions: [{key: test, operator: Exists}]}
      - passThrough: fetch # <-
        selector: {matchExpressions: [{key: test, operator: DoesNotExist}]}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: test
    sources:
    - {name: code, resource: fetch}
    templateRef:
      kind: ClusterSourceTemplate
      options:
      - name: test
        selector: {matchExpressions: [{key: test, operator: Exists}]}
      - passThrough: code
        selector: {matchExpressions: [{key: test, operator: DoesNotExist}]}
`,
	Check: func(p *lint.Pass) {
		p.DiagnosedWith(func(b *lint.Blueprint, f *lint.Finding) {
			for _, use := range b.Uses {
				if use.IsPassThrough() && use.Path+".passThrough" == f.Field {
					proposePassThrough(f, use)
				}
			}
		})
	},
}

func proposePassThrough(f *lint.Finding, use *lint.Use) {
	var names []string
	for _, in := range use.Step.Inputs {
		if in.Type != blueprint.PassThroughType(use.Kind) {
			continue
		}
		if in.From == use.Option.PassThrough {
			f.Do("write %q: that is the name of the input from %q", in.Name, in.From)
			return
		}
		names = append(names, in.Name)
	}
	if len(names) > 0 {
		f.Do("name one of the inputs: %s", strings.Join(names, ", "))
	}
}
