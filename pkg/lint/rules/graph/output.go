package graph

import (
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
)

// gives are the outputs of the kinds of templates that are made for nothing else. A
// ClusterDeploymentTemplate has an effect of its own.
var gives = map[string]string{
	v1alpha1.KindClusterSourceTemplate: "source", v1alpha1.KindClusterImageTemplate: "image", v1alpha1.KindClusterConfigTemplate: "config",
}

var unreadOutput = &lint.Rule{
	ID: "GRF003", Slug: "unread-output", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "no step reads the output of a step",
	Text: `The step is stamped, but nothing waits for it: a test whose output nobody reads holds no one back, a config that nobody
reads goes nowhere.

Read the output in the step that should wait for it (often that is one that reads from an earlier step by mistake), remove the
step, or, if its object alone is wanted, make a ClusterTemplate of the template. When no step of the blueprint has an effect,
GRF004 says that instead.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: test # <-
    templateRef: {kind: ClusterSourceTemplate, name: test}
    sources: [{name: code, resource: fetch}]
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    sources: [{name: code, resource: fetch}]
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
    templateRef: {kind: ClusterSourceTemplate, name: test}
    sources: [{name: code, resource: fetch}]
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    sources: [{name: code, resource: test}]
`,
	Check: func(p *lint.Pass) {
		for _, b := range p.Blueprints {
			// A name that is wrong may have been meant to be the one that nobody reads.
			if !hasEffect(b) || has(b, "REF003", "REF005") {
				continue
			}
			for i, step := range unread(b) {
				if output := gives[b.Resources[i].TemplateKind]; step && output != "" {
					p.Report(b.At(stepPath(i)+".name"), "no step reads the %s of step %q", output, b.Resources[i].Name)
				}
			}
		}
	},
}

var noEffect = &lint.Rule{
	ID: "GRF004", Slug: "no-effect", Level: lint.Info, Needs: lint.NeedsFiles,
	Title: "a blueprint ends with outputs that nobody reads",
	Text: `No step of the blueprint has a ClusterTemplate or a ClusterDeploymentTemplate, so all that it makes are outputs, and those
of the last steps go nowhere. That can be meant, as when an image that is built and pushed is all that is wanted.

Else a step is missing that deploys the result, or writes it where a delivery finds it.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web} # <-
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: build
    templateRef: {kind: ClusterImageTemplate, name: kpack}
    sources: [{name: code, resource: fetch}]
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: build
    templateRef: {kind: ClusterImageTemplate, name: kpack}
    sources: [{name: code, resource: fetch}]
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    images: [{name: app, resource: build}]
`,
	Check: func(p *lint.Pass) {
		for _, b := range p.Blueprints {
			if hasEffect(b) || has(b, "GRF001") {
				continue
			}
			if len(b.Resources) == 0 {
				p.Report(b.At("metadata.name"), "the blueprint has no steps")
				continue
			}
			f := p.Report(b.At("metadata.name"), "no step of the blueprint has an effect")
			var last []string
			for i, step := range unread(b) {
				if step {
					last = append(last, b.Resources[i].Name)
					f.Because(b.At(stepPath(i)+".name").Range, "nobody reads the output of %q", b.Resources[i].Name)
				}
			}
			f.Do("add a step that does something with the output of %s, if that was meant", strings.Join(last, ", "))
		}
	},
}

// hasEffect says whether a step is there for what it stamps, and not only for its output. A
// kind that is not known may have one.
func hasEffect(b *lint.Blueprint) bool {
	for _, step := range b.Resources {
		if gives[step.TemplateKind] == "" {
			return true
		}
	}
	return false
}

// unread says of each step whether no other one reads from it.
func unread(b *lint.Blueprint) []bool {
	index := indexOf(b)
	of := make([]bool, len(b.Resources))
	for i := range of {
		of[i] = true
	}
	for _, step := range b.Resources {
		for _, in := range step.Inputs {
			if from, known := index[in.From]; known {
				of[from] = false
			}
		}
	}
	return of
}
