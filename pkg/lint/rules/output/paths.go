package output

import (
	"strings"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/schema"
)

var invalidPath = &lint.Rule{
	ID: "OUT001", Slug: "invalid-output-path", Level: lint.Error, Needs: lint.NeedsFiles,
	Title: "the path of an output can not be read",
	Text: `An output path is one JSONPath expression, with or without braces and leading dot: ` + "`.status.latestImage`" + `. One
that can not be parsed never yields a value, so nothing behind the step is ever stamped.

Correct the expression. A dot in a name is written ` + "`\\.`" + `, as in ` + "`.data.service\\.yaml`" + `.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kpack}
spec:
  imagePath: ..status[ # <-
  template: {apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {name: $(workload.metadata.name)$}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kpack}
spec:
  imagePath: .status.latestImage
  template: {apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {name: $(workload.metadata.name)$}}
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			for _, problem := range t.Problems() {
				// A path that is not there at all is a missing field: SYN004.
				if problem.Rule == "OUT001" && t.Doc.Has(problem.Field) {
					p.Report(t.At(problem.Field), "%s", problem.Message)
				}
			}
		}
	},
}

var impossiblePath = &lint.Rule{
	ID: "OUT002", Slug: "impossible-output-path", Level: lint.Error, Needs: lint.NeedsSchema,
	Title: "the path of an output leads to nothing that the stamped kind can have",
	Text: `The kind has no such field, so the step waits for its output for ever. Objects of built-in kinds have the
fields of their Go types; those of other kinds have what their CRD declares, and the API server drops the rest.

Correct the path: ` + "`kubectl explain KIND.status --recursive`" + ` lists what there is.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: tested}
spec:
  urlPath: .status.output.url # <-
  revisionPath: .status.outputs.revision
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: $(workload.metadata.name)$}
    spec: {runTemplateRef: {name: test}}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSourceTemplate
metadata: {name: tested}
spec:
  urlPath: .status.outputs.url
  revisionPath: .status.outputs.revision
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: $(workload.metadata.name)$}
    spec: {runTemplateRef: {name: test}}
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			for _, path := range t.Outputs() {
				impossible(p, t, path, "the output "+path.Name)
				if kind, known := t.Stamps(); known && kind.Group == "" && kind.Kind == "Secret" && path.Path != nil && strings.HasPrefix(strings.Trim(path.Text, "{."), "stringData") {
					p.Report(t.InPath(path, "stringData"), "the output %s is read at %s, but the API server never gives stringData back", path.Name, path.Text).
						Do("read it at .data, where it is encoded in base64")
				}
			}
		}
	},
}

// impossible reports a path that can not lead to anything.
func impossible(p *lint.Pass, t *lint.Template, path lint.ObjectPath, what string) {
	answer := p.LeadsTo(t, path)
	if answer.Possible != schema.No {
		return
	}
	kind, _ := t.Stamps()
	before := "the object"
	if answer.Known != "" {
		before = "." + answer.Known
	}
	f := p.Report(t.InPath(path, answer.Name), "%s is read at %s, which %s never has: %s %s", what, path.Text, kind.Kind, before, answer.Why).
		Because(t.StampsKind().Range, "%s %s is stamped", kind.GroupVersion(), kind.Kind)
	if answer.Name != "" && len(answer.Meant) > 0 {
		f.Do("write %s, if that is what was meant", strings.Replace(path.Text, answer.Name, answer.Meant[0], 1))
	}
}

