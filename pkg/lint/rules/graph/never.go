package graph

import (
	"strings"
	"sync"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/blueprint/reason"
	"github.com/carto-run/carto/pkg/lint"
)

var neverStamped = &lint.Rule{
	ID: "GRF005", Slug: "never-stamped", Level: lint.Warning, Needs: lint.NeedsFiles,
	Title: "a step can never be stamped, because one before it can not",
	Text: `A step waits for the inputs that its template reads. When one of them comes from a step that never has an output, because
none of its options can match, because its template is broken, or because it waits for such a step itself, the step waits for
ever.

Heal the step that is named: other findings say what is wrong with it. Inputs that the template does not read, or only after it
looked whether they are there, hold nothing back.`,
	Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: build
    templateRef: {kind: ClusterImageTemplate, name: kpack}
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    images:
    - {name: app, resource: build} # <-
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kpack}
spec:
  imagePath: .status[latestImage
  template: {apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {name: $(workload.metadata.name)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: run}
spec:
  template:
    apiVersion: example.com/v1
    kind: App
    metadata: {name: $(workload.metadata.name)$}
    spec: {image: $(image)$}
`,
	Good: `apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: {name: web}
spec:
  selector: {type: web}
  resources:
  - name: build
    templateRef: {kind: ClusterImageTemplate, name: kpack}
  - name: run
    templateRef: {kind: ClusterTemplate, name: run}
    images:
    - {name: app, resource: build}
---
apiVersion: carto.run/v1alpha1
kind: ClusterImageTemplate
metadata: {name: kpack}
spec:
  imagePath: .status.latestImage
  template: {apiVersion: kpack.io/v1alpha2, kind: Image, metadata: {name: $(workload.metadata.name)$}}
---
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: run}
spec:
  template:
    apiVersion: example.com/v1
    kind: App
    metadata: {name: $(workload.metadata.name)$}
    spec: {image: $(image)$}
`,
	Check: func(p *lint.Pass) {
		for _, b := range p.Blueprints {
			checkNever(p, b)
		}
	},
}

// cause is why a step never has an output.
type cause struct {
	step string
	why  string
	at   lint.Place
}

func checkNever(p *lint.Pass, b *lint.Blueprint) {
	// Without any owner, nothing is stamped anyway.
	hasOwners := sync.OnceValue(func() bool {
		verdict, _ := reason.Ask(reason.Question{Kind: b.OwnerKind(), All: []*blueprint.Selector{b.Selector}})
		return verdict != reason.Impossible
	})
	uses := map[*blueprint.Resource][]*lint.Use{}
	for _, use := range b.Uses {
		uses[use.Step] = append(uses[use.Step], use)
	}
	never := map[string]*cause{}
	for step, why := range cycles(b) {
		never[step] = why
	}
	for _, step := range b.Order {
		if never[step.Name] != nil {
			continue
		}
		open, why := possible(b, uses[step])
		if len(open) == 0 {
			if why != nil {
				why.step = step.Name
				never[step.Name] = why
			}
			continue
		}
		for _, in := range step.Inputs {
			from := never[in.From]
			if b.Resource(in.From) == nil {
				from = &cause{step: step.Name, why: "it reads from a step that does not exist", at: b.At(in.Path + ".resource")}
			}
			if from == nil || !allRead(open, step, in) || !hasOwners() {
				continue
			}
			never[step.Name] = from
			if from.step != step.Name {
				f := p.Report(b.At(in.Path+".resource"), "step %q can never be stamped: it waits for %q, which never has an output", step.Name, in.From)
				f.Because(from.at.Range, "step %q: %s", from.step, from.why)
			}
			break
		}
	}
}

// cycles are the steps that wait for each other.
func cycles(b *lint.Blueprint) map[string]*cause {
	found := map[string]*cause{}
	for _, d := range b.Diagnostics {
		if d.Rule != "GRF001" {
			continue
		}
		for _, step := range b.Resources {
			for _, in := range step.Inputs {
				for _, related := range d.Related {
					if related.Field == in.Path {
						found[step.Name] = &cause{step.Name, "it waits for itself, in a cycle", b.At(in.Path + ".resource")}
					}
				}
			}
		}
	}
	return found
}

// possible are the uses of a step that can give it an output. When there are none, it says
// why, unless that is not certain.
func possible(b *lint.Blueprint, uses []*lint.Use) (open []*lint.Use, why *cause) {
	for _, use := range uses {
		broken := brokenUse(b, use)
		if broken == nil {
			open = append(open, use)
			continue
		}
		why = broken
	}
	return open, why
}

// brokenUse is why a use never gives an output; nil when it may.
func brokenUse(b *lint.Blueprint, use *lint.Use) *cause {
	if use.Option != nil && use.Option.Selector.Score() > 0 {
		all := []*blueprint.Selector{b.Selector, use.Option.Selector}
		if verdict, _ := reason.Ask(reason.Question{Kind: b.OwnerKind(), All: all}); verdict == reason.Impossible {
			return &cause{why: "no owner of the blueprint can match its options", at: b.At(use.Path)}
		}
	}
	switch {
	case use.IsPassThrough():
		if in := use.Step.Input(blueprint.PassThroughType(use.Kind), use.Option.PassThrough); in == nil {
			return &cause{why: "it passes an input through that it does not have", at: b.At(use.Path + ".passThrough")}
		}
	case use.Name == "":
		return &cause{why: "it names no template", at: b.At(use.Path)}
	case use.Template != nil:
		for _, problem := range use.Template.Problems() {
			switch problem.Rule {
			case "TPL001", "TPL003", "TPL004", "YTT001", "OUT001":
				return &cause{why: "its template is broken: " + problem.Message, at: use.Template.At(problem.Field)}
			}
		}
	}
	return nil
}

// allRead says that all uses of a step fail without an input.
func allRead(uses []*lint.Use, step *blueprint.Resource, in blueprint.Input) bool {
	for _, use := range uses {
		switch {
		case use.IsPassThrough():
			if in.Type != blueprint.PassThroughType(use.Kind) || in.Name != use.Option.PassThrough {
				return false
			}
		case use.Template == nil || !reads(use.Template, step, in):
			return false
		}
	}
	return len(uses) > 0
}

// reads says that a template can not be rendered without an input.
func reads(t *lint.Template, step *blueprint.Resource, in blueprint.Input) bool {
	alias, list := string(in.Type), string(in.Type)+"s"
	for _, read := range t.Reads {
		if read.Guarded || read.Key || len(read.Names) == 0 {
			continue
		}
		switch {
		case read.Names[0] == alias && (in.Type == blueprint.InputDeployment || step.Declared(in.Type) == 1):
			return true
		case in.Type != blueprint.InputDeployment && strings.HasPrefix(read.Path()+".", list+"."+in.Name+"."):
			return true
		}
	}
	return false
}
