// Package style holds the rules about how blueprints and templates are written (STY).
package style

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/carto-run/carto/pkg/lint"
)

// Rules of the family.
var Rules = []*lint.Rule{noDescription, mixedNames, idleSuppression, unsorted}

var noDescription = &lint.Rule{
	ID: "STY001", Slug: "no-description", Level: lint.Info, Needs: lint.NeedsFiles,
	Title: "a blueprint or template has no description",
	Text: "Those who write a Workload choose a blueprint by what they read of it in the cluster, where comments are gone. An\n" +
		"annotation `kubernetes.io/description`, in a sentence or two, is the place that Kubernetes has for that. One of any other prefix\n" +
		"counts too.",
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web # <-
spec:
  selector: {type: web}
  resources:
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata:
  name: web
  annotations:
    kubernetes.io/description: Runs an image as a Deployment.
spec:
  selector: {type: web}
  resources:
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
`,
	Check: func(p *lint.Pass) {
		check := func(o *lint.Object) {
			if !isDescribed(o) {
				p.Report(o.At("metadata.name"), "the %s has no description", o.Doc.Kind()).
					Do("add the annotation kubernetes.io/description")
			}
		}
		for _, b := range p.Blueprints {
			check(b.Object)
		}
		for _, t := range p.Templates {
			check(t.Object)
		}
	},
}

func isDescribed(o *lint.Object) bool {
	metadata, _ := o.Doc.Object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	for key, value := range annotations {
		if text, _ := value.(string); text != "" && key[strings.LastIndexByte(key, '/')+1:] == "description" {
			return true
		}
	}
	return false
}

var mixedNames = &lint.Rule{
	ID: "STY002", Slug: "mixed-step-names", Level: lint.Info, Needs: lint.NeedsFiles,
	Title: "the steps of a blueprint are not named in one way",
	Text: `Names of steps stand in statuses, trees and labels. When some have dashes and others have underscores or capitals,
people have to look up each one before they type it.

Name all of them in the way that most of them are. Names of one small word fit every way.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: build-image
    templateRef: {kind: ClusterImageTemplate, name: kpack}
    sources: [{name: code, resource: fetch}]
  - name: write-config
    templateRef: {kind: ClusterConfigTemplate, name: config}
    images: [{name: app, resource: build-image}]
  - name: runApp # <-
    templateRef: {kind: ClusterTemplate, name: run}
    configs: [{name: app, resource: write-config}]
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: fetch
    templateRef: {kind: ClusterSourceTemplate, name: git}
  - name: build-image
    templateRef: {kind: ClusterImageTemplate, name: kpack}
    sources: [{name: code, resource: fetch}]
  - name: write-config
    templateRef: {kind: ClusterConfigTemplate, name: config}
    images: [{name: app, resource: build-image}]
  - name: run-app
    templateRef: {kind: ClusterTemplate, name: run}
    configs: [{name: app, resource: write-config}]
`,
	Check: func(p *lint.Pass) {
		for _, b := range p.Blueprints {
			count, first := map[string]int{}, map[string]int{}
			most := ""
			for i, step := range b.Resources {
				way := wayOf(step.Name)
				if way == "" {
					continue
				}
				if count[way]++; count[way] == 1 {
					first[way] = i
				}
				if most == "" {
					most = way
				}
			}
			for _, way := range ways { // the first of those that are as frequent stays
				if count[way] > count[most] || count[way] == count[most] && count[way] > 0 && first[way] < first[most] {
					most = way
				}
			}
			for i, step := range b.Resources {
				if way := wayOf(step.Name); way != "" && way != most {
					p.Report(b.At(fmt.Sprintf("spec.resources[%d].name", i)), "step %q is named with %s, others with %s", step.Name, way, most).
						Because(b.At(fmt.Sprintf("spec.resources[%d].name", first[most])).Range, "a step that is named with %s", most)
				}
			}
		}
	},
}

// ways to write a name of several words.
var ways = []string{"dashes", "underscores", "dots", "capitals"}

// wayOf is the way in which a name is written; empty for one that fits all.
func wayOf(name string) string {
	switch {
	case strings.ContainsRune(name, '_'):
		return ways[1]
	case strings.ContainsRune(name, '.'):
		return ways[2]
	case strings.ContainsFunc(name, unicode.IsUpper):
		return ways[3]
	case strings.ContainsRune(name, '-'):
		return ways[0]
	}
	return ""
}

var unsorted = &lint.Rule{
	ID: "STY004", Slug: "unsorted-steps", Level: lint.Info, Needs: lint.NeedsFiles,
	Title: "a step is listed before one that it reads from",
	Text: `Carto orders steps by what they read, so this changes nothing in what happens. But a blueprint that is listed in the order
in which it runs reads from the top, and its statuses and trees, which keep the order of the list, do too.

` + "`lint --fix`" + ` moves the steps, with their comments, as little as is needed: steps that could stand in either order keep
that of the author, who may have a reason for it. They are not sorted by name. For Cartographer the order is more than
style: GRF002.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  # Last of all.
  - name: run # <-
    templateRef: {kind: ClusterTemplate, name: run}
    images: [{name: app, resource: build}]
  - name: build
    templateRef: {kind: ClusterImageTemplate, name: kpack}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: build
    templateRef: {kind: ClusterImageTemplate, name: kpack}
  # Last of all.
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    images: [{name: app, resource: build}]
`,
	Check: func(p *lint.Pass) {
		if p.TargetVersion != "" {
			return // GRF002 says it, as an error
		}
		for _, b := range p.Blueprints {
			if slices.Equal(b.Order, b.Resources) || isFaulty(b) {
				continue
			}
			at := map[string]int{}
			for i, step := range b.Resources {
				at[step.Name] = i
			}
			var f *lint.Finding
			for i, step := range b.Resources {
				for _, in := range step.Inputs {
					from, known := at[in.From]
					if !known || from <= i {
						continue
					}
					if f == nil {
						f = p.Report(b.At(fmt.Sprintf("spec.resources[%d].name", i)), "step %q is listed before %q, from which it reads", step.Name, in.From)
						f.FixBySorting(b)
					}
					f.Because(b.At(in.Path+".resource").Range, "%q reads from %q", step.Name, in.From)
				}
			}
		}
	},
}

// isFaulty says that the order of the steps is not what is wrong: they are in a cycle, or have
// the same name.
func isFaulty(b *lint.Blueprint) bool {
	for _, d := range b.Diagnostics {
		if d.Rule == "GRF001" || d.Rule == "REF005" {
			return true
		}
	}
	return false
}