var openPath = &lint.Rule{
	ID: "OUT003", Slug: "unverifiable-output-path", Level: lint.Info, Needs: lint.NeedsSchema,
	Title: "the CRD does not say whether the stamped kind has what an output path leads to",
	Text: `The path leads into a part that the CRD declares with ` + "`x-kubernetes-preserve-unknown-fields`" + `, so lint can not tell
whether it is right. Nothing is wrong by that.

Compare the path with an object in a cluster: ` + "`kubectl get KIND NAME -o jsonpath={PATH}`" + `.`,
	Bad: openCRD + `---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: build}
spec:
  imagePath: .status.image # <-
  template: {apiVersion: build.example.com/v1, kind: Build, metadata: {name: $(workload.metadata.name)$}}
`,
	Good: strings.Replace(openCRD, "{type: object, x-kubernetes-preserve-unknown-fields: true}", "{type: object, properties: {image: {type: string}}}", 1) + `---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: build}
spec:
  imagePath: .status.image
  template: {apiVersion: build.example.com/v1, kind: Build, metadata: {name: $(workload.metadata.name)$}}
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			if p.StampedKind(t) == nil {
				continue
			}
			for _, path := range t.Outputs() {
				if answer := p.LeadsTo(t, path); path.Path != nil && answer.Possible == schema.Perhaps {
					kind, _ := t.Stamps()
					p.Report(t.At(path.Field), "the output %s is read at %s, of which the schema of %s does not say whether it is there", path.Name, path.Text, kind.Kind)
				}
			}
		}
	},
}

const openCRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: builds.build.example.com}
spec:
  group: build.example.com
  scope: Namespaced
  names: {kind: Build, plural: builds}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
`

var severalValues = &lint.Rule{
	ID: "OUT005", Slug: "several-output-values", Level: lint.Error, Needs: lint.NeedsSchema,
	Title: "the path of an output can lead to several values",
	Text: `A path has to lead to one value. When it leads to two, there is no output at all, and the step waits. A path with
a wildcard, a slice or a descent to any depth works only as long as there happens to be one.

Say which one is meant: by an index, such as ` + "`[0]`" + `, or by a filter, such as ` + "`[?(@.name==\"image\")]`" + `.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: deployed}
spec:
  imagePath: .spec.template.spec.containers[*].image # <-
  template:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: $(workload.metadata.name)$}
    spec: $(params.deployment)$
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: deployed}
spec:
  imagePath: .spec.template.spec.containers[0].image
  template:
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: $(workload.metadata.name)$}
    spec: $(params.deployment)$
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			for _, path := range t.Outputs() {
				several(p, t, path, "the output "+path.Name)
			}
			for _, path := range t.Completion() {
				several(p, t, path, "the completion")
			}
		}
	},
}

func several(p *lint.Pass, t *lint.Template, path lint.ObjectPath, what string) {
	if answer := p.LeadsTo(t, path); path.Path != nil && answer.Possible != schema.No && answer.Several {
		p.Report(t.At(path.Field), "%s is read at %s, which can lead to several values", what, path.Text).
			Do("say which one is meant, by an index or a filter")
	}
}

var completionPath = &lint.Rule{
	ID: "OUT008", Slug: "impossible-completion-path", Level: lint.Error, Needs: lint.NeedsSchema,
	Title: "a deployment can never be complete by the paths that say when it is",
	Text: `The paths in ` + "`observedMatches` and `observedCompletion`" + ` are read from the stamped object. When one can not be
parsed, or leads to what the kind can not have, the deployment never completes, and nothing behind it runs.
` + "`observedCompletion`" + ` also needs ` + "`status.observedGeneration`" + `, by which it tells that the status is current.

Correct the path. For a kind without ` + "`status.observedGeneration`" + `, use ` + "`observedMatches`" + `.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterDeploymentTemplate
metadata: {name: probe}
spec:
  observedMatches:
  - input: .spec.inputs.revision
    output: .status.output.revision # <-
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: $(deliverable.metadata.name)$}
    spec:
      runTemplateRef: {name: probe}
      inputs: {revision: $(deployment.revision)$}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterDeploymentTemplate
metadata: {name: probe}
spec:
  observedMatches:
  - input: .spec.inputs.revision
    output: .status.outputs.revision
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: $(deliverable.metadata.name)$}
    spec:
      runTemplateRef: {name: probe}
      inputs: {revision: $(deployment.revision)$}
`,
	Check: func(p *lint.Pass) {
		for _, t := range p.Templates {
			for _, path := range t.Completion() {
				if path.Err != nil {
					p.Report(t.At(path.Field), "%v", path.Err)
				}
				impossible(p, t, path, "the completion")
			}
			unobserved(p, t)
		}
	},
}

// unobserved reports observedCompletion on a kind that does not say which generation its
// status is of.
func unobserved(p *lint.Pass, t *lint.Template) {
	kind := p.StampedKind(t)
	if kind == nil || !t.Doc.Has("spec.observedCompletion") || kind.Schema.Field("status", "observedGeneration").Possible != schema.No {
		return
	}
	p.Report(t.Key("spec.observedCompletion"), "observedCompletion needs status.observedGeneration, which %s does not have", kind.Kind).
		Because(t.StampsKind().Range, "%s %s is stamped", kind.GroupVersion(), kind.Kind).
		Do("use observedMatches, or stamp a kind that has it")
}
